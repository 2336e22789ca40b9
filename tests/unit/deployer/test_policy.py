"""The deployer's policy: which statements which inputs bring, and that it reaches nothing else."""

from typing import Any

import pytest

from s3io_user.deployer.policy import Deployed, Where, deployer_policy, questions
from s3io_user.explain.actions import catalogue
from s3io_user.inputs.checks import resolve
from s3io_user.policy.document import compact
from s3io_user.policy.packing import INLINE_LIMIT
from tests.evaluator import allows

ACCOUNT = "123456789012"
HERE = Where(ACCOUNT, "eu-west-1")
USER = f"arn:aws:iam::{ACCOUNT}:user/"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


def policy(logical: str = "site", where: Where = HERE, managed: int = 0, **inputs: Any) -> dict[str, Any]:
    """The policy for one user; its own policy is inline unless it is so many managed ones."""
    inline = int(not managed and inputs.get("access") not in ("full", "none"))
    return deployer_policy([Deployed(logical, resolve(inputs), inline=inline, managed=managed)], where)


def sids(document: dict[str, Any]) -> list[str]:
    return [statement["Sid"] for statement in document["Statement"]]


MADE = ["MakeUser", "StripUser", "FindVirtualDevices", "MakeKeys", "SeeKeyUse"]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param({}, [*MADE, "WriteInline"], id="defaults"),
        pytest.param({"force_destroy": False}, ["MakeUser", "MakeKeys", "SeeKeyUse", "WriteInline"], id="no-force"),
        pytest.param({"create_access_key": False, "access": "none"}, MADE[:3], id="no-key-no-rights"),
        pytest.param({"access": "full"}, [*MADE, "AttachPolicies"], id="full"),
        pytest.param({"managed": 2}, [*MADE, "MakePolicies", "AttachPolicies"], id="managed"),
        pytest.param({"existing_user": "old"}, ["FindUser", "MakeKeys", "SeeKeyUse", "WriteInline"], id="adopted"),
        pytest.param(
            {"existing_user": "old", "exclusive": True, "groups": ["g"], "policy_arns": [READ_ONLY]},
            [
                "FindUser",
                "MakeKeys",
                "SeeKeyUse",
                "JoinGroups",
                "SeeGroups",
                "WriteInline",
                "AttachPolicies",
                "TakeOthersAway",
            ],
            id="adopted-exclusive",
        ),
        pytest.param(
            {"copy_permissions_from": "old", "access": "none"},
            [*MADE[:3], "CopyRights", "MakeKeys", "SeeKeyUse"],
            id="copied",
        ),
        pytest.param(
            {"secrets_manager": {"name": "s", "kms_key_id": "alias/k"}, "parameter_store": {"path": "/p"}},
            [*MADE, "WriteInline", "KeepSecret", "UseKmsKey", "KeepParameter", "FindParameters"],
            id="stores",
        ),
    ],
)
def test_each_input_brings_its_statements(inputs: dict[str, Any], expected: list[str]) -> None:
    assert sids(policy(**inputs)) == expected


@pytest.mark.parametrize(
    ("inputs", "action", "allowed"),
    [
        pytest.param({}, "iam:TagUser", False, id="no-tags"),
        pytest.param({"tags": {"a": "b"}}, "iam:TagUser", True, id="tags"),
        pytest.param({}, "iam:PutUserPermissionsBoundary", False, id="no-boundary"),
        pytest.param({"permissions_boundary": READ_ONLY}, "iam:PutUserPermissionsBoundary", True, id="boundary"),
        pytest.param({}, "iam:UpdateAccessKey", False, id="never-off"),
        pytest.param({"key_status": "Inactive"}, "iam:UpdateAccessKey", True, id="off"),
        pytest.param({"previous_key": "inactive"}, "iam:UpdateAccessKey", True, id="previous-off"),
        pytest.param({}, "iam:CreateLoginProfile", False, id="never-a-password"),
        pytest.param({}, "iam:AttachUserPolicy", False, id="nothing-to-attach"),
    ],
)
def test_an_action_is_there_only_where_an_input_needs_it(inputs: dict[str, Any], action: str, allowed: bool) -> None:
    assert allows(policy(user_name="site", **inputs), action, f"{USER}site") is allowed


@pytest.mark.parametrize(
    ("inputs", "arn"),
    [
        pytest.param({"user_name": "a"}, f"{USER}a", id="named"),
        pytest.param({"user_name": "a", "path": "/sites/"}, f"{USER}sites/a", id="path"),
        pytest.param({}, f"{USER}site-1a2b3c4", id="autoname"),
        pytest.param({"existing_user": "a"}, f"{USER}a", id="adopted"),
        pytest.param({"existing_user": "a"}, f"{USER}team/a", id="adopted-path"),
    ],
)
def test_it_reaches_the_user_and_no_other(inputs: dict[str, Any], arn: str) -> None:
    document = policy(**inputs)
    assert allows(document, "iam:CreateAccessKey", arn)
    for other in ("admin", "b", "aa", "sites/b", "site"):
        assert not allows(document, "iam:CreateAccessKey", USER + other)


