"""How a lock of a stack is found and told apart: running, killed, or not to be seen from here."""

import json
import os
import socket
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


LISTED = (
    "<ListBucketResult><Name>state</Name><KeyCount>{}</KeyCount><IsTruncated>false</IsTruncated>{}</ListBucketResult>"
)
FOREIGN = "<portal><welcome/></portal>"


@dataclass
class Bucket:
    """An object store that holds what a test puts there: its address, and what it was asked for."""

    host: str
    objects: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    says: tuple[int, str] | None = None

    def answer(self, target: str) -> tuple[int, str]:
        self.asked.append(target)
        if self.says:
            return self.says
        parsed = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(parsed.query))
        if "list-type" in query:
            keys = [key for key in self.objects if key.startswith(query["prefix"])]
            return 200, LISTED.format(len(keys), "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys))
        return 200, self.objects[urllib.parse.unquote(parsed.path).removeprefix("/state/")]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOREXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = there.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.send_header("x-amz-request-id", "1")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        # By a name: of an address of digits the bucket is in the path anyway.
        there = Bucket(f"localhost:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield there
        server.shutdown()


def held(**more: object) -> str:
    lock = {"pid": 7, "username": "me", "hostname": "ci", "timestamp": "2026-11-28T08:45:28Z", **more}
    return json.dumps(lock)


@pytest.mark.parametrize(
    "options", ["disableSSL=true&s3ForcePathStyle=true", "disable_https=true&use_path_style=true"], ids=["v1", "v2"]
)
@pytest.mark.parametrize("folder", ["", "/team/web", "/team/web/"])
@pytest.mark.parametrize("place", ["organization/site/prod", "prod"])
def test_a_lock_in_a_bucket_is_read_below_its_folder(
    pulumi: fake_pulumi.FakePulumi, bucket: Bucket, options: str, folder: str, place: str
) -> None:
    below = f"{folder.strip('/')}/" if folder else ""
    pulumi.answer(
        "whoami", json.dumps({"url": f"s3://state{folder}?region=eu-west-1&endpoint={bucket.host}&{options}"})
    )
    assert read_locks(None, None, "site") == []
    bucket.objects = {
        f"{below}.pulumi/locks/{place}/0b5c.json": held(),
        f"{below}.pulumi/locks/organization/site/test/1.json": held(username="her"),
        f"{below}.pulumi/locks/organization/other/prod/1.json": held(username="her"),
        ".pulumi/locks/elsewhere/1.json": held(username="her"),
    }
    (found,) = read_locks(None, None, "site")
    assert all(target.startswith("/state") for target in bucket.asked), "the bucket is in the path"
    assert (found.holder, found.finding().id) == ("me@ci (process 7) since 2026-11-28 08:45:28", "stack-locked")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param((200, FOREIGN), id="another-xml"),
        pytest.param((200, "<html>log in</html>"), id="page"),
        pytest.param((200, ""), id="nothing"),
        pytest.param((403, "<Error><Code>AccessDenied</Code></Error>"), id="denied"),
        pytest.param((404, "<Error><Code>NoSuchBucket</Code></Error>"), id="no-bucket"),
    ],
)
def test_a_bucket_that_can_not_be_listed_is_an_error_and_never_no_lock(
    pulumi: fake_pulumi.FakePulumi, bucket: Bucket, said: tuple[int, str]
) -> None:
    options = "region=eu-west-1&disableSSL=true&s3ForcePathStyle=true"
    pulumi.answer("whoami", json.dumps({"url": f"s3://state?endpoint={bucket.host}&{options}"}))
    bucket.says = said
    with pytest.raises(S3IOError, match="can't see whether the stack is locked"):
        read_locks(None, None, "site")
