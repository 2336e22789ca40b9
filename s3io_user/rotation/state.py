"""How far a rotation is, from its note and the keys in the stack's state. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from s3io_user.keys.schedule import Rotated
from s3io_user.stack.exported import moment_of, resources_in, value_of
from s3io_user.tokens import ACCESS_KEY, COMPONENT

NOTE = "s3io-rotate:underway"
"""The config key of the note, or with ``users`` of a map from user to note. It is outside the project's namespace."""


@dataclass(frozen=True)
class Note:
    """An unfinished rotation: its user, new generation, old key, and the ``previousKey`` before it (None: unset).

    ``new`` is the key that was delivered, and ``delivered`` the time in UTC, as ISO 8601 has it. It is empty if the key
    was not delivered yet and the old one goes on evidence alone, None if a yes is enough. Anyone who can write
    the stack's config can write the note, so nothing of it is believed that the state or AWS contradicts.
    """

    user: str | None
    generation: int
    old: str
    previous: str | None
    retiring: bool = False
    new: str | None = None
    delivered: str | None = None

    def as_text(self) -> str:
        """The note as JSON."""
        return json.dumps({key: value for key, value in asdict(self).items() if key in _ALWAYS or value is not None})

    @property
    def delivered_at(self) -> datetime | None:
        """When the new key was delivered; None if it was not, or the note does not say it in a way that can be read."""
        return moment_of(self.delivered)


_ALWAYS = ("user", "generation", "old", "previous", "retiring")


@dataclass(frozen=True)
class Keys:
    """The access keys of one component in a stack's state, by generation. ``urn`` is the component's.

    ``created`` says when each was created, ``last`` is the last rotation by the calendar. ``finished`` are the inputs
    that the last update finished with, none if it failed.
    """

    urn: str
    by_generation: Mapping[int, str] = field(default_factory=dict)
    created: Mapping[int, datetime] = field(default_factory=dict)
    last: Rotated | None = None
    finished: Mapping[str, Any] = field(default_factory=dict)

    @property
    def latest(self) -> int:
        """The generation of the current key, 0 if there is none."""
        return max(self.by_generation, default=0)


class Stage(Enum):
    """How far a rotation is."""

    BEGUN = "the new key is not created yet"
    MADE = "both keys exist"
    DELIVERED = "the new key is delivered"
    RETIRED = "the old key is retired"
    STALE = "the stack was changed since"


def note_of(text: str | None, user: str | None) -> str | None:
    """The note of one of ``users``, or of the only user, in what the config has; None if there is none."""
    notes = _map_of_notes(text)
    if user is None:
        return text if notes is None else None
    found = (notes or {}).get(user)
    return None if found is None else str(found)


def users_of_notes(text: str | None) -> set[str]:
    """The users that have a note."""
    return set(_map_of_notes(text) or ())


def is_of_the_only_user(text: str | None) -> bool:
    """Whether what the config has is the note of a stack's only user."""
    return bool(text) and _map_of_notes(text) is None


def _map_of_notes(text: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(text or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) and not isinstance(found.get("generation"), int) else None


def read_note(text: str | None) -> Note | None:
    """Read a note. None if there is none, or it can't be read."""
    try:
        note = Note(**json.loads(text or "null"))
    except (TypeError, ValueError):
        return None
    texts = (note.user, note.previous, note.new, note.delivered)
    whole = type(note.generation) is int and isinstance(note.old, str) and all(isinstance(t, str | None) for t in texts)
    return note if whole and isinstance(note.retiring, bool) else None


def stage(note: Note, keys: Keys, configured: int) -> Stage:
    """How far the rotation is. ``configured`` is the generation in the stack's config."""
    there = keys.by_generation
    if configured > note.generation or keys.latest > note.generation:
        return Stage.STALE
    old, new = there.get(note.generation - 1), there.get(note.generation)
    if old == note.old:
        if new is None:
            return Stage.BEGUN
        return Stage.DELIVERED if note.delivered_at and note.new == new else Stage.MADE
    return Stage.RETIRED if note.retiring and new and old is None else Stage.STALE


def keys_in_state(exported: Mapping[str, Any], user_name: str) -> Keys | None:
    """The access keys of the component that has a user of this name; None if there is no such component."""
    resources = resources_in(exported)
    keys = [r for r in resources if r.get("type") == ACCESS_KEY and not r.get("delete")]
    for component in (r for r in resources if r.get("type") == COMPONENT):
        own = [r for r in keys if r.get("parent") == component["urn"]]
        names = {(r.get("inputs") or {}).get("user") for r in own} | {(component.get("outputs") or {}).get("userName")}
        if user_name in names:
            made = {generation: r for r in own if r.get("id") and (generation := generation_of(r))}
            moments = {generation: moment_of(value_of(r, "createDate")) for generation, r in made.items()}
            created = {generation: at for generation, at in moments.items() if at}
            ids = {generation: r["id"] for generation, r in made.items()}
            inputs, outputs = component.get("inputs") or {}, component.get("outputs") or {}
            finished = {**inputs, **outputs} if "keyGeneration" in outputs else {}
            return Keys(component["urn"], ids, created, _last_rotation(component), finished)
    return None


def finished_components(exported: Mapping[str, Any]) -> frozenset[str]:
    """The logical names of all components in the state that an update finished."""
    resources = resources_in(exported)
    done = (r for r in resources if r.get("type") == COMPONENT and "keyGeneration" in (r.get("outputs") or {}))
    return frozenset(str(r["urn"]).rpartition("::")[2] for r in done)


def generation_of(key: Mapping[str, Any]) -> int:
    """The generation of a key in the state or in a preview; 0 if it has none."""
    trigger = key.get("replacementTrigger")
    return int(trigger) if isinstance(trigger, int | float) else 0


def _last_rotation(component: Mapping[str, Any]) -> Rotated | None:
    """As `component.calendar` reads it: the component has outputs only after an update that succeeded."""
    kept, finished = component.get("inputs") or {}, "keyGeneration" in (component.get("outputs") or {})
    generation, every = kept.get("keyGeneration"), kept.get("rotateEveryDays")
    if not isinstance(generation, int | float) or not isinstance(every, int | float):
        return None
    return Rotated(int(generation), int(kept.get("dueGeneration") or generation), int(every), finished)
