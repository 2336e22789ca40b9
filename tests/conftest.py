"""Applies to every test: AWS's models are read only once, no terminal tells its width, and Ctrl-C can be tried."""

import os
import signal

from tests import models

models.keep()
# A shell's background job ignores it, and so do the programs that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup() -> None:
    """What a test prints is not for the terminal that the tests run in: xdist tells its workers how wide that is."""
    os.environ.pop("COLUMNS", None)
