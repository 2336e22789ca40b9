"""explain's work grows with the document and no faster: calls are counted, no clock is read."""

import json
from collections.abc import Callable
from cProfile import Profile
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from s3io_user.iam.wildcards import common, matches, tokens
from tests.unit.explain.policies import allow, document
from tests.unit.explain.policies import explained_whole as explained

MANAGED = {name: policy["Document"] for name, policy in json.loads(aws_managed_policies_data).items()}


def calls(work: Callable[[], object]) -> int:
    """How many functions of Python's and of C's are called on the way."""
    profile = Profile()
    profile.runcall(work)
    return sum(each.callcount for each in profile.getstats())


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
    sizes = [document(*SHAPES[shape](n)) for n in (20, 40, 80, 160)]
    # The first fills the caches that all share; of each of the others, half is in them.
    _, small, middle, large = (calls(lambda policy=policy: explained(policy)) for policy in sizes)  # type: ignore[misc]
    assert large - middle < 2.6 * (middle - small)
    assert large < 4.5 * small


@pytest.mark.parametrize("name", ["AdministratorAccess", "ReadOnlyAccess", "SecurityAudit", "ViewOnlyAccess"])
def test_aws_largest_policies_are_no_great_work(name: str) -> None:
    explained(document())  # fills the caches that all share
    assert calls(lambda: explained(MANAGED[name])) < 2_500_000


@pytest.mark.long
def test_every_managed_policy_is_explained() -> None:
    by_size = sorted(MANAGED, key=lambda name: len(json.dumps(MANAGED[name])))
    for name in by_size[:-50]:
        explained(MANAGED[name])
    for name in by_size[-50:]:
        assert calls(lambda policy=MANAGED[name]: explained(policy)) < 4_000_000, name  # type: ignore[misc]


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
