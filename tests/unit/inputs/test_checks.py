"""The inputs before anything is made: types, unknown names, what goes with what, and no input that breaks the check."""

import asyncio
import collections.abc
import datetime
import typing
from enum import Enum
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3io_user import S3IOUser, S3IOUserArgs
from s3io_user.errors import InputError
from s3io_user.inputs.checks import _IN_A_LIST, _PLAIN, is_plain, resolve
from s3io_user.inputs.fields import FIELDS
from s3io_user.keys import schedule
from s3io_user.keys.slots import KeyStatus, PreviousKey
from s3io_user.policy.packing import PolicyType
from s3io_user.policy.presets import Access
from s3io_user.testing import deploy
from s3io_user.wording import nearest
from tests.good_inputs import ARN, GOOD, POLICY, WITH

LATE = [name for name, field in FIELDS.items() if field.late]


def faults(args: dict[Any, Any]) -> tuple[tuple[str, str], ...]:
    """The faults of inputs, none where they are good."""
    try:
        resolve(args)
    except InputError as error:
        return error.faults
    return ()


@pytest.fixture(autouse=True)
def _in_2026(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "today", lambda: datetime.date(2026, 3, 15))


def test_every_input_is_a_field_and_has_a_good_value_here() -> None:
    assert list(S3IOUserArgs.__annotations__) == list(FIELDS) == list(GOOD)


def test_the_inputs_that_are_known_late_are_those_whose_type_says_so() -> None:
    late = [
        name
        for name, hint in S3IOUserArgs.__annotations__.items()
        if any(typing.get_origin(choice) is collections.abc.Awaitable for choice in typing.get_args(hint))
    ]
    assert late == LATE


@pytest.mark.parametrize("name", GOOD)
def test_a_good_value_passes(name: str) -> None:
    resolved = resolve({name: GOOD[name], **WITH.get(name, {})})

    assert getattr(resolved, name) == GOOD[name]


def test_defaults() -> None:
    assert {name: value for name, value in vars(resolve({})).items() if value not in (None, False)} == {
        "force_destroy": True,
        "access": Access.S3_ACCESS,
        "policy_name": "S3Access",
        "policy_type": PolicyType.AUTO,
        "create_access_key": True,
        "key_status": KeyStatus.ACTIVE,
        "key_generation": 1,
        "previous_key": PreviousKey.REMOVED,
    }
    assert resolve(dict.fromkeys(FIELDS)) == resolve({})


@pytest.mark.parametrize(
    ("given_", "access"),
    [
        ({}, Access.S3_ACCESS),
        ({"policy": POLICY}, Access.NONE),
        ({"copy_permissions_from": "other"}, Access.NONE),
        ({"copy_permissions_from": "other", "access": "optimizer"}, Access.OPTIMIZER),
        ({"policy_arns": [ARN]}, Access.S3_ACCESS),
    ],
    ids=["nothing", "policy", "copied", "copied-and-said", "attached"],
)
def test_the_access_that_is_left_out(given_: dict[str, Any], access: Access) -> None:
    assert resolve(given_).access is access


def test_integers_that_arrive_as_floats_are_integers() -> None:
    resolved = resolve({"key_generation": 2.0})

    assert repr(resolved.key_generation) == "2"


@pytest.mark.parametrize(
    ("today", "generation"), [("2026-01-31", 1), ("2026-03-01", 1), ("2026-03-02", 2), ("2026-04-01", 3)]
)
def test_the_calendar_sets_the_generation(today: str, generation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "today", lambda: datetime.date.fromisoformat(today))

    assert resolve({"rotate_every_days": 30, "rotate_from": "2026-01-31"}).key_generation == generation


# ---- types -----------------------------------------------------------------------------------------------------------

