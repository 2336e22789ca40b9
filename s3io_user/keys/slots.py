"""Decides which access keys must exist: from the generation and the fate of the previous key to at most two slots.

AWS allows a user two keys, so generation *g* lives in slot ``b`` when *g* is odd and in ``a`` when it is even. Raising
the generation by one thus replaces the slot that holds the key before last, and the key in use stays where it is.
"""

from dataclasses import dataclass
from enum import Enum


class PreviousKey(str, Enum):
    """What happens to the previous key when the generation is raised."""

    REMOVED = "removed"
    """It is deleted once the new key exists."""
    INACTIVE = "inactive"
    """It is kept, but deactivated, so that you can go back to it."""
    ACTIVE = "active"
    """It is kept and works, while you move to the new key."""

    @property
    def fate(self) -> "Fate":
        """What that means for the key."""
        return _FATES[self]


class KeyStatus(str, Enum):
    """Whether AWS accepts a key."""

    ACTIVE = "Active"
    """It works."""
    INACTIVE = "Inactive"
    """It is deactivated, and can be activated again."""


@dataclass(frozen=True)
class Fate:
    """The status that the previous key gets (``None``: it is deleted), and what a sentence says: "the key is …"."""

    kept: KeyStatus | None
    description: str


_FATES = {
    PreviousKey.REMOVED: Fate(None, "deleted"),
    PreviousKey.INACTIVE: Fate(KeyStatus.INACTIVE, "made inactive"),
    PreviousKey.ACTIVE: Fate(KeyStatus.ACTIVE, "left as it is"),
}
"""To add one: a member of `PreviousKey`, and its row here."""


@dataclass(frozen=True)
class Slot:
    """A key that must exist: its slot's name (``a`` or ``b``), its generation and its status."""

    name: str
    generation: int
    status: KeyStatus


def slots(generation: int, previous: PreviousKey, status: KeyStatus = KeyStatus.ACTIVE) -> tuple[Slot, ...]:
    """The slots that must exist: the current key's first, then the previous key's if it is kept.

    ``generation`` counts from 1. ``status`` is the current key's; if it is inactive, so is the previous key, and no key
    of the user works.
    """
    current = Slot(_slot_name(generation), generation, status)
    kept = previous.fate.kept
    if kept is None or generation == 1:
        return (current,)
    bounded = kept if status is KeyStatus.ACTIVE else status
    return (current, Slot(_slot_name(generation - 1), generation - 1, bounded))


def generation_fault(generation: object) -> str | None:
    """Check a generation: a whole number from 1, also as a float, since other languages send integers as floats."""
    whole = isinstance(generation, int | float) and not isinstance(generation, bool) and generation % 1 == 0
    return None if whole and generation >= 1 else f"must be a whole number from 1 (got {generation!r})"  # type: ignore[operator]


def _slot_name(generation: int) -> str:
    return "ab"[generation % 2]
