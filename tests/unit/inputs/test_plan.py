"""Quotas: every way in which attached, copied and own policies, and groups, come together."""

import asyncio
import itertools
import json
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from s3io_user import s3_policy_document
from s3io_user.errors import InputError
from s3io_user.iam.user_policies import Permissions
from s3io_user.inputs import plan as rights
from s3io_user.inputs.checks import resolve
from s3io_user.inputs.fields import Inputs
from s3io_user.inputs.plan import (
    Planned,
    attached,
    attachment_name,
    draft,
    plan,
    quota_faults,
)
from s3io_user.policy.document import OWN_ACCOUNT
from s3io_user.policy.packing import ATTACHED_LIMIT, INLINE_LIMIT, MANAGED_LIMIT, PolicyType, pack, size
from tests.good_inputs import POLICY

FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
LARGE = [f"bucket-{number:04}".ljust(63, "x") for number in range(60)]  # two managed policies


def arns(count: int, start: int = 0) -> list[str]:
    return [f"arn:aws:iam::123456789012:policy/p{number}" for number in range(start, start + count)]


def refused(values: Inputs, copied: Permissions) -> list[str] | None:
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
        copied = Permissions(attached=arns(copied_arns, start=5), inline=inline)
        beside = len(attached(values, copied))
        blamed = refused(values, copied)
        alone = replace(values, policy_arns=None)
        if kind is PolicyType.INLINE and refused(alone, Permissions(inline=inline)):
            assert blamed
            continue
        packed = plan(alone, "aws", Permissions(inline=inline))
        count = beside + packed.managed
        assert (blamed is not None) is (count > ATTACHED_LIMIT), (declared, copied_arns, taken, count)
        for name in blamed or ():
            assert name in ("policy_arns", "copy_permissions_from")
            assert getattr(values, name)


def test_full_access_that_is_attached_or_copied_too_counts_once() -> None:
    values = resolve({"access": "full", "policy_arns": [*arns(9), FULL], "copy_permissions_from": "source"})
    assert refused(values, Permissions(attached=[FULL])) is None
    values = resolve({"access": "full", "policy_arns": arns(10)})
    assert quota_faults(values, Permissions()) == [
        (
            "policy_arns",
            "beside the AmazonS3FullAccess of access 'full', a user can have 10 managed policies (here 11): "
            "attach 1 fewer",
        )
    ]


def test_a_document_that_is_too_large_by_itself_is_the_fault_of_what_makes_it_so() -> None:
    many = [f"bucket-{number:04}".ljust(63, "x") for number in range(400)]
    assert refused(resolve({"access": "optimizer", "buckets": many}), Permissions()) == ["buckets"]
    assert refused(resolve({"access": "optimizer", "buckets": many, "policy_arns": arns(1)}), Permissions()) == [
        "buckets"
    ]
    blocks = [f"198.51.{block}.{host}/32" for block in range(100, 120) for host in range(250)]
    with pytest.raises(InputError, match="source_ips: has a statement that does not fit"):
        plan(resolve({"access": "optimizer", "source_ips": blocks}), "aws", Permissions())


def test_managed_beside_ten_says_how_to_make_room() -> None:
    document = s3_policy_document(["photos"], access="optimizer")
    with pytest.raises(InputError) as raised:
        pack(document, PolicyType.MANAGED, attached_taken=10, attached_by="policy_arns")
    assert str(raised.value) == (
        "policy_arns: 10 managed policies are attached, and the user's own policy needs 1 more: a user can have 10. "
        "Attach 1 fewer, or set policy_type to 'auto', which makes it inline"
    )


@pytest.mark.parametrize(("declared", "copied", "fits"), [(10, 0, True), (5, 5, True), (6, 5, False), (0, 11, False)])
def test_groups_that_are_declared_and_copied_together(declared: int, copied: int, fits: bool) -> None:
    values = resolve({"groups": [f"g{n}" for n in range(declared)], "copy_permissions_from": "source"})
    assert (refused(values, Permissions(groups=[f"c{n}" for n in range(copied)])) is None) is fits


def test_what_is_named_twice_counts_once() -> None:
    assert resolve({"policy_arns": arns(10) * 2, "groups": ["a"] * 11})


def doc(*actions: str) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def of_resources(count: int) -> dict[str, Any]:
    """A document of one statement on many buckets, some 70 characters each."""
    names = [f"arn:aws:s3:::bucket-{number:04}".ljust(70, "x") for number in range(count)]
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": names}]}


@pytest.mark.parametrize(
    ("buckets", "planned", "made"),
    [
        pytest.param(1, Planned(inline=1), 1, id="inline"),
        pytest.param(1, Planned(managed=1), 1, id="managed-even-where-it-would-fit"),
        pytest.param(100, Planned(managed=2), 2, id="two"),
        pytest.param(100, Planned(managed=4), 4, id="fewer-than-planned"),
        pytest.param(100, Planned(managed=1), None, id="more-than-planned"),
        pytest.param(100, Planned(inline=1), None, id="no-longer-inline"),
    ],
)
def test_what_came_late_goes_into_what_was_planned(buckets: int, planned: Planned, made: int | None) -> None:
    document, inputs = of_resources(buckets), resolve({})
    if made is None:
        with pytest.raises(InputError, match=r"^policy_type: .*'managed'"):
            rights.policies(document, planned, inputs, Permissions())
        return
    found = rights.policies(document, planned, inputs, Permissions())
    assert len(found) == made
    said = [arn for each in found for statement in each["Statement"] for arn in statement["Resource"]]
    assert set(said) == set(document["Statement"][0]["Resource"])
    assert max(map(size, found)) <= (INLINE_LIMIT if planned.inline else MANAGED_LIMIT)


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (FULL, "AmazonS3FullAccess"),
        ("arn:aws:iam::aws:policy/service-role/Copy", "service-role/Copy"),
        ("arn:aws:iam::123456789012:policy/team/Photos", "123456789012-team/Photos"),
        ("arn:aws:iam::123456789012:policy/a:b", "123456789012-a:b"),
    ],
)
def test_an_attachment_is_named_after_its_policy(arn: str, name: str) -> None:
    assert attachment_name(arn) == name


