"""What a tighter preset would take away, and the line of stack config that does it.

Pure.
"""

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from s3io_user.errors import InputError
from s3io_user.explain.catalogue import Catalogue
from s3io_user.explain.decide import statements_of
from s3io_user.explain.grants import Grant, grants_on
from s3io_user.explain.places import Kind, Place
from s3io_user.explain.reach import Reach
from s3io_user.policy.document import s3_policy_document
from s3io_user.policy.presets import OPTIONS, Access, preset_of
from s3io_user.wording import camel_case

Line = Callable[[str, str | bool | list[str]], str]
_TIGHTER = (Access.OPTIMIZER, Access.READ_ONLY)
"""The presets to suggest, the one that keeps most first."""


@dataclass(frozen=True)
class Tighter:
    """A change that takes rights away.

    ``config``: the commands that make it, to be run in the stack's folder, or for one of a file's users what to edit.
    ``removes``: actions that are then allowed nowhere; ``closes``: rows on which nothing is allowed any more;
    ``adds``: actions that are new.
    """

    access: str
    config: tuple[str, ...]
    removes: tuple[str, ...]
    closes: tuple[str, ...]
    adds: tuple[str, ...]
    dangers_removed: int
    note: str


def tighter(
    granted: Mapping[Place, Sequence[Grant]],
    catalogue: Catalogue,
    partition: str,
    line: Line,
) -> tuple[Tighter, ...]:
    """What ``optimizer`` and then ``read-only`` on the same buckets would take away; only where they do.

    ``line`` says how an option is set: see ``config_line``.
    """
    buckets, keys = _buckets(granted, catalogue), _kms_keys(granted)
    now = {grant.action: grant.dangerous for grants in granted.values() for grant in grants}
    changes = []
    for access in _TIGHTER:
        try:
            document = s3_policy_document(buckets or None, access=access, partition=partition, kms_key_arns=keys)
        except InputError:  # the document names buckets by patterns, which no preset does
            continue
        left = grants_on(granted, Reach(statements_of([document]), catalogue))
        changes.append(_change(access, now, granted, left, line))
    found = [change for change in changes if (change.removes or change.closes) and not _opens(change)]
    return tuple(found + _name_the_buckets(granted, buckets, line))


def _opens(change: Tighter) -> bool:
    """Whether a key could then list, read or write what it can't now, for nothing that it gives up."""
    preset = preset_of(Access(change.access))
    return not (change.dangers_removed or change.closes) and not {*preset.listing, *preset.on_objects}.isdisjoint(
        change.adds
    )


def _change(
    access: Access,
    now: Mapping[str, bool],
    granted: Mapping[Place, Sequence[Grant]],
    left: Mapping[Place, Sequence[Grant]],
    line: Line,
) -> Tighter:
    after = {grant.action for grants in left.values() for grant in grants}
    removes = sorted(now.keys() - after)
    closes = tuple(
        place.name for place, grants in granted.items() if grants and not left[place] and place.service == "s3"
    )
    preset = preset_of(access)
    options = {option.action: camel_case(name) for name, option in preset.options.items() if not option.by_prefix}
    lines = [line("access", access.value)]
    if options and not closes and set(removes) <= set(options):  # the preset is this one, with more than it needs
        lines = [line(options[action], False) for action in removes]
    return Tighter(
        access=access.value,
        config=tuple(lines),
        removes=tuple(removes),
        closes=closes,
        adds=tuple(sorted(after - now.keys())),
        dangers_removed=sum(now[action] for action in removes),
        note=preset.purpose,
    )


def _buckets(granted: Mapping[Place, Sequence[Grant]], catalogue: Catalogue) -> list[str]:
    """The buckets and folders that the document opens, as the stack's ``buckets`` would name them."""
    about_objects = {action.name for action in catalogue.by_service["s3"] if "object" in action.resources}
    return [
        place.name
        for place, grants in granted.items()
        if (place.kind is Kind.FOLDER and grants)
        or (place.kind is Kind.BUCKET and any(grant.action in about_objects for grant in grants))
    ]


def _kms_keys(granted: Mapping[Place, Sequence[Grant]]) -> list[str]:
    """The keys that the document opens: a change of preset keeps the stack's own."""
    named = [place.name for place, grants in granted.items() if place.service == "kms" and grants]
    return [name for name in named if re.fullmatch(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+", name)]


def _name_the_buckets(granted: Mapping[Place, Sequence[Grant]], buckets: Sequence[str], line: Line) -> list[Tighter]:
    every = next((place for place, grants in granted.items() if place.kind is Kind.EVERY_BUCKET and grants), None)
    if every is None or buckets:
        return []
    lines = (line("buckets", ["YOUR-BUCKET/wp-content/uploads"]),)
    return [Tighter("", lines, (), (every.name,), (), 0, "leaves only the buckets and folders open that are named")]


def config_line(
    user: str | None, project: str | None, users_file: str | None, option: str, value: str | bool | list[str]
) -> str:
    """How an option is set: the command, or for one of the ``users`` of a file, which no command writes, what to edit.

    A list has one value here.
    """
    if users_file and user is not None:
        return f"{users_file}: set {json.dumps(option)} of {_quoted(user)} to {json.dumps(value)}"
    first = value[0] if isinstance(value, list) else value if isinstance(value, str) else json.dumps(value)
    key = config_key(f"{option}[0]" if isinstance(value, list) else option, user, project)
    path = "--path " if key.rpartition(":")[2] not in _PLAIN else ""
    return f"pulumi config set {path}{shlex.quote(key)} {first}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


_PLAIN = {"access", *map(camel_case, OPTIONS)}


def config_key(option: str, user: str | None = None, project: str | None = None) -> str:
    """The key of an option in stack config, or (a path) that of one user of the map ``users``.

    A key belongs to the project whose name it begins with; without one, to the project in whose folder pulumi runs.
    """
    namespace = f"{project}:" if project else ""
    if user is None:
        return f"{namespace}{option}"
    if re.fullmatch(r"[\w-]+", user, re.ASCII):
        return f"{namespace}users.{user}.{option}"
    return f"{namespace}users[{_quoted(user)}].{option}"
