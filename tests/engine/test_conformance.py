"""The stand-in against what was measured on the real provider, where AWS is asked; and the engine on top of it.

Checks, diffs and previews, which need no AWS, are in tests/unit/local_aws/test_provider_facts.py.
"""

import base64
import itertools
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from local_aws import server
from local_aws.provider.aws import AwsError
from tests.asker import Asker, Held, Props
from tests.engine.aws_side import exists
from tests.engine.conftest import Stack

ACCOUNT = "123456789012"
LIST_BUCKET = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}'
)
INLINE_TEXT = '{"Version":"2012-10-17","Statement":[{"Action":"s3:ListBucket","Effect":"Allow","Resource":"*"}]}'
MANAGED_TEXT = '{"Statement":[{"Action":"s3:ListBucket","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}'
GET_OBJECT = LIST_BUCKET.replace("ListBucket", "GetObject")
SERVICES = ("iam", "s3", "secretsmanager", "ssm", "sts")
_numbers = itertools.count()


def _settings(aws: server.Aws, **more: Any) -> Props:
    return {
        "region": aws.region,
        "accessKey": aws.access_key_id,
        "secretKey": aws.secret_access_key,
        "endpoints": json.dumps([dict.fromkeys(SERVICES, aws.endpoint)]),
        **more,
    }


@pytest.fixture(scope="session")
def ask(aws: server.Aws) -> Asker:
    return Asker(_settings(aws))


@pytest.fixture(scope="session")
def iam(aws: server.Aws) -> Any:
    return aws.client("iam")


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"n{next(_numbers)}"


class World:
    """What a resource may need beside it: a user, a group, a managed policy, a secret; each made when first named."""

    def __init__(self, ask: Asker, name: str) -> None:
        self._ask, self._name, self.name = ask, name, f"made-{name}"

    @cached_property
    def user(self) -> str:
        return self._ask.create("User", {"name": f"user-{self._name}", "forceDestroy": True}).id

    @cached_property
    def group(self) -> str:
        return self._ask.create("Group", {"name": f"group-{self._name}"}).id

    @cached_property
    def arn(self) -> str:
        return self._ask.create("Policy", {"name": f"policy-{self._name}", "policy": LIST_BUCKET}).id

    @cached_property
    def secret(self) -> str:
        return self._ask.create("Secret", {"name": f"secret-{self._name}"}).id


@pytest.fixture
def world(ask: Asker, name: str) -> World:
    return World(ask, name)


Inputs = Callable[[World], Props]
SAMPLES: dict[str, Inputs] = {
    "User": lambda w: {"name": w.name, "path": "/sys/", "tags": {"a": "b"}},
    "AccessKey": lambda w: {"user": w.user},
    "UserPolicy": lambda w: {"user": w.user, "name": w.name, "policy": LIST_BUCKET},
    "Policy": lambda w: {"name": w.name, "policy": LIST_BUCKET, "description": "dd"},
    "UserPolicyAttachment": lambda w: {"user": w.user, "policyArn": w.arn},
    "GroupPolicyAttachment": lambda w: {"group": w.group, "policyArn": w.arn},
    "UserPolicyAttachmentsExclusive": lambda w: {"userName": w.user, "policyArns": [w.arn]},
    "UserPoliciesExclusive": lambda w: {"userName": w.user, "policyNames": []},
    "UserGroupMembership": lambda w: {"user": w.user, "groups": [w.group]},
    "Group": lambda w: {"name": w.name},
    "Secret": lambda w: {"name": w.name},
    "SecretVersion": lambda w: {"secretId": w.secret, "secretString": "x"},
    "Parameter": lambda w: {"name": f"/{w.name}", "type": "SecureString", "value": "v"},
    "Bucket": lambda w: {"bucket": w.name},
}
SECRET_ARN = re.compile(rf"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:[\w-]+")


class Like:
    """Equal to every string that matches from end to end."""

    def __init__(self, regex: str) -> None:
        self.regex = regex

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.fullmatch(self.regex, other) is not None

    def __hash__(self) -> int:
        return hash(self.regex)

    def __repr__(self) -> str:
        return f"Like({self.regex!r})"


