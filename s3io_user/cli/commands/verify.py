"""`s3io-user verify`: try a stack's key on the real service, leaving nothing behind."""

import argparse
import json

from s3io_user.cli.checks import print_checks
from s3io_user.cli.console import note
from s3io_user.cli.options import add_aws, add_stack, add_user, add_wait
from s3io_user.cli.selection import add_all, is_for_all
from s3io_user.cli.verify_all import verify_all
from s3io_user.iam.buckets import parse_bucket
from s3io_user.verify.expected import proves
from s3io_user.verify.stack import verify_stack

EXAMPLES = """\
examples:
  s3io-user verify                          try the key of this folder's stack on its buckets
  s3io-user verify --user blog              try the key of one of several users
  s3io-user verify --bucket photos/uploads  try it on a bucket that the stack does not name
  pulumi up && s3io-user verify             wait until AWS accepts a new key, then try it
  s3io-user verify --all                    try the key of every user of the stack, four at a time
  s3io-user verify --all-stacks --jobs 8    try those of every stack of the project

Nothing is left behind: verify writes to an object that does not exist, and deletes under a condition that no object
meets. What can't be tried in this way, AWS simulates with your own credentials; otherwise it is reported as unknown.
With --allow-unknown, unknown results are accepted if something was permitted on each bucket.
With --all, a user that can't be tried does not end the rest, and one without an access key is skipped.
Exit code: 0 all as expected, 1 a finding, something unknown, or not tried; 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    add_user(parser)
    parser.add_argument(
        "--bucket",
        metavar="NAME[/FOLDER]",
        action="append",
        default=[],
        help="try this bucket instead of the stack's; repeatable",
    )
    add_wait(parser)
    parser.add_argument("--allow-unknown", action="store_true", help="accept unknown results: exit with 0")
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="the output format (default: table)"
    )
    add_stack(parser)
    add_all(parser, "try the key of")
    add_aws(parser)


def run(args: argparse.Namespace) -> int:
    """Try the key and print the checks; 1 for a finding or an unknown that is not accepted. Raises S3IOError."""
    if is_for_all(args):
        if args.bucket:
            args.usage_error("--bucket is for one user: name it by --user")
        return verify_all(args)
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
