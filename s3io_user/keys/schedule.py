"""Rotates by the calendar: from a first day and a number of days to the generation that is due."""

import datetime
from dataclasses import dataclass

from s3io_user.wording import shown


def date_fault(date: object) -> str | None:
    """Check a day: YYYY-MM-DD."""
    if not isinstance(date, str):
        return f"must be a day like '2026-01-31', in quotes (got {shown(date)})"
    try:
        # Newer Pythons also read 20260131 and 2026-W05-6.
        good = str(datetime.date.fromisoformat(date)) == date
    except ValueError:
        good = False
    return None if good else f"must be a day like 2026-01-31 (got {shown(date)})"


def days_fault(days: object) -> str | None:
    """Check a number of days: 1 to 3650."""
    whole = isinstance(days, int | float) and not isinstance(days, bool) and days % 1 == 0
    return None if whole and 1 <= days <= 3650 else f"must be a whole number of days from 1 to 3650 (got {shown(days)})"  # type: ignore[operator]


@dataclass(frozen=True)
class Due:
    """The generation that is due on a day, the day it has been due since, and the day of the next."""

    generation: int
    since: datetime.date
    following: datetime.date

    def __str__(self) -> str:
        return f"key generation {self.generation}, due since {self.since}; the next is due on {self.following}"


def due(first: str, every: int, today: datetime.date) -> Due:
    """What is due: generation 1 from the first day on, one more every ``every`` days.

    All days are in UTC, so that two previews on the same day agree wherever they run. Raises ValueError if the first
    day is in the future.
    """
    start = datetime.date.fromisoformat(first)
    if start > today:
        raise ValueError(f"must not be in the future (got {first}, and today is {today})")
    past = (today - start).days // every
    since = start + datetime.timedelta(days=past * every)
    return Due(past + 1, since, since + datetime.timedelta(days=every))


@dataclass(frozen=True)
class Rotated:
    """The last rotation by the calendar: the generation that it made, and the one that was due then.

    They differ once a whole period was missed. ``finished`` says whether the update went through to its end.
    """

    generation: int
    due: int
    every: int
    finished: bool = True


def next_generation(due: int, every: int, last: Rotated | None) -> int:
    """The generation to create now, if ``due`` is due: one more than the last, however many periods were missed.

    A larger step would delete the key in use together with the one before it. If an update was interrupted, its own
    generation comes first. If the number of days was changed, or the first day is later, the calendar alone decides.
    """
    if last is None or last.every != every or due < last.due:
        return due
    return last.generation + (1 if last.finished and due > last.due else 0)


def first_day(generation: int, every: int) -> datetime.date:
    """The first day that makes a generation due today, and for ``every`` days to come. Raises OverflowError."""
    return today() - datetime.timedelta(days=(generation - 1) * every)


def today() -> datetime.date:
    """Today in UTC."""
    return datetime.datetime.now(datetime.timezone.utc).date()
