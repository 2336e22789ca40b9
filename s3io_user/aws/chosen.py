"""The AWS profile and Region that the command line chose: they hold for every question to AWS of one run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Chosen:
    """``None`` is what was not chosen: there the stack's ``aws:`` config holds, and then the environment."""

    profile: str | None = None
    region: str | None = None


_now = Chosen()


def chosen() -> Chosen:
    """What was chosen for this run."""
    return _now


@contextmanager
def choosing(profile: str | None, region: str | None) -> Iterator[None]:
    """Let a choice hold within the block."""
    global _now
    before, _now = _now, Chosen(profile, region)
    try:
        yield
    finally:
        _now = before
