"""The errors that users see: one sentence, or one for each fault, and never a secret."""

from collections.abc import Iterable


class S3IOError(Exception):
    """What went wrong and what to do about it, in one sentence to show to the user."""


class StackLockedError(S3IOError):
    """Another update of the stack runs, or was killed, so that pulumi did nothing."""


class InputError(S3IOError, ValueError):
    """One or more inputs are invalid; raised once, with every fault.

    ``faults`` pairs each input's name with what must hold and what it got.
    """

    def __init__(self, faults: Iterable[tuple[str, str]]) -> None:
        self.faults: tuple[tuple[str, str], ...] = tuple(faults)
        super().__init__("\n".join(f"{name}: {reason}" for name, reason in self.faults))
