"""AWS's actions: their access levels, the resources that they work on, and their condition keys.

Pure. The caller passes the facts, which are from the Service Authorization Reference.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from s3io_user.iam.wildcards import Any, Token, matcher, tokens, wild

LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")
"""AWS's access levels, which are the columns of the table."""

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NAME = frozenset(_LETTERS + "0123456789-")
_CLASSES = {
    "Region": _NAME,
    "Account": _NAME,
    "BucketName": frozenset(_LETTERS + _LETTERS.upper() + "0123456789.-_"),
}
_ANYTHING = ("ObjectName", "Key")
"""The placeholders in S3's ARNs that match any character."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action, from the Service Authorization Reference.

    ``level`` is List, Read, Write, Tagging or Permissions management. ``resources`` are the types of resource on which
    it can be allowed (``bucket``, ``object``, …); an action that only ``"Resource": "*"`` allows has none.
    ``templates`` has the ARN of each type of the service (``arn:${Partition}:s3:::${BucketName}``). ``service_keys``
    are the service's own condition keys, and ``keys`` those of them that a request for the action may have.
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
        """Whether requests for it never have this condition key, which belongs to other actions of the service."""
        name = key_name(key)
        return name in self.service_keys and name not in self.keys


@lru_cache(maxsize=8192)
def key_name(key: str) -> str:
    """The name of a condition key in lower case, without what follows it: ``s3:existingobjecttag/``."""
    match = re.match(r"[^:/]*:[^:/<$]*[:/]?", key)
    return (match[0] if match else key).lower()


class Catalogue:
    """The actions of the services that documents name, and the ARNs of their resources."""

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
        """The names of the actions that a policy's Action (``s3:Get*``) stands for."""
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
        """(service, type, template) of every type of resource, by the service in its ARN."""
        types: dict[str, list[tuple[str, str, str]]] = {}
        for service, actions in self.by_service.items():
            for kind, template in actions[0].templates.items():
                types.setdefault(template.split(":", 3)[2], []).append((service, kind, template))
        return types

    def types(self, arn_service: str) -> Sequence[tuple[str, str, str]]:
        """(service, type, template) of every type of resource whose ARN has this service, which may be a pattern."""
        if not wild(arn_service):
            return self._types.get(arn_service, ())
        test: Callable[[str], bool] = matcher(arn_service)
        return [each for name, kinds in self._types.items() if test(name) for each in kinds]

    def with_type(self, service: str, kind: str) -> frozenset[str]:
        """The names of a service's actions that work on a type of its resources."""
        return self._with_type.get((service, kind), frozenset())

    @cached_property
    def _with_type(self) -> dict[tuple[str, str], frozenset[str]]:
        with_type: dict[tuple[str, str], set[str]] = {}
        for service, actions in self.by_service.items():
            for action in actions:
                for kind in action.resources or {""}:
                    with_type.setdefault((service, kind), set()).add(action.name)
        return {key: frozenset(names) for key, names in with_type.items()}


@lru_cache(maxsize=8192)
def template_tokens(template: str, partition: str) -> tuple[Token, ...]:
    """A template of an ARN as a pattern, in which each ``${…}`` is one character or more."""
    return tuple(_template_tokens(template, partition))


def _template_tokens(template: str, partition: str) -> Iterator[Token]:
    end, plain = 0, _CLASSES["BucketName"] if ":s3:" in template else None
    for match in _PLACEHOLDER.finditer(template):
        yield from template[end : match.start()]
        end, allowed = match.end(), _CLASSES.get(match[1], None if match[1] in _ANYTHING else plain)
        if match[1] == "Partition":
            yield from partition
        elif match[1] == "Region" and ":s3:" in template and ":accesspoint/" in template:
            yield Any(many=True, allowed=allowed)  # a multi-Region access point's ARN has none
        else:
            yield from (Any(many=False, allowed=allowed), Any(many=True, allowed=allowed))
    # The reference has a few wildcards of its own, as in arn:…:connect:…:contact-list/*.
    yield from tokens(template[end:])
