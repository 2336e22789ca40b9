"""IAM users as AWS has them: their policies and their access keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from s3io_user.aws.connection import Connection, reworded
from s3io_user.iam.user_policies import Permissions
from s3io_user.wording import legible


def permissions_of(access: Connection, user: str) -> Permissions:
    """Another user's permissions. Raises AwsError: no such user, or not allowed to read it."""
    iam = access.client("iam")

    def every(operation: str, items: str) -> list[Any]:
        pages = iam.get_paginator(operation).paginate(UserName=user)
        return [item for page in pages for item in page[items]]

    def read() -> Permissions:
        about = iam.get_user(UserName=user)["User"]
        inline = every("list_user_policies", "PolicyNames")
        return Permissions(
            groups=tuple(group["GroupName"] for group in every("list_groups_for_user", "Groups")),
            attached=tuple(policy["PolicyArn"] for policy in every("list_attached_user_policies", "AttachedPolicies")),
            inline={name: _document(iam.get_user_policy(UserName=user, PolicyName=name)) for name in inline},
            boundary=about.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        )

    return reworded(f"read the permissions of the user '{user}'", read)


def managed_document(access: Connection, arn: str) -> Mapping[str, Any]:
    """The document of a managed policy, in its default version. Raises AwsError."""
    iam = access.client("iam")

    def read() -> Mapping[str, Any]:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return _document(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"], "Document")

    return reworded(f"read the policy {legible(arn)}", read)


def _document(answer: Mapping[str, Any], key: str = "PolicyDocument") -> Mapping[str, Any]:
    """The policy document of an answer: botocore leaves one that it can't read as a text."""
    document = answer[key]
    if not isinstance(document, Mapping):
        raise TypeError
    return document


@dataclass(frozen=True)
class KeyInfo:
    """An access key of a user, as AWS has it. ``last_used`` is None if it was never used.

    ``service`` is the one that it was last used with, such as ``s3``.
    """

    id: str
    status: str
    created: datetime
    last_used: datetime | None
    service: str | None = None

    def __str__(self) -> str:
        age = (datetime.now(timezone.utc) - self.created).days
        used = f"last used on {self.last_used:%Y-%m-%d}" if self.last_used else "never used"
        return f"{legible(self.id)} ({legible(self.status)}, {age} days old, {used})"


@dataclass(frozen=True)
class KeyUses:
    """A user's access keys, oldest first, and the time at which AWS said so, by its own clock."""

    keys: tuple[KeyInfo, ...]
    at: datetime


def keys_of(access: Connection, user: str) -> list[KeyInfo]:
    """A user's access keys, oldest first. Raises AwsError."""
    return list(key_uses(access, user).keys)


def key_statuses(access: Connection, user: str) -> dict[str, str]:
    """The status of each of a user's access keys, by ID. Raises AwsError."""
    iam = access.client("iam")

    def read() -> dict[str, str]:
        return {key["AccessKeyId"]: key["Status"] for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]}

    return reworded(f"list the access keys of the user '{user}'", read)


def key_uses(access: Connection, user: str) -> KeyUses:
    """A user's access keys and AWS's time. Raises AwsError."""
    iam = access.client("iam")

    def read() -> KeyUses:
        answer = iam.list_access_keys(UserName=user)
        keys = sorted((_key_info(iam, key) for key in answer["AccessKeyMetadata"]), key=lambda key: key.created)
        return KeyUses(tuple(keys), _time_of(answer))

    return reworded(f"list the access keys of the user '{user}'", read)


def _key_info(iam: Any, key: Mapping[str, Any]) -> KeyInfo:
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    # AWS says "N/A" of a key that was never used.
    service = used.get("ServiceName") if used.get("ServiceName") != "N/A" else None
    return KeyInfo(key["AccessKeyId"], key["Status"], key["CreateDate"], used.get("LastUsedDate"), service)


def _time_of(answer: Mapping[str, Any]) -> datetime:
    """The time in an answer's Date header. This machine's, where there is none: AWS accepts it within minutes."""
    sent = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return parsedate_to_datetime(sent).astimezone(timezone.utc)
    except (TypeError, ValueError):
        return datetime.now(timezone.utc)
