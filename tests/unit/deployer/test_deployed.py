"""The deployer's policy by a stack's state: what is deployed, under which names, and in which account."""

from types import SimpleNamespace
from typing import Any

import pytest

from s3io_user import tokens
from s3io_user.deployer.deployed import deployed
from s3io_user.deployer.policy import Where, deployer_policy
from s3io_user.deployer.stack import policy_of
from s3io_user.inputs.checks import resolve
from tests.evaluator import allows

OURS, THEIRS = "123456789012", "210987654321"
HERE = Where(OURS, "us-east-1")
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
KMS = f"arn:aws:kms:eu-west-1:{OURS}:key/1"
STACK = "urn:pulumi:prod::sites::"


def component(name: str = "site", account: str = OURS, *children: dict[str, Any], **user: Any) -> list[dict[str, Any]]:
    """A component with its user, and children without their parent."""
    urn = f"{STACK}{tokens.COMPONENT}::{name}"
    arn = f"arn:aws:iam::{account}:user{user.get('path', '/')}{name}-1a2b3c4"
    made = {"name": f"{name}-1a2b3c4", "arn": arn, "path": "/", "forceDestroy": True, "tags": {}, **user}
    resources = [child(tokens.USER, **made), *children]
    return [
        {"urn": urn, "type": tokens.COMPONENT, "inputs": {}, "outputs": {"userArn": arn}},
        *({**each, "parent": urn} for each in resources),
    ]


def child(kind: str, **outputs: Any) -> dict[str, Any]:
    return {"urn": f"{STACK}{kind}::x", "type": kind, "outputs": outputs}


KEY = child(tokens.ACCESS_KEY, status="Active")
OFF = child(tokens.ACCESS_KEY, status="Inactive")
INLINE = child(tokens.INLINE_POLICY, name="S3Access")


def exported(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"deployment": {"resources": list(resources)}}


def by_state(*resources: dict[str, Any]) -> dict[str, Any]:
    return deployer_policy(deployed(exported(*resources))[OURS], HERE)


@pytest.mark.parametrize(
    ("children", "action", "on", "conditions"),
    [
        pytest.param([KEY], "iam:CreateAccessKey", "user/site-1a2b3c4", {}, id="key"),
        pytest.param([OFF], "iam:UpdateAccessKey", "user/site-1a2b3c4", {}, id="off"),
        pytest.param([INLINE], "iam:PutUserPolicy", "user/site-1a2b3c4", {}, id="inline"),
        pytest.param([child(tokens.MEMBERSHIP, groups=["g"])], "iam:AddUserToGroup", "group/g", {}, id="group"),
        pytest.param(
            [child(tokens.ATTACHMENT, policyArn=READ_ONLY)],
            "iam:AttachUserPolicy", "user/site-1a2b3c4", {"iam:PolicyARN": READ_ONLY}, id="attached",
        ),
        pytest.param(
            [child(tokens.POLICY, arn=f"arn:aws:iam::{OURS}:policy/old-name-5e6f7a8")],
            "iam:CreatePolicyVersion", "policy/old-name-5e6f7a8", {}, id="managed",
        ),
    ],
)  # fmt: skip
def test_each_resource_of_the_state_brings_what_it_needs_and_no_other_does(
    children: list[dict[str, Any]], action: str, on: str, conditions: dict[str, str]
) -> None:
    arn = f"arn:aws:iam::{OURS}:{on}"
    assert allows(by_state(*component("site", OURS, *children)), action, arn, conditions)
    assert not allows(by_state(*component()), action, arn, conditions)


@pytest.mark.parametrize(
    ("user", "action"),
    [
        pytest.param({"tags": {"a": "b"}}, "iam:UntagUser", id="tags"),
        pytest.param({"permissionsBoundary": READ_ONLY}, "iam:DeleteUserPermissionsBoundary", id="boundary"),
    ],
)
def test_what_a_user_has_can_be_taken_away(user: dict[str, Any], action: str) -> None:
    arn = f"arn:aws:iam::{OURS}:user/site-1a2b3c4"
    assert allows(by_state(*component(**user)), action, arn)
    assert not allows(by_state(*component()), action, arn)


def test_of_a_component_of_the_plugin_whose_inputs_are_all_there_the_source_may_be_read() -> None:
    made = component()
    made[0]["inputs"] = {"copyPermissionsFrom": "source"}
    assert allows(by_state(*made), "iam:GetUserPolicy", f"arn:aws:iam::{OURS}:user/source")


