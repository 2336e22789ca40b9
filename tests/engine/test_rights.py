"""Every way to grant permissions, on the real engine: adopt, copy, presets, policy sizes, exclusive."""

import io
import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from local_aws import photos
from local_aws.server import Aws
from s3io_user import s3_policy_document
from tests.engine.aws_side import attached, exists, groups, inline, keys_of, may
from tests.engine.conftest import Stack
from tests.engine.test_doctor import command
from tests.engine.test_verify import make_bucket
from tests.images import optimise_first

NewStack = Callable[..., Stack]
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def test_an_existing_user_gets_rights_and_a_key_and_stays_when_they_go(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName=user_name, Path="/old/", Tags=[{"Key": "a", "Value": "b"}])
    before = iam.get_user(UserName=user_name)["User"]
    stack = new_stack(existingUser=user_name, buckets=["photos"])
    stack.up()
    outputs = stack.outputs()

    assert outputs["userArn"] == before["Arn"]
    assert outputs["userUniqueId"] == before["UserId"]
    assert optimise_first(aws, outputs["accessKeyId"], outputs["secretAccessKey"]) == 3
    assert stack.steps() == []
    stack.destroy()
    assert iam.get_user(UserName=user_name)["User"] == before
    assert (keys_of(aws, user_name), inline(aws, user_name)) == ({}, {})


def test_a_user_to_adopt_that_does_not_exist_is_one_sentence(new_stack: NewStack) -> None:
    ran = new_stack(existingUser="nobody-here").preview(check=False)

    assert ran.code != 0
    assert "existing_user: must be a user of this account (got 'nobody-here', which does not exist)" in ran.text
    assert "Traceback" not in ran.text


@pytest.fixture
def source(aws: Aws, user_name: str) -> str:
    """A user with every kind of permission."""
    iam, name = aws.client("iam"), f"{user_name}-source"
    iam.create_user(UserName=name)
    for group in ("editors", "writers"):
        iam.create_group(GroupName=f"{name}-{group}")
        iam.add_user_to_group(UserName=name, GroupName=f"{name}-{group}")
    iam.attach_user_policy(UserName=name, PolicyArn=READ_ONLY)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(DOCUMENT))
    return name


def test_another_user_s_permissions_are_copied_and_the_preview_shows_them(
    new_stack: NewStack, aws: Aws, user_name: str, source: str
) -> None:
    stack = new_stack(userName=user_name, copyPermissionsFrom=source)
    shown = stack.preview().text
    stack.up()

    assert f"copied from the user '{source}': groups {source}-editors, {source}-writers" in shown
    assert READ_ONLY in shown
    assert "inline policies own" in shown
    assert groups(aws, user_name) == groups(aws, source)
    assert attached(aws, user_name) == {READ_ONLY}
    assert inline(aws, user_name) == {"own": DOCUMENT}
    assert stack.steps() == []
    stack.destroy()
    assert groups(aws, source) == {f"{source}-editors", f"{source}-writers"}
    assert attached(aws, source) == {READ_ONLY}


def test_a_copy_follows_its_source_and_goes_with_what_is_declared(
    new_stack: NewStack, aws: Aws, user_name: str, source: str
) -> None:
    stack = new_stack(userName=user_name, copyPermissionsFrom=source, access="optimizer", buckets=["photos"])
    stack.up()
    assert set(inline(aws, user_name)) == {"own", "S3Access"}
    aws.client("iam").detach_user_policy(UserName=source, PolicyArn=READ_ONLY)
    stack.up()

    assert attached(aws, user_name) == set()


def test_copying_from_a_user_that_does_not_exist_is_one_sentence(new_stack: NewStack) -> None:
    ran = new_stack(copyPermissionsFrom="nobody-here").preview(check=False)

    assert ran.code != 0
    assert "copy_permissions_from: can't read the permissions of the user 'nobody-here': it does not exist" in ran.text
    assert "Traceback" not in ran.text


