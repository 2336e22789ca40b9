"""Which changes of the user's name are allowed: IAM holds two spellings of a name for the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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


def is_same(one: str, other: str) -> bool:
    """Whether IAM holds two names for the same."""
    return one.lower() == other.lower()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
