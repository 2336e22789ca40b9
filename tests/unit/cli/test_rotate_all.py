"""`s3io-user rotate --all`: whose turn it is, in which order, what is left out, and what is never retired at once."""

import argparse
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from s3io_user import cli
from s3io_user.cli.commands import rotate
from s3io_user.cli.rotate_all import rotate_all
from s3io_user.errors import S3IOError
from s3io_user.inputs import project
from s3io_user.inputs.checks import resolve
from s3io_user.keys import schedule
from s3io_user.rotation import flow
from s3io_user.rotation.flow import End, Options, Outcome
from s3io_user.rotation.reads import StackReads
from s3io_user.rotation.runs import Steps
from s3io_user.rotation.state import NOTE, Note, Stage
from s3io_user.rotation.subject import Target
from s3io_user.stack.process import Interrupted
from tests import fake_pulumi
from tests.unit.fleet.states import component, exported


@dataclass
class Stack:
    """What a stack's config and state have, what fails, and whom it was asked to rotate."""

    users: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    resources: list[dict[str, Any]] = field(default_factory=list)
    many: bool = True
    fault: str | None = None
    fails: dict[str | None, BaseException] = field(default_factory=dict)
    rotated: list[str | None] = field(default_factory=list)

    def give(self, name: str, inputs: dict[str, Any] | None = None, *, deployed: bool = True, **state: Any) -> None:
        self.users[name] = inputs or {}
        if deployed:
            self.resources += component(name, inputs=state)

    def one(self, target: Target, _: StackReads) -> Steps[dict[str, Any]]:
        yield from ()
        self.rotated.append(target.user)
        if error := self.fails.get(target.user):
            raise error
        return {"user": target.user, "end": "new-key-made"}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    there = Stack()

    def read_project(*_: object) -> Any:
        config = {NOTE: json.dumps(there.notes)} if there.notes else {}
        users = {name: resolve(inputs) for name, inputs in there.users.items()}
        return SimpleNamespace(users=users, many=there.many, fault=there.fault, config=config)

    def read_export(*_: object) -> dict[str, Any]:
        own = {r["urn"].rsplit("::", 1)[-1]: r["outputs"] for r in there.resources if "userName" in r["outputs"]}
        outputs = {"users": own} if there.many else next(iter(own.values()))
        return exported({"urn": "s", "type": "pulumi:pulumi:Stack", "outputs": outputs}, *there.resources)

    monkeypatch.setattr(project, "read_project", read_project)
    monkeypatch.setattr(project, "read_export", read_export)
    return there


def run(there: Stack, **options: Any) -> int:
    chosen = {"stack": "prod", "cwd": None, "stacks_from": None, "all_stacks": False, "format": "text"}
    how = {"yes": True, "due": False, "dry_run": False, "deliver": None, "older_than": None}
    return rotate_all(argparse.Namespace(**{**chosen, **how, **options}), there.one)


def test_each_user_has_its_turn_also_one_whose_rotation_was_begun(stack: Stack) -> None:
    stack.give("blog")
    stack.give("shop", {"rotate_every_days": 30, "rotate_from": str(schedule.today())})
    stack.notes["shop"] = Note("shop", 2, "AKIASHOP1EXAMPLE", None).as_text()

    assert run(stack) == 0
    assert stack.rotated == ["blog", "shop"]


@pytest.mark.parametrize(
    ("stage", "given", "retire"),
    [
        pytest.param(None, {}, False, id="not-begun"),
        pytest.param(Stage.BEGUN, {}, False, id="no-new-key-yet"),
        pytest.param(Stage.STALE, {}, False, id="stale"),
        pytest.param(Stage.MADE, {}, True, id="made-by-an-earlier-run"),
        pytest.param(Stage.MADE, {"retire": False}, False, id="told-not-to"),
        pytest.param(Stage.RETIRED, {}, True, id="half-retired"),
        pytest.param(None, {"due": True}, True, id="by-evidence"),
        pytest.param(None, {"deliver": "command"}, True, id="delivered"),
    ],
)
def test_of_many_no_old_key_goes_in_the_run_that_creates_the_new_one(
    stage: Stage | None, given: dict[str, Any], retire: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Options] = []

    def flow_rotate(_: object, options: Options, *__: object) -> Steps[Outcome]:
        yield from ()
        seen.append(options)
        return Outcome(End.MADE)

    fake = SimpleNamespace(begun=lambda: stage and (None, stage), user="blog")
    monkeypatch.setattr(rotate, "Rotation", lambda *_: fake)
    monkeypatch.setattr(rotate, "_check_chosen", lambda *_: None)
    monkeypatch.setattr(rotate, "_options", lambda *_: Options(**given))
    monkeypatch.setattr(flow, "rotate", flow_rotate)
    args = argparse.Namespace(format="text")

    for _ in rotate._rotate(args, Target(), StackReads(), of_many=True):
        pass
    assert [options.retire for options in seen] == [retire]
    for _ in rotate._rotate(args, Target(), StackReads()):
        pass
    assert seen[1] == Options(**given), "alone, it is as it was told"


