"""What is said to people beside a command's output, and what they are asked."""

import sys


def note(sentence: str) -> None:
    """Say something on standard error."""
    print(f"s3io-user: {sentence}", file=sys.stderr)


def is_confirmed(question: str) -> bool:
    """Ask on the terminal, where no answer is a no."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
