"""Keeps most of a stack trace out of the state.

The SDK sends the frames of the program with each resource, up to fourteen, and the engine writes them with all else
at every step. They were 40 percent of a user's state.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

USERS_LINE = 6
"""The frames up to the line of the program that makes a component: the SDK's four, ours and that line."""

# Programs of the Automation API run in threads of one process.
_ONE_AT_A_TIME = RLock()


@contextmanager
def only(frames: int) -> Iterator[None]:
    """Let the SDK see no more than so many of the innermost frames: at least one, or it fails.

    ``sys.tracebacklimit`` is Python's setting for this, and `traceback.extract_stack`, which the SDK calls, obeys it.
    It is set while resources are registered and at no other time, so that tracebacks stay whole. With an SDK that takes
    its frames in another way, the state is larger and nothing else changes.
    """
    with _ONE_AT_A_TIME:
        before = getattr(sys, "tracebacklimit", None)
        sys.tracebacklimit = frames if before is None else max(1, min(frames, before))
        try:
            yield
        finally:
            if before is None:
                del sys.tracebacklimit
            else:
                sys.tracebacklimit = before


@contextmanager
def none() -> Iterator[None]:
    """The same for resources whose trace would name lines of this package. Works as a decorator too."""
    with only(1):
        yield
