"""How wide the screen is that a stream is shown on. Pure."""

import os
import shutil
from typing import TextIO

UNBOUNDED = 100_000


def width_of(file: TextIO) -> int:
    """How many characters a line has room for: a pipe or a file has room for all, unless COLUMNS says how many."""
    if not file.isatty() and "COLUMNS" not in os.environ:
        return UNBOUNDED
    return shutil.get_terminal_size().columns
