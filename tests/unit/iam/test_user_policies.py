"""What a user is allowed, as the rooms above hand it on."""

from typing import Any

import pytest

from s3io_user.iam.user_policies import Permissions


def doc(*actions: str) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


@pytest.mark.parametrize(
    ("copied", "found"),
    [
        (
            Permissions(
                attached=(
                    "arn:aws:iam::aws:policy/AmazonS3FullAccess",
                    "arn:aws-cn:iam::aws:policy/AdministratorAccess",
                )
            ),
            ["arn:aws-cn:iam::aws:policy/AdministratorAccess"],
        ),
        (Permissions(attached=("arn:aws:iam::aws:policy/IAMFullAccess",)), ["arn:aws:iam::aws:policy/IAMFullAccess"]),
        (Permissions(attached=("arn:aws:iam::123456789012:policy/AdministratorAccess",)), []),
        (Permissions(inline={"a": doc("s3:Get*"), "b": doc("s3:*", "IAM:*"), "c": doc("*:*")}), ["b", "c"]),
        (Permissions(inline={"a": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}), ["a"]),
        (Permissions(inline={"a": {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}}), []),
        (
            Permissions(inline={"a": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::x"}}}),
            [],
        ),
        (Permissions(inline={"a": {"Statement": {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}}}), []),
        (Permissions(inline={"a": {"Statement": [*doc("s3:*")["Statement"], *doc("*")["Statement"]]}, "b": {}}), ["a"]),
    ],
)
def test_who_is_copied_as_an_administrator(copied: Permissions, found: list[str]) -> None:
    assert copied.of_an_administrator == found


SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:site-AbCdEf"


def on(resource: object, *actions: str, effect: str = "Allow") -> dict[str, Any]:
    return {"Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource}]}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (on("arn:aws:iam::123456789012:user/site", "iam:ListAccessKeys", "IAM:CreateAccessKey"), True),
        (on([SECRET], "secretsmanager:GetSecretValue"), True),
        (on(SECRET, "secretsmanager:GetSecretValue", effect="Deny"), False),
        (on("*", "secretsmanager:GetSecretValue"), False),
        (on("arn:aws:s3:::photos/*", "s3:GetObject"), False),
        ({}, False),
    ],
)
def test_which_policy_is_of_the_key_of_whoever_is_copied(document: dict[str, Any], found: bool) -> None:
    assert Permissions(inline={"own": document}).of_a_key == (["own"] if found else [])
