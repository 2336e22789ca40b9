"""Starts the embedded AWS on loopback as a process of its own, and tells its endpoint and its admin's access key."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from local_aws import environment

REGION = "us-east-1"
_TREE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Aws:
    """A running embedded AWS: its endpoint, its admin's access key, and its process.

    ``others`` has the admin's access key of each further account, by the account's ID.
    """

    endpoint: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    pid: int
    region: str = REGION
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def env(self) -> dict[str, str]:
        """The environment variables with which boto3, the AWS CLI and the provider use it as the admin."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def client(self, service: str, access_key_id: str = "", secret_access_key: str = "", **options: Any) -> Any:
        """A boto3 client with the admin's access key, or with another one."""
        import boto3

        of_any: Any = boto3.client  # its types know each service by its name alone
        return of_any(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=access_key_id or self.access_key_id,
            aws_secret_access_key=secret_access_key or self.secret_access_key,
            **options,
        )

    def answers(self) -> bool:
        """Whether it still runs, and accepts this access key."""
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        # A process that is suspended, as by a debugger, does not answer at all.
        soon = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
        try:
            return bool(self.client("sts", config=soon).get_caller_identity()["Arn"].endswith("user/admin"))
        except (BotoCoreError, ClientError):
            return False

    def stop(self) -> None:
        """End the process."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


def is_ours(pid: int) -> bool:
    """Whether a process is an embedded AWS of this work tree."""
    asked = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    command = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    folder = Path(f"/proc/{pid}/cwd")  # without /proc, the command must do
    elsewhere = folder.exists() and folder.resolve() != _TREE
    return "local_aws.emulator" in command and not elsewhere


class Starting:
    """An embedded AWS that ``begin`` has started, and that may not answer yet."""

    def __init__(self, process: "subprocess.Popen[bytes]", announcement: IO[str], log: Path) -> None:
        self._process, self._announcement, self._log = process, announcement, log

    def wait(self) -> Aws:
        """Wait until it answers. Raises RuntimeError if it does not start."""
        with self._announcement:
            line = self._announcement.readline()
        if not line:
            raise RuntimeError(f"the embedded AWS did not start: see {self._log}")
        return Aws(**json.loads(line))

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()


def begin(
    log: Path,
    progress: Callable[[str], None],
    *,
    settling: float = 0.0,
    more_accounts: tuple[str, ...] = (),
) -> Starting:
    """Start it in the background, where it outlives this process. It logs a line for each call.

    ``settling`` simulates eventual consistency: for that many seconds, a new key is refused and a new user not found.
    ``more_accounts`` are the IDs of further accounts. Raises RuntimeError if its environment can't be installed.
    """
    python = environment.ensure(progress)
    env = {**os.environ, "LOCAL_AWS_SETTLING": str(settling), "LOCAL_AWS_MORE_ACCOUNTS": ",".join(more_accounts)}
    reading, writing = os.pipe()
    with open(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as errors:
        process = subprocess.Popen(
            [python, "-m", "local_aws.emulator"],
            cwd=_TREE,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=errors,
            start_new_session=True,
        )
    os.close(writing)
    return Starting(process, open(reading), log)
