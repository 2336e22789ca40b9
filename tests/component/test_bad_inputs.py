"""Bad inputs in a whole program, plain and known late: refused by a sentence, and in no resource that is made."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from s3io_user import InputError, S3IOUser
from s3io_user.inputs.fields import FIELDS
from s3io_user.testing import deploy
from tests import bad_inputs
from tests.bad_inputs import ATOMS, input_complaint, json_value, spoilt
from tests.unit.inputs.test_checks import GOOD, WITH

Args = dict[str, Any]
# It is looked up in AWS itself.
HERE = [name for name in GOOD if name != "copy_permissions_from"]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What programs register, where they fail too."""
    registered: list[Any] = []
    register = mocks.MockMonitor.RegisterResource

    def noted(monitor: Any, request: Any) -> Any:
        registered.append(pulumi.runtime.rpc.deserialize_properties(request.object))
        return register(monitor, request)

    monkeypatch.setattr(mocks.MockMonitor, "RegisterResource", noted)
    monkeypatch.setattr(pulumi.log, "error", lambda *_, **__: None)  # where a late fault is said, before it is raised
    return registered


def some_args(source: Random, names: list[str]) -> Args:
    """Inputs of which one or two are bad, though none is more than Pulumi itself can hold."""
    chosen = source.sample(names, source.choice([1, 1, 2]))
    bad = {name: spoilt(source, GOOD[name], partial(json_value, depth=1)) for name in chosen}
    return {**WITH.get(chosen[0], {}), **bad}


def refused(args: Args, late: Callable[[str, Any], Any] = lambda name, value: value) -> InputError | None:
    """How a program is refused that has these inputs, each as ``late`` makes it."""

    def program() -> S3IOUser:
        return S3IOUser("site", {name: late(name, value) for name, value in args.items()})  # type: ignore[misc]

    try:
        deploy(program, config={"aws:region": "eu-west-1"})
    except InputError as error:
        return error
    return None


def test_deploy(made: list[Any]) -> None:
    def judge(args: Args) -> str | None:
        made.clear()
        error = refused(args)
        if error is None:
            return None if len(made) > 2 else "makes nothing"
        return f"makes {made}" if len(made) > 1 else input_complaint(error, FIELDS)  # the stack itself is one

    bad_inputs.run("deploy", lambda source: some_args(source, HERE), judge)


# Inputs that may hold an Output: as a whole, or in their items.
LATE: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys((n for n, field in FIELDS.items() if field.late), pulumi.Output.from_input),
    **{
        name: lambda parts: (
            {part: pulumi.Output.from_input(held) if isinstance(held, str) else held for part, held in parts.items()}
            if isinstance(parts, dict)
            else parts
        )
        for name in ("secrets_manager", "parameter_store")
    },
    **{
        name: lambda items: [pulumi.Output.from_input(item) for item in items] if isinstance(items, list) else items
        for name in ("groups", "buckets", "kms_key_arns", "source_ips", "source_vpc_endpoints")
    },
}


def hostile(value: Any) -> set[str]:
    """The texts in a value that no resource may get."""
    if isinstance(value, dict):
        return {text for pair in value.items() for part in pair for text in hostile(part)}
    if isinstance(value, list | tuple):
        return {text for part in value for text in hostile(part)}
    return {value} if isinstance(value, str) and any(atom in value for atom in ATOMS if len(atom) > 1) else set()


def test_late(made: list[Any]) -> None:
    def judge(args: Args) -> str | None:
        made.clear()
        late = refused(args, lambda name, value: LATE[name](value) if name in LATE else value)
        registered = list(made)
        if late is None:
            return refused(args) and f"only refused when it is plain: {refused(args)}"
        reached = hostile([args.get(name) for name, _ in late.faults]) & hostile(registered)
        return f"{reached} reaches a resource" if reached else input_complaint(late, FIELDS)

    bad_inputs.run("late", lambda source: some_args(source, list(LATE)), judge)


def test_a_bad_policy_that_is_known_late_is_a_fault_of_that_input() -> None:
    error = refused({"policy": "{"}, lambda _, value: pulumi.Output.from_input(value))
    assert error is not None
    assert [name for name, _ in error.faults] == ["policy"]
    assert str(error).startswith("policy: line 1: is not JSON")
