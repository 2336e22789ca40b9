"""Packing: a document's size, inline or managed at the exact limits, and splits that lose and add nothing."""

import itertools
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from s3io_user.errors import InputError
from s3io_user.policy.document import Document, compact, s3_policy_document
from s3io_user.policy.packing import ATTACHED_LIMIT, INLINE_LIMIT, MANAGED_LIMIT, Packed, PolicyType, pack, size, split
from tests.evaluator import allows

ROOMY = 320
"""A limit that any one of the statements below fits, and few of them together."""


def of_size(characters: int) -> Document:
    """A document of so many characters as IAM counts them."""
    made = statement_document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": ""})
    made["Statement"][0]["Resource"] = "x" * (characters - len(compact(made)))
    return made


def statement_document(*statements: dict[str, Any]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
ARNS = [f"arn:aws:s3:::photos-{number:02}{end}" for number in range(12) for end in ("", "/*", "/wp/*")]
CONDITIONS = [{"StringLike": {"s3:prefix": ["wp", "wp/*"]}}, {"Bool": {"aws:SecureTransport": "false"}}]
RESOURCES = st.lists(st.sampled_from(ARNS), min_size=1, max_size=30, unique=True)
STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Action": st.sampled_from([ACTIONS[:1], ACTIONS[1:], "s3:*"]),
    },
    optional={"Condition": st.sampled_from(CONDITIONS)},
).flatmap(
    lambda base: st.one_of(
        RESOURCES.map(lambda arns: {**base, "Resource": arns}),
        st.sampled_from(ARNS).map(lambda arn: {**base, "Resource": arn}),
        RESOURCES.map(lambda arns: {**base, "NotResource": arns[:2]}),
    )
)
DOCUMENTS = st.lists(STATEMENTS, min_size=1, max_size=8).map(lambda made: statement_document(*made))


def said(*documents: Document) -> Counter[str]:
    """What documents say: each statement once for each of its resources."""
    return Counter(
        compact({**statement, "Resource": [resource]}) if "Resource" in statement else compact(statement)
        for document in documents
        for statement in document["Statement"]
        for resource in (
            [statement.get("Resource")] if not isinstance(statement.get("Resource"), list) else statement["Resource"]
        )
    )


@given(DOCUMENTS)
def test_the_parts_say_what_the_document_says(document: Document) -> None:
    parts = list(split(document, ROOMY))

    assert said(*parts) == said(document)
    assert all(size(part) <= ROOMY for part in parts)
    assert all(part["Version"] == "2012-10-17" and part["Statement"] for part in parts)


@given(DOCUMENTS)
def test_the_parts_allow_what_the_document_allows(document: Document) -> None:
    parts = list(split(document, ROOMY))
    contexts = [{}, {"s3:prefix": "wp/x", "aws:SecureTransport": "false"}, {"aws:SecureTransport": "true"}]

    for action, arn, context in itertools.product(ACTIONS, (*ARNS[::5], "arn:aws:s3:::else"), contexts):
        assert allows(parts, action, arn, context) is allows(document, action, arn, context)


@given(DOCUMENTS)
def test_a_statement_without_a_list_of_resources_stays_whole(document: Document) -> None:
    parts = [statement for part in split(document, ROOMY) for statement in part["Statement"]]

    for statement in document["Statement"]:
        if not isinstance(statement.get("Resource"), list):
            assert statement in parts


@given(DOCUMENTS)
def test_there_are_never_more_parts_than_of_whole_statements_one_after_the_other(document: Document) -> None:
    whole = 0
    room = 0
    for statement in document["Statement"]:
        characters = len("".join(compact(statement).split()))
        if characters + 1 > room:
            whole, room = whole + 1, ROOMY - size(statement_document()) + 1
        room -= characters + 1
        assume(room >= 0)  # a statement that is too large to stay whole leaves nothing to compare with

    assert len(list(split(document, ROOMY))) <= whole


