"""Values that Pulumi knows later: what is computed from them, checked, and kept secret."""

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
    """Invalid inputs. Because it is a RunError, Pulumi shows its sentences without a traceback."""


def when_known(compute: Callable[..., T], **given: Any) -> T | pulumi.Output[T]:
    """Call with the values of the arguments: at once if none is an Output, else when all are known."""
    if is_plain(given):
        return without_traceback(compute, **given)
    return _when_known(pulumi.Output.all(**given), lambda values: compute(**values))


def as_output(value: pulumi.Input[T]) -> pulumi.Output[T]:
    """The value as an Output: itself if it is one. ``from_input`` would make two more."""
    return value if isinstance(value, pulumi.Output) else pulumi.Output.from_input(value)


def checked(name: str, value: pulumi.Input[T] | None, check: Callable[[str, Any], list[tuple[str, str]]]) -> Any:
    """The value, checked as soon as it is known. A plain value has been checked before."""

    def look(resolved: T | None) -> T | None:
        if resolved is not None and (faults := check(name, resolved)):
            raise InputError(faults)
        return resolved

    return value if is_plain(value) else _when_known(pulumi.Output.from_input(value), look)


def without_traceback(compute: Callable[..., T], *values: Any, **given: Any) -> T:
    """Call, and turn an InputError into an error that Pulumi shows without a traceback."""
    try:
        return compute(*values, **given)
    except InputError as error:
        raise ComponentInputError(error.faults) from None


_known_secrets: WeakKeyDictionary[pulumi.Output[Any], Any] = WeakKeyDictionary()


def secret(value: T) -> pulumi.Output[T]:
    """A secret Output whose value the program knows, so that policies can be planned with it."""
    output = pulumi.Output.secret(value)
    _known_secrets[output] = value
    return output


def with_known_secrets(compute: Callable[[Any], T], value: Any) -> T:
    """Call with the known secrets in a value as plain values. No error quotes them."""
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
    return value.apply(lambda resolved: _or_end_program(lambda: compute(resolved), value))


def _or_end_program(compute: Callable[[], T], value: pulumi.Output[Any]) -> T:
    """Compute; if an input is invalid, say so and end the program.

    The SDK shows what an apply raises as a long traceback, once for each resource that waits for the value. Ending the
    process is the only way to create nothing more and to show just the sentence.
    """
    try:
        return without_traceback(compute)
    except ComponentInputError as error:
        shown = _without_values(error) if _is_secret(value) else error
        if not faults_end_the_program:
            raise shown from None
        pulumi.log.error(str(shown))
        raise SystemExit(SHOWN_TO_THE_USER) from shown


def _is_secret(output: pulumi.Output[Any]) -> bool:
    answering = output.is_secret()
    try:
        answering.send(None)  # it answers at once for a known value, and not every caller can await
    except StopIteration as answer:
        return bool(answer.value)
    answering.close()
    return True


def _without_values(error: ComponentInputError) -> ComponentInputError:
    """The same error without the values that its sentences quote."""
    return ComponentInputError([(name, unquoted(reason)) for name, reason in error.faults])


faults_end_the_program = True
"""Unset where the process must outlive an error of one program: in a plugin, and under mocks."""

SHOWN_TO_THE_USER = 32
"""The exit code that tells Pulumi's Python language host that the error has been shown."""
