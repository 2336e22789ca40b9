"""`s3io-user list`: every user by the state alone, of one stack and of many; what can't be read is named."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi
from tests.unit.fleet.states import component, exported


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    monkeypatch.chdir(tmp_path)
    fake = fake_pulumi.install(tmp_path / "bin", monkeypatch)
    every = exported(*component("blog", inputs={"rotateEveryDays": 90}), *component("shop"))
    fake.answer("stack export", json.dumps(every))
    return fake


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = cli.main(["list", *argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_users_of_one_stack_by_one_export(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys)

    assert (code, err) == (0, "")
    assert "AKIABLOG1EXAMPLE" in out
    assert "replaced every 90 days" in out
    assert "2 users, 2 access keys." in out
    assert [call["argv"][:2] for call in pulumi.calls] == [["stack", "export"]]


def test_its_json_names_the_stack(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--format", "json")
    (stack,) = json.loads(out)["stacks"]

    assert (stack["stack"], stack["folder"], stack["notLookedAt"]) == ("prod", None, None)
    assert stack["users"][0] == {
        "user": "blog",
        "userName": "blog-user",
        "userArn": "arn:aws:iam::123456789012:user/blog-user",
        "account": "123456789012",
        "adopted": False,
        "access": "optimizer",
        "rotateEveryDays": 90,
        "finished": True,
        "keys": [
            {
                "id": "AKIABLOG1EXAMPLE",
                "role": "current",
                "generation": 1,
                "status": "Active",
                "created": "2026-01-01T10:00:00+00:00",
            }
        ],
    }


def broken(pulumi: FakePulumi) -> None:
    pulumi.answer("stack ls", json.dumps([{"name": name} for name in ("dev", "none", "prod")]))
    locked = "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE"
    pulumi.answer("stack export --non-interactive --color=never --stack none", "", locked, 255)
    pulumi.answer("stack export --non-interactive --color=never --stack dev", json.dumps(exported()))


def test_a_stack_that_can_t_be_read_is_named_and_the_others_are_listed(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(pulumi)
    code, out, err = run(capsys, "--all-stacks")

    assert code == 1
    assert "2 users in 2 stacks, 2 access keys." in out
    assert "Not looked at: none: the stack's secrets need their passphrase" in out
    assert "prod: 2 users" in err
    assert err.splitlines()[-1] == "s3io-user: 1 of 3 not looked at: none"


def test_its_csv_has_no_empty_cell_that_reads_as_none(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    broken(pulumi)
    pulumi.answer(
        "stack export --non-interactive --color=never --stack dev",
        json.dumps(exported(*component("new", outputs={"userArn": None})[:1])),
    )
    code, out, _ = run(capsys, "--all-stacks", "--format", "csv")
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(out)))

    assert code == 1
    assert [(row["stack"], row["user"], row["account"], row["keyId"]) for row in rows] == [
        ("dev", "new", "unknown", "none"),
        ("none", "unknown", "unknown", "unknown"),
        ("prod", "blog", "123456789012", "AKIABLOG1EXAMPLE"),
        ("prod", "shop", "123456789012", "AKIASHOP1EXAMPLE"),
    ]
    assert all(cell for row in rows for cell in row.values())
    assert next(row for row in rows if row["stack"] == "none")["notLookedAt"].startswith("the stack's secrets need")


def test_one_stack_that_can_t_be_read_is_an_error(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    pulumi.answer("stack export", "", "error: no stack named 'prod' found", 255)
    code, out, err = run(capsys, "--stack", "prod")

    assert (code, out, err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--stacks-from", "f", "--stack", "a"], "--stacks-from chooses the stacks: leave --stack out"),
        (["--stacks-from", "f", "--cwd", "a"], "--stacks-from chooses the stacks: leave --cwd out"),
        (["--stacks-from", "f", "--all-stacks"], "--stacks-from chooses the stacks: leave --all-stacks out"),
        (["--all-stacks", "--stack", "a"], "--all-stacks takes every stack of the project: leave --stack out"),
        (["--jobs", "0"], "--jobs: must be a whole number from 1 to 100 (got '0')"),
    ],
    ids=lambda case: " ".join(case) if isinstance(case, list) else "",
)
def test_options_that_contradict_each_other_are_wrong_usage(
    argv: list[str], said: str, pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["list", *argv])
    assert end.value.code == 2
    assert said in capsys.readouterr().err
    assert pulumi.calls == []


def test_no_cell_of_the_csv_is_a_formula(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    state = json.dumps(exported(*component("blog", outputs={"userName": "@site"})))
    pulumi.answer("stack export", state.replace('S3IOUser::blog"', 'S3IOUser::=cmd|site"'))
    _, out, _ = run(capsys, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(out))

    assert (row["user"], row["userName"]) == ("'=cmd|site", "'@site")