@pytest.mark.parametrize("access", ["s3-access", "optimizer", "read-only"])
@pytest.mark.parametrize("folder", ["", "/wp-content/uploads"], ids=["buckets", "folders"])
@pytest.mark.parametrize("count", [12, 60, 120])
def test_a_preset_fills_its_policies(access: str, folder: str, count: int) -> None:
    document = s3_policy_document([f"bucket-{number:03}{folder}" for number in range(count)], access=access)
    parts = list(split(document))
    # Each part but the last is full: it has no room for another resource and its statement.
    least = -(-size(document) // MANAGED_LIMIT)

    assert said(*parts) == said(document)
    assert least <= len(parts) <= least + 1
    assert all(size(part) > MANAGED_LIMIT - 400 for part in parts[:-1])
    assert all(size(part) <= MANAGED_LIMIT for part in parts)


@pytest.mark.parametrize("folder", ["site-{:03}", "\\" * 880 + "{:03}"], ids=["short", "as-long-as-can-be"])
def test_however_many_folders_a_bucket_has_each_statement_fits_a_policy(folder: str) -> None:
    folders = [folder.format(number) for number in range(100 if len(folder) < 20 else 5)]
    options: dict[str, Any] = {"account_id": "123456789012", "tls_only": True}
    document = s3_policy_document(
        [f"{bucket}/{each}" for bucket in ("photos", "P" * 255) for each in folders], access="optimizer", **options
    )
    packed = pack(document, PolicyType.AUTO)

    assert said(*packed.managed) == said(document)
    for each in (folders[0], folders[len(folders) // 2], folders[-1]):
        for prefix, wanted in ((each, True), (f"{each}/x", True), (f"{each}x", False)):
            context = {"s3:prefix": prefix, "aws:ResourceAccount": "123456789012", "aws:SecureTransport": "true"}
            assert allows(packed.managed, "s3:ListBucket", "arn:aws:s3:::photos", context) is wanted


def test_what_fits_is_not_split() -> None:
    document = of_size(MANAGED_LIMIT)

    assert list(split(document)) == [document]
    assert list(split(statement_document())) == [statement_document()]


def test_a_statement_that_fits_nowhere_is_refused() -> None:
    with pytest.raises(InputError) as raised:
        list(split(of_size(MANAGED_LIMIT + 1)))
    assert str(raised.value) == "policy: has a statement that does not fit a policy of 6,144 characters"


def test_a_sid_is_once_in_a_part() -> None:
    statement = {"Sid": "Photos", "Effect": "Allow", "Action": "s3:*", "Resource": ARNS}
    parts = list(split(statement_document(statement), ROOMY))

    assert len(parts) > 2
    assert all([each["Sid"] for each in part["Statement"]] == ["Photos"] for part in parts)


def test_an_id_goes_with_every_part() -> None:
    document = {**statement_document({"Effect": "Allow", "Action": "s3:*", "Resource": ARNS}), "Id": "photos"}

    assert {part["Id"] for part in split(document, ROOMY)} == {"photos"}


# ---- inline or managed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("characters", "kind", "taken", "inline"),
    [
        pytest.param(INLINE_LIMIT - 1, "auto", 0, True, id="auto-one-below"),
        pytest.param(INLINE_LIMIT, "auto", 0, True, id="auto-at-the-limit"),
        pytest.param(INLINE_LIMIT + 1, "auto", 0, False, id="auto-one-above"),
        pytest.param(INLINE_LIMIT - 1000, "auto", 1000, True, id="auto-at-the-limit-beside-others"),
        pytest.param(INLINE_LIMIT - 1000, "auto", 1001, False, id="auto-one-above-beside-others"),
        pytest.param(INLINE_LIMIT, "inline", 0, True, id="inline-at-the-limit"),
        pytest.param(INLINE_LIMIT - 1000, "inline", 1000, True, id="inline-at-the-limit-beside-others"),
        pytest.param(100, "managed", 0, False, id="managed-though-small"),
        pytest.param(100, "managed", 5000, False, id="managed-beside-others"),
    ],
)
def test_inline_or_managed(characters: int, kind: str, taken: int, inline: bool) -> None:
    document = of_size(characters)
    packed = pack(document, PolicyType(kind), inline_taken=taken)

    assert size(document) == characters
    assert packed == (Packed(document, ()) if inline else Packed(None, (document,)))


def test_whitespace_between_values_is_not_counted_and_within_them_it_is() -> None:
    document = of_size(INLINE_LIMIT - 1)
    assert size(json.loads(json.dumps(document, indent=8))) == INLINE_LIMIT - 1

    document["Statement"][0]["Resource"] += "  "
    assert size(document) == INLINE_LIMIT + 1


@pytest.mark.parametrize(
    ("characters", "taken", "sentence"),
    [
        pytest.param(
            INLINE_LIMIT + 1,
            0,
            "policy_type: inline policies of one user can have 2,048 characters together, and this one has "
            "2,049, which is 1 too many: set policy_type to 'managed', or shorten the policy",
            id="alone",
        ),
        pytest.param(
            2000,
            1048,
            "policy_type: inline policies of one user can have 2,048 characters together, and this one has "
            "2,000 beside 1,048 of others, which is 1,000 too many: set policy_type to 'managed', or shorten the "
            "policy",
            id="beside-others",
        ),
    ],
)
def test_what_inline_does_not_hold_says_by_how_much(characters: int, taken: int, sentence: str) -> None:
    with pytest.raises(InputError) as raised:
        pack(of_size(characters), PolicyType.INLINE, inline_taken=taken)
    assert str(raised.value) == sentence


def parts(count: int) -> Document:
    """A document that takes so many managed policies, each full."""
    statement = of_size(MANAGED_LIMIT)["Statement"][0]
    return statement_document(*[statement] * count)


@pytest.mark.parametrize(
    ("needed", "taken"), [(ATTACHED_LIMIT, 0), (1, ATTACHED_LIMIT - 1)], ids=["all", "one-beside-nine"]
)
def test_managed_policies_up_to_the_quota(needed: int, taken: int) -> None:
    packed = pack(parts(needed), PolicyType.AUTO, attached_taken=taken)

    assert packed.inline is None
    assert len(packed.managed) == needed


@pytest.mark.parametrize(
    ("needed", "taken", "rest"),
    [
        pytest.param(11, 0, "room for 10 of 10", id="eleven"),
        pytest.param(3, 8, "room for 2 of 10", id="three-beside-eight"),
        pytest.param(2, 10, "room for 0 of 10", id="two-beside-ten"),
    ],
)
def test_what_managed_policies_do_not_hold_says_by_how_much(needed: int, taken: int, rest: str) -> None:
    document = parts(needed)
    with pytest.raises(InputError) as raised:
        pack(document, PolicyType.AUTO, attached_taken=taken)
    assert str(raised.value) == (
        f"buckets: the policy has {size(document):,} characters and needs {needed} managed policies of 6,144, and the "
        f"user has {rest}: shorten the policy, or use several users"
    )


def test_as_many_buckets_as_the_facts_say_fit_inline() -> None:
    longest = [f"bucket-{number:02}".ljust(63, "x") for number in range(12)]

    assert pack(s3_policy_document(longest[:10], access="optimizer"), PolicyType.AUTO).inline
    assert pack(s3_policy_document(longest, access="optimizer"), PolicyType.AUTO).managed


def test_a_document_alone_has_the_whole_quotas() -> None:
    assert pack(of_size(INLINE_LIMIT), PolicyType.AUTO).inline
    assert len(pack(parts(ATTACHED_LIMIT), PolicyType.MANAGED).managed) == ATTACHED_LIMIT


@pytest.mark.parametrize("kept", [1, 2, 3])
@pytest.mark.parametrize("first", [[], [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]])
def test_a_part_is_filled_to_the_last_character(kept: int, first: list[dict[str, Any]]) -> None:
    resources = [f"arn:aws:s3:::{letter * 60}" for letter in "abcd"]
    document = statement_document(
        *first, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources[: kept + 1]}
    )
    full = statement_document(*first, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources[:kept]})
    assert next(split(document, size(full))) == full
    if kept > 1:
        assert len(next(split(document, size(full) - 1))["Statement"][-1]["Resource"]) == kept - 1
