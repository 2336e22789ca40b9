"""`doctor` and `verify` over many users and stacks: what fails fails alone, is named, and decides the exit code."""

import json
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli
from s3io_user.cli import verify_all
from s3io_user.doctor import examination
from s3io_user.doctor.examination import Options, Report
from s3io_user.doctor.facts import Finding
from s3io_user.errors import S3IOError
from s3io_user.verify.expected import Check
from s3io_user.verify.stack import StackRead
from tests import fake_pulumi
from tests.unit.fleet.states import component, exported

YOU = "arn:aws:iam::123456789012:user/you"
UNUSED = Finding("key-unused", "blog", "the key is not used", "remove it")


@pytest.fixture(autouse=True)
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fake = fake_pulumi.install(tmp_path / "bin", monkeypatch)
    fake.answer("stack ls", json.dumps([{"name": name} for name in ("well", "found", "broken")]))


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = cli.main(list(argv))
    out, err = capsys.readouterr()
    return code, out, err


def wrong_usage(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main(list(argv))
    assert end.value.code == 2
    return capsys.readouterr().err


# ---- doctor


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """What is examined; the stack `found` has a finding, `broken` can't be examined."""
    asked: list[Options] = []

    def examine(options: Options, progress: Any) -> Report:
        asked.append(options)
        progress("looked up 3 of 200 users …")
        if options.stack == "broken":
            raise S3IOError("there are no AWS credentials")
        return Report(YOU, (UNUSED,) if options.stack == "found" else (), ())

    monkeypatch.setattr(examination, "examine", examine)
    return asked


def test_doctor_examines_every_stack_and_names_the_one_that_it_could_not(
    examined: list[Options], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "doctor", "--all-stacks", "--unused-days", "7")

    assert code == 1
    assert {(each.stack, each.unused_days, each.user) for each in examined} == {
        (name, 7, None) for name in ("well", "found", "broken")
    }
    assert "well:\n" in out
    assert "Nothing found." in out
    assert "key-unused" in out
    assert "Not looked at: there are no AWS credentials" in out
    assert "found: looked up 3 of 200 users …" in err
    assert err.splitlines()[-1] == "s3io-user: 1 of 3 not looked at: broken"


def test_doctor_s_json_has_every_stack(examined: list[Options], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor", "--all-stacks", "--format", "json")
    well, found, broken = json.loads(out)["stacks"]

    assert code == 1
    assert (well["stack"], well["findings"], well["notLookedAt"]) == ("well", [], None)
    assert [finding["id"] for finding in found["findings"]] == ["key-unused"]
    assert broken == {
        "stack": "broken",
        "folder": None,
        "findings": None,
        "notLookedAt": "there are no AWS credentials",
    }


def test_doctor_ends_with_0_where_every_stack_is_well(
    examined: list[Options], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fleet.yaml").write_text("[{stack: well}, {stack: well-too}]")

    assert run(capsys, "doctor", "--stacks-from", "fleet.yaml")[0] == 0
    assert run(capsys, "doctor", "--all", "--stack", "well")[0] == 0
    assert run(capsys, "doctor", "--all", "--stack", "found")[0] == 1


def test_doctor_removes_nothing_of_many_stacks(examined: list[Options], capsys: pytest.CaptureFixture[str]) -> None:
    said = wrong_usage(capsys, "doctor", "--all-stacks", "--fix")
    assert "--fix works on one stack: name it by --stack" in said
    assert "leave --user out" in wrong_usage(capsys, "doctor", "--all", "--user", "blog")
    assert examined == []


# ---- verify


def check(verdict: str) -> Check:
    expected, observed = {"ok": (True, True), "finding": (False, True), "unknown": (True, None)}[verdict]
    return Check("PutObject", "photos", expected, observed, "a try")


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, str]]:
    """Who is tried, of stacks of three users with a key and one without; `found` has a wrong one."""
    asked: list[tuple[str | None, str]] = []

    def read(name: str | None, cwd: str | None) -> StackRead:
        if name == "broken":
            raise S3IOError("the passphrase is not the one of this stack")
        users = {user: {"userName": user, "accessKeyId": f"AKIA{user}EXAMPLE"} for user in ("blog", "shop", "lost")}
        return StackRead({"users": {**users, "idle": {"userName": "idle", "accessKeyId": None}}}, {}, None)  # type: ignore[arg-type]

    def verify(name: str | None, cwd: str | None, user: str, **more: Any) -> list[Check]:
        assert more["read"].outputs["users"][user]
        asked.append((name, user))
        if user == "lost" and name == "found":
            raise S3IOError("the stack does not know the secret")
        kind = {"blog": "finding", "shop": "unknown"}.get(user, "ok") if name == "found" else "ok"
        return [check("ok"), check(kind)]

    monkeypatch.setattr(verify_all, "read_stack", read)
    monkeypatch.setattr(verify_all, "verify_stack", verify)
    return asked


def test_verify_tries_each_user_of_a_stack(
    tried: list[tuple[str | None, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "verify", "--all", "--stack", "well")

    assert code == 0
    assert sorted(tried) == [("well", "blog"), ("well", "lost"), ("well", "shop")]
    assert "3 of 3 users as expected." in out
    assert "[3/3]" in err
    assert "idle has no access key: skipped" in err


def test_verify_names_what_is_wrong_and_who_was_not_tried(
    tried: list[tuple[str | None, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "verify", "--all-stacks", "--format", "json")
    well, found, broken = json.loads(out)["stacks"]

    assert code == 1
    assert [user["verdict"] for user in well["users"]] == ["ok", "ok", "ok"]
    assert {user["user"]: user["verdict"] for user in found["users"]} == {
        "blog": "finding",
        "shop": "unknown",
        "lost": "not tried",
    }
    lost = next(user for user in found["users"] if user["user"] == "lost")
    assert (lost["checks"], lost["notLookedAt"]) == (None, "the stack does not know the secret")
    assert (broken["users"], broken["notLookedAt"]) == (None, "the passphrase is not the one of this stack")
    assert err.splitlines()[-1] == "s3io-user: 1 of 3 not looked at: broken"


def test_verify_s_table_shows_the_checks_that_are_not_as_expected(
    tried: list[tuple[str | None, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, "verify", "--all-stacks")

    assert "blog in found" in out
    assert "2 checks, 1 finding, 0 unknown" in out
    assert "2 checks, 0 findings, 1 unknown, not proved" in out
    assert "not tried: the stack does not know the secret" in out
    assert "PutObject on photos: a try" in out
    assert "3 of 6 users as expected." in out


def test_verify_of_many_refuses_what_is_for_one(
    tried: list[tuple[str | None, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--bucket is for one user" in wrong_usage(capsys, "verify", "--all", "--bucket", "photos")
    assert "leave --user out" in wrong_usage(capsys, "verify", "--all", "--user", "blog")
    assert tried == []


# ---- stacks without users


NOT_OURS = {"url": "https://example.com"}
"""The outputs of a stack with another program."""


@pytest.mark.parametrize("outputs", [{}, NOT_OURS], ids=["destroyed", "another-program"])
@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["verify", "--all-stacks"], 0),
        (["rotate", "--all-stacks", "--yes"], 0),
        (["export", "--all-stacks", "--format", "json", "--out", "-"], 1),
    ],
)
def test_a_stack_without_users_is_skipped_and_one_whose_users_are_not_exported_is_not(
    argv: list[str], code: int, outputs: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fake = fake_pulumi.FakePulumi(tmp_path / "bin")
    fake.answer("stack output", json.dumps(outputs))
    fake.answer("config", "{}")
    fake.answer("stack ls", json.dumps([{"name": "prod"}]))
    fake.answer("stack export", json.dumps(exported()))
    Path("Pulumi.yaml").write_text("name: sites\nruntime: python\n")
    assert cli.main(argv) == code
    assert "prod has no users: skipped" in capsys.readouterr().err

    fake.answer("stack export", json.dumps(exported(*component("blog"))))
    assert cli.main(argv) == 1
    assert "prod: not looked at: the stack has n" in capsys.readouterr().err
    alone = ["--stack", "prod", *("--all" if one == "--all-stacks" else one for one in argv[1:])]
    fake.answer("stack export", json.dumps(exported()))
    assert cli.main([argv[0], *alone]) == 1, "named, it must have users"


def test_an_empty_name_of_a_list_is_no_single_stack(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["list"], ["fleet"], ["doctor"], ["verify"], ["rotate", "--yes"]):
        assert cli.main([*argv, "--stacks-from", ""]) == 1
        assert "the list of stacks must be a file (got '')" in capsys.readouterr().err
