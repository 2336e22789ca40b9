"""How far a rotation is, from its note and the keys in the stack's state. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from s3io_user.tokens import ACCESS_KEY, COMPONENT

NOTE = "s3io-rotate:underway"
"""The config key of the note. It is not in the project's namespace, which has only the inputs."""


@dataclass(frozen=True)
class Note:
    """An unfinished rotation: its user, new generation, old key, and the ``previousKey`` before it (None: unset)."""

    user: str | None
    generation: int
    old: str
    previous: str | None
    retiring: bool = False

    def as_text(self) -> str:
        """The note as JSON."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Keys:
    """The access keys of one component in a stack's state, by generation. ``urn`` is the component's."""

    urn: str
    by_generation: Mapping[int, str] = field(default_factory=dict)

    @property
    def latest(self) -> int:
        """The generation of the current key, 0 if there is none."""
        return max(self.by_generation, default=0)


class Stage(Enum):
    """How far a rotation is."""

    BEGUN = "the new key is not created yet"
    MADE = "both keys exist"
    RETIRED = "the old key is retired"
    STALE = "the stack was changed since"


def read_note(text: str | None) -> Note | None:
    """Read a note. None if there is none, or it can't be read."""
    try:
        note = Note(**json.loads(text or "null"))
    except (TypeError, ValueError):
        return None
    whole = isinstance(note.generation, int) and isinstance(note.old, str) and isinstance(note.previous, str | None)
    return note if whole else None


def stage(note: Note, keys: Keys, configured: int) -> Stage:
    """How far the rotation is. ``configured`` is the generation in the stack's config."""
    there = keys.by_generation
    if configured > note.generation or keys.latest > note.generation:
        return Stage.STALE
    if there.get(note.generation - 1) == note.old:
        return Stage.MADE if note.generation in there else Stage.BEGUN
    return Stage.RETIRED if note.retiring and note.generation in there else Stage.STALE


def keys_in_state(exported: Mapping[str, Any], user_name: str) -> Keys | None:
    """The access keys of the component that has a user of this name; None if there is no such component."""
    resources = (exported.get("deployment") or {}).get("resources") or ()
    keys = [r for r in resources if r.get("type") == ACCESS_KEY and not r.get("delete")]
    for component in (r for r in resources if r.get("type") == COMPONENT):
        own = [r for r in keys if r.get("parent") == component["urn"]]
        names = {(r.get("inputs") or {}).get("user") for r in own} | {(component.get("outputs") or {}).get("userName")}
        if user_name in names:
            made = {generation: r["id"] for r in own if r.get("id") and (generation := generation_of(r))}
            return Keys(component["urn"], made)
    return None


def generation_of(key: Mapping[str, Any]) -> int:
    """The generation of a key in the state or in a preview; 0 if it has none."""
    trigger = key.get("replacementTrigger")
    return int(trigger) if isinstance(trigger, int | float) else 0
