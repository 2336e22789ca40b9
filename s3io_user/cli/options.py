"""Options that several commands have."""

import argparse
import math
import re

from s3io_user.doctor.facts import UNUSED_DAYS
from s3io_user.wording import shown

_REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+){2,4}")


def add_aws(parser: argparse.ArgumentParser, purpose: str = "ask AWS with") -> None:
    """Add ``--profile`` and ``--region``; ``cli.main`` applies them to every AWS request."""
    group = parser.add_argument_group("AWS")
    group.add_argument(
        "--profile",
        metavar="NAME",
        dest="aws_profile",
        help=f"the AWS profile to {purpose} (default: the stack's aws:profile, then the environment's)",
    )
    group.add_argument(
        "--region",
        metavar="NAME",
        type=_region,
        dest="aws_region",
        help=f"the AWS Region to {purpose} (default: the stack's aws:region, then the environment's)",
    )


def add_stack(parser: argparse._ActionsContainer) -> None:
    """Add ``--stack`` and ``--cwd``."""
    parser.add_argument("--stack", metavar="NAME", help="the stack (default: the selected one)")
    parser.add_argument("--cwd", metavar="DIR", help="the folder of the Pulumi project (default: this one)")


def add_user(parser: argparse._ActionsContainer) -> None:
    """Add ``--user``."""
    parser.add_argument("--user", metavar="NAME", help="one of the stack's `users`, by its logical name")


def add_wait(parser: argparse._ActionsContainer) -> None:
    """Add ``--wait``."""
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=seconds,
        default=60.0,
        help="how long to retry a new key before reporting it as refused (default: 60)",
    )


def add_unused_days(parser: argparse._ActionsContainer) -> None:
    """Add ``--unused-days``."""
    parser.add_argument(
        "--unused-days",
        metavar="N",
        type=int,
        default=UNUSED_DAYS,
        help=f"report a key that was not used for this many days (default: {UNUSED_DAYS})",
    )


def check_unused_days(args: argparse.Namespace) -> None:
    """End with 2 where ``--unused-days`` is no number of days."""
    if not 0 <= args.unused_days <= 100_000:
        args.usage_error(f"--unused-days must be 0 to 100,000 (got {args.unused_days})")


def days(text: str) -> int:
    """A number of days of the command line."""
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= 3650):
        raise argparse.ArgumentTypeError(f"must be a whole number of days from 1 to 3650 (got {shown(text)})")
    return int(text)


def seconds(text: str) -> float:
    """A number of seconds of the command line."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"must be a number of seconds, 0 or more (got {shown(text)})")
    return number


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be a Region like eu-west-1 (got {shown(text)})")
    return text
