"""What stands in the way of the next `pulumi up`."""

from dataclasses import replace

import pytest

from s3io_user.doctor import obstacles
from s3io_user.doctor.obstacles import of_account, of_owners, of_user, quotas
from s3io_user.doctor.wanted import Bucket, Wanted
from s3io_user.inputs.checks import resolve
from s3io_user.keys import schedule
from s3io_user.stack.state import SlotKey
from tests.unit.doctor.users import BOTH, CURRENT, GENERATION_2, HELD, NOW, ORPHAN, PREVIOUS, by_calendar, key, wanted


@pytest.mark.parametrize(("access", "named"), [("optimizer", True), ("read-write", False), ("backup", False)])
def test_allow_acl_is_a_remedy_only_where_the_preset_has_it(access: str, named: bool) -> None:
    given = wanted(access=access, buckets={"photos": Bucket(True, None, True)})
    assert [("allowAcl" in finding.remedy) for finding in of_user(given, "us-east-1")] == [named]


MISSING = Bucket(exists=False)


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        pytest.param(wanted(), [], id="well"),
        pytest.param(wanted(names_taken={"Site": NOW}), ["name-taken"], id="name"),
        pytest.param(wanted(exist={("group", "g"): False}), ["group-missing"], id="group"),
        pytest.param(wanted(exist={("source", "u"): False}), ["copy-source-missing"], id="source"),
        pytest.param(wanted(exist={("boundary", "b"): False}), ["boundary-missing"], id="boundary"),
        pytest.param(wanted(exist={("policy", "p"): False}), ["policy-missing"], id="policy"),
        pytest.param(wanted(exist={("user", "u"): False}), ["user-missing"], id="user"),
        pytest.param(wanted(HELD, exist={("user", "u"): False}), ["user-missing"], id="user-to-adopt-in-place"),
        pytest.param(wanted(HELD, exist={("user", "site"): False}), [], id="user-that-the-state-has-and-after-says"),
        pytest.param(wanted(exist={("group", "g"): None}), [], id="not-known"),
        pytest.param(wanted(buckets={"b": MISSING, "c": Bucket(True), "d": Bucket()}), ["bucket-missing"], id="b"),
        pytest.param(wanted(buckets={"b": Bucket(True, "us-east-1", True)}), [], id="acls-that-do-not-matter"),
        pytest.param(wanted(access="optimizer", buckets={"b": Bucket(True, None, True)}), ["bucket-acls"], id="acls"),
        pytest.param(
            wanted(access="optimizer", allow_acl=True, buckets={"b": Bucket(True, None, True)}), [], id="acls-allowed"
        ),
        pytest.param(wanted(buckets={"b": Bucket(True, "eu-west-1")}), ["bucket-region"], id="another-region"),
        pytest.param(wanted(buckets={"b": Bucket(True, "us-east-1")}), [], id="same-region"),
        pytest.param(wanted(GENERATION_2, key_generation=1), ["generation-refused"], id="generation-below"),
        pytest.param(wanted(GENERATION_2, key_generation=2), [], id="generation-same"),
        pytest.param(wanted(GENERATION_2, key_generation=3), [], id="generation-next"),
        pytest.param(
            wanted(GENERATION_2, key_generation=4, previous_key="active"), ["generation-refused"], id="generation-jump"
        ),
        pytest.param(
            wanted(replace(GENERATION_2, settled=False), key_generation=3, previous_key="active"),
            ["generation-refused"],
            id="generation-unsettled",
        ),
        pytest.param(by_calendar(GENERATION_2, 12), [], id="generation-after-missed-periods"),
        pytest.param(by_calendar(replace(GENERATION_2, settled=False), 12), [], id="generation-interrupted"),
        pytest.param(by_calendar(replace(GENERATION_2, due=12), 11), ["generation-refused"], id="generation-earlier"),
        pytest.param(
            by_calendar(replace(GENERATION_2, every_days=90), 12), ["generation-refused"], id="generation-other-days"
        ),
    ],
)
def test_findings_before_an_up(given: Wanted, ids: list[str]) -> None:
    found = list(of_user(given, "us-east-1"))
    assert [finding.id for finding in found] == ids
    assert all(finding.sentence and finding.remedy and finding.user == "site" for finding in found)


