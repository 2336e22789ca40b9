"""All the policies that bear on a user, and which of them a stack's state and inputs account for. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from s3io_user.holdings import Holding
from s3io_user.names import legible

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
class Declared:
    """The policies that a stack gives a user, as its state has them.

    ``own`` is the stack's own document, ``own_arns`` the managed policies that it was put into, ``inline`` the inline
    policies' documents by name. ``inputs`` are the user's in Python's names, None where the program does not take them
    from the stack's config.
    """

    own: Document | None
    own_arns: frozenset[str]
    inline: Mapping[str, Document]
    held: Holding
    inputs: Mapping[str, Any] | None = None
    also: tuple[str, ...] = ()
    """Other resources of the state that give the user something: their names."""

    def gives(self, policy: Policy) -> bool:
        """Whether the stack gives the user this policy, by whichever of its inputs; one changed by hand it does not."""
        if policy.group:
            return policy.group in self.held.groups
        if policy.arn:
            return policy.arn in self.held.attached
        return policy.document in (self.own, self.inline.get(policy.name))

    def missing(self, found: UserPolicies) -> tuple[str, ...]:
        """What the stack gives the user and AWS does not have any more; nothing where not all was read."""
        if found.unread:
            return ()
        own = [policy for policy in found.policies if not policy.group]
        attached, inline = {policy.arn for policy in own}, {policy.name for policy in own if not policy.arn}
        lost = [
            *(f"the group {group}" for group in sorted(self.held.groups - found.groups)),
            *(f"the attached policy {arn}" for arn in sorted(self.held.attached - attached)),
            *(f"the inline policy {name}" for name in sorted(self.held.inline - inline)),
        ]
        return tuple(map(legible, lost))

    def names(self, policy: Policy) -> bool:
        """Whether an input names this policy or its group, so that what it allows is meant.

        What is copied from another user is named by nobody. Where the inputs are not known, whatever the stack gives
        counts as named, but for what makes an administrator.
        """
        if not self.gives(policy):
            return False
        if self.is_own(policy):
            return True
        if self.inputs is None:  # then what makes an administrator is named by nobody that could be seen
            return not allows_everything(policy.document)
        if policy.group:
            return policy.group in (self.inputs["groups"] or ())
        return policy.arn in (self.inputs["policy_arns"] or ())

    def is_own(self, policy: Policy) -> bool:
        """Whether this is what ``access``, ``policy`` and the inputs beside them came to."""
        if policy.group or not self.gives(policy):
            return False
        if policy.arn:
            return policy.arn in self.own_arns or policy.arn.endswith(_FULL_ACCESS)
        return policy.document == self.own

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """What else than the stack's own document the state says that the user has; empty where there is nothing."""
        held = self.held
        inline = held.inline if self.own_arns or self.own is None else sorted(held.inline)[1:]
        foreign = {arn for arn in held.attached - self.own_arns if not arn.endswith(_FULL_ACCESS)}
        found = [
            *(f"the group {group}" for group in sorted(held.groups)),
            *(f"the attached policy {arn}" for arn in sorted(foreign)),
            *([f"{len(inline)} more inline polic{'y' if len(inline) == 1 else 'ies'}"] if inline else []),
            *([f"the permissions boundary {held.boundary}"] if held.boundary else []),
            *self.also,
            *([] if held.owned else ["what it had before the stack adopted it"]),
        ]
        return tuple(map(legible, found))


_FULL_ACCESS = ":aws:policy/AmazonS3FullAccess"


def declared(
    exported: Mapping[str, Any], held: Holding, outputs: Mapping[str, Any], inputs: Mapping[str, Any] | None = None
) -> Declared:
    """What a stack gives one of its users, from its export and the user's outputs."""
    own = _document(outputs.get("policyDocument"))
    resources = (exported.get("deployment") or {}).get("resources") or ()
    components = {r["urn"] for r in resources if (r.get("outputs") or {}).get("userName") == held.user}
    arns = {
        r["id"]
        for r in resources
        if r.get("type") == "aws:iam/policy:Policy" and r.get("id") and r.get("parent") in components
    }
    lists = [r for r in resources if r.get("type") in _LISTS_OF_USERS]
    also = [r["urn"] for r in lists if held.user in ((r.get("outputs") or {}).get("users") or ())]
    inline = {r["outputs"].get("name"): _document(r["outputs"].get("policy")) for r in _inline(resources, held.user)}
    known = {name: document for name, document in inline.items() if document is not None}
    return Declared(own, frozenset(arns), known, held, inputs, tuple(urn.rpartition("$")[2] for urn in also))


def _inline(resources: Iterable[Mapping[str, Any]], user: str) -> list[Mapping[str, Any]]:
    of_users = [r for r in resources if r.get("type") == "aws:iam/userPolicy:UserPolicy" and r.get("outputs")]
    return [r for r in of_users if r["outputs"].get("user") == user]


_LISTS_OF_USERS = ("aws:iam/groupMembership:GroupMembership", "aws:iam/policyAttachment:PolicyAttachment")


def _document(text: Any) -> Document | None:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def allows_everything(document: Document) -> bool:
    """Whether a document makes an administrator: it allows everything, or all of IAM, on every resource."""
    statements = document.get("Statement") or ()
    return any(_is_everything(each) for each in ([statements] if isinstance(statements, Mapping) else statements))


def _is_everything(statement: Mapping[str, Any]) -> bool:
    actions, resources = (_listed(statement.get(key)) for key in ("Action", "Resource"))
    wide = {"*", "*:*", "iam:*"} & {str(action).lower() for action in actions}
    return statement.get("Effect") == "Allow" and "*" in resources and bool(wide)


def _listed(value: Any) -> Iterable[Any]:
    return [value] if isinstance(value, str) else value or ()
