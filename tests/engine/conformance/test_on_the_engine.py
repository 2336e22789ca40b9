"""The stand-in under the real engine."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from local_aws import server
from tests.asker import Asker
from tests.engine.aws_side import exists
from tests.engine.conformance.world import LIST_BUCKET, World, may_ask, statuses
from tests.engine.conftest import Stack

PROGRAM = """
import os
import pulumi
import pulumi_aws as aws

name, as_imported = os.environ["NAME"], os.environ.get("IMPORT_KEY")
imported = lambda id_: pulumi.ResourceOptions(import_=id_ if as_imported else None)
replaces = pulumi.ResourceOptions(replace_on_changes=["name"] if os.environ.get("REPLACE") else [])
user = aws.iam.User("u", name=name, force_destroy=True, opts=pulumi.ResourceOptions.merge(replaces, imported(name)))
key = aws.iam.AccessKey("k", user=user.name, opts=imported(as_imported))
statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
document = {"Version": "2012-10-17", "Statement": [statement]}
aws.iam.UserPolicy("p", name="inl", user=user.name, policy=document, opts=imported(f"{name}:inl"))
if not as_imported:
    group = aws.iam.Group("g")
    aws.iam.UserGroupMembership("m", user=user.name, groups=[group.name])
other = aws.Provider(
    "other",
    region="us-east-1",
    access_key=os.environ["OTHER_ID"],
    secret_key=pulumi.Output.secret(os.environ["OTHER_SECRET"]),
    endpoints=[{"iam": os.environ["AWS_ENDPOINT_URL"], "sts": os.environ["AWS_ENDPOINT_URL"]}],
)
who = aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=other))
me = aws.get_caller_identity()
pulumi.export("who", [me.arn.rsplit("/")[-1], who.arn.rsplit("/")[-1]])
pulumi.export("secret", key.secret)
"""


@pytest.fixture
def stack(new_stack: Callable[..., Stack], ask: Asker, aws: server.Aws, world: World) -> Stack:
    """The program's stack: a name for its user, and somebody else's credentials for its explicit provider."""
    assert may_ask(aws, world)
    other = ask.create("AccessKey", {"user": world.user}).outputs
    made = new_stack(PROGRAM, name="conformance")
    made.env |= {"NAME": world.name, "OTHER_ID": other["id"], "OTHER_SECRET": other["secret"]}
    return made


def test_a_life_on_the_engine_and_the_rename_trap(stack: Stack, world: World, aws: server.Aws, iam: Any) -> None:
    said = stack.up("--logtostderr", "-v=9").text
    outputs, state = stack.outputs(), json.dumps(stack.state())
    assert outputs["who"] == ["admin", world.user]  # two providers, each with credentials of its own
    for secret in (outputs["secret"], stack.env["OTHER_SECRET"]):
        assert secret not in said
        assert secret not in state
    assert '"ciphertext"' in state

    assert "unchanged" in stack.up("--refresh", "--expect-no-changes").out
    assert stack.outputs() == outputs

    stack.env["NAME"] = f"{world.name}-2"
    stack.up()
    assert len(statuses(iam, f"{world.name}-2")) == 2  # the old key lives on
    assert iam.list_user_policies(UserName=f"{world.name}-2")["PolicyNames"] == ["inl"]
    stack.destroy()
    assert not exists(aws, f"{world.name}-2")


def test_a_rename_with_replace_on_changes_leaves_nothing(stack: Stack, world: World, aws: server.Aws, iam: Any) -> None:
    stack.env["REPLACE"] = "1"
    stack.up()
    stack.env["NAME"] = f"{world.name}-2"
    stack.up()
    assert len(statuses(iam, f"{world.name}-2")) == 1
    assert not exists(aws, world.name)


def test_an_import_by_the_program_and_an_error_of_aws(stack: Stack, world: World, iam: Any) -> None:
    iam.create_user(UserName=world.name)
    key = iam.create_access_key(UserName=world.name)["AccessKey"]["AccessKeyId"]
    iam.put_user_policy(UserName=world.name, PolicyName="inl", PolicyDocument=LIST_BUCKET)

    refused = stack.up(check=False)
    assert refused.code != 0
    assert f"error: creating IAM User ({world.name}): operation error IAM: CreateUser" in refused.out
    assert f"EntityAlreadyExists: User with name {world.name} already exists." in refused.out
    assert "local_aws" not in refused.text  # no traceback of the provider

    stack.env["IMPORT_KEY"] = key
    assert "3 imported" in stack.up().out
    assert not stack.outputs().get("secret")