# What the state holds after a creation: the id, and the outputs besides the inputs (policies in their normal text).
OUTPUTS: dict[str, tuple[Callable[[World], Any], Inputs]] = {
    "User": (
        lambda w: w.name,
        lambda w: {
            "arn": f"arn:aws:iam::{ACCOUNT}:user/sys/{w.name}",
            "forceDestroy": False,
            "permissionsBoundary": "",
            "tagsAll": {"a": "b"},
            "uniqueId": ANY,
        },
    ),
    "AccessKey": (
        lambda w: Like(r"AKIA\w+"),
        lambda w: {
            "createDate": Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
            "status": "Active",
            "secret": Like(r"[\w/+]{40}"),
            "sesSmtpPasswordV4": Like(r"B[\w/+]{43}"),
        },
    ),
    "UserPolicy": (lambda w: f"{w.user}:{w.name}", lambda w: {"namePrefix": "", "policy": INLINE_TEXT}),
    "Policy": (
        lambda w: f"arn:aws:iam::{ACCOUNT}:policy/{w.name}",
        lambda w: {
            "arn": f"arn:aws:iam::{ACCOUNT}:policy/{w.name}",
            "attachmentCount": 0,
            "namePrefix": "",
            "path": "/",
            "policy": MANAGED_TEXT,
            "policyId": ANY,
            "tagsAll": {},
        },
    ),
    "UserPolicyAttachment": (lambda w: Like(rf"{w.user}-\d{{18}}[0-9a-f]{{8}}"), lambda w: {}),
    "GroupPolicyAttachment": (lambda w: Like(rf"{w.group}-\d{{18}}[0-9a-f]{{8}}"), lambda w: {}),
    "UserPolicyAttachmentsExclusive": (lambda w: "missing ID", lambda w: {}),
    "UserPoliciesExclusive": (lambda w: "missing ID", lambda w: {}),
    "UserGroupMembership": (lambda w: Like(r"terraform-\d{18}[0-9a-f]{8}"), lambda w: {}),
    "Group": (
        lambda w: w.name,
        lambda w: {"arn": f"arn:aws:iam::{ACCOUNT}:group/{w.name}", "path": "/", "uniqueId": ANY},
    ),
    "Secret": (
        lambda w: Like(SECRET_ARN.pattern),
        lambda w: {
            "arn": Like(SECRET_ARN.pattern),
            "description": "",
            "forceOverwriteReplicaSecret": False,
            "kmsKeyId": "",
            "namePrefix": "",
            "policy": "",
            "recoveryWindowInDays": 30,
            "region": "us-east-1",
            "replicas": [],
            "tagsAll": {},
        },
    ),
    "SecretVersion": (
        lambda w: Like(rf"{re.escape(w.secret)}\|\S+"),
        lambda w: {
            "arn": w.secret,
            "hasSecretStringWo": False,
            "region": "us-east-1",
            "secretArn": w.secret,
            "secretBinary": "",
            "versionId": ANY,
            "versionStages": ["AWSCURRENT"],
        },
    ),
    "Parameter": (
        lambda w: f"/{w.name}",
        lambda w: {
            "allowedPattern": "",
            "arn": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/{w.name}",
            "dataType": "text",
            "description": "",
            "hasValueWo": False,
            "keyId": "alias/aws/ssm",
            "region": "us-east-1",
            "tagsAll": {},
            "tier": "Standard",
            "version": 1,
        },
    ),
    "Bucket": (
        lambda w: w.name,
        lambda w: {
            "arn": f"arn:aws:s3:::{w.name}",
            "bucketDomainName": f"{w.name}.s3.amazonaws.com",
            "bucketPrefix": "",
            "bucketRegion": "us-east-1",
            "bucketRegionalDomainName": f"{w.name}.s3.us-east-1.amazonaws.com",
            "forceDestroy": False,
            "hostedZoneId": "Z3AQBSTGFYJSTF",
            "region": "us-east-1",
            "tagsAll": {},
        },
    ),
}
SECRETS = {
    "AccessKey": {"secret", "sesSmtpPasswordV4"},
    "SecretVersion": {"secretBinary", "secretString"},
    "Parameter": {"value"},
}
# What an import leaves out of the outputs, and what it takes for inputs besides the sample's.
NOT_TOLD = {
    "User": {"forceDestroy"},
    "AccessKey": {"secret", "sesSmtpPasswordV4"},
    "Secret": {"recoveryWindowInDays", "forceOverwriteReplicaSecret"},
    "Bucket": {"forceDestroy"},
}
IMPORT_IDS: dict[str, Callable[[World, Held], str]] = {
    "UserPolicyAttachment": lambda w, held: f"{w.user}/{w.arn}",
    "GroupPolicyAttachment": lambda w, held: f"{w.group}/{w.arn}",
    "UserGroupMembership": lambda w, held: f"{w.user}/{w.group}",
    "UserPolicyAttachmentsExclusive": lambda w, held: w.user,
    "UserPoliciesExclusive": lambda w, held: w.user,
}
ALSO_INPUTS: dict[str, Inputs] = {
    "User": lambda w: {"tagsAll": {"a": "b"}},
    "AccessKey": lambda w: {"status": "Active"},
    "UserPolicy": lambda w: {"policy": INLINE_TEXT},
    "Policy": lambda w: {"path": "/", "policy": MANAGED_TEXT},
    "Group": lambda w: {"path": "/"},
    "Parameter": lambda w: {"keyId": "alias/aws/ssm", "tier": "Standard"},
}


