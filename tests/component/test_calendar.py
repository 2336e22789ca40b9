"""Rotation by the calendar, under mocks: what the state says of the last one, and what is noted of the next."""

import asyncio
import datetime
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from s3io_user import InputError, S3IOUser, S3IOUserArgs
from s3io_user.component import user
from s3io_user.component.calendar import last_rotation
from s3io_user.keys import schedule
from s3io_user.keys.schedule import Rotated
from s3io_user.testing import Deployment, deploy

COMPONENT, KEY, STASH = "s3io-user:index:S3IOUser", "aws:iam/accessKey:AccessKey", "pulumi:index:Stash"
STACK = "urn:pulumi:test::s3io-user::"
FINISHED = {"keyGeneration": 2.0, "previousKey": "removed", "rotateEveryDays": 30.0}
LAGGING = {**FINISHED, "dueGeneration": 5.0}
NOTED = {"generation": 3.0, "due": 6.0, "every": 30.0}


def state(component: dict[str, Any] | None, noted: Any = None, name: str = "site") -> dict[str, Any]:
    """A state as the engine hands it over: numbers as floats."""
    made = {} if component is None else {f"{STACK}{COMPONENT}::{name}": {"type": COMPONENT, "outputs": component}}
    urn = f"{STACK}{COMPONENT}${STASH}::{name}-calendar"
    return made if noted is None else {**made, urn: {"type": STASH, "outputs": {"input": noted, "output": noted}}}


@pytest.mark.parametrize(
    ("held", "last"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param(state(FINISHED), Rotated(2, 2, 30), id="finished"),
        pytest.param(state(LAGGING), Rotated(2, 5, 30), id="finished-after-missed-periods"),
        pytest.param(state(FINISHED, NOTED), Rotated(2, 2, 30), id="what-went-through-counts-first"),
        pytest.param(state({}, NOTED), Rotated(3, 6, 30, finished=False), id="interrupted"),
        pytest.param(state({}), None, id="interrupted-before-it-noted-anything"),
        pytest.param(state({}, {"generation": 3.0}), None, id="another-note"),
        pytest.param(state({}, "later"), None, id="no-note"),
        pytest.param(state({"keyGeneration": 2.0, "previousKey": "removed"}), None, id="not-by-the-calendar"),
        pytest.param(state(FINISHED, name="blog"), None, id="another-component"),
        pytest.param(
            {**state(FINISHED), f"{STACK}x:y:Z${COMPONENT}::site": {"type": COMPONENT, "outputs": FINISHED}},
            None,
            id="two-of-the-name",
        ),
    ],
)
def test_what_the_state_says_of_the_last_rotation(held: dict[str, Any], last: Rotated | None) -> None:
    assert last_rotation("site", held) == last


def make(
    days: int, held: dict[str, Any], *, outputs: dict[str, Any] | None = None, preview: bool = False
) -> Deployment:
    args: S3IOUserArgs = {
        "rotate_every_days": 30,
        "rotate_from": str(schedule.today() - datetime.timedelta(days=days)),
        "previous_key": "active",  # type: ignore[typeddict-item]
    }
    calls = {
        "pulumi:pulumi:readStackOutputs": lambda asked: {"outputs": outputs or {}},
        "pulumi:pulumi:readStackResourceOutputs": lambda asked: {"outputs": held},
    }
    return deploy(lambda: S3IOUser("site", args), config={"aws:region": "eu-west-1"}, calls=calls, preview=preview)


def test_a_missed_period_is_one_rotation_and_is_noted_before_it_is_made() -> None:
    made = make(150, state(FINISHED))  # the sixth generation is due
    note = made.one(STASH)
    keys = {key.name: key.request.replacement_trigger.number_value for key in made.of(KEY)}

    assert keys == {"site-b": 3, "site-a": 2}
    assert note.inputs["input"] == {"generation": 3, "due": 6, "every": 30}
    assert note.urn in made.one(KEY, "site-b").request.dependencies
    assert made.one(COMPONENT).inputs["keyGeneration"] == 3
    assert made.one(COMPONENT).inputs["dueGeneration"] == 6


def test_the_first_time_the_calendar_alone_decides() -> None:
    made = make(150, {})
    assert made.one(STASH).inputs["input"] == {"generation": 6, "due": 6, "every": 30}
    assert "dueGeneration" not in made.one(COMPONENT).inputs


def test_a_preview_reads_the_state_only_where_there_is_one() -> None:
    """The engine would end at once."""
    unseen = make(150, state(FINISHED), preview=True)
    assert unseen.calls == ["pulumi:pulumi:readStackOutputs"]
    assert unseen.one(COMPONENT).inputs["keyGeneration"] == 6
    seen = make(150, state(FINISHED), outputs={"userName": "site"}, preview=True)
    assert seen.one(COMPONENT).inputs["keyGeneration"] == 3


def test_a_state_that_can_not_be_read_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise ValueError("can't read the stack's state: it is locked away")

    monkeypatch.setattr(user, "state_at_start", refuse)
    with pytest.raises(InputError, match="rotate_every_days: can't read the stack's state: it is locked away"):
        make(0, {})


@pytest.mark.parametrize(
    ("outputs", "days", "refused"),
    [
        pytest.param({}, 30, False, id="not-seen"),
        pytest.param({"userName": "site"}, 30, True, id="seen"),
        pytest.param({}, 90, True, id="another-calendar"),
        pytest.param({}, None, True, id="no-calendar-before"),
    ],
)
def test_a_preview_that_can_not_see_the_state_refuses_no_step_of_the_calendar_s(
    outputs: dict[str, Any], days: int | None, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks: dict[str, Any] = {}
    warned: list[str] = []
    original = pulumi.ResourceHook.__init__

    def note(self: pulumi.ResourceHook, name: str, func: Any, opts: Any = None) -> None:
        asks[name] = func
        original(self, name, func, opts)

    monkeypatch.setattr(pulumi.ResourceHook, "__init__", note)
    monkeypatch.setattr(pulumi.log, "warn", lambda line, *_: warned.append(line))
    old = {**FINISHED, "rotateEveryDays": days}
    new = {**FINISHED, "keyGeneration": 6.0, "rotateEveryDays": 30.0}
    make(150, state(FINISHED), outputs=outputs, preview=True)
    change = SimpleNamespace(name="site", old_inputs=old, new_inputs=new, old_outputs=old)
    asked = asks["keyGeneration"](change)
    if refused:
        with pytest.raises(ValueError, match="must go up by one"):
            asyncio.run(asked)
    else:
        asyncio.run(asked)
    assert any("can't tell which generation is next" in line for line in warned) is not refused
