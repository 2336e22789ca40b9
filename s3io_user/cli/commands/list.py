"""`s3io-user list`: every user of a stack, by its state alone."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from s3io_user.cli.options import add_stack
from s3io_user.cli.selection import add_stacks, look_at, selected, summed_up
from s3io_user.cli.spreadsheet import write_rows
from s3io_user.cli.text import counted
from s3io_user.errors import S3IOError
from s3io_user.fleet.inventory import NONE, UNKNOWN, StackUser, StateKey, stack_users
from s3io_user.fleet.places import Place
from s3io_user.fleet.side_by_side import Outcome
from s3io_user.stack.state import read_state

EXAMPLES = """\
examples:
  s3io-user list                        list every user of this folder's stack, with its keys
  s3io-user list --all-stacks           list the users of every stack of the project
  s3io-user list --stacks-from fleet.yaml --format csv
                                        list those of a list of stacks and folders, for a spreadsheet

It reads the state, and asks AWS nothing: it needs no AWS credentials and no passphrase. What was changed in AWS by hand
is not seen; s3io-user fleet asks AWS too. The access is the preset whose actions the policy has, or custom.
Exit code: 0 every stack was read, 1 one was not, 2 wrong usage.
"""

_HEADS = ("user", "name in AWS", "account", "access", "key", "is", "generation", "age", "note")
_COLUMNS = ("stack", "folder", "user", "userName", "account", "access", "adopted", "rotateEveryDays", "finished",
            "keyId", "keyRole", "keyGeneration", "keyStatus", "keyCreated", "notLookedAt")  # fmt: skip


@dataclass(frozen=True)
class Users:
    """A stack's name, None where it was never updated and not named, and its users."""

    stack: str | None
    users: list[StackUser]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "--format", choices=("table", "json", "csv"), default="table", help="the output format (default: table)"
    )
    add_stack(parser)
    add_stacks(parser)


def run(args: argparse.Namespace) -> int:
    """Read the state of each stack, and print; 1 if one can't be read. Raises S3IOError."""
    selection = selected(args)
    outcomes = look_at(selection, read_users, args.jobs, lambda found: counted(len(found.users), "user"))
    if not selection.many and (reason := outcomes[0].error):
        raise S3IOError(reason)
    {"table": _print_table, "json": _print_json, "csv": _print_csv}[args.format](outcomes)
    return 0 if summed_up(outcomes) else 1


def read_users(place: Place) -> Users:
    """The users of a stack's state. Raises S3IOError."""
    from s3io_user.inputs.project import read_export

    exported = read_export(place.stack, place.cwd)
    return Users(place.stack or read_state(exported).stack, stack_users(exported))


Outcomes = Sequence[Outcome[Place, Users]]


def _print_table(outcomes: Outcomes) -> None:
    from s3io_user.cli.table import print_rows
    from s3io_user.cli.text import print_text

    now, many = datetime.now(timezone.utc), len(outcomes) > 1
    rows = [
        (*((str(each.item),) if many else ()), *row)
        for each in outcomes
        for user in _users(each)
        for row in _rows(user, now)
    ]
    if rows:
        print_rows((*(("stack",) if many else ()), *_HEADS), rows, sys.stdout)
    users = [user for each in outcomes for user in _users(each)]
    read = sum(each.value is not None for each in outcomes)
    where = f" in {counted(read, 'stack')}" if many else ""
    keys = counted(sum(len(user.keys) for user in users), "access key")
    print_text(f"{counted(len(users), 'user')}{where}, {keys}.", sys.stdout)
    for each in outcomes:
        if each.value is None:
            print_text(f"Not looked at: {each.item}: {each.error}", sys.stdout)


def _users(each: Outcome[Place, Users]) -> list[StackUser]:
    return each.value.users if each.value else []


def _stack(each: Outcome[Place, Users]) -> dict[str, Any]:
    """The names of a stack, as programs have them."""
    return {**each.item.as_json(), **({"stack": each.value.stack} if each.value else {})}


def _rows(user: StackUser, now: datetime) -> Iterator[tuple[str, ...]]:
    """A row for each key, or one without."""
    about = (user.name, user.user_name or "not created", user.account or UNKNOWN, user.access)
    for key in user.keys:
        yield (*about, key.id, _is(key), _or_unknown(key.generation), _age(key.days(now)), _note(user))
    if not user.keys:
        yield (*about, NONE, "", "", "", _note(user))


def _is(key: StateKey) -> str:
    return ", ".join(filter(None, [key.role, "" if key.status == "Active" else key.status]))


def _note(user: StackUser) -> str:
    every = f"replaced every {user.every_days} days" if user.every_days else ""
    return ", ".join(
        filter(None, ["adopted" if user.adopted else "", every, "" if user.finished else "an update did not end"])
    )


def _age(days: int | None) -> str:
    return UNKNOWN if days is None else f"{days} day{'' if days == 1 else 's'}"


def _or_unknown(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)


def _print_json(outcomes: Outcomes) -> None:
    stacks = [
        {**_stack(each), "users": None if each.value is None else [*map(as_json, each.value.users)],
         "notLookedAt": each.error}
        for each in outcomes
    ]  # fmt: skip
    print(json.dumps({"version": 1, "stacks": stacks}, indent=2))


def as_json(user: StackUser) -> dict[str, Any]:
    """A user as JSON values."""
    return {
        **user.as_json(),
        "finished": user.finished,
        "keys": [
            {
                "id": key.id,
                "role": key.role or None,
                "generation": key.generation,
                "status": key.status or None,
                "created": key.created.isoformat(timespec="seconds") if key.created else None,
            }
            for key in user.keys
        ],
    }


def _print_csv(outcomes: Outcomes) -> None:
    """A line for each key; a user without one, and a stack that could not be read, have a line, too."""
    write_rows(_COLUMNS, _csv_rows(outcomes), sys.stdout)


def _csv_rows(outcomes: Outcomes) -> Iterator[list[Any]]:
    for each in outcomes:
        place = _stack(each)["stack"] or UNKNOWN, each.item.cwd or "."
        if each.value is None:
            yield [*place, *[UNKNOWN] * (len(_COLUMNS) - 3), each.error]
        for user in map(as_json, _users(each)):
            user["rotateEveryDays"] = user["rotateEveryDays"] or NONE
            about = [user[name] for name in _COLUMNS[2:9]]
            for key in user["keys"] or [dict.fromkeys(("id", "role", "generation", "status", "created"), NONE)]:
                yield [*place, *map(_cell, [*about, *key.values()]), NONE]


def _cell(value: Any) -> Any:
    """A value for a spreadsheet: nothing that reads as none where it is not known."""
    return UNKNOWN if value is None else str(value).lower() if isinstance(value, bool) else value