@pytest.mark.parametrize("kind", SAMPLES)
class TestEveryResource:
    @pytest.fixture
    def held(self, ask: Asker, world: World, kind: str) -> Held:
        return ask.create(kind, SAMPLES[kind](world))

    def test_outputs_after_a_creation(self, held: Held, world: World, kind: str) -> None:
        id_, besides = OUTPUTS[kind]
        assert held.id == id_(world)
        assert held.outputs == {"id": held.id, **SAMPLES[kind](world), **besides(world)}
        assert held.secrets == SECRETS.get(kind, set())

    def test_a_refresh_at_once_changes_nothing(self, ask: Asker, held: Held, kind: str) -> None:
        found = ask.read(held)
        assert found is not None
        changed = {name: value for name, value in found.outputs.items() if held.outputs.get(name) != value}
        # A map of tags is null after a creation without any, and empty after a refresh.
        assert changed in ({}, {"tags": {}})
        assert found.id == held.id
        assert found.secrets == held.secrets
        texts = {"UserPolicy": {"policy": INLINE_TEXT}, "Policy": {"policy": MANAGED_TEXT}}
        assert found.inputs == {**held.inputs, **texts.get(kind, {})}
        assert not ask.diff(found, held.inputs).changes

    def test_an_import_finds_what_aws_tells(self, ask: Asker, held: Held, world: World, kind: str) -> None:
        found = ask.bring_in(kind, IMPORT_IDS.get(kind, lambda w, held: held.id)(world, held))
        assert found is not None
        told = {name: value for name, value in held.outputs.items() if name not in NOT_TOLD.get(kind, set())}
        tags = {"tags": {}} if "tagsAll" in told else {}
        assert found.outputs == {**tags, **told, "id": found.id}
        known = {name: value for name, value in SAMPLES[kind](world).items() if value != []}
        assert found.inputs == {**known, **ALSO_INPUTS.get(kind, lambda w: {})(world)}
        assert not ask.diff(found, held.inputs).changes

    def test_what_is_gone_is_dropped_and_deleted_without_complaint(self, ask: Asker, held: Held, kind: str) -> None:
        ask.delete(held)
        if kind.endswith("Exclusive") or kind == "SecretVersion":
            return  # deleting these touches nothing
        if kind != "UserGroupMembership":
            assert ask.read(held) is None
        if kind == "Secret":  # it is scheduled for deletion, and AWS says so, as it does to the real provider
            with pytest.raises(AwsError, match="already scheduled for deletion"):
                ask.delete(held)
            return
        ask.delete(held)


@pytest.mark.parametrize(
    ("kind", "id_", "said"),
    [
        ("UserPolicy", "iu/inl", "user_policy id must be of the form <user name>:<policy name>"),
        ("UserPolicy", "inl", "user_policy id must be of the form <user name>:<policy name>"),
        ("UserGroupMembership", "iu", 'unexpected format of ID ("iu"), expected <user-name>/<group-name1>/...'),
        (
            "AccessKey",
            "AKIANOPEEXAMPLE0",
            "fetching IAM Access Key (AKIANOPEEXAMPLE0) username via GetAccessKeyLastUsed: operation error IAM:"
            " GetAccessKeyLastUsed, https response error StatusCode: 404, RequestID: ID, api error NoSuchEntity: The"
            " Access Key with id AKIANOPEEXAMPLE0 cannot be found.",
        ),
    ],
)
def test_an_import_by_a_bad_id_is_an_error(ask: Asker, kind: str, id_: str, said: str) -> None:
    with pytest.raises(AwsError) as caught:
        ask.bring_in(kind, id_)
    assert _without_id(caught.value) == said


@pytest.mark.parametrize(
    ("kind", "id_"),
    [
        ("User", "nope"),
        ("UserPolicy", "iu:nope"),
        ("Policy", "a-name-and-not-an-arn"),
        ("Group", "nope"),
        ("UserPoliciesExclusive", "nope"),
        ("Secret", "nope"),
        ("Parameter", "/nope"),
        ("Bucket", "nope"),
    ],
)
def test_an_import_of_what_is_not_there_finds_nothing(ask: Asker, kind: str, id_: str) -> None:
    assert ask.bring_in(kind, id_) is None


def test_an_import_of_a_membership_takes_the_groups_that_its_id_names(ask: Asker, world: World, iam: Any) -> None:
    iam.create_group(GroupName=world.name)
    for group in (world.group, world.name):
        iam.add_user_to_group(UserName=world.user, GroupName=group)
    both = ask.bring_in("UserGroupMembership", f"{world.user}/{world.group}/{world.name}")
    assert both is not None
    assert sorted(both.inputs["groups"]) == sorted([world.group, world.name])


