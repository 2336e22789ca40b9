"""AWS's actions as a policy sees them: their access levels, the resources they work on, the condition keys they have.

Pure. The facts are the service authorization reference's, which the caller brings along.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from s3io_user.iam.wildcards import Any, Token, matcher, tokens, wild

LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")
"""AWS's access levels, the columns of the table."""

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NAME = frozenset(_LETTERS + "0123456789-")
_CLASSES = {
    "Region": _NAME,
    "Account": _NAME,
    "BucketName": frozenset(_LETTERS + _LETTERS.upper() + "0123456789.-_"),
}
_ANYTHING = ("ObjectName", "Key")
"""What in S3's ARNs may hold any character."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action as AWS's service authorization reference has it.

    ``level`` is List, Read, Write, Tagging or Permissions management; ``resources`` are the types of resource that
    it can be allowed on (``bucket``, ``object``, …), none for an action that only ``"Resource": "*"`` allows.
    ``templates`` has the ARN of each type of the service (``arn:${Partition}:s3:::${BucketName}``). ``keys`` are the
    service's own condition keys that a request for the action may have, of all of its ``service_keys``.
    """

    name: str
    level: str
    resources: frozenset[str]
    templates: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    keys: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    service_keys: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    @property
    def service(self) -> str:
        """The part before the colon: ``s3``."""
        return self.name.partition(":")[0]

    def lacks(self, key: str) -> bool:
        """Whether no request for it ever has this condition key, which belongs to other actions of its service."""
        known = key_name(key)
        return known in self.service_keys and known not in self.keys


@lru_cache(maxsize=8192)
def key_name(key: str) -> str:
    """A condition key without case and without what comes after its name: ``s3:existingobjecttag/``."""
    found = re.match(r"[^:/]*:[^:/<$]*[:/]?", key)
    return (found[0] if found else key).lower()


class Catalogue:
    """The actions of the services that documents speak of, and the ARNs of their resources."""

    def __init__(self, actions: Iterable[Action]) -> None:
        self.by_service: dict[str, list[Action]] = {}
        for action in sorted(actions, key=lambda action: action.name):
            self.by_service.setdefault(action.service, []).append(action)

    @cached_property
    def by_name(self) -> dict[str, Action]:
        """Every action by its name."""
        return {action.name: action for actions in self.by_service.values() for action in actions}

    @cached_property
    def _by_lower_name(self) -> dict[str, dict[str, str]]:
        return {
            service: {action.name.lower().partition(":")[2]: action.name for action in actions}
            for service, actions in self.by_service.items()
        }

    def expand(self, text: str) -> Iterator[str]:
        """The names of the actions that an Action of a policy (``s3:Get*``) stands for."""
        prefix, _, pattern = ("*:*" if text.strip("*") == "" else text.lower()).partition(":")
        services = [prefix] if prefix in self._by_lower_name else filter(matcher(prefix), self._by_lower_name)
        for service in services:
            names = self._by_lower_name[service]
            if wild(pattern):
                test = matcher(pattern)
                yield from (name for lower, name in names.items() if test(lower))
            elif pattern in names:
                yield names[pattern]

    @cached_property
    def _types(self) -> dict[str, list[tuple[str, str, str]]]:
        """Under the service in an ARN: which service's type of resource has which template."""
        found: dict[str, list[tuple[str, str, str]]] = {}
        for service, actions in self.by_service.items():
            for kind, template in actions[0].templates.items():
                found.setdefault(template.split(":", 3)[2], []).append((service, kind, template))
        return found

    def types(self, arn_service: str) -> Sequence[tuple[str, str, str]]:
        """(service, type, template) of every resource whose ARN has this service, which may be a pattern."""
        if not wild(arn_service):
            return self._types.get(arn_service, ())
        test: Callable[[str], bool] = matcher(arn_service)
        return [each for name, kinds in self._types.items() if test(name) for each in kinds]

    def with_type(self, service: str, kind: str) -> frozenset[str]:
        """The names of a service's actions that can be allowed on a type of its resources."""
        return self._with_type.get((service, kind), frozenset())

    @cached_property
    def _with_type(self) -> dict[tuple[str, str], frozenset[str]]:
        found: dict[tuple[str, str], set[str]] = {}
        for service, actions in self.by_service.items():
            for action in actions:
                for kind in action.resources or {""}:
                    found.setdefault((service, kind), set()).add(action.name)
        return {key: frozenset(names) for key, names in found.items()}


@lru_cache(maxsize=8192)
def template_tokens(template: str, partition: str) -> tuple[Token, ...]:
    """An ARN of the reference as a pattern: each of its ``${…}`` is one character or more."""
    return tuple(_template_tokens(template, partition))


def _template_tokens(template: str, partition: str) -> Iterator[Token]:
    end, plain = 0, _CLASSES["BucketName"] if ":s3:" in template else None
    for found in _PLACEHOLDER.finditer(template):
        yield from template[end : found.start()]
        end, allowed = found.end(), _CLASSES.get(found[1], None if found[1] in _ANYTHING else plain)
        if found[1] == "Partition":
            yield from partition
        elif found[1] == "Region" and ":s3:" in template and ":accesspoint/" in template:
            yield Any(many=True, allowed=allowed)  # a multi-Region access point's ARN has none
        else:
            yield from (Any(many=False, allowed=allowed), Any(many=True, allowed=allowed))
    # The reference itself has a few wildcards, as in arn:…:connect:…:contact-list/*.
    yield from tokens(template[end:])
