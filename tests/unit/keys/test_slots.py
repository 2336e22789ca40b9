"""Rotation: the slots of each generation, and a small engine that proves what every allowed step keeps."""

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3io_user.keys.changes import Step, step_fault
from s3io_user.keys.slots import KeyStatus, PreviousKey, Slot, generation_fault, slots

ACTIVE, INACTIVE = KeyStatus.ACTIVE, KeyStatus.INACTIVE
REMOVED, KEPT_OFF, KEPT_ON = PreviousKey.REMOVED, PreviousKey.INACTIVE, PreviousKey.ACTIVE
FATES = list(PreviousKey)


@pytest.mark.parametrize(
    ("generation", "fate", "status", "expected"),
    [
        pytest.param(1, REMOVED, ACTIVE, [("b", 1, ACTIVE)], id="first"),
        pytest.param(1, KEPT_ON, ACTIVE, [("b", 1, ACTIVE)], id="first-has-no-previous"),
        pytest.param(2, REMOVED, ACTIVE, [("a", 2, ACTIVE)], id="second"),
        pytest.param(2, KEPT_ON, ACTIVE, [("a", 2, ACTIVE), ("b", 1, ACTIVE)], id="both-on"),
        pytest.param(2, KEPT_OFF, ACTIVE, [("a", 2, ACTIVE), ("b", 1, INACTIVE)], id="previous-off"),
        pytest.param(3, KEPT_OFF, ACTIVE, [("b", 3, ACTIVE), ("a", 2, INACTIVE)], id="third"),
        pytest.param(3, KEPT_ON, INACTIVE, [("b", 3, INACTIVE), ("a", 2, INACTIVE)], id="both-off"),
        pytest.param(3, KEPT_OFF, INACTIVE, [("b", 3, INACTIVE), ("a", 2, INACTIVE)], id="all-off"),
        pytest.param(3, REMOVED, INACTIVE, [("b", 3, INACTIVE)], id="one-off"),
    ],
)
def test_the_slots_of_a_generation(
    generation: int, fate: PreviousKey, status: KeyStatus, expected: list[tuple[str, int, KeyStatus]]
) -> None:
    assert slots(generation, fate, status) == tuple(Slot(*slot) for slot in expected)


@given(st.integers(1, 10_000), st.sampled_from(FATES), st.sampled_from(list(KeyStatus)))
def test_there_are_one_or_two_slots_apart_and_the_current_one_is_first(
    generation: int, fate: PreviousKey, status: KeyStatus
) -> None:
    made = slots(generation, fate, status)

    assert made[0] == Slot(made[0].name, generation, status)
    assert len({slot.name for slot in made}) == len(made) <= 2
    assert len(made) == (1 if fate is REMOVED or generation == 1 else 2)
    assert status is ACTIVE or all(slot.status is INACTIVE for slot in made)


# ---- the engine's part -----------------------------------------------------------------------------------------------


@dataclass
class Account:
    """A user's keys in AWS and the state that holds them: what an update makes of them, moment by moment.

    As the real engine and provider do (measured): a changed trigger replaces a slot's key, the old one deleted
    first; the current key's slot comes before the previous one's, which depends on it; what the program has no more
    is deleted at the end; a status changes in place.
    """

    state: dict[str, Slot] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    """In AWS: the ID of the key in each slot, which no other key ever had."""
    moments: list[dict[str, int]] = field(default_factory=list)
    made: int = 0

    def up(self, generation: int, fate: PreviousKey) -> None:
        self.moments = [dict(self.keys)]
        wanted = slots(generation, fate)
        for slot in wanted:
            before = self.state.get(slot.name)
            if before is not None and before.generation != slot.generation:
                self._delete(slot.name)
            if slot.name not in self.keys:
                self._create(slot.name)
            self.state[slot.name] = slot
        for name in self.state.keys() - {slot.name for slot in wanted}:
            del self.state[name]
            self._delete(name)

    def current(self, generation: int) -> int:
        return next(self.keys[name] for name, slot in self.state.items() if slot.generation == generation)

    def _create(self, name: str) -> None:
        self.made += 1
        self.keys[name] = self.made
        self.moments.append(dict(self.keys))

    def _delete(self, name: str) -> None:
        del self.keys[name]
        self.moments.append(dict(self.keys))


def account(generation: int, fate: PreviousKey) -> Account:
    made = Account()
    made.up(generation, fate)
    return made


@pytest.mark.parametrize("fates", list(itertools.product(FATES, FATES)), ids=lambda f: f"{f[0].value}-{f[1].value}")
@pytest.mark.parametrize("old", range(1, 7))
def test_a_step_by_one_keeps_the_key_in_use_until_the_new_one_exists(
    old: int, fates: tuple[PreviousKey, PreviousKey]
) -> None:
    before, after = fates
    user = account(old, before)
    in_use = user.current(old)
    user.up(old + 1, after)
    new = user.current(old + 1)

    assert step_fault(Step(old, before), Step(old + 1, after), finished=True) is None
    assert new != in_use
    assert all(len(keys) <= 2 for keys in user.moments)
    assert all(in_use in keys.values() or new in keys.values() for keys in user.moments)
    # It goes only where it is to be removed, and then last.
    gone = [moment for moment, keys in enumerate(user.moments) if in_use not in keys.values()]
    assert gone == ([len(user.moments) - 1] if after is REMOVED else [])
    assert len(user.keys) == (1 if after is REMOVED else 2)


@pytest.mark.parametrize("fates", list(itertools.product(FATES, FATES)), ids=lambda f: f"{f[0].value}-{f[1].value}")
@pytest.mark.parametrize("generation", range(1, 7))
def test_another_fate_leaves_the_key_in_use_as_it_is(generation: int, fates: tuple[PreviousKey, PreviousKey]) -> None:
    user = account(generation, fates[0])
    in_use = user.current(generation)
    user.up(generation, fates[1])

    assert all(in_use in keys.values() and len(keys) <= 2 for keys in user.moments)
    user.up(generation, fates[1])
    assert len(user.moments) == 1, "a second update changes nothing"


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(FATES)), min_size=1, max_size=12))
def test_a_life_of_steps_never_has_more_than_two_keys_nor_none(life: list[tuple[int, PreviousKey]]) -> None:
    generation, user = 1, account(1, REMOVED)
    for step, fate in life:
        in_use = user.current(generation)
        generation += step
        user.up(generation, fate)
        assert all(1 <= len(keys) <= 2 for keys in user.moments)
        assert all(in_use in keys.values() for keys in user.moments[:-1])


@pytest.mark.parametrize("generation", [1, 2, 1.0, 2.0, 10**9])
def test_a_generation_is_good(generation: object) -> None:
    assert generation_fault(generation) is None


@pytest.mark.parametrize(
    "generation", [0, -1, 0.0, 1.5, True, False, "1", None, [1], float("inf"), float("-inf"), float("nan")], ids=repr
)
def test_a_generation_is_not(generation: object) -> None:
    assert generation_fault(generation) == f"must be a whole number from 1 (got {generation!r})"
