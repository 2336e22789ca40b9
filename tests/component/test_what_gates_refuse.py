"""What each gate refuses, and what it lets through, by what the state had and what the program now says."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from s3io_user.component import gates
from s3io_user.component.gates import Gates
from s3io_user.keys.changes import Step, step_inputs
from s3io_user.keys.slots import PreviousKey

COMPONENT = "s3io-user:index:S3IOUser"
USER = "aws:iam/user:User"
KEY = "aws:iam/accessKey:AccessKey"
START = "urn:pulumi:stack::project::"
HERE, THERE = "arn:aws:iam::111122223333:user/old", "arn:aws:iam::444455556666:user/old"
ADOPTS_OLD = {"existingUser": "old"}


class Stage:
    """The gates of a program, the state that the engine tells them of, and the warnings."""

    def __init__(self) -> None:
        self.gates = Gates("site")
        self.state: dict[str, dict[str, Any]] = {}
        self.asked: list[bool] = []
        self.warnings: list[str] = []

    async def resources(self, *, maybe_none: bool = False) -> dict[str, dict[str, Any]]:
        self.asked.append(maybe_none)
        return self.state

    def _run(self, hook: Any, change: Any) -> None:
        answer = hook(change)
        if answer is not None:
            asyncio.run(answer)

    def update(self, old: Mapping[str, Any], new: Mapping[str, Any], name: str = "one", *, done: bool = True) -> None:
        """An update of a component by the hooks of one that adopts, after one that succeeded or did not."""
        outputs = {**old, "userName": old.get("existingUser") or old.get("userName") or "old"} if done else {}
        change = SimpleNamespace(urn=urn(name), name=name, old_inputs={**old}, new_inputs={**new}, old_outputs=outputs)
        for hook in self.gates.adopter.before_update or ():
            self._run(hook, change)

    def create(self, new: Mapping[str, Any], name: str = "two") -> None:
        """The creation of a component."""
        for hook in self.gates.adopter.before_create or ():
            self._run(hook, SimpleNamespace(urn=urn(name), name=name, old_inputs=None, new_inputs={**new}))

    def create_user(self, user: str, name: str = "one") -> None:
        """The creation of a component's user."""
        for hook in self.gates.user.before_create or ():
            self._run(hook, SimpleNamespace(urn=urn(name, USER), new_inputs={"name": user}))


def urn(name: str, child: str = "") -> str:
    return f"{START}{COMPONENT}{f'${child}' if child else ''}::{name}"


def made_here(name: str = "one", arn: str = HERE) -> dict[str, dict[str, Any]]:
    """A component that created the user ``old``."""
    user = {"type": USER, "outputs": {"name": "old", "arn": arn, "forceDestroy": True}}
    return {urn(name): {"type": COMPONENT, "outputs": {"userName": "old"}}, urn(name, USER): user}


def made_by_program(arn: str = HERE) -> dict[str, dict[str, Any]]:
    outputs = {"name": "old", "arn": arn, "forceDestroy": False}
    return {f"{START}{USER}::by-hand": {"type": USER, "outputs": outputs}}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(Gates, "_hook", lambda self, what, ask: ask)
    made = Stage()
    monkeypatch.setattr(gates, "resources_in_state", made.resources)
    monkeypatch.setattr(pulumi.log, "warn", made.warnings.append)
    return made


def keys(generation: int, previous: PreviousKey = PreviousKey.REMOVED, **step: Any) -> dict[str, Any]:
    return step_inputs(Step(generation, previous, **step))


@pytest.mark.parametrize(
    ("old", "new", "done", "said"),
    [
        pytest.param(keys(2), keys(3), True, None, id="raised"),
        pytest.param(keys(2), keys(2), False, None, id="as-it-was"),
        pytest.param(keys(2), keys(4), True, "must go up by one, or by another odd number", id="by-two"),
        pytest.param(keys(2), keys(1), True, "must not go down", id="down"),
        pytest.param(keys(2), keys(3), False, "must stay 2 until an update with it succeeds", id="before-it-is-done"),
        pytest.param({}, keys(4), True, None, id="of-a-version-that-kept-nothing"),
        pytest.param(keys(2, every_days=30), keys(4, every_days=30), True, "must go up by one", id="by-the-calendar"),
    ],
)
def test_a_step_that_would_delete_the_key_in_use(
    old: dict[str, Any], new: dict[str, Any], done: bool, said: str | None, stage: Stage
) -> None:
    if said is None:
        stage.update(old, new, done=done)
    else:
        with pytest.raises(ValueError, match=said):
            stage.update(old, new, done=done)
    assert (stage.asked, stage.warnings) == ([], [])


@pytest.mark.parametrize("previous", PreviousKey)
def test_a_raise_that_failed_is_taken_back_only_to_a_key_that_is_there(previous: PreviousKey, stage: Stage) -> None:
    stage.state = {urn("one", KEY) + "-a": {"type": KEY}}
    stage.update(keys(3, previous), keys(2, previous), done=False)
    stage.state = {urn("one", KEY) + "-b": {"type": KEY}}
    with pytest.raises(ValueError, match="the key of generation 2 was deleted; set it to 3 again"):
        stage.update(keys(3, previous), keys(2, previous), done=False)


