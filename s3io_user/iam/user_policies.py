"""All the policies that bear on a user, and which of them a stack's state and inputs account for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from s3io_user.iam.grammar import listed
from s3io_user.wording import legible, visible

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Policy:
    """A policy that a user has: by a group where ``group`` is set; inline where there is no ``arn``."""

    name: str
    document: Document
    arn: str | None = None
    group: str | None = None

    def __str__(self) -> str:
        kind = "attached policy" if self.arn else "inline policy"
        return f"the {kind} {legible(self.name)}" + (f" of the group {legible(self.group)}" if self.group else "")


@dataclass(frozen=True)
class UserPolicies:
    """What AWS says of a user: its policies and groups, and the boundary that they have no effect beyond.

    ``unread`` names what could not be read, and why: a policy there may allow anything, or deny it.
    """

    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    unread: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()

    @property
    def documents(self) -> list[Document]:
        """The documents that allow and deny, without the boundary's."""
        return [policy.document for policy in self.policies]

    @property
    def limit(self) -> Document | None:
        """The boundary's document."""
        return self.boundary.document if self.boundary else None


@dataclass(frozen=True)
class Permissions:
    """What a user can be copied by, as the console copies it: group names, ARNs, documents by name, the boundary's ARN.

    Empty where nothing is copied.
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
    def of_an_administrator(self) -> list[str]:
        """The policies that allow everything in the account, or to change anyone's permissions; not the groups'."""
        managed = [arn for arn in self.attached if arn.split(":", 4)[4].removeprefix("aws:policy/") in _ADMINISTRATORS]
        return [*managed, *(name for name, document in self.inline.items() if allows_everything(document))]


_ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess")


def allows_everything(document: Document) -> bool:
    """Whether a document makes an administrator: it allows everything, or all of IAM, on every resource."""
    statements = document.get("Statement") or ()
    return any(map(_is_everything, listed(statements)))


def _is_everything(statement: Mapping[str, Any]) -> bool:
    actions, resources = (listed(statement.get(key, [])) for key in ("Action", "Resource"))
    wide = {"*", "*:*", "iam:*"} & {str(action).lower() for action in actions}
    return statement.get("Effect") == "Allow" and "*" in resources and bool(wide)
