"""`s3io-user verify`: try a stack's key on the real service, leaving nothing behind."""

import argparse
import json

from s3io_user.cli.checks import print_checks
from s3io_user.cli.console import note
from s3io_user.cli.options import add_aws, add_stack, add_user, add_wait
from s3io_user.iam.buckets import parse_bucket
from s3io_user.verify.expected import proves
from s3io_user.verify.stack import verify_stack

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
    add_user(parser)
    parser.add_argument(
        "--bucket", metavar="NAME[/FOLDER]", action="append", default=[], help="instead of the stack's; repeatable"
    )
    add_wait(parser)
    parser.add_argument("--allow-unknown", action="store_true", help="exit with 0 although something is unknown")
    parser.add_argument("--format", choices=("table", "json"), default="table", help="table when left out")
    add_stack(parser)
    add_aws(parser)


def run(args: argparse.Namespace) -> int:
    """Try, and print; 1 for a finding, or for what is unknown and not allowed to be. Raises S3IOError."""
    try:
        places = [parse_bucket(bucket) for bucket in args.bucket]
    except ValueError as fault:
        args.usage_error(f"--bucket {fault}")
    checks = verify_stack(args.stack, args.cwd, args.user, places=places or None, within=args.wait, progress=note)
    if args.format == "json":
        print(json.dumps({"checks": [check.as_json() for check in checks]}, indent=2))
    else:
        print_checks(checks)
    proved = proves(checks, allow_unknown=args.allow_unknown)
    if not proved and all(check.verdict != "finding" for check in checks):
        note("not proved: --allow-unknown accepts what is unknown, where something else was permitted")
    return 0 if proved else 1
