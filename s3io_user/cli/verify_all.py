"""`s3io-user verify --all`: tries the keys of many users, several at a time."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from s3io_user.cli.console import note
from s3io_user.cli.selection import look_at, selected, summed_up, users_of
from s3io_user.cli.text import counted
from s3io_user.errors import S3IOError
from s3io_user.fleet.places import Place
from s3io_user.fleet.side_by_side import Outcome, side_by_side
from s3io_user.stack import pulumi_cli
from s3io_user.verify.expected import Check, proves
from s3io_user.verify.stack import StackRead, read_stack, verify_stack
from s3io_user.wording import legible


@dataclass(frozen=True)
class _User:
    """One user to try: its stack, as it was read, and its name in the stack's outputs."""

    place: Place
    name: str
    read: StackRead = field(repr=False)
    many: bool = False

    def __str__(self) -> str:
        return f"{legible(self.name)} in {self.place}" if self.many else legible(self.name)


Tried = Sequence[Outcome[_User, list[Check]]]


def verify_all(args: argparse.Namespace) -> int:
    """Try every user's key, and print; 1 unless each is proved and everything was looked at. Raises S3IOError."""
    selection = selected(args)
    stacks = look_at(selection, lambda place: _read(place, many=selection.many), args.jobs)
    if not selection.many and stacks[0].error:
        raise S3IOError(stacks[0].error)
    users = [
        _User(each.item, name, each.value[0], selection.many) for each in stacks if each.value for name in each.value[1]
    ]

    def look(user: _User) -> list[Check]:
        with pulumi_cli.with_variables(user.place.variables):
            place = user.place
            return verify_stack(place.stack, place.cwd, user.name, within=args.wait, read=user.read)

    def done(outcome: Outcome[_User, list[Check]], count: int) -> None:
        note(f"[{count}/{len(users)}] {outcome.item}: {_in_short(outcome, allow_unknown=args.allow_unknown)}")

    tried = side_by_side(users, look, args.jobs, done)
    (_print_json if args.format == "json" else _print_table)(tried, stacks, allow_unknown=args.allow_unknown)
    whole = summed_up(stacks)
    return 0 if whole and all(_proved(each, allow_unknown=args.allow_unknown) for each in tried) else 1


def _read(place: Place, *, many: bool) -> tuple[StackRead, list[str]]:
    """A stack, and its users with a key. Raises S3IOError."""
    read, names = read_stack(place.stack, place.cwd), []
    for name, outputs in (users_of(place, read.outputs, many=many) or {}).items():
        if isinstance(outputs, Mapping) and not outputs.get("accessKeyId"):
            note(f"{legible(name)}{f' in {place}' if many else ''} has no access key: skipped")
        else:
            names.append(name)
    return read, names


def _proved(each: Outcome[_User, list[Check]], *, allow_unknown: bool) -> bool:
    return each.value is not None and proves(each.value, allow_unknown=allow_unknown)


def _in_short(each: Outcome[_User, list[Check]], *, allow_unknown: bool) -> str:
    if each.value is None:
        return f"not tried: {each.error}"
    found = sum(check.verdict == "finding" for check in each.value)
    unknown = sum(check.verdict == "unknown" for check in each.value)
    end = "" if found or _proved(each, allow_unknown=allow_unknown) else ", not proved"
    return f"{counted(len(each.value), 'check')}, {counted(found, 'finding')}, {unknown} unknown{end}"


def _verdict(each: Outcome[_User, list[Check]], *, allow_unknown: bool) -> str:
    if each.value is None:
        return "not tried"
    if any(check.verdict == "finding" for check in each.value):
        return "finding"
    return "ok" if _proved(each, allow_unknown=allow_unknown) else "unknown"


def _print_table(tried: Tried, stacks: Sequence[Outcome[Place, Any]], *, allow_unknown: bool) -> None:
    """A line for each user, then each check that is not as expected."""
    from s3io_user.cli.table import print_list, print_rows
    from s3io_user.cli.text import print_text

    rows = [
        (_verdict(u, allow_unknown=allow_unknown), str(u.item), _in_short(u, allow_unknown=allow_unknown))
        for u in tried
    ]
    if rows:
        print_rows(("verdict", "user", "checks"), rows, sys.stdout)
    wrong = [
        (check.verdict, str(each.item), f"{check.call} on {check.where}: {check.how}{check.note and f': {check.note}'}")
        for each in tried
        for check in each.value or ()
        if check.verdict != "ok"
    ]
    print_list(("verdict", "user", ""), wrong, sys.stdout)
    proved = sum(_proved(each, allow_unknown=allow_unknown) for each in tried)
    print_text(f"{proved:,} of {counted(len(tried), 'user')} as expected.", sys.stdout)
    for stack in (each for each in stacks if each.value is None):
        print_text(f"Not looked at: {stack.item}: {stack.error}", sys.stdout)


def _print_json(tried: Tried, stacks: Sequence[Outcome[Place, Any]], *, allow_unknown: bool) -> None:
    def users(place: Place) -> list[dict[str, Any]]:
        return [
            {
                "user": each.item.name,
                "verdict": _verdict(each, allow_unknown=allow_unknown),
                "checks": None if each.value is None else [check.as_json() for check in each.value],
                "notLookedAt": each.error,
            }
            for each in tried
            if each.item.place is place
        ]

    said = [
        {**each.item.as_json(), "users": users(each.item) if each.value else None, "notLookedAt": each.error}
        for each in stacks
    ]
    print(json.dumps({"stacks": said}, indent=2))