@pytest.mark.passphrase  # whoever runs this may not use a key
def test_copying_without_the_right_to_read_is_one_sentence(
    new_stack: NewStack, aws: Aws, user_name: str, source: str
) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName=f"{user_name}-operator")
    key = iam.create_access_key(UserName=f"{user_name}-operator")["AccessKey"]
    stack = new_stack(userName=user_name, copyPermissionsFrom=source)
    stack.env |= {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    ran = stack.preview(check=False)

    assert ran.code != 0
    assert "iam:GetUser is not allowed to these credentials" in ran.text
    assert "Traceback" not in ran.text


@pytest.mark.passphrase  # whoever runs this may not use a key
def test_copying_reads_with_the_credentials_of_the_stack_s_config(
    new_stack: NewStack, aws: Aws, user_name: str, source: str
) -> None:
    stack = new_stack(
        userName=user_name,
        copyPermissionsFrom=source,
        aws__accessKey=aws.access_key_id,
        aws__secretKey=aws.secret_access_key,
        aws__endpoints=[{"iam": aws.endpoint, "sts": aws.endpoint}],
    )
    stack.env |= dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"), "")
    stack.up()

    assert inline(aws, user_name) == {"own": DOCUMENT}


def test_a_policy_that_config_holds_as_a_secret_is_plain_in_aws_alone(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(userName=user_name)
    hidden = {**DOCUMENT, "Statement": [{**DOCUMENT["Statement"][0], "Resource": "arn:aws:s3:::hidden/*"}]}  # type: ignore[index]
    stack.run("config", "set", "--secret", "policy", stdin=json.dumps(hidden))
    said = [stack.preview().text, stack.up().text, stack.run("stack", "output", "--json").out]

    assert inline(aws, user_name) == {"S3Access": hidden}
    assert "hidden" not in json.dumps([*said, stack.state()])
    assert json.loads(stack.outputs()["policyDocument"]) == hidden
    assert stack.steps() == []
    stack.run("config", "set", "--secret", "policy", stdin='{"hidden": 1}')
    refused = stack.preview(check=False)
    assert "s3io-user:policy: line 1: a policy document has no '…'" in refused.text
    assert "hidden" not in refused.text


PRESETS: dict[str, dict[str, Any]] = {
    "full": {"access": "full"},
    "s3-access": {"access": "s3-access", "buckets": ["photos"]},
    "optimizer": {"access": "optimizer", "buckets": ["photos"]},
    "read-only": {"access": "read-only", "buckets": ["photos"]},
    "none": {"access": "none"},
}


def test_every_preset_changes_into_every_other_and_leaves_nothing_of_it(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    """One user for each ordered pair: after the change it has what a fresh one of that preset has."""
    pairs = {f"{old}.{new}": (old, new) for old, new in permutations(PRESETS, 2)}
    stack = new_stack()
    seen: dict[str, Any] = {}
    for which in (0, 1):
        stack.config(users={n: {"userName": f"{user_name}-{n}", **PRESETS[pair[which]]} for n, pair in pairs.items()})
        stack.up()
        for name, pair in pairs.items():
            rights = inline(aws, f"{user_name}-{name}"), attached(aws, f"{user_name}-{name}")
            assert rights == seen.setdefault(pair[which], rights), name
    assert seen["full"] == ({}, {FULL})
    assert seen["none"] == ({}, set())
    assert seen["optimizer"] == ({"S3Access": s3_policy_document(["photos"], access="optimizer")}, set())
    assert stack.steps() == []


CALLS = ["list", "location", "ownership", "get", "head", "put", "acl", "buckets", "copy", "delete"]


def plugin_calls(s3: Any, bucket: str, folder: str, key: str) -> dict[str, bool]:
    """What S3IO calls, in its order, and which of it is allowed."""
    body = io.BytesIO(b"x")
    copy = {"Bucket": bucket, "Key": key}
    return {
        "list": may(lambda: s3.list_objects(Bucket=bucket, Prefix=folder)),
        "location": may(lambda: s3.get_bucket_location(Bucket=bucket)),
        "ownership": may(lambda: s3.get_bucket_ownership_controls(Bucket=bucket)),
        "get": may(lambda: s3.get_object(Bucket=bucket, Key=key)),
        "head": may(lambda: s3.head_object(Bucket=bucket, Key=key)),
        "put": may(lambda: s3.put_object(Bucket=bucket, Key=key, Body=body)),
        "acl": may(lambda: s3.put_object_acl(Bucket=bucket, Key=key, ACL="public-read")),
        "buckets": may(lambda: s3.list_buckets()),
        "copy": may(lambda: s3.copy_object(Bucket=bucket, Key=f"{key}.webp", CopySource=copy)),
        "delete": may(lambda: s3.delete_object(Bucket=bucket, Key=f"{key}.webp")),
    }


READS = {"list", "location", "ownership", "get", "head"}
WRITES = READS | {"put", "copy"}
WIDE = {"allowAcl": True, "allowDelete": True, "allowBucketListing": True}


EXPECTED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "full": ({"access": "full"}, set(CALLS)),
    "page": ({"access": "s3-access"}, WRITES | {"acl", "buckets"}),
    "s3-access": ({"access": "s3-access", "buckets": ["plugin"]}, WRITES | {"acl"}),
    "optimizer": ({"access": "optimizer", "buckets": ["plugin"]}, WRITES),
    "folder": ({"access": "optimizer", "buckets": ["plugin/uploads"]}, WRITES),
    "wide": ({"access": "optimizer", "buckets": ["plugin"], **WIDE}, set(CALLS)),
    "read-only": ({"access": "read-only", "buckets": ["plugin"]}, READS),
    "none": ({"access": "none"}, set()),
}


def test_the_plugin_s_calls_with_minted_keys(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    admin = aws.client("s3")
    admin.create_bucket(Bucket="plugin", ObjectOwnership="ObjectWriter")
    # A new bucket lets no ACL make anything public, whoever may set one.
    admin.delete_public_access_block(Bucket="plugin")
    admin.put_object(Bucket="plugin", Key="uploads/a.jpg", Body=b"x")
    admin.put_object(Bucket="plugin", Key="uploads-private/a.jpg", Body=b"x")
    stack = new_stack(users={n: {"userName": f"{user_name}-{n}", **config} for n, (config, _) in EXPECTED.items()})
    stack.up()
    allowed, elsewhere = {}, {}
    for name, user in stack.outputs()["users"].items():
        s3 = aws.client("s3", user["accessKeyId"], user["secretAccessKey"])
        calls = plugin_calls(s3, "plugin", "uploads", "uploads/a.jpg")
        allowed[name] = {call for call, ok in calls.items() if ok}
        elsewhere[name] = [
            may(lambda s3=s3: s3.get_object(Bucket="plugin", Key="uploads-private/a.jpg")),
            may(lambda s3=s3: s3.get_object(Bucket=photos.BUCKET, Key=f"{photos.FOLDER}/2026/10/logo.png")),
            may(lambda s3=s3, name=name: s3.create_bucket(Bucket=f"{user_name}-{name}")),
        ]

    assert allowed == {name: calls for name, (_, calls) in EXPECTED.items()}
    assert elsewhere == {
        "full": [True, True, True],
        "page": [True, True, False],
        "s3-access": [True, False, False],
        "optimizer": [True, False, False],
        "folder": [False, False, False],
        "wide": [True, False, False],
        "read-only": [True, False, False],
        "none": [False, False, False],
    }


def test_buckets_made_in_the_same_program(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    program = f"""
import pulumi, pulumi_aws as aws
from s3io_user import S3IOUser

bucket = aws.s3.Bucket("made", bucket="{user_name}-made")
site = S3IOUser("site", {{"user_name": "{user_name}", "access": "optimizer",
                         "buckets": [bucket.bucket, pulumi.Output.concat(bucket.arn, "-too/folder")]}})
pulumi.export("document", site.policy_document)
"""
    stack = new_stack(program)
    stack.preview()
    stack.up()

    assert json.loads(stack.outputs()["document"]) == s3_policy_document(
        [f"{user_name}-made", f"{user_name}-made-too/folder"], access="optimizer"
    )
    assert stack.steps() == []


def test_a_document_that_outgrows_inline_moves_to_managed_and_back_without_a_gap(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    few, many = ["photos"], ["photos", *(f"bucket-{number:02}".ljust(63, "x") for number in range(60))]
    stack = new_stack(userName=user_name, access="optimizer", buckets=few)
    stack.up()
    for buckets, kinds in ((many, (0, 2)), (few, (1, 0))):
        stack.config(userName=user_name, access="optimizer", buckets=buckets)
        steps = stack.run("up", "--yes", "--skip-preview", "--json").out
        assert (len(inline(aws, user_name)), len(attached(aws, user_name))) == kinds
        _assert_rights_come_before_they_go(steps)
        assert stack.steps() == []


def _assert_rights_come_before_they_go(events: str) -> None:
    order = []
    for line in events.splitlines():
        event = json.loads(line).get("resOutputsEvent", {}).get("metadata", {})
        if event.get("type", "").startswith(("aws:iam/userPolicy", "aws:iam/userPolicyAttachment")):
            order.append(event["op"])
    assert "create" in order
    assert "delete" in order
    assert order.index("delete") > max(index for index, op in enumerate(order) if op == "create")


def test_exclusive_detaches_what_is_not_declared_also_from_an_adopted_user(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName=user_name)
    iam.attach_user_policy(UserName=user_name, PolicyArn=FULL)
    iam.put_user_policy(UserName=user_name, PolicyName="by-hand", PolicyDocument=json.dumps(DOCUMENT))
    stack = new_stack(existingUser=user_name, buckets=["photos"])
    stack.up()
    (own,) = set(inline(aws, user_name)) - {"by-hand"}
    assert attached(aws, user_name) == {FULL}

    stack.config(existingUser=user_name, buckets=["photos"], exclusive=True, policyArns=[READ_ONLY])
    stack.up()
    assert (attached(aws, user_name), set(inline(aws, user_name))) == ({READ_ONLY}, {own})

    iam.attach_user_policy(UserName=user_name, PolicyArn=FULL)
    assert "unchanged" in stack.up().out
    assert attached(aws, user_name) == {READ_ONLY, FULL}
    stack.up("--refresh")
    assert attached(aws, user_name) == {READ_ONLY}
    assert stack.steps() == []


def test_groups_of_one_s_own_are_joined_and_others_left_alone(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    iam = aws.client("iam")
    for name in ("a", "b", "c"):
        iam.create_group(GroupName=f"{user_name}-{name}")
    stack = new_stack(userName=user_name, groups=[f"{user_name}-a", f"{user_name}-b"], access="none")
    stack.up()
    iam.add_user_to_group(UserName=user_name, GroupName=f"{user_name}-c")
    stack.config(userName=user_name, groups=[f"{user_name}-b"], access="none")
    stack.up()

    assert groups(aws, user_name) == {f"{user_name}-b", f"{user_name}-c"}
    stack.destroy()
    assert not exists(aws, user_name)


ALL_BUT_INLINE_POLICIES = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:PutUserPolicy", "Resource": "*"},
    ],
}


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        pytest.param({"policyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"]}, "NoSuchEntity", id="attachment"),
        pytest.param({"groups": ["no-such-group"]}, "NoSuchEntity", id="group"),
        pytest.param({}, "AccessDenied", id="inline"),
    ],
)
def test_rights_that_aws_refuses_leave_no_key(
    new_stack: NewStack, aws: Aws, user_name: str, refused: dict[str, Any], code: str
) -> None:
    iam = aws.client("iam")
    operator = f"{user_name}-operator"
    iam.create_user(UserName=operator)
    iam.put_user_policy(UserName=operator, PolicyName="p", PolicyDocument=json.dumps(ALL_BUT_INLINE_POLICIES))
    key = iam.create_access_key(UserName=operator)["AccessKey"]
    stack = new_stack(userName=user_name, access="none" if refused else "optimizer", **refused)
    stack.env |= {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    ran = stack.up(check=False)

    assert ran.code != 0
    assert code in ran.text
    assert exists(aws, user_name)
    assert keys_of(aws, user_name) == {}


ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_a_copied_administrator_is_warned_of_explained_and_found(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    iam, source = aws.client("iam"), f"{user_name}-source"
    iam.create_user(UserName=source)
    iam.attach_user_policy(UserName=source, PolicyArn=ADMINISTRATOR)
    bucket = make_bucket(aws)
    stack = new_stack(userName=user_name, copyPermissionsFrom=source)
    warned = stack.up().text
    explained = command(stack, "explain", "--fail-on-danger", "--format", "json")
    verified = command(stack, "verify", "--wait", "0", "--format", "json", "--bucket", bucket)
    said = json.loads(explained.out)
    found = [check for check in json.loads(verified.out)["checks"] if check["verdict"] == "finding"]

    assert "whoever has the key is an administrator of the account" in warned
    assert explained.code == 1, explained.text
    assert {"iam:CreateAccessKey", "s3:DeleteObject"} <= {danger["action"] for danger in said["dangers"]}
    assert said["policies"] == ["the attached policy AdministratorAccess"]
    assert verified.code == 1, verified.text
    assert [(check["call"], check["where"]) for check in found] == [
        ("dangers that no input names", "the attached policy AdministratorAccess")
    ]


def test_a_copied_administrator_within_a_boundary_is_none(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    iam, source = aws.client("iam"), f"{user_name}-source"
    iam.create_user(UserName=source, PermissionsBoundary=READ_ONLY)
    iam.create_group(GroupName=source)
    iam.attach_group_policy(GroupName=source, PolicyArn=ADMINISTRATOR)
    iam.add_user_to_group(UserName=source, GroupName=source)
    stack = new_stack(userName=user_name, copyPermissionsFrom=source)
    stack.up()
    explained = command(stack, "explain", "--format", "json")
    said = json.loads(explained.out)
    answers = {answer["id"]: answer["verdict"] for answer in said["answers"]}

    assert explained.code == 0, explained.text
    assert said["policies"] == [f"the attached policy AdministratorAccess of the group {source}"]
    assert said["boundary"] == READ_ONLY
    assert (answers["read-images"], answers["write-images"], answers["delete-bucket"]) == ("yes", "no", "no")
    stack.env |= {"AWS_ACCESS_KEY_ID": "AKIANOBODYEXAMPLE", "AWS_SECRET_ACCESS_KEY": "nobody"}
    blind = command(stack, "explain", "--format", "json")
    assert (blind.code, "was not read" in blind.err) == (1, True), blind.text
