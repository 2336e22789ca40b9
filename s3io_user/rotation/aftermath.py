"""What a shared update that failed did for one user, by the state read afterwards; and takes back what was written.

An update of others would otherwise try again what failed for this one.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from s3io_user.keys.slots import PreviousKey
from s3io_user.rotation.runs import RUN_AGAIN

if TYPE_CHECKING:
    from s3io_user.rotation.state import Note
    from s3io_user.rotation.subject import Subject


class Aftermath(Protocol):
    """Of one user's part in an update. Each raises S3IOError if the state can't be read."""

    def is_finished(self) -> bool:
        """Whether the update did all for this user's resources."""

    def is_done(self) -> bool:
        """Whether the rotation can continue."""

    def take_back(self) -> str:
        """Undo what was written, where that changes no key. Returns a sentence or two that say how things are."""


@dataclass(frozen=True)
class OfNewKey:
    """After an update that should create the new key."""

    rotation: "Subject"
    note: "Note"

    def is_finished(self) -> bool:
        """Whether the component is at the new generation."""
        self.rotation.read_keys()
        return self.rotation.keys.finished.get("keyGeneration") == self.note.generation

    def is_done(self) -> bool:
        """Whether the new key exists, and the outputs have it."""
        self.rotation.read_keys()
        made = self.rotation.keys.by_generation.get(self.note.generation)
        user = (self.rotation.reads.outputs.get("users") or {}).get(str(self.rotation.user)) or {}
        return made is not None and user.get("accessKeyId") == made

    def take_back(self) -> str:
        """Set the inputs back and delete the note, if no new key was created."""
        rotation, note = self.rotation, self.note
        rotation.read_keys()
        there = rotation.keys.by_generation
        if new := there.get(note.generation):
            return f"The new key, {new}, exists beside the old one. {RUN_AGAIN}"
        # With the key before the last gone, an input that keeps it would create it anew.
        removed = rotation.fate(note) == PreviousKey.REMOVED.value
        kept = removed or note.generation == 2 or note.generation - 2 in there
        if there.get(note.generation - 1) != note.old or not kept:
            return f"No new key was created. {RUN_AGAIN}"
        generation = {} if rotation.by_calendar else {"keyGeneration": str(note.generation - 1)}
        rotation.config.write(None, {**generation, "previousKey": note.previous})
        return "No new key was created, the old one works, and the stack's config is set back"


@dataclass(frozen=True)
class OfRetirement:
    """After an update that should retire the old key."""

    rotation: "Subject"
    note: "Note"

    def is_finished(self) -> bool:
        """Whether the component does with the old key what it should."""
        self.rotation.read_keys()
        return self.rotation.keys.finished.get("previousKey") == self.rotation.fate(self.note)

    def is_done(self) -> bool:
        """Whether the old key is gone too, if it should be."""
        finished, keys = self.is_finished(), self.rotation.keys.by_generation
        gone = self.note.generation - 1 not in keys
        return finished and (gone or self.rotation.fate(self.note) != PreviousKey.REMOVED.value)

    def take_back(self) -> str:
        """Keep the old key, if it is still there."""
        self.rotation.read_keys()
        if self.note.generation - 1 not in self.rotation.keys.by_generation:
            return f"The old key, {self.note.old}, is gone. {RUN_AGAIN}"
        self.rotation.config.write(replace(self.note, retiring=False), {"previousKey": PreviousKey.ACTIVE.value})
        return f"The old key, {self.note.old}, is not retired. {RUN_AGAIN}"
