"""Which changes of the generation are allowed, against a small engine that shows what each would do."""

import datetime
import re

import pytest

from s3io_user.keys import schedule
from s3io_user.keys.changes import Step, digest, is_taken_back, pgp_fault, step_fault, step_inputs, step_of
from s3io_user.keys.slots import PreviousKey
from tests.unit.keys.test_slots import FATES, account

REMOVED, ACTIVE = PreviousKey.REMOVED, PreviousKey.ACTIVE
TODAY = datetime.date(2026, 11, 28)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "today", lambda: TODAY)


@pytest.mark.parametrize(("old", "new"), [(old, new) for old in range(1, 7) for new in range(1, 10) if new > old])
@pytest.mark.parametrize("before", FATES, ids=lambda fate: fate.value)
@pytest.mark.parametrize("after", FATES, ids=lambda fate: fate.value)
def test_a_raise_is_refused_exactly_where_the_key_in_use_would_go_before_the_new_one_is_there(
    old: int, new: int, before: PreviousKey, after: PreviousKey
) -> None:
    user = account(old, before)
    in_use = user.current(old)
    user.up(new, after)
    made = user.current(new)
    kept = all(in_use in keys.values() or made in keys.values() for keys in user.moments)
    kept = kept and (after is REMOVED or in_use in user.keys.values())

    assert (step_fault(Step(old, before), Step(new, after), finished=True) is None) == kept


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(Step(2, ACTIVE), Step(4, ACTIVE), "must go up by one at a time while", id="jump-while-kept"),
        pytest.param(Step(2, REMOVED), Step(4, REMOVED), "must go up by one, or by another odd number", id="even"),
        pytest.param(Step(6, REMOVED), Step(1, REMOVED), "must not go down", id="down"),
    ],
)
def test_a_refusal_says_what_to_set(old: Step, new: Step, said: str) -> None:
    fault = step_fault(old, new, finished=True) or ""

    assert fault.startswith(said)
    assert f"(from {old.generation} to {new.generation})" in fault
    keep, rise = old.generation, old.generation + 1
    assert fault.endswith(f"set keyGeneration to {keep} to keep the key in use, or to {rise} to replace it")


@pytest.mark.parametrize("old", [2, 11, 40])
@pytest.mark.parametrize("every", [1, 30, 90, 3650])
def test_by_the_calendar_it_says_a_first_day_that_can_be_followed(old: int, every: int) -> None:
    fault = step_fault(Step(old, REMOVED), Step(1, REMOVED, every_days=every), finished=True) or ""
    keep, rise = (word for word in fault.split() if word.count("-") == 2)

    assert "set rotateFrom to" in fault
    for first, generation in ((keep, old), (rise, old + 1)):
        due = schedule.due(first, every, TODAY).generation
        assert due == generation
        assert step_fault(Step(old, REMOVED), Step(due, REMOVED, every_days=every), finished=True) is None


def test_after_missed_periods_the_first_days_that_it_says_can_be_followed() -> None:
    old = Step(2, REMOVED, every_days=30, due=5)
    fault = step_fault(old, Step(1, REMOVED, every_days=30), finished=True) or ""
    found = [schedule.due(first, 30, TODAY).generation for first in re.findall(r"\d{4}-\d\d-\d\d", fault)]

    assert found == [5, 6]
    assert [schedule.next_generation(due, 30, schedule.Rotated(2, 5, 30)) for due in found] == [2, 3]
    # With other days there is nothing missed any more.
    fault = step_fault(old, Step(1, REMOVED, every_days=90), finished=True) or ""
    assert [schedule.due(f, 90, TODAY).generation for f in re.findall(r"\d{4}-\d\d-\d\d", fault)] == [2, 3]


def test_a_first_day_before_all_days_is_not_advised() -> None:
    fault = step_fault(Step(9000, REMOVED), Step(1, REMOVED, every_days=3650), finished=True) or ""

    assert "set keyGeneration, in place of rotateEveryDays and rotateFrom, to 9000" in fault


@pytest.mark.parametrize("fate", FATES, ids=lambda fate: fate.value)
@pytest.mark.parametrize(
    ("new", "allowed"), [(1, False), (2, True), (3, True), (4, False), (6, False)]
)  # fmt: skip
def test_a_raise_that_did_not_go_through_is_repeated_or_taken_back(fate: PreviousKey, new: int, allowed: bool) -> None:
    fault = step_fault(Step(3, fate), Step(new, fate), finished=False)

    assert (fault is None) == allowed
    assert fault is None or fault.endswith("run pulumi up with 3 again, or set 2 to undo the raise")
    assert is_taken_back(Step(3, fate), Step(new, fate)) == (new == 2)


def test_where_there_is_no_key_none_can_be_lost() -> None:
    without = Step(3, REMOVED, has_key=False)

    assert step_fault(without, Step(1, REMOVED), finished=True) is None
    assert step_fault(Step(3, REMOVED), Step(1, REMOVED, has_key=False), finished=False) is None
    assert not is_taken_back(without, Step(2, REMOVED))
    assert not is_taken_back(Step(3, REMOVED), Step(2, REMOVED, has_key=False))


@pytest.mark.parametrize("before", [None, "keybase:example", "keybase:other"])
@pytest.mark.parametrize("after", [None, "keybase:example"])
def test_a_key_that_exists_keeps_its_pgp_key(before: str | None, after: str | None) -> None:
    made = {"id": "AKIAEXAMPLE"} if before is None else {"pgpKey": before}
    new = Step(2, ACTIVE, pgp_key=digest(after))
    fault = pgp_fault(made, new)

    assert (fault is None) == (before == after)
    assert fault is None or fault.endswith("leave pgpKey as it was, or also set keyGeneration to 3")
    assert pgp_fault(made, Step(2, ACTIVE, has_key=False, pgp_key=digest(after))) is None
    by_calendar = pgp_fault(made, Step(2, ACTIVE, every_days=30, pgp_key=digest(after)))
    assert fault is None or "or also set rotateFrom to 2026-" in str(by_calendar)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(Step(2, ACTIVE), id="key"),
        pytest.param(Step(2, ACTIVE, every_days=30), id="calendar"),
        pytest.param(Step(2, ACTIVE, has_key=False), id="no-key"),
        pytest.param(Step(2, ACTIVE, every_days=30, due=5), id="periods-missed"),
        pytest.param(Step(2, ACTIVE, pgp_key=digest("keybase:example")), id="pgp-key"),
    ],
)
def test_what_is_kept_comes_back_as_it_was(step: Step) -> None:
    over_the_wire = {key: float(value) if type(value) is int else value for key, value in step_inputs(step).items()}

    assert step_of(over_the_wire) == step


def test_the_state_keeps_nothing_that_says_nothing() -> None:
    assert step_inputs(Step(2, REMOVED, due=2)) == {"keyGeneration": 2, "previousKey": "removed"}
