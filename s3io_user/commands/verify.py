"""`s3io-user verify`: try a stack's key on the real service, leaving nothing behind."""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from s3io_user import stack
from s3io_user.credentials import Credentials, from_outputs, user_outputs
from s3io_user.doctor import FULL_ACCESS as FULL_ACCESS_ARN
from s3io_user.errors import S3IOError
from s3io_user.explain import FULL_ACCESS
from s3io_user.holdings import Holding, holdings
from s3io_user.names import Bucket, parse_bucket
from s3io_user.verify import Check

if TYPE_CHECKING:
    from s3io_user.aws import Access

EXAMPLES = """\
examples:
  s3io-user verify                          the key of this folder's stack, on its buckets
  s3io-user verify --user blog              of one of several users
  s3io-user verify --bucket photos/uploads  on a bucket that the stack does not name
  pulumi up && s3io-user verify             it waits until a new key is accepted

Nothing is left behind: a write is tried on an object that is not there, a delete under a condition that no object
fulfils. What can't be tried so is simulated by AWS, with your own credentials, or said to be unknown.
Exit code: 0 no finding, 1 a finding, 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--user", metavar="NAME", help="which user of the stack's `users`, by its logical name")
    parser.add_argument(
        "--bucket", metavar="NAME[/FOLDER]", action="append", default=[], help="instead of the stack's; repeatable"
    )
    parser.add_argument(
        "--wait", metavar="SECONDS", type=float, default=60.0, help="how long a refusal may be too early; 60"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table", help="table when left out")
    parser.add_argument("--stack", metavar="NAME", help="the stack; the one that is selected when left out")
    parser.add_argument("--cwd", metavar="DIR", help="the stack's folder; this one when left out")


def run(args: argparse.Namespace) -> int:
    """Try, and print; 1 for a finding. Raises S3IOError."""
    try:
        places = [parse_bucket(bucket) for bucket in args.bucket]
    except ValueError as fault:
        args.usage_error(f"--bucket {fault}")
    checks = verify_stack(args.stack, args.cwd, args.user, places=places, within=args.wait)
    if args.format == "json":
        print(json.dumps({"checks": [check.as_json() for check in checks]}, indent=2))
    else:
        print_checks(checks)
    return 1 if any(check.verdict == "finding" for check in checks) else 0


def verify_stack(
    name: str | None,
    cwd: str | None,
    user: str | None,
    *,
    places: list[Bucket] | None = None,
    within: float = 60.0,
    access: "Access | None" = None,
) -> list[Check]:
    """The checks of a stack's user; ``access`` is the operator's where it is known. Raises S3IOError."""
    from s3io_user import probes, project

    outputs = user_outputs(stack.outputs(name, cwd, show_secrets=True), user)
    pair = from_outputs(outputs)
    exported = project.read_export(name, cwd)
    held = next((each for each in holdings(exported) if each.user == pair.user_name), None)
    if held is None:
        raise S3IOError(f"the stack's state does not hold '{pair.user_name}': run pulumi up")
    own = {r["id"] for r in exported["deployment"]["resources"] if r["type"] == "aws:iam/policy:Policy"}
    return probes.verify(
        pair,
        _documents(outputs, held),
        user_arn=outputs.get("userArn"),
        operator=access or project.read_project(name, cwd).access,
        other_rights=_has_other_rights(outputs, held, own),
        places=places or _places(pair),
        within=within,
        progress=_note,
    )


def _documents(outputs: Mapping[str, Any], held: Holding) -> list[Mapping[str, Any]]:
    text = outputs.get("policyDocument")
    own = [json.loads(text)] if text else []
    return [*own, *([FULL_ACCESS] if any(arn.endswith(FULL_ACCESS_ARN) for arn in held.attached) else [])]


def _has_other_rights(outputs: Mapping[str, Any], held: Holding, own_policies: set[str]) -> bool:
    """Whether rights come from elsewhere too, so that the documents are not the whole truth."""
    foreign = {arn for arn in held.attached - own_policies if not arn.endswith(FULL_ACCESS_ARN)}
    copied = len(held.inline) > (1 if outputs.get("policyDocument") else 0)
    return bool(held.groups or foreign or copied or not held.owned)


def _places(pair: Credentials) -> list[Bucket]:
    if not pair.buckets:
        raise S3IOError("the key is for every bucket: name the one to try it on by --bucket")
    return [parse_bucket(bucket) for bucket in pair.buckets]


def print_checks(checks: list[Check]) -> None:
    """A table of what was expected and observed, and below it why something is unknown."""
    from s3io_user.render_table import print_rows

    words = {True: "yes", False: "no", None: "unknown"}
    rows = [
        (c.verdict, c.call, c.where, words[c.expected], words[c.observed], c.how if c.verdict == "unknown" else _how(c))
        for c in checks
    ]
    print_rows(("verdict", "may it …", "on", "expected", "observed", "how"), rows, sys.stdout)
    unknown = [check for check in checks if check.verdict == "unknown"]
    for note in dict.fromkeys(check.note for check in unknown):
        calls = dict.fromkeys(check.call for check in unknown if check.note == note)
        print(f"Unknown ({', '.join(calls)}): {note or 'no reason is known'}")
    found = sum(check.verdict == "finding" for check in checks)
    print(f"{len(checks)} checks: {found or 'no'} finding{'' if found == 1 else 's'}, {len(unknown)} unknown.")


def _how(check: Check) -> str:
    return f"{check.how}: {check.note}" if check.note else check.how


def _note(sentence: str) -> None:
    print(f"s3io-user: {sentence}", file=sys.stderr)
