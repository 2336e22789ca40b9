"""The stand-in against what was measured on the real provider, where no AWS is asked: check, diff, preview.

The rows are the transcripts of provider-facts: each line there is a line here.
"""

import json
from typing import Any
from unittest.mock import ANY

import pytest

from local_aws.provider.aws import AwsError
from local_aws.provider.values import UNKNOWN
from tests.asker import Asker, Held

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
STATEMENT = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
LIST_BUCKET = {"Version": "2012-10-17", "Statement": [STATEMENT]}
TEXT = json.dumps(LIST_BUCKET)
INLINE_TEXT = '{"Version":"2012-10-17","Statement":[{"Action":"s3:ListBucket","Effect":"Allow","Resource":"*"}]}'
MANAGED_TEXT = '{"Statement":[{"Action":"s3:ListBucket","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}'
ARN = "arn:aws:iam::aws:policy/X"
REGION = {"region": "us-east-1"}
STATUSES = '["Active" "Inactive" "Expired"]'
BAD_NAME = (
    "invalid value for name (must only contain alphanumeric characters, hyphens, underscores, commas, periods,"
    " @ symbols, plus and equals signs). Examine values at 'r.name'."
)


@pytest.fixture(scope="module")
def ask() -> Asker:
    return Asker({"region": "us-east-1"})


# -- Check ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("User", {"name": "x" * 64}),
        ("User", {"name": "x" * 65}),
        ("User", {"name": "x" * 129}),
        ("User", {"name": "ok+=,.@-_9"}),
        ("User", {"name": "u", "path": "x"}),
        ("User", {"name": "u", "path": ""}),
        ("User", {"name": "u", "path": "/x"}),
        ("User", {"name": "u", "path": f"/{'a' * 600}/"}),
        ("User", {"name": "u", "permissionsBoundary": "nope"}),
        ("User", {"name": "u", "permissionsBoundary": ""}),
        ("User", {"name": "u", "permissionsBoundary": "arn:aws:iam::123456789012:policy/x"}),
        ("User", {"name": "u", "tags": {"k" * 129: "v"}}),
        ("User", {"name": "u", "tags": {"aws:x": "v"}}),
        ("User", {"name": "u", "tags": {"": "v"}}),
        ("User", {"name": "u", "tags": {"a": "v" * 257}}),
        ("User", {"name": "u", "bogus": 1}),
        ("User", {"name": 5}),
        ("AccessKey", {"user": ""}),
        ("AccessKey", {"user": "a b"}),
        ("AccessKey", {"user": "u", "pgpKey": "garbage"}),
        ("AccessKey", {"user": "x" * 129}),
        ("UserPolicy", {"user": "u", "name": "n", "policy": f" {POLICY}"}),
        ("UserPolicy", {"user": "u", "name": "n", "policy": "{}"}),
        ("UserPolicy", {"user": "u", "name": "a b", "policy": POLICY}),
        ("UserPolicy", {"user": "u", "name": "x" * 129, "policy": POLICY}),
        ("UserPolicy", {"user": "", "name": "n", "policy": POLICY}),
        ("UserPolicy", {"user": "a b", "name": "n", "policy": POLICY}),
        ("UserPolicy", {"user": "u", "name": "n", "policy": json.dumps({"Statement": "x" * 3000})}),
        ("Policy", {"name": "n", "policy": POLICY, "description": "d" * 1001}),
        ("Policy", {"name": "n", "policy": json.dumps({"Statement": "x" * 7000})}),
        ("Policy", {"name": "n", "policy": '{"Version":"2012-10-17"}'}),
        ("UserPolicyAttachment", {"user": "u", "policyArn": ""}),
        ("UserPolicyAttachment", {"user": "", "policyArn": ARN}),
        ("UserPolicyAttachment", {"user": "u", "policyArn": ARN}),
        ("Group", {"name": "x" * 129}),
        ("Group", {"name": "g", "path": "x"}),
        ("UserGroupMembership", {"user": "u", "groups": []}),
        ("UserGroupMembership", {"user": "", "groups": ["g"]}),
        ("UserGroupMembership", {"user": "u", "groups": [""]}),
        ("UserGroupMembership", {"user": "u", "groups": ["g", "g"]}),
        ("SecretVersion", {"secretId": "x", **REGION}),
        ("SecretVersion", {"secretId": "", "secretString": "a", **REGION}),
        ("Bucket", {"bucket": "A_B", **REGION}),
    ],
)
def test_check_lets_through(ask: Asker, kind: str, inputs: dict[str, Any]) -> None:
    checked = ask.check(kind, inputs)
    assert inputs.items() <= checked.inputs.items()
    assert checked.failures == []


