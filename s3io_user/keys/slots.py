"""Which access keys must exist: from the generation and the fate of the previous key to at most two slots.

AWS allows a user two keys, so generation *g* lives in slot ``b`` when *g* is odd and in ``a`` when it is even. Raising
the generation by one thus replaces the slot that holds the key before last, and the key in use stays where it is.
"""

from dataclasses import dataclass
from enum import Enum


class PreviousKey(str, Enum):
    """What becomes of the previous key when the generation is raised."""

    REMOVED = "removed"
    """It is deleted, once the new key exists."""
    INACTIVE = "inactive"
    """It stays, switched off: a way back."""
    ACTIVE = "active"
    """It stays and works, while its users move to the new one."""

    @property
    def fate(self) -> "Fate":
        """What that comes to."""
        return _FATES[self]


class KeyStatus(str, Enum):
    """Whether AWS accepts a key."""

    ACTIVE = "Active"
    """It works."""
    INACTIVE = "Inactive"
    """It is switched off, and can be switched on again."""


@dataclass(frozen=True)
class Fate:
    """The status that a previous key is kept with (``None``: it is not kept), and how a sentence says it."""

    kept: KeyStatus | None
    said: str


_FATES = {
    PreviousKey.REMOVED: Fate(None, "removed"),
    PreviousKey.INACTIVE: Fate(KeyStatus.INACTIVE, "switched off"),
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
    """The slots that must exist: the current key's first, then the previous key's where it is kept.

    ``generation`` counts from 1; ``status`` is the current key's, and bounds the previous key's: a user whose key is
    switched off has no key that works.
    """
    current = Slot(_slot_name(generation), generation, status)
    kept = previous.fate.kept
    if kept is None or generation == 1:
        return (current,)
    bounded = kept if status is KeyStatus.ACTIVE else status
    return (current, Slot(_slot_name(generation - 1), generation - 1, bounded))


def generation_fault(generation: object) -> str | None:
    """A generation: a whole number from 1. A float that is whole passes: so other languages send integers."""
    whole = isinstance(generation, int | float) and not isinstance(generation, bool) and generation % 1 == 0
    return None if whole and generation >= 1 else f"must be a whole number from 1 (got {generation!r})"  # type: ignore[operator]


def _slot_name(generation: int) -> str:
    return "ab"[generation % 2]
