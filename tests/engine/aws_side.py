"""What the embedded AWS has of a user, read as the admin."""

from typing import Any

from botocore.exceptions import ClientError

from local_aws.server import Aws


def exists(aws: Aws, user: str) -> bool:
    iam = aws.client("iam")
    try:
        iam.get_user(UserName=user)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def keys_of(aws: Aws, user: str) -> dict[str, str]:
    """The status of each of a user's access keys, by ID. Empty if the user does not exist."""
    if not exists(aws, user):
        return {}
    found = aws.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["Status"] for key in found}


def attached(aws: Aws, user: str) -> set[str]:
    """The ARNs of the policies attached to a user."""
    return {p["PolicyArn"] for p in aws.client("iam").list_attached_user_policies(UserName=user)["AttachedPolicies"]}


def inline(aws: Aws, user: str) -> dict[str, Any]:
    """A user's inline policies: name → document."""
    iam = aws.client("iam")
    names = iam.list_user_policies(UserName=user)["PolicyNames"]
    return {name: iam.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"] for name in names}


def groups(aws: Aws, user: str) -> set[str]:
    """The groups that a user is in."""
    return {group["GroupName"] for group in aws.client("iam").list_groups_for_user(UserName=user)["Groups"]}


def may(call: Any) -> bool:
    """Whether a call is allowed. Raises any error other than a denial."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "403", "Forbidden"):
            return False
        raise
    return True
