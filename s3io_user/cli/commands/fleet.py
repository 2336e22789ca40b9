"""`s3io-user fleet`: every user of every stack, with its keys, what is dangerous, and what is to be done."""

import argparse

from s3io_user.cli.console import note
from s3io_user.cli.fleet_forms import print_csv, print_json, print_table, stacks_of
from s3io_user.cli.options import add_unused_days, check_unused_days, days
from s3io_user.cli.selection import add_jobs, add_stacks_from, look_at, selected, summed_up
from s3io_user.cli.text import counted
from s3io_user.fleet.facts import FleetStack

EXAMPLES = """\
examples:
  s3io-user fleet                           look at every stack of this project
  s3io-user fleet --stacks-from fleet.yaml --jobs 8
                                            look at a list of stacks and folders, eight at a time
  s3io-user fleet --older-than 90           count every key of 90 days or more as due
  s3io-user fleet --format csv > fleet.csv  write it for a spreadsheet

It reads each stack's state and config, and asks AWS with the credentials of that stack's aws: config. It changes
nothing. A stack that can't be read does not end the rest. What could not be looked at is named, and its cells say
unknown. Progress goes to standard error.
Exit code: 0 no finding, 1 a finding of doctor, or a stack or user that was not looked at completely, 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--stack", metavar="NAME", help="only this stack (default: every stack of the project)")
    parser.add_argument("--cwd", metavar="DIR", help="the folder of the Pulumi project (default: this one)")
    add_stacks_from(parser)
    add_jobs(parser, "stacks")
    parser.add_argument(
        "--older-than",
        metavar="DAYS",
        type=days,
        help="a key of this age is due, unless rotateEveryDays makes it due sooner",
    )
    add_unused_days(parser)
    parser.add_argument(
        "--format", choices=("table", "json", "csv"), default="table", help="the output format (default: table)"
    )


def run(args: argparse.Namespace) -> int:
    """Look at each stack, and print; 1 for a finding, or for a stack that was not looked at. Raises S3IOError."""
    check_unused_days(args)
    from s3io_user.fleet.gather import Options, gather

    options = Options(args.unused_days, args.older_than)
    outcomes = look_at(
        selected(args, every=True),
        lambda place: gather(place, options, lambda said: note(f"{place}: {said}")),
        args.jobs,
        _in_short,
    )
    {"table": print_table, "json": print_json, "csv": print_csv}[args.format](outcomes)
    whole = summed_up(outcomes)
    return 0 if whole and all(stack.is_seen and not stack.every_finding for stack in stacks_of(outcomes)) else 1


def _in_short(stack: FleetStack) -> str:
    seen = "" if stack.is_seen else ", not all was looked at" if stack.findings is not None else ", AWS was not asked"
    return f"{counted(len(stack.users), 'user')}, {counted(len(stack.every_finding), 'finding')}{seen}"
