"""What the component needs of Pulumi's runtime: values that are known later, the region, names taken in a program."""

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi

from s3io_user.errors import InputError

T = TypeVar("T")


class ComponentInputError(InputError, pulumi.RunError):
    """Inputs that do not hold. As a RunError, Pulumi shows its sentences alone, without a traceback."""


def is_plain(value: object) -> bool:
    """Whether a value holds no Output, at any depth."""
    if isinstance(value, Mapping):
        return all(is_plain(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(is_plain(item) for item in value)
    return not isinstance(value, pulumi.Output)


def when_known(compute: Callable[..., T], **given: Any) -> T | pulumi.Output[T]:
    """Call with the values of what is given: now where all of it is plain, else when it is known."""
    if is_plain(given):
        return _with_plain_faults(compute, **given)
    return pulumi.Output.all(**given).apply(lambda known: _or_end_program(compute, **known))


def checked(name: str, value: pulumi.Input[T] | None, check: Callable[[str, Any], list[tuple[str, str]]]) -> Any:
    """The same value, checked as soon as it is known: what was plain has been checked already."""

    def look(known: T | None) -> T | None:
        if known is not None and (faults := check(name, known)):
            raise InputError(faults)
        return known

    return value if is_plain(value) else pulumi.Output.from_input(value).apply(lambda v: _or_end_program(look, known=v))


def _with_plain_faults(compute: Callable[..., T], **given: Any) -> T:
    try:
        return compute(**given)
    except InputError as error:
        raise ComponentInputError(error.faults) from None


def _or_end_program(compute: Callable[..., T], **given: Any) -> T:
    """Call, and on an input's fault say it and end the program.

    What an apply raises comes out of the SDK as a long traceback, once for each resource that waits for the value.
    Only the end of the process stops the rest from being made and leaves the sentence alone.
    """
    try:
        return _with_plain_faults(compute, **given)
    except ComponentInputError as error:
        if not faults_end_the_program:
            raise
        pulumi.log.error(str(error))
        raise SystemExit(_SHOWN_TO_THE_USER) from error


faults_end_the_program = True
"""Unset where the process must outlive one program's fault: in a plugin, and under mocks."""

# The code by which a program tells the Python language host that the user has seen its error already.
_SHOWN_TO_THE_USER = 32


def region_of(resource: pulumi.ComponentResource) -> pulumi.Input[str] | None:
    """The region that the resource's children are made in, or None where only AWS's own files tell.

    An explicit provider's, else the stack's ``aws:region``, else the environment's.
    """
    provider = resource.get_provider("aws:iam/user:User")
    if provider is not None:
        return getattr(provider, "region", None)
    return pulumi.Config("aws").get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


_claims: WeakKeyDictionary[pulumi.Resource, dict[tuple[int, str], tuple[str, str]]] = WeakKeyDictionary()


def claim_user_name(component: pulumi.ComponentResource, logical: str, name: str) -> None:
    """Note a user's name as taken in this program, and refuse one that IAM holds for the same.

    IAM compares names without regard to case, within an account, for which the provider stands.
    """
    root = pulumi.runtime.settings.get_root_resource()
    if root is None:
        return
    taken = _claims.setdefault(root, {})
    key = (id(component.get_provider("aws:iam/user:User")), name.lower())
    owner, spelling = taken.setdefault(key, (logical, name))
    if owner != logical:
        like = "as" if spelling == name else f"as '{spelling}', which IAM holds for the same, of"
        raise ComponentInputError(
            [("user_name", f"must be unique without regard to case (got '{name}' {like} '{owner}')")]
        )