WRONG: dict[type, list[object]] = {
    str: [5, 1.5, True, ["x"], {"x": "y"}, b"x", object],
    bool: ["true", "false", "", 0, 1, [], {}],
    int: ["1", 1.5, 0, -1, True, [1], float("inf"), float("nan")],
    object: [5, 1.5, True, ["x"], b"x", object],
    list: [5, True, {"photos": 1}, {"photos"}, b"photos"],
    dict: ["x", 5, True, ["x"], [("name", "x")]],
    Enum: ["x", "", 5, True, ["x"], {}],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, id=f"{name}-{value!r}")
        for name, field in FIELDS.items()
        for value in WRONG[Enum if issubclass(field.kind, Enum) else field.kind]
    ],
)
def test_a_value_of_another_type_is_a_fault_of_that_input(name: str, value: object) -> None:
    found = dict(faults({name: value, **WITH.get(name, {})}))

    assert list(found) == [name]
    assert found[name].startswith(("must be ", "must have "))
    assert "(got " in found[name]


def test_a_list_of_one_may_be_text_and_several_have_commas() -> None:
    assert resolve({"buckets": "photos"}).buckets == ["photos"]  # type: ignore[typeddict-item]
    assert resolve({"buckets": "photos,media/wp"}).buckets == ["photos", "media/wp"]  # type: ignore[typeddict-item]
    # A comma may be in the name of a group, and so in a policy's ARN.
    assert resolve({"groups": "a,b"}).groups == ["a,b"]  # type: ignore[typeddict-item]


def test_an_output_for_a_list_says_how_to_put_it_into_one() -> None:
    async def program() -> None:  # an Output needs a loop
        resolve({"buckets": pulumi.Output.from_input("photos")})

    with pytest.raises(InputError, match=r"^buckets: must be a plain list; .* as in \[bucket.bucket\]$"):
        asyncio.run(program())


LISTS = [name for name, field in FIELDS.items() if field.kind is list]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("item", [5, None, "", "a\nb", ["x"], b"x", "é/\u20ac"], ids=ascii)
def test_an_item_that_is_wrong_is_a_fault_of_its_list(name: str, item: object) -> None:
    found = faults({name: [*GOOD[name], item, item]})

    assert [where for where, _ in found] == [name, name]
    assert "(got " in found[0][1]


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        pytest.param(
            {"groups": [f"g{n}" for n in range(11)]}, "groups: a user can be in at most 10 groups (got 11)", id="groups"
        ),
        pytest.param(
            {"policy_arns": [f"{ARN}{n}" for n in range(11)]},
            "policy_arns: a user can have at most 10 managed policies (got 11)",
            id="policies",
        ),
        pytest.param(
            {"tags": {"site": 5}}, "tags: the tag 'site' must have a string as its value (got 5)", id="tag-value"
        ),
        pytest.param({"tags": {5: "x"}}, "tags: a tag's key must be a string (got 5)", id="tag-key"),
        pytest.param(
            {"tags": {"aws:x": "x"}},
            "tags: a tag's key must not begin with 'aws:', which AWS keeps for itself (got 'aws:x')",
            id="reserved-tag",
        ),
        pytest.param({"policy": "{}"}, "policy: line 1: Version must be '2012-10-17' (got None)", id="policy"),
        pytest.param(
            {"user_name": "x" * 65},
            f"user_name: a user name must have at most 64 characters (got 65: '{'x' * 65}')",
            id="user-name",
        ),
        pytest.param(
            {"access": "optimiser"},
            "access: must be one of full, s3-access, optimizer, read-only, read-write, write-only, backup, none "
            "(got 'optimiser')",
            id="access",
        ),
        pytest.param(
            {"previous_key": "gone"}, "previous_key: must be one of removed, inactive, active (got 'gone')", id="fate"
        ),
        pytest.param(
            {"key_status": "active"},
            "key_status: must be one of Active, Inactive (got 'active')",
            id="status-in-lower-case",
        ),
        pytest.param({"force_destroy": "no"}, "force_destroy: must be true or false (got 'no')", id="bool"),
        pytest.param(
            {"buckets": ""},
            "buckets: must name at least one bucket, or be left out for every bucket (got none)",
            id="no-text",
        ),
        pytest.param(
            {"buckets": []},
            "buckets: must name at least one bucket, or be left out for every bucket (got none)",
            id="none",
        ),
        pytest.param({"secrets_manager": {}}, "secrets_manager: must be a map with 'name' (got {})", id="no-name"),
        pytest.param(
            {"secrets_manager": {"name": None}},
            "secrets_manager: must be a map with 'name' (got {'name': None})",
            id="empty-name",
        ),
        pytest.param(
            {"parameter_store": {"path": "/a", "kmsKeyId": "x"}},
            "parameter_store.kmsKeyId: is not a key (did you mean 'kms_key_id'?)",
            id="part",
        ),
        pytest.param(
            {"secrets_manager": {"name": "a", "recovery_window_in_days": float("inf")}},
            "secrets_manager.recovery_window_in_days: must be 0, or 7 to 30 days (got inf)",
            id="recovery-window",
        ),
        pytest.param(
            {"rotate_every_days": 30, "rotate_from": "2026-03-16"},
            "rotate_from: must not be in the future (got 2026-03-16, and today is 2026-03-15)",
            id="future",
        ),
    ],
)
def test_a_fault_is_one_sentence(given_: dict[Any, Any], expected: str) -> None:
    assert [f"{name}: {reason}" for name, reason in faults(given_)] == [expected]


