"""Refuses to take over what an adopted user already has: an update would overwrite it, and destroy would delete it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pulumi

from s3io_user import tokens
from s3io_user.inputs.aws_config import stack_access

T = TypeVar("T")
Given = Mapping[str, Any]


def refuse(change: pulumi.ResourceHookArgs) -> None:
    """A hook on the resources that give an adopted user permissions.

    Raises ValueError if the user already has the same, and not from this stack.
    """
    check = _CHECKS[change.type.rsplit("$", 1)[-1]]
    if conflict := check(change.old_inputs or {}, change.new_inputs or {}):
        raise ValueError(f"the user '{(change.new_inputs or {})['user']}' {conflict} already, and {_NOT_OURS}")


def refuse_unseen(creation: pulumi.ResourceHookArgs) -> None:
    """A hook on an inline policy, if the user's policies can't be looked up. Raises ValueError."""
    raise ValueError(
        "with an explicit provider it can't be checked whether the user already has a policy of that name: leave "
        "policyName out, and the policy gets a unique name"
    )


_NOT_OURS = "this stack did not create it: leave it out, choose another name, or import it first (docs/moving.md)"


def _policy(old: Given, new: Given) -> str | None:
    from s3io_user.aws.answers import AwsError

    if old:
        return None  # it is in the state
    try:
        _ask(new, lambda iam: iam.get_user_policy(UserName=new["user"], PolicyName=new["name"]))
    except AwsError as error:
        if error.code == "NoSuchEntity":
            return None
        raise
    return f"has an inline policy '{new['name']}'"


def _attachment(old: Given, new: Given) -> str | None:
    arn = new.get("policyArn")  # in a preview, the ARN of the stack's own policy is not known
    attached = _listed(new, "list_attached_user_policies", "AttachedPolicies", "PolicyArn") if arn else set()
    return f"has the policy {arn}" if arn in attached else None


def _membership(old: Given, new: Given) -> str | None:
    added = set(new.get("groups") or ()) - set(old.get("groups") or ())
    both = added and added & _listed(new, "list_groups_for_user", "Groups", "GroupName")
    return f"is in the group '{min(both)}'" if both else None


_CHECKS = {
    tokens.INLINE_POLICY: _policy,
    tokens.ATTACHMENT: _attachment,
    tokens.MEMBERSHIP: _membership,
}


def _listed(new: Given, operation: str, items: str, name: str) -> set[str]:
    def read(iam: Any) -> set[str]:
        pages = iam.get_paginator(operation).paginate(UserName=new["user"])
        return {item[name] for page in pages for item in page[items]}

    return _ask(new, read)


def _ask(new: Given, read: Callable[[Any], T]) -> T:
    # Only here: boto3 takes a third of a second, which other programs need not wait for.
    from s3io_user.aws import connection

    iam = stack_access().client("iam")
    return connection.reworded(f"look at what the user '{new['user']}' has", lambda: read(iam))
