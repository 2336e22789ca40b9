"""Runs a program that creates users: fast with many of them, and without the tracebacks of an interruption."""

import gc
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any

import pulumi

Outputs = Mapping[str, Any] | None


def run(program: Callable[[], Outputs | Awaitable[Outputs]]) -> None:
    """Run the program, and export what it returns, as `pulumi.run` does. Call it once, as the last statement.

    The program is a function, ``async`` or not. It returns the stack outputs by name, or None. What `run` does besides:

    - If AWS refuses a resource, `pulumi up` shows AWS's answer alone. Otherwise the SDK may print a traceback above it,
      because the engine interrupts the program at that moment.
    - The SDK's debug messages are not sent, unless S3IO_USER_DEBUG is set in the environment.
    - Python looks for garbage less often.
    """

    async def start() -> Outputs:
        returned = program()
        return await returned if isawaitable(returned) else returned

    pulumi.run(start)
    # An inline program of the Automation API runs in a thread of somebody's process, whose settings are not ours.
    if threading.current_thread() is threading.main_thread():
        _end_at_once_when_interrupted()
        save_time()


def save_time() -> None:
    """Leave out what takes longer than the rest with many users. The settings are those of the whole process."""
    # Hardly anything that the SDK makes is garbage before the end, and Python would go through all of it again and
    # again: with 500 users a third of the program's time. Less often takes no more memory.
    gc.set_threshold(10_000)
    if not os.environ.get("S3IO_USER_DEBUG"):
        # Four for each resource, and the SDK waits for each.
        pulumi.log.debug = lambda *_, **__: None


# What the SDK logs of requests that the engine cancelled, or no longer takes, because a resource failed.
_CANCELLED = ("context canceled", "Resource monitor has terminated, shutting down")


def _end_at_once_when_interrupted() -> None:
    """Show AWS's answer alone when the engine interrupts the program because a resource failed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    log = pulumi.log.error

    def log_error(msg: str, *rest: Any, **more: Any) -> None:
        if not msg.rstrip().endswith(_CANCELLED):
            log(msg, *rest, **more)

    pulumi.log.error = log_error
