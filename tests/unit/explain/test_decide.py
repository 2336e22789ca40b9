"""explain never says what was not decided: no wrong no, no wrong yes, held against the evaluator."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3io_user import cli
from s3io_user.explain import Action, Explanation, Kind, explain, services
from s3io_user.explain.actions import catalogue
from s3io_user.explain.decide import Verdict
from s3io_user.explain.hints import S3_PERMISSIONS
from s3io_user.explain.wording import footnotes
from tests.evaluator import Context, allows
from tests.unit.explain.policies import PHOTOS, allow, deny, document

ROLE = "arn:aws:iam::123456789012:role/Admin"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:jobs"
YES, NO, CONDITIONAL, UNDECIDED = Verdict.YES, Verdict.NO, Verdict.CONDITIONAL, Verdict.UNDECIDED


@cache
def known(patterns: tuple[str, ...]) -> tuple[Action, ...]:
    return tuple(catalogue(patterns))


def explained(*statements: dict[str, Any]) -> Explanation:
    policy = document(*statements)
    return explain([policy], known(services([policy])))


def verdict(explanation: Explanation, question: str) -> Verdict:
    return next(answer.verdict for answer in explanation.answers if answer.id == question)


def grants(explanation: Explanation) -> dict[str, Verdict]:
    return {grant.action: grant.verdict for row in explanation.rows for grant in row.grants}


# ---- never no where it was not decided -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(allow("sts:AssumeRole", ROLE), YES, id="a-type-of-another-service"),
        pytest.param(allow("sqs:SendMessage", "arn:aws:sqs"), YES, id="incomplete-arn"),
        pytest.param(allow("sqs:*", "arn:aws:sqs:eu-west-1"), YES, id="incomplete-arn-with-a-region"),
        pytest.param(allow("kms:Decrypt", "arn:aws:kms:*"), NO, id="kms-belongs-to-s3"),
        pytest.param(allow("sqs:SendMessage", "arn:aws:*"), YES, id="star-over-the-service"),
        pytest.param(allow("sqs:SendMessage", "arn:*"), YES, id="star-over-the-partition"),
        pytest.param(allow("ec2:Describe*", QUEUE), UNDECIDED, id="no-such-resource-in-the-reference"),
        pytest.param(allow("sqs:FrobQueue", QUEUE), UNDECIDED, id="unknown-action"),
        pytest.param(allow("frob:Nicate", "*"), UNDECIDED, id="unknown-service"),
        pytest.param(allow("s3:FrobObject", f"{PHOTOS}/*"), NO, id="unknown-action-of-s3"),
        pytest.param({**allow("x"), "NotAction": "s3:*"} | {"Action": None}, YES, id="not-action"),
    ],
)
def test_outside_s3(statement: dict[str, Any], expected: Verdict) -> None:
    statement = {key: value for key, value in statement.items() if value is not None}
    assert verdict(explained(statement), "other-services") is expected


def test_what_is_not_decided_is_named_and_not_green() -> None:
    explanation = explained(allow(["sqs:FrobQueue", "s3:GetObject"], QUEUE))
    assert [each.text for each in explanation.undecided] == ["sqs:FrobQueue"]
    (answer,) = (each for each in explanation.answers if each.id == "other-services")
    assert (answer.good, answer.actions) == (False, ("sqs:FrobQueue",))


def test_an_unknown_action_on_every_bucket_leaves_other_buckets_open() -> None:
    assert verdict(explained(allow("s3:FrobObject", "*")), "other-buckets") is UNDECIDED
    assert verdict(explained(allow("s3:FrobObject", f"{PHOTOS}/*")), "other-buckets") is NO


@pytest.mark.parametrize(
    ("taken_away", "expected"),
    [
        pytest.param("arn:aws:s3:::a*", YES, id="some"),
        pytest.param("arn:aws:s3:::?*", UNDECIDED, id="nearly-all"),
        pytest.param("arn:aws:s3:::*", NO, id="all"),
        pytest.param("*", NO, id="everything"),
    ],
)
def test_a_deny_of_other_buckets_takes_away_what_it_covers(taken_away: str, expected: Verdict) -> None:
    explanation = explained(allow("s3:DeleteBucket", "arn:aws:s3:::*"), deny("s3:*", taken_away))
    assert verdict(explanation, "delete-bucket") is expected


def test_two_patterns_that_overlap_are_not_taken_for_nothing() -> None:
    spare = {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::site-*"}
    explanation = explained(allow("s3:DeleteObject", "arn:aws:s3:::*-prod/*"), spare)
    assert verdict(explanation, "delete-object") is UNDECIDED


# ---- no yes where a condition or an ARN can never hold ---------------------------------------------------------------

PREFIX = {"StringLike": {"s3:prefix": "uploads/*"}}


@pytest.mark.parametrize(
    ("action", "resource", "condition", "expected"),
    [
        pytest.param("s3:ListBucket", PHOTOS, PREFIX, CONDITIONAL, id="prefix-of-a-listing"),
        pytest.param("s3:GetObject", f"{PHOTOS}/*", PREFIX, NO, id="prefix-of-an-object"),
        pytest.param("s3:PutObject", f"{PHOTOS}/*", PREFIX, NO, id="prefix-of-a-write"),
        pytest.param("s3:GetBucketLocation", PHOTOS, PREFIX, NO, id="prefix-of-a-location"),
        pytest.param("s3:GetObject", f"{PHOTOS}/*", {"StringNotLike": {"s3:prefix": "a"}}, YES, id="not"),
        pytest.param("s3:GetObject", f"{PHOTOS}/*", {"StringLikeIfExists": {"s3:prefix": "a"}}, YES, id="if-exists"),
        pytest.param("s3:GetObject", f"{PHOTOS}/*", {"Null": {"s3:prefix": "true"}}, YES, id="null-true"),
        pytest.param("s3:GetObject", f"{PHOTOS}/*", {"Null": {"s3:prefix": "false"}}, NO, id="null-false"),
        pytest.param(
            "s3:GetObject", f"{PHOTOS}/*", {"ForAllValues:StringLike": {"s3:prefix": "a"}}, YES, id="for-all-values"
        ),
        pytest.param(
            "s3:GetObject", f"{PHOTOS}/*", {"ForAnyValue:StringLike": {"s3:prefix": "a"}}, NO, id="for-any-value"
        ),
        pytest.param(
            "s3:GetObject", f"{PHOTOS}/*", {"StringEquals": {"S3:ExistingObjectTag/a": "b"}}, CONDITIONAL, id="tag"
        ),
        pytest.param("s3:ListBucket", PHOTOS, {"StringEquals": {"s3:prefix": "up/*"}}, NO, id="equals-wildcard"),
        pytest.param(
            "s3:ListBucket", PHOTOS, {"StringEquals": {"s3:prefix": ["up/*", ""]}}, CONDITIONAL, id="one-may-equal"
        ),
        pytest.param(
            "s3:GetObject", f"{PHOTOS}/*", {"StringNotEquals": {"aws:SourceVpce": "vpce-*"}}, YES, id="never-equal"
        ),
        pytest.param(
            "s3:GetObject",
            f"{PHOTOS}/*",
            {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-*"}},
            CONDITIONAL,
            id="if-missing",
        ),
        pytest.param("s3:GetObject", f"{PHOTOS}/*", {"Bool": {"some:key": "true"}}, CONDITIONAL, id="unknown-key"),
        pytest.param("s3:ListBucket", f"{PHOTOS}:*", None, NO, id="colon-after-a-bucket"),
        pytest.param("s3:GetObject", "arn:aws:s3:eu-west-1::photos/*", None, NO, id="region"),
        pytest.param("s3:GetObject", "arn:aws:s3::123456789012:photos/*", None, NO, id="account"),
        pytest.param("s3:GetObject", "arn:awz:s3:::photos/*", None, NO, id="partition"),
        pytest.param("s3:GetObject", "arn:aws-cn:s3:::photos/*", None, YES, id="another-partition"),
        pytest.param("s3:GetObject", "arn:aws*:s3:::photos/*", None, YES, id="any-partition"),
        pytest.param("s3:GetObject", PHOTOS, None, NO, id="objects-on-a-bucket"),
        pytest.param("s3:GetObject", f"{PHOTOS}*.jpg", None, YES, id="objects-by-their-ending"),
        *(
            pytest.param("s3:GetObject", f"{PHOTOS}/*", condition, expected, id=name)
            for name, (condition, expected) in {
                "private-address": ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.1.7/24"]}}, NO),
                "one-address-is-public": ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.7"]}}, CONDITIONAL),
                "in-a-vpc": ({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}, CONDITIONAL),
                "not-private": ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, YES),
                "block-as-text": ({"StringEquals": {"aws:SourceIp": "203.0.113.0/24"}}, NO),
                "block-as-pattern": ({"StringLike": {"AWS:SourceIP": "203.0.113.0/2*"}}, NO),
                "address-as-text": ({"StringLike": {"aws:SourceIp": "203.0.113.*"}}, CONDITIONAL),
                "address-in-a-variable": ({"StringEquals": {"aws:SourceIp": "${aws:PrincipalTag/ip}/32"}}, CONDITIONAL),
                "until-2020": ({"DateLessThan": {"aws:CurrentTime": "2020-01-31T00:00:00Z"}}, NO),
                "until-2020-if-exists": ({"DateLessThanIfExists": {"aws:CurrentTime": "2020-01"}}, NO),
                "until-2020-or-2999": (
                    {"DateLessThan": {"aws:CurrentTime": ["2020-01-31", "2999-01-31"]}},
                    CONDITIONAL,
                ),
                "from-2020": ({"DateGreaterThanEquals": {"aws:CurrentTime": ["2999", "2020"]}}, YES),
                "from-2999": ({"DateGreaterThan": {"aws:CurrentTime": "2999-01-31"}}, CONDITIONAL),
                "until-a-second": ({"NumericLessThanEquals": {"aws:EpochTime": 1577836800}}, NO),
                "not-a-second-of-2020": ({"DateNotEquals": {"aws:EpochTime": "1577836800"}}, YES),
                "not-a-second-of-two": ({"DateNotEquals": {"aws:EpochTime": ["1577836800", "2999"]}}, CONDITIONAL),
                "another-date": ({"DateLessThan": {"aws:TokenIssueTime": "2020-01-31"}}, CONDITIONAL),
                "for-a-service": ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, NO),
                "not-for-a-service": ({"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*"}}, YES),
            }.items()
        ),
        *(
            pytest.param("s3:GetObject", f"arn:aws:s3:::{name}/*", None, expected, id=name)
            for name, expected in {
                "photos--use1-az4--x-s3": NO,  # a directory bucket, whose ARN is one of s3express
                "*--x-s3": NO,
                "site-abcdef-s3alias": NO,  # an access point
                "<your-bucket>": NO,
                "{{bucket}}": NO,
                "": NO,
                "ab": NO,
                "photos-*": YES,
                "PHOTOS_1": YES,  # an old bucket
            }.items()
        ),
    ],
)
def test_what_can_hold(action: str, resource: str, condition: Any, expected: Verdict) -> None:
    explanation = explained(allow(action, resource, condition))
    assert grants(explanation).get(action, NO) is expected
    assert explanation.undecided == ()
    assert bool(explanation.idle) is (expected is NO)


def test_a_deny_whose_condition_never_holds_takes_nothing_away() -> None:
    assert grants(explained(allow("s3:GetObject", "*"), deny("s3:*", "*", PREFIX)))["s3:GetObject"] is YES
    always = {"StringNotEquals": {"aws:SourceVpce": "vpce-*"}}
    assert "s3:GetObject" not in grants(explained(allow("s3:GetObject", "*"), deny("s3:*", "*", always)))


def test_a_variable_counts_only_where_no_plain_pattern_matches() -> None:
    mine = f"{PHOTOS}/${{aws:username}}/*"
    assert grants(explained(allow("s3:GetObject", [f"{PHOTOS}/*", mine])))["s3:GetObject"] is YES
    assert grants(explained(allow("s3:GetObject", mine)))["s3:GetObject"] is CONDITIONAL
    spared = {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::${aws:username}/*"}
    assert grants(explained(spared))["s3:GetObject"] is CONDITIONAL


@pytest.mark.parametrize(
    ("action", "resource", "hint"),
    [
        ("s3:PutObject", PHOTOS, "an object's ARN ends in /*"),
        ("s3:ListBucket", f"{PHOTOS}/*", "a bucket's ARN ends after its name"),
        ("s3:*", f"{PHOTOS}/", "a bucket's ARN has no slash at its end"),
        ("s3:ListAllMyBuckets", PHOTOS, 'it works on "Resource": "*"'),
        ("s3:Put*", "arn:aws:s3::123456789012:photos/*", "a bucket's ARN has neither Region nor account"),
        ("s3:GetObject", "arn:aws:s3:::<bucket>/*", "(got '<bucket>')"),
        ("s3:*", "arn:aws:s3:::photos--use1-az4--x-s3/*", "a name that ends in '--x-s3' is of another kind"),
        ("s3:GetObject", "arn:aws:S3:::photos/*", "a service is in small letters in an ARN"),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:alias/aws/s3", "and not an alias's"),
    ],
)
def test_what_does_not_work_on_a_resource_says_why(action: str, resource: str, hint: str) -> None:
    (idle,) = explained(allow(action, resource)).idle
    assert f"it does not work on {resource}: " in idle.reason
    assert hint in idle.reason


@pytest.mark.parametrize("text", ["arn:aws:s3:::${bucket}/*", f"{PHOTOS}/${{var.prefix}}/*"])
def test_a_template_s_placeholder_matches_nothing(text: str) -> None:
    (idle,) = explained(allow("s3:GetObject", text)).idle
    assert idle.reason.endswith("it has a placeholder of a template that was not filled in")
    assert grants(explained(allow("s3:GetObject", "*"), deny("s3:*", text)))["s3:GetObject"] is YES
    default = f"{PHOTOS}/${{aws:PrincipalTag/dir, 'x'}}/*"
    assert grants(explained(allow("s3:GetObject", default)))["s3:GetObject"] is CONDITIONAL


def test_condition_keys_that_aws_does_not_have_are_named() -> None:
    keys = {
        "aws:SourceIpAddress": "203.0.113.7",
        "SourceIp": "203.0.113.7",
        "s3:Prefixes": "a/",
        "AWS:SourceIp": "x",
        "aws:PrincipalTag/site": "x",
        "s3:ExistingObjectTag/a": "b",
        "S3:PREFIX": "",
        "s3:authType": "REST-HEADER",
        "saml:aud": "x",
        "kms:EncryptionContext:aws:s3:arn": "x",
        "s3:RequestObjectTagKeys": "x",
    }
    explanation = explained(allow(["s3:GetObject", "kms:Decrypt"]), deny("s3:*", condition={"StringEquals": keys}))
    assert explanation.unknown_keys == ("SourceIp", "aws:SourceIpAddress", "s3:Prefixes")
    assert any("condition keys, so new or misspelled" in note for note in footnotes(explanation))
    assert explanation.meant == (
        "SourceIp may be meant for aws:SourceIp.",
        "aws:SourceIpAddress may be meant for aws:SourceIp.",
        "s3:Prefixes may be meant for s3:prefix.",
    )


def test_what_is_no_action_is_named_with_the_action_that_is_meant() -> None:
    explanation = explained(allow(["s3:HeadObject", "s3:listobjectsV2", "s3:GetObejct", "s3:Xyz", "s3:Lsit*"]))

    assert explanation.meant == (
        "s3:GetObejct may be meant for s3:GetObject.",
        "s3:HeadObject is an operation of S3 and not an action of IAM: its action is s3:GetObject.",
        "s3:listobjectsV2 is an operation of S3 and not an action of IAM: its action is s3:ListBucket.",
    )
    assert set(explanation.meant) <= set(footnotes(explanation))


def test_the_operations_of_s3_that_are_no_actions_lead_to_actions() -> None:
    actions = {each.name.lower(): each.name for each in catalogue(["s3"])}
    for operation, said in S3_PERMISSIONS.items():
        named = re.findall(r"s3:\w+", said)
        assert f"s3:{operation}" not in actions
        assert [actions[name.lower()] for name in named] == named


@pytest.mark.parametrize("version", [{"Version": "2008-10-17"}, {}], ids=["2008", "none"])
def test_variables_of_an_older_version_are_plain_text(version: dict[str, str]) -> None:
    mine = "arn:aws:s3:::home/${aws:username}/*"
    policy = {**version, "Statement": [allow("s3:GetObject", ["arn:aws:s3:::${aws:username}/*", mine])]}
    rows = {row.name: row.grants for row in explain([policy], known(("s3",))).rows if row.grants}
    assert {verdict.verdict for grants in rows.values() for verdict in grants} == {YES}  # of a folder of that name
    policy["Statement"] = [allow("s3:GetObject", "arn:aws:s3:::${aws:username}/*")]
    (idle,) = explain([policy], known(("s3",))).idle
    assert idle.reason.endswith(
        "on arn:aws:s3:::${aws:username}/*: without Version 2012-10-17, a variable is plain text"
    )


# ---- against the evaluator, over actions, resources and conditions ---------------------------------------------------

ACTIONS = {
    "s3:GetObject": [f"{PHOTOS}/a/x", f"{PHOTOS}/b", "arn:aws:s3:::photos-old/b", "arn:aws:s3:::other/a/x"],
    "s3:PutObjectAcl": [f"{PHOTOS}/a/x", f"{PHOTOS}/b", "arn:aws:s3:::photos-old/b", "arn:aws:s3:::other/a/x"],
    "s3:ListBucket": [PHOTOS, "arn:aws:s3:::photos-old", "arn:aws:s3:::other"],
    "s3:DeleteBucket": [PHOTOS, "arn:aws:s3:::photos-old", "arn:aws:s3:::other"],
    "s3:ListAllMyBuckets": ["*"],
    "sts:AssumeRole": [ROLE, "arn:aws:iam::123456789012:role/x/Reader"],
    "sqs:SendMessage": [QUEUE, "arn:aws:sqs:us-east-1:210987654321:other"],
    "iam:PassRole": [ROLE],
}
TEXTS = ["*", "s3:*", "s3:Get*", "s3:*Bucket", "S3:putobjectacl", "sts:*", "sts:AssumeRole", "sqs:S*", "iam:PassRole"]
PATTERNS = [
    "*",
    "arn:aws:s3:::*",
    PHOTOS,
    f"{PHOTOS}/*",
    f"{PHOTOS}/a/*",
    f"{PHOTOS}*",
    f"{PHOTOS}?*",
    "arn:aws:s3:::*/a/*",
    "arn:aws:s3:::*b",
    "arn:aws:s3:::?????",
    "arn:aws:s3:eu-west-1::photos/*",
    ROLE,
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::123456789012:role/x/*",
    "arn:aws:*:*:123456789012:*",
    QUEUE,
    "arn:aws:sqs:*:*:*",
    "arn:aws:sqs:us-*:*:o*",
]
CONDITIONS = [
    {},
    {},
    {"StringLike": {"s3:prefix": "a/*"}},
    {"StringNotLike": {"s3:prefix": "a/*"}},
    {"Null": {"s3:prefix": "true"}},
    {"Null": {"s3:prefix": "false"}},
    {"StringEqualsIfExists": {"s3:prefix": "a/x"}},
    {"StringEquals": {"s3:prefix": "a/*"}},
    {"ForAllValues:StringLike": {"s3:prefix": "a/*"}},
    {"ForAnyValue:StringLike": {"s3:prefix": "a/*"}},
    {"Bool": {"aws:SecureTransport": "false"}},
    {"StringNotEquals": {"aws:SourceVpce": "vpce-*"}},
    {"StringLike": {"s3:prefix": "*"}, "Bool": {"aws:SecureTransport": "true"}},
]


def contexts(action: str) -> Iterator[Context]:
    """Requests as AWS may get them: with a prefix where the action has one, and only there."""
    for tls in ("true", "false"):
        for vpce in ({}, {"aws:SourceVpce": "vpce-1a2b"}):
            for prefix in (None, "a/x", "b", "") if action == "s3:ListBucket" else (None,):
                yield {"aws:SecureTransport": tls, **vpce, **({} if prefix is None else {"s3:prefix": prefix})}


def _some(values: list[str]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Action", "Action", "Action", "NotAction"])): draw(_some(TEXTS)),
        draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"])): draw(_some(PATTERNS)),
        "Condition": draw(st.sampled_from(CONDITIONS)),
    }


SERVICES = ("s3", "sts", "sqs", "iam")
S3 = ("s3", "s3-object-lambda", "kms")


def let_through(policy: dict[str, Any], action: str) -> set[tuple[str, bool]]:
    """For each resource that any request gets at: whether every request does."""
    found = set()
    for resource in ACTIONS[action]:
        answers = {allows(policy, action, resource, context) for context in contexts(action)}
        if True in answers:
            found.add((resource, answers == {True}))
    return found


@given(st.lists(statements(), min_size=1, max_size=4))
def test_what_is_allowed_is_on_a_row_or_named_as_not_decided(group: list[dict[str, Any]]) -> None:
    policy = document(*group)
    explanation = explain([policy], known(SERVICES))
    shown = grants(explanation)
    undecided = {name for each in explanation.undecided for name in each.actions}
    for action in ACTIONS:
        found = let_through(policy, action)
        if found:
            assert action in shown or action in undecided, (action, found)
        if any(free for _, free in found) and action in shown and action not in undecided:
            assert YES in {g.verdict for row in explanation.rows for g in row.grants if g.action == action} or any(
                g.conditions for row in explanation.rows for g in row.grants if g.action == action
            )
    for question, action in QUESTIONS.items():
        assert verdict(explanation, question) is not NO or not let_through(policy, action), (question, action)
    outside = any(let_through(policy, action) for action in ACTIONS if action.partition(":")[0] not in S3)
    assert verdict(explanation, "other-services") is not NO or not outside


QUESTIONS = {
    "read-images": "s3:GetObject",
    "delete-bucket": "s3:DeleteBucket",
    "list-buckets": "s3:ListAllMyBuckets",
    "make-public": "s3:PutObjectAcl",
}


def _samples(kind: Kind, name: str, action: str) -> list[str]:
    """Real resources of a row, by its name alone."""
    if kind is Kind.EVERY_BUCKET:
        name = "somebody-elses-own"
    elif kind not in (Kind.BUCKET, Kind.FOLDER) or any(one in name for one in "*?"):
        return []
    if kind is Kind.FOLDER:
        return [f"arn:aws:s3:::{name}/q.jpg"] if action.endswith(("Object", "Acl")) else []
    return [f"arn:aws:s3:::{name}/q.jpg" if action.endswith(("Object", "Acl")) else f"arn:aws:s3:::{name}"]


@given(st.lists(statements(), min_size=1, max_size=4))
def test_a_row_says_of_its_own_resources_what_the_evaluator_says(group: list[dict[str, Any]]) -> None:
    policy = document(*group)
    for row in explain([policy], known(SERVICES)).rows:
        verdicts = {grant.action: grant.verdict for grant in row.grants}
        for action in ("s3:GetObject", "s3:PutObjectAcl", "s3:ListBucket", "s3:DeleteBucket"):
            for resource in _samples(row.kind, row.name, action):
                answers = {allows(policy, action, resource, context) for context in contexts(action)}
                if action not in verdicts:
                    assert answers == {False}, (row.name, action)
                elif verdicts[action] is YES and row.kind is not Kind.FOLDER:
                    assert answers == {True}, (row.name, action)


@given(st.lists(statements(), min_size=1, max_size=3), st.lists(statements(), min_size=1, max_size=3))
def test_what_a_boundary_leaves_is_on_a_row_or_named_as_not_decided(
    group: list[dict[str, Any]], limits: list[dict[str, Any]]
) -> None:
    policy, limit = document(*group), document(*limits)
    explanation = explain([policy], known(SERVICES), boundary=limit)
    shown = grants(explanation)
    undecided = {name for each in explanation.undecided for name in each.actions}
    for action in ACTIONS:
        if found := within(policy, limit, action):
            assert action in shown or action in undecided, (action, found)
    for question, action in QUESTIONS.items():
        assert verdict(explanation, question) is not NO or not within(policy, limit, action), (question, action)
    outside = any(within(policy, limit, action) for action in ACTIONS if action.partition(":")[0] not in S3)
    assert verdict(explanation, "other-services") is not NO or not outside
    for row in explanation.rows:
        verdicts = {grant.action: grant.verdict for grant in row.grants}
        for action in ("s3:GetObject", "s3:PutObjectAcl", "s3:ListBucket", "s3:DeleteBucket"):
            for resource in _samples(row.kind, row.name, action):
                both = {
                    allows(policy, action, resource, c) and allows(limit, action, resource, c) for c in contexts(action)
                }
                if action not in verdicts:
                    assert both == {False}, (row.name, action)
                elif verdicts[action] is YES and row.kind is not Kind.FOLDER:
                    assert both == {True}, (row.name, action)


def within(policy: dict[str, Any], limit: dict[str, Any], action: str) -> set[str]:
    """Resources on which both a policy and a boundary let an action through in one and the same context."""
    return {
        resource
        for resource in ACTIONS[action]
        if any(allows(policy, action, resource, c) and allows(limit, action, resource, c) for c in contexts(action))
    }


# ---- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param({"Condition": {"IPAddress": {"aws:SourceIp": "1.2.3.4"}}}, "IPAddress", id="operator"),
        pytest.param({"Condition": {"stringEquals": {"aws:username": "x"}}}, "stringEquals", id="case"),
        pytest.param({"Resource": "photos/*"}, "Resource", id="no-arn"),
        pytest.param({"Sid": "a b"}, "Sid", id="sid"),
        pytest.param({"Efect": "Allow"}, "Efect", id="element"),
        pytest.param({"Action": "GetObject"}, "GetObject", id="action"),
    ],
)
def test_one_grammar_for_what_is_explained_and_what_is_given(
    wrong: dict[str, Any], words: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document({**allow("s3:GetObject", f"{PHOTOS}/*"), **wrong})))
    assert cli.main(["explain", "--document", str(path)]) == 1
    assert words in capsys.readouterr().err


def test_white_space_does_not_count(tmp_path: Any) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document(allow("s3:GetObject", f"{PHOTOS}/*"))).replace(" ", "\n" + " " * 20_000))
    assert path.stat().st_size > 131_072
    assert cli.main(["explain", "--document", str(path)]) == 0


def test_a_danger_outside_s3_fails_where_dangers_do(tmp_path: Any) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document(allow("sts:AssumeRole", ROLE))))
    assert cli.main(["explain", "--document", str(path), "--fail-on-danger"]) == 1


def test_a_danger_that_is_not_decided_counts(tmp_path: Any) -> None:
    path = tmp_path / "policy.json"
    statement = allow(["ecr:GetAuthorizationToken"], "arn:aws:ecr:eu-west-1:123456789012:repository/x")
    path.write_text(json.dumps(document(statement)))
    (danger,) = explained(statement).dangers
    assert "not decided" in danger.conditions[0]
    assert cli.main(["explain", "--document", str(path), "--fail-on-danger"]) == 1
    assert explained(allow("ec2:Describe*", QUEUE)).dangers == ()


# ---- policies as people post them ------------------------------------------------------------------------------------

AP = "arn:aws:s3:eu-west-1:123456789012:accesspoint/site"
MRAP = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"
DIRECTORY = "arn:aws:s3express:eu-west-1:123456789012:bucket/site--euw1-az1--x-s3"
OUTPOST = "arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01ac5d28a6a232904/bucket/site"


@pytest.mark.parametrize(
    ("statements", "question", "expected"),
    [
        pytest.param([allow("s3:GetObject", f"{AP}/object/*")], "read-images", YES, id="access-point"),
        pytest.param([allow("s3:GetObject", f"{AP}/object/*")], "other-buckets", YES, id="the-bucket-behind-it"),
        pytest.param([allow("s3:GetObject", f"{MRAP}/object/*")], "read-images", YES, id="multi-region-access-point"),
        pytest.param([allow("s3:GetObject", f"{MRAP}/object/*")], "other-buckets", YES, id="the-buckets-behind-it"),
        pytest.param(
            [allow("s3:GetObject", "arn:aws:s3:*:*:accesspoint/*")], "read-images", YES, id="any-access-points"
        ),
        pytest.param(
            [allow("s3:GetObject", "arn:aws:s3:*:*:accesspoint/*/object/*")], "other-buckets", YES, id="their-objects"
        ),
        pytest.param([allow("s3:GetObject", f"{PHOTOS}/*")], "other-buckets", NO, id="a-bucket-of-its-own"),
        pytest.param([allow("s3express:CreateSession", DIRECTORY)], "delete-object", YES, id="express-deletes"),
        pytest.param([allow("s3express:CreateSession", DIRECTORY)], "other-buckets", NO, id="express-named"),
        pytest.param([allow("s3express:CreateSession")], "other-buckets", YES, id="express-everywhere"),
        pytest.param([allow("s3express:ListAllMyDirectoryBuckets")], "list-buckets", YES, id="express-names"),
        pytest.param([allow("s3express:ListAllMyDirectoryBuckets")], "other-buckets", NO, id="express-names-alone"),
        pytest.param([allow("s3express:DeleteBucket", DIRECTORY)], "delete-bucket", YES, id="express-bucket"),
        pytest.param([allow("s3-outposts:DeleteObject", f"{OUTPOST}/object/*")], "delete-object", YES, id="outposts"),
        pytest.param([allow("s3-outposts:PutBucketPolicy", OUTPOST)], "change-policy", YES, id="outposts-policy"),
        pytest.param(
            [allow("s3:GetDataAccess", "arn:aws:s3:eu-west-1:123456789012:access-grants/default")],
            "other-buckets",
            YES,
            id="access-grants",
        ),
        pytest.param(
            [allow("s3:*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": [PHOTOS, f"{PHOTOS}/*"]}],
            "list-buckets",
            NO,
            id="all-but-the-bucket-is-denied",
        ),
        pytest.param(
            [allow("s3:*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": [PHOTOS, f"{PHOTOS}/*"]}],
            "other-buckets",
            NO,
            id="other-buckets-are-denied",
        ),
        pytest.param(
            [allow("s3:*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::*"]}],
            "list-buckets",
            YES,
            id="the-pattern-of-all-buckets-is-spared",
        ),
    ],
)
def test_a_policy_as_people_post_it(statements: list[dict[str, Any]], question: str, expected: Verdict) -> None:
    assert verdict(explained(*statements), question) is expected


@pytest.mark.parametrize("key", ["s3:authType", "s3:signatureversion", "s3:TlsVersion", "s3:ResourceAccount"])
def test_no_request_lacks_what_s3_knows_of_all(key: str) -> None:
    refused = deny("s3:*", "*", {"StringNotEquals": {key: "x"}})
    assert set(grants(explained(allow("s3:*"), refused)).values()) == {CONDITIONAL}


@pytest.mark.parametrize(
    "action",
    [
        "eks-auth:AssumeRoleForPodIdentity",
        "lakeformation:GetTemporaryGlueTableCredentials",
        "ssm:GetParameterHistory",
        "acm:ExportCertificate",
        "codeconnections:GetConnectionToken",
        "s3:GetDataAccess",
    ],
)
def test_what_only_reads_but_hands_out_a_way_in_is_a_danger(action: str) -> None:
    assert [danger.action for danger in explained(allow(action)).dangers] == [action]
