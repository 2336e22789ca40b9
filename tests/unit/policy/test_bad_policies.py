"""Generated policies and presets: each is refused by a sentence for each fault, or means exactly what it says."""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from s3io_user.errors import InputError, S3IOError
from s3io_user.iam.documents import read_document
from s3io_user.iam.pasted import cleaned
from s3io_user.policy.document import compact, s3_policy_document
from tests import bad_inputs
from tests.bad_inputs import any_value, complaint, input_complaint, spoilt, text, written
from tests.unit.inputs.test_checks import GOOD

DEEP = bad_inputs.deep(100_000, list)

# ---- policies --------------------------------------------------------------------------------------------------------

STATEMENT = {
    "Sid": "Photos",
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:Put*"],
    "Resource": ["arn:aws:s3:::photos/*"],
    "Condition": {"StringLike": {"s3:prefix": ["wp/*", "wp"]}, "Bool": {"aws:SecureTransport": "true"}},
}
DOCUMENT = {"Version": "2012-10-17", "Id": "x", "Statement": [STATEMENT, {**STATEMENT, "Sid": "More"}]}
# Instead of a piece of a document's text: another one.
SLIPS = [
    *(
        ('"Effect"', '"Effect": "Deny", "Effect"'),
        ('"Version"', '"\\u0056ersion": 1, "Version"'),
        ("[", "[,"),
        ("]", ",]"),
    ),
    *(
        ('"Allow"', '"\\u0041llow"'),
        ('"Allow"', "'Allow'"),
        ('"Allow"', "NaN"),
        ('"wp"', "1e999"),
        ('"wp"', "-Infinity"),
    ),
    *(('"wp"', "9" * 5000), ('"wp"', "0" * 30), ('"wp"', '"\\ud800"'), ('"wp"', '"\\u0000"'), ('"wp"', '"\\u20ac"')),
    *(
        ('"wp"', "[" * 5000),
        ('"wp"', "[" * 400 + "]" * 400),
        ('"wp"', '{"a":' * 300 + "1" + "}" * 300),
        ("{", "\ufeff{"),
    ),
    *(
        ('"wp"', '"' + "\\\\" * 30_000 + '"'),
        ('"wp"', '"' + "é" * 9_000 + '"'),
        ("{", "// x\n{"),
        ("}", "}\n}"),
        (":", "="),
    ),
    *(
        ('"wp"', '"\x9b31m"'),
        ('"wp"', '"\x00"'),
        ("photos", "photos\nx"),
        ("photos", "\u0440hotos"),
        ("photos", "\ud800"),
    ),
]


def some_policy(source: Random) -> Any:
    """A document, or its text, with something wrong in its values or in the text itself."""
    document = DOCUMENT
    for _ in range(source.choice([0, 1, 1, 1, 2])):
        document = spoilt(source, document)
    if source.random() < 0.1:
        return document
    return policy_text(source, document)


def policy_text(source: Random, document: Any) -> str:
    """A document's text, most often with a slip in it."""
    found = written(source, document)
    for _ in range(source.choice([0, 1, 1, 2])):
        old, new = source.choice(SLIPS)
        found = found.replace(old, new, source.choice([1, 2, -1]))
    if source.random() < 0.3:
        found = found.encode().decode("unicode_escape", "replace") if found.isascii() else found
    at = source.randint(0, len(found))
    return source.choice([found, found, found, found[:at], found[:at] + text(source, "") + found[at:]])


