"""How a lock of a stack is found and told apart: running, killed, or not to be seen from here."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from s3io_user.doctor.locks import Lock, read_locks
from s3io_user.errors import S3IOError
from tests import fake_pulumi


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> fake_pulumi.FakePulumi:
    fake = fake_pulumi.install(tmp_path / "bin", monkeypatch)
    fake.answer("whoami", json.dumps({"url": (tmp_path / "state").as_uri()}))
    fake.answer("stack --show-name", "prod\n")
    return fake


def lock(folder: Path, place: str = "organization/site/prod", **more: object) -> None:
    """A lock as pulumi writes it into its files."""
    held = {"pid": os.getpid(), "username": "me", "hostname": socket.gethostname(), **more}
    file = folder / "state" / ".pulumi" / "locks" / place / "0b5c.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"timestamp": "2026-11-28T08:45:28.334228627Z", **held}))


def ended_process() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def ids(found: list[Lock]) -> list[str]:
    return [each.finding().id for each in found]


@pytest.mark.usefixtures("pulumi")
def test_a_lock_is_told_by_its_process(tmp_path: Path) -> None:
    assert read_locks(None, None, "site") == []
    lock(tmp_path)
    (found,) = read_locks(None, None, "site")
    assert (found.runs, found.finding().id) == (True, "update-running")
    assert f"me@{socket.gethostname()} (process {os.getpid()}) since 2026-11-28 08:45:28" in found.finding().sentence


@pytest.mark.usefixtures("pulumi")
def test_a_lock_of_a_process_that_is_no_more_is_stale(tmp_path: Path) -> None:
    lock(tmp_path, pid=ended_process())
    (found,) = read_locks("prod", None, "site")
    assert found.finding().id == "lock-stale"
    assert found.finding().remedy == "run pulumi cancel"


@pytest.mark.usefixtures("pulumi")
@pytest.mark.parametrize(
    "more", [{"hostname": "elsewhere"}, {"pid": -1}, {"pid": "x"}, {"username": None, "hostname": 3}], ids=str
)
def test_of_another_machines_lock_no_more_is_said_than_is_known(tmp_path: Path, more: dict[str, object]) -> None:
    lock(tmp_path, **more)
    assert ids(read_locks(None, None, "site")) == ["stack-locked"]


@pytest.mark.usefixtures("pulumi")
def test_the_layout_of_old_is_read_and_another_stacks_lock_is_not(tmp_path: Path) -> None:
    lock(tmp_path, "organization/site/test")
    lock(tmp_path, "organization/other/prod")
    assert read_locks(None, None, "site") == []
    lock(tmp_path, "prod")
    assert ids(read_locks(None, None, "site")) == ["update-running"]


def test_pulumi_cloud_says_it_itself(pulumi: fake_pulumi.FakePulumi) -> None:
    pulumi.answer("whoami", json.dumps({"url": "https://app.pulumi.com/me"}))
    listed = [
        {"name": "prod", "current": True, "updateInProgress": False},
        {"name": "me/test", "current": False, "updateInProgress": True},
    ]
    pulumi.answer("stack ls", json.dumps(listed))
    assert ids(read_locks(None, None, "site")) == []
    assert ids(read_locks("prod", None, "site")) == []
    assert ids(read_locks("me/test", None, "site")) == ["stack-locked"]


@pytest.mark.parametrize(
    "said", ["", "null", '{"url": "gs://bucket"}', '{"url": "postgres://db"}', "{}", '{"url": "~"}'], ids=str
)
def test_what_cannot_be_seen_is_an_error_and_never_no_lock(pulumi: fake_pulumi.FakePulumi, said: str) -> None:
    pulumi.answer("whoami", said)
    with pytest.raises(S3IOError, match="can't see whether the stack is locked"):
        read_locks(None, None, "site")


@pytest.mark.usefixtures("pulumi")
def test_files_that_cannot_be_read_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(tmp_path)

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(S3IOError, match="PermissionError"):
        read_locks(None, None, "site")
