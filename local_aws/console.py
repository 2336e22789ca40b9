"""What is printed for a person, to whom the other end of a pipe may be gone: `make env | head` is no failure."""

import os
import sys
from typing import TextIO


def out(text: str) -> None:
    """Print to standard output, as it is."""
    _write(sys.stdout, text)


def err(text: str) -> None:
    """Print to standard error, as it is."""
    _write(sys.stderr, text)


def progress(line: str) -> None:
    """Print a line to standard error."""
    err(f"{line}\n")


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # Nobody reads any more. What is begun is ended all the same, and the interpreter has nothing left to flush.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
