"""`s3io-user rotate --all`: rotates the keys of many users, and those of a stack by one update.

Each user's rotation is the same as alone, with its own note, so that an interrupted run continues where it stopped.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any

from s3io_user.cli.console import note
from s3io_user.cli.selection import selected, users_of
from s3io_user.cli.text import print_text
from s3io_user.errors import S3IOError
from s3io_user.fleet.inventory import stack_users
from s3io_user.fleet.places import Place
from s3io_user.inputs.fields import Inputs
from s3io_user.rotation import due, state
from s3io_user.rotation.reads import StackReads
from s3io_user.rotation.runs import Steps
from s3io_user.rotation.subject import Target
from s3io_user.rotation.together import Member, rotate
from s3io_user.stack import pulumi_cli
from s3io_user.stack.exported import resources_in
from s3io_user.wording import legible

One = Callable[[Target, StackReads], Steps[Mapping[str, Any]]]
"""The steps of one user's rotation. Returns how it ended, as JSON values."""


@dataclass(frozen=True)
class _Stack:
    """What came of one stack: of each user how it ended, or why it failed; or why the stack could not be read."""

    place: Place
    users: Sequence[Mapping[str, Any]] | None
    error: str | None = None
    updated: bool = True
    """Whether every update succeeded in the end."""

    @property
    def is_well(self) -> bool:
        return self.updated and self.users is not None and not any("error" in user for user in self.users)


def rotate_all(args: argparse.Namespace, one: One) -> int:
    """Rotate every user that is to be rotated; 1 if one failed, or a stack could not be read. Raises S3IOError."""
    if not (args.yes or args.due or args.dry_run or sys.stdin.isatty()):
        raise S3IOError("nobody can be asked here: add --yes, or --due")
    selection = selected(args)
    done = [_rotate_stack(args, place, one, many=selection.many) for place in selection.places]
    done += [_Stack(each.item, None, each.error) for each in selection.unread]
    if not selection.many and done[0].error:
        raise S3IOError(done[0].error)
    if args.format == "json":
        print(json.dumps({"stacks": [_as_json(each) for each in done]}, indent=2))
    _sum_up(done)
    return 0 if all(each.is_well for each in done) else 1


def _rotate_stack(args: argparse.Namespace, place: Place, one: One, *, many: bool) -> _Stack:
    with pulumi_cli.with_variables(place.variables):
        try:
            reads = StackReads(place.stack, place.cwd)
            users = list(_users(args, place, reads, many=many))
        except S3IOError as error:
            note(f"{place}: not looked at: {error}")
            return _Stack(place, None, str(error))
        members = [Member(user, one(Target(place.stack, place.cwd, user), reads)) for user in users]
        out = sys.stderr if args.format == "json" else sys.stdout
        updated = rotate(members, partial(print_text, file=out), partial(_failed, place))
        ends = [each.result or {"user": each.user, "error": each.error} for each in members]
        return _Stack(place, ends, updated=updated)


def _failed(place: Place, member: Member) -> None:
    note(f"{_name(member.user, place)}: not rotated: {member.error}")


def _users(args: argparse.Namespace, place: Place, reads: StackReads, *, many: bool) -> Iterator[str | None]:
    """The users to rotate, None for the only one. Raises S3IOError."""
    outputs = users_of(place, reads.outputs, many=many)
    if outputs is None:
        return
    setting = reads.setting
    if setting.fault is not None:
        raise S3IOError(setting.fault)
    if strangers := sorted(set(outputs) - set(setting.users)) if setting.many or len(outputs) > 1 else []:
        raise S3IOError(
            f"the stack's config does not have its user {legible(strangers[0])}, so rotate can't raise its "
            "keyGeneration: raise key_generation in the program"
        )
    notes, deployed = setting.config.get(state.NOTE), _deployed(reads.exported)
    for logical, inputs in setting.users.items():
        user, resources = (logical if setting.many else None), deployed.get(logical, [])
        if state.note_of(notes, user):
            yield user
        elif reason := _reason_to_skip(args, inputs, resources):
            note(f"{_name(user, place)}: skipped: {reason}")
        elif not args.due or _is_due(args, inputs, resources):
            yield user


Resources = Sequence[Mapping[str, Any]]


def _deployed(exported: Mapping[str, Any]) -> dict[str, Resources]:
    """The component of each user with its children, by the user's name in the program."""
    names = {user.urn: user.name for user in stack_users(exported)}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in resources_in(exported):
        if name := names.get(str(each.get("urn"))) or names.get(str(each.get("parent"))):
            found.setdefault(name, []).append(each)
    return {**found}


def _reason_to_skip(args: argparse.Namespace, inputs: Inputs, resources: Resources) -> str | None:
    """Why a user has nothing to rotate; None if it may have."""
    if not inputs.create_access_key:
        return "it has no access key"
    if not resources:
        return "it is not deployed yet"
    if args.due and not (inputs.rotate_every_days or args.older_than):
        return "nothing says when its key is due: set rotateEveryDays, or add --older-than"
    if inputs.rotate_every_days and not args.due:
        return "rotateEveryDays rotates its key: add --due"
    return None


def _is_due(args: argparse.Namespace, inputs: Inputs, resources: Resources) -> bool:
    """Whether a user's key is due. If the state does not tell, the user's own rotation says so."""
    exported = {"deployment": {"resources": resources}}
    names = [user.user_name for user in stack_users(exported) if user.user_name]
    keys = state.keys_in_state(exported, names[0]) if names else None
    try:
        return keys is None or due.due(inputs, keys, args.older_than, datetime.now(timezone.utc)).now
    except S3IOError:
        return True


def _name(user: str | None, place: Place) -> str:
    return f"{legible(user)} in {place}" if user else str(place)


def _as_json(stack: _Stack) -> dict[str, Any]:
    return {**stack.place.as_json(), "users": stack.users, "notLookedAt": stack.error}


def _sum_up(done: Sequence[_Stack]) -> None:
    """How many rotations ended how, and what failed."""
    ends: dict[str, int] = {}
    for user in (user for stack in done for user in stack.users or ()):
        end = "failed" if "error" in user else str(user["end"])
        ends[end] = ends.get(end, 0) + 1
    note(", ".join(f"{count:,} {end}" for end, count in ends.items()) or "nothing was rotated")
    failed = [_name(user["user"], each.place) for each in done for user in each.users or () if "error" in user]
    if failed := [*failed, *(str(each.place) for each in done if each.users is None)]:
        note(f"failed, or not looked at: {', '.join(failed)}")
