"""The rows of an explanation: which resources they stand for, and what is allowed on them."""

import pytest

from s3io_user.explain import Kind, services
from s3io_user.explain.decide import Verdict
from s3io_user.iam.wildcards import fill
from s3io_user.policy.document import s3_policy_document
from tests.unit.explain.policies import PHOTOS, allow, answer, deny, document, explained, names, row, table


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        pytest.param(PHOTOS, [(Kind.BUCKET, "photos")], id="bucket"),
        pytest.param(f"{PHOTOS}/*", [(Kind.BUCKET, "photos")], id="objects"),
        pytest.param(f"{PHOTOS}/a/b/*", [(Kind.BUCKET, "photos"), (Kind.FOLDER, "photos/a/b")], id="folder"),
        pytest.param(f"{PHOTOS}/a*", [(Kind.BUCKET, "photos"), (Kind.FOLDER, "photos/a*")], id="folder-and-siblings"),
        pytest.param(f"{PHOTOS}*", [(Kind.BUCKET, "photos*")], id="bucket-and-siblings"),
        pytest.param("arn:aws:s3:::*/a/*", [(Kind.FOLDER, "*/a")], id="folder-of-every-bucket"),
        pytest.param("arn:aws:s3:*:*:photos", [(Kind.BUCKET, "photos")], id="any-region"),
        pytest.param("arn:aws:s3:*photos/a/*", [(Kind.BUCKET, "*photos"), (Kind.FOLDER, "*photos/a")], id="few-colons"),
        pytest.param("arn:aws:s3:*", [], id="few-colons-every-bucket"),
        pytest.param("arn:aws:s3:::*", [], id="every-bucket"),
        pytest.param("*", [], id="everything"),
        pytest.param(
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/site",
            [(Kind.OTHER, "arn:aws:s3:eu-west-1:123456789012:accesspoint/site")],
            id="access-point",
        ),
    ],
)
def test_what_a_resource_is_called(resource: str, expected: list[tuple[Kind, str]]) -> None:
    rows = explained(document(allow("s3:*", resource))).rows
    shown = [(r.kind, r.name) for r in rows if r.kind not in (Kind.EVERY_BUCKET, Kind.SERVICE)]
    assert shown == expected


def test_an_access_point_takes_no_action_that_is_about_a_bucket_alone() -> None:
    arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/site"
    found = names(row(explained(document(allow("s3:*", arn))), arn))
    assert {"s3:PutAccessPointPolicy", "s3:ListBucket"} <= found
    assert "s3:PutBucketPolicy" not in found


def test_a_folder_opens_nothing_on_its_bucket_and_no_sibling() -> None:
    explanation = explained(document(allow("s3:*", f"{PHOTOS}/a/*")))
    assert names(row(explanation, "photos")) == set()
    assert "s3:GetObject" in names(row(explanation, "photos/a"))
    assert names(row(explanation, "every other bucket")) == set()


def test_what_is_denied_has_its_own_row_and_is_counted() -> None:
    explanation = explained(document(allow("s3:*", "arn:aws:s3:::*"), deny("s3:*", f"{PHOTOS}/secret/*")))
    assert names(row(explanation, "photos/secret")) == set()
    assert "s3:GetObject" in names(row(explanation, "photos"))
    assert explanation.deny_statements == 1


def test_documents_count_together() -> None:
    explanation = explained(document(allow("s3:*", "arn:aws:s3:::*")), document(deny("s3:Put*")))
    assert "s3:GetObject" in names(row(explanation, "every bucket"))
    assert "s3:PutObject" not in names(row(explanation, "every bucket"))


def test_not_action_allows_the_rest() -> None:
    policy = document({"Effect": "Allow", "NotAction": "s3:Delete*", "Resource": "arn:aws:s3:::*"})
    assert services([policy]) == ("*", "s3")
    every = names(row(explained(policy), "every bucket"))
    assert "s3:PutBucketPolicy" in every
    assert "s3:DeleteObject" not in every


def test_not_resource_opens_every_other_bucket() -> None:
    policy = document({"Effect": "Allow", "Action": "s3:*", "NotResource": [PHOTOS, f"{PHOTOS}/*"]})
    explanation = explained(policy)
    assert names(row(explanation, "photos")) == set()
    assert "s3:GetObject" in names(row(explanation, "every other bucket"))


def test_a_star_that_reaches_over_colons_hides_nothing() -> None:
    for resource in ("arn:aws:s3:*", "arn:aws:s3:*:*:*", "arn:*:s3:::*"):
        assert "s3:PutBucketPolicy" in names(row(explained(document(allow("s3:*", resource))), "every bucket"))
    own = explained(document(allow("s3:*", "arn:aws:s3:*photos")))
    assert "s3:PutBucketPolicy" in names(row(own, "*photos"))
    assert answer(own, "other-buckets").verdict is Verdict.YES


def test_an_object_and_the_folder_of_its_name_are_one_row() -> None:
    policy = document(allow("s3:GetObject", f"{PHOTOS}/a"), allow("s3:PutObject", f"{PHOTOS}/a/*"))
    assert names(row(explained(policy), "photos/a")) == {"s3:GetObject", "s3:PutObject"}


def test_a_resource_that_no_row_shows_is_named() -> None:
    explanation = explained(document(allow("s3:*", [PHOTOS, "arn:aws:sqs:eu-west-1:123456789012:q"])))
    assert explanation.unshown == ("arn:aws:sqs:eu-west-1:123456789012:q",)
    spared = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:sqs:eu-west-1:123456789012:q"}
    assert explained(document(spared)).unshown == ()
    assert "arn:aws:sqs:eu-west-1:123456789012:q" in table(explanation)


def test_a_variable_is_a_condition() -> None:
    explanation = explained(document(allow("s3:GetObject", f"{PHOTOS}/${{aws:username}}/*")))
    (grant,) = row(explanation, "photos/${aws:username}").grants
    assert (grant.verdict, grant.conditions) == (Verdict.CONDITIONAL, ("only where ${aws:username} fits",))


def test_many_other_services_are_one_row() -> None:
    explanation = explained(document(allow("*")))
    other = next(r for r in explanation.rows if r.name.endswith("other services"))
    assert {"iam:CreateUser", "ec2:RunInstances"} <= names(other)
    assert answer(explanation, "other-services").verdict is Verdict.YES
    assert explanation.dangers[0].action.startswith("iam:")


def test_the_partition_is_the_documents_own() -> None:
    explanation = explained(s3_policy_document(["photos"], access="optimizer", partition="aws-cn"))
    assert "s3:GetObject" in names(row(explanation, "photos"))
    assert explanation.tighter[0].removes == ("s3:PutObject",)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("arn:aws:s3:::b/a?c", "arn:aws:s3:::b/a\0c", id="question-mark"),
        pytest.param("a${*}b${?}c${$}", "a*b?c$", id="specials"),
        pytest.param("a/*/b", "a/any-other-name/b", id="star"),
    ],
)
def test_a_sample_fits_its_pattern(pattern: str, expected: str) -> None:
    assert fill(pattern, "any-other-name") == expected
