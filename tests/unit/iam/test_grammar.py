"""IAM's grammar: what passes and what does not, held against IAM's answers as moto's validator gives them."""

import json
from typing import Any

import pytest
from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from s3io_user.iam import grammar
from s3io_user.iam.documents import DocumentError, read_document

BUCKET = "arn:aws:s3:::photos"


def document(**statement: Any) -> str:
    given = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [{k: v for k, v in given.items() if v is not None}]})


def where(operator: str, value: Any, key: str = "aws:CurrentTime") -> str:
    return document(Condition={operator: {key: value}})


def moto_takes(text: str) -> bool:
    try:
        IAMPolicyDocumentValidator(text).validate()
    except MalformedPolicyDocument:
        return False
    return True


TAKEN = {
    # Actions and resources
    "everything": document(Action="*", Resource="*"),
    "everything-of-every-service": document(Action="*:*", Resource="*"),
    "placeholder": document(Action="service-prefix:action-name"),
    "hyphen-in-the-service": document(Action="execute-api:Invoke"),
    "wildcards": document(Action=["s3:*Object", "s3:Get?bject", "kms:?ecrypt"]),
    "variable": document(Resource="arn:aws:s3:::photos/${aws:username}/*"),
    "variable-with-colons": document(Resource="arn:aws:s3:::photos/${cognito-identity.amazonaws.com:sub}/*"),
    "any-partition": document(Resource="arn:*:s3:::photos/*"),
    "china": document(Resource="arn:aws-cn:s3:::photos/*"),
    "access-point": document(Resource="arn:aws:s3:eu-west-1:123456789012:accesspoint/site/object/*"),
    "multi-region-access-point": document(Resource="arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"),
    "short-arn": document(Action="kms:Decrypt", Resource="arn:aws:kms:*"),
    "unknown-service": document(Resource="arn:aws:s33:::photos"),
    "iam-user": document(Action="iam:GetUser", Resource="arn:aws:iam::*:user/${aws:username}"),
    "region-where-there-are-some": document(Action="sqs:*", Resource="arn:aws:sqs:eu-west-1:123456789012:photos"),
    "not-action-not-resource": document(Action=None, Resource=None, NotAction="iam:*", NotResource="*"),
    # Conditions
    "no-operator": document(Condition={}),
    "operator-without-keys": document(Condition={"Anything": {}, "DateEquals": {"aws:CurrentTime": []}}),
    "if-exists": where("StringNotLikeIfExists", "a*"),
    "of-a-set": where("ForAnyValue:StringEqualsIfExists", ["a"]),
    "booleans": where("ForAllValues:Bool", [True, "False"]),
    "null": where("Null", "true"),
    **{f"date-{date}": where("DateLessThan", date) for date in ("2026-12-31", "2026", "2026-01-31T23:59:59Z", "01T")},
    **{
        f"date-{date}": where("DateGreaterThanEquals", date)
        for date in ("2026-01-31T23:59:59.123456+01:00", "2026-01-31t2:00:00.5+23", "1767225600", "-292275054")
    },
    "address": where("NotIpAddress", ["198.51.100.7", "198.51.100.9/24", "2001:db8::/32"], "aws:SourceIp"),
    "number": where("NumericLessThanEquals", ["10", "-1.5"], "s3:max-keys"),
}
REFUSED = {
    # Documents
    "nothing": ("{}", "Version must be '2012-10-17' (got None)"),
    "old": (document().replace("2012", "2008"), "Version must be '2012-10-17' (got '2008-10-17')"),
    "principal": (document(Principal="*"), "must not have 'Principal'"),
    "effect": (document(Effect="allow"), "must have Effect 'Allow' or 'Deny' (got 'allow')"),
    "both-actions": (document(NotAction="s3:*"), "must have either Action or NotAction (has Action and NotAction)"),
    "no-resource": (document(Resource=None), "must have either Resource or NotResource"),
    # Actions
    "no-service": (document(Action="GetObject"), "an action like s3:GetObject in its Action (got 'GetObject')"),
    "two-colons": (document(Action="s3:Get:Object"), "an action like s3:GetObject"),
    "space-in-the-service": (document(Action="s 3:GetObject"), "an action like s3:GetObject"),
    "wildcard-in-the-service": (document(Action="s*:GetObject"), "must name its service in full"),
    "every-service": (document(Action="*s3:*"), "must name its service in full, as in s3:Get* (got '*s3:*')"),
    # Resources
    "no-arn": (document(Resource="photos/*"), "an ARN or '*' in its Resource (got 'photos/*')"),
    "not-resource": (document(Resource=None, NotResource="photos"), "an ARN or '*' in its NotResource"),
    "no-partition": (document(Resource="aws:s3:::photos"), "an ARN or '*' in its Resource"),
    "partition": (document(Resource="arn:error:s3:::photos"), "an ARN of one of the partitions aws, aws-cn"),
    "wildcard-in-the-partition": (document(Resource="arn:aws*:s3:::photos"), "an ARN of one of the partitions"),
    "variable-in-the-partition": (document(Resource="arn:${aws:x}:s3:::photos"), "an ARN of one of the partitions"),
    "service": (document(Resource="arn:aws::::photos"), "must name the service in its ARN"),
    "nothing-after-the-partition": (document(Resource="arn:aws"), "an ARN or '*' in its Resource"),
    "missing-colon": (document(Resource="arn:aws:s3::photos/*"), "a colon is missing (got 'arn:aws:s3::photos/*')"),
    "two-missing-colons": (document(Resource="arn:aws:s3:photos/*"), "a colon is missing"),
    "missing-colon-elsewhere": (document(Resource="arn:aws:sqs::photos"), "a colon is missing"),
    "region-in-s3": (document(Resource="arn:aws:s3:eu-west-1::photos"), "must have no region in a bucket's ARN"),
    "any-region-in-s3": (document(Resource="arn:aws:s3:*:*:photos"), "must have no region in a bucket's ARN"),
    "region-in-iam": (document(Resource="arn:aws:iam:us-east-1::user/x"), "must have no region in an ARN of IAM"),
    "kind-in-iam": (document(Resource="arn:aws:iam::123456789012:photos"), "an ARN of IAM that ends in '*' or in one"),
    # Conditions
    **{
        f"operator-{operator}": (where(operator, "x"), f"(got '{operator}'; did you mean '{meant}'?)")
        for operator, meant in {
            "stringEquals": "StringEquals",
            "IPAddress": "IpAddress",
            "StringEqual": "StringEquals",
            "stringLikeIfexists": "StringLikeIfExists",
            "ForAnyValues:StringLike": "ForAnyValue:StringLike",
            "ForAllValue:StringEqualsIfExist": "ForAllValues:StringEqualsIfExists",
            "foranyvalue:StringLike": "ForAnyValue:StringLike",
            "DateLessThen": "DateLessThan",
            "ArnNotLikes": "ArnNotLike",
        }.items()
    },
    "operator-unknown": (where("x", "1"), "have one of IAM's condition operators (got 'x')"),
    "operator-twice-a-set": (where("ForAnyValue::StringEquals", "1"), "have one of IAM's condition operators"),
    **{
        f"date-{date}": (where("DateEquals", date), f"must have a date like 2026-01-31T00:00:00Z, or seconds {rest}")
        for date in ("tomorrow", "234-13", "31.12.2026", "2026-12-31T24:00:00Z", "2026-1-1T1:1:1+1", "9" * 19)
        for rest in ("since 1970 as the value of 'aws:CurrentTime'",)
    },
}
# What moto takes and AWS's documentation does not: the page of the IAM user guide, and what it says.
DOCUMENTED = {
    "sid": (
        document(Sid="Read_only"),
        "a Sid of letters and digits alone",
        "Sid: 'The Sid element supports ASCII uppercase letters (A-Z), lowercase letters (a-z), and numbers (0-9)'",
    ),
    "null-resource": (
        document(Resource=["*", None]),
        "a string or a list of strings as its Resource",
        "Grammar: a resource_list holds resource_strings",
    ),
    "action-with-a-space": (
        document(Action="s3: GetObject"),
        "an action like s3:GetObject in its Action",
        "Action: a service's namespace, a colon and the name of an action; no action's name has a space",
    ),
    "service-with-a-wildcard": (
        document(Resource="arn:aws:s*:::photos"),
        "must name the service in its ARN, without a wildcard",
        "Resource: 'You can't use a wildcard in the service segment that identifies the AWS product'",
    ),
    "null-if-exists": (
        where("NullIfExists", "true"),
        "(got 'NullIfExists'; did you mean 'Null'?)",
        "Condition operators: 'any condition operator name except the Null condition'",
    ),
    "address": (
        where("IpAddress", "198.51.100.300", "aws:SourceIp"),
        "must have an IP address or a block like 198.51.100.0/24 as the value of 'aws:SourceIp'",
        "Condition operators: 'the value must be in the standard CIDR format'",
    ),
    "address-with-a-wildcard": (where("NotIpAddress", "198.51.100.*", "aws:SourceIp"), "an IP address", "the same"),
    "number": (
        where("NumericLessThan", "ten", "s3:max-keys"),
        "must have a number as the value of 's3:max-keys' (got 'ten')",
        "Condition operators: 'comparing a key to an integer or decimal value'",
    ),
    "boolean": (
        where("Bool", "yes", "aws:SecureTransport"),
        "must have true or false",
        "'comparing a key to true or false'",
    ),
    "null": (where("Null", "no", "aws:TokenIssueTime"), "must have true or false", "Null: 'true … or false'"),
    "binary": (
        where("BinaryEquals", "%", "a:b"),
        "must have base64",
        "BinaryEquals: 'a base-64 encoded representation'",
    ),
    "no-such-day": (
        where("DateEquals", "2026-02-30"),
        "must have a date",
        "Date: one of the W3C implementations of ISO 8601",
    ),
}
# What moto refuses and AWS's documentation has.
ALLOWED_BY_THE_DOCUMENTATION = {
    "batch-job": document(Resource="arn:aws:s3:us-east-1:123456789012:job/*"),
    "access-grants": document(Resource="arn:aws:s3:us-east-1:123456789012:access-grants/default"),
    "all-of-iam": document(Resource="arn:aws:iam::123456789012:*"),
    "zone-to-the-west": where("DateLessThan", "2026-01-31T23:59:59-05:00"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_iam_takes_passes(name: str) -> None:
    assert read_document(TAKEN[name])["Statement"]
    assert moto_takes(TAKEN[name])


@pytest.mark.parametrize("name", REFUSED)
def test_what_iam_refuses_is_refused_before(name: str) -> None:
    text, sentence = REFUSED[name]
    with pytest.raises(DocumentError) as raised:
        read_document(text)

    assert sentence in str(raised.value)
    # moto has one check for all kinds of policies, so a Principal passes there.
    assert moto_takes(text) is (name == "principal")


@pytest.mark.parametrize("name", DOCUMENTED)
def test_where_the_documentation_is_stricter_than_the_answers_it_is_followed(name: str) -> None:
    text, sentence, _ = DOCUMENTED[name]
    with pytest.raises(DocumentError) as raised:
        read_document(text)

    assert sentence in str(raised.value)
    assert moto_takes(text)


@pytest.mark.parametrize("name", ALLOWED_BY_THE_DOCUMENTATION)
def test_what_the_documentation_has_passes(name: str) -> None:
    assert read_document(ALLOWED_BY_THE_DOCUMENTATION[name])["Statement"]


def test_every_policy_of_aws_s_own_passes() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies = json.loads(aws_managed_policies_data)
    short = {name: made["Document"] for name, made in policies.items() if len(json.dumps(made["Document"])) < 100_000}

    assert len(short) > 1000
    for name, made in short.items():
        assert read_document(made), name


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}, {"Version": "2012-10-17"}])
def test_of_what_aws_holds_already_an_older_version_is_no_fault(version: dict[str, str]) -> None:
    held = {**version, "Statement": json.loads(document())["Statement"]}

    assert read_document(held, existing=True) == held
    with pytest.raises(DocumentError, match="Version must be '2012-10-17'"):
        read_document({**held, "Version": "2012-10-18"}, existing=True)


