"""What the component needs of Pulumi's runtime: values that are known later, the region, names taken in a program."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi

from s3io_user.errors import InputError
from s3io_user.inputs.checks import is_plain
from s3io_user.inputs.fields import FIELDS, Inputs
from s3io_user.inputs.redaction import unquoted

T = TypeVar("T")


class ComponentInputError(InputError, pulumi.RunError):
    """Inputs that do not hold. As a RunError, Pulumi shows its sentences alone, without a traceback."""


def when_known(compute: Callable[..., T], **given: Any) -> T | pulumi.Output[T]:
    """Call with the values of what is given: now where all of it is plain, else when it is known."""
    if is_plain(given):
        return without_traceback(compute, **given)
    return _when_known(pulumi.Output.all(**given), lambda values: compute(**values))


def as_output(value: pulumi.Input[T]) -> pulumi.Output[T]:
    """The value as an Output: itself, where it is one. ``from_input`` would make two more of it."""
    return value if isinstance(value, pulumi.Output) else pulumi.Output.from_input(value)


def checked(name: str, value: pulumi.Input[T] | None, check: Callable[[str, Any], list[tuple[str, str]]]) -> Any:
    """The same value, checked as soon as it is known: what was plain has been checked already."""

    def look(known: T | None) -> T | None:
        if known is not None and (faults := check(name, known)):
            raise InputError(faults)
        return known

    return value if is_plain(value) else _when_known(pulumi.Output.from_input(value), look)


def without_traceback(compute: Callable[..., T], *values: Any, **given: Any) -> T:
    """Call, and turn input faults into an error that Pulumi shows as sentences alone."""
    try:
        return compute(*values, **given)
    except InputError as error:
        raise ComponentInputError(error.faults) from None


_known_secrets: WeakKeyDictionary[pulumi.Output[Any], Any] = WeakKeyDictionary()


def secret(value: T) -> pulumi.Output[T]:
    """A secret whose value the program knows: it is kept as one, and can be planned with."""
    output = pulumi.Output.secret(value)
    _known_secrets[output] = value
    return output


def with_known_secrets(compute: Callable[[Any], T], value: Any) -> T:
    """Call with a value in which the secrets that the program knows are plain. No error quotes them."""
    revealed = _revealed(value)
    try:
        return without_traceback(compute, revealed)
    except ComponentInputError as error:
        raise error if revealed == value else _without_values(error) from None


def _revealed(value: Any) -> Any:
    if isinstance(value, Inputs):
        return replace(value, **{name: _revealed(getattr(value, name)) for name in FIELDS})
    if isinstance(value, list | tuple):
        return type(value)(map(_revealed, value))
    return _known_secrets.get(value, value) if isinstance(value, pulumi.Output) else value


def _when_known(value: pulumi.Output[Any], compute: Callable[[Any], T]) -> pulumi.Output[T]:
    return value.apply(lambda known: _or_end_program(lambda: compute(known), value))


def _or_end_program(compute: Callable[[], T], value: pulumi.Output[Any]) -> T:
    """Compute what follows from a value that is known now, and on an input's fault say it and end the program.

    What an apply raises comes out of the SDK as a long traceback, once for each resource that waits for the value.
    Only the end of the process stops the rest from being made and leaves the sentence alone.
    """
    try:
        return without_traceback(compute)
    except ComponentInputError as error:
        shown = _without_values(error) if _is_secret(value) else error
        if not faults_end_the_program:
            raise shown from None
        pulumi.log.error(str(shown))
        raise SystemExit(SHOWN_TO_THE_USER) from shown


def _is_secret(known: pulumi.Output[Any]) -> bool:
    asked = known.is_secret()
    try:
        asked.send(None)  # of a value that is known it answers at once, and not every place here can wait
    except StopIteration as answer:
        return bool(answer.value)
    asked.close()
    return True


def _without_values(error: ComponentInputError) -> ComponentInputError:
    """The error with its sentences as they are but for what they quote, which is a secret."""
    return ComponentInputError([(name, unquoted(reason)) for name, reason in error.faults])


faults_end_the_program = True
"""Unset where the process must outlive one program's fault: in a plugin, and under mocks."""

SHOWN_TO_THE_USER = 32
"""The code by which a program tells the Python language host that the user has seen its error already."""