def test_the_only_user_is_rotated_under_no_name(stack: Stack) -> None:
    stack.many = False
    stack.give("site")

    assert run(stack) == 0
    assert stack.rotated == [None]


def test_one_that_fails_does_not_end_the_rest(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.give("blog")
    stack.give("shop")
    stack.fails["blog"] = S3IOError("there is no room for a new key")

    assert run(stack, format="json") == 1
    out, err = capsys.readouterr()
    assert stack.rotated == ["blog", "shop"]
    assert json.loads(out)["stacks"] == [
        {
            "stack": "prod",
            "folder": None,
            "users": [
                {"user": "blog", "error": "there is no room for a new key"},
                {"user": "shop", "end": "new-key-made"},
            ],
            "notLookedAt": None,
        }
    ]
    assert "blog in prod: not rotated: there is no room for a new key" in err
    assert "1 failed, 1 new-key-made" in err
    assert err.splitlines()[-1] == "s3io-user: failed, or not looked at: blog in prod"


def test_an_interrupt_ends_the_rest(stack: Stack) -> None:
    stack.give("blog")
    stack.give("shop")
    stack.fails["blog"] = Interrupted("run it again")

    with pytest.raises(Interrupted):
        run(stack)
    assert stack.rotated == ["blog"]


def test_only_what_is_due_is_rotated_and_the_rest_costs_nothing(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = (str(schedule.today() - timedelta(days=days)) for days in (31, 10))
    stack.give("old", {"rotate_every_days": 30, "rotate_from": old}, rotateEveryDays=30)
    stack.give("new", {"rotate_every_days": 30, "rotate_from": new}, rotateEveryDays=30)
    stack.give("ever")
    stack.give("idle", {"create_access_key": False})
    assert run(stack, due=True, yes=False) == 0
    err = capsys.readouterr().err

    assert stack.rotated == ["old"]
    assert "ever in prod: skipped: nothing says when its key is due" in err
    assert "idle in prod: skipped: it has no access key" in err


def test_a_key_is_due_by_its_age(stack: Stack) -> None:
    stack.give("blog")
    age = (datetime.now(timezone.utc) - datetime(2026, 1, 1, 10, tzinfo=timezone.utc)).days
    assert run(stack, due=True, older_than=age + 2) == 0
    assert stack.rotated == []
    assert run(stack, due=True, older_than=age) == 0
    assert stack.rotated == ["blog"]


def test_without_due_the_calendar_s_keys_and_users_that_are_not_there_yet_are_left_out(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.give("calendar", {"rotate_every_days": 30, "rotate_from": str(schedule.today())}, rotateEveryDays=30)
    stack.give("new", deployed=False)
    assert run(stack) == 0
    err = capsys.readouterr().err

    assert stack.rotated == []
    assert "calendar in prod: skipped: rotateEveryDays rotates its key: add --due" in err
    assert "new in prod: skipped: it is not deployed yet" in err
    assert "nothing was rotated" in err


def test_users_that_the_config_does_not_have_are_not_rotated(stack: Stack) -> None:
    stack.give("blog")
    del stack.users["blog"]
    with pytest.raises(S3IOError, match="the stack's config does not have its user blog"):
        run(stack)
    assert stack.rotated == []


def test_a_config_that_can_t_be_read_fails_its_stack_alone(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    stack.fault = "users.blog.access: must be one of …"
    Path("fleet.yaml").write_text("[{stack: dev}, {stack: prod}]")

    assert run(stack, stack=None, stacks_from="fleet.yaml") == 1
    err = capsys.readouterr().err
    assert "dev: not looked at: users.blog.access" in err
    assert err.splitlines()[-1] == "s3io-user: failed, or not looked at: dev, prod"


def test_nobody_to_ask_is_said_before_anything_is_read(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.give("blog")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(S3IOError, match="nobody can be asked here: add --yes, or --due"):
        run(stack, yes=False)
    assert stack.rotated == []


def test_the_command_refuses_one_user_and_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = fake_pulumi.install(tmp_path / "bin", monkeypatch)
    with pytest.raises(SystemExit) as end:
        cli.main(["rotate", "--all", "--user", "blog"])
    assert end.value.code == 2
    assert "--all takes every user: leave --user out" in capsys.readouterr().err
    assert fake.calls == []
