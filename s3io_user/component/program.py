"""What the components of one program share: user names, hooks, and numbers for names."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.rpc import UNKNOWN

from s3io_user import tokens
from s3io_user.inputs.late import ComponentInputError
from s3io_user.wording import shown

T = TypeVar("T")
_without_program: dict[str, Any] = {}


def in_a_program() -> bool:
    """Whether this is a program, and not a plugin that creates components for one."""
    return pulumi.runtime.settings.get_root_resource() is not None


def _kept(kind: str, make: Callable[[], T]) -> T:
    # With the program's root resource, and gone with it: the Automation API runs many programs in one process, and what
    # is shared leads back to that resource.
    root = pulumi.runtime.settings.get_root_resource()
    store = _without_program if root is None else vars(root).setdefault("_s3io_user", {})
    if kind not in store:
        store[kind] = make()
    kept: T = store[kind]
    return kept


def shared(kind: str, name: str, make: Callable[[str], T]) -> T:
    """Make what serves every component of a program, once. In a plugin, each component has its own.

    Hooks are shared, since the SDK runs a server on a port of its own for each. ``make`` gets the component's name, or
    an empty one if it serves all.
    """
    return _kept(kind, lambda: make("")) if in_a_program() else make(name)


def begin_requests() -> None:
    """Let the program's requests begin before its end, once in a program.

    If none has begun when the program ends, the SDK waits for all outputs before it waits for requests, and goes
    through all outputs that are still to come whenever one has come: with hundreds of users it does little else. It
    does not call a function whose argument is unknown, but lets everything begin that waits to begin.
    """
    if in_a_program():
        _kept("requests", lambda: pulumi.runtime.invoke(tokens.GET_RESOURCE, {"urn": UNKNOWN}))


def say_once(line: str, component: pulumi.ComponentResource) -> None:
    """Log a line, once in a program."""
    said = _kept("lines", set[str])
    if line not in said:
        said.add(line)
        pulumi.log.info(line, component)


def claim_user_name(component: pulumi.ComponentResource, logical: str, name: str) -> None:
    """Claim a user name in this program. Raises ComponentInputError if it is taken.

    IAM compares names without regard to case, within an account. A provider stands for its account.
    """
    if not in_a_program():
        return
    claims = _kept("user names", dict[tuple[int, str], tuple[str, str]])
    claim = (logical, name)
    first = claims.setdefault((id(component.get_provider(tokens.USER)), name.lower()), claim)
    if first is not claim:
        owner, spelling = first
        like = "as" if spelling == name else f"as '{spelling}', which IAM treats as the same name, of"
        raise ComponentInputError(
            [("user_name", f"must be unique without regard to case (got '{name}' {like} {shown(owner)})")]
        )


def once_made(component: pulumi.ComponentResource, value: T, resources: Sequence[pulumi.Resource]) -> pulumi.Output[T]:
    """A value for a component's outputs, once it and its resources are made. If one is not, the program fails.

    A failed step usually ends an update. With ``--continue-on-error`` the engine continues, and at the end deletes what
    the program no longer has: the previous key, or a user. It deletes nothing if the program itself has failed. The
    component itself is asked too: the engine may have updated its resources before it notes that a gate refused it.
    """

    async def wait(value: T) -> T:
        for resource in (component, *resources):
            if not await _is_made(resource) and not pulumi.runtime.is_dry_run():
                name = component.pulumi_resource_name
                raise pulumi.RunError(
                    f"'{name}' was not updated to the end, so nothing is deleted: correct what failed, or what "
                    "--target left out, and run pulumi up again"
                )
        return value

    return pulumi.Output.from_input(value).apply(wait)


async def _is_made(resource: pulumi.Resource) -> bool:
    """Whether a resource was created. After an update, one that failed or was left out has unknown outputs."""
    outputs = [value for value in vars(resource).values() if isinstance(value, pulumi.Output)]
    try:
        return all([await output.is_known() for output in outputs])
    except Exception as error:
        # SDKs before 3.271 raise this for a resource that failed, and drop it at the end of the program.
        if type(error).__name__ == "ResourceRegistrationFailed":
            return False
        raise


def unique_in_program(what: str, component: str) -> str:
    """A name for what serves a component, or for what serves all of them if ``component`` is empty.

    From its second use on it gets a number, since components under parents of two types may have the same name.
    """
    name = f"{what} of {component}" if component else what
    numbers = _kept("numbers", Counter[str])
    numbers[name] += 1
    return name if numbers[name] == 1 else f"{name} ({numbers[name]})"
