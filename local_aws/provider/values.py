"""Property values as plain Python: what is unknown, what is secret, and back again for the engine."""

import itertools
import time
from collections.abc import Collection, Mapping
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.rpc import UNKNOWN as UNKNOWN

Props = dict[str, Any]

DEFAULTS = "__defaults"
"""Among the inputs, the names of those that Check added. Pulumi does not show it."""

# The engine marks an unknown by its type (sdk/go/common/resource/plugin/rpc.go); the SDK knows only the first.
UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)

_count = itertools.count(1)


def is_known(value: Any) -> bool:
    """Whether nothing in a plain value is unknown."""
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    if isinstance(value, list):
        return all(map(is_known, value))
    return value not in UNKNOWNS


def unwrap(properties: Mapping[str, PropertyValue]) -> tuple[Props, set[str]]:
    """The engine's properties as plain values without nulls, and the names of those that hold a secret."""
    values = {name: _plain(value) for name, value in properties.items()}
    secrets = {name for name, value in properties.items() if value.contains_secret()}
    return {name: value for name, value in values.items() if value is not None}, secrets


def wrap(values: Mapping[str, Any], secrets: Collection[str] = ()) -> dict[str, PropertyValue]:
    """Plain values as the engine's properties, without nulls, with ``secrets`` marked."""
    return {name: _wrapped(value).with_secret(name in secrets) for name, value in values.items() if value is not None}


def unique_id(prefix: str) -> str:
    """An id for what has none at AWS: the prefix, the time to a tenth of a millisecond, and a counter."""
    now = time.time()
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(now))
    return f"{prefix}{stamp}{int(now % 1 * 10_000):04d}{next(_count):08x}"


def _plain(value: PropertyValue) -> Any:
    inner = value.value
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)  # every number travels as a double
    if isinstance(inner, Mapping):
        return {key: _plain(item) for key, item in inner.items()}
    if isinstance(inner, (tuple, list)):
        return [_plain(item) for item in inner]
    return inner


def _wrapped(value: Any) -> PropertyValue:
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    if isinstance(value, Mapping):
        return PropertyValue({key: _wrapped(item) for key, item in value.items() if item is not None})
    if isinstance(value, (list, tuple, set)):
        return PropertyValue([_wrapped(item) for item in value])
    return PropertyValue(value)
