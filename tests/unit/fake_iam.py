"""An IAM that holds one user's policies, answers a page at a time, and refuses what it is told to refuse."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from s3io_user.aws.connection import Connection

Document = dict[str, Any]


def arn(name: str) -> str:
    return f"arn:aws:iam::aws:policy/{name}"


class FakeIam:
    """``managed`` maps the name of each managed policy to the documents of its versions, the default one last.

    ``groups`` maps a group to its inline policies, ``of_groups`` to the names of its attached ones.
    """

    def __init__(
        self,
        inline: Mapping[str, Document] | None = None,
        attached: tuple[str, ...] = (),
        managed: Mapping[str, list[Document]] | None = None,
        groups: Mapping[str, Mapping[str, Document]] | None = None,
        of_groups: Mapping[str, tuple[str, ...]] | None = None,
        boundary: str | None = None,
        refused: Mapping[str, str] | None = None,
    ) -> None:
        self.inline, self.attached, self.managed = inline or {}, attached, managed or {}
        self.groups, self.of_groups, self.boundary, self.refused = (
            groups or {},
            of_groups or {},
            boundary,
            refused or {},
        )
        self.asked: list[str] = []

    def _ask(self, operation: str) -> None:
        self.asked.append(operation)
        if code := self.refused.get(operation):
            about = {"HTTPStatusCode": 403, "Service": "iam"}
            raise ClientError({"Error": {"Code": code}, "ResponseMetadata": about}, operation)  # type: ignore[typeddict-item]

    def get_user(self, UserName: str) -> dict[str, Any]:  # noqa: N803
        self._ask("GetUser")
        bounded = {"PermissionsBoundary": {"PermissionsBoundaryArn": arn(self.boundary)}} if self.boundary else {}
        return {"User": {"UserName": UserName, **bounded}}

    def get_user_policy(self, UserName: str, PolicyName: str) -> dict[str, Any]:  # noqa: N803
        self._ask("GetUserPolicy")
        return {"PolicyDocument": self.inline[PolicyName]}

    def get_group_policy(self, GroupName: str, PolicyName: str) -> dict[str, Any]:  # noqa: N803
        self._ask("GetGroupPolicy")
        return {"PolicyDocument": self.groups[GroupName][PolicyName]}

    def get_policy(self, PolicyArn: str) -> dict[str, Any]:  # noqa: N803
        self._ask("GetPolicy")
        return {"Policy": {"DefaultVersionId": f"v{len(self.managed[PolicyArn.rpartition('/')[2]])}"}}

    def get_policy_version(self, PolicyArn: str, VersionId: str) -> dict[str, Any]:  # noqa: N803
        self._ask("GetPolicyVersion")
        return {"PolicyVersion": {"Document": self.managed[PolicyArn.rpartition("/")[2]][int(VersionId[1:]) - 1]}}

    def get_paginator(self, operation: str) -> "Pages":
        return Pages(self, operation)


class Pages:
    """The pages of one operation, an item each, and an empty one at the end."""

    def __init__(self, iam: FakeIam, operation: str) -> None:
        self.iam, self.operation = iam, operation

    def paginate(self, UserName: str = "", GroupName: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        iam = self.iam
        iam._ask("".join(part.title() for part in self.operation.split("_")))
        attached = iam.of_groups.get(GroupName, ()) if GroupName else iam.attached
        key, items = {
            "list_user_policies": ("PolicyNames", list(iam.inline)),
            "list_group_policies": ("PolicyNames", list(iam.groups.get(GroupName, ()))),
            "list_groups_for_user": ("Groups", [{"GroupName": name} for name in iam.groups]),
            "list_attached_user_policies": ("AttachedPolicies", [{"PolicyArn": arn(name)} for name in attached]),
            "list_attached_group_policies": ("AttachedPolicies", [{"PolicyArn": arn(name)} for name in attached]),
        }[self.operation]
        yield from ({key: [item]} for item in items)
        yield {key: []}


class FakeAccess(Connection):
    """Reaches nothing but a ``FakeIam``."""

    iam: FakeIam

    def client(self, service: str) -> Any:
        assert service == "iam", f"unexpected client {service}"
        return self.iam


def reaching(iam: FakeIam) -> Connection:
    access = FakeAccess()
    object.__setattr__(access, "iam", iam)
    return access
