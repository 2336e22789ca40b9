"""`rotate --all`: the users of a stack share the runs of pulumi, and each ends as the state says."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli, tokens
from s3io_user.aws import users as aws_users
from s3io_user.aws.users import KeyInfo, KeyUses
from s3io_user.handover.credentials import is_unknown
from s3io_user.keys import schedule
from s3io_user.rotation import preview
from s3io_user.rotation import steps as rotation_steps
from s3io_user.rotation.state import NOTE
from s3io_user.stack import config as stack_config
from s3io_user.stack import pulumi_cli
from s3io_user.stack.process import Ended, Interrupted
from s3io_user.verify.expected import Check
from tests.fake_pulumi import changes_of

URN = "urn:pulumi:t::s3io-user::s3io-user:index:S3IOUser::"
STACK = "pulumi:pulumi:Stack"
SECRET = "wJalr/XUtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY"
ALL = ("rotate", "--all", "--yes", "--no-verify", "--format", "json")


def key_id(user: str, generation: int) -> str:
    return f"AKIA{user.upper()}{generation}EXAMPLE"


@dataclass
class Pulumi:
    """A stack of users, and the pulumi that works on it: an update makes what the config says."""

    file: Path
    keys: dict[str, dict[int, str]] = field(default_factory=dict)
    """Of each user, the status of its keys by generation."""
    finished: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    has_outputs: bool = True
    has_unknown_outputs: bool = False
    """Whether an update that fails for a user leaves outputs of it that are not known."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why no key is created for a user, and with ``invalid``, why even a preview fails."""
    invalid: dict[str, str] = field(default_factory=dict)
    undeletable: set[str] = field(default_factory=set)
    beside: str = ""
    """Why every update fails for something that is no user's, after it did what it could for the users."""
    fails: str = ""
    """Why every update fails before it does anything."""
    before_up: Callable[[], None] = lambda: None
    after_up: Callable[[], None] = lambda: None
    runs: list[list[str]] = field(default_factory=list)

    def give(self, *names: str, **inputs: Any) -> None:
        config = self.config
        for name in names:
            config.setdefault("s3io-user:users", {})[name] = {"userName": f"{name}-user", **inputs}
            self.keys[name] = {1: "Active"}
            self.finished[name] = {"keyGeneration": 1, "previousKey": "removed", **self.calendar(inputs)}
        self.file.write_text(json.dumps({"config": config}))

    @property
    def config(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text())["config"])

    @property
    def users(self) -> dict[str, dict[str, Any]]:
        return dict(self.config["s3io-user:users"])

    @property
    def notes(self) -> dict[str, Any]:
        return {user: json.loads(note) for user, note in self.config.get(NOTE, {}).items()}

    def of(self, command: str) -> list[list[str]]:
        return [argv for argv in self.runs if argv[0] == command]

    def __call__(self, argv: list[str], *_: object, given: str | None = None, out: Any = None, **__: Any) -> Ended:
        self.runs.append(list(argv))
        answer = getattr(self, f"_{argv[0]}")(list(argv), given)
        code, printed, complaint = answer if isinstance(answer, tuple) else (0, answer, "")
        return Ended(code, printed, complaint)

    def _config(self, argv: list[str], _: object) -> Any:
        if argv[1] == "--json":
            entries = {k: {"value": v if isinstance(v, str) else json.dumps(v)} for k, v in self.config.items()}
            return json.dumps(entries)
        file = Path(argv[argv.index("--config-file") + 1]) if "--config-file" in argv else self.file
        config = json.loads(file.read_text())["config"]
        for key, value in changes_of(argv):
            *path, last = [part or quoted for quoted, part in re.findall(r'\["(.*?)"\]|\.?([^.\[]+)', key)]
            at = config
            for part in path:
                at = at.setdefault(part, {})
            if value is None:
                at.pop(last, None)
            else:
                at[last] = int(value) if value.isdigit() else value
        file.write_text(json.dumps({"config": config}))
        return ""

    def _stack(self, argv: list[str], _: object) -> str:
        if argv[1] == "--show-name":
            return "t\n"
        if argv[1] == "output":
            return json.dumps(self.outputs(SECRET))
        outputs = self.outputs({tokens.MARK_OF_A_SECRET: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"})
        resources: list[dict[str, Any]] = [{"urn": "urn:pulumi:t::p::s", "type": STACK, "outputs": outputs}]
        for name, keys in self.keys.items():
            finished = self.finished[name]
            outputs = {"userName": f"{name}-user", **finished} if finished else {}
            kept = finished or {"keyGeneration": self.generation(name)}
            resources.append({"urn": URN + name, "type": tokens.COMPONENT, "inputs": kept, "outputs": outputs})
            resources += [
                {
                    "urn": f"{URN}{name}$k{generation}",
                    "type": tokens.ACCESS_KEY,
                    "parent": URN + name,
                    "id": key_id(name, generation),
                    "replacementTrigger": generation,
                    "inputs": {"user": f"{name}-user"},
                    "outputs": {"createDate": "2026-01-01T00:00:00Z", "status": status},
                }
                for generation, status in keys.items()
            ]
        return json.dumps({"deployment": {"resources": resources}})

    def outputs(self, secret: Any) -> dict[str, Any]:
        users = {
            name: {
                "userName": f"{name}-user",
                "accessKeyId": tokens.UNKNOWN if self.is_unknown(name) else key_id(name, max(keys)),
                "buckets": [],
                "secretAccessKey": secret,
            }
            for name, keys in self.keys.items()
        }
        return {"users": users} if self.has_outputs else {}

    def is_unknown(self, name: str) -> bool:
        return self.has_unknown_outputs and self.finished[name] is None

    def generation(self, name: str, config: dict[str, Any] | None = None) -> int:
        inputs = (config or self.config)["s3io-user:users"][name]
        return 2 if self.calendar(inputs) else int(inputs.get("keyGeneration", 1))

    @staticmethod
    def calendar(inputs: dict[str, Any]) -> dict[str, Any]:
        """What the state keeps of a user whose second generation is due by the calendar; nothing of another."""
        return {"rotateEveryDays": float(inputs["rotateEveryDays"])} if "rotateEveryDays" in inputs else {}

    def _targets(self, argv: list[str]) -> list[str]:
        urns = [argv[i + 1] for i, part in enumerate(argv) if part == "--target"]
        return [urn.removeprefix(URN) for urn in urns] or list(self.keys)

    def _preview(self, argv: list[str], _: object) -> Any:
        config = json.loads(Path(argv[argv.index("--config-file") + 1]).read_text())["config"]
        steps = []
        for name in self._targets(argv):
            if (generation := self.generation(name, config)) not in self.keys[name]:
                if error := self.invalid.get(name):
                    diagnostics = [{"severity": "error", "message": error}]
                    return 255, json.dumps({"steps": [], "diagnostics": diagnostics}), ""
                new = {"type": tokens.ACCESS_KEY, "parent": URN + name, "replacementTrigger": generation}
                steps.append({"op": "create", "urn": f"{URN}{name}$k{generation}", "newState": new})
                policy = {"type": "aws:iam/userPolicy:UserPolicy", "parent": URN + name}
                steps.append({"op": "update", "urn": f"{URN}$policy::{name}-policy", "newState": policy})
        return json.dumps({"steps": steps})

    def _up(self, argv: list[str], _: object) -> Any:
        self.before_up()
        if self.fails:
            return 255, f"x\nDiagnostics:\n  a:\n    error: {self.fails}\n", ""
        errors, targets = [], self._targets(argv)
        for name in self.keys:
            raised = self.generation(name) not in self.keys[name]
            if name not in targets:
                if raised:
                    errors.append(f"'{name}' was not updated to the end")
                continue
            if raised and (error := self.refused.get(name)):
                errors.append(error)
                self.finished[name] = None
                continue
            inputs = self.users[name]
            self.keys[name].setdefault(self.generation(name), "Active")
            kept = {"keyGeneration": self.generation(name), "previousKey": inputs.get("previousKey", "removed")}
            self.finished[name] = {**kept, **self.calendar(inputs)}
        errors += [self.beside] if self.beside else []
        self.has_outputs = not errors or self.has_unknown_outputs
        if not errors:  # the engine deletes nothing for a program that failed
            for name in targets:
                if (self.finished[name] or {}).get("previousKey") == "removed":
                    old = [generation for generation in self.keys[name] if generation < self.generation(name)]
                    if old and name in self.undeletable:
                        errors.append(f"{name}: DeleteConflict")
                        continue
                    for generation in old:
                        del self.keys[name][generation]
        self.after_up()
        return (255, "x\nDiagnostics:\n  a:\n    error: " + "; ".join(errors) + "\n", "") if errors else ""


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pulumi:
    (tmp_path / "Pulumi.yaml").write_text("name: s3io-user\nruntime: python\n")
    (tmp_path / "Pulumi.t.yaml").write_text('{"config": {}}')
    made = Pulumi(tmp_path / "Pulumi.t.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pulumi_cli, "_run", made)
    monkeypatch.setattr(pulumi_cli, "forbid_core_dumps", lambda: None)
    monkeypatch.setattr(aws_users, "keys_of", lambda access, user: [])
    return made


@dataclass
class Ran:
    code: int
    users: dict[str, dict[str, Any]]
    err: str

    @property
    def ends(self) -> dict[str, str]:
        return {name: user.get("end", "failed") for name, user in self.users.items()}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def ran(*argv: str) -> Ran:
        code = cli.main([*ALL, *argv])
        out, err = capsys.readouterr()
        (stack,) = json.loads(out)["stacks"]
        return Ran(code, {user["user"]: user for user in stack["users"]}, err)

    return ran


Run = Callable[..., Ran]


@pytest.mark.parametrize("count", [2, 20])
def test_updates_and_previews_do_not_grow_with_users(pulumi: Pulumi, run: Run, count: int) -> None:
    names = [f"u{number:02}" for number in range(count)]
    pulumi.give(*names)
    assert run().ends == dict.fromkeys(names, "new-key-made")
    assert {name: set(keys) for name, keys in pulumi.keys.items()} == {name: {1, 2} for name in names}
    reads = [argv for argv in pulumi.runs if argv[:2] in (["stack", "output"], ["stack", "export"])]
    assert (len(pulumi.of("preview")), len(pulumi.of("up")), len(reads)) == (1, 1, 2)
    assert [argv[1] for argv in pulumi.of("config")] == ["--json", "set-all", "set-all"]
    assert set(pulumi.notes) == set(names)

    pulumi.runs.clear()
    assert run().ends == dict.fromkeys(names, "retired")
    assert pulumi.keys == {name: {2: "Active"} for name in names}
    assert (len(pulumi.of("preview")), len(pulumi.of("up"))) == (0, 1)
    assert [argv[1] for argv in pulumi.of("config")] == ["--json", "set-all", "set-all", "rm-all", "rm-all"]
    assert pulumi.notes == {}
    assert {each.get("previousKey") for each in pulumi.users.values()} == {None}


def test_users_may_be_named_as_the_parts_of_a_note(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("generation", "user")
    run()
    assert run().ends == {"generation": "retired", "user": "retired"}
    assert pulumi.notes == {}


def test_only_those_to_rotate_are_targets(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    pulumi.give("idle", createAccessKey=False)
    run()
    for argv in [*pulumi.of("preview"), *pulumi.of("up")]:
        assert pulumi._targets(argv) == ["blog", "shop"]
        assert "--target-dependents" in argv
    assert ["--continue-on-error" in argv for argv in pulumi.of("up")] == [True]


@pytest.mark.parametrize("names", [["full"], ["blog", "full"]])
def test_outputs_that_a_failed_update_did_not_know_are_completed(pulumi: Pulumi, run: Run, names: list[str]) -> None:
    pulumi.give(*names)
    pulumi.refused["full"], pulumi.has_unknown_outputs = "LimitExceeded", True
    assert run().ends["full"] == "failed"
    assert len(pulumi.of("up")) == 2
    assert not is_unknown(pulumi.outputs(SECRET))
    assert pulumi.users["full"] == {"userName": "full-user", "keyGeneration": 1}


def test_to_each_its_own_changes_are_said(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    said = run("--dry-run").err
    assert re.findall(r"the update also changes: (.*)", said) == [
        f"update {name}-policy (aws:iam/userPolicy:UserPolicy)" for name in ("blog", "shop")
    ]
    assert [each.split(": ")[0] for each in said.splitlines() if "Rotation of" in each] == ["blog", "shop"]
    assert pulumi.of("up") == []


def test_one_that_is_not_finished_and_not_rotated_makes_it_a_whole_update(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    pulumi.give("idle", createAccessKey=False)
    pulumi.finished["idle"] = None
    run()
    assert not any("--target" in argv for argv in pulumi.runs)


def test_where_there_is_no_room_one_is_left_out_and_the_rest_is_rotated(
    pulumi: Pulumi, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = KeyInfo("AKIABYHANDEXAMPLE", "Active", datetime.now(timezone.utc), None)
    monkeypatch.setattr(aws_users, "keys_of", lambda access, user: [by_hand] if user == "full-user" else [])
    pulumi.give("blog", "full", "shop")
    ran = run()
    assert ran.code == 1
    assert ran.ends == {"blog": "new-key-made", "full": "failed", "shop": "new-key-made"}
    assert "AKIABYHANDEXAMPLE" in ran.users["full"]["error"]
    assert set(pulumi.notes) == {"blog", "shop"}
    assert pulumi.users["full"] == {"userName": "full-user"}


@pytest.mark.parametrize("bad", [{"u00"}, {"u07"}, {"u03", "u12"}, {"u14", "u15"}])
def test_those_that_can_t_be_previewed_are_left_out(pulumi: Pulumi, run: Run, bad: set[str]) -> None:
    names = [f"u{number:02}" for number in range(16)]
    pulumi.give(*names)
    pulumi.invalid = {name: f"{name} is invalid" for name in bad}
    ran = run()
    assert {name for name, end in ran.ends.items() if end == "failed"} == bad
    assert all(f"{name} is invalid" in ran.users[name]["error"] for name in bad)
    assert len(pulumi.of("up")) == 1
    assert set(pulumi.notes) == set(names) - bad


def test_where_every_preview_fails_it_gives_up_soon(pulumi: Pulumi, run: Run) -> None:
    names = [f"u{number:03}" for number in range(100)]
    pulumi.give(*names)
    pulumi.invalid = dict.fromkeys(names, "the credentials are expired")
    ran = run()
    assert set(ran.ends.values()) == {"failed"}
    assert len(pulumi.of("preview")) < 20
    assert (pulumi.of("up"), pulumi.notes) == ([], {})


# ---- an update that fails --------------------------------------------------------------------------------------------


def test_one_key_that_can_t_be_created_does_not_hold_up_the_rest(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "full", "shop", previousKey="inactive")
    pulumi.refused["full"] = "LimitExceeded: AccessKeysPerUser: 2"
    ran = run()
    assert ran.ends == {"blog": "new-key-made", "full": "failed", "shop": "new-key-made"}
    assert "pulumi up failed: LimitExceeded" in ran.users["full"]["error"]
    assert "No new key was created, the old one works, and the stack's config is set back" in ran.users["full"]["error"]
    assert len(pulumi.of("up")) == 2, "the second one gives the stack its outputs"
    assert set(pulumi.notes) == {"blog", "shop"}
    assert pulumi.users["full"]["previousKey"] == "inactive"
    assert pulumi.generation("full") == 1
    assert pulumi.keys["full"] == {1: "Active"}

    again = run()
    assert again.ends == {"blog": "retired", "full": "failed", "shop": "retired"}
    pulumi.refused.clear()
    assert run().ends["full"] == "new-key-made"


def test_an_update_that_does_nothing_takes_back_what_was_written(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    pulumi.fails = "the stack is locked"
    ran = run()
    assert (ran.code, ran.ends) == (1, {"blog": "failed", "shop": "failed"})
    assert len(pulumi.of("up")) == 1
    assert pulumi.notes == {}
    assert {pulumi.generation(name) for name in pulumi.users} == {1}
    pulumi.fails = ""
    assert set(run().ends.values()) == {"new-key-made"}


@pytest.mark.parametrize("retiring", [False, True])
def test_where_the_stack_is_locked_nothing_is_taken_back(pulumi: Pulumi, run: Run, retiring: bool) -> None:
    pulumi.give("blog", "shop")
    if retiring:
        run()
    succeeds, locked = pulumi._up, "error: the stack is currently locked by 1 lock(s).\n"
    pulumi._up = lambda *_: (255, "", locked)  # type: ignore[method-assign]
    pulumi.runs.clear()
    ran = run()
    assert (ran.code, set(ran.ends.values()), len(pulumi.of("up"))) == (1, {"failed"}, 1)
    assert "is locked by another update" in ran.users["blog"]["error"]
    # Another run may be rotating the same keys, by the same config.
    assert {note["retiring"] for note in pulumi.notes.values()} == {retiring}
    assert {pulumi.generation(name) for name in pulumi.users} == {2}
    pulumi._up = succeeds  # type: ignore[method-assign]
    assert set(run().ends.values()) == {"retired" if retiring else "new-key-made"}


def test_a_key_that_was_created_in_spite_of_the_failure_is_never_taken_back(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    fails_with = pulumi._up

    def unfinished(argv: list[str], _: object) -> Any:
        fails_with(argv, _)
        pulumi.finished["shop"] = None  # its secret was not stored
        pulumi.has_outputs = False
        return 255, "x\nDiagnostics:\n  a:\n    error: the store is gone\n", ""

    pulumi._up = unfinished  # type: ignore[method-assign]
    ran = run()
    assert ran.ends == {"blog": "failed", "shop": "failed"}, "no outputs: nothing can be proved or delivered"
    assert f"The new key, {key_id('shop', 2)}, exists beside the old one" in ran.users["shop"]["error"]
    assert ran.users["blog"]["error"].startswith(
        "pulumi up failed: the store is gone. Correct that, then run s3io-user rotate"
    )
    assert pulumi.generation("shop") == 2
    assert set(pulumi.notes) == {"blog", "shop"}

    pulumi._up = fails_with  # type: ignore[method-assign]
    pulumi.has_outputs = True
    assert run().ends == {"blog": "retired", "shop": "retired"}


def test_where_the_state_can_t_be_read_after_a_failure_nothing_is_set_back(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    pulumi.fails = "the connection is lost"

    def lose() -> None:
        pulumi._stack = lambda *_: (255, "", "error: no state\n")  # type: ignore[method-assign,assignment]

    pulumi.before_up = lose
    ran = run()
    assert (ran.code, ran.ends) == (1, {"blog": "failed", "shop": "failed"})
    assert "pulumi up failed: the connection is lost" in ran.err
    assert set(pulumi.notes) == {"blog", "shop"}


def test_one_that_only_the_second_update_finished_is_left_to_the_next_run(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    succeeds = pulumi._up

    def fails_once(argv: list[str], _: object) -> Any:
        succeeds(argv, _)
        if len(pulumi.of("up")) > 1:
            return ""
        pulumi.finished["shop"] = None
        return 255, "x\nDiagnostics:\n  a:\n    error: the store is gone\n", ""

    pulumi._up = fails_once  # type: ignore[method-assign]
    ran = run()
    assert ran.ends == {"blog": "new-key-made", "shop": "failed"}
    assert "exists beside the old one. Run s3io-user rotate again" in ran.users["shop"]["error"]
    assert run().ends == {"blog": "retired", "shop": "retired"}


def test_an_update_that_fails_for_what_is_no_user_s_does_not_end_well(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    pulumi.beside, pulumi.has_unknown_outputs = "a bucket of another name", True
    ran = run()
    assert ran.ends == {"blog": "new-key-made", "shop": "new-key-made"}
    assert (ran.code, "pulumi up failed: a bucket of another name" in ran.err) == (1, True)
    assert len(pulumi.of("up")) == 1, "another one would fail as well"


def test_one_user_alone_is_rotated_although_the_update_fails_for_another(
    pulumi: Pulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi.give("blog", "full", **CALENDAR)
    pulumi.refused["full"] = "LimitExceeded"
    pulumi.finished["full"] = None  # as an earlier update left it
    # The engine registers the outputs of a program of which something failed.
    pulumi.after_up = lambda: setattr(pulumi, "has_outputs", True)
    command = ["rotate", "--user", "blog", "--due", "--no-verify", "--format", "json"]
    assert cli.main(command) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["end"] == "waiting"
    assert "pulumi up failed: LimitExceeded" in err
    assert (sorted(pulumi.keys["blog"]), sorted(pulumi.keys["full"])) == ([1, 2], [1])


CALENDAR = {"rotateEveryDays": 30, "rotateFrom": str(schedule.today() - timedelta(days=45))}


def test_by_the_calendar_and_by_age_together(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", **CALENDAR)
    pulumi.give("shop")
    assert run("--due", "--older-than", "30").ends == {"blog": "waiting", "shop": "waiting"}
    assert (len(pulumi.of("preview")), len(pulumi.of("up"))) == (1, 1)
    assert ("keyGeneration" in pulumi.users["blog"], pulumi.generation("shop")) == (False, 2)
    assert {name: sorted(keys) for name, keys in pulumi.keys.items()} == {"blog": [1, 2], "shop": [1, 2]}


@pytest.mark.parametrize(("later", "ups"), [(0, 2), (30, 1)])
def test_no_second_update_in_the_calendar_s_next_period(
    pulumi: Pulumi, run: Run, monkeypatch: pytest.MonkeyPatch, later: int, ups: int
) -> None:
    pulumi.give("blog", **CALENDAR)
    pulumi.give("shop")
    pulumi.refused["shop"] = "LimitExceeded"
    today = schedule.today() + timedelta(days=later)
    pulumi.after_up = lambda: monkeypatch.setattr(schedule, "today", lambda: today)
    assert run("--due", "--older-than", "30").ends["shop"] == "failed"
    assert len(pulumi.of("up")) == ups, "it would create the next key, and delete the one that the site has"


def test_with_the_key_before_the_last_gone_nothing_is_taken_back(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop", previousKey="inactive", keyGeneration=2)
    for name in pulumi.keys:
        pulumi.keys[name] = {1: "Inactive", 2: "Active"}
        pulumi.finished[name] = {"keyGeneration": 2, "previousKey": "inactive"}
    pulumi.refused["shop"] = "LimitExceeded"

    def make_room() -> None:
        pulumi.keys["shop"].pop(1, None)

    pulumi.before_up = make_room
    ran = run()
    assert ran.ends["shop"] == "failed"
    assert "No new key was created. Run s3io-user rotate again" in ran.users["shop"]["error"]
    assert pulumi.generation("shop") == 3, "generation 2 with its previous key would be another key of generation 1"
    assert "shop" in pulumi.notes


@pytest.mark.parametrize("again", ["up", "set"])
def test_an_interrupt_leaves_notes_from_which_the_next_run_continues(
    pulumi: Pulumi, run: Run, again: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi.give("blog", "shop")

    def interrupt() -> None:
        raise Interrupted("interrupted, and pulumi has ended")

    if again == "up":
        pulumi.after_up = interrupt
    else:  # between the notes of one and the other
        pulumi.before_up = interrupt
    assert cli.main([*ALL]) == 130
    assert "the old key works. To continue" in capsys.readouterr().err
    assert set(pulumi.notes) == {"blog", "shop"}
    pulumi.after_up = pulumi.before_up = lambda: None
    wanted = "retired" if again == "up" else "new-key-made"
    assert set(run().ends.values()) == {wanted}
    assert {max(keys) for keys in pulumi.keys.values()} == {2}, "never one generation more"


def test_killed_between_the_notes_and_the_inputs(pulumi: Pulumi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_config, "_MOST", 3)  # so many users that one process can't write all keys
    pulumi.give("blog", "shop")

    def killed(argv: list[str], *_: object, given: str | None = None, **more: Any) -> Ended:
        if any("users.shop.keyGeneration" in part for part in argv) and "--config-file" not in argv:
            raise KeyboardInterrupt
        return pulumi(argv, given=given, **more)

    monkeypatch.setattr(pulumi_cli, "_run", killed)
    assert cli.main([*ALL]) == 130
    assert (set(pulumi.notes), pulumi.of("up")) == ({"blog", "shop"}, [])
    assert pulumi.generation("shop") == 1
    monkeypatch.setattr(pulumi_cli, "_run", pulumi)
    assert set(run().ends.values()) == {"new-key-made"}
    assert len(pulumi.of("up")) == 1


def test_one_refused_of_which_an_earlier_run_raised_the_generation_is_set_back(
    pulumi: Pulumi, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi.give("blog", "full")
    pulumi.before_up = lambda: (_ for _ in ()).throw(Interrupted("interrupted"))
    assert cli.main([*ALL]) == 130
    pulumi.before_up = lambda: None
    by_hand = KeyInfo("AKIABYHANDEXAMPLE", "Active", datetime.now(timezone.utc), None)
    monkeypatch.setattr(aws_users, "keys_of", lambda access, user: [by_hand] if user == "full-user" else [])
    dry = run("--dry-run")
    assert dry.ends == {"blog": "dry-run", "full": "failed"}
    assert (pulumi.generation("full"), "full" in pulumi.notes) == (2, True)
    ran = run()
    assert ran.ends == {"blog": "new-key-made", "full": "failed"}
    assert "the stack's config is set back" in ran.users["full"]["error"]
    assert (pulumi.generation("full"), "full" in pulumi.notes) == (1, False)


# ---- proof, delivery, evidence and retirement ------------------------------------------------------------------------


def test_each_is_proved_for_itself(pulumi: Pulumi, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi.give("blog", "shop")
    monkeypatch.setattr(
        rotation_steps, "verify_stack", lambda _, __, user, **___: [Check("a", "b", True, user == "blog")]
    )
    assert cli.main([each for each in ALL if each != "--no-verify"]) == 1
    blog, shop = json.loads(capsys.readouterr().out)["stacks"][0]["users"]
    assert blog["end"] == "new-key-made"
    assert "the previous one stays and works" in shop["error"]
    assert set(pulumi.notes) == {"blog", "shop"}


def test_one_run_delivers_some_and_retires_others_on_evidence(
    pulumi: Pulumi, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi.give("blog", "shop", deliver="cat >>took")
    now = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
    used: dict[str, timedelta] = {}

    def uses(_: object, user: str) -> KeyUses:
        name = user.removesuffix("-user")
        made = now - timedelta(days=90)
        current = max(pulumi.keys[name])
        last = now - used[name] if name in used else None
        keys = [
            KeyInfo(key_id(name, each), status, made, last if each == current else None, "s3")
            for each, status in pulumi.keys[name].items()
        ]
        return KeyUses(tuple(keys), now)

    monkeypatch.setattr(aws_users, "key_uses", uses)
    assert set(run().ends.values()) == {"waiting"}
    delivered = [json.loads(line)["userName"] for line in Path("took").read_text().splitlines()]
    assert delivered == ["blog-user", "shop-user"]
    assert len(pulumi.of("up")) == 1

    pulumi.give("late", deliver="cat >>took")
    used["blog"] = timedelta(hours=1)
    now += timedelta(days=5)
    pulumi.runs.clear()
    ran = run()
    assert ran.ends == {"blog": "retired", "shop": "waiting", "late": "waiting"}
    assert [pulumi._targets(argv) for argv in pulumi.of("up")] == [["late"], ["blog"]]
    assert {name: sorted(keys) for name, keys in pulumi.keys.items()} == {"blog": [2], "shop": [1, 2], "late": [1, 2]}
    assert SECRET not in ran.err + json.dumps([ran.users, pulumi.runs])


def test_an_old_key_that_can_t_be_deleted_is_said_and_stays_noted(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    run()
    pulumi.undeletable = {"shop"}
    ran = run()
    assert ran.ends == {"blog": "retired", "shop": "failed"}
    assert "DeleteConflict" in ran.users["shop"]["error"]
    assert set(pulumi.notes) == {"shop"}
    assert sorted(pulumi.keys["shop"]) == [1, 2]
    pulumi.undeletable = set()
    assert run().ends == {"shop": "retired", "blog": "new-key-made"}


def test_a_failure_beside_the_users_costs_no_second_update(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    run()
    pulumi.runs.clear()
    pulumi.beside, pulumi.has_unknown_outputs = "a bucket of another name", True
    ran = run()
    assert (ran.code, set(ran.ends.values()), len(pulumi.of("up"))) == (1, {"failed"}, 1)
    assert "again, without what failed" not in ran.err
    assert ran.users["blog"]["error"] == (
        "pulumi up failed: a bucket of another name. Correct that, then run s3io-user rotate again: it continues where "
        "it stopped"
    )
    assert {name: sorted(keys) for name, keys in pulumi.keys.items()} == {"blog": [1, 2], "shop": [1, 2]}
    pulumi.beside = ""
    assert set(run().ends.values()) == {"retired"}
    assert (pulumi.notes, len(pulumi.of("up"))) == ({}, 2)


def test_where_nothing_was_retired_every_old_key_stays_noted(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    run()
    pulumi.fails = "the stack is locked"
    ran = run()
    assert set(ran.ends.values()) == {"failed"}
    assert f"The old key, {key_id('blog', 1)}, is not retired." in ran.users["blog"]["error"]
    assert {name: note["retiring"] for name, note in pulumi.notes.items()} == {"blog": False, "shop": False}
    assert {each["previousKey"] for each in pulumi.users.values()} == {"active"}


def test_one_whose_inputs_can_t_be_written_is_found_by_the_preview(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    written = pulumi._config

    def refuse(argv: list[str], _: object) -> Any:
        if any("users.shop" in part for part in argv):
            return 255, "", "error: not a map\n"
        return written(argv, _)

    pulumi._config = refuse  # type: ignore[method-assign]
    assert run().ends == {"blog": "new-key-made", "shop": "failed"}
    assert set(pulumi.notes) == {"blog"}
    assert sorted(pulumi.keys["shop"]) == [1]


def test_where_the_config_can_t_be_written_nothing_is_updated(pulumi: Pulumi, run: Run) -> None:
    pulumi.give("blog", "shop")
    written = pulumi._config

    def refuse(argv: list[str], _: object) -> Any:
        is_own = argv[1] == "set-all" and "--config-file" not in argv
        return (255, "", "error: permission denied\n") if is_own else written(argv, _)

    pulumi._config = refuse  # type: ignore[method-assign]
    ran = run()
    assert (ran.code, ran.ends) == (1, {"blog": "failed", "shop": "failed"})
    assert "pulumi config set-all failed" in ran.users["blog"]["error"]
    assert pulumi.of("up") == []


# ---- pure ------------------------------------------------------------------------------------------------------------


def test_steps_of_other_users_are_left_out_with_all_that_is_in_them() -> None:
    steps = [
        {"op": "update", "urn": URN + "blog", "newState": {"parent": "stack"}},
        {"op": "create", "urn": "blog-key", "newState": {"parent": URN + "blog"}},
        {"op": "create", "urn": "shop-key", "newState": {"parent": URN + "shop"}},
        {"op": "delete", "urn": "shop-old", "oldState": {"parent": URN + "shop"}},
        {"op": "update", "urn": URN + "shop", "newState": {"parent": "stack"}},
        {"op": "update", "urn": "bucket", "newState": {"parent": "stack"}},
    ]
    assert [step["urn"] for step in preview.without(steps, {URN + "shop"})] == [URN + "blog", "blog-key", "bucket"]


def test_what_is_only_read_is_no_change() -> None:
    steps = [
        {"op": op, "urn": f"urn:pulumi:t::p::aws:iam/user:User::{op}", "newState": {"type": "aws:iam/user:User"}}
        for op in ("read", "same", "refresh", "update")
    ]
    assert preview.other_changes(steps, URN + "blog") == ["update update (aws:iam/user:User)"]