@pytest.mark.parametrize(
    ("given", "partition"),
    [
        ({}, "aws-us-gov"),
        ({"buckets": ["photos"]}, "aws-us-gov"),
        ({"buckets": ["photos", "arn:aws-cn:s3:::photos"]}, "aws-cn"),
        ({"kms_key_arns": ["arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/x"]}, "aws-us-gov"),
    ],
)
def test_where_no_region_tells_the_inputs_do_or_there_is_room_for_any(given: dict[str, Any], partition: str) -> None:
    values = replace(resolve({"access": "optimizer"}), **given)
    statements = draft(values, None)["Statement"]
    named = {arn.split(":")[1] for statement in statements for arn in statement["Resource"]}
    assert partition in named
    assert named <= {partition}


def test_two_partitions_are_the_fault_of_the_last_input_that_names_one() -> None:
    given = {"buckets": ["arn:aws:s3:::photos"], "kms_key_arns": ["arn:aws-cn:kms:cn-north-1:123456789012:key/x"]}
    with pytest.raises(InputError) as raised:
        plan(replace(resolve({"access": "optimizer"}), **given), None, Permissions())
    assert raised.value.faults == (("kms_key_arns", "must all be in one partition (got aws, aws-cn)"),)


@pytest.mark.parametrize(
    ("given", "copied", "expected"),
    [
        ({}, Permissions(), ("buckets", "", 0, 0)),
        ({"source_ips": ["198.51.100.0/24"]}, Permissions(), ("source_ips", "", 0, 0)),
        ({"policy": "{}", "policy_arns": arns(2)}, Permissions(), ("policy", "policy_arns", 0, 2)),
        ({"access": "full"}, Permissions(attached=arns(1)), ("buckets", "copy_permissions_from", 0, 2)),
        ({}, Permissions(inline={"a": doc("s3:*")}), ("buckets", "", 67, 0)),
    ],
)
def test_what_is_taken_of_the_quotas_and_by_which_input(
    given: dict[str, Any], copied: Permissions, expected: tuple[str, str, int, int]
) -> None:
    values = replace(resolve({k: v for k, v in given.items() if k != "policy"}), policy=given.get("policy"))
    found = rights._taken(values, copied, {})
    assert tuple(found[name] for name in ("made_of", "attached_by", "inline_taken", "attached_taken")) == expected


def test_extra_statements_that_are_too_much_are_what_the_fault_names() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + "x" * 63 + "/" + "y" * 900}
    few, many, one = (
        [statement],
        [statement] * 60,
        [{**statement, "Resource": [statement["Resource"]], "Sid": "x" * 6000}],
    )
    place = {"access": "read-write", "buckets": ["photos"]}
    assert plan(resolve({**place, "extra_statements": few}), "aws", Permissions()) == Planned(inline=1)
    assert plan(resolve({**place, "extra_statements": [statement] * 3}), "aws", Permissions()) == Planned(managed=1)
    for too_much in (many, one):
        with pytest.raises(InputError) as raised:
            plan(resolve({**place, "extra_statements": too_much}), "aws", Permissions())
        assert [name for name, _ in raised.value.faults] == ["extra_statements"]


@pytest.mark.parametrize(
    ("beside", "named"),
    [({"access": "none"}, "access 'none'"), ({"access": "full"}, "access 'full'"), ({"policy": POLICY}, "policy")],
)
def test_extra_statements_go_beside_a_preset_s_document(beside: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError) as raised:
        resolve({**beside, "extra_statements": POLICY})
    assert str(raised.value) == f"extra_statements: adds to an access preset, so it can't be combined with {named}"


def test_own_account_only_is_planned_with_the_document() -> None:
    def planned(only: bool) -> str:
        return json.dumps(draft(resolve({"access": "optimizer", "same_account_only": only}), "aws"))

    assert OWN_ACCOUNT in planned(True)
    assert OWN_ACCOUNT not in planned(False)


def test_a_bucket_that_is_known_late_is_planned_with_the_longest_name() -> None:
    async def program() -> None:  # an Output needs a loop
        late = pulumi.Output.from_input("x")
        values = replace(resolve({"access": "optimizer"}), buckets=["photos", late, late])
        said = json.dumps(draft(values, "aws"))
        assert "arn:aws:s3:::photos" in said
        assert [said.count(f"arn:aws:s3:::000{number}") > 0 for number in range(4)] == [False, True, True, False]
        values = replace(resolve({"access": "optimizer"}), source_ips=["198.51.100.0/24", late])
        assert "198.51.100.0/24" in json.dumps(draft(values, "aws"))

    asyncio.run(program())


def test_a_fault_of_what_is_copied_names_its_user() -> None:
    values = resolve({"groups": [], "copy_permissions_from": "boss"})
    faults = quota_faults(values, Permissions(groups=[f"g{number}" for number in range(11)]))
    assert faults == [("copy_permissions_from", "'boss' brings groups, and a user can be in 10 groups (here 11)")]
