"""Lists the users of a stack from its state alone: what each is, its account, its permissions and its keys. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from s3io_user import tokens
from s3io_user.fleet.preset import preset_named
from s3io_user.iam.arns import account_of_arn, is_full_access
from s3io_user.stack.exported import Resource, children_in, document_of, moment_of, name_of, resources_in, whole_number
from s3io_user.stack.state import arns_in_outputs

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
        return account_of_arn(self.arn)

    def as_json(self) -> dict[str, Any]:
        """What `list` and `fleet` both say of it, as JSON values."""
        return {
            "user": self.name,
            "userName": self.user_name,
            "userArn": self.arn,
            "account": self.account,
            "adopted": self.adopted,
            "access": self.access,
            "rotateEveryDays": self.every_days,
        }

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
    resources = resources_in(exported)
    below = children_in(resources)
    components = [r for r in resources if r.get("type") == tokens.COMPONENT and not r.get("delete")]
    arns = arns_in_outputs(resources)
    return sorted(
        (_user(each, below.get(str(each.get("urn")), []), arns) for each in components),
        key=lambda user: (user.name, user.urn),
    )


def _user(component: Resource, children: Iterable[Resource], arns: Mapping[str, str]) -> StackUser:
    urn, inputs, outputs = str(component.get("urn")), component.get("inputs") or {}, component.get("outputs") or {}
    children = list(children)
    own: Mapping[str, Any] = next((r.get("outputs") or {} for r in children if r.get("type") == tokens.USER), {})
    texts = _own_policies(component, children)
    document = _joined(texts)
    finished = "keyGeneration" in outputs
    name = _text(outputs.get("userName")) or _text(own.get("name"))
    return StackUser(
        name=name_of(component),
        urn=urn,
        user_name=name,
        arn=_text(outputs.get("userArn")) or _text(own.get("arn")) or arns.get(name or ""),
        adopted="existingUser" in inputs,
        access=_access(children, document, hidden=not finished or bool(texts)),
        keys=tuple(sorted((_key(r, outputs) for r in children if _is_key(r)), key=_newest_first)),
        every_days=whole_number(inputs.get("rotateEveryDays")),
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


def _own_policies(component: Resource, children: Iterable[Resource]) -> list[Any]:
    """The texts of the user's own document: one, or one for each managed policy that it is spread over.

    A component that the plugin made, or an older version, has the document among its outputs.
    """
    outputs = component.get("outputs") or {}
    if "policyDocument" in outputs:
        return [outputs["policyDocument"]]
    # The inline policies of other names are copies of another user's.
    own = [r for r in children if r.get("type") == tokens.POLICY or _is_inline_of(component, r)]
    return [(r.get("outputs") or {}).get("policy") for r in own]


def _is_inline_of(component: Resource, policy: Resource) -> bool:
    return policy.get("type") == tokens.INLINE_POLICY and name_of(policy) == name_of(component)


def _joined(texts: list[Any]) -> Mapping[str, Any] | None:
    """One document with the statements of all; None if there is none, or one can't be read: a secret, or no object."""
    documents = [document for text in texts if (document := document_of(text)) is not None]
    if not documents or len(documents) < len(texts):
        return None
    statements = [each.get("Statement") for each in documents]
    lists = [each if isinstance(each, list) else [each] for each in statements]
    return {**documents[0], "Statement": [statement for each in lists for statement in each]}


def _is_key(resource: Resource) -> bool:
    return resource.get("type") == tokens.ACCESS_KEY and bool(resource.get("id"))


def _key(resource: Resource, component: Mapping[str, Any]) -> StateKey:
    said = {**(resource.get("inputs") or {}), **(resource.get("outputs") or {})}
    generation, latest = whole_number(resource.get("replacementTrigger")), whole_number(component.get("keyGeneration"))
    return StateKey(
        id=str(resource["id"]),
        role="going" if resource.get("delete") else _role(generation, latest),
        generation=generation,
        status=_text(said.get("status")) or "",
        created=moment_of(said.get("createDate")),
    )


def _role(generation: int | None, latest: int | None) -> str:
    """What a key of a generation is, where an update to the ``latest`` has succeeded."""
    if generation is None or latest is None or generation > latest:
        return ""
    return "current" if generation == latest else "previous"


def _newest_first(key: StateKey) -> tuple[int, str]:
    return -(key.generation or 0), key.id


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