def _required(prop: str, argument: str) -> str:
    return (
        f'Missing required argument. The argument "{argument}" is required, but no definition was found..'
        f" Examine values at 'r.{prop}'."
    )


def _policy(reason: str) -> str:
    return f"{reason}. Examine values at 'r.policy'."


@pytest.mark.parametrize(
    ("kind", "inputs", "reasons"),
    [
        ("User", {"name": "a b"}, [BAD_NAME]),
        ("User", {"name": "a/b"}, [BAD_NAME]),
        ("User", {"name": ""}, [BAD_NAME]),
        ("User", {"name": "é"}, [BAD_NAME]),
        ("User", {"name": "u\n"}, [BAD_NAME]),
        ("Group", {"name": "a b"}, [BAD_NAME]),
        ("Group", {"name": ""}, [BAD_NAME]),
        ("AccessKey", {}, [_required("user", "user")]),
        (
            "AccessKey",
            {"user": "u", "status": "Foo"},
            [f"expected status to be one of {STATUSES}, got Foo. Examine values at 'r.status'."],
        ),
        (
            "AccessKey",
            {"user": "u", "status": "active"},
            [f"expected status to be one of {STATUSES}, got active. Examine values at 'r.status'."],
        ),
        ("UserPolicy", {"user": "u"}, [_required("policy", "policy")]),
        ("Policy", {}, [_required("policy", "policy")]),
        ("UserPolicyAttachment", {"user": "u"}, [_required("policyArn", "policy_arn")]),
        ("UserGroupMembership", {"user": "u"}, [_required("groups", "groups")]),
        (
            "Policy",
            {"name": "x" * 129, "policy": POLICY},
            [f"expected length of name to be in the range (1 - 128), got {'x' * 129}. Examine values at 'r.name'."],
        ),
        (
            "Policy",
            {"name": "a b", "policy": POLICY},
            [r"invalid value for name (must match [\w+=,.@-]). Examine values at 'r.name'."],
        ),
        (
            "Policy",
            {"name": "n", "policy": POLICY, "path": "/x"},
            [
                'Invalid value. Attribute "path" must begin and end with a slash (/), got "/x".'
                " Examine values at 'r.path'."
            ],
        ),
        (
            "UserPolicyAttachment",
            {"user": "u", "policyArn": "nope"},
            ["\"policy_arn\" (nope) is an invalid ARN: arn: invalid prefix. Examine values at 'r.policyArn'."],
        ),
        (
            "Secret",
            {"name": "a b"},
            [
                'only alphanumeric characters and /_+=.@- special characters are allowed in "name".'
                " Examine values at 'r.name'."
            ],
        ),
        (
            "Secret",
            {"name": "x" * 513},
            ["\"name\" cannot be greater than 512 characters. Examine values at 'r.name'."],
        ),
        (
            "Secret",
            {"name": "s", "recoveryWindowInDays": 3},
            [
                "expected recovery_window_in_days to be in the range (7 - 30), got 3."
                " Examine values at 'r.recoveryWindowInDays'.",
                "expected recovery_window_in_days to be one of [0], got 3. Examine values at 'r.recoveryWindowInDays'.",
            ],
        ),
        ("Parameter", {"name": "/p"}, [_required("type", "type"), _required("value", "value")]),
        (
            "Parameter",
            {"name": "/p", "type": "Foo", "value": "v"},
            [
                'expected type to be one of ["String" "StringList" "SecureString"], got Foo.'
                " Examine values at 'r.type'."
            ],
        ),
        (
            "Parameter",
            {"name": "/p", "type": "String", "value": "v", "tier": "X"},
            [
                'expected tier to be one of ["Standard" "Advanced" "Intelligent-Tiering"], got X.'
                " Examine values at 'r.tier'."
            ],
        ),
        (
            "Parameter",
            {"name": "", "type": "String", "value": "v"},
            ["expected length of name to be in the range (1 - 2048), got . Examine values at 'r.name'."],
        ),
        (
            "Bucket",
            {"bucket": "x" * 64},
            [f"expected length of bucket to be in the range (0 - 63), got {'x' * 64}. Examine values at 'r.bucket'."],
        ),
    ],
)
def test_check_refuses(ask: Asker, kind: str, inputs: dict[str, Any], reasons: list[str]) -> None:
    assert sorted(ask.check(kind, inputs).failures) == sorted(reasons)


