"""The calendar: which generation is due on a day, and since when."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3io_user.keys import schedule
from s3io_user.keys.schedule import Due, Rotated, date_fault, days_fault, due, next_generation

DAY = datetime.date


@pytest.mark.parametrize(
    ("date", "fault"),
    [
        pytest.param("2026-01-31", None, id="day"),
        pytest.param("2026-02-30", "must be a day like 2026-01-31 (got '2026-02-30')", id="no-day"),
        pytest.param("soon", "must be a day like 2026-01-31 (got 'soon')", id="word"),
        pytest.param(5, "must be a day like '2026-01-31', in quotes (got 5)", id="number"),
        pytest.param(None, "must be a day like '2026-01-31', in quotes (got None)", id="none"),
    ],
)
def test_a_first_day(date: object, fault: str | None) -> None:
    assert date_fault(date) == fault


@pytest.mark.parametrize("days", [1, 90, 3650, 90.0])
def test_a_number_of_days(days: object) -> None:
    assert days_fault(days) is None


@pytest.mark.parametrize("days", [0, -1, 3651, 1.5, True, "90", None])
def test_no_number_of_days(days: object) -> None:
    assert days_fault(days) == f"must be a whole number of days from 1 to 3650 (got {days!r})"


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        pytest.param(DAY(2026, 1, 1), Due(1, DAY(2026, 1, 1), DAY(2026, 1, 31)), id="first-day"),
        pytest.param(DAY(2026, 1, 30), Due(1, DAY(2026, 1, 1), DAY(2026, 1, 31)), id="day-before"),
        pytest.param(DAY(2026, 1, 31), Due(2, DAY(2026, 1, 31), DAY(2026, 3, 2)), id="next"),
        pytest.param(DAY(2027, 1, 1), Due(13, DAY(2026, 12, 27), DAY(2027, 1, 26)), id="a-year-on"),
    ],
)
def test_what_is_due(today: datetime.date, expected: Due) -> None:
    assert due("2026-01-01", 30, today) == expected


@given(st.dates(DAY(2000, 1, 1), DAY(2100, 1, 1)), st.integers(1, 3650), st.integers(0, 36_500))
def test_each_generation_is_due_for_its_days(first: datetime.date, every: int, later: int) -> None:
    today = first + datetime.timedelta(days=later)
    found = due(str(first), every, today)
    assert found.since <= today < found.following
    assert found.since == first + datetime.timedelta(days=every * (found.generation - 1))
    assert due(str(first), every, found.following).generation == found.generation + 1


def test_a_first_day_to_come() -> None:
    with pytest.raises(ValueError, match=r"^must not be in the future \(got 2026-01-02, and today is 2026-01-01\)$"):
        due("2026-01-02", 30, DAY(2026, 1, 1))


def test_what_is_said() -> None:
    said = str(Due(2, DAY(2026, 1, 31), DAY(2026, 3, 2)))
    assert said == "key generation 2, due since 2026-01-31; the next is due on 2026-03-02"


def test_today_is_utcs(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Clock":
            return cls(2026, 1, 1, 23, tzinfo=tz) if tz is datetime.timezone.utc else cls(2026, 1, 2)

    monkeypatch.setattr(datetime, "datetime", Clock)
    assert schedule.today() == DAY(2026, 1, 1)


@pytest.mark.parametrize(
    ("due", "last", "expected"),
    [
        pytest.param(4, None, 4, id="nothing-known"),
        pytest.param(1, Rotated(1, 1, 30), 1, id="the-same"),
        pytest.param(2, Rotated(1, 1, 30), 2, id="the-next"),
        pytest.param(5, Rotated(1, 1, 30), 2, id="periods-missed"),
        pytest.param(5, Rotated(2, 5, 30), 2, id="and-not-made-up-for"),
        pytest.param(6, Rotated(2, 5, 30), 3, id="the-one-after"),
        pytest.param(5, Rotated(2, 5, 30, finished=False), 2, id="interrupted"),
        pytest.param(9, Rotated(2, 5, 30, finished=False), 2, id="interrupted-and-missed"),
        pytest.param(4, Rotated(2, 5, 30), 4, id="a-later-first-day"),
        pytest.param(4, Rotated(2, 4, 90), 4, id="other-days"),
    ],
)
def test_which_generation_is_next(due: int, last: Rotated | None, expected: int) -> None:
    assert next_generation(due, 30, last) == expected


@given(st.lists(st.integers(0, 90), min_size=1, max_size=40), st.integers(1, 60), st.integers(0, 400))
def test_by_any_runs_of_a_job_the_generation_goes_up_by_one_and_once_in_a_period(
    pauses: list[int], every: int, start: int
) -> None:
    first = DAY(2026, 1, 1)
    today = first + datetime.timedelta(days=start)
    wanted = due(str(first), every, today).generation
    last = Rotated(wanted, wanted, every)
    for pause in pauses:
        today += datetime.timedelta(days=pause)
        wanted = due(str(first), every, today).generation
        now = next_generation(wanted, every, last)
        assert now - last.generation == (wanted > last.due)
        last = Rotated(now, wanted, every)
