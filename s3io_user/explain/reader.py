"""Reads every policy that applies to a user from AWS: inline, attached, its groups', and the boundary."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection, reworded
from s3io_user.errors import InputError
from s3io_user.explain.decide import statements_of
from s3io_user.iam.user_policies import Document, Policy, UserPolicies
from s3io_user.wording import legible

T = TypeVar("T")


def read_policies(access: Connection, user: str) -> UserPolicies:
    """All that a user has, as AWS has it. What can't be read is named in ``unread``.

    Raises AwsError where AWS can't be reached, or has no such user.
    """
    return _Reader(access, user).read()


class _Reader:
    """One look at a user; each managed policy is read once."""

    def __init__(self, access: Connection, user: str) -> None:
        self.iam = access.client("iam")
        self.user = user
        self.unread: list[str] = []
        self.groups: list[str] = []
        self._managed: dict[str, Document | None] = {}

    def read(self) -> UserPolicies:
        boundary, policies = self._boundary(), tuple(self._every())
        return UserPolicies(policies, boundary, tuple(dict.fromkeys(self.unread)), frozenset(self.groups))

    def _boundary(self) -> Policy | None:
        about = self._attempt(f"the permissions boundary of the user '{self.user}'", self._about, needed=True)
        arn = ((about or {}).get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        document = self._document_of(arn) if arn else None
        return Policy(_name(arn), document, arn) if arn and document is not None else None

    def _about(self) -> dict[str, Any]:
        return dict(self.iam.get_user(UserName=self.user)["User"])

    def _every(self) -> Iterator[Policy]:
        iam, own = self.iam, {"UserName": self.user}
        whose = f"the user '{self.user}'"
        for name in self._pages(f"the inline policies of {whose}", "list_user_policies", "PolicyNames", own):
            yield from self._inline(name, lambda name=name: iam.get_user_policy(PolicyName=name, **own), whose)  # type: ignore[misc]
        yield from self._attached(whose, "list_attached_user_policies", own)
        for found in self._pages(f"the groups of {whose}", "list_groups_for_user", "Groups", own):
            self.groups.append(found["GroupName"])
            yield from self._of_group(found["GroupName"])

    def _of_group(self, group: str) -> Iterator[Policy]:
        iam, own = self.iam, {"GroupName": group}
        whose = f"the group '{legible(group)}'"
        for name in self._pages(f"the inline policies of {whose}", "list_group_policies", "PolicyNames", own):
            yield from self._inline(name, lambda name=name: iam.get_group_policy(PolicyName=name, **own), whose, group)  # type: ignore[misc]
        yield from self._attached(whose, "list_attached_group_policies", own, group)

    def _inline(self, name: str, call: Callable[[], Any], whose: str, group: str | None = None) -> Iterator[Policy]:
        what = f"the inline policy '{legible(name)}' of {whose}"
        document = self._attempt(what, lambda: _readable(call()["PolicyDocument"]))
        if document is not None:
            yield Policy(name, document, group=group)

    def _attached(self, whose: str, operation: str, own: dict[str, str], group: str | None = None) -> Iterator[Policy]:
        for found in self._pages(f"the attached policies of {whose}", operation, "AttachedPolicies", own):
            document = self._document_of(found["PolicyArn"])
            if document is not None:
                yield Policy(_name(found["PolicyArn"]), document, found["PolicyArn"], group)

    def _document_of(self, arn: str) -> Document | None:
        """A managed policy's document in its default version."""
        if arn not in self._managed:
            self._managed[arn] = self._attempt(f"the policy {legible(arn)}", lambda: self._default_version(arn))
        return self._managed[arn]

    def _default_version(self, arn: str) -> Document:
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return _readable(self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])

    def _pages(self, what: str, operation: str, items: str, own: dict[str, str]) -> list[Any]:
        def read() -> list[Any]:
            return [item for page in self.iam.get_paginator(operation).paginate(**own) for item in page[items]]

        return self._attempt(what, read) or []

    def _attempt(self, what: str, call: Callable[[], T], *, needed: bool = False) -> T | None:
        """What a look-up gives; None, and what it was for named, where AWS does not give it.

        Raises AwsError where that is because of the way to AWS, or where it has no such user and that is ``needed``.
        """
        try:
            return reworded(f"read {what}", call)
        except AwsError as error:
            if error.status is None or (needed and error.code == "NoSuchEntity"):
                raise
            self.unread.append(str(error).removeprefix("can't read "))
            return None


def _readable(document: Any) -> Document:
    """A document as botocore read it: one that it can't read, or that is no policy, is an answer that is not AWS's."""
    try:
        statements_of([document])
    except InputError:
        raise ValueError from None
    return dict(document)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
