"""Which changes of the user's name are allowed, since IAM treats names that differ only in case as the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from s3io_user import tokens


@dataclass(frozen=True)
class Identity:
    """The name of the user that the stack created, or of the one that it adopted."""

    made: str | None = None
    adopted: str | None = None


def identity_inputs(made: Any, adopted: str | None) -> dict[str, Any]:
    """What the state keeps of a component's user, to compare the next update's with it."""
    if adopted is not None:
        return {"existingUser": adopted}
    return {} if made is None else {"userName": made}


def identity_of(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Identity:
    """The identity that `identity_inputs` kept. ``outputs`` have a name that Pulumi chose."""
    adopted = _text(inputs.get("existingUser"))
    return Identity(None if adopted else _text(inputs.get("userName")) or _text(outputs.get("userName")), adopted)


def change_fault(old: Identity, new: Identity) -> str | None:
    """Why the name can't be changed so; None if it can. AWS would say it only after the preview."""
    wanted = new.made or new.adopted
    if old.made and wanted and wanted != old.made and is_same(old.made, wanted):
        return (
            f"must stay '{old.made}' (got '{wanted}'): IAM treats both as the same name, so the new user can't be "
            "created beside the old one"
        )
    return None


def taken_over(old: Identity, new: Identity) -> str | None:
    """The name of an adopted user that the stack would now create, or None."""
    if old.adopted and not new.adopted and (new.made is None or is_same(old.adopted, new.made)):
        return old.adopted
    return None


@dataclass(frozen=True)
class Made:
    """A user that a stack created: its ARN, and the URN and name of its component, or else of its resource.

    ``by_component`` is false for an ``aws.iam.User`` of the program.
    """

    arn: str
    urn: str
    name: str
    by_component: bool


def made_elsewhere(user: str, adopter: str, state: Mapping[str, Mapping[str, Any]]) -> Iterator[Made]:
    """What else in the stack created the user that a component adopts. When that is removed, the user is deleted.

    ``adopter`` is the component's URN, and ``state`` has the type and outputs of each resource by its URN. A user that
    the component itself created does not count: the engine lets go of it.
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
    """The URN of a child's component. A URN has the types of all parents, and the name of the resource alone."""
    stack, project, types, name = child.split("::", 3)
    return "::".join([stack, project, types.rpartition("$")[0], name])


def _is_made(user: Mapping[str, Any], component: Mapping[str, Any]) -> bool:
    """Whether a user was created, and not only read. A component has outputs only after an update that succeeded."""
    if "userName" in component:
        return "existingUser" not in component
    return user.get("forceDestroy") is not None  # AWS has no such property, so only a user that was created here has it


def is_same(one: str, other: str) -> bool:
    """Whether IAM treats two names as the same."""
    return one.lower() == other.lower()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
