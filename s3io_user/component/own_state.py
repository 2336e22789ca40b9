"""Reads the stack's own state, which the engine provides to the program that it runs."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pulumi

from s3io_user.wording import legible

State = dict[str, dict[str, Any]]
"""The type and outputs of each resource by its URN. Secret outputs are in plain text."""


async def resources_in_state(*, maybe_none: bool = False) -> State:
    """Read the resources in the stack's state, while the program runs. Raises ValueError if it can't be read.

    ``maybe_none``: the stack may have no state yet. The engine crashes if such a stack is in a bucket or a folder, so
    a preview asks only if the stack has outputs. An update has saved a state by then.
    """
    if maybe_none and _may_end_the_engine() and not await _ask_engine("readStackOutputs", name=_own_stack()):
        return {}
    return await _ask_engine("readStackResourceOutputs", stackName=_own_stack())


def state_at_start() -> State | None:
    """Read the same at once, before anything is created. None if a preview can't tell whether there is a state.

    It can't if the stack has no outputs.
    """
    if _may_end_the_engine() and not _ask_now("readStackOutputs", name=_own_stack()):
        return None
    return _ask_now("readStackResourceOutputs", stackName=_own_stack())


def _in_a_folder() -> bool:
    """Whether the state is in a folder or a bucket, for which the engine names the organization so. Mocks have none."""
    return pulumi.get_organization() in ("organization", None)


def _may_end_the_engine() -> bool:
    return _in_a_folder() and bool(pulumi.runtime.is_dry_run())


def _own_stack() -> str:
    if _in_a_folder():
        return pulumi.get_stack()  # in the old layout of a folder, stacks have no project
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"


async def _ask_engine(function: str, **stack: str) -> dict[str, Any]:
    pauses = iter(_PAUSES)
    while True:
        try:
            return dict((await pulumi.runtime.invoke_async(f"pulumi:pulumi:{function}", stack))["outputs"])
        except Exception as error:  # the SDK has no class of its own for a failed invoke
            await asyncio.sleep(_pause_after(error, pauses))


def _ask_now(function: str, **stack: str) -> dict[str, Any]:
    pauses = iter(_PAUSES)
    while True:
        try:
            return dict((pulumi.runtime.invoke(f"pulumi:pulumi:{function}", stack).value or {}).get("outputs") or {})
        except Exception as error:  # as above
            time.sleep(_pause_after(error, pauses))


# The engine may be writing the file that it is asked to read.
_BEING_WRITTEN = "failed to load checkpoint"
_PAUSES = (0.1, 0.3, 1.0, 3.0)


def _pause_after(error: Exception, pauses: Iterator[float]) -> float:
    """Seconds to wait before a retry. Raises ValueError if a retry is no use."""
    if _BEING_WRITTEN in str(error) and (pause := next(pauses, None)) is not None:
        return pause
    raise ValueError(f"can't read the stack's state: {legible(str(error).strip().splitlines()[-1])}") from None
