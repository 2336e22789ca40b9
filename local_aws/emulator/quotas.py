"""What IAM refuses although the parameters are valid: quotas, names that are taken, conflicts, invalid documents."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from ministack.services import iam

from local_aws.emulator.parameters import Answer

KEYS, GROUPS, ATTACHED, INLINE, MANAGED, TAGS = 2, 10, 10, 2048, 6144, 50


def refusal(action: str, params: Any) -> Answer | None:
    """The error, if AWS refuses: see the IAM User Guide, "IAM and AWS STS quotas", and the IAM API Reference."""
    check = _CHECKS.get(action)
    return check(_Given(params)) if check else None


class _Given:
    """The parameters of a call by their names, as attributes; empty where it has none."""

    def __init__(self, params: Any) -> None:
        self._params = params

    def __getattr__(self, name: str) -> str:
        return str(iam._p(self._params, name))

    @property
    def tags(self) -> list[dict[str, str]]:
        return list(iam._extract_tags(self._params))


Check = Callable[[_Given], Answer | None]


def _over(quota: str, number: int) -> Answer:
    return iam._error(409, "LimitExceeded", f"Cannot exceed quota for {quota}: {number}")


def _conflict(tasks: dict[str, Any]) -> Answer | None:
    """The error for an entity that still has something: what to do first, by whether there is a need."""
    first = next((task for task, needed in tasks.items() if needed), None)
    return iam._error(409, "DeleteConflict", f"Cannot delete entity, must {first} first.") if first else None


def _taken(kind: str, name: str, others: Iterable[str]) -> Answer | None:
    """Names that differ only in case are the same to IAM."""
    if name.lower() in {other.lower() for other in others}:
        return iam._error(409, "EntityAlreadyExists", f"{kind} with name {name} already exists.")
    return None


def _new_user(given: _Given) -> Answer | None:
    return _taken("User", given.UserName, iam._users) or _too_many_tags(given, [])


def _new_group(given: _Given) -> Answer | None:
    return _taken("Group", given.GroupName, iam._groups)


def _renamed(kind: str, entities: Any) -> Check:
    def check(given: _Given) -> Answer | None:
        old, new = getattr(given, f"{kind}Name"), getattr(given, f"New{kind}Name")
        return None if new in ("", old) else _taken(kind, new, entities)

    return check


def _too_many_tags(given: _Given, has: list[dict[str, str]]) -> Answer | None:
    reserved = [tag["Key"] for tag in given.tags if tag["Key"].lower().startswith("aws:")]
    if reserved:
        return iam._error(400, "InvalidInput", "System tags must not be specified by users.")
    keys = {tag["Key"] for tag in (*has, *given.tags)}
    return _over("TagsPerUser", TAGS) if len(keys) > TAGS else None


def _tagged_user(given: _Given) -> Answer | None:
    return _too_many_tags(given, (iam._users.get(given.UserName) or {}).get("Tags") or [])


def _third_key(given: _Given) -> Answer | None:
    held = sum(key["UserName"] == given.UserName for key in iam._access_keys.values())
    return _over("AccessKeysPerUser", KEYS) if held >= KEYS else None


def _key_of_another(given: _Given) -> Answer | None:
    if (iam._access_keys.get(given.AccessKeyId) or {}).get("UserName") == given.UserName:
        return None
    return iam._error(404, "NoSuchEntity", f"The Access Key with id {given.AccessKeyId} cannot be found.")


def _eleventh_group(given: _Given) -> Answer | None:
    members = [group["Users"] for name, group in iam._groups.items() if name != given.GroupName]
    return _over("GroupsPerUser", GROUPS) if sum(given.UserName in users for users in members) >= GROUPS else None


def _attachment(given: _Given) -> Answer | None:
    if not iam._policy_exists(given.PolicyArn):
        message = f"Policy {given.PolicyArn} does not exist or is not attachable."
        return iam._error(404, "NoSuchEntity", message)
    attached = {*iam._users[given.UserName]["AttachedPolicies"], given.PolicyArn}
    return _over("PoliciesPerUser", ATTACHED) if len(attached) > ATTACHED else None


def _inline(given: _Given) -> Answer | None:
    others = {**(iam._user_inline_policies.get(given.UserName) or {}), given.PolicyName: given.PolicyDocument}
    if sum(map(_length, others.values())) > INLINE:
        message = f"Maximum policy size of {INLINE} bytes exceeded for user {given.UserName}"
        return iam._error(409, "LimitExceeded", message)
    return _document(given)


def _new_policy(given: _Given) -> Answer | None:
    customers = [policy["PolicyName"].lower() for policy in iam._policies.values()]
    if given.PolicyName.lower() in customers:
        message = f"A policy called {given.PolicyName} already exists. Duplicate names are not allowed."
        return iam._error(409, "EntityAlreadyExists", message)
    return _managed(given)


def _managed(given: _Given) -> Answer | None:
    if _length(given.PolicyDocument) > MANAGED:
        return _over("PolicySize", MANAGED)
    return _document(given)


def _length(document: str) -> int:
    return len(re.sub(r"\s", "", document))


def _document(given: _Given) -> Answer | None:
    try:
        found = _malformed(json.loads(given.PolicyDocument))
    except (ValueError, AttributeError, TypeError):
        found = "Syntax errors in policy."
    return iam._error(400, "MalformedPolicyDocument", found) if found else None


def _malformed(document: Any) -> str:
    """AWS's message for an invalid policy document; empty if it is valid."""
    statements = _listed(document["Statement"]) if document.get("Statement") else []
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    if not statements or not all(statement.get("Effect") in ("Allow", "Deny") for statement in statements):
        return "Syntax errors in policy."
    if any(re.fullmatch("[A-Za-z0-9]*", sid) is None for sid in sids):
        return "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression " \
            "[A-Za-z0-9]*"  # fmt: skip
    if len(set(sids)) < len(sids):
        return "Statement IDs (SID) in a single policy must be unique."
    return next(filter(None, map(_malformed_statement, statements)), "")


