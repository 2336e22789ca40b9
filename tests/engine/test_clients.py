"""Real clients of S3 with a key of each access preset: what works, what is refused, and which calls they make."""

import json
import os
import shlex
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from local_aws.sandbox import Sandbox
from local_aws.server import Aws
from s3io_user import s3_policy_document
from s3io_user.handover.credentials import Credentials
from s3io_user.handover.formats import render_rclone, render_restic, render_s3cmd
from tests.client_work import OPTIONS, WHOLE_BUCKET, WORK, Work
from tests.patience import PATIENCE, until
from tests.programs import require_aws_cli_2, require_program

MEBIBYTE = 1 << 20
QUICK = ("rclone", "s3cmd")
CASES = [
    pytest.param(list(work), id="-".join(key), marks=[] if key[1] in QUICK else [pytest.mark.long])
    for key, work in groupby(sorted(WORK, key=lambda w: (w.access, w.client)), key=lambda w: (w.access, w.client))
]


PACKAGES = {"duplicity": "duplicity python3-boto3"}


def program(name: str) -> str:
    """A client's path, or of what starts it."""
    return require_aws_cli_2() if name == "aws" else require_program(name, PACKAGES.get(name, name))


class Desk:
    """A folder of files, a bucket, a key with one preset, and the clients' settings for them."""

    def __init__(self, sandbox: Sandbox, folder: Path, place: str, pair: dict[str, Any], upload: str) -> None:
        self.log, self.folder, self.place, self.upload = sandbox.root / "aws.log", folder, place, upload
        self.key, self.endpoint = pair["AccessKeyId"], sandbox.running().endpoint
        self._read = self.log.stat().st_size
        self._files()
        made = Credentials("site", self.key, pair["SecretAccessKey"], "us-east-1", [place])
        (folder / ".s3cfg").write_text(render_s3cmd(made))
        (folder / "rclone.conf").write_text(render_rclone(made))
        restic = dict(line.split("=", 1) for line in render_restic(made).splitlines() if not line.startswith("#"))
        # What is exported is for AWS; here AWS is on loopback, where no bucket has a host of its own.
        there = restic["RESTIC_REPOSITORY"].replace("https://s3.us-east-1.amazonaws.com", self.endpoint)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "RCLONE_", "RESTIC_"))}
        self.env = kept | {
            **restic,
            "RESTIC_REPOSITORY": there,
            "RESTIC_PASSWORD": "password",
            "RESTIC_CACHE_DIR": str(folder / "cache"),
            "HOME": str(folder),
            "AWS_EC2_METADATA_DISABLED": "true",
            "RCLONE_CONFIG": str(folder / "rclone.conf"),
            "RCLONE_S3_PROVIDER": "Minio",
            "RCLONE_S3_ENDPOINT": self.endpoint,
            "RCLONE_RETRIES": "1",
        }

    def _files(self) -> None:
        for name, text in (("src/a.txt", "a"), ("src/d/b.txt", "b"), ("changed/a.txt", "other")):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text * 100)
        (self.folder / "large").write_bytes(os.urandom(20 * MEBIBYTE))

    def command(self, work: Work) -> list[str]:
        """The command with what only the embedded AWS needs."""
        words = shlex.split(work.command.format(place=self.place, upload=self.upload))
        at, host = words.index(work.client), self.endpoint.removeprefix("http://")
        more = {
            "aws": ["--endpoint-url", self.endpoint],
            "s3cmd": ["--no-ssl", "--host", host, "--host-bucket", host],
            "duplicity": ["--no-encryption", "--num-retries", "1", "--s3-endpoint-url", self.endpoint],
        }
        return [*words[:at], program(words[at]), *words[at + 1 :], *more.get(work.client, [])]

    def new_calls(self) -> Iterator[tuple[str, bool]]:
        """The key's calls since the last time: each action, and whether it was allowed."""
        with self.log.open() as log:
            log.seek(self._read)
            for line in log.readlines():
                self._read += len(line.encode())
                if line.startswith("{") and (call := json.loads(line))["key"] == self.key:
                    yield call["action"].removeprefix("s3:"), call["answer"] == "allowed"

    def do(self, work: Work) -> tuple[bool, str, set[tuple[str, bool]]]:
        """Whether the command failed, what it printed, and its calls."""
        calls: list[tuple[str, bool]] = []
        pipe = subprocess.PIPE
        # Where the tests run in the background of a shell it is ignored, and children inherit that. It is set here,
        # because code between fork and exec makes gRPC, which this process has loaded, run its own there.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with subprocess.Popen(
            self.command(work),
            cwd=self.folder,
            env=self.env,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.STDOUT,
        ) as process:
            if work.interrupted:
                assert process.stdin
                process.stdin.write(os.urandom(20 * MEBIBYTE))
                process.stdin.flush()

                def two_parts_have_arrived() -> bool:  # and the upload has its ID: the rest of the pipe is awaited
                    calls.extend(self.new_calls())
                    return len(calls) >= 3

                until(two_parts_have_arrived)
                process.send_signal(signal.SIGINT)
            printed, _ = process.communicate(timeout=PATIENCE)
        return process.returncode != 0, printed.decode(), {*calls, *self.new_calls()}


@pytest.fixture
def desk(sandbox: Sandbox, aws: Aws, tmp_path: Path, user_name: str, request: pytest.FixtureRequest) -> Desk:
    work = request.getfixturevalue("steps")[0]
    bucket = f"clients-{uuid.uuid4().hex[:12]}"
    place = bucket if work.client in WHOLE_BUCKET else f"{bucket}/site"
    s3, iam = aws.client("s3"), aws.client("iam")
    s3.create_bucket(Bucket=bucket)
    rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": rules})
    prefix = place.partition("/")[2]
    for name in ("there/a.txt", "there/b.txt"):
        s3.put_object(Bucket=bucket, Key=f"{prefix}/{name}".strip("/"), Body=b"there")
    document = s3_policy_document([place], access=work.access, **OPTIONS.get(work.access, {}))  # type: ignore[arg-type]
    iam.create_user(UserName=user_name)
    iam.put_user_policy(UserName=user_name, PolicyName="S3Access", PolicyDocument=json.dumps(document))
    upload = s3.create_multipart_upload(Bucket=bucket, Key="left")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="left", UploadId=upload, PartNumber=1, Body=b"left")
    pair = iam.create_access_key(UserName=user_name)["AccessKey"]
    return Desk(sandbox, tmp_path, place, pair, upload)


def _in_another_second() -> None:
    """duplicity names a backup by its second, and fails on two of one."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.02)


@pytest.mark.parametrize("steps", CASES)
def test_a_client_does_its_work_by_the_calls_that_the_docs_name(steps: list[Work], desk: Desk) -> None:
    for work in steps:
        if work.client == "duplicity":
            _in_another_second()
        failed, printed, calls = desk.do(work)
        wanted = {(call, True) for call in work.calls.split()} | {(call, False) for call in work.refused.split()}

        assert calls == wanted, (work.does, printed)
        assert failed is work.fails, (work.does, printed)
        assert work.said in printed, (work.does, printed)
