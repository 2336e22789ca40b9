"""Conditions in words."""

from typing import Any

import pytest

from s3io_user.explain.conditions import clauses_of, restrictions
from s3io_user.policy.document import OWN_ACCOUNT, s3_policy_document
from tests.unit.explain.policies import PHOTOS, allow, answer, document, explained, row, table


@pytest.mark.parametrize(
    ("condition", "allowed", "denied"),
    [
        pytest.param(
            {"Bool": {"aws:SecureTransport": "false"}}, ("not over TLS",), ("only over TLS",), id="tls-is-false"
        ),
        pytest.param({"Bool": {"aws:SecureTransport": True}}, ("only over TLS",), ("not over TLS",), id="tls-is-true"),
        pytest.param(
            {"StringLike": {"s3:prefix": ["up", "up/", "up/*"]}}, ("only under up",), ("not under up",), id="folder"
        ),
        pytest.param({"StringLike": {"s3:prefix": "up*"}}, ("only under up*",), ("not under up*",), id="siblings"),
        pytest.param(
            {"StringLike": {"s3:prefix": ["", "a/*"]}},
            ("only under the whole bucket or a",),
            ("not under the whole bucket or a",),
            id="no-prefix",
        ),
        pytest.param(
            {"NotIpAddress": {"aws:SourceIp": ["1.2.3.4", "5.6.7.0/24"]}},
            ("not from 1.2.3.4 or 5.6.7.0/24",),
            ("only from 1.2.3.4 or 5.6.7.0/24",),
            id="ip",
        ),
        pytest.param(
            {"NotIpAddress": {"aws:SourceIp": "1.2.3.4"}, "StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
            ("not from 1.2.3.4", "not through the VPC endpoint vpce-1"),
            ("only from 1.2.3.4 or through the VPC endpoint vpce-1",),
            id="a-deny-needs-all-of-its-keys",
        ),
        pytest.param(
            {"StringEquals": {"aws:ResourceAccount": ["111111111111", OWN_ACCOUNT]}},
            ("only in the account 111111111111 or the key's own account",),
            ("not in the account 111111111111 or the key's own account",),
            id="account",
        ),
        pytest.param(
            {"StringEqualsIfExists": {"aws:ResourceAccount": "111111111111"}},
            ("only in the account 111111111111 (or where aws:ResourceAccount is unknown)",),
            ("not in the account 111111111111",),
            id="if-exists",
        ),
        pytest.param(
            {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
            ("only through s3.eu-west-1.amazonaws.com",),
            ("not through s3.eu-west-1.amazonaws.com",),
            id="via-service",
        ),
        pytest.param(
            {"Null": {"aws:TokenIssueTime": "true"}},
            ("only if aws:TokenIssueTime is absent",),
            ("not if aws:TokenIssueTime is absent",),
            id="null",
        ),
        pytest.param(
            {"NumericLessThan": {"s3:TlsVersion": 1.2}},
            ("only if s3:TlsVersion is less than 1.2",),
            ("not if s3:TlsVersion is less than 1.2",),
            id="numeric",
        ),
        pytest.param(
            {"ForAnyValue:StringLike": {"aws:TagKeys": ["a*", ""]}},
            ("only if a value of aws:TagKeys is like a* or (empty)",),
            ("not if a value of aws:TagKeys is like a* or (empty)",),
            id="set-operator",
        ),
        pytest.param({"Odd": {"some:key": "x"}}, ("only if some:key is x",), ("not if some:key is x",), id="unknown"),
        pytest.param({}, (), (), id="none"),
        pytest.param({"StringLike": {}}, (), (), id="no-keys"),
    ],
)
def test_conditions_in_words(condition: dict[str, Any], allowed: tuple[str, ...], denied: tuple[str, ...]) -> None:
    assert restrictions(clauses_of(condition), allow=True) == allowed
    assert restrictions(clauses_of(condition), allow=False) == denied


def test_what_holds_for_everything_is_said_once() -> None:
    policy = s3_policy_document(["photos/up"], access="optimizer", tls_only=True, source_ips=["203.0.113.0/24"])
    explanation = explained(policy)
    by_service = "by an AWS service on the user's behalf"
    assert explanation.always == ("only over TLS", f"only from 203.0.113.0/24 or {by_service}")
    assert explanation.deny_statements == 2
    text = table(explanation)
    assert text.count("over TLS") == 1
    assert "ListBucket only under up" in text


def test_what_does_not_hold_for_everything_is_not_said_of_everything() -> None:
    tls = {"Bool": {"aws:SecureTransport": "true"}}
    policy = document(allow("s3:GetObject", f"{PHOTOS}/*", Condition=tls), allow("s3:ListBucket", PHOTOS))
    assert explained(policy).always == ()


def test_ways_are_alternatives() -> None:
    policy = document(
        allow("s3:ListBucket", PHOTOS, Condition={"StringLike": {"s3:prefix": "a/*"}}),
        allow("s3:ListBucket", PHOTOS, Condition={"StringLike": {"s3:prefix": "b/*"}}),
    )
    (grant,) = row(explained(policy), "photos").grants
    assert grant.conditions == ("only under a or under b",)


def test_an_answer_names_no_condition_that_one_of_its_places_is_free_of() -> None:
    policy = s3_policy_document(["logs", "photos/up"], access="optimizer", tls_only=True)
    assert answer(explained(policy), "list-images").conditions == ("only over TLS",)
    only_folders = s3_policy_document(["logs/a", "photos/up"], access="optimizer", tls_only=True)
    assert answer(explained(only_folders), "list-images").conditions == ("only over TLS", "only under a or under up")
