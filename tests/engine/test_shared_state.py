"""State in a bucket (docs/shared-state.md): of two updates at once, one runs and one is refused."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local_aws.server import Aws
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Stack
from tests.patience import PATIENCE

NewStack = Callable[..., Stack]
BUCKET = "state-of-stacks"

# It holds the stack's lock until a file is there: the other update can only come while it does.
PROGRAM = """\
import pathlib
import time

import pulumi

from s3io_user import S3IOUser

config = pulumi.Config("s3io-user")
site = S3IOUser("site", {"user_name": config.require("userName"), "buckets": ["photos"]})
pulumi.export("accessKeyId", site.access_key_id)
pulumi.export("secretAccessKey", site.secret_access_key)
while not pathlib.Path("go-on").exists():
    time.sleep(0.05)
"""


@pytest.fixture
def stack(new_stack: NewStack, aws: Aws, user_name: str) -> Stack:
    aws.client("s3").create_bucket(Bucket=BUCKET)
    host = aws.endpoint.removeprefix("http://")
    backend = f"s3://{BUCKET}?endpoint={host}&disableSSL=true&s3ForcePathStyle=true&region={aws.region}"
    made = new_stack(PROGRAM, userName=user_name)
    made.env["PULUMI_BACKEND_URL"] = backend
    made.run("stack", "init", "test")
    return made


def objects(aws: Aws, part: str) -> list[str]:
    listed = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=".pulumi/").get("Contents", [])
    return [each["Key"] for each in listed if part in each["Key"]]


def wait_for_a_lock(aws: Aws, holder: "subprocess.Popen[str]") -> None:
    while not objects(aws, "/locks/"):
        assert holder.poll() is None, "it ended before it held a lock"
        time.sleep(0.05)


def test_of_two_updates_at_once_one_runs_and_one_is_refused_and_nothing_is_lost(
    stack: Stack, aws: Aws, user_name: str
) -> None:
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color", "never"]
    first = subprocess.Popen(command, cwd=stack.folder, env=stack.environment(), stdout=subprocess.PIPE, text=True)
    wait_for_a_lock(aws, first)
    refused = stack.up(check=False)
    Path(stack.folder, "go-on").touch()
    said, _ = first.communicate(timeout=PATIENCE)

    assert first.returncode == 0, said
    assert refused.code != 0
    assert "the stack is currently locked by 1 lock(s)" in refused.text
    assert "Traceback" not in refused.text
    outputs = stack.outputs()
    assert list(keys_of(aws, user_name)) == [outputs["accessKeyId"]]
    assert aws.client("sts", outputs["accessKeyId"], outputs["secretAccessKey"]).get_caller_identity()
    assert objects(aws, "/locks/") == []
    assert stack.steps() == []

    state = next(name for name in objects(aws, "stacks/s3io-user/test.json") if name.endswith("test.json"))
    held = aws.client("s3").get_object(Bucket=BUCKET, Key=state)["Body"].read()
    assert json.loads(held)["checkpoint"]["latest"]["resources"]
    assert outputs["secretAccessKey"].encode() not in held
