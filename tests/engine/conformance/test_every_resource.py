"""Every resource after a creation, a refresh, an import and a deletion."""

import re
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest

from local_aws.provider.aws import AwsError
from tests.asker import Asker, Held
from tests.engine.conformance.world import ACCOUNT, INLINE_TEXT, MANAGED_TEXT, SAMPLES, Inputs, World

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
    "UserPolicyAttachmentsExclusive": (lambda w: w.user, lambda w: {}),
    "UserPoliciesExclusive": (lambda w: w.user, lambda w: {}),
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
    "Policy": lambda w: {"policy": MANAGED_TEXT},
    "Secret": lambda w: {"region": "us-east-1"},
    "SecretVersion": lambda w: {"region": "us-east-1", "versionStages": ["AWSCURRENT"]},
    "Parameter": lambda w: {
        "arn": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/{w.name}",
        "dataType": "text",
        "keyId": "alias/aws/ssm",
        "region": "us-east-1",
        "tier": "Standard",
    },
    "Bucket": lambda w: {"region": "us-east-1"},
}


def _own_id(kind: str, held: Held) -> dict[str, str]:
    """The ID among the outputs: the exclusive resources' have none."""
    return {} if kind.endswith("Exclusive") else {"id": held.id}


@pytest.mark.parametrize("kind", SAMPLES)
class TestEveryResource:
    @pytest.fixture
    def held(self, ask: Asker, world: World, kind: str) -> Held:
        return ask.create(kind, SAMPLES[kind](world))

    def test_outputs_after_a_creation(self, held: Held, world: World, kind: str) -> None:
        id_, besides = OUTPUTS[kind]
        assert held.id == id_(world)
        assert held.outputs == {**_own_id(kind, held), **SAMPLES[kind](world), **besides(world)}
        assert held.secrets == SECRETS.get(kind, set())

    def test_a_refresh_at_once_changes_nothing(self, ask: Asker, held: Held, kind: str) -> None:
        found = ask.read(held)
        assert found is not None
        changed = {name: value for name, value in found.outputs.items() if held.outputs.get(name) != value}
        # A map of tags is null after a creation without any, and empty after a refresh.
        assert changed in ({}, {"tags": {}})
        assert found.id == held.id
        assert found.secrets == held.secrets
        assert found.inputs == held.inputs
        assert not ask.diff(found, held.inputs).changes

    def test_an_import_finds_what_aws_tells(self, ask: Asker, held: Held, world: World, kind: str) -> None:
        found = ask.bring_in(kind, IMPORT_IDS.get(kind, lambda w, held: held.id)(world, held))
        assert found is not None
        told = {name: value for name, value in held.outputs.items() if name not in NOT_TOLD.get(kind, set())}
        tags = {"tags": {}} if "tagsAll" in told else {}
        assert found.outputs == {**tags, **told, **_own_id(kind, found)}
        assert found.inputs == {**SAMPLES[kind](world), **ALSO_INPUTS.get(kind, lambda w: {})(world)}
        # A secret's default recovery window is no zero value, and AWS does not tell it.
        assert ask.diff(found, held.inputs).changes is (kind == "Secret")

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
        ("UserPolicy", "iu/inl", "unexpected format for ID (iu/inl), expected USER-NAME:POLICY-NAME"),
        ("UserPolicy", "inl", "unexpected format for ID (inl), expected USER-NAME:POLICY-NAME"),
    ],
)
def test_an_import_by_a_bad_id_is_an_error(ask: Asker, kind: str, id_: str, said: str) -> None:
    with pytest.raises(AwsError) as caught:
        ask.bring_in(kind, id_)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("kind", "id_"),
    [
        ("User", "nope"),
        ("UserPolicy", "iu:nope"),
        ("Policy", "a-name-and-not-an-arn"),
        ("Group", "nope"),
        ("UserPoliciesExclusive", "nope"),
        # The bridge drops an error of the provider's importer, so that this too "does not exist".
        ("AccessKey", "AKIANOPEEXAMPLE0"),
        ("UserGroupMembership", "iu"),
        ("UserPolicyAttachment", "iu"),
        ("SecretVersion", "nope"),
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