@pytest.mark.parametrize(
    ("logical", "adopted", "owned", "ids"),
    [
        pytest.param("new", "site", True, ["user-would-be-deleted"], id="renamed"),
        pytest.param("new", "SITE", True, ["user-would-be-deleted"], id="another-case"),
        pytest.param("new", "site", False, [], id="adopted-before"),
        pytest.param("new", "other", True, [], id="another-user"),
        pytest.param("new", None, True, [], id="made"),
        pytest.param("blog", "site", True, [], id="let-go-in-place"),
    ],
)
def test_a_user_that_would_be_deleted_is_a_finding(
    logical: str, adopted: str | None, owned: bool, ids: list[str]
) -> None:
    holding = replace(HELD, user="site", component="blog", owned=owned)
    assert [f.id for f in of_owners({logical: resolve({"existing_user": adopted})}, [holding])] == ids


BY_HAND = key(ORPHAN)


IN_TWO_SLOTS = replace(BOTH, generation=2, slots={"a": SlotKey(CURRENT, 2), "b": SlotKey(PREVIOUS, 1)})


@pytest.mark.parametrize(
    ("given", "full"),
    [
        pytest.param(wanted(keys=(BY_HAND, key("AKIATHIRDEXAMPLE"))), True, id="to-adopt-with-two-keys"),
        pytest.param(wanted(keys=(BY_HAND,)), False, id="to-adopt-with-one-key"),
        pytest.param(wanted(keys=(BY_HAND, key()), create_access_key=False), False, id="no-key-wanted"),
        pytest.param(wanted(GENERATION_2, keys=(key(), BY_HAND), key_generation=2), False, id="nothing-to-make"),
        pytest.param(wanted(GENERATION_2, keys=(key(), BY_HAND), key_generation=3), True, id="rotation"),
        pytest.param(wanted(GENERATION_2, keys=(key(),), key_generation=3), False, id="rotation-with-room"),
        pytest.param(
            wanted(IN_TWO_SLOTS, keys=(key(), key(PREVIOUS)), key_generation=3, previous_key="active"),
            False,
            id="in-the-place-of-the-one-before",
        ),
        pytest.param(
            wanted(IN_TWO_SLOTS, keys=(key(), BY_HAND), key_generation=3, previous_key="active"),
            True,
            id="the-one-before-is-gone",
        ),
    ],
)
def test_a_quota_of_keys_that_the_next_up_will_meet_is_found(given: Wanted, full: bool) -> None:
    found = [finding for finding in of_user(given, None) if finding.id == "quota-keys"]
    assert bool(found) is full
    assert all(ORPHAN in finding.sentence for finding in found)


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        pytest.param("eu-west1", "did you mean 'eu-west-1'?", id="dash"),
        pytest.param("EU-WEST-1", "did you mean 'eu-west-1'?", id="capitals"),
        pytest.param("Ireland", "regions are named like", id="name"),
        pytest.param("eu-west-1", None, id="good"),
        pytest.param(None, None, id="in-aws-files"),
    ],
)
def test_a_region_that_does_not_exist_is_found(region: str | None, hint: str | None) -> None:
    found = list(obstacles.of_region(region, {"eu-west-1", "eu-west-2", "us-east-1"}))
    assert [(f.id, hint in f.sentence) for f in found if hint] == ([("region-unknown", True)] if hint else [])
    assert bool(found) is bool(hint)


def test_findings_about_the_account() -> None:
    counts = {"Users": 4999, "UsersQuota": 5000, "Groups": 1, "GroupsQuota": 300}
    assert list(of_account(counts, 1)) == []
    assert [f.id for f in of_account(counts, 2)] == ["quota-users"]
    assert list(of_account({}, 2)) == []
    assert quotas(counts) == ["users: 1 of 5,000 left", "groups: 299 of 300 left"]


def test_of_a_state_without_a_generation_no_step_is_refused() -> None:
    assert list(of_user(wanted(replace(HELD, generation=None), key_generation=3), None)) == []


def test_after_missed_periods_the_first_day_that_keeps_the_key_is_the_calendars() -> None:
    given = by_calendar(replace(GENERATION_2, due=12), 11)
    (finding,) = of_user(given, None)
    keep, replace_it = (str(schedule.first_day(number, 30)) for number in (12, 13))
    assert finding.remedy == f"set rotateFrom to {keep} to keep the key in use, or to {replace_it} to replace it"
