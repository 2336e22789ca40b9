"""What the components of one program share: names that are taken, hooks, numbers."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi

from s3io_user import tokens
from s3io_user.inputs.late import ComponentInputError
from s3io_user.wording import shown

T = TypeVar("T")
_shared: WeakKeyDictionary[pulumi.Resource, dict[str, Any]] = WeakKeyDictionary()


def in_a_program() -> bool:
    """Whether a program makes the component itself, and not a plugin for one."""
    return pulumi.runtime.settings.get_root_resource() is not None


def shared(kind: str, name: str, make: Callable[[str], T]) -> T:
    """What serves every component of a program, made once. Where there is no program, as in a plugin, one by itself.

    A hook is such a thing: to the SDK each is a server on a port of its own. ``make`` gets the component's name, or an
    empty one where it serves all.
    """
    root = pulumi.runtime.settings.get_root_resource()
    if root is None:
        return make(name)
    made = _shared.setdefault(root, {})
    if kind not in made:
        made[kind] = make("")
    found: T = made[kind]
    return found


_without_root: set[str] = set()


def say_once(line: str, component: pulumi.ComponentResource) -> None:
    """Tell the user something, once in a program."""
    root = pulumi.runtime.settings.get_root_resource()
    said: Any = _without_root if root is None else _shared.setdefault(root, {}).setdefault("said", set())
    if line not in said:
        said.add(line)
        pulumi.log.info(line, component)


_claims: WeakKeyDictionary[pulumi.Resource, dict[tuple[int, str], tuple[str, str]]] = WeakKeyDictionary()


def claim_user_name(component: pulumi.ComponentResource, logical: str, name: str) -> None:
    """Note a user's name as taken in this program, and refuse one that IAM holds for the same.

    IAM compares names without regard to case, within an account, for which the provider stands.
    """
    root = pulumi.runtime.settings.get_root_resource()
    if root is None:
        return
    taken = _claims.setdefault(root, {})
    key = (id(component.get_provider(tokens.USER)), name.lower())
    claim = (logical, name)
    owner, spelling = held = taken.setdefault(key, claim)
    if held is not claim:
        like = "as" if spelling == name else f"as '{spelling}', which IAM holds for the same, of"
        raise ComponentInputError(
            [("user_name", f"must be unique without regard to case (got '{name}' {like} {shown(owner)})")]
        )


def once_made(component: pulumi.ComponentResource, value: T, resources: Sequence[pulumi.Resource]) -> pulumi.Output[T]:
    """A value for the outputs of a component, once its resources are made; where one is not, the program fails.

    By itself a failed step ends an update. With ``--continue-on-error`` the engine goes on, and in the end deletes
    what the program no longer has: the previous key, or a user. It does not where the program itself has failed.
    """

    async def wait() -> T:
        for resource in resources:
            # Of one that failed, or was left out because of one that did, not all is known after an update.
            outputs = [held for held in vars(resource).values() if isinstance(held, pulumi.Output)]
            if not all([await output.is_known() for output in outputs]) and not pulumi.runtime.is_dry_run():
                name = component.pulumi_resource_name
                raise pulumi.RunError(
                    f"'{name}' was not updated to the end, so nothing is deleted: correct what failed, or what "
                    "--target left out, and run pulumi up again"
                )
        return value

    waiting: pulumi.Input[T] = wait()
    return pulumi.Output.from_input(waiting)


_numbers: WeakKeyDictionary[pulumi.Resource, Counter[str]] = WeakKeyDictionary()
_numbers_without_root: Counter[str] = Counter()


def unique_in_program(what: str, component: str) -> str:
    """A name for what serves a component, or all if that is empty. From its second use on it has a number: under
    parents of two types, components may be called the same.
    """
    name = f"{what} of {component}" if component else what
    root = pulumi.runtime.settings.get_root_resource()
    numbers = _numbers_without_root if root is None else _numbers.setdefault(root, Counter())
    numbers[name] += 1
    return name if numbers[name] == 1 else f"{name} ({numbers[name]})"
