"""Lists the users of a stack from its state alone: what each is, its account, its permissions and its keys. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from s3io_user import tokens
from s3io_user.fleet.preset import preset_named
from s3io_user.iam.arns import is_full_access

Resource = Mapping[str, Any]
NONE, UNKNOWN, FULL = "none", "unknown", "full"


@dataclass(frozen=True)
class StateKey:
    """An access key as the state has it. ``role`` is ``current``, ``previous``, ``going`` (an update that did not end
    was to delete it) or ``""``; ``status`` is ``""`` and ``generation`` and ``created`` are None where it does not say.
    """

    id: str
    role: str
    generation: int | None
    status: str
    created: datetime | None

    def days(self, now: datetime) -> int | None:
        """How many whole days old it is."""
        return None if self.created is None else (now - self.created).days


@dataclass(frozen=True)
class StackUser:
    """One S3IOUser of a stack. ``name`` is its name in the program, ``user_name`` that in AWS (None: not there yet).

    ``access`` is the preset whose actions its policy has, ``custom``, ``none``, or ``unknown`` where the state hides
    the policy. ``finished``: its last update went to its end. ``every_days``: the calendar replaces its key.
    """

    name: str
    urn: str
    user_name: str | None
    arn: str | None
    adopted: bool
    access: str
    keys: tuple[StateKey, ...]
    every_days: int | None
    finished: bool
    document: Mapping[str, Any] | None = None

    @property
    def account(self) -> str | None:
        """The number of its account, None where the state does not say."""
        return self.arn.split(":")[4] if self.arn and self.arn.count(":") >= 5 else None

    @property
    def current(self) -> StateKey | None:
        """The key in use."""
        return next((key for key in self.keys if key.role == "current"), None)

    def due(self) -> datetime | None:
        """When its key is due to be replaced; None without a schedule, or where the key's age is not known."""
        key = self.current
        if self.every_days is None or key is None or key.created is None:
            return None
        return key.created + timedelta(days=self.every_days)


def stack_users(exported: Mapping[str, Any]) -> list[StackUser]:
    """Every S3IOUser of a stack's export, by name; none where the stack has no such component, or was never updated."""
    resources = [r for r in (exported.get("deployment") or {}).get("resources") or () if isinstance(r, Mapping)]
    below: dict[str, list[Resource]] = {}
    for resource in resources:
        below.setdefault(str(resource.get("parent")), []).append(resource)
    components = [r for r in resources if r.get("type") == tokens.COMPONENT and not r.get("delete")]
    return sorted(
        (_user(each, below.get(str(each.get("urn")), [])) for each in components),
        key=lambda user: (user.name, user.urn),
    )


def _user(component: Resource, children: Iterable[Resource]) -> StackUser:
    urn, inputs, outputs = str(component.get("urn")), component.get("inputs") or {}, component.get("outputs") or {}
    children = list(children)
    own: Mapping[str, Any] = next((r.get("outputs") or {} for r in children if r.get("type") == tokens.USER), {})
    document = _document(outputs.get("policyDocument"))
    finished = "keyGeneration" in outputs
    return StackUser(
        name=urn.rsplit("::", 1)[-1],
        urn=urn,
        user_name=_text(outputs.get("userName")) or _text(own.get("name")),
        arn=_text(outputs.get("userArn")) or _text(own.get("arn")),
        adopted="existingUser" in inputs,
        access=_access(children, document, hidden=not finished or _is_hidden(outputs.get("policyDocument"))),
        keys=tuple(sorted((_key(r, outputs) for r in children if _is_key(r)), key=_newest_first)),
        every_days=_whole(inputs.get("rotateEveryDays")),
        finished=finished,
        document=document,
    )


def _access(children: Iterable[Resource], document: Mapping[str, Any] | None, *, hidden: bool) -> str:
    attached = {str((r.get("outputs") or {}).get("policyArn")) for r in children if r.get("type") == tokens.ATTACHMENT}
    if any(map(is_full_access, attached)):
        return FULL
    if document is not None:
        return preset_named(document)
    return UNKNOWN if hidden else NONE


def _is_hidden(value: Any) -> bool:
    """Whether there is a value that can't be read: a secret, or no JSON object."""
    return value is not None and _document(value) is None


def _is_key(resource: Resource) -> bool:
    return resource.get("type") == tokens.ACCESS_KEY and bool(resource.get("id"))


def _key(resource: Resource, component: Mapping[str, Any]) -> StateKey:
    said = {**(resource.get("inputs") or {}), **(resource.get("outputs") or {})}
    roles = {component.get("accessKeyId"): "current", component.get("previousAccessKeyId"): "previous"}
    return StateKey(
        id=str(resource["id"]),
        role="going" if resource.get("delete") else roles.get(resource["id"], ""),
        generation=_whole(resource.get("replacementTrigger")),
        status=_text(said.get("status")) or "",
        created=_time(said.get("createDate")),
    )


def _newest_first(key: StateKey) -> tuple[int, str]:
    return -(key.generation or 0), key.id


def _document(text: Any) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(number: Any) -> int | None:
    return int(number) if isinstance(number, int | float) else None


def _time(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