def _without_id(error: AwsError) -> str:
    return re.sub(r"RequestID: [\w-]+", "RequestID: ID", str(error))


# -- errors -----------------------------------------------------------------------------------------------


def _said(doing: str, operation: str, status: int, fault: str) -> str:
    about = f"https response error StatusCode: {status}, RequestID: ID"
    return f"{doing}: operation error IAM: {operation}, {about}, {fault}"


MISSING = f"arn:aws:iam::{ACCOUNT}:policy/nope"


@pytest.mark.parametrize(
    ("kind", "inputs", "said"),
    [
        pytest.param(
            "User",
            lambda w: {"name": w.user},
            lambda w: _said(
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
            lambda w: _said(
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
            lambda w: _said(
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
            lambda w: _said(
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
            lambda w: _said(
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
            lambda w: _said(
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
            lambda w: _said(
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
            lambda w: _said(
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
            lambda w: _said(
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
    assert _without_id(caught.value) == said(world)


def test_a_third_key_is_refused(ask: Asker, world: World) -> None:
    for _ in range(2):
        ask.create("AccessKey", {"user": world.user})
    with pytest.raises(AwsError) as caught:
        ask.create("AccessKey", {"user": world.user})
    assert _without_id(caught.value) == _said(
        f"creating IAM Access Key ({world.user})",
        "CreateAccessKey",
        409,
        "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2",
    )


def test_a_name_of_65_characters_reaches_aws_which_refuses_it(ask: Asker, name: str) -> None:
    with pytest.raises(AwsError, match=r"ValidationError: .*Member must have length less than or equal to 64"):
        ask.create("User", {"name": name.ljust(65, "x")})


# -- deletes ----------------------------------------------------------------------------------------------


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


# -- updates in place -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("User", lambda w: {"name": f"{w.name}-2"}),
        ("User", lambda w: {"path": "/x/"}),
        ("User", lambda w: {"forceDestroy": True}),
        ("User", lambda w: {"permissionsBoundary": w.arn}),
        ("User", lambda w: {"tags": {"a": "c", "d": "e"}}),
        ("AccessKey", lambda w: {"status": "Inactive"}),
        ("UserPolicy", lambda w: {"policy": GET_OBJECT}),
        ("Policy", lambda w: {"policy": GET_OBJECT}),
        ("Policy", lambda w: {"tags": {"a": "b"}}),
        ("UserGroupMembership", lambda w: {"groups": []}),
        ("UserPolicyAttachmentsExclusive", lambda w: {"policyArns": []}),
        ("Group", lambda w: {"name": f"{w.name}-2"}),
        ("Group", lambda w: {"path": "/x/"}),
        ("Secret", lambda w: {"description": "d"}),
        ("Secret", lambda w: {"tags": {"a": "b"}}),
        ("Secret", lambda w: {"recoveryWindowInDays": 7}),
        ("Parameter", lambda w: {"value": "w"}),
        ("Parameter", lambda w: {"type": "String"}),
        ("Parameter", lambda w: {"description": "d"}),
        ("Parameter", lambda w: {"tier": "Advanced"}),
        ("Parameter", lambda w: {"tags": {"a": "b"}}),
        ("Bucket", lambda w: {"forceDestroy": True}),
        ("Bucket", lambda w: {"tags": {"a": "b"}}),
    ],
)
def test_an_update_in_place_reaches_aws(ask: Asker, world: World, kind: str, change: Inputs) -> None:
    inputs = SAMPLES[kind](world)
    after = ask.update(ask.create(kind, inputs), {**inputs, **change(world)})
    assert not ask.diff(after, {**inputs, **change(world)}).changes
    # What AWS has is what the state says: a refresh finds nothing else.
    found = ask.read(after)
    assert found is not None
    assert {**found.outputs, "tags": None} == {**after.outputs, "tags": None}
    assert not ask.diff(found, {**inputs, **change(world)}).changes


@pytest.mark.parametrize("kind", ["User", "Policy", "Secret", "Parameter", "Bucket"])
def test_tags_are_there_from_the_start_and_taken_away_when_dropped(ask: Asker, world: World, kind: str) -> None:
    inputs = {**SAMPLES[kind](world), "tags": {"a": "b", "c": "d"}}
    held = ask.create(kind, inputs)
    assert held.outputs["tagsAll"] == inputs["tags"]
    assert ask.update(held, {**inputs, "tags": {"c": "d"}}).outputs["tagsAll"] == {"c": "d"}
    assert ask.update(held, {name: value for name, value in inputs.items() if name != "tags"}).outputs["tagsAll"] == {}


def test_no_tags_are_null_until_there_were_some(ask: Asker, name: str) -> None:
    """As terraform-plugin-sdk 2.37 answers in process, with ``setTagsAll`` of the real provider."""
    assert "tags" not in ask.create("User", {"name": f"{name}-2", "tags": {}}).outputs
    user = ask.create("User", {"name": name})
    assert ("tags" in user.outputs, user.outputs["tagsAll"]) == (False, {})
    elsewhere = ask.update(user, {"name": name, "path": "/x/"})
    assert ("tags" in elsewhere.outputs, elsewhere.outputs["tagsAll"]) == (False, {})
    tagged = ask.update(elsewhere, {"name": name, "tags": {"a": "b"}})
    for none in ({}, {"tags": {}}):
        without = ask.update(tagged, {"name": name, **none})
        assert without.outputs["tags"] == without.outputs["tagsAll"] == {}
        found = ask.read(without)
        assert found is not None
        assert found.outputs == without.outputs
        tagged = ask.update(without, {"name": name, "tags": {"a": "b"}})


def test_sets_are_sorted_in_the_state(ask: Asker, world: World, iam: Any) -> None:
    """As terraform-plugin-sdk 2.37 returns a set. The program's order stays among the inputs until a refresh."""
    names = [f"{first}-{world.name}" for first in ("zeta", "Beta", "alpha", "b10", "b9")]
    for group in names:
        iam.create_group(GroupName=group)
    inputs = {"user": world.user, "groups": [*names, names[0]]}
    assert ask.preview("UserGroupMembership", inputs)[0]["groups"] == sorted(names)
    held = ask.create("UserGroupMembership", inputs)
    assert (held.outputs["groups"], held.inputs["groups"]) == (sorted(names), inputs["groups"])
    found = ask.read(held)
    assert found is not None
    assert found.outputs["groups"] == found.inputs["groups"] == sorted(names)
    assert not ask.diff(found, inputs).changes
    fewer = ask.update(held, {"user": world.user, "groups": [names[3], names[1]]})
    assert fewer.outputs["groups"] == [names[1], names[3]]
    imported = ask.bring_in("UserGroupMembership", "/".join([world.user, names[3], names[1]]))
    assert imported is not None
    assert imported.outputs["groups"] == imported.inputs["groups"] == [names[1], names[3]]


def test_sets_of_the_exclusive_resources_keep_their_order(ask: Asker, world: World) -> None:
    """They are written with terraform-plugin-framework, and put the plan into the state as it is."""
    arns = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/AmazonS3FullAccess"]
    held = ask.create("UserPolicyAttachmentsExclusive", {"userName": world.user, "policyArns": arns})
    assert held.outputs["policyArns"] == arns


def test_a_rename_together_with_a_change_of_tags_fails(ask: Asker, name: str) -> None:
    user = ask.create("User", {"name": name})
    with pytest.raises(AwsError, match=r"operation error IAM: TagUser.*NoSuchEntity"):
        ask.update(user, {"name": f"{name}-2", "tags": {"a": "b"}})


def test_a_boundary_is_set_changed_and_taken_away_in_place(ask: Asker, world: World, iam: Any) -> None:
    def at_aws() -> str | None:
        return iam.get_user(UserName=world.name)["User"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")

    user = ask.create("User", {"name": world.name, "permissionsBoundary": world.arn})
    assert at_aws() == world.arn
    other = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    user = ask.update(user, {"name": world.name, "permissionsBoundary": other})
    assert (at_aws(), user.outputs["permissionsBoundary"]) == (other, other)
    iam.delete_user_permissions_boundary(UserName=world.name)
    found = ask.read(user)
    assert found is not None
    assert found.outputs["permissionsBoundary"] == ""
    again = ask.update(found, {"name": world.name, "permissionsBoundary": world.arn})
    without = ask.update(again, {"name": world.name})
    assert (at_aws(), without.outputs["permissionsBoundary"]) == (None, "")


def test_default_tags_are_in_tags_all_and_not_in_tags(aws: server.Aws, name: str) -> None:
    ask = Asker(_settings(aws, defaultTags=json.dumps({"tags": {"team": "web", "a": "default"}})))
    user = ask.create("User", {"name": name, "tags": {"a": "own"}})
    assert user.outputs["tagsAll"] == {"team": "web", "a": "own"}
    found = ask.read(user)
    assert found is not None
    assert found.outputs["tags"] == {"a": "own"}
    assert not ask.diff(found, {"name": name, "tags": {"a": "own"}}).changes
    assert ask.diff(found, {"name": name}).changes


# -- access keys ------------------------------------------------------------------------------------------


def _statuses(iam: Any, user: str) -> dict[str, str]:
    keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["Status"] for key in keys}


def test_an_inactive_key_is_made_and_then_switched_off(ask: Asker, world: World, iam: Any) -> None:
    key = ask.create("AccessKey", {"user": world.user, "status": "Inactive"})
    assert _statuses(iam, world.user) == {key.id: "Inactive"}
    assert key.outputs["status"] == "Inactive"


def test_the_secret_survives_a_refresh(ask: Asker, world: World) -> None:
    key = ask.create("AccessKey", {"user": world.user})
    found = ask.read(key)
    assert found is not None
    assert found.outputs["secret"] == key.outputs["secret"]
    assert found.secrets == {"secret", "sesSmtpPasswordV4"}


def test_the_delete_of_a_renamed_user_s_key_leaves_the_key(ask: Asker, name: str, iam: Any) -> None:
    user = ask.create("User", {"name": name})
    key = ask.create("AccessKey", {"user": name})
    ask.update(user, {"name": f"{name}-2"})
    ask.delete(key)  # goes to the old name, is answered with 404, and counts as done
    assert _statuses(iam, f"{name}-2") == {key.id: "Active"}


@pytest.fixture(scope="session")
def gpg_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("gpg", numbered=False)
    home.chmod(0o700)
    _gpg(home, "--passphrase", "", "--quick-generate-key", "someone@example.com", "future-default", "default", "never")
    yield home
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)


def _gpg(home: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


def test_with_a_pgp_key_the_secret_is_encrypted_and_nowhere_bare(
    ask: Asker, aws: server.Aws, world: World, gpg_home: Path
) -> None:
    public = base64.b64encode(_gpg(gpg_home, "--export")).decode()
    key = ask.create("AccessKey", {"user": world.user, "pgpKey": public})
    assert "secret" not in key.outputs
    assert "sesSmtpPasswordV4" not in key.outputs
    fingerprints = re.findall(r"^fpr:+(\w+):", _gpg(gpg_home, "--with-colons", "--list-keys").decode(), re.M)
    assert key.outputs["keyFingerprint"] == fingerprints[0].lower()
    secret, password = (
        _gpg(gpg_home, "--decrypt", stdin=base64.b64decode(key.outputs[output])).decode()
        for output in ("encryptedSecret", "encryptedSesSmtpPasswordV4")
    )
    assert aws.client("sts", key.id, secret).get_caller_identity()["Arn"].endswith(world.user)
    assert re.fullmatch(r"B[\w/+]{43}", password)


# What go-crypto refuses: see tests/unit/iam/test_pgp.py.
PGP_KEYS = json.loads((Path(__file__).parents[1] / "unit" / "iam" / "pgp_keys.json").read_text())
REFUSED = {name: each["key"] for name, each in PGP_KEYS.items() if each["go-crypto"] != "ok"}


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("garbage!", id="no-base64"),
        pytest.param(base64.b64encode(b"no key").decode(), id="no-key"),
        pytest.param("keybase:someone", id="keybase"),
        pytest.param(PGP_KEYS["ed25519"]["key"].replace("A", " A", 1), id="white-space"),
        pytest.param(base64.b64encode(b"-----BEGIN PGP PUBLIC KEY BLOCK-----").decode(), id="armoured"),
        *(pytest.param(key, id=name) for name, key in REFUSED.items()),
    ],
)
def test_a_bad_pgp_key_is_found_when_the_key_lives_already(ask: Asker, world: World, iam: Any, bad: str) -> None:
    with pytest.raises(AwsError, match=rf"^creating IAM Access Key \({world.user}\): "):
        ask.create("AccessKey", {"user": world.user, "pgpKey": bad})
    assert list(_statuses(iam, world.user).values()) == ["Active"]


def test_without_gpg_the_error_says_so(ask: Asker, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(AwsError, match="encrypts with the program gpg, which is not on PATH"):
        ask.create("AccessKey", {"user": world.user, "pgpKey": PGP_KEYS["ed25519"]["key"]})


# -- refresh after changes from outside -------------------------------------------------------------------


def _outside(ask: Asker, kind: str, inputs: Props, change: Callable[[Held], Any]) -> Held:
    held = ask.create(kind, inputs)
    change(held)
    found = ask.read(held)
    assert found is not None
    return found


class TestOutsideChanges:
    def test_a_tag_is_seen_and_taken_back(self, ask: Asker, name: str, iam: Any) -> None:
        inputs = {"name": name, "tags": {"a": "b"}}
        tag = [{"Key": "x", "Value": "y"}]
        user = _outside(ask, "User", inputs, lambda held: iam.tag_user(UserName=name, Tags=tag))
        assert user.outputs["tags"] == user.outputs["tagsAll"] == {"a": "b", "x": "y"}
        assert user.inputs["tags"] == {"a": "b"}
        assert ask.diff(user, inputs).changes
        ask.update(user, inputs)
        assert iam.list_user_tags(UserName=name)["Tags"] == [{"Key": "a", "Value": "b"}]

    def test_a_key_that_was_switched_off_is_switched_on(self, ask: Asker, world: World, iam: Any) -> None:
        inputs = {"user": world.user}
        off = {"UserName": world.user, "Status": "Inactive"}
        key = _outside(ask, "AccessKey", inputs, lambda held: iam.update_access_key(AccessKeyId=held.id, **off))
        assert key.outputs["status"] == "Inactive"
        assert ask.diff(key, inputs).changes
        assert ask.update(key, inputs).outputs["status"] == "Active"

    def test_another_document_is_seen(self, ask: Asker, world: World, iam: Any) -> None:
        inputs = SAMPLES["Policy"](world)
        listed = GET_OBJECT.replace('"s3:GetObject"', '["s3:GetObject"]')
        policy = _outside(
            ask,
            "Policy",
            inputs,
            lambda held: iam.create_policy_version(PolicyArn=held.id, PolicyDocument=listed, SetAsDefault=True),
        )
        assert policy.outputs["policy"] == MANAGED_TEXT.replace('"s3:ListBucket"', '["s3:GetObject"]')
        assert policy.inputs["policy"] == policy.outputs["policy"]
        assert ask.diff(policy, inputs).changes

    def test_a_document_that_means_the_same_is_no_change(self, ask: Asker, world: World, iam: Any) -> None:
        inputs, listed = SAMPLES["UserPolicy"](world), LIST_BUCKET.replace('"s3:ListBucket"', '["s3:ListBucket"]')
        put = {"UserName": world.user, "PolicyName": world.name, "PolicyDocument": listed}
        held = _outside(ask, "UserPolicy", inputs, lambda held: iam.put_user_policy(**put))
        assert held.outputs["policy"] == INLINE_TEXT

    def test_another_value_of_a_parameter_is_seen_and_secret(self, ask: Asker, world: World, aws: server.Aws) -> None:
        inputs = SAMPLES["Parameter"](world)
        other = {"Value": "changed", "Type": "SecureString", "Overwrite": True}
        parameter = _outside(
            ask, "Parameter", inputs, lambda held: aws.client("ssm").put_parameter(Name=held.id, **other)
        )
        assert (parameter.outputs["value"], parameter.inputs["value"]) == ("changed", "changed")
        assert (parameter.outputs["version"], parameter.secrets) == (2, {"value"})
        assert ask.diff(parameter, inputs).changes

    def test_a_later_version_of_a_secret_is_no_change(self, ask: Asker, world: World, aws: server.Aws) -> None:
        inputs = SAMPLES["SecretVersion"](world)
        put = aws.client("secretsmanager").put_secret_value
        held = _outside(ask, "SecretVersion", inputs, lambda held: put(SecretId=world.secret, SecretString="y"))
        assert held.outputs["versionStages"] == ["AWSPREVIOUS"]
        assert not ask.diff(held, inputs).changes

    def test_a_membership_that_was_ended_is_repaired(self, ask: Asker, world: World, iam: Any) -> None:
        inputs = SAMPLES["UserGroupMembership"](world)
        both = {"UserName": world.user, "GroupName": world.group}
        held = _outside(ask, "UserGroupMembership", inputs, lambda held: iam.remove_user_from_group(**both))
        assert held.outputs["groups"] == held.inputs["groups"] == []
        assert ask.diff(held, inputs).changes
        ask.update(held, inputs)
        assert [group["GroupName"] for group in iam.list_groups_for_user(UserName=world.user)["Groups"]] == [
            world.group
        ]

    def test_a_group_that_was_added_is_left_alone(self, ask: Asker, world: World, iam: Any) -> None:
        iam.create_group(GroupName=world.name)
        inputs = SAMPLES["UserGroupMembership"](world)
        both = {"UserName": world.user, "GroupName": world.name}
        held = _outside(ask, "UserGroupMembership", inputs, lambda held: iam.add_user_to_group(**both))
        assert held.outputs["groups"] == [world.group]
        assert not ask.diff(held, inputs).changes

    @pytest.mark.parametrize(
        "kind", ["AccessKey", "UserPolicy", "UserPolicyAttachment", "UserGroupMembership", "UserPoliciesExclusive"]
    )
    def test_with_the_user_all_that_is_its_own_is_dropped(self, ask: Asker, world: World, kind: str) -> None:
        held = ask.create(kind, SAMPLES[kind](world))
        ask.delete(Held("User", world.user, {"name": world.user, "forceDestroy": True}, set(), {}))
        assert ask.read(held) is None
        ask.delete(held)


# -- exclusive --------------------------------------------------------------------------------------------


def _attached(iam: Any, user: str) -> list[str]:
    return [policy["PolicyArn"] for policy in iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]]


class TestExclusive:
    def test_attachments(self, ask: Asker, world: World, iam: Any) -> None:
        full = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
        iam.attach_user_policy(UserName=world.user, PolicyArn=full)
        inputs = {"userName": world.user, "policyArns": [world.arn]}
        held = ask.create("UserPolicyAttachmentsExclusive", inputs)
        assert _attached(iam, world.user) == [world.arn]  # full is gone, and what was listed is attached
        iam.attach_user_policy(UserName=world.user, PolicyArn=full)
        assert not ask.diff(held, inputs).changes  # only a refresh sees it
        found = ask.read(held)
        assert found is not None
        assert ask.diff(found, inputs).changes
        assert sorted(_attached(iam, world.user)) == sorted([world.arn, full])
        ask.update(found, inputs)
        assert _attached(iam, world.user) == [world.arn]
        ask.delete(found)
        assert _attached(iam, world.user) == [world.arn]

    def test_inline_policies(self, ask: Asker, world: World, iam: Any) -> None:
        for policy in ("mine", "outside"):
            iam.put_user_policy(UserName=world.user, PolicyName=policy, PolicyDocument=LIST_BUCKET)
        held = ask.create("UserPoliciesExclusive", {"userName": world.user, "policyNames": ["mine"]})
        assert iam.list_user_policies(UserName=world.user)["PolicyNames"] == ["mine"]
        ask.delete(held)
        assert iam.list_user_policies(UserName=world.user)["PolicyNames"] == ["mine"]


# -- look-ups ---------------------------------------------------------------------------------------------


class TestLookUps:
    def test_the_caller(self, ask: Asker) -> None:
        arn = f"arn:aws:iam::{ACCOUNT}:user/admin"
        found = ask.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
        assert found == {"accountId": ACCOUNT, "arn": arn, "id": ACCOUNT, "userId": ANY}

    def test_a_user(self, ask: Asker, name: str) -> None:
        made = ask.create("User", {"name": name, "tags": {"a": "b"}}).outputs
        assert ask.invoke("aws:iam/getUser:getUser", {"userName": name}) == {
            "arn": made["arn"],
            "id": made["uniqueId"],
            "path": "/",
            "permissionsBoundary": "",
            "tags": {"a": "b"},
            "userId": made["uniqueId"],
            "userName": name,
        }

    def test_of_what_is_not_there(self, ask: Asker) -> None:
        with pytest.raises(AwsError) as caught:
            ask.invoke("aws:iam/getUser:getUser", {"userName": "nobody"})
        said = _said("getting user", "GetUser", 404, "NoSuchEntity: The user with name nobody cannot be found.")
        assert _without_id(caught.value) == said


# -- configuration ----------------------------------------------------------------------------------------


def test_a_provider_speaks_with_the_key_it_was_given(aws: server.Aws, ask: Asker, world: World) -> None:
    key = ask.create("AccessKey", {"user": world.user})
    other = Asker(_settings(aws, accessKey=key.id, secretKey=key.outputs["secret"]))
    with pytest.raises(AwsError, match=r"AccessDenied.*CreateUser") as caught:
        other.create("User", {"name": world.name})
    assert key.outputs["secret"] not in str(caught.value)
    who = other.invoke("aws:index/getCallerIdentity:getCallerIdentity", {}) if _may_ask(aws, world) else {}
    assert who["arn"].endswith(f"user/{world.user}")


def _may_ask(aws: server.Aws, world: World) -> bool:
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}'
    aws.client("iam").put_user_policy(UserName=world.user, PolicyName="ask", PolicyDocument=document)
    return True


def test_an_endpoint_that_is_down_is_said_in_one_sentence(aws: server.Aws) -> None:
    nowhere = json.dumps([{"iam": "http://127.0.0.1:1"}])
    with pytest.raises(AwsError, match=r"^creating IAM User \(x\): .*http://127\.0\.0\.1:1"):
        Asker(_settings(aws, endpoints=nowhere, maxRetries="1")).create("User", {"name": "x"})


# -- with the engine --------------------------------------------------------------------------------------

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
    assert _may_ask(aws, world)
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
    assert len(_statuses(iam, f"{world.name}-2")) == 2  # the old key lives on
    assert iam.list_user_policies(UserName=f"{world.name}-2")["PolicyNames"] == ["inl"]
    stack.destroy()
    assert not exists(aws, f"{world.name}-2")


def test_a_rename_with_replace_on_changes_leaves_nothing(stack: Stack, world: World, aws: server.Aws, iam: Any) -> None:
    stack.env["REPLACE"] = "1"
    stack.up()
    stack.env["NAME"] = f"{world.name}-2"
    stack.up()
    assert len(_statuses(iam, f"{world.name}-2")) == 1
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
