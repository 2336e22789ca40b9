"""What explain marks as dangerous, side by side with cloudsplaining: all that it marks, explain marks with a reason."""

import json
from typing import Any

import pytest
from cloudsplaining.scan.policy_document import PolicyDocument
from cloudsplaining.shared import constants
from moto.iam.aws_managed_policies import aws_managed_policies_data

from s3io_user.explain import Explanation, elsewhere
from s3io_user.policy.self_service import Stored, self_service_document
from tests.unit.explain.policies import allow, document, explained_whole

MANAGED = {name: policy["Document"] for name, policy in json.loads(aws_managed_policies_data).items()}
ROLE = "arn:aws:iam::123456789012:role/Admin"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:jobs"


def explained(*statements: dict[str, Any]) -> Explanation:
    return explained_whole(document(*statements))


def marked(explanation: Explanation, category: str) -> set[str]:
    return {danger.action.lower() for danger in explanation.dangers if category in danger.categories}


def reference(*statements: dict[str, Any]) -> dict[str, set[str]]:
    found = PolicyDocument({"Version": "2012-10-17", "Statement": list(statements)})
    return {
        "privilege-escalation": {one for way in found.allows_privilege_escalation for one in way["actions"]},
        "resource-exposure": {one.lower() for one in found.permissions_management_without_constraints},
        "credentials-exposure": {one.lower() for one in found.credentials_exposure},
        "data-exfiltration": {one.lower() for one in found.allows_data_exfiltration_actions},
        "infrastructure-modification": {one.lower() for one in found.infrastructure_modification},
        "service-wildcard": {f"{service}:*".lower() for service in found.service_wildcard},
    }


def missing(*statements: dict[str, Any]) -> dict[str, set[str]]:
    """What the reference marks and explain does not, by category."""
    explanation = explained(*statements)
    wanted = reference(*statements)
    if "*" in marked(explanation, "service-wildcard"):
        wanted["service-wildcard"] = set()
    left = {category: names - marked(explanation, category) for category, names in wanted.items()}
    return {category: names for category, names in left.items() if names}


