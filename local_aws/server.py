"""The embedded AWS: moto as a process of its own on loopback, with authorisation enforced and an admin's key.

Run as a program it is that process: it prints one JSON line (endpoint, admin key) when it is ready, and ends on
SIGTERM. ``start`` runs it and reads that line.
"""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

REGION = "us-east-1"


@dataclass(frozen=True)
class Aws:
    """Where the embedded AWS answers, whose key is allowed everything there, and the process that it is."""

    endpoint: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    pid: int
    region: str = REGION

    def env(self) -> dict[str, str]:
        """The variables that point boto3, the AWS CLI and the provider at it, as the admin."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def client(self, service: str, access_key_id: str = "", secret_access_key: str = "") -> Any:
        """A boto3 client of it: as the admin, or as whoever has the given key."""
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=access_key_id or self.access_key_id,
            aws_secret_access_key=secret_access_key or self.secret_access_key,
        )

    def answers(self) -> bool:
        """Whether it still runs, and is the one that made this key."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return bool(self.client("sts").get_caller_identity()["Arn"].endswith("user/admin"))
        except (BotoCoreError, ClientError):
            return False

    def stop(self) -> None:
        """End the process."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


def start(log: Path, extra_env: Mapping[str, str] | None = None) -> Aws:
    """Start it in the background, where it outlives this process; its requests go to a log."""
    env = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true", **(extra_env or {})}
    # A profile or endpoint of the user's must not reach the emulator, which talks to itself while it sets up.
    env = {name: value for name, value in env.items() if not name.startswith("AWS_")}
    reading, writing = os.pipe()
    with open(log, "ab") as errors:
        subprocess.Popen(
            [sys.executable, "-m", "local_aws.server"],
            cwd=Path(__file__).resolve().parent.parent,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=errors,
            start_new_session=True,
        )
    os.close(writing)
    with open(reading) as announcement:
        line = announcement.readline()
    if not line:
        raise RuntimeError(f"the embedded AWS did not start: see {log}")
    return Aws(**json.loads(line))


def _serve() -> None:
    from moto.server import ThreadedMotoServer

    # The announcement has standard output for itself; whatever else is printed goes to the log.
    announcement = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    aws = _with_admin(f"http://{host}:{port}")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with announcement:
        print(json.dumps(asdict(aws)), file=announcement)
    while True:
        signal.pause()


def _with_admin(endpoint: str) -> Aws:
    iam = Aws(endpoint, "setup", "setup", os.getpid()).client("iam")
    iam.create_user(UserName="admin")
    iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="admin")["AccessKey"]
    # From here on every request is authorised by what its key's user is allowed.
    enforce = urllib.request.Request(f"{endpoint}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})
    urllib.request.urlopen(enforce, timeout=10)
    return Aws(endpoint, key["AccessKeyId"], key["SecretAccessKey"], os.getpid())


if __name__ == "__main__":
    _serve()
