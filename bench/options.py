"""The options of a run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """The numbers of users and of rounds. With None each comparison uses its own."""

    users: tuple[int, ...] = (1, 50, 500)
    rounds: int | None = None
