"""Finds the access preset that has the same actions as a policy document. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from s3io_user.policy.presets import PRESETS, Preset

CUSTOM = "custom"
"""The name for a document that has the actions of no preset."""


def preset_named(document: Mapping[str, Any]) -> str:
    """The preset whose actions a document allows, by its name in ``access``, or ``custom``.

    Only the actions are compared: a policy of your own with the same actions gets the preset's name.
    """
    allowed = set(_allowed(document))
    return next((access.value for access, preset in PRESETS.items() if _is(preset, allowed)), CUSTOM)


def _allowed(document: Mapping[str, Any]) -> Iterator[str]:
    """The actions of the statements that allow; ``*`` for one that allows all but what it names."""
    statements = document.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
            actions = statement.get("Action", "*")
            yield from map(str, actions if isinstance(actions, list) else [actions])


def _is(preset: Preset, allowed: set[str]) -> bool:
    """Whether these are a preset's actions: all that every document of it has, and none that no document of it has."""
    always = {*preset.everywhere, *preset.on_objects}
    places = (*preset.listing, *preset.on_buckets, *preset.on_whole_buckets)
    possible = {*always, *places, *preset.on_keys, *(option.action for option in preset.options.values())}
    return bool(always) and always <= allowed <= possible
