"""Two accounts in one stack, with a user of the same name in both: AWS is asked in the account that has the user."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from local_aws.server import Aws
from tests.engine.conftest import CUSTOMER, Stack
from tests.engine.test_doctor import command

# As a program of one's own does it: the inputs from config, the provider for one of the users.
PROGRAM = """
import os
import pulumi
import pulumi_aws as aws
from s3io_user import S3IOUser, read_setup

customer = aws.Provider(
    "customer",
    region="us-east-1",
    access_key=os.environ["THEIR_ID"],
    secret_key=os.environ["THEIR_SECRET"],
    endpoints=[{name: os.environ["AWS_ENDPOINT_URL"] for name in ("iam", "s3", "sts")}],
)
by_customer = pulumi.ResourceOptions(provider=customer)
setup = read_setup()
users = {
    name: S3IOUser(name, {**args, "user_name": os.environ["SAME"]}, by_customer if name == "theirs" else None)
    for name, args in setup.users.items()
}
pulumi.export("users", {name: user.exports() for name, user in users.items()})
"""
NewStack = Callable[..., Stack]
RIGHTS = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}'
)


def their(aws: Aws, service: str) -> Any:
    return aws.client(service, **aws.others[CUSTOMER])


@pytest.fixture
def stack(new_stack: NewStack, aws: Aws, user_name: str) -> Stack:
    """A stack with a user of one name in each account, and something to copy from for each."""
    bucket, source = f"{user_name}-photos", f"{user_name}-source"
    for account, group in ((aws.client, "ours-only"), (lambda service: their(aws, service), "theirs-only")):
        iam, s3 = account("iam"), account("s3")
        with suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_group(GroupName=group)
            iam.put_group_policy(GroupName=group, PolicyName="rights", PolicyDocument=RIGHTS)
        iam.create_user(UserName=source)
        iam.add_user_to_group(UserName=source, GroupName=group)
        name = bucket if group == "theirs-only" else f"{bucket}-ours"
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="a.jpg", Body=b"1")
    site = {"access": "read-write", "copyPermissionsFrom": source, "waitUntilUsable": True}
    made = new_stack(
        PROGRAM,
        users={"ours": {**site, "buckets": [f"{bucket}-ours"]}, "theirs": {**site, "buckets": [bucket]}},
    )
    key = aws.others[CUSTOMER]
    made.env |= {"THEIR_ID": key["access_key_id"], "THEIR_SECRET": key["secret_access_key"], "SAME": user_name}
    return made


@pytest.mark.passphrase  # the other account may not use a key of this one
def test_each_user_is_asked_about_in_its_own_account(stack: Stack, aws: Aws, user_name: str) -> None:
    secret = stack.env["THEIR_SECRET"]
    previewed = stack.preview().text
    said = stack.up("--logtostderr", "-v=9").text
    users = stack.outputs()["users"]
    accounts = {name: outputs["userArn"].split(":")[4] for name, outputs in users.items()}
    assert accounts == {"ours": "123456789012", "theirs": CUSTOMER}
    assert {outputs["userName"] for outputs in users.values()} == {user_name}

    # copyPermissionsFrom and waitUntilUsable
    groups = [iam.list_groups_for_user(UserName=user_name)["Groups"] for iam in (aws.client("iam"), their(aws, "iam"))]
    assert [[group["GroupName"] for group in each] for each in groups] == [["ours-only"], ["theirs-only"]]
    assert all(f"the key {outputs['accessKeyId']} is accepted by AWS" in said for outputs in users.values())

    # What only reads is asked in test_plugin_accounts.py.
    for name in ("ours", "theirs"):
        tried = command(stack, "verify", "--user", name, "--format", "json")
        assert "unexpected" not in tried.text, tried.text
        assert json.loads(tried.out), tried.text
    # rotate: there is room in their account alone
    stray = aws.client("iam").create_access_key(UserName=user_name)["AccessKey"]["AccessKeyId"]
    full = command(stack, "rotate", "--user", "ours", "--yes")
    assert (full.code, "there is no room for a new key" in full.text) == (1, True), full.text
    assert stray in full.text
    rotated = command(stack, "rotate", "--user", "theirs", "--yes", "--no-retire")
    assert rotated.code == 0, rotated.text
    after = stack.outputs()["users"]
    assert after["theirs"]["previousAccessKeyId"] == users["theirs"]["accessKeyId"]
    assert after["ours"] == users["ours"]
    both = {key["AccessKeyId"] for key in their(aws, "iam").list_access_keys(UserName=user_name)["AccessKeyMetadata"]}
    assert both == {after["theirs"]["accessKeyId"], users["theirs"]["accessKeyId"]}

    # credentials of the wrong account: an error, and nothing is touched
    for asked in (("verify",), ("rotate", "--yes")):
        wrong = command(
            stack, *asked, "--user", "ours", AWS_ACCESS_KEY_ID=stack.env["THEIR_ID"], AWS_SECRET_ACCESS_KEY=secret
        )
        assert wrong.code == 1
        assert (
            f"the user is in the account 123456789012, and these credentials are of the account {CUSTOMER}"
            in wrong.text
        )
    assert stack.outputs()["users"] == after
    everything = (previewed, said, rotated.text, json.dumps(stack.state()))
    assert not any(secret in str(text) for text in everything)


UNKNOWN = """
import os
import pulumi
import pulumi_aws as aws
from s3io_user import S3IOUser

key = aws.iam.AccessKey("deployer", user=os.environ["DEPLOYER"])
late = aws.Provider("late", region="us-east-1", access_key=key.id, secret_key=key.secret)
by_it = pulumi.ResourceOptions(provider=late)
S3IOUser("site", {"user_name": os.environ["SITE"], "copy_permissions_from": os.environ["DEPLOYER"]}, by_it)
"""


def test_a_provider_that_is_not_known_yet_is_named(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName=f"{user_name}-deployer")
    iam.attach_user_policy(UserName=f"{user_name}-deployer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    stack = new_stack(UNKNOWN, name="late")
    stack.env |= {"DEPLOYER": f"{user_name}-deployer", "SITE": user_name}
    refused = stack.preview(check=False)
    assert refused.code != 0
    assert "copy_permissions_from: the provider 'late': accessKey: is not known before the update" in refused.text
    assert "Traceback" not in refused.text
    stack.up()
    attached = iam.list_attached_user_policies(UserName=user_name)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AdministratorAccess"]