def _malformed_statement(statement: dict[str, Any]) -> str:
    actions = _listed(statement.get("Action") or statement.get("NotAction") or [])
    resources = _listed(statement.get("Resource") or statement.get("NotResource") or [])
    if not actions:
        return "Policy statement must contain actions."
    if not all(re.fullmatch(r"\*|[\w-]+:[\w*?]+", action) for action in actions):
        return "Actions/Conditions must be prefixed by a vendor, e.g., iam, sdb, ec2, etc."
    if not resources:
        return "Policy statement must contain resources."
    for resource in resources:
        if resource != "*" and not re.fullmatch(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+|arn:.*\*.*", resource, re.DOTALL):
            return f'Resource {resource} must be in ARN format or "*".'
    return ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _leaving_user(given: _Given) -> Answer | None:
    name = given.UserName
    return _conflict(
        {
            "delete login profile": name in iam._login_profiles,
            "delete access keys": any(key["UserName"] == name for key in iam._access_keys.values()),
            "delete policies": iam._user_inline_policies.get(name),
            "remove users from group": any(name in group["Users"] for group in iam._groups.values()),
        }
    )


def _leaving_group(given: _Given) -> Answer | None:
    group = iam._groups.get(given.GroupName) or {}
    return _conflict(
        {
            "remove users from group": group.get("Users"),
            "delete policies": iam._group_inline_policies.get(given.GroupName),
            "detach all policies": group.get("AttachedPolicies"),
        }
    )


_CHECKS: dict[str, Check] = {
    "AddUserToGroup": _eleventh_group,
    "AttachUserPolicy": _attachment,
    "CreateAccessKey": _third_key,
    "CreateGroup": _new_group,
    "CreatePolicy": _new_policy,
    "CreatePolicyVersion": _managed,
    "CreateUser": _new_user,
    "DeleteAccessKey": _key_of_another,
    "DeleteGroup": _leaving_group,
    "DeleteUser": _leaving_user,
    "PutGroupPolicy": _document,
    "PutUserPolicy": _inline,
    "TagUser": _tagged_user,
    "UpdateAccessKey": _key_of_another,
    "UpdateGroup": _renamed("Group", iam._groups),
    "UpdateUser": _renamed("User", iam._users),
}
