"""Quotas: every way in which attached, copied and own policies, and groups, come together."""

import itertools
import json
from typing import Any

import pytest

from s3io_user import s3_policy_document
from s3io_user.args import resolve
from s3io_user.errors import InputError
from s3io_user.packing import ATTACHED_LIMIT, INLINE_LIMIT, PolicyType, pack
from s3io_user.rights import Copied, attached, plan, quota_faults

FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
LARGE = [f"bucket-{number:04}".ljust(63, "x") for number in range(60)]  # two managed policies


def arns(count: int, start: int = 0) -> list[str]:
    return [f"arn:aws:iam::123456789012:policy/p{number}" for number in range(start, start + count)]


def refused(values: dict[str, Any], copied: Copied) -> list[str] | None:
    """The inputs that are to blame, or None where all of it fits."""
    if faults := quota_faults(values, copied):
        return [name for name, _ in faults]
    try:
        plan(values, "aws", copied)
    except InputError as error:
        return [name for name, _ in error.faults]
    return None


DOCUMENTS: list[dict[str, Any]] = [
    {"access": "full"},
    {"access": "none"},
    {"access": "optimizer", "buckets": ["photos"]},
    {"access": "optimizer", "buckets": LARGE},
    {"policy": json.dumps(s3_policy_document(["photos"], access="optimizer"))},
]


@pytest.mark.parametrize("kind", list(PolicyType))
@pytest.mark.parametrize("document", DOCUMENTS, ids=["full", "none", "small", "large", "own"])
def test_eleven_attachments_are_never_let_through_and_ten_always(kind: PolicyType, document: dict[str, Any]) -> None:
    for declared, copied_arns, taken in itertools.product((0, 1, 8, 9, 10), (0, 1, 9, 10), (0, INLINE_LIMIT)):
        given = {"policy_arns": arns(declared), "copy_permissions_from": "source" if copied_arns or taken else None}
        values = resolve({**document, "policy_type": kind, **given})
        inline = {"own": {"Statement": "x" * (taken - len('{"Statement":""}'))}} if taken else {}
        copied = Copied(attached=arns(copied_arns, start=5), inline=inline)
        size = len(attached(values, copied))
        blamed = refused(values, copied)
        alone = {**values, "policy_arns": None}
        if kind is PolicyType.INLINE and refused(alone, Copied(inline=inline)):
            assert blamed
            continue
        packed = plan(alone, "aws", Copied(inline=inline))
        count = size + (len(packed.managed) if packed else 0)
        assert (blamed is not None) is (count > ATTACHED_LIMIT), (declared, copied_arns, taken, count)
        for name in blamed or ():
            assert name in ("policy_arns", "copy_permissions_from")
            assert values[name]


def test_full_access_that_is_attached_or_copied_too_counts_once() -> None:
    values = resolve({"access": "full", "policy_arns": [*arns(9), FULL], "copy_permissions_from": "source"})
    assert refused(values, Copied(attached=[FULL])) is None
    values = resolve({"access": "full", "policy_arns": arns(10)})
    assert quota_faults(values, Copied()) == [
        (
            "policy_arns",
            "beside the AmazonS3FullAccess of access 'full', a user can have 10 managed policies (here 11): "
            "attach 1 fewer",
        )
    ]


def test_a_document_that_is_too_large_by_itself_is_the_fault_of_what_makes_it_so() -> None:
    many = [f"bucket-{number:04}".ljust(63, "x") for number in range(400)]
    assert refused(resolve({"access": "optimizer", "buckets": many}), Copied()) == ["buckets"]
    assert refused(resolve({"access": "optimizer", "buckets": many, "policy_arns": arns(1)}), Copied()) == ["buckets"]
    blocks = [f"198.51.{block}.{host}/32" for block in range(100, 120) for host in range(250)]
    with pytest.raises(InputError, match="source_ips: has a statement that does not fit"):
        plan(resolve({"access": "optimizer", "source_ips": blocks}), "aws", Copied())


def test_managed_beside_ten_says_how_to_make_room() -> None:
    document = s3_policy_document(["photos"], access="optimizer")
    with pytest.raises(InputError) as raised:
        pack(document, PolicyType.MANAGED, attached_taken=10, attached_by="policy_arns")
    assert str(raised.value) == (
        "policy_arns: 10 managed policies are attached, and the user's own document needs 1 more: a user can have 10; "
        "attach 1 fewer, or set policy_type to 'auto', which makes it inline"
    )


@pytest.mark.parametrize(("declared", "copied", "fits"), [(10, 0, True), (5, 5, True), (6, 5, False), (0, 11, False)])
def test_groups_that_are_declared_and_copied_together(declared: int, copied: int, fits: bool) -> None:
    values = resolve({"groups": [f"g{n}" for n in range(declared)], "copy_permissions_from": "source"})
    assert (refused(values, Copied(groups=[f"c{n}" for n in range(copied)])) is None) is fits


def test_what_is_named_twice_counts_once() -> None:
    assert resolve({"policy_arns": arns(10) * 2, "groups": ["a"] * 11})
