"""Applies to every test: AWS's models are read only once, and no terminal tells its width."""

import os

from tests import models

models.keep()


def pytest_runtest_setup() -> None:
    """What a test prints is not for the terminal that the tests run in: xdist tells its workers how wide that is."""
    os.environ.pop("COLUMNS", None)