@pytest.mark.parametrize("kind", ["UserPolicy", "Policy"])
@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param("", '"policy" is an empty string, which is not a valid JSON value', id="empty"),
        pytest.param("hello", '"policy" contains an invalid JSON policy: not a JSON object', id="text"),
        pytest.param(
            "[]", '"policy" contains an invalid JSON policy: contains a JSON array, not a JSON object', id="array"
        ),
        pytest.param('{"a":1,"a":2}', '"policy" contains duplicate JSON keys: duplicate key "a"', id="duplicate-key"),
        pytest.param(
            "{bad",
            '"policy" contains an invalid JSON policy: Expecting property name enclosed in double quotes,'
            " at byte offset 2",
            id="syntax",
        ),
    ],
)
def test_check_refuses_a_document(ask: Asker, kind: str, document: str, reason: str) -> None:
    assert ask.check(kind, {"user": "u", "policy": document}).failures == [_policy(reason)]


@pytest.mark.parametrize("value", ["maybe", "true"])
def test_check_wants_booleans(ask: Asker, value: str) -> None:
    with pytest.raises(AwsError, match='failed on property "force_destroy": Expected a Boolean'):
        ask.check("User", {"name": "u", "forceDestroy": value})


@pytest.mark.parametrize(
    ("kind", "inputs", "prop"),
    [
        ("User", {}, "name"),
        ("UserPolicy", {"user": "u", "policy": POLICY}, "name"),
        ("Policy", {"policy": POLICY}, "name"),
        ("Group", {}, "name"),
        ("Secret", {}, "name"),
        ("Parameter", {"type": "String", "value": "v"}, "name"),
        ("Bucket", {}, "bucket"),
    ],
)
class TestAutoName:
    def test_is_the_resource_and_seven_hex_digits(
        self, ask: Asker, kind: str, inputs: dict[str, Any], prop: str
    ) -> None:
        name = ask.check(kind, inputs, name="MyName").inputs[prop]
        start, _, rest = name.rpartition("-")
        assert start == ("myname" if kind == "Bucket" else "MyName")
        assert len(rest) == 7
        assert set(rest) <= set("0123456789abcdef")

    def test_stays_what_it_was(self, ask: Asker, kind: str, inputs: dict[str, Any], prop: str) -> None:
        assert ask.check(kind, inputs, {prop: "before"}).inputs[prop] == "before"


def test_a_name_too_long_to_have_digits_is_refused(ask: Asker) -> None:
    assert len(ask.check("User", {}, name="v" * 247).inputs["name"]) == 255
    with pytest.raises(AwsError, match=r"plus 7 random chars is longer than maximum length 255$"):
        ask.check("User", {}, name="v" * 248)


def test_check_writes_a_policy_object_as_text(ask: Asker) -> None:
    assert ask.check("UserPolicy", {"user": "u", "policy": LIST_BUCKET}).inputs["policy"] == MANAGED_TEXT


