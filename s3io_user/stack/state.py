"""Reads what a stack's state has of each user, from the output of `pulumi stack export`. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from s3io_user.stack.exported import Resource, document_of, moment_of, name_of, resources_in, value_of, whole_number
from s3io_user.tokens import (
    ACCESS_KEY,
    ATTACHMENT,
    COMPONENT,
    INLINE_POLICY,
    MARK_OF_A_SECRET,
    MEMBERSHIP,
    POLICY,
    USER,
)

_STACK = "pulumi:pulumi:Stack"
# The property with the user's name, by type.
_OWNER = {
    USER: "name",
    ACCESS_KEY: "user",
    INLINE_POLICY: "user",
    ATTACHMENT: "user",
    MEMBERSHIP: "user",
}
_BEGUN = "begun"
"""The key that marks the resource of a pending operation while the state is read."""


@dataclass(frozen=True)
class SlotKey:
    """The key in a slot: its ID, and the generation that it was created for."""

    id: str
    generation: int | None


@dataclass(frozen=True)
class UserState:
    """A user and what the state has of it. ``component`` is the component's name, None if the user is in none.

    ``owned``: the stack created the user, whose ID is then ``unique_id``. ``being_made``: an update was interrupted
    while it created the user. ``keys`` maps key IDs to the declared status, ``""`` if the state has none.
    ``keys_begun`` counts the keys that an interrupted update was creating. ``generation`` is that of the last update
    that began, and ``settled`` tells whether one with it has succeeded. ``every_days`` is set if the generation follows
    the calendar, and ``due`` if the calendar then had another generation. ``boundary`` is an ARN. ``documents`` has
    the stack's own policies, by the name of an inline one and the ARN of a managed one; those that can be read here.
    ``unsure`` has the policies and groups that an interrupted update was adding.
    """

    user: str
    component: str | None
    owned: bool
    keys: Mapping[str, str]
    current: str | None
    previous: str | None
    attached: frozenset[str]
    inline: frozenset[str]
    groups: frozenset[str]
    unique_id: str | None = None
    being_made: bool = False
    begun_only: bool = False
    keys_begun: int = 0
    generation: int | None = None
    due: int | None = None
    every_days: int | None = None
    settled: bool = True
    slots: Mapping[str, SlotKey] = field(default_factory=dict)
    boundary: str | None = None
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Elsewhere:
    """A user in another account than the one at hand. ``by_config``: created with the stack's ``aws:`` config."""

    name: str
    account: str
    by_config: bool
    arn: str

    @property
    def user(self) -> str:
        """The user's name in AWS."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class State:
    """A stack's state. ``begun`` has the pending operations, ``saved`` the time when the state was written.

    ``stack`` is the stack's name, None if nothing was ever deployed.
    """

    stack: str | None
    users: tuple[UserState, ...]
    elsewhere: tuple[Elsewhere, ...]
    begun: tuple[str, ...]
    saved: datetime | None
    key_ids: frozenset[str]
    policy_arns: frozenset[str]

    @property
    def existing_users(self) -> tuple[UserState, ...]:
        """The users of which the state has more than pending operations."""
        return tuple(each for each in self.users if not each.begun_only)


def read_state(exported: Mapping[str, Any], account: str | None = None) -> State:
    """A stack's state from its export. Users in other accounts than ``account`` are in ``elsewhere``."""
    resources = _resources(exported)
    away = _elsewhere(resources, account) if account else {}
    here = _without(resources, away)
    urns = (str(r.get("urn", "")).split("::") for r in resources)
    return State(
        stack=next((urn[0].removeprefix("urn:pulumi:") for urn in urns if len(urn) > 2), None),
        users=tuple(_user_states(here)),
        elsewhere=tuple(away.values()),
        begun=tuple(f"{r[_BEGUN]} {_short(r)} '{name_of(r)}'" for r in resources if _BEGUN in r),
        saved=moment_of((_deployment(exported).get("manifest") or {}).get("time")),
        key_ids=_key_ids(resources),
        policy_arns=frozenset(r["id"] for r in resources if r.get("type") == POLICY and r.get("id")),
    )


