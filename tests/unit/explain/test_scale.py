"""explain's work grows with the document and no faster: calls are counted, no clock is read."""

import json
import sys
from collections.abc import Callable
from functools import cache
from types import FrameType
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from s3io_user.explain import Action, explain, services
from s3io_user.explain.actions import catalogue
from s3io_user.iam.wildcards import common, matches, tokens
from tests.unit.explain.policies import allow

MANAGED = {name: policy["Document"] for name, policy in json.loads(aws_managed_policies_data).items()}


@cache
def everything() -> tuple[Action, ...]:
    return tuple(catalogue(["*"]))


def calls(work: Callable[[], object]) -> int:
    """How many functions of Python's and of C's are called on the way."""
    count = 0

    def tally(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tally)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def explained(policy: dict[str, Any]) -> object:
    wanted = services([policy])
    return explain([policy], [each for each in everything() if "*" in wanted or each.service in wanted])


SHAPES: dict[str, Callable[[int], list[dict[str, Any]]]] = {
    "one-statement": lambda n: [
        allow(["s3:Get*", "s3:Put*"], [f"arn:aws:s3:::b-{i}{part}" for i in range(n) for part in ("", "/*")])
    ],
    "a-statement-each": lambda n: [allow("s3:GetObject", f"arn:aws:s3:::b-{i}/up/*") for i in range(n)],
    "a-condition-each": lambda n: [
        allow("s3:ListBucket", f"arn:aws:s3:::b-{i}", Condition={"StringLike": {"s3:prefix": f"f{i}/*"}})
        for i in range(n)
    ],
    "a-deny-each": lambda n: [
        allow("s3:*", "arn:aws:s3:::*"),
        *({**allow("s3:Put*", f"arn:aws:s3:::b-{i}/*"), "Effect": "Deny"} for i in range(n)),
    ],
    "wildcards-in-front": lambda n: [allow("s3:Get*", [f"arn:aws:s3:::*-{i}/*" for i in range(n)])],
    "wildcards-with-an-end-in-common": lambda n: [allow("s3:Get*", [f"arn:aws:s3:::*{i}?-x/*" for i in range(n)])],
    "a-wildcard-each": lambda n: [allow("s3:GetObject", f"arn:aws:s3:::?{i}-*/up/*") for i in range(n)],
    "resources-of-others": lambda n: [allow("sqs:*", [f"arn:aws:sqs:eu-west-1:123456789012:q{i}" for i in range(n)])],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_document_is_twice_the_work(shape: str) -> None:
    documents = [{"Version": "2012-10-17", "Statement": SHAPES[shape](n)} for n in (50, 100, 200)]
    explained(documents[0])  # fills the caches that all share
    small, middle, large = (calls(lambda policy=policy: explained(policy)) for policy in documents)  # type: ignore[misc]
    assert large - middle < 2.6 * (middle - small)
    assert large < 4.5 * small


@pytest.mark.parametrize("name", ["AdministratorAccess", "ReadOnlyAccess", "SecurityAudit", "ViewOnlyAccess"])
def test_aws_largest_policies_are_no_great_work(name: str) -> None:
    everything()
    assert calls(lambda: explained(MANAGED[name])) < 2_500_000


@pytest.mark.long
def test_every_managed_policy_is_explained() -> None:
    for name, policy in MANAGED.items():
        assert calls(lambda policy=policy: explained(policy)) < 4_000_000, name  # type: ignore[misc]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        # With a matcher that tries again what it has tried, each of these outlives the universe.
        pytest.param("s3:" + "*" * 25 + "x", "s3:getobject" * 20, False, id="stars"),
        pytest.param("*a" * 200 + "x", "a" * 4_000, False, id="stars-and-letters"),
        pytest.param("*?" * 200 + "x", "a" * 4_000, False, id="stars-and-question-marks"),
        pytest.param("*a?b" * 100 + "*", "aab" * 2_000, True, id="found"),
        pytest.param("a*b", "ab", True, id="nothing-between"),
        pytest.param("ab*ba", "aba", False, id="no-overlap"),
        pytest.param("a.c", "abc", False, id="a-dot-is-a-dot"),
        pytest.param("a[b]\\*", "a[b]\\z", True, id="brackets-and-backslash"),
        pytest.param("${*}${?}${$}", "*?$", True, id="to-the-letter"),
        pytest.param("x${aws:username}/*", "xjoe/a", True, id="variable"),
    ],
)
def test_a_wildcard_matches_in_time(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param("a*c", "ab*", "abc", id="overlap"),
        pytest.param("a*", "b*", None, id="apart"),
        pytest.param("a?c", "abc", "abc", id="question-mark"),
        pytest.param("*a" * 60, "*b" * 60 + "c", None, id="many-stars"),
    ],
)
def test_what_two_patterns_have_in_common(one: str, other: str, expected: str | None) -> None:
    found = common(tuple(tokens(one)), tuple(tokens(other)))
    assert (found and found.replace("\0", "")) == expected
