"""The engine killed in the middle of a rotation: by what the docs say, no key is lost and none is left over.

A seeded run each time; ``S3IO_USER_KILLS=50`` makes it as many as that.
"""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from local_aws.server import Aws
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Stack

pytestmark = [pytest.mark.long, pytest.mark.passphrase]

NewStack = Callable[..., Stack]
KILLS = int(os.environ.get("S3IO_USER_KILLS", "1"))


def up_killed_after(stack: Stack, seconds: float) -> None:
    """Start an update, and end it, the program and the provider with SIGKILL."""
    process = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=stack.folder,
        env=stack.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def doctor(stack: Stack, *args: str) -> subprocess.CompletedProcess[str]:
    command = [stack.python, "-m", "s3io_user", "doctor", *args]
    return subprocess.run(command, cwd=stack.folder, env=stack.environment(), capture_output=True, text=True)


def recover(stack: Stack) -> None:
    """What docs/when-things-go-wrong.md says to do, by somebody who knows that nobody else makes keys here."""
    stack.run("cancel", "--yes", check=False)
    looked = doctor(stack, "--format", "json")
    assert "Traceback" not in looked.stderr, looked.stderr
    for key in [finding["key"] for finding in json.loads(looked.stdout)["findings"] if finding["key"]]:
        fixed = doctor(stack, "--fix", "--yes", "--key", key)
        assert f"removed the key {key}" in fixed.stderr, fixed.stderr
    stack.up()


def test_a_rotation_killed_anywhere_is_recovered(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    chance = random.Random(20261124)  # noqa: S311 - moments to kill at, not secrets
    stack = new_stack(userName=user_name)
    stack.up()
    for generation in range(2, 2 + KILLS):
        fate = chance.choice(["removed", "inactive", "active"])
        stack.config(userName=user_name, keyGeneration=generation, previousKey=fate)
        up_killed_after(stack, chance.uniform(0.2, 2.0))
        recover(stack)
        outputs, found = stack.outputs(), keys_of(aws, user_name)
        known = {outputs["accessKeyId"], outputs.get("previousAccessKeyId")} - {None}
        assert set(found) == known, (generation, fate)
        assert found[outputs["accessKeyId"]] == "Active"
        assert aws.client("sts", outputs["accessKeyId"], outputs["secretAccessKey"]).get_caller_identity()
        assert stack.steps() == []


def test_a_key_that_reached_aws_and_not_the_state_is_named_and_removed(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(userName=user_name)
    stack.up()
    orphan = aws.client("iam").create_access_key(UserName=user_name)["AccessKey"]["AccessKeyId"]
    stack.config(userName=user_name, keyGeneration=2)
    refused = stack.up(check=False)

    assert refused.code != 0
    assert orphan in refused.text
    found = doctor(stack)
    assert found.returncode == 1
    assert orphan in found.stdout
    assert orphan in keys_of(aws, user_name), "only looked at"
    doctor(stack, "--fix", "--yes", "--key", orphan)
    assert orphan not in keys_of(aws, user_name)
    stack.up()
    assert stack.outputs()["accessKeyId"] in keys_of(aws, user_name)
