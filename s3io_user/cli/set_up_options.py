"""The options of `s3io-user init`: one for each question, and the answers that they give."""

import argparse
from dataclasses import fields
from typing import Any

from s3io_user.cli.options import add_wait
from s3io_user.setup.answers import Answers, flag


def add(parser: argparse.ArgumentParser) -> None:
    """Add an option for each question."""
    from s3io_user.handover.formats import RENDERERS
    from s3io_user.policy.presets import OPTIONS, Access, accesses_with
    from s3io_user.setup.origins import ORIGINS

    why = parser.add_argument_group("does it need a key")
    why.add_argument("--runs-on", choices=ORIGINS, help="where the application runs")
    why.add_argument(
        "--key-anyway", action="store_true", default=None, help="create a key although there is a better way"
    )
    user = parser.add_argument_group("the user and what its key may do")
    user.add_argument("--user-name", metavar="NAME", help="a new user's name; Pulumi chooses it when left out")
    user.add_argument("--existing-user", metavar="NAME", help="instead: a user that exists, which is never deleted")
    user.add_argument("--access", choices=[access.value for access in Access], help="the access preset")
    for name, option in OPTIONS.items():
        kind: dict[str, Any] = {"metavar": "PREFIX"} if option.by_prefix else {"action": argparse.BooleanOptionalAction}
        user.add_argument(flag(name), dest=name, help=f"with {accesses_with(name)}: allow {option.action}", **kind)
    user.add_argument(
        "--bucket",
        metavar="NAME[/FOLDER]",
        action="append",
        help="a bucket, or a folder in one; repeatable; '*' for every bucket",
    )
    where = parser.add_argument_group("where it is made")
    where.add_argument("--region", metavar="NAME", help="the AWS Region; the bucket's when left out")
    where.add_argument(
        "--profile", metavar="NAME", help="the AWS profile for Pulumi to use; the environment's when left out"
    )
    where.add_argument(
        "--state", metavar="PLACE", help="where a new project keeps its state: current, cloud, local or a URL"
    )
    where.add_argument(
        "--passphrase-file", metavar="FILE", help="the file with the state's passphrase; created if it does not exist"
    )
    where.add_argument("--project", metavar="NAME", help="the name of a new project; the folder's when left out")
    where.add_argument("--no-install", action="store_false", dest="install", default=None,
                       help="run the program in the Python on PATH, which must have s3io-user")  # fmt: skip
    to = parser.add_argument_group("where the key goes")
    to.add_argument("--hand-over", metavar="WHERE",
                    help=f"{', '.join(RENDERERS)}, secrets-manager, parameter-store or later")  # fmt: skip
    to.add_argument("--out", metavar="FILE", help="the file, or - for standard output; a name of its own when left out")
    to.add_argument("--out-profile", metavar="NAME", help="with ini: the profile to write")
    to.add_argument("--store-name", metavar="NAME", help="of the secret, or the path of the parameters")
    parser.add_argument("--yes", action="store_true", help="don't ask before the first change")
    parser.add_argument("--accept-findings", action="store_true", help="continue although doctor found something")
    parser.add_argument(
        "--allow-unknown", action="store_true", help="exit with 0 although something could not be tried"
    )
    add_wait(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="with json, print what was done as JSON, and all else on standard error (default: text)",
    )
    parser.add_argument("--stack", metavar="NAME", help="the stack; the selected one, or prod, when left out")
    parser.add_argument("--cwd", metavar="DIR", help="the project's folder; this one when left out")


def given(args: argparse.Namespace) -> Answers:
    """The answers that the flags give."""
    from s3io_user.policy.presets import OPTIONS

    options = {name: getattr(args, name) for name in OPTIONS if getattr(args, name) is not None}
    names = {field.name for field in fields(Answers)} - {"options", "buckets"}
    buckets = tuple(args.bucket) if args.bucket else None
    return Answers(**{name: getattr(args, name) for name in names}, options=options or None, buckets=buckets)
