"""How long a test waits for what comes soon: only what hangs takes so long, also beside a build."""

import time
from collections.abc import Callable

PATIENCE = 300.0  # seconds


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
