"""The AWS profile and Region of the command line, which apply to every AWS request of one run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Chosen:
    """``None`` if the command line does not say: then the stack's ``aws:`` config applies, then the environment."""

    profile: str | None = None
    region: str | None = None


_now = Chosen()


def chosen() -> Chosen:
    """The profile and Region of this run."""
    return _now


@contextmanager
def choosing(profile: str | None, region: str | None) -> Iterator[None]:
    """Set the profile and Region for the block."""
    global _now
    before, _now = _now, Chosen(profile, region)
    try:
        yield
    finally:
        _now = before
