"""`s3io-user rotate` on the real engine: the new key is there and verified before the old one goes, stopped or not."""

import json
from collections.abc import Callable
from typing import Any

from local_aws.server import Aws
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Stack
from tests.engine.test_doctor import command
from tests.engine.test_verify import DENY, bucket

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


def test_stopped_by_a_finding_and_gone_on_with(new_stack: NewStack, aws: Aws, user_name: str, bucket: str) -> None:
    iam = aws.client("iam")
    users = {"blog": {"userName": user_name, "previousKey": "inactive"}, "shop": {"userName": f"{user_name}-shop"}}
    stack = new_stack(users=users, access="optimizer", buckets=[bucket])
    stack.up()
    before = stack.open_outputs()["users"]
    old = before["blog"]["accessKeyId"]
    iam.put_user_policy(
        UserName=user_name,
        PolicyName="Deny",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [DENY]}),
    )
    failed = command(stack, "rotate", "--yes", "--user", "blog", "--wait", "0")
    assert failed.code == 1, failed.text
    assert "the old one works on" in failed.err
    both = keys_of(aws, user_name)
    assert (both[old], len(both)) == ("Active", 2)

    iam.delete_user_policy(UserName=user_name, PolicyName="Deny")
    done = command(stack, "rotate", "--yes", "--user", "blog")
    assert done.code == 0, done.text
    new = stack.open_outputs()["users"]
    assert keys_of(aws, user_name) == {old: "Inactive", new["blog"]["accessKeyId"]: "Active"}
    assert new["shop"]["accessKeyId"] == before["shop"]["accessKeyId"]
    assert json.loads(configured(stack)["s3io-user:users"])["blog"]["previousKey"] == "inactive"