def strict(policy: str) -> Any:
    """A document as the strictest reader takes it: no key twice, no NaN, nothing beyond what IAM says it takes."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(found)) == len(found), "a key twice"
        return dict(found)

    def never(constant: str) -> float:
        raise AssertionError(constant)

    assert all(one in "\t\n\r" or " " <= one <= "\xff" for one in policy)
    return json.loads(policy, object_pairs_hook=pairs, parse_constant=never)


def test_policy() -> None:
    def judge(policy: Any) -> str | None:
        try:
            document = read_document(policy)
        except S3IOError as error:
            return complaint(f"policy: {error}")
        read = strict(cleaned(policy)) if isinstance(policy, str) else policy
        given = read["Statement"] if isinstance(read["Statement"], list) else [read["Statement"]]
        sent = strict(compact(document))
        return None if sent == document == {**read, "Statement": given} else f"taken for {document}"

    bad_inputs.run("policy", some_policy, judge)


PRESET: dict[str, Any] = {
    "buckets": ["photos/wp-content/uploads", "media"],
    "access": "optimizer",
    "partition": "aws",
    **{name: GOOD[name] for name in ("kms_key_arns", "source_ips", "source_vpc_endpoints")},
    **dict.fromkeys(("allow_acl", "allow_delete", "allow_bucket_listing", "tls_only"), True),
    "account_id": "123456789012",
}
GRANTABLE = {"s3:Put*", "s3:Get*", "s3:List*", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketOwnershipControls"}
GRANTABLE |= {"s3:GetObject", "s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject", "s3:ListAllMyBuckets"}
GRANTABLE |= {"kms:Decrypt", "kms:GenerateDataKey"}


def some_preset(source: Random) -> dict[str, Any]:
    """Arguments of s3_policy_document, one to three of them bad."""
    bad = source.sample(list(PRESET), source.choice([1, 1, 2, 3]))
    kept = source.sample(list(PRESET), source.choice([0, 1, 3]))
    good = {"access": "optimizer", **{name: PRESET[name] for name in kept}}
    return good | {name: spoilt(source, PRESET[name], any_value) for name in bad}


def opens_more(document: dict[str, Any], given: dict[str, Any]) -> str | None:
    """What a document allows that its arguments do not say."""
    allows = [statement for statement in document["Statement"] if statement["Effect"] == "Allow"]
    actions = {action for statement in allows for action in statement["Action"]}
    widened = {"allow_acl": "s3:PutObjectAcl", "allow_delete": "s3:DeleteObject"}
    widened |= {"allow_bucket_listing": "s3:ListAllMyBuckets"}
    if odd := actions - GRANTABLE:
        return f"allows {odd}"
    if odd := [action for name, action in widened.items() if action in actions and given.get(name) is not True]:
        return f"allows {odd}"
    if given.get("buckets") is None:
        return None
    named = [given["buckets"]] if isinstance(given["buckets"], str) else given["buckets"]
    places = {re.sub(r"^s3://|^arn:[a-z-]+:s3:::|/\*?$", "", name) for name in named}
    places |= {place.partition("/")[0] for place in places if "/" in place}
    resources = {arn for each in allows if each["Action"] != ["s3:ListAllMyBuckets"] for arn in each["Resource"]}
    start = f"arn:{given.get('partition', 'aws')}:s3:::"
    opened = {arn.removeprefix(start).removesuffix("/*") for arn in resources if not arn.startswith("arn:aws:kms:")}
    return f"opens {opened - places}" if opened - places else None


def test_preset() -> None:
    def judge(given: dict[str, Any]) -> str | None:
        try:
            document = s3_policy_document(**given)
        except InputError as error:
            return input_complaint(error, PRESET)
        return opens_more(strict(compact(document)), given)

    bad_inputs.run("preset", some_preset, judge)


# ---- what such runs have found ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        pytest.param(
            lambda: read_document(json.dumps(DOCUMENT).replace('"wp"', "1e999")),
            "holds the number '1e999', which is too large",
            id="infinite",
        ),
        pytest.param(lambda: read_document("x" * 131_073), "has 131,073 characters", id="long-policy"),
        *(
            pytest.param(
                lambda name=name: s3_policy_document(access="optimizer", **{name: "no"}),
                f"{name}: must be true or false (got 'no')",
                id=f"{name}-no",
            )
            for name in ("allow_acl", "allow_delete", "allow_bucket_listing", "tls_only")
        ),
        *(
            pytest.param(
                lambda name=name, value=value: s3_policy_document(**{name: value}),
                f"{name}: must be a list (got {value!r})",
                id=f"{name}-{type(value).__name__}",
            )
            for name, value in (
                ("buckets", 5),
                ("kms_key_arns", None),
                ("source_ips", {"a": 1}),
                ("buckets", b"photos"),
            )
        ),
        pytest.param(lambda: s3_policy_document(access=DEEP), "access: must be one of", id="deep-preset"),
    ],
)
def test_found(refuse: Callable[[], object], said: str) -> None:
    with pytest.raises(S3IOError) as raised:
        refuse()
    assert said in str(raised.value)
    assert complaint(str(raised.value)) is None
