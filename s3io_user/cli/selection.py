"""The options that select users and stacks, and what they select."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from s3io_user.cli.console import note
from s3io_user.errors import S3IOError
from s3io_user.fleet import places
from s3io_user.fleet.inventory import stack_users
from s3io_user.fleet.places import Place
from s3io_user.fleet.side_by_side import Outcome, side_by_side
from s3io_user.handover.credentials import all_outputs
from s3io_user.inputs import project
from s3io_user.stack import pulumi_cli
from s3io_user.wording import shown

R = TypeVar("R")
JOBS = 4


def add_stacks(parser: argparse._ActionsContainer, *, jobs: str = "stacks") -> None:
    """Add ``--all-stacks``, ``--stacks-from`` and, unless nothing is done at once, ``--jobs``."""
    parser.add_argument("--all-stacks", action="store_true", help="every stack of the project, not just one")
    add_stacks_from(parser)
    if jobs:
        add_jobs(parser, jobs)


def add_all(parser: argparse._ActionsContainer, what: str, *, jobs: bool = True) -> None:
    """Add ``--all`` and the options that choose several stacks, which imply it."""
    parser.add_argument("--all", action="store_true", dest="every_user", help=f"{what} every user of the stack")
    add_stacks(parser, jobs="users or stacks" if jobs else "")


def is_for_all(args: argparse.Namespace) -> bool:
    """Whether every user is chosen. Ends with 2 where an option for one user contradicts that."""
    if not (args.every_user or args.all_stacks or args.stacks_from is not None):
        return False
    if args.user is not None:
        option = "--all" if args.every_user else "--all-stacks" if args.all_stacks else "--stacks-from"
        args.usage_error(f"{option} takes every user: leave --user out")
    return True


def add_stacks_from(parser: argparse._ActionsContainer) -> None:
    """Add ``--stacks-from``."""
    parser.add_argument(
        "--stacks-from",
        metavar="FILE",
        help="the stacks of a list in a YAML or JSON file: folders, or folder and stack",
    )


def add_jobs(parser: argparse._ActionsContainer, what: str) -> None:
    """Add ``--jobs``."""
    parser.add_argument(
        "--jobs", metavar="N", type=_jobs, default=JOBS, help=f"how many {what} at the same time (default: {JOBS})"
    )


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 100 (got {shown(text)})")
    return int(text)


@dataclass(frozen=True)
class Selection:
    """The selected stacks. ``unread`` are entries of the list whose stacks can't be listed."""

    places: tuple[Place, ...]
    unread: tuple[Outcome[Place, None], ...] = ()
    many: bool = False


def selected(args: argparse.Namespace, *, every: bool = False) -> Selection:
    """The stacks that the options select. With ``every``, the default is all of the project's. Raises S3IOError."""
    all_stacks = getattr(args, "all_stacks", False)
    if args.stacks_from is not None and (args.stack or args.cwd or all_stacks):
        other = "--stack" if args.stack else "--cwd" if args.cwd else "--all-stacks"
        args.usage_error(f"--stacks-from chooses the stacks: leave {other} out")
    if all_stacks and args.stack:
        args.usage_error("--all-stacks takes every stack of the project: leave --stack out")
    if args.stacks_from is not None:
        found, unread = places.in_file(args.stacks_from)
        return Selection(tuple(found), tuple(Outcome(each.place, None, each.reason) for each in unread), many=True)
    if all_stacks or (every and not args.stack):
        return Selection(tuple(places.of_project(args.cwd)), many=True)
    return Selection((Place(args.stack, args.cwd),))


def look_at(
    selection: Selection, look: Callable[[Place], R], jobs: int, said: Callable[[R], str] = lambda _: ""
) -> list[Outcome[Place, R]]:
    """Run ``look`` on each stack, several at a time, with a line of progress for each if there are several.

    ``said`` sums up one result in a few words. A stack that can't be read is among the outcomes, with the reason.
    """

    def within(place: Place) -> R:
        with pulumi_cli.with_variables(place.variables):
            return look(place)

    def done(outcome: Outcome[Place, R], count: int) -> None:
        if selection.many:
            what = said(outcome.value) if outcome.value is not None else f"not looked at: {outcome.error}"
            note(f"[{count}/{len(selection.places)}] {outcome.item}{what and f': {what}'}")

    outcomes = side_by_side(selection.places, within, jobs, done)
    for each in selection.unread:
        note(f"{each.item}: not looked at: {each.error}")
    return [*outcomes, *(Outcome(each.item, None, each.error) for each in selection.unread)]


def users_of(place: Place, outputs: Mapping[str, Any], *, many: bool) -> Mapping[str, Any] | None:
    """The outputs of a stack's users; None for one of ``many`` that is skipped, because its state has no user.

    Raises S3IOError.
    """
    try:
        return all_outputs(outputs)
    except S3IOError:
        if not many or stack_users(project.read_export(place.stack, place.cwd)):
            raise
    note(f"{place} has no users: skipped")
    return None


def summed_up(outcomes: list[Outcome[Place, R]]) -> bool:
    """Name the stacks that were not looked at, on standard error. Returns whether there are none."""
    missing = [each for each in outcomes if each.value is None]
    if missing:
        names = ", ".join(str(each.item) for each in missing)
        note(f"{len(missing)} of {len(outcomes)} not looked at: {names}")
    return not missing