@pytest.mark.parametrize(
    ("arn", "fault"),
    [
        ("arn:aws:kms", None),
        ("arn:aws:iam::123456789012:root", None),
        ("arn:aws:iam::123456789012:root:x", "ends in '*' or in one of user/, federated-user/, role/, "),
        ("arn:aws:iam::123456789012:x", "delegation-request/, role-template/ (got 'arn:aws:iam::123456789012:x')"),
        ("arn:aws:iam:eu:1:user/x", "have no region in an ARN of IAM (got 'arn:aws:iam:eu:1:user/x')"),
        ("arn:x:s3:::photos", "one of the partitions aws, aws-cn, "),
        ("arn:x:s3:::photos", "(got 'arn:x:s3:::photos')"),
    ],
)
def test_a_resource_is_quoted_with_what_it_must_be(arn: str, fault: str | None) -> None:
    found = grammar.resource_fault(arn)
    assert found is None if fault is None else fault in str(found)


def test_each_fault_of_a_condition_is_named() -> None:
    condition = {
        "forallvalues:StringLike": {"a": "x"},
        "ForAnyValue::StringEquals": {"a": "x"},
        "NumericEquals": {"b": [{}], "c": "x"},
        "Bool": {"d": "x"},
    }
    assert list(grammar.condition_faults(condition)) == [
        (
            '"forallvalues:StringLike"',
            "have one of IAM's condition operators (got 'forallvalues:StringLike'; did you mean "
            "'ForAllValues:StringLike'?)",
        ),
        (
            '"ForAnyValue::StringEquals"',
            "have one of IAM's condition operators (got 'ForAnyValue::StringEquals'; did you mean "
            "'ForAnyValue:StringEquals'?)",
        ),
        ('"Condition"', "have a Condition of operators, each with keys and their values"),
        ('"c"', "have a number as the value of 'c' (got 'x')"),
        ('"d"', "have true or false as the value of 'd' (got 'x')"),
    ]


@pytest.mark.parametrize(
    ("operator", "value", "good"),
    [
        ("Bool", "${aws:PrincipalTag/tls}", True),
        ("BinaryEquals", "aGk=", True),
        ("DateEquals", True, False),
        ("DateEquals", "\u0661" * 10, False),
        ("DateEquals", str(2**63 - 1), True),
        ("DateEquals", str(2**63), False),
        ("DateEquals", "2026-02-29", False),
        ("DateEquals", "2024-02-29", True),
        ("DateEquals", "0001-02-29", False),
        ("DateEquals", "9999-02-29", False),
        ("DateEquals", "10000-02-29", True),
        ("DateEquals", "12026-02-29", True),
        ("DateEquals", "2026-12", True),
    ],
)
def test_a_condition_s_value_at_the_edge(operator: str, value: object, good: bool) -> None:
    assert grammar.OPERATORS[operator][1](value) is good
