"""Decides which changes of the key generation are allowed: those that never delete the key in use."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from s3io_user.keys import schedule
from s3io_user.keys.slots import PreviousKey


@dataclass(frozen=True)
class Step:
    """What an update asks of a user's keys. ``every_days`` is set where the generation follows the calendar.

    ``due`` is the generation that the calendar says, where that is another: see `schedule.next_generation`.
    ``pgp_key`` is the `digest` of the key that encrypts the secret.
    """

    generation: int
    previous: PreviousKey
    every_days: int | None = None
    has_key: bool = True
    due: int | None = None
    pgp_key: str | None = None


def digest(pgp_key: str | None) -> str | None:
    """What the state keeps of a PGP key."""
    return hashlib.sha256(pgp_key.encode()).hexdigest()[:16] if pgp_key else None


def step_fault(old: Step, new: Step, *, finished: bool) -> str | None:
    """Why an update would delete the key in use; None if it would not.

    ``finished`` says whether the last update to ``old`` succeeded.
    """
    if old.generation == new.generation or not (old.has_key and new.has_key):
        return None
    if not finished:
        # The previous generation's key is deleted last, after everything else has succeeded.
        return None if is_taken_back(old, new) else _UNFINISHED.format(old.generation, old.generation - 1)
    rule = _rule_broken(new.generation - old.generation, new.previous)
    return rule and f"{rule} (from {old.generation} to {new.generation}): {_what_to_set(old, new)}"


def is_taken_back(old: Step, new: Step) -> bool:
    """Whether a step goes back one generation, which undoes a raise that failed."""
    return old.has_key and new.has_key and new.generation == old.generation - 1


def pgp_fault(key: Mapping[str, Any], new: Step) -> str | None:
    """Why the key in use would be deleted for another PGP key; None if not. ``key`` has its outputs in the state."""
    if not new.has_key or digest(key.get("pgpKey")) == new.pgp_key:
        return None
    name, _, raised = _settings(new, new)
    return f"{_OTHER_PGP_KEY}: leave pgpKey as it was, or also set {name} to {raised}"


_OTHER_PGP_KEY = (
    "pgpKey: a key that exists keeps the pgpKey that it was made with, and this update would delete it before it "
    "creates another"
)
_UNFINISHED = (
    "must stay {0} until an update with it succeeds: run pulumi up with {0} again, or set {1} to undo the raise"
)


def _rule_broken(by: int, previous: PreviousKey) -> str | None:
    if by < 0:
        return "must not go down"
    if by > 1 and previous.fate.kept:
        return "must go up by one at a time while the previous key is kept"
    # Within a slot, the old key is deleted before the new one is created.
    return "must go up by one, or by another odd number" if by % 2 == 0 else None


def _what_to_set(old: Step, new: Step) -> str:
    name, keep, replace = _settings(old, new)
    return f"set {name} to {keep} to keep the key in use, or to {replace} to replace it"


def _settings(old: Step, new: Step) -> tuple[str, str, str]:
    """What to set to keep the key in use, or to replace it: the generation, or the first day that leads to it."""
    name, values = "keyGeneration", [str(old.generation), str(old.generation + 1)]
    if new.every_days is not None:
        try:
            due = old.due if old.due and old.every_days == new.every_days else old.generation
            days = [str(schedule.first_day(number, new.every_days)) for number in (due, due + 1)]
            name, values = "rotateFrom", days
        except OverflowError:
            name = "keyGeneration, in place of rotateEveryDays and rotateFrom,"
    return name, values[0], values[1]


def step_inputs(step: Step) -> dict[str, Any]:
    """What the component keeps in the state about its keys, to compare the next update with."""
    kept: dict[str, Any] = {"keyGeneration": step.generation, "previousKey": step.previous.value}
    if step.every_days is not None:
        kept["rotateEveryDays"] = step.every_days
    if step.due not in (None, step.generation):
        kept["dueGeneration"] = step.due
    if step.pgp_key is not None:
        kept["pgpKey"] = step.pgp_key
    return kept if step.has_key else {**kept, "createAccessKey": False}


def step_of(kept: Mapping[str, Any]) -> Step:
    """The step that `step_inputs` kept. The engine returns numbers as floats."""
    days, due = kept.get("rotateEveryDays"), kept.get("dueGeneration")
    return Step(
        int(kept["keyGeneration"]),
        PreviousKey(kept["previousKey"]),
        every_days=None if days is None else int(days),
        has_key=bool(kept.get("createAccessKey", True)),
        due=None if due is None else int(due),
        pgp_key=kept.get("pgpKey"),
    )
