"""From the answers to the stack's config, and back: which keys change, and what a config answers already."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from s3io_user.errors import S3IOError
from s3io_user.policy.presets import OPTIONS, Access, preset_of
from s3io_user.setup.answers import Answers
from s3io_user.setup.situation import StackConfig
from s3io_user.stack.config import ConfigValue
from s3io_user.wording import camel_case, legible

STORES = {"secrets-manager": ("secretsManager", "name"), "parameter-store": ("parameterStore", "path")}
"""Where the stack itself puts the credentials: by the value of ``--hand-over``, the config key and its part."""


@dataclass(frozen=True)
class Change:
    """A config key with its value before and after; None if it is not set."""

    key: str
    before: Any
    after: Any

    @property
    def value(self) -> ConfigValue:
        """The change in the form in which it is written. Of a map, only the parts that change are."""
        after = self.after
        if isinstance(after, bool):
            after = str(after).lower()
        if isinstance(after, Mapping):
            before = self.before if isinstance(self.before, Mapping) else {}
            after = {part: value for part, value in after.items() if before.get(part) != value}
        return ConfigValue(self.key, after)

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.key}: {_as_text(self.after)}"
        if self.after is None:
            return f"- {self.key}: {_as_text(self.before)}"
        return f"~ {self.key}: {_as_text(self.before)} → {_as_text(self.after)}"


def changes(wanted: Mapping[str, Any], config: StackConfig) -> list[Change]:
    """The keys to write: those that differ, without the secrets that no answer is about."""
    every = [Change(key, config.values.get(key), after) for key, after in wanted.items()]
    return [each for each in every if not _same(each.before, each.after) and not _unread(each)]


def merged(wanted: Mapping[str, Any], config: StackConfig) -> dict[str, str]:
    """The whole config after the changes, as Pulumi passes it to the program, without its secrets."""
    values = {**config.values, **wanted}
    plain = {key: value for key, value in values.items() if value is not None and not _secret(value)}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in plain.items()}


def wanted(answers: Answers, project: str, config: StackConfig) -> dict[str, Any]:
    """The config that complete answers ask for, by full key; None for a key to remove."""
    access = Access(answers.access)
    own: dict[str, Any] = {
        "userName": answers.user_name or None,
        "existingUser": answers.existing_user or None,
        "access": access.value,
        "buckets": list(answers.buckets or ()) or None if preset_of(access).has_document else None,
        **{camel_case(name): _option(name, access, answers) for name in OPTIONS},
    }
    if answers.hand_over in STORES:
        key, part = STORES[answers.hand_over]
        before = config.own(project, key)
        own[key] = {**(before if isinstance(before, Mapping) else {}), part: answers.store_name}
    aws = {"aws:region": answers.region, **({"aws:profile": answers.profile} if answers.profile else {})}
    return {**aws, **{f"{project}:{key}": value for key, value in own.items()}}


def _option(name: str, access: Access, answers: Answers) -> bool | str | None:
    """The value of an option; None, which removes it, if the preset does not have it and would refuse it."""
    return (answers.options or {}).get(name) or None if name in preset_of(access).options else None


def _unread(change: Change) -> bool:
    """Whether a key is a secret, which can't be read here, and no answer is about it."""
    return change.after is None and _secret(change.before)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, bool) or isinstance(after, bool):
        return str(before or False).lower() == str(after or False).lower()
    if isinstance(after, list) and isinstance(before, str):
        return [part.strip() for part in before.split(",")] == after
    return bool(before == after) or (before in ("", [], {}) and after is None)


def _secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "secure" in value or any(map(_secret, value.values()))
    return isinstance(value, list) and any(map(_secret, value))


def _as_text(value: Any) -> str:
    if _secret(value):
        return "[secret]"
    return legible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def from_config(config: StackConfig, project: str) -> Answers:
    """The answers that a stack's config already gives. Raises S3IOError for a stack of many users."""
    if config.own(project, "users"):
        raise S3IOError(
            "the config of this stack has users, which init does not edit: change it with pulumi config set --path, "
            "as docs/many-sites.md says, or choose another stack with --stack"
        )
    buckets = config.own(project, "buckets")
    given = [part.strip() for part in buckets.split(",")] if isinstance(buckets, str) else buckets
    access, existing = config.own(project, "access"), config.own(project, "existingUser")
    return Answers(
        profile=_text(config.values.get("aws:profile")),
        region=_text(config.values.get("aws:region")),
        existing_user=_text(existing),
        user_name=None if existing else _text(config.own(project, "userName")),
        access=access if access in {each.value for each in Access} else None,
        buckets=tuple(map(str, given)) if given and isinstance(given, list) and not _secret(given) else None,
        options=dict(_options(config, project)) or None,
        **_store(config, project),
    )


def _options(config: StackConfig, project: str) -> Iterator[tuple[str, bool | str]]:
    for name, option in OPTIONS.items():
        if (value := config.own(project, camel_case(name))) is not None and not _secret(value):
            yield name, str(value) if option.by_prefix else str(value).lower() == "true"


def _store(config: StackConfig, project: str) -> dict[str, Any]:
    for kind, (key, part) in STORES.items():
        store = config.own(project, key)
        if isinstance(store, Mapping) and isinstance(store.get(part), str):
            return {"hand_over": kind, "store_name": store[part]}
    return {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
