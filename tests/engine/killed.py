"""Updates that are killed half-way and keys that are created by hand, for the tests of `s3io-user doctor`."""

import os
import signal
import subprocess

from local_aws.server import Aws
from tests.engine.conftest import Stack
from tests.faults import Fault, proxy
from tests.patience import PATIENCE


def up_killed(stack: Stack, at: str, kind: str = "killed") -> int:
    """Run an update that is killed when it asks for ``at``: ``killed`` when AWS has done it, ``held`` before.

    Returns the process's ID; the stack stays locked by it.
    """
    with proxy(stack.sandbox.running().endpoint, [Fault(at, kind)]) as between:
        process = subprocess.Popen(
            ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
            cwd=stack.folder,
            env={**stack.environment(), "AWS_ENDPOINT_URL": between.endpoint},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

        def kill() -> None:
            os.killpg(process.pid, signal.SIGKILL)
            between.over = True  # nor may a provider that outlives it try again
            raise ConnectionAbortedError  # so that what was held is not passed on after all

        between.meanwhile = kill
        process.wait(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    return process.pid


def make_key(aws: Aws, user: str) -> str:
    return str(aws.client("iam").create_access_key(UserName=user)["AccessKey"]["AccessKeyId"])
