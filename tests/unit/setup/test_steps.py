"""The steps: what each asks pulumi to do, and what it leaves as it was."""

import json
import os
from pathlib import Path

import pytest

from s3io_user.errors import S3IOError
from s3io_user.setup import project
from s3io_user.setup.answers import Answers, read_note
from s3io_user.setup.plan import Change
from s3io_user.setup.situation import Situation
from s3io_user.setup.steps import Steps
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi

RENAMED = [Change("site:userName", "old", "new")]
USER = {"type": "aws:iam/user:User"}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.setenv(name, "")  # so that what a step sets goes with the test
        monkeypatch.delenv(name)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "Pulumi.yaml").write_text("name: site\nruntime: python\n")
    (tmp_path / "site" / "Pulumi.prod.yaml").write_text("config:\n  site:userName: old\n")
    return fake_pulumi.install(tmp_path / "bin", monkeypatch)


def steps(tmp_path: Path, answers: Answers, changes: list[Change] = RENAMED, **about: object) -> Steps:
    folder = tmp_path / "site"
    here = Situation(folder, "site", folder, "file:///srv/state", "pulumi login", ("prod",), "prod")
    return Steps(here, answers, {}, changes, lambda _: None, None, **about)  # type: ignore[arg-type]


def test_what_goes_is_previewed_on_a_copy_of_the_config(pulumi: FakePulumi, tmp_path: Path) -> None:
    urn = "urn:pulumi:prod::site::s3io-user:index:S3IOUser$aws:iam/user:User::site"
    every = [{"op": op, "urn": urn, "oldState": USER} for op in ("same", "update", "replace", "delete", "create")]
    pulumi.answer("preview", json.dumps({"steps": every}))
    one = steps(tmp_path, Answers(stack="prod"))

    assert one.losses() == ["replace site (aws:iam/user:User)", "delete site (aws:iam/user:User)"]
    files = {argv[argv.index("--config-file") + 1] for argv in (call["argv"] for call in pulumi.calls)}
    assert len(files) == 1
    assert not Path(files.pop()).exists()
    assert (tmp_path / "site" / "Pulumi.prod.yaml").read_text() == "config:\n  site:userName: old\n"


def test_a_new_stack_has_nothing_to_lose(pulumi: FakePulumi, tmp_path: Path) -> None:
    assert steps(tmp_path, Answers(stack="live")).losses() == []
    assert pulumi.calls == []


def test_a_preview_that_fails_says_why(pulumi: FakePulumi, tmp_path: Path) -> None:
    pulumi.answer("preview", json.dumps({"diagnostics": [{"severity": "error", "message": "no such group"}]}), code=255)

    with pytest.raises(S3IOError, match="no such group"):
        steps(tmp_path, Answers(stack="prod")).losses()


def test_a_failed_step_says_how_it_goes_on(pulumi: FakePulumi, tmp_path: Path) -> None:
    pulumi.answer("up", complaint="error: AccessDenied\n", code=255)

    with pytest.raises(
        S3IOError, match=r"^pulumi up failed: AccessDenied\. Correct that, then run s3io-user init again"
    ):
        steps(tmp_path, Answers(stack="prod")).up()


def test_the_note_is_for_its_owner_and_goes_at_the_end(pulumi: FakePulumi, tmp_path: Path) -> None:
    answers = Answers(stack="prod", access="optimizer", passphrase_file="secret")
    one = steps(tmp_path, answers, passphrase="correct horse")
    one.begin()
    one.begin()
    note = tmp_path / "site" / project.NOTE
    assert note.stat().st_mode & 0o777 == 0o600
    assert read_note(note.read_text()) == answers
    one.end()
    one.end()
    assert not note.exists()


def test_a_typed_passphrase_is_in_memory_alone(pulumi: FakePulumi, tmp_path: Path) -> None:
    one = steps(tmp_path, Answers(stack="prod"), passphrase="correct horse")
    one.begin()
    one.use_passphrase()
    one.make_project()

    assert os.environ["PULUMI_CONFIG_PASSPHRASE"] == "correct horse"
    assert "correct horse" not in repr(one)
    assert not any("correct horse" in path.read_text() for path in (tmp_path / "site").iterdir())


def test_a_passphrase_file_is_created_once(pulumi: FakePulumi, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    one = steps(tmp_path, Answers(stack="prod", passphrase_file=str(file)))
    one.use_passphrase()
    passphrase = file.read_text()
    one.use_passphrase()

    assert len(passphrase.strip()) >= 32
    assert file.read_text() == passphrase
    assert os.environ["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(file)


def test_a_stack_of_a_folder_that_was_deleted_is_said(pulumi: FakePulumi, tmp_path: Path) -> None:
    pulumi.answer("stack init", complaint="error: stack 'organization/site/live' already exists\n", code=255)
    with pytest.raises(S3IOError, match="To work on that stack, run s3io-user init again"):
        steps(tmp_path, Answers(stack="live")).make_stack()


def test_a_stack_that_is_there_is_not_made_again(pulumi: FakePulumi, tmp_path: Path) -> None:
    steps(tmp_path, Answers(stack="prod")).make_stack()
    assert pulumi.calls == []
    steps(tmp_path, Answers(stack="live")).make_stack()
    assert [call["argv"][:3] for call in pulumi.calls] == [["stack", "init", "live"]]
