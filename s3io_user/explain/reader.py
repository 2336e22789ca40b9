"""Reads every policy that applies to a user from AWS: inline, attached, of its groups, and its boundary."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection, reworded
from s3io_user.errors import InputError
from s3io_user.explain.decide import statements_of
from s3io_user.iam.user_policies import Document, Policy, UserPolicies
from s3io_user.wording import legible

T = TypeVar("T")


def read_policies(access: Connection, user: str) -> UserPolicies:
    """Everything that a user has in AWS. What can't be read is named in ``unread``.

    Raises AwsError if AWS can't be reached, or if there is no such user.
    """
    return _Reader(access, user).read()


class _Reader:
    """Reads one user, and each managed policy once."""

    def __init__(self, access: Connection, user: str) -> None:
        self.iam = access.client("iam")
        self.user = user
        self.unread: list[str] = []
        self._managed: dict[str, Document | None] = {}

    def read(self) -> UserPolicies:
        boundary, policies = self._boundary(), [*self._policies("user", self.user)]
        whose = f"the groups of the user '{self.user}'"
        groups = [group["GroupName"] for group in self._pages(whose, "list_groups_for_user", "Groups", self._owner)]
        for group in groups:
            policies += self._policies("group", group)
        return UserPolicies(tuple(policies), boundary, tuple(dict.fromkeys(self.unread)), frozenset(groups))

    @property
    def _owner(self) -> dict[str, str]:
        return {"UserName": self.user}

    def _boundary(self) -> Policy | None:
        what = f"the permissions boundary of the user '{self.user}'"
        user = self._attempt(what, lambda: self.iam.get_user(**self._owner)["User"], needed=True) or {}
        arn = (user.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        document = self._document_of(arn) if arn else None
        return Policy(_name(arn), document, arn) if arn and document is not None else None

    def _policies(self, kind: str, name: str) -> Iterator[Policy]:
        """The inline and the attached policies of the user or of one of its groups."""
        whose, owner = f"the {kind} '{legible(name)}'", {f"{kind.capitalize()}Name": name}
        group = name if kind == "group" else None
        read = getattr(self.iam, f"get_{kind}_policy")
        for inline in self._pages(f"the inline policies of {whose}", f"list_{kind}_policies", "PolicyNames", owner):
            what = f"the inline policy '{legible(inline)}' of {whose}"
            document = self._attempt(what, partial(_inline_document, read, PolicyName=inline, **owner))
            if document is not None:
                yield Policy(inline, document, group=group)
        attached = f"list_attached_{kind}_policies"
        for policy in self._pages(f"the attached policies of {whose}", attached, "AttachedPolicies", owner):
            document = self._document_of(policy["PolicyArn"])
            if document is not None:
                yield Policy(_name(policy["PolicyArn"]), document, policy["PolicyArn"], group)

    def _document_of(self, arn: str) -> Document | None:
        """A managed policy's document in its default version."""
        if arn not in self._managed:
            self._managed[arn] = self._attempt(f"the policy {legible(arn)}", lambda: self._default_version(arn))
        return self._managed[arn]

    def _default_version(self, arn: str) -> Document:
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return _readable(self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])

    def _pages(self, what: str, operation: str, items: str, owner: dict[str, str]) -> list[Any]:
        def read() -> list[Any]:
            return [item for page in self.iam.get_paginator(operation).paginate(**owner) for item in page[items]]

        return self._attempt(what, read) or []

    def _attempt(self, what: str, call: Callable[[], T], *, needed: bool = False) -> T | None:
        """The result of a look-up. If AWS refuses it, None, and ``what`` is noted as unread.

        Raises AwsError if AWS can't be reached, or if the user does not exist and the look-up is ``needed``.
        """
        try:
            return reworded(f"read {what}", call)
        except AwsError as error:
            if error.status is None or (needed and error.code == "NoSuchEntity"):
                raise
            self.unread.append(str(error).removeprefix("can't read "))
            return None


def _inline_document(read: Callable[..., Any], **names: str) -> Document:
    return _readable(read(**names)["PolicyDocument"])


def _readable(document: Any) -> Document:
    """A policy document as botocore parsed it. Raises ValueError if it is none, so that the answer is not from AWS."""
    try:
        statements_of([document])
    except InputError:
        raise ValueError from None
    return dict(document)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
