"""`s3io-user rotate` on the real engine: it removes the old key only after the new one is verified."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import pytest

from local_aws.server import Aws
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Stack
from tests.engine.test_doctor import command
from tests.engine.test_verify import DENY, bucket
from tests.faults import Fault, proxy
from tests.patience import PATIENCE

__all__ = ["bucket"]
NewStack = Callable[..., Stack]


def configured(stack: Stack) -> dict[str, Any]:
    """The stack's config, as Pulumi reads it."""
    return {key: entry["value"] for key, entry in json.loads(stack.run("config", "--json").out).items()}


def test_in_one_go(new_stack: NewStack, aws: Aws, user_name: str, bucket: str) -> None:
    stack = new_stack(userName=user_name, access="optimizer", buckets=[bucket])
    stack.up()
    old, secret = stack.open_outputs()["accessKeyId"], stack.outputs()["secretAccessKey"]
    asked = command(stack, "rotate")
    assert (asked.code, asked.err) == (1, "s3io-user: nobody can be asked here: add --yes\n")
    assert "set keyGeneration to 2" in asked.out
    assert configured(stack)["s3io-user:keyGeneration"] == "1"

    ran = command(stack, "rotate", "--yes")
    assert ran.code == 0, ran.text
    new = stack.outputs()
    assert new["accessKeyId"] != old
    assert keys_of(aws, user_name) == {new["accessKeyId"]: "Active"}
    config = configured(stack)
    assert (config["s3io-user:keyGeneration"], config["s3io-user:previousKey"]) == ("2", "removed")
    assert "s3io-rotate:underway" not in config
    assert stack.steps() == []
    assert not any(each in ran.text for each in (secret, new["secretAccessKey"]))


BLOG = "a'=b.de"
"""A name that pulumi takes in the path of a config key only in quotes."""


def test_stopped_by_a_finding_and_gone_on_with(new_stack: NewStack, aws: Aws, user_name: str, bucket: str) -> None:
    iam = aws.client("iam")
    users = {BLOG: {"userName": user_name, "previousKey": "inactive"}, "shop": {"userName": f"{user_name}-shop"}}
    stack = new_stack(users=users, access="optimizer", buckets=[bucket])
    stack.up()
    before = stack.open_outputs()["users"]
    old = before[BLOG]["accessKeyId"]
    iam.put_user_policy(
        UserName=user_name,
        PolicyName="Deny",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [DENY]}),
    )
    failed = command(stack, "rotate", "--yes", "--user", BLOG, "--wait", "0")
    assert failed.code == 1, failed.text
    assert "the previous one stays and works" in failed.err
    both = keys_of(aws, user_name)
    assert (both[old], len(both)) == ("Active", 2)

    iam.delete_user_policy(UserName=user_name, PolicyName="Deny")
    done = command(stack, "rotate", "--yes", "--user", BLOG)
    assert done.code == 0, done.text
    new = stack.open_outputs()["users"]
    assert keys_of(aws, user_name) == {old: "Inactive", new[BLOG]["accessKeyId"]: "Active"}
    assert new["shop"]["accessKeyId"] == before["shop"]["accessKeyId"]
    assert json.loads(configured(stack)["s3io-user:users"])[BLOG]["previousKey"] == "inactive"


MANY_SITES = """
import pulumi
from s3io_user import S3IOUser

site = S3IOUser("site", {"user_name": pulumi.Config("of-my-own").require("name"), "buckets": ["photos"]})
pulumi.export("users", {"site": site.exports()})
"""


def test_a_program_that_reads_no_config_is_told_and_nothing_is_written(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(MANY_SITES, name="my-sites")
    (stack.folder / "Pulumi.test.yaml").write_text(json.dumps({"config": {"of-my-own:name": user_name}}))
    stack.up()
    before, keys = (stack.folder / "Pulumi.test.yaml").read_bytes(), keys_of(aws, user_name)
    ran = command(stack, "rotate", "--yes")
    assert (ran.code, "changes no key: the program does not read" in ran.err) == (1, True), ran.text
    assert (stack.folder / "Pulumi.test.yaml").read_bytes() == before
    assert keys_of(aws, user_name) == keys


def test_a_key_by_hand_stops_it_before_it_begins(new_stack: NewStack, aws: Aws, user_name: str, bucket: str) -> None:
    stack = new_stack(userName=user_name, access="optimizer", buckets=[bucket])
    stack.up()
    by_hand = aws.client("iam").create_access_key(UserName=user_name)["AccessKey"]["AccessKeyId"]
    ran = command(stack, "rotate", "--yes")
    assert (ran.code, by_hand in ran.err) == (1, True), ran.text
    assert "s3io-user:keyGeneration" not in (stack.folder / "Pulumi.test.yaml").read_text()


@pytest.mark.long
@pytest.mark.passphrase  # a key would be one more call that is interrupted
def test_interrupted_at_any_moment_the_stack_is_unlocked_and_the_next_run_finishes(
    new_stack: NewStack, aws: Aws, user_name: str, bucket: str
) -> None:
    stack = new_stack(userName=user_name, access="optimizer", buckets=[bucket])
    stack.up()
    first = stack.open_outputs()["accessKeyId"]
    for at in ("CreateAccessKey", "DeleteAccessKey"):
        for began in (False, True):
            said = interrupted(stack, at, began)
            assert "Traceback" not in said
            assert list((stack.folder.parent / "state").glob(".pulumi/locks/**/*.json")) == [], said
            assert (first in keys_of(aws, user_name)) == (at == "CreateAccessKey" or not began), said
    done = command(stack, "rotate", "--yes")
    assert done.code == 0, done.text
    assert keys_of(aws, user_name) == {stack.open_outputs()["accessKeyId"]: "Active"}
    assert stack.steps() == []


def interrupted(stack: Stack, at: str, began: bool) -> str:
    """Rotate until its update asks for ``at``, or just before that update, and send SIGINT to its process group."""
    waited_for = threading.Event()
    with proxy(stack.sandbox.running().endpoint, [Fault(at, "held")]) as between:
        process = subprocess.Popen(
            [stack.python, "-m", "s3io_user", "rotate", "--yes", *(["--no-retire"] if at == "CreateAccessKey" else [])],
            cwd=stack.folder,
            env={**stack.environment(), "AWS_ENDPOINT_URL": between.endpoint},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

        def interrupt() -> None:
            os.killpg(process.pid, signal.SIGINT)
            assert waited_for.wait(PATIENCE)

        between.meanwhile = interrupt
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("pulumi up") and not began:
                os.killpg(process.pid, signal.SIGINT)
            if "waiting for pulumi to finish" in line:
                waited_for.set()
        assert process.wait(PATIENCE) == 130, said
    return said