@pytest.mark.parametrize(
    ("kind", "inputs", "secret"),
    [
        ("SecretVersion", {"secretId": "x", "secretString": "a"}, "secretString"),
        ("SecretVersion", {"secretId": "x", "secretBinary": "YQ=="}, "secretBinary"),
        ("Parameter", {"name": "/p", "type": "String", "value": "v"}, "value"),
    ],
)
def test_check_marks_secret_inputs(ask: Asker, kind: str, inputs: dict[str, Any], secret: str) -> None:
    assert ask.check(kind, inputs).secrets == {secret}


def test_check_adds_defaults_and_lists_them(ask: Asker) -> None:
    checked = ask.check("User", {"path": "/x/"}, name="site").inputs
    assert checked == {"name": ANY, "path": "/x/", "forceDestroy": False, "__defaults": ["forceDestroy", "name"]}
    again = ask.check("User", {}, checked).inputs
    assert again == {**checked, "path": "/", "__defaults": ["forceDestroy", "name", "path"]}


def test_a_replacement_under_a_name_of_its_own_is_made_first(ask: Asker) -> None:
    inputs = ask.check("UserPolicy", {"user": "u", "policy": TEXT}).inputs
    held = Held("UserPolicy", "u:r", inputs, set(), inputs)
    new = {"user": "v", "policy": TEXT}
    assert ask.diff(held, new) == (True, ["user"], False)
    assert ask.diff(held, {**new, "name": "mine"}) == (True, ["name", "user"], True)


def test_check_names_the_region_of_the_settings_so_that_another_one_replaces_a_regional_resource() -> None:
    """Source: pulumi-aws, provider/region.go."""
    elsewhere = Asker({"region": "eu-west-1"})
    assert elsewhere.check("Secret", {"name": "s"}).inputs["region"] == "eu-west-1"
    assert "region" not in elsewhere.check("User", {"name": "u"}).inputs


# -- Diff -------------------------------------------------------------------------------------------------

HELD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # the inputs, and what the state has besides
    "User": (
        {"name": "u", "tags": {"a": "b"}},
        {"path": "/", "forceDestroy": False, "permissionsBoundary": "", "tagsAll": {"a": "b"}, "arn": "x"},
    ),
    "AccessKey": ({"user": "u"}, {"status": "Active", "secret": "s", "createDate": "d"}),
    "UserPolicy": ({"name": "n", "user": "u", "policy": TEXT}, {"policy": INLINE_TEXT, "namePrefix": ""}),
    "Policy": (
        {"name": "n", "policy": TEXT, "description": "d"},
        {"policy": MANAGED_TEXT, "namePrefix": "", "path": "/", "tagsAll": {}, "attachmentCount": 0},
    ),
    "UserPolicyAttachment": ({"user": "u", "policyArn": ARN}, {}),
    "GroupPolicyAttachment": ({"group": "g", "policyArn": ARN}, {}),
    "Group": ({"name": "g"}, {"path": "/", "arn": "x"}),
    "UserGroupMembership": ({"user": "u", "groups": ["a", "b"]}, {}),
    "UserPolicyAttachmentsExclusive": ({"userName": "u", "policyArns": [ARN]}, {}),
    "Secret": (
        {"name": "s", **REGION},
        {
            "recoveryWindowInDays": 30,
            "forceOverwriteReplicaSecret": False,
            "kmsKeyId": "",
            "description": "",
            "tagsAll": {},
            "policy": "",
        },
    ),
    "SecretVersion": (
        {"secretId": "x", "secretString": "a", **REGION},
        {"secretBinary": "", "versionStages": ["AWSCURRENT"]},
    ),
    "Parameter": (
        {"name": "/p", "type": "SecureString", "value": "v", **REGION},
        {"keyId": "alias/aws/ssm", "tier": "Standard", "dataType": "text", "description": "", "tagsAll": {}},
    ),
    "Bucket": ({"bucket": "b", **REGION}, {"forceDestroy": False, "objectLockEnabled": False, "tagsAll": {}}),
}
OTHER = TEXT.replace("ListBucket", "GetObject")


def _with_sid(sid: str) -> str:
    return json.dumps({**LIST_BUCKET, "Statement": [{**STATEMENT, "Sid": sid}]})


