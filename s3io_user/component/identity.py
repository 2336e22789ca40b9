"""Which changes of the user's name are allowed: IAM holds two spellings of a name for the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from s3io_user import tokens


@dataclass(frozen=True)
class Identity:
    """Whose user it is: the name of the user that the stack made, or of the one that it adopted."""

    made: str | None = None
    adopted: str | None = None


def identity_inputs(made: Any, adopted: str | None) -> dict[str, Any]:
    """What the component keeps in state of its user, to compare it with what is wanted next."""
    if adopted is not None:
        return {"existingUser": adopted}
    return {} if made is None else {"userName": made}


def identity_of(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Identity:
    """The identity that `identity_inputs` kept. ``outputs`` tell a name that Pulumi made up."""
    adopted = _text(inputs.get("existingUser"))
    return Identity(None if adopted else _text(inputs.get("userName")) or _text(outputs.get("userName")), adopted)


def change_fault(old: Identity, new: Identity) -> str | None:
    """Why a change of the name can't be made, as AWS would say only after the preview; None where it can."""
    wanted = new.made or new.adopted
    if old.made and wanted and wanted != old.made and is_same(old.made, wanted):
        return (
            f"must stay '{old.made}' (got '{wanted}'): IAM holds both for the same name, so a new user can't be made "
            "beside the old one"
        )
    return None


def taken_over(old: Identity, new: Identity) -> str | None:
    """The name of the adopted user that is now to be the stack's own, or None."""
    if old.adopted and not new.adopted and (new.made is None or is_same(old.adopted, new.made)):
        return old.adopted
    return None


@dataclass(frozen=True)
class Made:
    """A user that a stack made: the ARN, the URN and logical name of its resource, or of the component it is part of.

    ``by_component`` is false for an ``aws.iam.User`` of the program.
    """

    arn: str
    urn: str
    name: str
    by_component: bool


def made_elsewhere(user: str, adopter: str, state: Mapping[str, Mapping[str, Any]]) -> Iterator[Made]:
    """Who else in a state made the user that a component adopts: it goes when that goes, whoever adopted it.

    ``adopter`` is the component's URN, ``state`` the type and outputs of each resource by its URN. What the component
    made itself is not elsewhere: the engine lets go of it.
    """
    for urn, resource in state.items():
        outputs = resource.get("outputs") or {}
        if resource.get("type") != tokens.USER or not is_same(user, str(outputs.get("name"))):
            continue
        parent = component_of(urn)
        component = state.get(parent, {})
        by_component = component.get("type") == tokens.COMPONENT
        if parent != adopter and _is_made(outputs, component.get("outputs") or {}):
            owner = parent if by_component else urn
            yield Made(str(outputs.get("arn")), owner, owner.rsplit("::", 1)[-1], by_component)


def component_of(child: str) -> str:
    """The URN of a child's component: a URN holds the types of all parents, and the name of the resource alone."""
    stack, project, types, name = child.split("::", 3)
    return "::".join([stack, project, types.rpartition("$")[0], name])


def _is_made(user: Mapping[str, Any], component: Mapping[str, Any]) -> bool:
    """Whether a user was made, and not only read. A component has outputs after an update that went through."""
    if "userName" in component:
        return "existingUser" not in component
    return user.get("forceDestroy") is not None  # which AWS does not have: only what is made here has it


def is_same(one: str, other: str) -> bool:
    """Whether IAM holds two names for the same."""
    return one.lower() == other.lower()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
