"""The evaluator against the examples that the IAM User Guide itself works out.

Each id names the guide's section: logic (Policy evaluation logic), action, notaction, resource, notresource,
condition, operators (Condition operators), multi (Creating a condition with multiple keys or values),
variables (IAM policy elements: Variables and tags).
"""

from typing import Any

import pytest

from tests.evaluator import Context, allows

ANY_ARN = "arn:aws:iam::123456789012:user/accounting/bob"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect: str = "Allow", action: Any = "*", resource: Any = "*", **rest: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **rest}


def conditional(condition: dict[str, Any], effect: str = "Allow") -> dict[str, Any]:
    return statement(effect, Condition=condition)


CARLOS = document(
    statement(
        action=["s3:GetBucketLocation", "s3:GetAccountPublicAccessBlock", "s3:ListAllMyBuckets"],
        resource="arn:aws:s3:::*",
    ),
    statement(action="s3:*", resource=["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]),
    statement("Deny", "s3:*", "arn:aws:s3:::*log*"),
)
REPORTS = document(
    statement(action=["iam:Get*", "iam:List*"]),
    statement("Deny", "iam:*Report"),
)


@pytest.mark.parametrize(
    ("policy", "action", "resource", "expected"),
    [
        pytest.param(CARLOS, "s3:PutObject", "arn:aws:s3:::carlossalazar/f", True, id="logic-carlos-own-bucket"),
        pytest.param(CARLOS, "s3:PutObject", "arn:aws:s3:::carlossalazar-logs/f", False, id="logic-carlos-denied-logs"),
        pytest.param(
            CARLOS, "s3:GetBucketLocation", "arn:aws:s3:::carlossalazar-logs", False, id="logic-deny-beats-allow"
        ),
        pytest.param(CARLOS, "s3:ListAllMyBuckets", "arn:aws:s3:::*", True, id="logic-carlos-lists-buckets"),
        pytest.param(CARLOS, "s3:PutObject", "arn:aws:s3:::elsewhere/f", False, id="logic-implicit-deny"),
        pytest.param(REPORTS, "iam:GetUser", ANY_ARN, True, id="logic-reports-allowed"),
        pytest.param(REPORTS, "iam:CreatePolicy", ANY_ARN, False, id="logic-reports-implicit"),
        pytest.param(REPORTS, "iam:GetOrganizationsAccessReport", ANY_ARN, False, id="logic-reports-explicit"),
        pytest.param(document(), "s3:GetObject", "*", False, id="logic-nothing-said"),
    ],
)
def test_evaluation_logic(policy: dict[str, Any], action: str, resource: str, expected: bool) -> None:
    assert allows(policy, action, resource) is expected


def test_an_explicit_deny_in_any_policy_overrides_the_allow_of_another() -> None:
    allow, deny = document(statement()), document(statement("Deny", "iam:*"))
    assert allows([allow, deny], "s3:GetObject", "*")
    assert not allows([allow, deny], "iam:GetUser", "*")
    assert not allows([deny, allow], "iam:GetUser", "*")


@pytest.mark.parametrize(
    ("element", "action", "expected"),
    [
        pytest.param({"Action": "iam:ListAccessKeys"}, "IAM:listaccesskeys", True, id="action-any-case"),
        pytest.param({"Action": "IAM:listaccesskeys"}, "iam:ListAccessKeys", True, id="action-any-case-reversed"),
        pytest.param({"Action": "iam:*AccessKey*"}, "iam:CreateAccessKey", True, id="action-contains"),
        pytest.param({"Action": "iam:*AccessKey*"}, "iam:ListAccessKeys", True, id="action-contains-plural"),
        pytest.param({"Action": "iam:*AccessKey*"}, "iam:CreateUser", False, id="action-contains-not"),
        pytest.param({"Action": "s3:*"}, "s3:GetObject", True, id="action-whole-service"),
        pytest.param({"Action": "s3:*"}, "s3-object-lambda:GetObject", False, id="action-not-a-longer-service"),
        pytest.param({"Action": "s3:Get"}, "s3:GetObject", False, id="action-no-prefix-match"),
        pytest.param({"Action": "s3:?etObject"}, "s3:GetObject", True, id="action-question-mark"),
        pytest.param({"Action": "s3:?etObject"}, "s3:etObject", False, id="action-question-mark-is-one-character"),
        pytest.param({"Action": ["sqs:SendMessage", "s3:GetObject"]}, "s3:GetObject", True, id="action-list"),
        pytest.param({"NotAction": "s3:DeleteBucket"}, "s3:GetObject", True, id="notaction-other"),
        pytest.param({"NotAction": "s3:DeleteBucket"}, "s3:DeleteBucket", False, id="notaction-named"),
        pytest.param({"NotAction": "iam:*"}, "ec2:RunInstances", True, id="notaction-other-service"),
        pytest.param({"NotAction": "iam:*"}, "iam:GetUser", False, id="notaction-service"),
        pytest.param({"NotAction": ["iam:*", "s3:Get*"]}, "s3:GetObject", False, id="notaction-any-of-a-list"),
    ],
)
def test_actions(element: dict[str, Any], action: str, expected: bool) -> None:
    policy = document({"Effect": "Allow", "Resource": "*", **element})
    assert allows(policy, action, "arn:aws:s3:::b/k") is expected


TEST_FOLDERS = {"Resource": "arn:aws:s3:::DOC-EXAMPLE-BUCKET/*/test/*"}
PAYROLL = {"NotResource": ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"]}


@pytest.mark.parametrize(
    ("element", "resource", "expected"),
    [
        *(
            pytest.param(TEST_FOLDERS, f"arn:aws:s3:::DOC-EXAMPLE-BUCKET/{key}", True, id=f"resource-{key}")
            for key in (
                "1/test/object.jpg",
                "1/2/test/object.jpg",
                "1/2/test/3/object.jpg",
                "1/2/3/test/4/object.jpg",
                "1///test///object.jpg",
                "1/test/.jpg",
                "/test/object.jpg",
                "1/test/",
            )
        ),
        *(
            pytest.param(TEST_FOLDERS, f"arn:aws:s3:::DOC-EXAMPLE-BUCKET/{key}", False, id=f"resource-not-{key}")
            for key in ("1-test/object.jpg", "test/object.jpg", "1/2/test.jpg")
        ),
        pytest.param(
            {"Resource": "arn:aws:iam::123456789012:user/accounting/*"}, ANY_ARN, True, id="resource-iam-path"
        ),
        pytest.param({"Resource": "arn:aws:iam::123456789012:user/accounting/Bob"}, ANY_ARN, False, id="resource-case"),
        pytest.param({"Resource": "arn:aws:s3:::b/?"}, "arn:aws:s3:::b/k", True, id="resource-question-mark"),
        pytest.param({"Resource": "arn:aws:s3:::b/?"}, "arn:aws:s3:::b/kk", False, id="resource-one-character"),
        pytest.param({"Resource": "arn:aws:s3:::b/*"}, "arn:aws:s3:::b", False, id="resource-objects-not-bucket"),
        pytest.param({"Resource": "arn:aws:s3:::b"}, "arn:aws:s3:::b/k", False, id="resource-bucket-not-objects"),
        pytest.param({"Resource": "arn:aws:s3:::b/*"}, "arn:aws:s3:::b/k\nk", True, id="resource-newline-in-key"),
        pytest.param({"Resource": "arn:aws:s3:*"}, "arn:aws:s3:::b/k", True, id="resource-last-star-goes-past-colons"),
        pytest.param(PAYROLL, "arn:aws:s3:::HRBucket/Payroll/may", False, id="notresource-named"),
        pytest.param(PAYROLL, "arn:aws:s3:::HRBucket/Payroll", False, id="notresource-named-itself"),
        pytest.param(PAYROLL, "arn:aws:s3:::HRBucket/Payrolls", True, id="notresource-sibling"),
        pytest.param(PAYROLL, "arn:aws:s3:::Other", True, id="notresource-other"),
    ],
)
def test_resources(element: dict[str, Any], resource: str, expected: bool) -> None:
    assert allows(document({"Effect": "Allow", "Action": "s3:*", **element}), "s3:X", resource) is expected


FINANCE = "arn:aws:someservice:*:111122223333:finance/*"
FINANCE_TRAP = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
FINANCE_GOOD = "arn:aws:someservice:us-east-2:111122223333:finance/document.txt"
TOPIC = "arn:aws:sns:us-east-1:123456789012:TOPIC-ID"


def _operators() -> list[Any]:
    rows: list[tuple[str, str, str, Any, str | None, bool]] = [
        # (id, operator, key, the policy's values, the request's value or None, whether it matches)
        ("string-equals", "StringEquals", "aws:PrincipalTag/job", "iamuser-admin", "iamuser-admin", True),
        ("string-equals-case", "StringEquals", "aws:username", "johndoe", "JohnDoe", False),
        ("string-equals-no-wildcard", "StringEquals", "s3:prefix", "home/*", "home/a", False),
        ("string-equals-missing", "StringEquals", "aws:PrincipalTag/job", "iamuser-admin", None, False),
        ("string-equals-ignore-case", "StringEqualsIgnoreCase", "aws:username", "johndoe", "JohnDoe", True),
        ("string-not-equals", "StringNotEquals", "aws:username", "johndoe", "JohnDoe", True),
        ("string-not-equals-same", "StringNotEquals", "aws:username", "johndoe", "johndoe", False),
        ("string-not-equals-missing", "StringNotEquals", "aws:username", "johndoe", None, True),
        ("string-not-equals-ignore-case", "StringNotEqualsIgnoreCase", "aws:username", "johndoe", "JohnDoe", False),
        ("string-like-or", "StringLike", "s3:prefix", ["", "home/", "home/bob/*"], "home/bob/x", True),
        ("string-like-empty-value", "StringLike", "s3:prefix", ["", "home/"], "", True),
        ("string-like-none", "StringLike", "s3:prefix", ["", "home/"], "home/x", False),
        ("string-like-case", "StringLike", "s3:prefix", "home/*", "Home/a", False),
        ("string-like-needs-wildcards", "StringLike", "s3:prefix", "home", "home/a", False),
        ("string-like-missing", "StringLike", "s3:prefix", "*", None, False),
        ("string-not-like", "StringNotLike", "s3:prefix", "home/*", "away/a", True),
        ("string-not-like-match", "StringNotLike", "s3:prefix", "home/*", "home/a", False),
        ("string-not-like-missing", "StringNotLike", "s3:prefix", "home/*", None, True),
        ("bool", "Bool", "aws:SecureTransport", "false", "false", True),
        ("bool-json", "Bool", "aws:SecureTransport", False, "false", True),
        ("bool-other", "Bool", "aws:SecureTransport", "false", "true", False),
        ("bool-missing", "Bool", "aws:MultiFactorAuthPresent", "false", None, False),
        ("bool-if-exists-missing", "BoolIfExists", "aws:MultiFactorAuthPresent", "false", None, True),
        ("bool-if-exists-other", "BoolIfExists", "aws:MultiFactorAuthPresent", "false", "true", False),
        ("ip-first", "IpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.0", True),
        ("ip-last", "IpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.255", True),
        ("ip-outside", "IpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.114.0", False),
        ("ip-no-prefix-is-32", "IpAddress", "aws:SourceIp", "203.0.113.7", "203.0.113.7", True),
        ("ip-no-prefix-is-32-other", "IpAddress", "aws:SourceIp", "203.0.113.7", "203.0.113.8", False),
        (
            "ip-mixed-families",
            "IpAddress",
            "aws:SourceIp",
            ["203.0.113.0/24", "2001:DB8:1234:5678::/64"],
            "2001:db8:1234:5678::1",
            True,
        ),
        ("ip-missing-vpc-endpoint", "IpAddress", "aws:SourceIp", "203.0.113.0/24", None, False),
        ("ip-not", "NotIpAddress", "aws:SourceIp", "203.0.113.0/24", "198.51.100.1", True),
        ("ip-not-inside", "NotIpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.9", False),
        ("ip-not-any-of", "NotIpAddress", "aws:SourceIp", ["1.2.3.4", "203.0.113.0/24"], "203.0.113.9", False),
        ("ip-not-missing", "NotIpAddress", "aws:SourceIp", "203.0.113.0/24", None, True),
        ("ip-not-if-exists-missing", "NotIpAddressIfExists", "aws:SourceIp", "203.0.113.0/24", None, True),
        ("arn-like-not-over-colons", "ArnLike", "aws:SourceArn", FINANCE, FINANCE_TRAP, False),
        ("arn-string-like-over-colons", "StringLike", "aws:SourceArn", FINANCE, FINANCE_TRAP, True),
        ("arn-like", "ArnLike", "aws:SourceArn", FINANCE, FINANCE_GOOD, True),
        ("arn-equals-is-arn-like", "ArnEquals", "aws:SourceArn", FINANCE, FINANCE_GOOD, True),
        ("arn-equals-not-over-colons", "ArnEquals", "aws:SourceArn", FINANCE, FINANCE_TRAP, False),
        ("arn-equals", "ArnEquals", "aws:SourceArn", TOPIC, TOPIC, True),
        ("arn-equals-case", "ArnEquals", "aws:SourceArn", TOPIC, TOPIC.lower(), False),
        ("arn-missing", "ArnEquals", "aws:SourceArn", TOPIC, None, False),
        ("arn-not-like", "ArnNotLike", "aws:SourceArn", FINANCE, FINANCE_TRAP, True),
        ("arn-not-equals-missing", "ArnNotEquals", "aws:SourceArn", FINANCE, None, True),
        ("numeric", "NumericLessThanEquals", "s3:max-keys", "10", "10", True),
        ("numeric-over", "NumericLessThanEquals", "s3:max-keys", "10", "11", False),
        ("numeric-missing", "NumericLessThanEquals", "s3:max-keys", "10", None, False),
        ("if-exists-missing", "StringLikeIfExists", "ec2:InstanceType", ["t1.*", "t2.*"], None, True),
        ("if-exists-match", "StringLikeIfExists", "ec2:InstanceType", ["t1.*", "t2.*"], "t2.small", True),
        ("if-exists-other", "StringLikeIfExists", "ec2:InstanceType", ["t1.*", "t2.*"], "m5.large", False),
        ("if-exists-negated-missing", "StringNotEqualsIfExists", "aws:SourceVpce", "vpce-1", None, True),
        ("null-true-missing", "Null", "aws:TokenIssueTime", "true", None, True),
        ("null-true-present", "Null", "aws:TokenIssueTime", "true", "2020-01-01T00:00:01Z", False),
        ("null-false-missing", "Null", "aws:TokenIssueTime", "false", None, False),
        ("null-false-present", "Null", "aws:TokenIssueTime", "false", "2020-01-01T00:00:01Z", True),
        ("not-equals-many-works-like-and", "StringNotEquals", "aws:PrincipalAccount", ["1", "2"], "2", False),
        ("not-equals-many-none", "StringNotEquals", "aws:PrincipalAccount", ["1", "2"], "3", True),
    ]
    return [pytest.param(*row[1:], id=f"operators-{row[0]}") for row in rows]


@pytest.mark.parametrize(("name", "key", "values", "request_value", "expected"), _operators())
def test_condition_operators(name: str, key: str, values: Any, request_value: str | None, expected: bool) -> None:
    context: Context = {} if request_value is None else {key: request_value}
    assert allows(document(conditional({name: {key: values}})), "s3:X", "*", context) is expected
    denied = document(statement(), conditional({name: {key: values}}, "Deny"))
    assert allows(denied, "s3:X", "*", context) is not expected


THREE_KEYS = {
    "StringEqualsIgnoreCase": {
        "aws:PrincipalTag/department": ["finance", "hr", "legal"],
        "aws:PrincipalTag/role": ["audit", "security"],
    },
    "StringEquals": {"aws:PrincipalAccount": "123456789012"},
}
GOOD_KEYS = {
    "aws:PrincipalTag/department": "HR",
    "aws:PrincipalTag/role": "audit",
    "aws:PrincipalAccount": "123456789012",
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, True, id="multi-all-keys-hold"),
        pytest.param({"aws:PrincipalTag/department": "Legal"}, True, id="multi-any-value-of-a-key"),
        pytest.param({"aws:PrincipalTag/department": "it"}, False, id="multi-first-key-fails"),
        pytest.param({"aws:PrincipalTag/role": "audits"}, False, id="multi-second-key-fails"),
        pytest.param({"aws:PrincipalAccount": "1"}, False, id="multi-second-operator-fails"),
    ],
)
def test_keys_and_operators_are_anded(change: dict[str, str], expected: bool) -> None:
    assert allows(document(conditional(THREE_KEYS)), "s3:X", "*", {**GOOD_KEYS, **change}) is expected


def test_condition_keys_have_no_case() -> None:  # condition: aws:SourceIP is the same as AWS:SourceIp
    policy = document(conditional({"IpAddress": {"aws:SourceIP": "203.0.113.0/24"}}))
    assert allows(policy, "s3:X", "*", {"AWS:SourceIp": "203.0.113.1"})


ATTRIBUTES = "dynamodb:Attributes"


@pytest.mark.parametrize(
    ("name", "values", "request_values", "expected"),
    [
        pytest.param("ForAllValues:StringEquals", ["ID", "Message", "Tags"], ["Message", "Tags"], True, id="all"),
        pytest.param(
            "ForAllValues:StringEquals", ["ID", "Message", "Tags"], ["Message", "UserName"], False, id="all-not"
        ),
        pytest.param("ForAllValues:StringEquals", ["ID"], None, True, id="all-missing"),
        pytest.param("ForAllValues:StringEquals", ["ID"], [""], True, id="all-null-data-set"),
        pytest.param("ForAllValues:StringLike", ["Post*", "Tags"], ["PostDateTime"], True, id="all-like"),
        pytest.param("ForAnyValue:StringEquals", ["ID", "PostDateTime"], ["PostDateTime", "Message"], True, id="any"),
        pytest.param("ForAnyValue:StringEquals", ["ID", "PostDateTime"], ["UserName"], False, id="any-none"),
        pytest.param("ForAnyValue:StringEquals", ["ID"], None, False, id="any-missing"),
        pytest.param("ForAnyValue:StringEquals", ["ID"], [""], False, id="any-null-data-set"),
        pytest.param("ForAnyValue:StringNotEquals", ["ID"], ["ID", "Tags"], True, id="any-negated"),
        pytest.param("ForAnyValue:StringEqualsIfExists", ["ID"], None, True, id="any-if-exists"),
    ],
)
def test_set_operators(name: str, values: list[str], request_values: list[str] | None, expected: bool) -> None:
    context: Context = {} if request_values is None else {ATTRIBUTES: request_values}
    policy = document(conditional({name: {ATTRIBUTES: values}}))
    assert allows(policy, "dynamodb:GetItem", "*", context) is expected


HOME = document(
    statement(
        action="s3:ListBucket",
        resource="arn:aws:s3:::B",
        Condition={"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/*"]}},
    ),
    statement(action="s3:*", resource="arn:aws:s3:::B/home/${aws:username}/*"),
)


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        pytest.param("s3:GetObject", "arn:aws:s3:::B/home/bob/x", {"aws:username": "bob"}, True, id="own"),
        pytest.param("s3:GetObject", "arn:aws:s3:::B/home/eve/x", {"aws:username": "bob"}, False, id="other"),
        pytest.param("s3:GetObject", "arn:aws:s3:::B/home/bob/x", {}, False, id="no-value-matches-nothing"),
        pytest.param("s3:GetObject", "arn:aws:s3:::B/home/bob/x", {"aws:username": "*"}, False, id="literal"),
        pytest.param(
            "s3:ListBucket",
            "arn:aws:s3:::B",
            {"aws:username": "bob", "s3:prefix": "home/bob/a"},
            True,
            id="in-a-condition",
        ),
    ],
)
def test_policy_variables(action: str, resource: str, context: Context, expected: bool) -> None:
    assert allows(HOME, action, resource, context) is expected


