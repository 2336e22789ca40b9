"""Scheduled rotation: which generation comes next after the last one in the state."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi

from s3io_user import tokens
from s3io_user.component import traces
from s3io_user.component.context import Context
from s3io_user.component.gates import Gates
from s3io_user.component.own_state import State
from s3io_user.inputs.fields import Inputs
from s3io_user.keys import schedule
from s3io_user.keys.schedule import Rotated


def follow(name: str, inputs: Inputs, gates: Gates, state: State | None) -> Inputs:
    """The inputs, with the next generation if ``rotate_every_days`` is set. ``state`` is None if it is not known."""
    if inputs.rotate_every_days is None:
        return inputs
    gates.state_unseen = state is None
    return inputs.after(last_rotation(name, state or {}))


def tell(context: Context) -> None:
    """Log which generation it is, and when the next one is due."""
    inputs = context.inputs
    if inputs.rotate_every_days and inputs.rotate_from:
        due = schedule.due(inputs.rotate_from, inputs.rotate_every_days, schedule.today())
        pulumi.log.info(str(replace(due, generation=inputs.key_generation)), context.parent)


@traces.none()
def note(context: Context) -> list[pulumi.Resource]:
    """A resource that records in the state what the update is about to create.

    If the update is interrupted, the next one continues from there: a component has outputs only after an update that
    succeeded.
    """
    inputs = context.inputs
    if inputs.rotate_every_days is None:
        return []
    made = {"generation": inputs.key_generation, "due": inputs.due_generation, "every": inputs.rotate_every_days}
    return [pulumi.Stash(f"{context.name}{_NOTE}", input=made, opts=context.options())]


def last_rotation(name: str, state: State) -> Rotated | None:
    """A component's last rotation, from the state. None if there was none, or if two components have the name."""
    component = _only(state, tokens.COMPONENT, name)
    if component is None:
        return None
    if "keyGeneration" in component:
        generation, due = component["keyGeneration"], component.get("dueGeneration")
        made = {"generation": generation, "due": due or generation, "every": component.get("rotateEveryDays")}
        return _rotated(made, finished=True)
    return _rotated((_only(state, tokens.STASH, f"{name}{_NOTE}") or {}).get("input"), finished=False)


_NOTE = "-calendar"


def _only(state: State, kind: str, name: str) -> Mapping[str, Any] | None:
    named = [each for urn, each in state.items() if each.get("type") == kind and urn.rsplit("::", 1)[-1] == name]
    return (named[0].get("outputs") or {}) if len(named) == 1 else None


def _rotated(made: Any, *, finished: bool) -> Rotated | None:
    record = made if isinstance(made, Mapping) else {}
    numbers = [number for key in ("generation", "due", "every") if isinstance(number := record.get(key), int | float)]
    if len(numbers) < 3:
        return None
    generation, due, every = map(int, numbers)
    return Rotated(generation, due, every, finished)