def test_of_an_adopted_user_exclusive_takes_away_what_others_gave() -> None:
    exclusive = child("aws:iam/userPoliciesExclusive:UserPoliciesExclusive", userName="old")
    for children, expected in (([], False), ([exclusive], True)):
        made = component("site", OURS, *children)
        made[0]["inputs"] = {"existingUser": "old"}
        assert allows(by_state(*made), "iam:DetachUserPolicy", f"arn:aws:iam::{OURS}:user/old") is expected


def test_a_secret_is_in_its_own_region_with_its_own_key() -> None:
    arn = f"arn:aws:secretsmanager:eu-west-1:{OURS}:secret:a/b-1a2b3c"
    document = by_state(
        *component("site", OURS, child("aws:secretsmanager/secret:Secret", name="a/b", arn=arn, kmsKeyId=KMS))
    )
    assert allows(document, "secretsmanager:PutSecretValue", arn)
    assert allows(document, "secretsmanager:UpdateSecret", arn)
    assert allows(document, "kms:Decrypt", KMS)


def test_a_parameter_with_aws_s_own_key_needs_none() -> None:
    arn = f"arn:aws:ssm:us-east-1:{OURS}:parameter/a/credentials"
    parameter = child("aws:ssm/parameter:Parameter", name="/a/credentials", arn=arn, keyId="alias/aws/ssm")
    document = by_state(*component("site", OURS, parameter))
    assert allows(document, "ssm:PutParameter", arn)
    assert "UseKmsKey" not in [each["Sid"] for each in document["Statement"]]


def test_an_adopted_user_is_never_deleted_and_one_that_was_interrupted_has_its_inputs() -> None:
    adopted = component("site", OURS, KEY)
    adopted[0]["inputs"] = {"existingUser": "old"}
    document = by_state(adopted[0], adopted[2])
    assert allows(document, "iam:CreateAccessKey", f"arn:aws:iam::{OURS}:user/team/old")
    assert "MakeUser" not in [each["Sid"] for each in document["Statement"]]

    begun = component()[1] | {"outputs": None, "inputs": {"name": "site-1a2b3c4", "path": "/a/"}}
    (users,) = deployed(exported({"urn": begun["parent"], "type": tokens.COMPONENT}, begun)).items()
    assert (users[0], users[1][0].inputs.user_name, users[1][0].inputs.path) == ("", "site-1a2b3c4", "/a/")


def setting(**users: dict[str, Any]) -> Any:
    return SimpleNamespace(
        users={name: resolve(inputs) for name, inputs in users.items()}, region="us-east-1", access=None
    )


def test_the_name_and_path_before_a_change_are_in_the_policy_beside_the_new_ones() -> None:
    found = policy_of(setting(site={"user_name": "new"}), OURS, exported(*component("site", OURS, KEY, path="/a/")))
    for name in ("new", "a/site-1a2b3c4"):
        assert allows(found.document, "iam:DeleteUser", f"arn:aws:iam::{OURS}:user/{name}")
        # IAM asks for it on both, to move a user in place.
        assert allows(found.document, "iam:UpdateUser", f"arn:aws:iam::{OURS}:user/{name}")
    there = policy_of(setting(site={"user_name": "new"}), OURS, exported(*component("site", OURS, KEY)))
    assert not allows(there.document, "iam:UpdateUser", f"arn:aws:iam::{OURS}:user/new")


def test_what_is_deployed_as_the_config_says_adds_nothing() -> None:
    without = policy_of(setting(site={}), OURS, exported()).document
    assert policy_of(setting(site={}), OURS, exported(*component("site", OURS, KEY, INLINE))).document == without


def test_users_of_other_accounts_are_named_and_left_out() -> None:
    state = exported(*component("ours"), *component("theirs", THEIRS))
    users = {"ours": {"user_name": "a"}, "theirs": {"user_name": "a"}, "new": {"user_name": "b"}}

    found = policy_of(setting(**users), OURS, state)
    assert (found.users, found.elsewhere) == ({"ours", "new"}, {"theirs": THEIRS})
    assert THEIRS not in str(found.document)
    there = policy_of(setting(), THEIRS, state)
    assert (there.users, there.elsewhere) == ({"theirs"}, {"ours": OURS})
    assert allows(there.document, "iam:DeleteUser", f"arn:aws:iam::{THEIRS}:user/theirs-1a2b3c4")
    assert policy_of(setting(), "*", state).users == {"ours", "theirs"}