def test_only_declared_policies_can_be_attached() -> None:
    document = policy(user_name="a", access="full", policy_arns=[READ_ONLY])
    for arn, expected in ((READ_ONLY, True), (FULL, True), ("arn:aws:iam::aws:policy/AdministratorAccess", False)):
        assert allows(document, "iam:AttachUserPolicy", f"{USER}a", {"iam:PolicyARN": arn}) is expected
    assert not allows(document, "iam:AttachUserPolicy", f"{USER}b", {"iam:PolicyARN": READ_ONLY})


def test_another_partition() -> None:
    text = compact(policy(where=Where(ACCOUNT, "cn-north-1", "aws-cn"), access="full"))
    assert "arn:aws-cn:iam::aws:policy/AmazonS3FullAccess" in text
    assert "arn:aws:" not in text


def test_many_users_are_one_statement_of_a_kind_and_the_order_does_not_matter() -> None:
    users = [Deployed(name, resolve({"user_name": name}), inline=1) for name in ("a", "b", "c")]
    document = deployer_policy(users, HERE)
    assert sids(document) == [*MADE, "WriteInline"]
    assert deployer_policy(users[::-1], HERE) == document
    assert len(compact(document)) < INLINE_LIMIT


def test_what_is_asked_of_the_simulator() -> None:
    asked = questions(policy(existing_user="a", policy_arns=[READ_ONLY]))
    assert all("/*/" not in arn for _, arns, _ in asked for arn in arns)
    assert [context for actions, _, context in asked if "iam:AttachUserPolicy" in actions] == [
        {"iam:PolicyARN": [READ_ONLY]}
    ]


