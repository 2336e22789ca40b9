"""Refuses to take over what an adopted user already has: an update would overwrite it, and destroy would delete it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi

from s3io_user import tokens
from s3io_user.component.lookups import NotKnownYetError
from s3io_user.errors import S3IOError

if TYPE_CHECKING:
    from s3io_user.aws.connection import Connection

T = TypeVar("T")
Given = Mapping[str, Any]
Access = Callable[[], Awaitable["Connection"]]


async def refuse(access: Access, change: pulumi.ResourceHookArgs) -> None:
    """A hook on the resources that give an adopted user permissions.

    ``access`` tells how the component's provider reaches AWS. Raises ValueError if the user already has the same, and
    not from this stack, or if that can't be looked up.
    """
    old, new = change.old_inputs or {}, change.new_inputs or {}
    check = _CHECKS[change.type.rsplit("$", 1)[-1]]
    try:
        found = check((await access()).client("iam"), old, new)
    except NotKnownYetError:
        return  # the update asks again
    except S3IOError as error:
        raise ValueError(f"can't look at what the user '{new['user']}' has already: {error}") from None
    if found:
        raise ValueError(f"the user '{new['user']}' {found} already, and {_NOT_OURS}")


_NOT_OURS = "this stack did not create it: leave it out, choose another name, or import it first (docs/moving.md)"


def _policy(iam: Any, old: Given, new: Given) -> str | None:
    from s3io_user.aws.answers import AwsError

    if old:
        return None  # it is in the state
    try:
        _ask(new, lambda: iam.get_user_policy(UserName=new["user"], PolicyName=new["name"]))
    except AwsError as error:
        if error.code == "NoSuchEntity":
            return None
        raise
    return f"has an inline policy '{new['name']}'"


def _attachment(iam: Any, old: Given, new: Given) -> str | None:
    arn = new.get("policyArn")  # in a preview, the ARN of the stack's own policy is not known
    attached = _listed(iam, new, "list_attached_user_policies", "AttachedPolicies", "PolicyArn") if arn else set()
    return f"has the policy {arn}" if arn in attached else None


def _membership(iam: Any, old: Given, new: Given) -> str | None:
    added = set(new.get("groups") or ()) - set(old.get("groups") or ())
    both = added and added & _listed(iam, new, "list_groups_for_user", "Groups", "GroupName")
    return f"is in the group '{min(both)}'" if both else None


_CHECKS = {
    tokens.INLINE_POLICY: _policy,
    tokens.ATTACHMENT: _attachment,
    tokens.MEMBERSHIP: _membership,
}


def _listed(iam: Any, new: Given, operation: str, items: str, name: str) -> set[str]:
    def read() -> set[str]:
        pages = iam.get_paginator(operation).paginate(UserName=new["user"])
        return {item[name] for page in pages for item in page[items]}

    return _ask(new, read)


def _ask(new: Given, read: Callable[[], T]) -> T:
    # Only here: boto3 takes a third of a second, which other programs need not wait for.
    from s3io_user.aws import connection

    return connection.reworded(f"look at what the user '{new['user']}' has", read)