REORDERED = (
    '{ "Statement": [{"Resource": ["*"], "Action": ["s3:ListBucket"], "Effect": "Allow"}],\n"Version": "2012-10-17"}'
)
IN_PLACE, REPLACE, NOTHING = "in place", "replace", "nothing"


@pytest.mark.parametrize(
    ("kind", "change", "outcome"),
    [
        *[(kind, {}, NOTHING) for kind in HELD],
        ("User", {"name": "v"}, IN_PLACE),
        ("User", {"name": None}, NOTHING),
        ("User", {"path": "/x/"}, IN_PLACE),
        ("User", {"forceDestroy": True}, IN_PLACE),
        ("User", {"permissionsBoundary": ARN}, IN_PLACE),
        ("User", {"permissionsBoundary": ""}, NOTHING),
        ("User", {"tags": {"a": "c"}}, IN_PLACE),
        ("User", {"tags": None}, IN_PLACE),
        ("AccessKey", {"user": "v"}, REPLACE),
        ("AccessKey", {"user": UNKNOWN}, REPLACE),
        ("AccessKey", {"pgpKey": "x"}, REPLACE),
        ("AccessKey", {"status": "Inactive"}, IN_PLACE),
        ("AccessKey", {"status": "Active"}, NOTHING),
        ("UserPolicy", {"name": "m"}, REPLACE),
        ("UserPolicy", {"name": None}, NOTHING),
        ("UserPolicy", {"user": "v"}, REPLACE),
        ("UserPolicy", {"policy": OTHER}, IN_PLACE),
        ("UserPolicy", {"policy": REORDERED}, NOTHING),
        ("UserPolicy", {"policy": LIST_BUCKET}, NOTHING),
        ("UserPolicy", {"policy": TEXT.replace("s3:L", "S3:l")}, IN_PLACE),
        ("UserPolicy", {"policy": _with_sid("x")}, IN_PLACE),
        ("UserPolicy", {"policy": _with_sid("")}, NOTHING),
        ("UserPolicy", {"policy": UNKNOWN}, IN_PLACE),
        ("Policy", {"policy": REORDERED}, NOTHING),
        ("Policy", {"policy": OTHER}, IN_PLACE),
        ("Policy", {"name": "m"}, REPLACE),
        ("Policy", {"path": "/x/"}, REPLACE),
        ("Policy", {"description": "e"}, REPLACE),
        ("Policy", {"description": None}, REPLACE),
        ("Policy", {"tags": {"a": "b"}}, IN_PLACE),
        ("UserPolicyAttachment", {"policyArn": f"{ARN}2"}, REPLACE),
        ("UserPolicyAttachment", {"user": "v"}, REPLACE),
        ("Group", {"name": "h"}, IN_PLACE),
        ("Group", {"path": "/x/"}, IN_PLACE),
        ("UserGroupMembership", {"groups": ["a", "b", "c"]}, IN_PLACE),
        ("UserGroupMembership", {"groups": []}, IN_PLACE),
        ("UserGroupMembership", {"groups": ["b", "a"]}, NOTHING),
        ("UserGroupMembership", {"user": "v"}, REPLACE),
        ("Secret", {"name": "t"}, REPLACE),
        ("Secret", {"description": "d"}, IN_PLACE),
        ("Secret", {"kmsKeyId": "k"}, IN_PLACE),
        ("Secret", {"recoveryWindowInDays": 7}, IN_PLACE),
        ("Secret", {"tags": {"a": "b"}}, IN_PLACE),
        ("Secret", {"region": "eu-west-1"}, REPLACE),
        ("SecretVersion", {"secretString": "b"}, REPLACE),
        ("SecretVersion", {"secretId": "y"}, REPLACE),
        ("Parameter", {"value": "w"}, IN_PLACE),
        ("Parameter", {"name": "/q"}, REPLACE),
        ("Parameter", {"type": "String"}, IN_PLACE),
        ("Parameter", {"tier": "Advanced"}, IN_PLACE),
        ("Parameter", {"keyId": "k"}, IN_PLACE),
        ("Parameter", {"description": "d"}, IN_PLACE),
        ("Bucket", {"bucket": "c"}, REPLACE),
        ("Bucket", {"forceDestroy": True}, IN_PLACE),
        ("Bucket", {"tags": {"a": "b"}}, IN_PLACE),
    ],
)
def test_diff(ask: Asker, kind: str, change: dict[str, Any], outcome: str) -> None:
    inputs, besides = HELD[kind]
    new = {name: value for name, value in {**inputs, **change}.items() if value is not None}
    difference = ask.diff(Held(kind, "id", {**inputs, **besides}, set(), inputs), new)
    replaces = list(change) if outcome == REPLACE else []
    # What has a name of its own is deleted first, so that the name is free.
    named = kind.endswith("PolicyAttachment") or not {"name", "bucket"}.isdisjoint(inputs)
    deletes_first = outcome == REPLACE and named
    assert difference == (outcome != NOTHING, replaces, deletes_first)


