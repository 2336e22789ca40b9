"""What explain says of presets and of random policies, against the evaluator."""

from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from s3io_user.explain import Action, Kind, Row, explain
from s3io_user.explain.decide import Decision, Verdict, decide, statements_of
from s3io_user.explain.grants import widest
from s3io_user.policy.document import OWN_ACCOUNT, s3_policy_document
from tests.evaluator import Context, allows
from tests.unit.explain.policies import CATALOGUE, KEY_ARN, PHOTOS, allow, document, explained, names, row

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