# ---- Outputs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in LATE])
def test_what_decides_on_resources_is_not_known_late(name: str) -> None:
    def program() -> S3IOUser:
        return S3IOUser("site", {name: pulumi.Output.from_input(GOOD[name]), **WITH.get(name, {})})  # type: ignore[misc]

    with pytest.raises(InputError) as raised:
        deploy(program)
    where, fault = raised.value.faults[0]
    in_a_list = FIELDS[name].kind is list and not FIELDS[name].ahead
    assert (where, fault) == (name, _IN_A_LIST if in_a_list else _PLAIN)


@pytest.mark.parametrize("name", LATE)
def test_all_else_may_be_known_late(name: str) -> None:
    made = deploy(lambda: S3IOUser("site", {name: pulumi.Output.from_input(GOOD[name])}))  # type: ignore[misc]

    assert made.one("aws:iam/user:User")


# ---- names and conflicts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unknown", "hint"),
    [
        ("bucket", "did you mean 'buckets'?"),
        ("userName", "did you mean 'user_name'?"),
        ("acces", "did you mean 'access'?"),
        ("tag", "did you mean 'tags'?"),
        ("key_generations", "did you mean 'key_generation'?"),
    ],
)
def test_an_unknown_name_is_met_by_the_nearest(unknown: str, hint: str) -> None:
    assert faults({unknown: "x"}) == ((unknown, f"is not an input ({hint})"),)


@pytest.mark.parametrize("unknown", ["zzz", "", 5, ("a",)], ids=repr)
def test_an_unknown_name_with_nothing_near_is_met_by_all(unknown: object) -> None:
    assert faults({unknown: "x"}) == ((str(unknown), f"is not an input (known: {', '.join(FIELDS)})"),)


def test_nearest() -> None:
    assert nearest("nmae", ["name", "path"]) == "did you mean 'name'?"
    assert nearest("zzz", ["name", "path"]) == "known: name, path"