# -- Preview ----------------------------------------------------------------------------------------------

BUCKET_UNKNOWNS = (
    "accelerationStatus acl arn bucketDomainName bucketPrefix bucketRegionalDomainName corsRules grants hostedZoneId"
    " lifecycleRules logging objectLockConfiguration objectLockEnabled policy replicationConfiguration"
    " requestPayer serverSideEncryptionConfiguration tagsAll versioning website websiteDomain websiteEndpoint"
)
KEY_UNKNOWNS = "createDate encryptedSecret encryptedSesSmtpPasswordV4 keyFingerprint secret sesSmtpPasswordV4"
PARAMETER_UNKNOWNS = "arn dataType hasValueWo insecureValue keyId tagsAll tier version"
NOT_IN_5_100 = {"bucketRegion", "secretArn", "region"}  # the SDK's 7.x has these besides; `region` is known there


@pytest.mark.parametrize(
    ("kind", "inputs", "known", "unknown"),
    [
        (
            "User",
            {"name": "u", "tags": {"a": "b"}},
            {"forceDestroy": False, "name": "u", "path": "/", "tagsAll": {"a": "b"}, "tags": {"a": "b"}},
            "arn uniqueId",
        ),
        ("User", {"name": UNKNOWN}, {"forceDestroy": False, "path": "/"}, "arn name tagsAll uniqueId"),
        (
            "User",
            {"name": "u", "tags": {"a": UNKNOWN}},
            {"forceDestroy": False, "name": "u", "path": "/"},
            "arn tags tagsAll uniqueId",
        ),
        (
            "User",
            {"name": "u", "permissionsBoundary": UNKNOWN},
            {"forceDestroy": False, "name": "u", "path": "/"},
            "arn permissionsBoundary tagsAll uniqueId",
        ),
        ("AccessKey", {"user": "u"}, {"user": "u", "status": "Active"}, KEY_UNKNOWNS),
        ("AccessKey", {"user": UNKNOWN}, {"status": "Active"}, f"{KEY_UNKNOWNS} user"),
        (
            "AccessKey",
            {"user": "u", "pgpKey": "keybase:x"},
            {"user": "u", "pgpKey": "keybase:x", "status": "Active"},
            KEY_UNKNOWNS,
        ),
        (
            "UserPolicy",
            {"name": "r", "user": UNKNOWN, "policy": TEXT},
            {"name": "r", "policy": INLINE_TEXT},
            "namePrefix user",
        ),
        (
            "UserPolicy",
            {"name": "r", "user": "u", "policy": UNKNOWN},
            {"name": "r", "user": "u"},
            "namePrefix policy",
        ),
        (
            "UserPolicy",
            {"name": "r", "user": "u", "policy": {"Statement": [{"Resource": UNKNOWN}]}},
            {"name": "r", "user": "u"},
            "namePrefix policy",
        ),
        (
            "Policy",
            {"name": "r", "policy": UNKNOWN},
            {"name": "r", "path": "/"},
            "arn attachmentCount namePrefix policy policyId tagsAll",
        ),
        (
            "Policy",
            {"name": "r", "policy": TEXT, "tags": UNKNOWN},
            {"name": "r", "path": "/", "policy": MANAGED_TEXT},
            "arn attachmentCount namePrefix policyId tags tagsAll",
        ),
        (
            "User",
            {"name": "u", "tags": {"a": ""}},
            {"name": "u", "path": "/", "forceDestroy": False, "tags": {"a": ""}},
            "arn tagsAll uniqueId",
        ),
        ("UserPolicyAttachment", {"user": "u", "policyArn": UNKNOWN}, {"user": "u"}, "policyArn"),
        ("UserGroupMembership", {"user": UNKNOWN, "groups": UNKNOWN}, {}, "groups user"),
        ("UserGroupMembership", {"user": "u", "groups": ["a", UNKNOWN]}, {"user": "u"}, "groups"),
        ("Group", {"name": "g"}, {"path": "/", "name": "g"}, "arn uniqueId"),
        (
            "Secret",
            {"name": "s"},
            {"name": "s", "recoveryWindowInDays": 30, "forceOverwriteReplicaSecret": False},
            "arn namePrefix policy replicas tagsAll",
        ),
        (
            "SecretVersion",
            {"secretId": UNKNOWN, "secretString": UNKNOWN},
            {},
            "arn hasSecretStringWo secretId secretString versionId versionStages",
        ),
        (
            "Parameter",
            {"name": "/p", "type": "SecureString", "value": UNKNOWN},
            {"name": "/p", "type": "SecureString"},
            f"{PARAMETER_UNKNOWNS} value",
        ),
        ("Bucket", {"bucket": "b1"}, {"forceDestroy": False, "bucket": "b1"}, BUCKET_UNKNOWNS),
        ("Bucket", {"bucket": UNKNOWN}, {"forceDestroy": False}, f"{BUCKET_UNKNOWNS} bucket"),
    ],
)
def test_preview(ask: Asker, kind: str, inputs: dict[str, Any], known: dict[str, Any], unknown: str) -> None:
    promised, unpromised = ask.preview(kind, inputs)
    assert {name: promised[name] for name in promised if name not in NOT_IN_5_100} == known
    assert unpromised - NOT_IN_5_100 == set(unknown.split())


