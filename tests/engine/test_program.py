"""The root program on the real engine: up, nothing to do, update, rename, refresh, import, destroy, bad input."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.server import Aws
from s3io_user import s3_policy_document
from tests.engine.aws_side import exists, keys_of
from tests.engine.conftest import Ran, Stack
from tests.images import optimise_first

NewStack = Callable[..., Stack]
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"


def test_up_makes_a_user_whose_key_works_and_a_second_up_changes_nothing(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(userName=user_name, buckets=["photos"], tags={"site": "example"}, path="/sites/")
    stack.up()
    outputs = stack.outputs()

    assert outputs["userName"] == user_name
    assert outputs["userArn"] == f"arn:aws:iam::123456789012:user/sites/{user_name}"
    assert keys_of(aws, user_name) == {outputs["accessKeyId"]: "Active"}
    s3 = aws.client("s3", outputs["accessKeyId"], outputs["secretAccessKey"])
    assert optimise_first(aws, outputs["accessKeyId"], outputs["secretAccessKey"]) == 3
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.create_bucket(Bucket="mine-now")
    assert stack.steps() == []
    assert "5 unchanged" in stack.up().out


def test_a_user_costs_three_resources_and_no_look_up(new_stack: NewStack, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    stack.up()

    types = [resource["type"] for resource in stack.state() if not resource["type"].startswith("pulumi:")]
    assert sorted(types) == [
        "aws:iam/accessKey:AccessKey",
        "aws:iam/user:User",
        "aws:iam/userPolicy:UserPolicy",
        "s3io-user:index:S3IOUser",
    ]


def test_destroy_leaves_nothing_even_of_what_was_added_by_hand(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    stack.up()
    iam = aws.client("iam")
    iam.create_access_key(UserName=user_name)
    iam.put_user_policy(
        UserName=user_name, PolicyName="by-hand", PolicyDocument=json.dumps(s3_policy_document(["photos"]))
    )
    iam.attach_user_policy(UserName=user_name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    stack.destroy()

    assert not exists(aws, user_name)
    assert stack.state() == [] or [r["type"] for r in stack.state()] == ["pulumi:pulumi:Stack"]


def test_rights_change_in_place_and_the_key_stays(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name, buckets=["photos"])
    stack.up()
    before = stack.outputs()
    stack.config(userName=user_name, buckets=["photos/wp-content/uploads"], access="optimizer", tags={"a": "b"})

    assert stack.steps() == [("update", "aws:iam/user:User"), ("update", "aws:iam/userPolicy:UserPolicy")]
    stack.up()
    assert stack.outputs()["accessKeyId"] == before["accessKeyId"]
    inline = aws.client("iam").get_user_policy(UserName=user_name, PolicyName="S3Access")["PolicyDocument"]
    assert inline == json.loads(stack.outputs()["policyDocument"])


def test_after_a_rename_the_old_user_and_its_key_are_gone(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name, groups=[], buckets=["photos"])
    stack.up()
    old = stack.outputs()
    # A change of name together with one of tags fails where a rename is done in place.
    stack.config(userName=f"{user_name}-new", buckets=["photos"], tags={"a": "b"})
    stack.up()
    new = stack.outputs()

    assert not exists(aws, user_name)
    assert list(keys_of(aws, f"{user_name}-new")) == [new["accessKeyId"]]
    with pytest.raises(ClientError, match=r"InvalidAccessKeyId|InvalidClientTokenId"):
        aws.client("sts", old["accessKeyId"], old["secretAccessKey"]).get_caller_identity()
    assert stack.steps() == []


def test_refresh_sees_what_was_done_by_hand_and_up_repairs_it(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name, buckets=["photos"])
    stack.up()
    before = stack.outputs()
    iam = aws.client("iam")
    iam.update_access_key(UserName=user_name, AccessKeyId=before["accessKeyId"], Status="Inactive")
    iam.delete_user_policy(UserName=user_name, PolicyName="S3Access")
    stack.up("--refresh")

    assert keys_of(aws, user_name) == {before["accessKeyId"]: "Active"}
    assert iam.list_user_policies(UserName=user_name)["PolicyNames"] == ["S3Access"]
    assert stack.outputs() == before


def test_a_user_that_exists_is_imported_and_kept(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName=user_name)
    program = f"""
import pulumi
from s3io_user import S3IOUser

def adopt(args):
    return pulumi.ResourceTransformResult(args.props, pulumi.ResourceOptions.merge(
        args.opts, pulumi.ResourceOptions(import_="{user_name}"))) if args.type_ == "aws:iam/user:User" else None

S3IOUser("site", {{"user_name": "{user_name}", "force_destroy": False}},
         pulumi.ResourceOptions(transforms=[adopt]))
