"""Policies that people have published or reported as broken, and what IAM makes of each, judged by hand.

reported.json names the source of each. ``yes``: the questions that are not answered "no"; ``conditional``: those of
them that hang on a condition; ``idle``: the actions that have no effect; ``refused``: why IAM does not take it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from s3io_user.explain.decide import Verdict
from s3io_user.iam.documents import DocumentError, read_document
from tests.unit.explain.policies import document, explained

REPORTED: list[dict[str, Any]] = json.loads(Path(__file__).with_name("reported.json").read_text())
TAKEN = [each for each in REPORTED if "refused" not in each]
REFUSED = [each for each in REPORTED if "refused" in each]


@pytest.mark.parametrize("reported", TAKEN, ids=lambda each: each["source"])
def test_a_reported_policy_is_explained_as_it_works(reported: dict[str, Any]) -> None:
    explanation = explained(read_document(document(*reported["statements"])))
    assert [each.id for each in explanation.answers if each.verdict is not Verdict.NO] == reported["yes"]
    conditional = [each.id for each in explanation.answers if each.verdict is Verdict.CONDITIONAL]
    assert conditional == reported.get("conditional", [])
    assert sorted(each.text for each in explanation.idle) == reported.get("idle", [])


@pytest.mark.parametrize("reported", REFUSED, ids=lambda each: each["source"])
def test_a_policy_that_iam_refused_is_refused_before(reported: dict[str, Any]) -> None:
    with pytest.raises(DocumentError) as raised:
        read_document(document(*reported["statements"]))
    assert reported["refused"] in str(raised.value)
