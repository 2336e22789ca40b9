"""The policy with which a user looks after its own key: nothing but its own key, secret and parameter."""

from typing import Any

import pytest

from s3io_user.iam.documents import read_document
from s3io_user.policy.self_service import Stored, self_service_document

USER = "arn:aws:iam::123456789012:user/sites/site"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sites/example-AbCdEf"
PARAMETER = "arn:aws:ssm:eu-west-1:123456789012:parameter/sites/example/credentials"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EVERY_KEY = "arn:aws:kms:eu-west-1:123456789012:key/*"


def statements(*given: Any, **more: Any) -> list[tuple[Any, ...]]:
    document = self_service_document(*given, **more)
    assert read_document(document) == document
    found = document["Statement"]
    assert {each["Effect"] for each in found} == {"Allow"}
    return [(each["Action"], each["Resource"], each.get("Condition")) for each in found]


def test_it_replaces_the_keys_of_one_user() -> None:
    actions = [f"iam:{verb}AccessKey" for verb in ("Create", "Delete", "Update")]
    ((allowed, on, condition),) = statements(rotates=USER)

    assert (set(allowed), on, condition) == ({*actions, "iam:ListAccessKeys"}, [USER], None)


def test_a_path_of_wildcards_is_this_path_alone() -> None:
    ((_, on, _),) = statements(rotates="arn:aws:iam::123456789012:user/*/a?$/${x}/site")

    assert on == ["arn:aws:iam::123456789012:user/${*}/a${?}$/${$}{x}/site"]


def test_it_reads_what_is_stored() -> None:
    assert statements([Stored(SECRET), Stored(PARAMETER)]) == [
        (["secretsmanager:GetSecretValue"], [SECRET], None),
        (["ssm:GetParameter"], [PARAMETER], None),
    ]


@pytest.mark.parametrize("key", ["alias/aws/secretsmanager", "arn:aws:kms:eu-west-1:123456789012:alias/aws/ssm"])
def test_an_aws_managed_key_needs_no_statement(key: str) -> None:
    assert len(statements([Stored(SECRET, key)])) == 1


@pytest.mark.parametrize(
    ("key", "on", "alias"),
    [
        pytest.param(KEY, KEY, None, id="arn"),
        pytest.param(KEY.rpartition("/")[2], KEY, None, id="id"),
        pytest.param("alias/photos", EVERY_KEY, "alias/photos", id="alias"),
        pytest.param(EVERY_KEY.replace("key/*", "alias/photos"), EVERY_KEY, "alias/photos", id="alias-arn"),
    ],
)
@pytest.mark.parametrize(
    ("stored", "through"),
    [
        (
            SECRET,
            {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com", "kms:EncryptionContext:SecretARN": SECRET},
        ),
        (
            PARAMETER,
            {"kms:ViaService": "ssm.eu-west-1.amazonaws.com", "kms:EncryptionContext:PARAMETER_ARN": PARAMETER},
        ),
    ],
    ids=["secret", "parameter"],
)
def test_a_key_of_ones_own_decrypts_this_value_alone(
    key: str, on: str, alias: str | None, stored: str, through: dict[str, str]
) -> None:
    by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}} if alias else {}

    assert statements([Stored(stored, key)])[1] == (["kms:Decrypt"], [on], {"StringEquals": through, **by_alias})


def test_in_china_the_service_has_another_name() -> None:
    _, (_, (resource,), condition) = statements([Stored(PARAMETER.replace("aws", "aws-cn"), "1234abcd")])

    assert resource == "arn:aws-cn:kms:eu-west-1:123456789012:key/1234abcd"
    assert condition["StringEquals"]["kms:ViaService"] == "ssm.eu-west-1.amazonaws.com.cn"