def test_special_characters_stand_for_themselves() -> None:  # variables: special characters
    policy = document(statement(action="s3:*", resource="arn:aws:s3:::b/${*}${?}${$}/*"))
    assert allows(policy, "s3:X", "arn:aws:s3:::b/*?$/k")
    assert not allows(policy, "s3:X", "arn:aws:s3:::b/aaa/k")


@pytest.mark.parametrize(
    ("policy", "word"),
    [
        pytest.param(document(conditional({"DateLessThan": {"k": "2020"}})), "DateLessThan", id="operator"),
        pytest.param(document(conditional({"NullIfExists": {"k": "true"}})), "Null", id="null-if-exists"),
        pytest.param(document(conditional({"Stringlike": {"k": "v"}})), "Stringlike", id="operator-case"),
        pytest.param(document(conditional({"ForSome:StringLike": {"k": "v"}})), "ForSome", id="set-operator"),
        pytest.param(document(statement(Principal="*")), "Principal", id="element"),
        pytest.param(document(statement(NotAction="*")), "NotAction", id="action-and-notaction"),
        pytest.param(document({"Effect": "Allow", "Action": "*"}), "Resource", id="no-resource"),
        pytest.param(document(statement("allow")), "allow", id="effect"),
        pytest.param({"Version": "2008-10-17", "Statement": []}, "2008", id="old-version"),
        pytest.param({"Statement": []}, "Version", id="no-version"),
        pytest.param(document(statement(resource="${a:b, 'c'}")), "default", id="default-value"),
    ],
)
def test_what_it_does_not_know_it_refuses(policy: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        allows(policy, "s3:GetObject", "arn:aws:s3:::b/k", {"k": "v"})


def test_a_statement_that_does_not_apply_still_has_to_be_known() -> None:
    policy = document(statement("Deny", "iam:GetUser", Condition={"DateLessThan": {"k": "2020"}}))
    with pytest.raises(ValueError, match="DateLessThan"):
        allows(policy, "s3:GetObject", "*")


def test_a_key_with_several_values_needs_a_set_operator() -> None:  # multi: using multiple keys and values
    policy = document(conditional({"StringEquals": {"aws:TagKeys": "a"}}))
    with pytest.raises(ValueError, match="set operator"):
        allows(policy, "s3:X", "*", {"aws:TagKeys": ["a", "b"]})


def test_a_request_has_one_action() -> None:
    with pytest.raises(ValueError, match="one action"):
        allows(document(statement()), "s3:*", "*")
