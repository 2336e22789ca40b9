"""Reads parts of what `pulumi stack export` prints. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

Resource = Mapping[str, Any]


def resources_in(exported: Mapping[str, Any]) -> list[Resource]:
    """The resources of an export; none before the first update."""
    resources = (exported.get("deployment") or {}).get("resources") or ()
    return [each for each in resources if isinstance(each, Mapping)]


def children_in(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    """The children of each resource, by its URN."""
    below: dict[str, list[Resource]] = {}
    for resource in resources:
        below.setdefault(str(resource.get("parent")), []).append(resource)
    return below


def value_of(resource: Resource, name: str) -> Any:
    """A property. A resource whose creation did not finish has inputs only."""
    outputs, inputs = resource.get("outputs") or {}, resource.get("inputs") or {}
    return outputs.get(name, inputs.get(name))


def name_of(resource: Resource) -> str:
    """The resource's name in the program."""
    return str(resource.get("urn")).rsplit("::", 1)[-1]


def moment_of(text: object) -> datetime | None:
    """A time, in UTC unless it says another zone. Go prints nanoseconds, and Python reads microseconds."""
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", str(text)).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def whole_number(value: object) -> int | None:
    """A number as the engine has it, which is a float."""
    return int(value) if isinstance(value, int | float) else None


def document_of(text: object) -> dict[str, Any] | None:
    """A policy document; None if it can't be read, as a secret."""
    try:
        document = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