def test_preview_of_a_new_path_passes_the_old_arn_on(ask: Asker) -> None:
    held = Held("User", "u", {"name": "u", "path": "/", "arn": "arn:aws:iam::1:user/u", "tagsAll": {}}, set(), {})
    after = ask.update(held, {"name": "u", "path": "/x/"}, preview=True).outputs
    assert (after["path"], after["arn"]) == ("/x/", "arn:aws:iam::1:user/u")


def test_preview_of_a_new_value_does_not_promise_the_version(ask: Asker) -> None:
    outputs = {"name": "/p", "type": "String", "value": "v", "version": 1, "tagsAll": {}}
    held = Held("Parameter", "/p", outputs, set(), {})
    after = ask.update(held, {"name": "/p", "type": "String", "value": "w"}, preview=True).outputs
    assert after["version"] == UNKNOWN


# -- What it does not know --------------------------------------------------------------------------------

WHO = "the stand-in for the aws provider on the embedded AWS does not know the"


def test_an_unknown_resource_is_refused_by_name(ask: Asker) -> None:
    with pytest.raises(AwsError, match=f"^{WHO} resource aws:ec2/vpc:Vpc"):
        ask.check("aws:ec2/vpc:Vpc", {})


def test_an_unknown_function_is_refused_by_name(ask: Asker) -> None:
    with pytest.raises(AwsError, match=f"^{WHO} function aws:ec2/getVpc:getVpc"):
        ask.invoke("aws:ec2/getVpc:getVpc", {})


def test_an_input_that_only_the_real_one_serves_is_refused_by_name(ask: Asker) -> None:
    failures = ask.check("Bucket", {"bucket": "b", "website": {"indexDocument": "x"}}).failures
    assert failures == [f"{WHO} input website of aws:s3/bucket:Bucket. Examine values at 'r.website'."]
