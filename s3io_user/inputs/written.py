"""Takes a value for what was written, where YAML has made something else of it. Pure."""

import re
from collections.abc import Mapping
from typing import Any

# 2026-01-31 without quotes in a stack's YAML is a time for Pulumi, which hands it over in one of these forms.
_MIDNIGHT = re.compile(r"( 00:00:00 \+0000 UTC|T00:00:00Z)$", re.ASCII)


def as_written(name: str, value: Any) -> Any:
    """An input's value: the day of a time at midnight, and the text of a tag's number or truth value.

    ``pulumi config set --path tags.CostCenter 4711`` writes a number, and has no way to write a text. Fractions stay as
    they are, since 1.10 has become 1.1.
    """
    if name == "rotate_from" and isinstance(value, str):
        return _MIDNIGHT.sub("", value)
    if name == "tags" and isinstance(value, Mapping):
        return {key: _text(item) for key, item in value.items()}
    return value


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value
