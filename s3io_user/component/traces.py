"""Keeps the stack traces of our resources out of the state.

The SDK sends up to fourteen of the program's stack frames with each resource, and the engine writes them to the state
at every step. They were 40 percent of a user's state, and nothing prints them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

# With no frame at all the SDK fails.
_FEWEST = 1
# Programs of the Automation API run in threads of one process.
_ONE_AT_A_TIME = RLock()


@contextmanager
def none() -> Iterator[None]:
    """Hide the stack from the SDK while resources are registered. Works as a decorator too.

    ``sys.tracebacklimit`` is Python's setting for this, and `traceback.extract_stack`, which the SDK calls, obeys it.
    It is set while we register resources and at no other time, so that tracebacks stay whole. With an SDK that finds
    the frames in another way, the state is larger and nothing else changes.
    """
    with _ONE_AT_A_TIME:
        before = getattr(sys, "tracebacklimit", None)
        sys.tracebacklimit = _FEWEST
        try:
            yield
        finally:
            if before is None:
                del sys.tracebacklimit
            else:
                sys.tracebacklimit = before