EVERYTHING = {
    "groups": ["g"],
    "tags": {"a": "b"},
    "permissions_boundary": READ_ONLY,
    "copy_permissions_from": "old",
    "key_status": "Inactive",
    "policy_arns": [READ_ONLY],
    "secrets_manager": {"name": "s", "kms_key_id": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"},
    "parameter_store": {"path": "/p/q", "kms_key_id": "alias/k"},
}
MINE = [f"arn:aws:iam::{ACCOUNT}:policy/site-*"]
OF_A_NAME = [f"{USER}*/old", f"{USER}old"]
GROUP = [f"arn:aws:iam::{ACCOUNT}:group/*/g", f"arn:aws:iam::{ACCOUNT}:group/g"]
STORES = {
    "KeepSecret": [f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:s-??????"],
    "UseKmsKey": [f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/*"],
    "KeepParameter": [f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/p/q/credentials"],
    "FindParameters": ["*"],
}
MADE_OF_ALL = {
    "MakeUser": [f"{USER}site-*"],
    "StripUser": [f"{USER}site-*"],
    "FindVirtualDevices": ["*"],
    "CopyRights": OF_A_NAME,
    "MakeKeys": [f"{USER}site-*"],
    "SeeKeyUse": [f"{USER}site-*"],
    "JoinGroups": GROUP,
    "MakePolicies": MINE,
    "AttachPolicies": [f"{USER}site-*"],
    **STORES,
}
ADOPTED_OF_ALL = {
    "FindUser": OF_A_NAME,
    "MakeKeys": OF_A_NAME,
    "SeeKeyUse": OF_A_NAME,
    "JoinGroups": GROUP,
    "SeeGroups": OF_A_NAME,
    "MakePolicies": MINE,
    "AttachPolicies": OF_A_NAME,
    "SeeAttached": OF_A_NAME,
    **STORES,
}
ADOPTING = {"existing_user": "old", "tags": None, "permissions_boundary": None, "copy_permissions_from": None}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [pytest.param({}, MADE_OF_ALL, id="made"), pytest.param(ADOPTING, ADOPTED_OF_ALL, id="adopted")],
)
def test_what_each_statement_reaches(inputs: dict[str, Any], expected: dict[str, list[str]]) -> None:
    given = {name: value for name, value in {**EVERYTHING, **inputs}.items() if value}
    statements = policy(managed=1, **given)["Statement"]
    assert {each["Sid"]: each["Resource"] for each in statements} == expected
    conditions = {each["Sid"]: each["Condition"] for each in statements if "Condition" in each}
    assert conditions == {"AttachPolicies": {"ArnLike": {"iam:PolicyARN": sorted([READ_ONLY, *MINE])}}}


@pytest.mark.parametrize("inputs", [{}, ADOPTING], ids=["made", "adopted"])
def test_every_action_is_one_of_aws_in_its_own_letters(inputs: dict[str, Any]) -> None:
    known = {action.name for action in catalogue(["iam", "kms", "secretsmanager", "ssm"])}
    given = {name: value for name, value in {**EVERYTHING, **inputs}.items() if value}
    documents = [policy(managed=1, **given), policy(), policy(existing_user="old", exclusive=True)]
    actions = {action for document in documents for each in document["Statement"] for action in each["Action"]}
    assert actions - known == set()


def test_what_several_users_may_attach_is_one_list() -> None:
    given = {"a": FULL, "b": READ_ONLY}
    users = [Deployed(name, resolve({"user_name": name, "policy_arns": [arn]})) for name, arn in given.items()]
    document = deployer_policy([*users, users[0]], HERE)
    (attach,) = [each for each in document["Statement"] if each["Sid"] == "AttachPolicies"]
    assert attach["Condition"] == {"ArnLike": {"iam:PolicyARN": [FULL, READ_ONLY]}}
    assert [context for *_, context in questions(policy())] == [{}] * 5


ACTIONS = {
    "FindUser": "iam: GetUser",
    "MakeUser": "iam: CreateUser DeleteUser DeleteUserPermissionsBoundary GetUser ListGroupsForUser "
    "PutUserPermissionsBoundary TagUser UntagUser",
    "StripUser": "iam: DeactivateMFADevice DeleteAccessKey DeleteLoginProfile DeleteSSHPublicKey "
    "DeleteServiceSpecificCredential DeleteSigningCertificate DeleteUserPolicy DetachUserPolicy ListAccessKeys "
    "ListAttachedUserPolicies ListMFADevices ListSSHPublicKeys ListServiceSpecificCredentials ListSigningCertificates "
    "ListUserPolicies",
    "FindVirtualDevices": "iam: ListVirtualMFADevices",
    "CopyRights": "iam: GetUser GetUserPolicy ListAttachedUserPolicies ListGroupsForUser ListUserPolicies",
    "MakeKeys": "iam: CreateAccessKey DeleteAccessKey ListAccessKeys UpdateAccessKey",
    "SeeKeyUse": "iam: GetAccessKeyLastUsed",
    "JoinGroups": "iam: AddUserToGroup RemoveUserFromGroup",
    "SeeGroups": "iam: ListGroupsForUser",
    "WriteInline": "iam: DeleteUserPolicy GetUserPolicy PutUserPolicy",
    "MakePolicies": "iam: CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion "
    "ListPolicyVersions",
    "AttachPolicies": "iam: AttachUserPolicy DetachUserPolicy",
    "SeeAttached": "iam: ListAttachedUserPolicies",
    "TakeOthersAway": "iam: DeleteUserPolicy DetachUserPolicy ListAttachedUserPolicies ListUserPolicies",
    "KeepSecret": "secretsmanager: CreateSecret DeleteSecret DescribeSecret GetResourcePolicy GetSecretValue "
    "PutSecretValue UpdateSecret UpdateSecretVersionStage",
    "KeepParameter": "ssm: DeleteParameter GetParameter GetParameters ListTagsForResource PutParameter",
    "FindParameters": "ssm: DescribeParameters",
    "UseKmsKey": "kms: Decrypt Encrypt GenerateDataKey",
}


def test_what_each_statement_allows_and_no_more() -> None:
    adopted = {"existing_user": "old", "groups": ["g"], "policy_arns": [READ_ONLY]}
    documents = [policy(managed=1, **EVERYTHING), policy(**adopted), policy(**adopted, exclusive=True)]
    allowed: dict[str, set[str]] = {}
    for each in (each for document in documents for each in document["Statement"]):
        assert each["Action"] == sorted(each["Action"])
        allowed.setdefault(each["Sid"], set()).update(each["Action"])
    named = {sid: text.split() for sid, text in ACTIONS.items()}
    assert allowed == {sid: {f"{service}{action}" for action in actions} for sid, (service, *actions) in named.items()}


def test_what_is_copied_is_given_too() -> None:
    copied = Deployed("site", resolve({"access": "none"}), groups=["g"], attached=[READ_ONLY], copied_inline=1)
    document = deployer_policy([copied], HERE)
    assert sids(document) == [*MADE, "JoinGroups", "WriteInline", "AttachPolicies"]
    assert allows(document, "iam:AttachUserPolicy", f"{USER}site-1", {"iam:PolicyARN": READ_ONLY})
    assert allows(document, "iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/g")


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param({"exclusive": True}, [], id="stripped-anyhow"),
        pytest.param({"exclusive": True, "force_destroy": False}, ["TakeOthersAway"], id="exclusive"),
        pytest.param({"force_destroy": False}, ["SeeAttached"], id="not-exclusive"),
    ],
)
def test_what_strips_a_user_is_not_allowed_twice(inputs: dict[str, Any], expected: list[str]) -> None:
    named = sids(policy(policy_arns=[READ_ONLY], **inputs))
    assert [sid for sid in named if sid in ("TakeOthersAway", "SeeAttached")] == expected


def test_a_kms_key_is_that_of_its_arn_and_a_secret_without_one_is_not_updated() -> None:
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"
    document = policy(secrets_manager={"name": "s", "kms_key_id": key})
    assert [each["Resource"] for each in document["Statement"] if each["Sid"] == "UseKmsKey"] == [[key]]
    secret = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:s-AbCdEf"
    assert allows(document, "secretsmanager:UpdateSecret", secret)
    assert not allows(policy(secrets_manager={"name": "s"}), "secretsmanager:UpdateSecret", secret)
