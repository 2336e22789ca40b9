"""What rotate says, refuses and notes, with a `pulumi` that answers as told."""

import json
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli, stack
from s3io_user.commands import rotate
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi

CURRENT, PREVIOUS = "AKIACURRENTEXAMPLE", "AKIAPREVIOUSEXAMPLE"
OUTPUTS = {"userName": "site", "accessKeyId": CURRENT}
BLOG = {"keyGeneration": 4, "previousKey": "inactive"}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """A project whose stack has one user, of generation 1."""
    monkeypatch.setattr(stack, "forbid_core_dumps", lambda: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: s3io-user\nruntime: python\n")
    fake = fake_pulumi.install(tmp_path / "bin", monkeypatch)
    stand(fake)
    return fake


def stand(fake: FakePulumi, generation: int = 1, outputs: dict[str, Any] = OUTPUTS, **config: Any) -> None:
    """What the stack's config, outputs and state are."""
    entries = {
        key.replace("__", ":") if "__" in key else f"s3io-user:{key}": {"value": text(value), "secret": False}
        for key, value in config.items()
    }
    component = {
        "urn": "urn:pulumi:x::y::z::site",
        "type": "s3io-user:index:S3IOUser",
        "outputs": {"userName": "site", "keyGeneration": generation},
    }
    fake.answer("config --json", json.dumps(entries))
    fake.answer("stack output", json.dumps(outputs))
    fake.answer("stack export", json.dumps({"deployment": {"resources": [component]}}))


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def written(fake: FakePulumi) -> list[tuple[str, str]]:
    """What was done to the config, and every up, in order."""
    done = []
    for call in fake.calls:
        if call["argv"][:2] in (["config", "set"], ["config", "rm"]):
            done.append((f"{call['argv'][1]} {call['argv'][-1]}", call["stdin"]))
        elif call["argv"][0] == "up":
            done.append(("up", ""))
    return done


def run(*argv: str) -> int:
    return cli.main(["rotate", *argv])


@pytest.mark.parametrize(
    ("config", "generation", "said"),
    [
        pytest.param({"rotateEveryDays": 30, "rotateFrom": "2026-01-01"}, 1, "rotateEveryDays rotates", id="calendar"),
        pytest.param({"createAccessKey": "false"}, 1, "there is no key to rotate", id="no-key"),
        pytest.param({"keyGeneration": "2"}, 1, "keyGeneration 2 is not deployed yet", id="not-deployed"),
        pytest.param({"keyGeneraton": "2"}, 1, "did you mean 'keyGeneration'?", id="fault"),
    ],
)
def test_what_can_not_be_rotated(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str], config: dict[str, Any], generation: int, said: str
) -> None:
    stand(pulumi, generation, **config)
    assert run("--yes") == 1
    assert said in capsys.readouterr().err
    assert written(pulumi) == []


def test_it_says_what_it_will_do_and_changes_nothing_unasked(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    stand(pulumi, 1, {**OUTPUTS, "previousAccessKeyId": PREVIOUS}, previousKey="inactive")
    assert run() == 1
    said = capsys.readouterr()
    assert "set keyGeneration to 2, previousKey to active" in said.out
    assert f"beside {CURRENT} (the one before it, {PREVIOUS}, goes at once)" in said.out
    assert "set previousKey to inactive and run pulumi up: the old key is switched off" in said.out
    assert said.err == "s3io-user: nobody can be asked here: add --yes\n"
    assert written(pulumi) == []


def test_each_step_is_noted_before_it_is_taken(pulumi: FakePulumi) -> None:
    assert run("--yes", "--no-verify") == 0
    note = {"user": None, "generation": 2, "previous": None, "retiring": False}
    assert written(pulumi) == [
        ("set s3io-rotate:underway", json.dumps(note)),
        ("set s3io-user:previousKey", "active"),
        ("set s3io-user:keyGeneration", "2"),
        ("up", ""),
        ("set s3io-rotate:underway", json.dumps({**note, "retiring": True})),
        ("rm s3io-user:previousKey", ""),
        ("up", ""),
        ("rm s3io-rotate:underway", ""),
    ]


def test_one_of_several_users_by_its_path(pulumi: FakePulumi) -> None:
    stand(pulumi, 4, {"users": {"a.b": OUTPUTS, "c": {"userName": "c"}}}, users={"a.b": BLOG, "c": {}})
    assert run("--yes", "--no-verify", "--user", "a.b", "--no-retire") == 0
    note = {"user": "a.b", "generation": 5, "previous": "inactive", "retiring": False}
    assert written(pulumi) == [
        ("set s3io-rotate:underway", json.dumps(note)),
        ('set s3io-user:users["a.b"].previousKey', "active"),
        ('set s3io-user:users["a.b"].keyGeneration', "5"),
        ("up", ""),
    ]


def underway(retiring: bool, user: str | None = None) -> str:
    return json.dumps({"user": user, "generation": 2, "previous": "removed", "retiring": retiring})


def test_it_goes_on_with_what_was_begun(pulumi: FakePulumi) -> None:
    config = {"keyGeneration": "2", "previousKey": "active", "s3io-rotate__underway": underway(False)}
    stand(pulumi, 1, **config)
    assert run("--yes", "--no-verify", "--no-retire") == 0
    assert written(pulumi)[2:] == [("set s3io-user:keyGeneration", "2"), ("up", "")], "not to 3"


def test_stopped_while_it_retired_it_only_retires(pulumi: FakePulumi) -> None:
    # Making the old generation's slot again would make a new key in it.
    stand(pulumi, 2, keyGeneration="2", **{"s3io-rotate__underway": underway(True)})
    assert run("--yes") == 0
    assert [what for what, _ in written(pulumi)] == [
        "set s3io-rotate:underway", "set s3io-user:previousKey", "up", "rm s3io-rotate:underway",
    ]  # fmt: skip


def test_a_rotation_of_another_user_is_finished_first(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    users = {"users": {"blog": {**OUTPUTS}, "shop": {"userName": "shop", "accessKeyId": PREVIOUS}}}
    stand(pulumi, 1, users, users={"blog": {}, "shop": {}}, **{"s3io-rotate__underway": underway(False, "blog")})
    assert run("--yes", "--user", "shop") == 1
    assert "a rotation of 'blog' is under way" in capsys.readouterr().err
    assert written(pulumi) == []


def test_where_an_up_fails_it_says_how_to_go_on(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    pulumi.answer("up", complaint="something with a secret", code=255)
    assert run("--yes") == 1
    said = capsys.readouterr().err
    assert "s3io-user rotate again, which goes on from here" in said
    assert "secret" not in said
    assert written(pulumi)[-1] == ("up", "")


def test_a_finding_stops_it_before_the_old_key_goes(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rotate.Rotation, "verified", lambda self: False)
    assert run("--yes") == 1
    assert "the old one works on" in capsys.readouterr().err
    assert written(pulumi)[-1] == ("up", "")


def test_a_no_at_a_terminal_changes_nothing(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotate, "_agreed", lambda args, question: False)
    assert run() == 0
    assert written(pulumi) == []
