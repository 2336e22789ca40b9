"""The width of the screen that shows a stream. Pure."""

import os
import shutil
from typing import TextIO

UNBOUNDED = 100_000
NARROWEST = 20
"""Fewer characters, as a terminal says that has no size, hold no line of ours."""


def width_of(file: TextIO) -> int:
    """The number of characters in a line. A pipe or a file has no limit, unless COLUMNS sets one."""
    if not file.isatty() and "COLUMNS" not in os.environ:
        return UNBOUNDED
    return max(shutil.get_terminal_size().columns, NARROWEST)
