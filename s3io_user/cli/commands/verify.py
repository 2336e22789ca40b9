"""`s3io-user verify`: try a stack's key on the real service, leaving nothing behind."""

import argparse
import json
import math
import sys
from typing import TextIO

from s3io_user.cli.options import add_aws, add_stack
from s3io_user.iam.buckets import parse_bucket
from s3io_user.verify.expected import Check, proves
from s3io_user.verify.stack import verify_stack
from s3io_user.wording import shown

EXAMPLES = """\
examples:
  s3io-user verify                          the key of this folder's stack, on its buckets
  s3io-user verify --user blog              of one of several users
  s3io-user verify --bucket photos/uploads  on a bucket that the stack does not name
  pulumi up && s3io-user verify             it waits until a new key is accepted

Nothing is left behind: a write is tried on an object that is not there, a delete under a condition that no object
fulfils. What can't be tried so is simulated by AWS, with your own credentials, or said to be unknown.
Exit code: 0 all as expected, 1 a finding or something unknown, 2 wrong usage. With --allow-unknown, what could not be
tried does not count, as long as something was permitted on each bucket.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--user", metavar="NAME", help="which user of the stack's `users`, by its logical name")
    parser.add_argument(
        "--bucket", metavar="NAME[/FOLDER]", action="append", default=[], help="instead of the stack's; repeatable"
    )
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=seconds,
        default=60.0,
        help="how long to ask again for what a new key is refused; 60",
    )
    parser.add_argument("--allow-unknown", action="store_true", help="exit with 0 although something is unknown")
    parser.add_argument("--format", choices=("table", "json"), default="table", help="table when left out")
    add_stack(parser)
    add_aws(parser)


def seconds(text: str) -> float:
    """A number of seconds on the command line. Raises ArgumentTypeError, which is wrong usage."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"must be a number of seconds, 0 or more (got {shown(text)})")
    return number


def run(args: argparse.Namespace) -> int:
    """Try, and print; 1 for a finding, or for what is unknown and not allowed to be. Raises S3IOError."""
    try:
        places = [parse_bucket(bucket) for bucket in args.bucket]
    except ValueError as fault:
        args.usage_error(f"--bucket {fault}")
    checks = verify_stack(args.stack, args.cwd, args.user, places=places or None, within=args.wait, progress=_note)
    if args.format == "json":
        print(json.dumps({"checks": [check.as_json() for check in checks]}, indent=2))
    else:
        print_checks(checks)
    proved = proves(checks, allow_unknown=args.allow_unknown)
    if not proved and all(check.verdict != "finding" for check in checks):
        _note("not proved: --allow-unknown accepts what is unknown, where something else was permitted")
    return 0 if proved else 1


def print_checks(checks: list[Check], file: TextIO | None = None) -> None:
    """A table of what was expected and observed, and below it why something is unknown."""
    from s3io_user.cli.table import print_rows

    out = file or sys.stdout
    words = {True: "yes", False: "no", None: "unknown"}
    rows = [
        (c.verdict, c.call, c.where, words[c.expected], words[c.observed], c.how if c.verdict == "unknown" else _how(c))
        for c in checks
    ]
    print_rows(("verdict", "may it …", "on", "expected", "observed", "how"), rows, out)
    unknown = [check for check in checks if check.verdict == "unknown"]
    for note in dict.fromkeys(check.note for check in unknown):
        calls = dict.fromkeys(check.call for check in unknown if check.note == note)
        print(f"Unknown ({', '.join(calls)}): {note or 'no reason is known'}", file=out)
    found = sum(check.verdict == "finding" for check in checks)
    print(
        f"{len(checks)} checks: {found or 'no'} finding{'' if found == 1 else 's'}, {len(unknown)} unknown.", file=out
    )


def _how(check: Check) -> str:
    return f"{check.how}: {check.note}" if check.note else check.how


def _note(sentence: str) -> None:
    print(f"s3io-user: {sentence}", file=sys.stderr)
