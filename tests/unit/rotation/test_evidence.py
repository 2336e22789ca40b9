"""When an old key may go: every answer that AWS gives of the use of two keys."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from s3io_user.aws.users import KeyInfo, KeyUses
from s3io_user.rotation.evidence import QUIET_FOR, SHORTEST, in_use, read_duration, weigh

HOUR = timedelta(hours=1)
DELIVERED = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
OLD, NEW = "AKIAOLDEXAMPLE", "AKIANEWEXAMPLE"
THE_OLD = KeyInfo(OLD, "Active", DELIVERED - 1000 * HOUR, DELIVERED - HOUR, "s3")
THE_NEW = KeyInfo(NEW, "Active", DELIVERED - HOUR, DELIVERED + HOUR, "s3")


def waits(old: KeyInfo | None, new: KeyInfo | None, after: float = 49, *, delivered: datetime = DELIVERED) -> list[str]:
    """What the old key waits for, so many hours after the delivery, if it must be quiet for 48 hours."""
    keys = tuple(key for key in (old, new) if key)
    return list(weigh(OLD, NEW, delivered, KeyUses(keys, DELIVERED + after * HOUR), 48 * HOUR))


def test_it_goes_when_the_new_one_was_used_and_the_old_one_was_not() -> None:
    assert waits(THE_OLD, THE_NEW) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param({}, {"last_used": None, "service": None}, "has not seen the new key", id="never-used"),
        pytest.param(
            {}, {"last_used": DELIVERED - HOUR / 2}, "has not seen the new key", id="used-before-by-our-check"
        ),
        pytest.param({}, {"last_used": DELIVERED}, "has not seen the new key", id="used-in-the-same-second"),
        pytest.param({}, {"service": "sts"}, "used with sts alone", id="asked-who-it-is"),
        pytest.param({}, {"service": None}, "does not say with which service", id="no-service"),
        pytest.param({}, {"status": "Inactive"}, "is Inactive in AWS", id="new-one-inactive"),
        pytest.param(
            {"last_used": DELIVERED + 2 * HOUR}, {}, "was last used on 2026-11-01 14:00 UTC", id="old-one-used"
        ),
    ],
)
def test_it_stays_without_evidence(old: dict[str, object], new: dict[str, object], said: str) -> None:
    (only,) = waits(replace(THE_OLD, **old), replace(THE_NEW, **new))  # type: ignore[arg-type]
    assert said in only


def test_it_stays_until_it_was_quiet_for_long_enough() -> None:
    assert waits(THE_OLD, THE_NEW, 47.9) == [
        f"the old key, {OLD}, has not been used since the delivery: it can go if it stays unused until "
        "2026-11-03 12:00 UTC"
    ]
    never = replace(THE_OLD, last_used=None, service=None)
    assert (len(waits(never, THE_NEW, 47.9)), waits(never, THE_NEW, 48)) == (1, [])
    late = replace(THE_OLD, last_used=DELIVERED + 2 * HOUR)
    assert waits(late, THE_NEW, 49.9) != []
    assert waits(late, THE_NEW, 50) == []


def test_what_is_quiet_long_enough_unless_you_say_otherwise_is_what_the_page_says() -> None:
    """As docs/rotation.md explains both."""
    assert (QUIET_FOR, SHORTEST) == (48 * HOUR, 4.25 * HOUR)


def test_all_that_it_waits_for_is_said() -> None:
    never = replace(THE_NEW, last_used=None, service=None)
    assert len(waits(THE_OLD, never, 1)) == 2


@pytest.mark.parametrize("after", [0, 49])
def test_an_old_key_that_nobody_can_use_goes(after: float) -> None:
    unused = replace(THE_NEW, last_used=None, service=None)
    assert waits(replace(THE_OLD, status="Inactive"), unused, after) == []
    assert waits(None, unused, after) == []


def test_it_stays_where_the_new_one_is_gone() -> None:
    assert waits(THE_OLD, None) == [f"the new key, {NEW}, is not there in AWS"]


def test_a_note_of_a_delivery_before_the_new_key_existed_does_not_shorten_the_wait() -> None:
    long_ago = DELIVERED - 5000 * HOUR
    assert waits(THE_OLD, THE_NEW, 46.9, delivered=long_ago) == [
        f"the old key, {OLD}, has not been used since the delivery: it can go if it stays unused until "
        "2026-11-03 11:00 UTC"
    ]
    busy = replace(THE_OLD, last_used=DELIVERED + 48 * HOUR)
    assert waits(busy, THE_NEW, 49, delivered=long_ago) != []


def test_a_note_of_a_delivery_in_the_future_only_waits() -> None:
    assert len(waits(THE_OLD, THE_NEW, delivered=DELIVERED + 1000 * HOUR)) == 2


@pytest.mark.parametrize(
    ("status", "used", "said"),
    [("Active", 1, True), ("Active", 49, False), ("Active", None, False), ("Inactive", 1, False)],
)
def test_a_key_is_in_use_if_it_works_and_was_used_lately(status: str, used: float | None, said: bool) -> None:
    key = replace(THE_OLD, status=status, last_used=None if used is None else DELIVERED - used * HOUR)
    assert in_use(key, DELIVERED, 48 * HOUR) is said


def test_a_new_key_counts_as_in_use_though_aws_has_not_seen_it_yet() -> None:
    assert in_use(replace(THE_OLD, created=DELIVERED - HOUR, last_used=None), DELIVERED, 48 * HOUR)


@pytest.mark.parametrize(
    ("text", "hours"), [("48h", 48), ("2d", 48), ("1d12h", 36), ("90m", 1.5), ("0s", 0), ("1w", 168)]
)
def test_durations(text: str, hours: float) -> None:
    assert read_duration(text) == hours * HOUR


@pytest.mark.parametrize("text", ["", "48", "h", "48 h", "-1h", "1.5h", "48H", "1y", "9999999d", "999999w", 48, None])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match=r"must be (a duration such as 48h, 7d or 90m|at most 3650 days) \(got "):
        read_duration(text)
