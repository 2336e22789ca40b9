"""What a run of the bench is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """The numbers of users to compare at, and how many rounds: None leaves them to each comparison."""

    users: tuple[int, ...] = (1, 50, 500)
    rounds: int | None = None
