"""Notes and questions beside a command's output."""

import sys


def note(sentence: str) -> None:
    """Print a sentence on standard error."""
    print(f"s3io-user: {sentence}", file=sys.stderr)


def is_confirmed(question: str) -> bool:
    """Ask a yes-or-no question; no answer is a no."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
