"""The beginning of a stand-in program in Python, whose interpreter may lie in a folder with blanks in its path."""

import sys


def shebang(options: str = "") -> str:
    """Two lines that a shell runs, and that are a text for Python: ``#!`` itself ends at the first blank."""
    words = [sys.executable, *options.split(), "$0", "$@"]
    return "#!/bin/sh\n" + " ".join(f'"{word}"' for word in ["exec", *words]) + "\n"
