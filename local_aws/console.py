"""Prints to a terminal or a pipe whose reader may leave early: `make env | head` is not a failure."""

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
        # The reader is gone. Finish all the same, and leave the interpreter nothing to flush.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