def outputs_in(exported: Mapping[str, Any]) -> dict[str, Any]:
    """A stack's outputs in its export, ``{}`` if there are none. A secret is ``"[secret]"``, as pulumi masks it."""
    return _outputs_among(resources_in(exported))


def _outputs_among(resources: Iterable[Resource]) -> dict[str, Any]:
    outputs = next((r.get("outputs") for r in resources if r.get("type") == _STACK), None)
    return {name: _masked(value) for name, value in (outputs or {}).items()}


def arns_in_outputs(resources: Collection[Resource]) -> dict[str, str]:
    """The ARN of each user by its name, as the stack's outputs have it; none of a name that several components have.

    Of a user that a program adopted, nothing else in its state has it.
    """
    outputs = _outputs_among(resources)
    users = outputs.get("users")
    listed = users.values() if isinstance(users, Mapping) else [outputs]
    told = {str(u.get("userName")): u.get("userArn") for u in listed if isinstance(u, Mapping)}
    names = [(r.get("outputs") or {}).get("userName") for r in resources if r.get("type") == COMPONENT]
    return {name: arn for name, arn in told.items() if names.count(name) == 1 and isinstance(arn, str)}


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return "[secret]" if MARK_OF_A_SECRET in value else {name: _masked(item) for name, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def in_account(exported: Mapping[str, Any], account: str) -> dict[str, Any]:
    """An exported stack without the users of other accounts, and without all that the state has of them."""
    away = _elsewhere(_resources(exported), account)
    here = _without(resources_in(exported), away)
    return {**exported, "deployment": {**_deployment(exported), "resources": here}}


def _without(resources: Iterable[Resource], away: Collection[str]) -> list[Resource]:
    return [r for r in resources if r.get("urn") not in away and r.get("parent") not in away]


def user_states(exported: Mapping[str, Any]) -> list[UserState]:
    """The users of an exported stack, by name."""
    return list(_user_states(_resources(exported)))


def _deployment(exported: Mapping[str, Any]) -> Mapping[str, Any]:
    return exported.get("deployment") or {}


def _resources(exported: Mapping[str, Any]) -> list[Resource]:
    """The resources, and those of pending operations."""
    begun = [
        {**operation["resource"], _BEGUN: operation.get("type", "changing")}
        for operation in _deployment(exported).get("pending_operations") or ()
    ]
    return [*resources_in(exported), *begun]


def _elsewhere(resources: Collection[Resource], account: str) -> dict[str, Elsewhere]:
    """By the URN of the component, or of the user itself if it is in none."""
    elsewhere, arns = {}, arns_in_outputs(resources)
    components = {str(r["urn"]) for r in resources if r.get("type") == COMPONENT}
    providers = {str(r.get("parent")): str(r["provider"]) for r in resources if r.get("provider")}
    for resource in resources:
        name = {COMPONENT: "userArn", USER: "arn"}.get(str(resource.get("type")))
        outputs = resource.get("outputs") or {}
        arn = outputs.get(name) or (arns.get(str(outputs.get("userName"))) if name == "userArn" else None)
        if isinstance(arn, str) and arn.count(":") >= 5 and (there := arn.split(":")[4]) != account:
            parent = str(resource.get("parent"))
            urn = parent if parent in components else str(resource["urn"])
            provider = str(resource.get("provider") or providers.get(urn, ""))
            elsewhere[urn] = Elsewhere(urn.rsplit("::", 1)[-1], there, "::default_" in provider, arn)
    return elsewhere


def _key_ids(resources: Iterable[Resource]) -> frozenset[str]:
    """The ID of every access key in the state, as a resource or in an output."""
    made = {r["id"] for r in resources if r.get("type") == ACCESS_KEY and r.get("id")}
    outputs = [r.get("outputs") or {} for r in resources if r.get("type") in (COMPONENT, _STACK)]
    return frozenset(made | set(_mentioned(outputs)))


def _user_states(resources: Collection[Resource]) -> Iterator[UserState]:
    by_user: dict[str, list[Resource]] = {user: [] for user in _users(resources)}
    for resource in resources:
        if (owner := _owner(resource)) in by_user:
            by_user[str(owner)].append(resource)
    components = {str(r["urn"]): r for r in resources if r.get("type") == COMPONENT}
    by_output = {(r.get("outputs") or {}).get("userName"): r for r in components.values()}
    managed = {r["id"]: r for r in resources if r.get("type") == POLICY and r.get("id")}
    for user, own in sorted(by_user.items()):
        parent = next((components[r["parent"]] for r in own if r.get("parent") in components), None)
        yield _user_state(user, own, by_output.get(user) or parent or {}, managed)


def _users(resources: Iterable[Resource]) -> set[str]:
    said = {_owner(r) for r in resources}
    said |= {(r.get("outputs") or {}).get("userName") for r in resources if r.get("type") == COMPONENT}
    return {user for user in said if isinstance(user, str) and user}


def _owner(resource: Resource) -> str | None:
    name = _OWNER.get(str(resource.get("type")))
    return value_of(resource, name) if name else None


def _user_state(user: str, own: list[Resource], component: Resource, managed: Mapping[str, Resource]) -> UserState:
    inputs, outputs = component.get("inputs") or {}, component.get("outputs") or {}
    done = [r for r in own if _BEGUN not in r]
    # What a program only reads (`User.get`) is external: it is somebody else's.
    made = next((r for r in done if r["type"] == USER and not r.get("external")), None)
    begun = [r for r in own if _BEGUN in r]
    creating = [r for r in begun if r[_BEGUN] == "creating"]
    limits = [value_of(r, "permissionsBoundary") for r in own if r["type"] == USER]

    def every(kind: str, name: str) -> frozenset[str]:
        return frozenset(value for r in own if _short(r) == kind and (value := value_of(r, name)))

    def every_group(among: Iterable[Resource]) -> frozenset[str]:
        return frozenset(g for r in among if _short(r) == "UserGroupMembership" for g in value_of(r, "groups") or ())

    attached = every("UserPolicyAttachment", "policyArn")
    return UserState(
        user=user,
        component=name_of(component) if component else None,
        owned=made is not None,
        unique_id=value_of(made, "uniqueId") if made else None,
        being_made=made is None and any(r["type"] == USER for r in creating),
        begun_only=not done and outputs.get("userName") != user,
        keys={r["id"]: value_of(r, "status") or "" for r in own if r["type"] == ACCESS_KEY and r.get("id")},
        keys_begun=sum(r["type"] == ACCESS_KEY for r in creating),
        current=outputs.get("accessKeyId"),
        previous=outputs.get("previousAccessKeyId"),
        attached=attached,
        inline=every("UserPolicy", "name"),
        groups=every_group(own),
        generation=whole_number(inputs.get("keyGeneration")),
        due=whole_number(inputs.get("dueGeneration")),
        every_days=whole_number(inputs.get("rotateEveryDays")),
        settled="keyGeneration" in outputs,
        slots=_slots(done),
        boundary=next(filter(None, limits), None),
        unsure=every_group(begun) | {str(value_of(r, "policyArn") or value_of(r, "name")) for r in begun},
        documents=dict(_documents(done, {arn: managed[arn] for arn in attached & managed.keys()})),
    )


def _documents(done: Iterable[Resource], managed: Mapping[str, Resource]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    inline = {str(value_of(r, "name")): r for r in done if r["type"] == INLINE_POLICY}
    for name, resource in {**inline, **managed}.items():
        if (document := document_of(value_of(resource, "policy"))) is not None:
            yield name, document


def _slots(done: Iterable[Resource]) -> dict[str, SlotKey]:
    keys = [r for r in done if r["type"] == ACCESS_KEY and r.get("id") and not r.get("delete")]
    return {name_of(r).rsplit("-", 1)[-1]: SlotKey(r["id"], whole_number(r.get("replacementTrigger"))) for r in keys}


def _short(resource: Resource) -> str:
    return str(resource.get("type")).rsplit(":", 1)[-1]


def _mentioned(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name in ("accessKeyId", "previousAccessKeyId") and isinstance(item, str):
                yield item
            else:
                yield from _mentioned(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mentioned(item)
