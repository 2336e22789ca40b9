"""What a tighter access preset would take away, and the line of stack config that sets it.

Pure.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
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

Granted = Mapping[Place, Sequence[Grant]]

_TIGHTER = (Access.OPTIMIZER, Access.READ_ONLY)
"""The presets to suggest. The one that keeps most comes first."""
_PLAIN = {"access", *map(camel_case, OPTIONS)}


@dataclass(frozen=True)
class Tighter:
    """A change that takes permissions away.

    ``config``: the commands that make it in the project's folder, or what to edit in the users' file or the program.
    ``removes``: the actions that are then allowed nowhere. ``closes``: the rows on which nothing is then allowed.
    ``adds``: the actions that are allowed now and were not.
    """

    access: str
    config: tuple[str, ...]
    removes: tuple[str, ...]
    closes: tuple[str, ...]
    adds: tuple[str, ...]
    dangers_removed: int
    note: str


@dataclass(frozen=True)
class Config:
    """Where a user's inputs are set. ``user`` is its logical name in ``users``, None if the stack has one user.

    ``project`` is the project's name; None is the project in whose folder pulumi runs. ``users_file`` is the file that
    ``users`` names, if it names one. ``in_program``: the program has the inputs, and config would change nothing.
    """

    user: str | None = None
    project: str | None = None
    users_file: str | None = None
    in_program: bool = False

    def line(self, option: str, value: str | bool | list[str]) -> str:
        """The command that sets an option, or what to edit in the users' file or the program. A list has one value."""
        whose = "" if self.user is None else f" of {_quoted(self.user)}"
        if self.in_program or (self.users_file and whose):
            where = "the program" if self.in_program else self.users_file
            return f"{where}: set {json.dumps(option)}{whose} to {json.dumps(value)}"
        text = value[0] if isinstance(value, list) else value if isinstance(value, str) else json.dumps(value)
        key = config_key(f"{option}[0]" if isinstance(value, list) else option, self.user, self.project)
        path = "--path " if key.rpartition(":")[2] not in _PLAIN else ""
        return f"pulumi config set {path}{shlex.quote(key)} {text}"


def config_key(option: str, user: str | None, project: str | None) -> str:
    """The key of an option in stack config; for one of several ``users``, its path."""
    namespace = f"{project}:" if project else ""
    if user is None:
        return f"{namespace}{option}"
    if re.fullmatch(r"[\w-]+", user, re.ASCII):
        return f"{namespace}users.{user}.{option}"
    return f"{namespace}users[{_quoted(user)}].{option}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def tighter(granted: Granted, catalogue: Catalogue, partition: str, config: Config) -> tuple[Tighter, ...]:
    """What ``optimizer`` and ``read-only`` on the same buckets would take away, if they would take anything."""
    buckets, keys = _buckets(granted, catalogue), _kms_keys(granted)
    changes = []
    for access in _TIGHTER:
        try:
            document = s3_policy_document(buckets or None, access=access, partition=partition, kms_key_arns=keys)
        except InputError:  # the document names buckets by patterns, which no preset does
            continue
        left = grants_on(granted, Reach(statements_of([document]), catalogue))
        change = _change(access, granted, left, config)
        if (change.removes or change.closes) and not _opens(change):
            changes.append(change)
    every = next((place for place, grants in granted.items() if place.kind is Kind.EVERY_BUCKET and grants), None)
    if every and not buckets:
        line = config.line("buckets", ["YOUR-BUCKET/wp-content/uploads"])
        note = "leaves only the buckets and folders open that are named"
        changes.append(Tighter("", (line,), (), (every.name,), (), 0, note))
    return tuple(changes)


def _opens(change: Tighter) -> bool:
    """Whether the key could then list, read or write what it can't now, and gives up no danger and no row for it."""
    preset = preset_of(Access(change.access))
    gives_up = change.dangers_removed or change.closes
    return not gives_up and not {*preset.listing, *preset.on_objects}.isdisjoint(change.adds)


def _change(access: Access, granted: Granted, left: Granted, config: Config) -> Tighter:
    dangerous = {grant.action: grant.dangerous for grants in granted.values() for grant in grants}
    after = {grant.action for grants in left.values() for grant in grants}
    removes = sorted(dangerous.keys() - after)
    closes = tuple(
        place.name for place, grants in granted.items() if grants and not left[place] and place.service == "s3"
    )
    preset = preset_of(access)
    options = {option.action: camel_case(name) for name, option in preset.options.items() if not option.by_prefix}
    lines = [config.line("access", access.value)]
    if options and not closes and set(removes) <= set(options):  # it is this preset, with options that widen it
        lines = [config.line(options[action], False) for action in removes]
    return Tighter(
        access=access.value,
        config=tuple(lines),
        removes=tuple(removes),
        closes=closes,
        adds=tuple(sorted(after - dangerous.keys())),
        dangers_removed=sum(dangerous[action] for action in removes),
        note=preset.purpose,
    )


def _buckets(granted: Granted, catalogue: Catalogue) -> list[str]:
    """The buckets and folders that the document opens, as in the input ``buckets``."""
    about_objects = {action.name for action in catalogue.by_service["s3"] if "object" in action.resources}
    return [
        place.name
        for place, grants in granted.items()
        if (place.kind is Kind.FOLDER and grants)
        or (place.kind is Kind.BUCKET and any(grant.action in about_objects for grant in grants))
    ]


def _kms_keys(granted: Granted) -> list[str]:
    """The KMS keys that the document opens, since another preset keeps them."""
    names = [place.name for place, grants in granted.items() if place.service == "kms" and grants]
    return [name for name in names if re.fullmatch(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+", name)]
