"""What a stack gives its user, as its state and inputs have it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from s3io_user import tokens
from s3io_user.iam.arns import is_full_access
from s3io_user.iam.user_policies import Document, Policy, UserPolicies, allows_everything
from s3io_user.stack.exported import document_of, resources_in
from s3io_user.stack.state import UserState
from s3io_user.wording import legible

if TYPE_CHECKING:
    from s3io_user.inputs.fields import Inputs


@dataclass(frozen=True)
class Declared:
    """The policies that a stack gives a user, as its state has them.

    ``own`` is the stack's own document, ``own_arns`` are the managed policies that hold it, ``inline`` has the inline
    policies' documents by name, ``self_service`` the document of the input of that name. ``inputs`` are the user's,
    None if the program does not take them from the stack's config.
    """

    own: Document | None
    own_arns: frozenset[str]
    inline: Mapping[str, Document]
    state: UserState
    self_service: Document | None = None
    inputs: "Inputs | None" = None
    also: tuple[str, ...] = ()
    """The names of other resources in the state that give the user permissions."""

    def gives(self, policy: Policy) -> bool:
        """Whether the stack gives the user this policy, by any of its inputs. One that was changed by hand is not."""
        if policy.group:
            return policy.group in self.state.groups
        if policy.arn:
            return policy.arn in self.state.attached
        return policy.document in (self.own, self.inline.get(policy.name))

    def missing(self, in_aws: UserPolicies) -> tuple[str, ...]:
        """What the stack gave the user and AWS no longer has; empty if not everything could be read."""
        if in_aws.unread:
            return ()
        own = [policy for policy in in_aws.policies if not policy.group]
        attached, inline = {policy.arn for policy in own}, {policy.name for policy in own if not policy.arn}
        lost = [
            *(f"the group {group}" for group in sorted(self.state.groups - in_aws.groups)),
            *(f"the attached policy {arn}" for arn in sorted(self.state.attached - attached)),
            *(f"the inline policy {name}" for name in sorted(self.state.inline - inline)),
        ]
        return tuple(map(legible, lost))

    def names(self, policy: Policy) -> bool:
        """Whether an input names this policy or its group, so that what it allows is intended.

        No input names what is copied from another user. If the inputs are not known, everything that the stack gives
        counts as named, except a policy that makes the user an administrator.
        """
        if not self.gives(policy):
            return False
        if self.is_own(policy):
            return True
        if self.inputs is None:
            return not allows_everything(policy.document)
        if policy.group:
            return policy.group in self.inputs.known_groups
        return policy.arn in (self.inputs.policy_arns or ())

    def is_own(self, policy: Policy) -> bool:
        """Whether this policy is made of ``access``, ``policy``, ``self_service`` and the inputs that go with them."""
        if policy.group or not self.gives(policy):
            return False
        if policy.arn:
            return policy.arn in self.own_arns or is_full_access(policy.arn)
        return policy.document in self.documents

    @property
    def documents(self) -> list[Document]:
        """The stack's own documents: that of ``access`` or ``policy``, and that of ``self_service``."""
        return [document for document in (self.own, self.self_service) if document is not None]

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """What the user has besides the stack's own documents, according to the state."""
        state = self.state
        own = (self.own is not None and not self.own_arns) + (self.self_service is not None)
        inline = sorted(state.inline)[own:]
        foreign = {arn for arn in state.attached - self.own_arns if not is_full_access(arn)}
        others = [
            *(f"the group {group}" for group in sorted(state.groups)),
            *(f"the attached policy {arn}" for arn in sorted(foreign)),
            *([f"{len(inline)} more inline polic{'y' if len(inline) == 1 else 'ies'}"] if inline else []),
            *([f"the permissions boundary {state.boundary}"] if state.boundary else []),
            *self.also,
            *([] if state.owned else ["what it had before the stack adopted it"]),
        ]
        return tuple(map(legible, others))


def declared(
    exported: Mapping[str, Any], state: UserState, outputs: Mapping[str, Any], inputs: "Inputs | None" = None
) -> Declared:
    """What a stack gives one of its users, from its export and the user's outputs."""
    own = document_of(outputs.get("policyDocument"))
    resources = resources_in(exported)
    components = {r["urn"] for r in resources if (r.get("outputs") or {}).get("userName") == state.user}
    arns = {
        r["id"] for r in resources if r.get("type") == tokens.POLICY and r.get("id") and r.get("parent") in components
    }
    lists = [r for r in resources if r.get("type") in _LISTS_OF_USERS]
    also = [r["urn"] for r in lists if state.user in ((r.get("outputs") or {}).get("users") or ())]
    policies = _inline(resources, state.user)
    inline = {r["outputs"].get("name"): document_of(r["outputs"].get("policy")) for r in policies}
    readable = {name: document for name, document in inline.items() if document is not None}
    upkeep = [readable.get(r["outputs"].get("name")) for r in policies if _is_self_service(r)]
    others = tuple(urn.rpartition("$")[2] for urn in also)
    return Declared(own, frozenset(arns), readable, state, next(iter(upkeep), None), inputs, others)


def _inline(resources: Iterable[Mapping[str, Any]], user: str) -> list[Mapping[str, Any]]:
    of_users = [r for r in resources if r.get("type") == tokens.INLINE_POLICY and r.get("outputs")]
    return [r for r in of_users if r["outputs"].get("user") == user]


def _is_self_service(policy: Mapping[str, Any]) -> bool:
    """Whether it is the component's policy of ``self_service``, and not one that is copied under a name like it."""
    component, name = (str(policy.get(key)).rpartition("::")[2] for key in ("parent", "urn"))
    return name == component + tokens.SELF_SERVICE and policy["outputs"].get("name") != tokens.SELF_SERVICE[1:]


_LISTS_OF_USERS = ("aws:iam/groupMembership:GroupMembership", "aws:iam/policyAttachment:PolicyAttachment")
