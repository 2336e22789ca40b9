"""Documents that mean the same are alike, however AWS or a person writes them, and others are not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3io_user import s3_policy_document
from s3io_user.iam.user_policies import alike

DOCUMENTS = [
    s3_policy_document(),
    s3_policy_document(["photos", "other/wp-content"], access="optimizer", allow_delete=True),
    s3_policy_document(["photos/a"], tls_only=True, source_ips=["203.0.113.0/24", "198.51.100.7"]),
]
ACTIONS = ("Action", "NotAction")


def rewritten(value: Any, draw: st.DataObject, key: str = "") -> Any:
    """The value written in another way that IAM takes for the same."""
    if isinstance(value, dict):
        names = draw.draw(st.permutations(sorted(value)))
        again = {name: rewritten(value[name], draw, name) for name in names}
        return {**again, "Sid": draw.draw(st.sampled_from(["", "Other"]))} if "Effect" in value else again
    if isinstance(value, list):
        items = [rewritten(item, draw, key) for item in draw.draw(st.permutations(value))]
        doubled = items + items[: draw.draw(st.integers(0, 1))]
        return items[0] if len(items) == 1 and draw.draw(st.booleans()) else doubled
    if key in ACTIONS:
        value = draw.draw(st.sampled_from([value, value.lower(), value.upper()]))
    if value in ("true", "false"):
        value = draw.draw(st.sampled_from([value, value == "true"]))
    single = isinstance(value, str) and key not in ("Version", "Effect", "Sid")
    return [value] if single and draw.draw(st.booleans()) else value


@pytest.mark.parametrize("document", DOCUMENTS)
@given(draw=st.data())
def test_a_document_is_alike_however_it_is_written(document: dict[str, Any], draw: st.DataObject) -> None:
    again = json.loads(json.dumps(rewritten(document, draw)))
    assert alike(document, again)
    assert alike(again, document)


def first(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], None]:
    return lambda document: (change(document["Statement"][0]), None)[1]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(first(lambda s: s.update(Effect="Deny")), id="effect"),
        pytest.param(first(lambda s: s["Action"].pop()), id="an-action-less"),
        pytest.param(first(lambda s: s["Action"].append("s3:DeleteBucket")), id="an-action-more"),
        pytest.param(first(lambda s: s.update(Resource="arn:aws:s3:::PHOTOS")), id="a-resource-has-case"),
        pytest.param(first(lambda s: s.update(Resource=[s["Resource"], "*"])), id="a-resource-more"),
        pytest.param(first(lambda s: s.update(NotAction=s.pop("Action"))), id="all-but-these"),
        pytest.param(first(lambda s: s.update(Condition={"Bool": {"aws:SecureTransport": True}})), id="a-condition"),
        pytest.param(lambda document: document["Statement"].pop(), id="a-statement-less"),
        pytest.param(lambda document: document.update(Version="2008-10-17"), id="version"),
    ],
)
def test_a_document_that_says_something_else_is_not_alike(change: Callable[[dict[str, Any]], object]) -> None:
    document = s3_policy_document(["photos"], access="optimizer")
    other = json.loads(json.dumps(document))
    change(other)
    assert not alike(document, other)


def test_a_condition_s_values_have_case_and_its_keys_have_none() -> None:
    def when(key: str, value: Any) -> dict[str, Any]:
        return {
            "Statement": {
                "Effect": "Allow",
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"StringLike": {key: value}},
            }
        }

    assert alike(when("s3:prefix", ["a/*"]), when("S3:Prefix", "a/*"))
    assert not alike(when("s3:prefix", "a/*"), when("s3:prefix", "A/*"))