def test_another_pgp_key_is_asked_of_the_key_that_exists_alone(stage: Stage) -> None:
    stage.update(keys(2), keys(2, pgp_key="new"))  # somebody deleted the key
    stage.state = {urn("one", KEY) + slot: {"type": KEY, "outputs": {}} for slot in ("-a", "-b")}
    with pytest.raises(ValueError, match="pgpKey: a key that exists keeps"):
        stage.update(keys(2), keys(2, pgp_key="new"))
    stage.update(keys(2), keys(3, pgp_key="new"))
    assert stage.asked == [False, False]


@pytest.mark.parametrize(
    ("old", "new", "warned"),
    [
        pytest.param({"every_days": 30}, {"every_days": 30}, True, id="the-same-days"),
        pytest.param({"every_days": 30}, {"every_days": 60}, False, id="other-days"),
        pytest.param({}, {"every_days": 30}, False, id="a-new-calendar"),
        pytest.param({}, {}, False, id="no-calendar"),
    ],
)
def test_a_preview_that_can_t_read_the_state_says_so_of_the_calendar_alone(
    old: dict[str, int], new: dict[str, int], warned: bool, stage: Stage
) -> None:
    stage.gates.state_unseen = True
    if warned:
        stage.update(keys(2, **old), keys(6, **new))
        assert "it finishes generation 2, or makes the next one" in stage.warnings[0]
    else:
        with pytest.raises(ValueError, match="must go up by one"):
            stage.update(keys(2, **old), keys(6, **new))


def test_another_spelling_of_the_name_is_refused(stage: Stage) -> None:
    with pytest.raises(ValueError, match="must stay 'Site' "):
        stage.update({"userName": "Site"}, {"userName": "site"})


@pytest.mark.parametrize("before", [{"userName": "Old"}, {}], ids=["named", "by-pulumi"])
@pytest.mark.parametrize("after", [{"userName": "new"}, {"existingUser": "new"}], ids=["made", "adopted"])
def test_a_user_that_this_update_deletes_at_its_end_is_not_adopted(
    before: dict[str, str], after: dict[str, str], stage: Stage
) -> None:
    stage.update(before, after)
    for user in ("old", "OLD"):
        with pytest.raises(ValueError, match=f"this stack created the user '{user}' as 'one'"):
            stage.create({"existingUser": user})


@pytest.mark.parametrize("after", [{"userName": "old"}, {"existingUser": "old"}, {}])
def test_a_user_that_is_kept_or_let_go_may_be_adopted(after: dict[str, str], stage: Stage) -> None:
    stage.update({"userName": "old"}, after)
    stage.create(ADOPTS_OLD)


def test_an_adopted_user_is_not_created(stage: Stage) -> None:
    stage.update(ADOPTS_OLD, {"userName": "Old"})
    with pytest.raises(ValueError, match="the user 'old' exists, and the stack adopted it"):
        stage.create_user("Old")
    stage.create_user("another")
    stage.create_user("Old", name="two")


def test_a_user_is_created_where_none_was_adopted(stage: Stage) -> None:
    stage.update({"userName": "old"}, {"userName": "new"})
    stage.create_user("new")


@pytest.mark.parametrize(
    ("old", "new"), [(ADOPTS_OLD, ADOPTS_OLD), ({"userName": "old"}, {"userName": "old"}), (ADOPTS_OLD, {})]
)
def test_without_another_adoption_the_state_is_not_asked(
    old: dict[str, str], new: dict[str, str], stage: Stage
) -> None:
    stage.state = made_here("another")
    stage.update(old, new)
    assert stage.asked == []


def test_a_user_that_the_stack_would_delete_is_not_adopted(stage: Stage) -> None:
    stage.state = made_here()
    with pytest.raises(ValueError, match="this stack created the user 'old' as 'one', and deletes it when"):
        stage.create(ADOPTS_OLD)
    with pytest.raises(ValueError, match="this stack created the user 'old' as 'one'"):
        stage.update({"existingUser": "other"}, ADOPTS_OLD, "two")
    # Where nothing is deployed yet, there may be no state; for an update there must be.
    assert stage.asked == [True, False]


def test_a_user_of_the_program_s_own_is_adopted_with_a_warning(stage: Stage) -> None:
    stage.state = made_by_program()
    stage.gates.adopts(component(), "three", made_by_program())
    stage.create(ADOPTS_OLD)
    (warning,) = stage.warnings
    assert f"pulumi state delete '{START}{USER}::by-hand'" in warning


@pytest.mark.parametrize("made", [made_here, made_by_program])
def test_a_user_of_that_name_in_another_account_is_another(
    made: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def arn(adopter: object, user: str) -> str:
        return THERE if adopter is elsewhere else HERE

    monkeypatch.setattr(gates, "user_arn", arn)
    elsewhere, here = component(), component()
    stage.state = made(arn=HERE)
    stage.gates.adopts(elsewhere, "two", {})
    stage.create(ADOPTS_OLD)
    assert stage.warnings == []
    # Two components of one name, in two accounts: it may be either.
    stage.gates.adopts(here, "two", {})
    if made is made_by_program:
        stage.create(ADOPTS_OLD)
        assert len(stage.warnings) == 1
    else:
        with pytest.raises(ValueError, match="this stack created the user 'old'"):
            stage.create(ADOPTS_OLD)


def component(provider: object = None) -> Any:
    return SimpleNamespace(get_provider=lambda token: provider)


def test_each_provider_is_asked_by_one_hook(stage: Stage) -> None:
    one, another = object(), object()
    first = stage.gates.right(component(one))
    assert stage.gates.right(component(one)) is first
    assert stage.gates.right(component(another)) is not first
    assert first.before_create == first.before_update
    assert len(first.before_create or ()) == 1