"""
    unique = iam.get_user(UserName=user_name)["User"]["UserId"]
    new_stack(program).up()

    assert iam.get_user(UserName=user_name)["User"]["UserId"] == unique
    assert len(keys_of(aws, user_name)) == 1


@pytest.mark.parametrize("command", ["preview", "up"])
def test_bad_input_ends_with_a_sentence_for_each_fault_and_nothing_made(
    new_stack: NewStack, aws: Aws, user_name: str, command: str
) -> None:
    stack = new_stack(userName="bad näme", path="sites", buckets=["No!"], acess="full", groups=["a b"])
    ran = stack.preview(check=False) if command == "preview" else stack.up(check=False)

    assert ran.code != 0
    assert "Traceback" not in ran.text
    faults = re.findall(r"^\s*(?:error: )?s3io-user:(\w+): (.*)$", ran.text, re.MULTILINE)
    assert [name for name, _ in faults] == ["acess", "userName", "path", "groups", "buckets"]
    assert "(did you mean 'access'?)" in ran.text
    assert not any(user["UserName"].startswith("bad") for user in aws.client("iam").list_users()["Users"])
    assert stack.state() == [] or [r["type"] for r in stack.state()] == ["pulumi:pulumi:Stack"]


def test_two_users_whose_names_differ_only_in_case_are_refused(new_stack: NewStack) -> None:
    stack = new_stack(users={"a": {"userName": "Site"}, "b": {"userName": "site"}})
    ran = stack.preview(check=False)

    assert ran.code != 0
    assert "must be unique without regard to case (got 'Site' and 'site')" in ran.text
    assert "Traceback" not in ran.text


def test_a_name_that_is_known_late_and_bad_is_one_sentence_and_nothing_is_made(new_stack: NewStack, aws: Aws) -> None:
    program = """
import pulumi, pulumi_aws as aws
from s3io_user import S3IOUser

bucket = aws.s3.Bucket("late", bucket="late-name-test")
S3IOUser("site", {"user_name": bucket.arn.apply(lambda arn: "not a name: " + arn)})
"""
    ran = new_stack(program).up(check=False)

    assert ran.code != 0
    assert "user_name: a user name must be 1 to 64 of" in ran.text
    assert "Traceback" not in ran.text
    assert "excepthook" not in ran.text
    assert not any(user["UserName"].startswith("not") for user in aws.client("iam").list_users()["Users"])


def test_an_error_of_aws_is_shown_without_a_traceback(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    aws.client("iam").create_user(UserName=user_name)
    ran = new_stack(userName=user_name).up(check=False)

    assert ran.code != 0
    assert "EntityAlreadyExists" in ran.text
    assert "Traceback" not in ran.text


def test_many_users_in_one_stack(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    sites = {f"site{n}": {"userName": f"{user_name}-{n}", "buckets": [f"bucket-{n}"]} for n in range(3)}
    stack = new_stack(users=sites, access="optimizer")
    stack.up()
    users = stack.outputs()["users"]

    assert {name: user["userName"] for name, user in users.items()} == {n: s["userName"] for n, s in sites.items()}
    assert "arn:aws:s3:::bucket-2/*" in users["site2"]["policyDocument"]
    assert all(list(keys_of(aws, user["userName"])) == [user["accessKeyId"]] for user in users.values())


def test_the_secret_is_ciphertext_in_state_and_nowhere_in_what_is_printed(new_stack: NewStack, user_name: str) -> None:
    stack = new_stack(userName=user_name, buckets=["photos"])
    said: list[Ran] = [stack.run("up", "--yes", "--skip-preview", "--logtostderr", "-v=9"), stack.preview("--diff")]
    secret = stack.outputs()["secretAccessKey"]
    said += [
        stack.up("--refresh", "--diff"),
        stack.run("stack"),
        stack.run("stack", "output"),
        stack.run("stack", "export"),
    ]
    said += [stack.run("destroy", "--yes", "--skip-preview", "--logtostderr", "-v=9")]

    assert len(secret) == 40
    assert [index for index, ran in enumerate(said) if secret in ran.text] == []
    assert '"ciphertext"' in said[5].out
    state_files = [
        path for path in (stack.folder.parent).rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
    ]
    assert state_files == []


def _state_secret(stack: Stack, type_: str, name: str) -> Any:
    return next(r for r in stack.state() if r["type"] == type_)["outputs"][name]


def test_state_marks_the_secret_and_the_credentials(new_stack: NewStack, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    stack.up()

    for name in ("secretAccessKey", "credentials"):
        value = _state_secret(stack, "pulumi:pulumi:Stack", name)
        assert SECRET_MARK in value.values()
        assert "ciphertext" in value
