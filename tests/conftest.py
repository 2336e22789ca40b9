"""Applies to every test: the machine's own settings are gone, AWS's models are read once, and Ctrl-C can be tried."""

import gc
import os
import signal

import pytest
from hypothesis import settings

from tests import models

# What a person or a CI system has set for its own AWS, Pulumi, git, terminal and Python.
_OF_THE_MACHINE = ("AWS_", "PULUMI_", "GIT_", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLORTERM", "PYTHONSAFEPATH")
for _name in [name for name in os.environ if name.startswith(_OF_THE_MACHINE)]:
    del os.environ[_name]

models.keep()
settings.register_profile("short", max_examples=40, deadline=None)
settings.register_profile("long", max_examples=2000, deadline=None)
settings.load_profile("short")
# A shell's background job ignores it, and so do the programs that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin, so that no worker has one left when the others have nothing more to do."""
    order = {"languages": 0, "long": 1}
    items.sort(key=lambda item: min((order.get(mark.name, 2) for mark in item.iter_markers()), default=2))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no search for garbage need look through it."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup() -> None:
    """What a test prints is not for the terminal that the tests run in: xdist tells its workers how wide that is."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