SHAPING = ["user_name", "path", "tags", "permissions_boundary", "force_destroy"]
NARROWING = ["buckets", "kms_key_arns", "tls_only", "source_ips", "source_vpc_endpoints", "same_account_only"]
NO_DOCUMENT: list[tuple[dict[str, Any], str]] = [
    ({"access": "full"}, "access 'full'"),
    ({"access": "none"}, "access 'none'"),
    ({"policy": POLICY}, "policy"),
    ({"copy_permissions_from": "other"}, "copy_permissions_from"),
]


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        *(
            pytest.param(
                {"existing_user": "site", name: GOOD[name]},
                [(name, "applies to a new user, so it can't be combined with existing_user")],
                id=f"existing-{name}",
            )
            for name in SHAPING
        ),
        *(
            pytest.param(
                {**without, name: GOOD[name]},
                [(name, f"has no effect with {why}")],
                id=f"{why}-{name}",
            )
            for without, why in NO_DOCUMENT
            for name in NARROWING
        ),
        *(
            pytest.param(
                {"access": access, name: True},
                [(name, f"has no effect unless access is 'optimizer' (got '{access}')")],
                id=f"{access}-{name}",
            )
            for access in ("full", "s3-access", "read-only", "none")
            for name in ("allow_acl", "allow_delete", "allow_bucket_listing")
        ),
        *(
            pytest.param(
                {"policy": POLICY, "access": access},
                [("policy", f"replaces access, so it can't be combined with access '{access}'")],
                id=f"policy-{access}",
            )
            for access in ("full", "s3-access", "optimizer", "read-only")
        ),
        pytest.param(
            {"rotate_every_days": 30, "rotate_from": "2026-01-31", "key_generation": 2},
            [("rotate_every_days", "can't be combined with key_generation: set one of the two")],
            id="days-and-generation",
        ),
        pytest.param(
            {"rotate_every_days": 30},
            [("rotate_from", "is required with rotate_every_days, which counts from that day: set it to 2026-03-15")],
            id="days-without-a-day",
        ),
        pytest.param(
            {"rotate_from": "2026-01-31"},
            [("rotate_from", "has no effect without rotate_every_days")],
            id="day-without-days",
        ),
        *(
            pytest.param(
                {"pgp_key": "keybase:example", name: GOOD[name]},
                [(name, "can't be combined with pgp_key: only the owner of the PGP key can read the secret")],
                id=f"pgp-{name}",
            )
            for name in ("secrets_manager", "parameter_store", "wait_until_usable")
        ),
    ],
)
def test_what_does_not_go_together(given_: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert faults(given_) == tuple(expected)


@pytest.mark.parametrize(
    "given_",
    [
        {"policy": POLICY, "access": "none"},
        {"access": "full", "tls_only": False, "allow_acl": False, "kms_key_arns": []},
        {"existing_user": "site", "groups": ["editors"], "access": "full"},
        {"copy_permissions_from": "other", "access": "read-only", "buckets": ["photos"]},
        {"pgp_key": "keybase:example", "wait_until_usable": False},
        {name: GOOD[name] for name in ("path", "tags", "access", "buckets", "allow_acl", "kms_key_arns", "exclusive")},
    ],
    ids=["policy-and-none", "switched-off", "existing", "copied", "pgp", "many"],
)
def test_what_goes_together(given_: dict[str, Any]) -> None:
    assert faults(given_) == ()


def test_every_fault_is_told_at_once() -> None:
    found = faults({"bucket": ["x"], "user_name": "a b", "path": "x", "groups": [""], "allow_acl": True})

    assert [name for name, _ in found] == ["bucket", "user_name", "path", "groups", "allow_acl"]


def test_the_message_is_a_line_for_each_fault() -> None:
    error = InputError([("path", "is wrong"), ("tags", "are wrong")])

    assert str(error) == "path: is wrong\ntags: are wrong"
    assert error.faults == (("path", "is wrong"), ("tags", "are wrong"))


# ---- whatever comes --------------------------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=8)
    | st.sampled_from([*Access, *PreviousKey, *KeyStatus, object, object(), 1j])
    | st.sampled_from([value for value in GOOD.values() if isinstance(value, str)])
)
GARBAGE = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.sampled_from(["name", "path", "kms_key_id", "x", 5, None]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, *FIELDS, "bucket", 5, None, ("x",)]), GARBAGE, max_size=6))
def test_any_inputs_are_good_or_an_input_error(args: dict[Any, Any]) -> None:
    found = faults(args)

    assert all(isinstance(name, str) and reason for name, reason in found)
    assert all("\n" not in reason for _, reason in found)


def test_is_plain() -> None:
    def program() -> None:
        late = pulumi.Output.from_input("x")
        assert is_plain({"a": ["b", ("c", {"d": None})]})
        assert not is_plain({"a": ["b", ("c", {"d": late})]})
        assert not is_plain(late)

    deploy(program)
