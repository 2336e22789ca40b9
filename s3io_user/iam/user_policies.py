"""The policies, groups and permissions boundary of a user. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from s3io_user.iam.arns import is_quarantine
from s3io_user.iam.grammar import listed
from s3io_user.wording import legible, visible

Document = Mapping[str, Any]


def alike(one: Any, other: Any) -> bool:
    """Whether two documents mean the same to IAM, however they are written.

    One item is a list of one; a list has no order and no doubles; an Id or a Sid allows nothing; the names of keys and
    of actions have no case; a condition's ``true`` is ``"true"``.
    """
    return bool(_plain(one) == _plain(other))


def _plain(value: Any, key: str = "") -> Any:
    """The one way to write a value that stands under a key, as something that can be sorted with its like."""
    if isinstance(value, Mapping):
        items = [(name.lower(), item) for name, item in value.items() if name not in ("Id", "Sid")]
        return json.dumps(sorted((name, _plain(item, name)) for name, item in items))
    if isinstance(value, list | tuple):
        items = sorted({_plain(item, key) for item in value})
        return items[0] if len(items) == 1 else json.dumps(items)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).lower() if key in ("action", "notaction") else str(value)


@dataclass(frozen=True)
class Policy:
    """A policy of a user: through a group if ``group`` is set; inline if there is no ``arn``."""

    name: str
    document: Document
    arn: str | None = None
    group: str | None = None

    def __str__(self) -> str:
        kind = "attached policy" if self.arn else "inline policy"
        return f"the {kind} {legible(self.name)}" + (f" of the group {legible(self.group)}" if self.group else "")


@dataclass(frozen=True)
class UserPolicies:
    """A user's policies, groups and permissions boundary in AWS.

    ``unread`` names what could not be read, and why. A policy there may allow or deny anything.
    """

    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    unread: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()

    @property
    def documents(self) -> list[Document]:
        """The documents of the policies, without the boundary's."""
        return [policy.document for policy in self.policies]

    @property
    def limit(self) -> Document | None:
        """The boundary's document."""
        return self.boundary.document if self.boundary else None


@dataclass(frozen=True)
class Permissions:
    """The permissions of a user that can be copied: groups, ARNs, inline documents by name, and the boundary's ARN.

    Empty if nothing is copied.
    """

    groups: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    inline: Mapping[str, Document] = field(default_factory=dict)
    boundary: str | None = None

    def __str__(self) -> str:
        parts = {"groups": self.groups, "attached policies": self.attached, "inline policies": tuple(self.inline)}
        said = [f"{what} {', '.join(which)}" for what, which in parts.items() if which]
        bounded = [f"the permissions boundary {self.boundary}"] if self.boundary else []
        return "; ".join(map(visible, [*said, *bounded])) or "nothing"

    @property
    def without_quarantine(self) -> "Permissions":
        """The same without what AWS attached because credentials of this one user were exposed."""
        return replace(self, attached=tuple(arn for arn in self.attached if not is_quarantine(arn)))

    @property
    def of_an_administrator(self) -> list[str]:
        """The policies that make the user an administrator, without those of its groups."""
        managed = [arn for arn in self.attached if arn.split(":", 4)[4].removeprefix("aws:policy/") in _ADMINISTRATORS]
        return [*managed, *(name for name, document in self.inline.items() if allows_everything(document))]

    @property
    def of_a_key(self) -> list[str]:
        """The inline policies that read or replace an access key on named resources: the source's own."""
        return [name for name, document in self.inline.items() if _is_of_a_key(document)]


_ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess")


def allows_everything(document: Document) -> bool:
    """Whether a document makes its user an administrator: it allows everything, or all of IAM, on all resources."""
    statements = document.get("Statement") or ()
    return any(map(_is_everything, listed(statements)))


_OF_A_KEY = {"iam:createaccesskey", "secretsmanager:getsecretvalue", "ssm:getparameter"}


def _is_of_a_key(document: Document) -> bool:
    allowed = [s for s in listed(document.get("Statement") or ()) if s.get("Effect") == "Allow"]
    named = [s for s in allowed if "*" not in listed(s.get("Resource", ["*"]))]
    return any(str(action).lower() in _OF_A_KEY for s in named for action in listed(s.get("Action", [])))


def _is_everything(statement: Mapping[str, Any]) -> bool:
    actions, resources = (listed(statement.get(key, [])) for key in ("Action", "Resource"))
    wide = {"*", "*:*", "iam:*"} & {str(action).lower() for action in actions}
    return statement.get("Effect") == "Allow" and "*" in resources and bool(wide)
