"""What a stack's state holds of each user: from the document that `pulumi stack export` prints. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_KEY = "aws:iam/accessKey:AccessKey"
_USER = "aws:iam/user:User"
_POLICY = "aws:iam/policy:Policy"
_COMPONENT = "s3io-user:index:S3IOUser"
_STACK = "pulumi:pulumi:Stack"
# Where each type says whose it is.
_OWNER = {
    _USER: "name",
    _KEY: "user",
    "aws:iam/userPolicy:UserPolicy": "user",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "user",
    "aws:iam/userGroupMembership:UserGroupMembership": "user",
}


@dataclass(frozen=True)
class Holding:
    """One user, and what the state holds of it. ``component`` is its logical name, ``None`` where it has none.

    ``keys`` maps the IDs of its keys to the status that each should have, ``""`` where the state does not say.
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


def elsewhere(exported: Mapping[str, Any], account: str) -> dict[str, str]:
    """The components whose users are in another account than this one: their URNs, and which account it is."""
    found = {}
    for resource in _resources(exported):
        name = {_COMPONENT: "userArn", _USER: "arn"}.get(str(resource.get("type")))
        arn = (resource.get("outputs") or {}).get(name)
        if isinstance(arn, str) and arn.split(":")[4] != account:
            component = resource["urn"] if resource["type"] == _COMPONENT else resource.get("parent")
            found[str(component)] = arn.split(":")[4]
    return found


def holdings(exported: Mapping[str, Any], *, pending: bool = True, without: Collection[str] = ()) -> list[Holding]:
    """The users of an exported stack, by name; with ``pending``, what a killed update was about to make as well.

    ``without`` names components, by URN, to leave out.
    """
    every = _resources(exported, pending)
    resources = [r for r in every if r.get("urn") not in without and r.get("parent") not in without]
    known = {user: [r for r in resources if _owner(r) == user] for user in _users(resources)}
    return [_holding(user, own, resources) for user, own in sorted(known.items())]


def policy_arns(exported: Mapping[str, Any]) -> frozenset[str]:
    """The ARN of every managed policy that the stack made."""
    return frozenset(r["id"] for r in _resources(exported) if r.get("type") == _POLICY and r.get("id"))


def key_ids(exported: Mapping[str, Any]) -> frozenset[str]:
    """The ID of every access key that the state mentions: as a resource, or in an output."""
    resources = list(_resources(exported))
    made = {r["id"] for r in resources if r.get("type") == _KEY and r.get("id")}
    outputs = [r.get("outputs") or {} for r in resources if r.get("type") in (_COMPONENT, _STACK)]
    return frozenset(made | set(_mentioned(outputs)))


def _resources(exported: Mapping[str, Any], pending: bool = True) -> Iterator[Mapping[str, Any]]:
    deployment = exported.get("deployment") or {}
    yield from deployment.get("resources") or ()
    for operation in (deployment.get("pending_operations") or ()) if pending else ():
        yield operation["resource"]


def _users(resources: Iterable[Mapping[str, Any]]) -> set[str]:
    said = {_owner(r) for r in resources}
    said |= {(r.get("outputs") or {}).get("userName") for r in resources if r.get("type") == _COMPONENT}
    return {user for user in said if isinstance(user, str) and user}


def _owner(resource: Mapping[str, Any]) -> str | None:
    name = _OWNER.get(str(resource.get("type")))
    return _property(resource, name) if name else None


def _property(resource: Mapping[str, Any], name: str) -> Any:
    # What was asked for is all that there is of a resource that was never finished.
    return (resource.get("outputs") or {}).get(name, (resource.get("inputs") or {}).get(name))


def _holding(user: str, own: list[Mapping[str, Any]], resources: list[Mapping[str, Any]]) -> Holding:
    component = next((r for r in resources if r.get("type") == _COMPONENT and _is_of(r, user, own)), {})
    outputs = component.get("outputs") or {}

    def every(kind: str, name: str) -> frozenset[str]:
        return frozenset(value for r in own if _short(r) == kind and (value := _property(r, name)))

    return Holding(
        user=user,
        component=str(component["urn"]).rsplit("::", 1)[1] if component else None,
        owned=any(r["type"] == _USER for r in own),
        keys={r["id"]: _property(r, "status") or "" for r in own if r["type"] == _KEY and r.get("id")},
        current=outputs.get("accessKeyId"),
        previous=outputs.get("previousAccessKeyId"),
        attached=every("UserPolicyAttachment", "policyArn"),
        inline=every("UserPolicy", "name"),
        groups=frozenset(g for r in own if _short(r) == "UserGroupMembership" for g in _property(r, "groups") or ()),
    )


def _is_of(component: Mapping[str, Any], user: str, own: list[Mapping[str, Any]]) -> bool:
    return (component.get("outputs") or {}).get("userName") == user or any(
        r.get("parent") == component.get("urn") for r in own
    )


def _short(resource: Mapping[str, Any]) -> str:
    return str(resource.get("type")).rsplit(":", 1)[-1]


def _mentioned(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, held in value.items():
            if name in ("accessKeyId", "previousAccessKeyId") and isinstance(held, str):
                yield held
            else:
                yield from _mentioned(held)
    elif isinstance(value, list):
        for held in value:
            yield from _mentioned(held)