DOCUMENTS = {
    "assume-a-role": [allow("sts:AssumeRole")],
    "secrets": [allow(["secretsmanager:GetSecretValue", "ssm:GetParameter*"])],
    "function-code": [allow("lambda:UpdateFunctionCode")],
    "pass-a-role": [allow(["iam:PassRole", "ec2:RunInstances"])],
    "pass-a-role-over-two": [allow("iam:PassRole"), allow(["lambda:CreateFunction", "lambda:AddPermission"])],
    "keys": [allow(["iam:CreateAccessKey", "iam:*LoginProfile", "iam:UpdateAccessKey"])],
    "policies": [allow(["iam:Put*", "iam:Attach*", "iam:CreatePolicyVersion"])],
    "iam": [allow("iam:*")],
    "objects-anywhere": [allow(["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"])],
    "s3": [allow("s3:*")],
    "s3-on-a-bucket": [allow("s3:*", ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"])],
    "keys-of-kms": [allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"])],
    "tags": [allow(["ec2:CreateTags", "s3:PutBucketTagging", "lambda:TagResource"])],
    "snapshots": [allow("rds:*Snapshot*")],
    "tokens": [allow(["ecr:GetAuthorizationToken", "codeartifact:Get*", "redshift:GetClusterCredentials"])],
    "sharing": [allow(["s3:PutBucketPolicy", "sqs:AddPermission", "ec2:ModifySnapshotAttribute"])],
    "connect": [allow(["ec2-instance-connect:SendSSHPublicKey", "ec2:DescribeInstances"])],
    "ecs": [allow(["ecs:ExecuteCommand", "ecs:DescribeTasks", "ecs:RunTask", "ecs:RegisterTaskDefinition"])],
    "list-of-resources": [allow(["iam:PassRole", "glue:CreateDevEndpoint"], ["*", QUEUE])],
    "everything": [allow("*")],
    "everything-but": [{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}],
    "all-but-denied": [allow("sqs:*"), {**allow("sqs:DeleteQueue"), "Effect": "Deny"}],
    "reads": [allow(["ec2:Describe*", "s3:List*", "cloudwatch:Get*"])],
    "case": [allow(["S3:getobject", "STS:assumerole"])],
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_all_that_cloudsplaining_marks_is_marked(name: str) -> None:
    left = missing(*DOCUMENTS[name])
    if name == "all-but-denied":  # cloudsplaining's last category does not look at what is denied
        assert left == {"infrastructure-modification": {"sqs:deletequeue"}}
    else:
        assert left == {}


@pytest.mark.parametrize("way", constants.PRIVILEGE_ESCALATION_METHODS)
def test_each_way_to_more_rights_is_marked_with_a_reason(way: str) -> None:
    actions = constants.PRIVILEGE_ESCALATION_METHODS[way]
    explanation = explained(allow(actions))
    assert set(actions) <= marked(explanation, "privilege-escalation")
    assert all(danger.reason for danger in explanation.dangers)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(elsewhere.CREDENTIALS, constants.ACTIONS_THAT_RETURN_CREDENTIALS, id="credentials"),
        pytest.param(elsewhere.EXFILTRATION, constants.READ_ONLY_DATA_EXFILTRATION_ACTIONS, id="exfiltration"),
    ],
)
def test_the_lists_are_no_shorter(ours: dict[str, str], theirs: list[str]) -> None:
    # Its "gamelist" is a slip for gamelift.
    assert {each.lower().replace("gamelist:", "gamelift:") for each in theirs} <= set(ours)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(allow("sts:AssumeRole", ROLE), id="assume-one-role"),
        pytest.param(allow("iam:PassRole", ROLE), id="pass-one-role"),
        pytest.param(allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:db-*"), id="one-secret"),
        pytest.param(allow("ssm:GetParametersByPath", "arn:aws:ssm:*:*:parameter/site/*"), id="parameters"),
        pytest.param(allow("lambda:UpdateFunctionCode", "arn:aws:lambda:*:*:function:thumbs"), id="one-function"),
        pytest.param(allow("sqs:SendMessage", QUEUE), id="one-queue"),
        pytest.param(
            allow("sts:AssumeRole", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), id="conditional"
        ),
    ],
)
def test_what_is_outside_s3_is_marked_on_one_resource_and_under_a_condition_too(statement: dict[str, Any]) -> None:
    (danger,) = explained(statement).dangers
    assert danger.action == statement["Action"]
    assert danger.reason
    assert danger.where
    assert bool(danger.conditions) is ("Condition" in statement)


ITSELF = "arn:aws:iam::123456789012:user/site"


def test_what_a_user_may_do_with_its_own_key_is_said_of_that_key_alone() -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:site-AbCdEf"
    own = self_service_document([Stored(secret)], ITSELF)["Statement"]
    reasons = {danger.action: danger.reason for danger in explained(*own).dangers}

    assert list(reasons) == [
        *(f"iam:{verb}AccessKey" for verb in ("Create", "Delete", "Update")),
        "secretsmanager:GetSecretValue",
    ]
    assert "another key of this user, which keeps working" in reasons["iam:CreateAccessKey"]
    assert all("any user" not in reason and "more permissions" not in reason for reason in reasons.values())
    assert "a leaked key also reads the next one" in reasons["secretsmanager:GetSecretValue"]


@pytest.mark.parametrize("on", ["*", "arn:aws:iam::123456789012:user/*", [ITSELF, "arn:aws:iam::*:user/*"]])
def test_of_every_user_the_worse_is_said(on: Any) -> None:
    assert explained(allow("iam:CreateAccessKey", on)).dangers[0].reason == elsewhere.ALONE["iam:createaccesskey"]


def test_reading_outside_s3_is_no_danger() -> None:
    assert explained(allow(["ec2:Describe*", "sqs:ReceiveMessage", "cloudwatch:GetMetricData"], "*")).dangers[1:] == ()


def test_a_way_is_named_with_what_it_needs() -> None:
    dangers = {danger.action: danger for danger in explained(allow(["iam:PassRole", "ec2:RunInstances"])).dangers}
    assert "and iam:PassRole together" in dangers["ec2:RunInstances"].reason
    assert explained(allow("ec2:DescribeInstances")).dangers == ()


@pytest.mark.long
def test_aws_own_policies_have_no_danger_that_only_cloudsplaining_sees() -> None:
    plain = {name: policy for name, policy in MANAGED.items() if len(json.dumps(policy)) < 6_000}
    assert len(plain) > 1_000
    for name, policy in plain.items():
        statements = policy["Statement"]
        statements = statements if isinstance(statements, list) else [statements]
        if all(each["Effect"] == "Allow" for each in statements):
            assert missing(*statements) == {}, name
