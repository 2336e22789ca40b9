"""`s3io-user doctor`: what stands in the way of `pulumi up`, and what was left behind in AWS."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from s3io_user.cli.console import is_confirmed, note
from s3io_user.cli.options import add_aws, add_stack, add_unused_days, check_unused_days
from s3io_user.cli.selection import add_all, is_for_all, look_at, selected, summed_up
from s3io_user.cli.text import counted
from s3io_user.doctor.facts import Finding
from s3io_user.errors import S3IOError
from s3io_user.fleet.places import Place
from s3io_user.fleet.side_by_side import Outcome

if TYPE_CHECKING:
    from s3io_user.doctor.examination import Options, Report

EXAMPLES = """\
examples:
  s3io-user doctor                       before a pulumi up, or after it; changes nothing
  s3io-user doctor --fix                 offer each key that the stack does not hold, with what is known of it
  s3io-user doctor --fix --key AKIA...   remove this one: you know that nobody needs it
  s3io-user doctor --fix --yes           don't ask: remove only keys that are proved to be this stack's own
  s3io-user doctor --all-stacks          examine every stack of the project; --stacks-from takes a list of stacks

--all is the default: without --user, every user of the stack is examined. With --all-stacks or --stacks-from, stacks
are examined side by side, and one that can't be examined does not end the rest.

It reads the stack's state and config, and asks AWS with the credentials of the stack's aws: config. A user in another
account is examined with the credentials of the provider that created it. With --fix it removes nothing while an update
of the stack may be running. Exit code: 0 no finding, 1 a finding, 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--user", metavar="NAME", help="examine only this user, by its logical name or its own")
    add_unused_days(parser)
    parser.add_argument(
        "--fix", action="store_true", help="offer to delete the access keys that the stack does not hold"
    )
    parser.add_argument(
        "--yes", action="store_true", help="with --fix: don't ask; delete only keys that are proved to be the stack's"
    )
    parser.add_argument(
        "--key", metavar="ID", action="append", default=[], help="with --fix: delete this key; repeatable"
    )
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="the output format (default: table)"
    )
    add_stack(parser)
    add_all(parser, "examine")
    add_aws(parser)


def run(args: argparse.Namespace) -> int:
    """Examine the stack, delete the chosen keys, and print; 1 if a finding remains. Raises S3IOError."""
    if (args.yes or args.key) and not args.fix:
        args.usage_error(f"{'--yes' if args.yes else '--key'} goes with --fix")
    check_unused_days(args)
    if is_for_all(args) and (args.all_stacks or args.stacks_from is not None):
        if args.fix:
            args.usage_error("--fix works on one stack: name it by --stack")
        return _run_many(args)
    from s3io_user.doctor import examination

    options = examination.Options(args.stack, args.cwd, args.user, args.unused_days)
    report = examination.examine(options, note)
    fixed = _fix(args, options, report) if args.fix else []
    left = [finding for finding in report.findings if finding.key is None or finding.key not in fixed]
    (_print_json if args.format == "json" else _print_table)(report, left, fixed)
    return 1 if left else 0


def _run_many(args: argparse.Namespace) -> int:
    """Examine several stacks and print each; 1 if there is a finding, or a stack was not examined."""
    from s3io_user.doctor import examination

    def look(place: Place) -> "Report":
        options = examination.Options(place.stack, place.cwd, None, args.unused_days)
        return examination.examine(options, lambda said: note(f"{place}: {said}"))

    outcomes = look_at(selected(args), look, args.jobs, lambda report: counted(len(report.findings), "finding"))
    if args.format == "json":
        print(json.dumps({"stacks": [_stack_as_json(each) for each in outcomes]}, indent=2))
    else:
        _print_stacks(outcomes)
    clean = all(each.value is not None and not each.value.findings for each in outcomes)
    return 0 if summed_up(outcomes) and clean else 1


def _stack_as_json(each: "Outcome[Place, Report]") -> dict[str, Any]:
    said = _as_json(each.value, each.value.findings, []) if each.value else {"findings": None}
    return {**each.item.as_json(), **said, "notLookedAt": each.error}


def _print_stacks(outcomes: "list[Outcome[Place, Report]]") -> None:
    from s3io_user.cli.text import print_text

    for each in outcomes:
        print_text(f"{each.item}:", sys.stdout)
        if each.value is None:
            print_text(f"Not looked at: {each.error}", sys.stdout)
        else:
            _print_table(each.value, each.value.findings, [])
        print()


def _fix(args: argparse.Namespace, options: "Options", report: "Report") -> list[str]:
    """Delete the chosen keys and return their IDs."""
    from s3io_user.doctor import removal

    if unknown := [key_id for key_id in args.key if key_id not in report.keys]:
        raise S3IOError(f"nothing was removed: {unknown[0]} is not a key of the stack's users that it does not hold")
    removed = []
    for finding in [report.keys[key_id] for key_id in dict.fromkeys(args.key)] or list(report.keys.values()):
        if _agreed(args, finding):
            removal.remove(options, finding, named=not args.yes or finding.key in args.key)
            note(f"removed the key {finding.key} of '{finding.user}'")
            removed.append(str(finding.key))
    return removed


def _agreed(args: argparse.Namespace, finding: Finding) -> bool:
    if args.yes and (finding.proved or finding.key in args.key):
        return True
    if args.yes:
        note(f"left the key {finding.key} of '{finding.user}': {finding.remedy}")
        return False
    if not sys.stdin.isatty():
        note(f"left the key {finding.key}, because nobody can be asked here: {finding.remedy} --yes")
        return False
    return is_confirmed(f"{finding.user}: {finding.sentence}. {finding.remedy}\nRemove it?")


def _print_json(report: "Report", left: Sequence[Finding], fixed: list[str]) -> None:
    print(json.dumps(_as_json(report, left, fixed), indent=2))


def _as_json(report: "Report", left: Sequence[Finding], fixed: list[str]) -> dict[str, Any]:
    from s3io_user.doctor.obstacles import quotas

    return {"identity": report.you or None, "findings": [f.as_json() for f in left], "fixed": fixed,
            "unknown": list(report.unknown), "quotas": quotas(report.quotas)}  # fmt: skip


def _print_table(report: "Report", left: Sequence[Finding], fixed: list[str]) -> None:
    from s3io_user.cli.table import print_list
    from s3io_user.cli.text import print_text
    from s3io_user.doctor.obstacles import quotas

    if report.you:
        room = "; ".join(quotas(report.quotas))
        print_text(f"You are {report.you}." + (f" Quotas: {room}." if room else ""), sys.stdout)
    if left:
        rows = [(f.id, f.of(report.accounts), f"{f.sentence}\n→ {f.remedy}") for f in left]
        print_list(("finding", "of", ""), rows, sys.stdout)
    elif report.unknown:
        print_text("Nothing found in what could be looked at. Not everything could:", sys.stdout)
    else:
        print_text("Nothing found.", sys.stdout)
    for sentence in report.unknown:
        print_text(f"Unknown: {sentence}", sys.stdout)
