"""What AWS refuses, in the words of the real provider; and what a deletion removes."""

from collections.abc import Callable
from typing import Any

import pytest

from local_aws import server
from local_aws.provider.aws import AwsError
from tests.asker import Asker
from tests.engine.conformance.world import ACCOUNT, LIST_BUCKET, Inputs, World, in_words, without_id

MISSING = f"arn:aws:iam::{ACCOUNT}:policy/nope"


@pytest.mark.parametrize(
    ("kind", "inputs", "said"),
    [
        pytest.param(
            "User",
            lambda w: {"name": w.user},
            lambda w: in_words(
                f"creating IAM User ({w.user})",
                "CreateUser",
                409,
                f"EntityAlreadyExists: User with name {w.user} already exists.",
            ),
            id="user-exists",
        ),
        pytest.param(
            "Group",
            lambda w: {"name": w.group},
            lambda w: in_words(
                f"creating IAM Group ({w.group})",
                "CreateGroup",
                409,
                f"EntityAlreadyExists: Group with name {w.group} already exists.",
            ),
            id="group-exists",
        ),
        pytest.param(
            "Policy",
            lambda w: {"name": w.arn.split("/")[1], "policy": LIST_BUCKET},
            lambda w: in_words(
                f"creating IAM Policy ({w.arn.split('/')[1]})",
                "CreatePolicy",
                409,
                f"EntityAlreadyExists: A policy called {w.arn.split('/')[1]} already exists. Duplicate names are not"
                " allowed.",
            ),
            id="policy-exists",
        ),
        pytest.param(
            "UserGroupMembership",
            lambda w: {"user": w.user, "groups": ["nope"]},
            lambda w: in_words(
                f"assigning IAM User Group Membership ({w.user}): adding User ({w.user}) to Group (nope)",
                "AddUserToGroup",
                404,
                "NoSuchEntity: The group with name nope cannot be found.",
            ),
            id="missing-group",
        ),
        pytest.param(
            "AccessKey",
            lambda w: {"user": "nouser"},
            lambda w: in_words(
                "creating IAM Access Key (nouser)",
                "CreateAccessKey",
                404,
                "NoSuchEntity: The user with name nouser cannot be found.",
            ),
            id="key-of-nobody",
        ),
        pytest.param(
            "UserPolicy",
            lambda w: {"user": "nouser", "name": "n", "policy": LIST_BUCKET},
            lambda w: in_words(
                "putting IAM User (nouser) Policy (n)",
                "PutUserPolicy",
                404,
                "NoSuchEntity: The user with name nouser cannot be found.",
            ),
            id="inline-of-nobody",
        ),
        pytest.param(
            "UserPolicy",
            lambda w: {
                "user": w.user,
                "name": "n",
                "policy": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}',
            },
            lambda w: in_words(
                f"putting IAM User ({w.user}) Policy (n)",
                "PutUserPolicy",
                400,
                "MalformedPolicyDocument: Policy statement must contain actions.",
            ),
            id="malformed",
        ),
        pytest.param(
            "UserPolicyAttachment",
            lambda w: {"user": w.user, "policyArn": MISSING},
            lambda w: in_words(
                f"attaching IAM Policy ({MISSING}) to IAM User ({w.user})",
                "AttachUserPolicy",
                404,
                f"NoSuchEntity: Policy {MISSING} does not exist or is not attachable.",
            ),
            id="missing-policy",
        ),
        pytest.param(
            "UserPolicyAttachment",
            lambda w: {"user": "nouser", "policyArn": w.arn},
            lambda w: in_words(
                f"attaching IAM Policy ({w.arn}) to IAM User (nouser)",
                "AttachUserPolicy",
                404,
                "NoSuchEntity: The user with name nouser cannot be found.",
            ),
            id="attach-to-nobody",
        ),
    ],
)
def test_what_aws_refuses(ask: Asker, world: World, kind: str, inputs: Inputs, said: Callable[[World], str]) -> None:
    with pytest.raises(AwsError) as caught:
        ask.create(kind, inputs(world))
    assert without_id(caught.value) == said(world)


def test_a_third_key_is_refused(ask: Asker, world: World) -> None:
    for _ in range(2):
        ask.create("AccessKey", {"user": world.user})
    with pytest.raises(AwsError) as caught:
        ask.create("AccessKey", {"user": world.user})
    assert without_id(caught.value) == in_words(
        f"creating IAM Access Key ({world.user})",
        "CreateAccessKey",
        409,
        "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2",
    )


def test_a_name_of_65_characters_reaches_aws_which_refuses_it(ask: Asker, name: str) -> None:
    with pytest.raises(AwsError, match=r"ValidationError: .*Member must have length less than or equal to 64"):
        ask.create("User", {"name": name.ljust(65, "x")})


def test_without_force_a_user_leaves_its_groups_and_no_more(ask: Asker, world: World, iam: Any) -> None:
    user = ask.create("User", {"name": world.name})
    iam.add_user_to_group(UserName=world.name, GroupName=world.group)
    iam.put_user_policy(UserName=world.name, PolicyName="outside", PolicyDocument=LIST_BUCKET)
    with pytest.raises(AwsError) as caught:
        ask.delete(user)
    assert f"deleting IAM User ({world.name}): operation error IAM: DeleteUser" in str(caught.value)
    assert "StatusCode: 409" in str(caught.value)
    assert "DeleteConflict" in str(caught.value)
    assert iam.list_groups_for_user(UserName=world.name)["Groups"] == []
    iam.delete_user_policy(UserName=world.name, PolicyName="outside")
    ask.delete(user)
    assert ask.read(user) is None


def test_with_force_a_user_goes_with_all_it_has(ask: Asker, world: World, iam: Any) -> None:
    user = ask.create("User", {"name": world.name, "forceDestroy": True})
    iam.add_user_to_group(UserName=world.name, GroupName=world.group)
    iam.put_user_policy(UserName=world.name, PolicyName="outside", PolicyDocument=LIST_BUCKET)
    iam.attach_user_policy(UserName=world.name, PolicyArn=world.arn)
    iam.create_access_key(UserName=world.name)
    iam.create_login_profile(UserName=world.name, Password="a Password 1!")
    ask.delete(user)
    assert ask.read(user) is None


@pytest.mark.parametrize("force", [True, False])
def test_a_bucket_with_objects_goes_only_by_force(ask: Asker, aws: server.Aws, name: str, force: bool) -> None:
    bucket = ask.create("Bucket", {"bucket": f"bucket-{name}", "forceDestroy": force})
    aws.client("s3").put_object(Bucket=bucket.id, Key="k", Body=b"x")
    if not force:
        with pytest.raises(AwsError, match=rf"^deleting S3 Bucket \({bucket.id}\): .*BucketNotEmpty"):
            ask.delete(bucket)
        return
    ask.delete(bucket)
    assert ask.read(bucket) is None


def test_a_policy_goes_with_its_versions(ask: Asker, name: str, iam: Any) -> None:
    policy = ask.create("Policy", {"name": name, "policy": LIST_BUCKET})
    for number in range(6):  # one more than AWS keeps
        policy = ask.update(policy, {"name": name, "policy": LIST_BUCKET.replace("*", f"arn:aws:s3:::b{number}")})
    assert len(iam.list_policy_versions(PolicyArn=policy.id)["Versions"]) == 5
    ask.delete(policy)
    assert ask.read(policy) is None
