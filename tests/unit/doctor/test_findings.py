"""What doctor makes of facts, what a state holds, and what AWS simulates: without any AWS."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from threading import Event
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from s3io_user.aws.connection import Connection
from s3io_user.aws.users import KeyInfo
from s3io_user.deployer.policy import Deployed, Where, deployer_policy
from s3io_user.doctor import examination, lookups, obstacles
from s3io_user.doctor.findings import Finding, Moment, UserFacts, after, left_over
from s3io_user.doctor.obstacles import Bucket, Wanted, of_account, of_deployer, of_owners, of_user, quotas
from s3io_user.doctor.ownership import Circumstances, Maker, Verdict, judge
from s3io_user.doctor.trail import maker_of
from s3io_user.errors import S3IOError
from s3io_user.inputs.checks import resolve
from s3io_user.inputs.fields import FIELDS
from s3io_user.keys import schedule
from s3io_user.stack.state import Elsewhere, SlotKey, UserState, holdings, read_state

NOW = datetime(2026, 6, 30, tzinfo=timezone.utc)
CURRENT, PREVIOUS, ORPHAN = "AKIACURRENTEXAMPLE", "AKIAPREVIOUSEXAMPLE", "AKIAORPHANEXAMPLE"
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
FULL_CN = "arn:aws-cn:iam::aws:policy/AmazonS3FullAccess"
NOTHING: frozenset[str] = frozenset()
YOU = "arn:aws:sts::123456789012:assumed-role/Deploy/run-7"
ID, ANOTHER_ID = "AIDAOURSEXAMPLE", "AIDATHEIRSEXAMPLE"
HELD = UserState("site", "site", True, {CURRENT: "Active"}, CURRENT, None, NOTHING, NOTHING, NOTHING, unique_id=ID)
BOTH = replace(HELD, keys={CURRENT: "Active", PREVIOUS: "Active"}, previous=PREVIOUS)
ADOPTED = replace(HELD, owned=False)


MOMENT = Moment(NOW, YOU)


def key(key_id: str = CURRENT, age: int = 10, used: int | None = 1, status: str = "Active") -> KeyInfo:
    """A key made, and last used, so many days ago."""
    last = None if used is None else NOW - timedelta(days=used)
    return KeyInfo(key_id, status, NOW - timedelta(days=age), last)


def facts(held: UserState, *keys: KeyInfo, **more: Any) -> UserFacts:
    return UserFacts(held, keys=keys or (key(),), **more)


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        pytest.param(facts(HELD), [], id="well"),
        pytest.param(UserFacts(HELD), [], id="nothing-known-nothing-said"),
        pytest.param(UserFacts(HELD, exists=False), ["user-missing"], id="gone"),
        pytest.param(facts(HELD, key(), key(ORPHAN, 0, None)), ["key-unknown"], id="orphan"),
        pytest.param(facts(HELD, key(status="Inactive")), ["key-switched-off"], id="switched-off"),
        pytest.param(facts(replace(HELD, keys={CURRENT: "Inactive"}), key(status="Inactive")), [], id="meant-off"),
        pytest.param(facts(HELD, key(age=200, used=89)), [], id="used-lately"),
        pytest.param(facts(HELD, key(age=200, used=90)), ["key-unused"], id="unused"),
        pytest.param(facts(HELD, key(age=90, used=None)), ["key-unused"], id="never-used"),
        pytest.param(facts(HELD, key(age=89, used=None)), [], id="new-and-never-used"),
        pytest.param(facts(HELD, key(age=31), rotate_every_days=30), ["key-old"], id="old"),
        pytest.param(facts(HELD, key(age=30), rotate_every_days=30), [], id="due-today"),
        pytest.param(facts(HELD, key(PREVIOUS)), ["key-unknown", "key-missing"], id="another"),
        pytest.param(facts(BOTH, key(), key(PREVIOUS, 50, 10)), ["two-keys-one-idle"], id="moved-on"),
        pytest.param(facts(BOTH, key(), key(PREVIOUS, 50, None)), ["two-keys-one-idle"], id="never-moved-in"),
        pytest.param(facts(BOTH, key(), key(PREVIOUS, 50, 5)), [], id="still-moving"),
        pytest.param(facts(BOTH, key(used=None), key(PREVIOUS, 50, 20)), [], id="not-moved-yet"),
        pytest.param(facts(HELD, attached=frozenset({FULL})), ["full-access-attached"], id="full"),
        pytest.param(facts(HELD, attached=frozenset({FULL_CN})), ["full-access-attached"], id="full-cn"),
        pytest.param(facts(replace(HELD, attached=frozenset({FULL})), attached=frozenset({FULL})), [], id="own-full"),
        pytest.param(facts(HELD, attached=frozenset({"arn:x"})), ["policy-by-hand"], id="attached"),
        pytest.param(facts(HELD, inline=frozenset({"Mine"})), ["policy-by-hand"], id="inline"),
        pytest.param(facts(HELD, groups=frozenset({"team"})), ["group-by-hand"], id="group"),
        pytest.param(facts(HELD, console=True), ["console-access"], id="console"),
        pytest.param(
            facts(ADOPTED, attached=frozenset({"arn:x"}), inline=frozenset({"a"}), groups=frozenset({"g"})),
            [],
            id="adopted-is-its-owner's",
        ),
        pytest.param(facts(ADOPTED, attached=frozenset({FULL})), ["full-access-attached"], id="adopted-full"),
    ],
)
def test_findings_about_a_user(given: UserFacts, ids: list[str]) -> None:
    found = list(after(given, MOMENT))
    assert [finding.id for finding in found] == ids
    assert all(finding.sentence and finding.remedy and finding.user == "site" for finding in found)


def test_a_user_that_may_replace_its_own_key_may_have_done_so() -> None:
    unknown, gone = after(facts(HELD, key(PREVIOUS), rotates_itself=True), MOMENT)

    assert unknown.remedy.startswith("selfService lets the user create keys, so the application may be using this one.")
    assert gone.remedy.startswith("if the application replaced it (selfService), set createAccessKey to false")
    assert not unknown.proved
    assert next(iter(after(facts(HELD, key(PREVIOUS)), MOMENT))).remedy.startswith("it has been used")


SAVED = NOW - timedelta(minutes=20)
BEGUN = replace(HELD, keys_begun=1)
BY_US = Maker("arn:aws:sts::123456789012:assumed-role/Deploy/run-6", "APN/1.0 Pulumi/1.0 (+https://www.pulumi.com)")
RIGHTS = {"attached": NOTHING, "inline": NOTHING, "groups": NOTHING}


def orphan(after_saved: float = 1.0, used: int | None = None) -> KeyInfo:
    """A key that no state knows, made so many seconds after the state was last written."""
    last = None if used is None else NOW - timedelta(days=used)
    return KeyInfo(ORPHAN, "Active", SAVED + timedelta(seconds=after_saved), last)


def interrupted(held: UserState = BEGUN, *keys: KeyInfo, maker: Maker | None = BY_US, **more: Any) -> UserFacts:
    """A user of whom an update was interrupted while it made a key."""
    makers = {ORPHAN: maker} if maker else {}
    return UserFacts(held, keys=keys or (key(), orphan()), makers=makers, **{"unique_id": ID, **RIGHTS, **more})


@pytest.mark.parametrize(
    ("given", "saved", "why"),
    [
        pytest.param(interrupted(), SAVED, "nobody has its secret", id="proved"),
        pytest.param(interrupted(BEGUN, key(), orphan(-29)), SAVED, "nobody has its secret", id="state-written-later"),
        pytest.param(interrupted(HELD), SAVED, "nothing shows that this stack created it", id="not-interrupted"),
        pytest.param(interrupted(), None, "nothing shows that this stack created it", id="no-time"),
        pytest.param(interrupted(BEGUN, key(), orphan(31)), SAVED, "this key was created at", id="made-later"),
        pytest.param(interrupted(BEGUN, key(), orphan(-31)), SAVED, "this key was created at", id="made-before"),
        pytest.param(interrupted(BEGUN, key(), orphan(1, 0)), SAVED, "somebody has its secret", id="used"),
        pytest.param(interrupted(replace(BEGUN, owned=False)), SAVED, "did not create this user", id="adopted"),
        pytest.param(
            interrupted(replace(BEGUN, unique_id=None)),
            SAVED,
            "that the stack created is not known",
            id="id-not-in-state",
        ),
        pytest.param(interrupted(unique_id=None), SAVED, "that the stack created is not known", id="id-not-seen"),
        pytest.param(
            interrupted(BEGUN, orphan(), key("AKIATHIRDEXAMPLE", 0, None)),
            SAVED,
            "can't have created all of these",
            id="two",
        ),
        pytest.param(interrupted(inline=frozenset({"b"})), SAVED, "somebody else gives", id="inline-by-another"),
        pytest.param(interrupted(attached=frozenset({"b"})), SAVED, "somebody else gives", id="attached-by-another"),
        pytest.param(interrupted(groups=frozenset({"b"})), SAVED, "somebody else gives", id="group-by-another"),
        pytest.param(interrupted(inline=None), SAVED, "somebody else gives", id="rights-not-seen"),
        pytest.param(interrupted(maker=None), SAVED, "most likely that update's", id="maker-not-seen"),
        pytest.param(
            interrupted(maker=Maker(BY_US.arn, "aws-cli/2.1")), SAVED, "not created by you", id="not-by-pulumi"
        ),
        pytest.param(
            interrupted(maker=Maker("arn:aws:iam::123456789012:user/her", BY_US.agent)),
            SAVED,
            "not created by you",
            id="colleague",
        ),
        pytest.param(interrupted(BEGUN, key(), orphan(30)), SAVED, "nobody has its secret", id="at-the-last-moment"),
        pytest.param(
            interrupted(maker=Maker(BY_US.arn.replace("Deploy", "Other"), BY_US.agent)),
            SAVED,
            "not created by you",
            id="role",
        ),
    ],
)
def test_a_key_is_proved_to_be_the_stacks_own_only_by_everything_together(
    given: UserFacts, saved: datetime | None, why: str
) -> None:
    found = [f for f in after(given, replace(MOMENT, saved=saved)) if f.key == ORPHAN]
    assert [f.id for f in found] == ["key-unknown"]
    assert why in found[0].remedy
    assert found[0].proved is (why == "nobody has its secret")
    assert f"s3io-user doctor --fix --key {ORPHAN}" in found[0].remedy
    assert f"{ORPHAN} (Active, " in found[0].sentence


def test_who_made_a_key_is_said_where_cloudtrail_has_it() -> None:
    (finding,) = after(interrupted(HELD, maker=Maker("arn:aws:iam::123456789012:user/her", "console")), MOMENT)
    assert "CloudTrail shows that arn:aws:iam::123456789012:user/her created it, and not with Pulumi" in finding.remedy


@pytest.mark.parametrize(
    ("maker", "you", "proved"),
    [
        ("arn:aws:iam::123456789012:user/team/you", "arn:aws:iam::123456789012:user/team/you", True),
        ("arn:aws:iam::123456789012:user/team/her", "arn:aws:iam::123456789012:user/team/you", False),
        (BY_US.arn, YOU, True),
    ],
)
def test_only_a_session_s_name_may_differ_from_run_to_run(maker: str, you: str, proved: bool) -> None:
    given = interrupted(maker=Maker(maker, BY_US.agent))
    (finding,) = (f for f in after(given, replace(MOMENT, you=you, saved=SAVED)) if f.key == ORPHAN)
    assert finding.proved is proved


AN_UPDATE = f"an update of this stack was interrupted at {SAVED:%H:%M:%S} UTC while it created a key for this user"
NO_SIGN = "nothing shows that this stack created it: it may be a colleague's or another stack's, so ask them"
BY_HER = f"; CloudTrail shows that {YOU} created it, and not with Pulumi"


@pytest.mark.parametrize(
    ("held", "found", "more", "reason"),
    [
        pytest.param(BEGUN, orphan(), {}, "an update of this stack was interrupted just after it created the key: "
                     f"nobody has its secret; CloudTrail shows that {BY_US.arn} created it with Pulumi", id="proved"),
        pytest.param(BEGUN, orphan(1, 0), {"maker": None}, "it has been used, so somebody has its secret: find out who",
                     id="used"),
        pytest.param(ADOPTED, orphan(), {"maker": None}, "the stack did not create this user, so the key may be its "
                     "owner's or another stack's: ask them", id="adopted"),
        pytest.param(BEGUN, orphan(), {"maker": None, "same_user": False}, "whether AWS's user is the one that the "
                     "stack created is not known: ask who created the key", id="id"),
        pytest.param(HELD, orphan(), {"maker": None}, NO_SIGN, id="nothing"),
        pytest.param(HELD, orphan(), {"maker": Maker(YOU, "aws-cli")}, f"{NO_SIGN}{BY_HER}", id="nothing-but-a-maker"),
        pytest.param(BEGUN, orphan(60), {"maker": None}, f"{AN_UPDATE} on 2026-06-29, but this key was created at "
                     "23:41:00: ask who created it", id="time"),
        pytest.param(BEGUN, orphan(), {"maker": None, "unknown_keys": 2}, f"{AN_UPDATE}, but it can't have created all "
                     "of these keys: ask who created them", id="two"),
        pytest.param(BEGUN, orphan(), {"maker": None, "others_at_work": True}, f"{AN_UPDATE}, but somebody else gives "
                     "this user permissions, so the key may be theirs: ask them", id="others"),
        pytest.param(BEGUN, orphan(), {"maker": None}, "an update of this stack was interrupted while it created a key "
                     "for this user, and this key was created at that time, so it is most likely that update's. "
                     "CloudTrail does not show yet who created it: that can take up to 15 minutes. Make sure that "
                     "nobody else created a key for this user at that time", id="no-maker"),
        pytest.param(BEGUN, orphan(), {"maker": Maker(YOU, "aws-cli")}, f"it was not created by you ({YOU}) with "
                     f"Pulumi: ask whoever created it{BY_HER}", id="maker"),
    ],
)  # fmt: skip
def test_why_a_key_is_proved_or_not_is_one_sentence(
    held: UserState, found: KeyInfo, more: dict[str, Any], reason: str
) -> None:
    about: dict[str, Any] = {"same_user": True, "unknown_keys": 1, "saved": SAVED, "others_at_work": False}
    verdict = judge(held, found, Circumstances(**{**about, "you": YOU, "maker": BY_US, **more}))
    assert verdict == Verdict(reason.startswith("an update of this stack was interrupted just after"), reason)


def test_of_a_user_that_is_not_the_stacks_by_its_unique_id_no_key_is_offered() -> None:
    found = list(after(interrupted(unique_id=ANOTHER_ID), replace(MOMENT, saved=SAVED)))
    assert [(f.id, f.key, f.proved) for f in found] == [("user-replaced", None, False)]
    assert ANOTHER_ID in found[0].sentence


def wanted(holding: UserState | None = None, *, keys: tuple[KeyInfo, ...] | None = None, **more: Any) -> Wanted:
    inputs = {name: more.pop(name) for name in list(more) if name in FIELDS and name != "buckets"}
    return Wanted("site", resolve({"user_name": "site", **inputs}), holding, keys=keys, **more)


@pytest.mark.parametrize(("access", "named"), [("optimizer", True), ("read-write", False), ("backup", False)])
def test_allow_acl_is_a_remedy_only_where_the_preset_has_it(access: str, named: bool) -> None:
    given = wanted(access=access, buckets={"photos": Bucket(True, None, True)})
    assert [("allowAcl" in finding.remedy) for finding in of_user(given, "us-east-1")] == [named]


def by_calendar(holding: UserState, due: int) -> Wanted:
    """What the calendar asks for, of a user whose state it has rotated every 30 days but where it says otherwise."""
    held = replace(holding, every_days=holding.every_days or 30)
    given = wanted(held, rotate_every_days=30, rotate_from=str(schedule.first_day(due, 30)), previous_key="active")
    return replace(given, inputs=given.inputs.after(obstacles.last_rotation(held)))


GENERATION_2 = replace(HELD, generation=2, slots={"a": SlotKey(CURRENT, 2)})
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
    assert [f.id for f in of_deployer(["iam:CreateUser"])] == ["not-allowed"]
    assert list(of_deployer([])) == []
    assert quotas(counts) == ["users: 1 of 5,000 left", "groups: 299 of 300 left"]


def resource(kind: str, name: str = "site", **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:test::s3io-user::{kind}::{name}", "type": kind, **more}


KEY, USER, COMPONENT = "aws:iam/accessKey:AccessKey", "aws:iam/user:User", "s3io-user:index:S3IOUser"


def state(*resources: dict[str, Any], pending: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    operations = [{"resource": each, "type": "creating"} for each in pending]
    return {"version": 3, "deployment": {"resources": list(resources), "pending_operations": operations}}


def test_what_a_state_holds() -> None:
    outputs = {"userName": "site", "accessKeyId": CURRENT, "previousAccessKeyId": PREVIOUS, "keyGeneration": 2}
    exported = state(
        resource(COMPONENT, outputs=outputs, inputs={"keyGeneration": 2}),
        resource(USER, outputs={"name": "site", "uniqueId": ID}),
        resource(KEY, "site-a", id=CURRENT, replacementTrigger=2.0, outputs={"user": "site", "status": "Active"}),
        resource(KEY, "site-b", id=PREVIOUS, delete=True, outputs={"user": "site", "status": "Inactive"}),
        resource("aws:iam/userPolicy:UserPolicy", outputs={"user": "site", "name": "S3Access"}),
        resource("aws:iam/userPolicyAttachment:UserPolicyAttachment", outputs={"user": "site", "policyArn": FULL}),
        resource("aws:iam/userGroupMembership:UserGroupMembership", outputs={"user": "site", "groups": ["g"]}),
        resource("aws:iam/policy:Policy", id="arn:own"),
    )
    (held,) = holdings(exported)
    assert held == UserState(
        "site", "site", True, {CURRENT: "Active", PREVIOUS: "Inactive"}, CURRENT, PREVIOUS,
        frozenset({FULL}), frozenset({"S3Access"}), frozenset({"g"}), ID, generation=2,
        slots={"a": SlotKey(CURRENT, 2)},
    )  # fmt: skip
    found = read_state(exported)
    assert (found.holdings, found.held, found.key_ids) == ((held,), (held,), {CURRENT, PREVIOUS})
    assert (found.policy_arns, found.saved, found.begun) == ({"arn:own"}, None, ())


def test_an_update_that_was_killed_while_it_made_a_key_still_names_the_user() -> None:
    exported = state(
        resource(USER, outputs={"name": "site", "uniqueId": ID}, parent="urn:c"),
        {**resource(COMPONENT), "urn": "urn:c::site"},
        pending=(resource(KEY, "site-b", inputs={"user": "site"}),),
    )
    exported["deployment"]["manifest"] = {"time": "2026-06-29T23:40:00.123456789Z"}
    found = read_state(exported)
    (held,) = found.holdings
    assert (held.user, held.owned, held.unique_id, held.keys, held.keys_begun) == ("site", True, ID, {}, 1)
    assert found.saved == datetime(2026, 6, 29, 23, 40, 0, 123456, timezone.utc)
    assert found.begun == ("creating AccessKey 'site-b'",)
    assert [f.id for f in obstacles.of_state(found)] == ["update-interrupted"]


def test_a_user_that_an_update_was_killed_while_making_is_not_the_stacks() -> None:
    (held,) = holdings(state(pending=(resource(USER, inputs={"name": "theirs"}),)))
    assert (held.owned, held.being_made, held.begun_only, held.unique_id) == (False, True, True, None)


def test_a_user_that_a_program_only_reads_is_not_the_stacks() -> None:
    (held,) = holdings(state(resource(USER, outputs={"name": "theirs", "uniqueId": ID}, external=True)))
    assert (held.owned, held.unique_id) == (False, None)


def test_what_an_interrupted_update_was_about_is_held() -> None:
    asked = resource(KEY, "site-b", inputs={"user": "adopted"})
    switching = resource(KEY, "site-a", id=CURRENT, outputs={"user": "adopted", "status": "Active"})
    exported = state(pending=(asked, switching))
    (held,) = holdings(exported)
    assert (held.user, held.owned, held.being_made, held.begun_only) == ("adopted", False, False, True)
    assert held.keys == {CURRENT: "Active"}
    assert read_state(exported).key_ids == {CURRENT}


def test_a_key_that_only_an_output_names_is_known() -> None:
    nested = {"users": {"a": {"accessKeyId": CURRENT}, "b": {"previousAccessKeyId": PREVIOUS}}}
    assert read_state(state(resource("pulumi:pulumi:Stack", outputs=nested))).key_ids == {CURRENT, PREVIOUS}


@pytest.mark.parametrize("exported", [{}, {"deployment": {}}, {"deployment": {"resources": None}}], ids=str)
def test_a_stack_before_its_first_update_holds_nothing(exported: dict[str, Any]) -> None:
    assert (holdings(exported), read_state(exported).key_ids) == ([], NOTHING)


@pytest.mark.parametrize(
    ("provider", "found"),
    [
        pytest.param("default_7_51_1::id", ["other-account"], id="the-stacks-own-credentials"),
        pytest.param("customer::id", [], id="a-provider-of-the-programs"),
    ],
)
def test_a_user_in_another_account_is_never_looked_up_in_this_one(provider: str, found: list[str]) -> None:
    arn = "arn:aws:iam::999999999999:user/site"
    exported = state(
        resource(COMPONENT, outputs={"userName": "site", "userArn": arn}),
        resource(
            USER,
            outputs={"name": "site", "arn": arn},
            parent=f"urn:pulumi:test::s3io-user::{COMPONENT}::site",
            provider=f"urn:pulumi:test::s3io-user::pulumi:providers:aws::{provider}",
        ),
    )
    there = read_state(exported, "123456789012")
    assert (there.holdings, {each.account for each in there.elsewhere}) == ((), {"999999999999"})
    assert [f.id for f in obstacles.of_elsewhere(there.elsewhere[:1], "123456789012")] == found
    assert len(read_state(exported, "999999999999").holdings) == 1


IAM: Any = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


class Operator(Connection):
    """Reaches a stubbed IAM."""

    def client(self, service: str) -> Any:
        assert service == "iam"
        return IAM


@pytest.mark.parametrize(
    ("you", "principal"),
    [
        pytest.param("arn:aws:iam::123456789012:user/me", "arn:aws:iam::123456789012:user/me", id="user"),
        pytest.param(
            "arn:aws:sts::123456789012:assumed-role/Deploy/me", "arn:aws:iam::123456789012:role/x/Deploy", id="role"
        ),
    ],
)
def test_aws_is_asked_whether_you_may_do_what_up_needs(you: str, principal: str) -> None:
    document = deployer_policy([Deployed("site", resolve({"force_destroy": False}))], Where("123456789012"))
    assert [statement["Sid"] for statement in document["Statement"]] == ["MakeUser", "MakeKeys"]
    with Stubber(IAM) as stub:
        if "/Deploy/" in you:
            role = {"RoleName": "Deploy", "Arn": principal, "Path": "/x/", "RoleId": "AROA567890EXAMPLE"}
            stub.add_response("get_role", {"Role": {**role, "CreateDate": NOW}}, {"RoleName": "Deploy"})
        for statement, decision in zip(document["Statement"], ("allowed", "implicitDeny"), strict=True):
            asked = {
                "PolicySourceArn": principal,
                "ActionNames": statement["Action"],
                "ResourceArns": statement["Resource"],
                "ContextEntries": [],
            }
            answers = [{"EvalActionName": action, "EvalDecision": decision} for action in statement["Action"]]
            stub.add_response("simulate_principal_policy", {"EvaluationResults": answers}, asked)
        refused = lookups.denied(Operator(), you, document)
        stub.assert_no_pending_responses()
    assert refused == ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys"]


def test_root_is_bound_by_no_policy() -> None:
    assert lookups.denied(Operator(), "arn:aws:iam::123456789012:root", {"Statement": []}) == []


def test_looking_up_many_is_bounded_and_what_is_left_is_named_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = lookups.Lookups(Operator(), lambda _: None, within=1.0)
    stop, looked = Event(), Counter[str]()

    class Pool(ThreadPoolExecutor):
        """Lets go of what hangs only when it is given up."""

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(False, cancel_futures=cancel_futures)
            stop.set()
            super().shutdown(wait)

    def look(number: int) -> int:
        looked["buckets"] += 1
        if number >= 20:
            stop.wait(60)
        return number

    monkeypatch.setattr(lookups, "ThreadPoolExecutor", Pool)
    assert asked.each("buckets", range(5_000), look) == list(range(20))
    assert asked.unknown == ["4,980 of 5,000 buckets: 1 seconds were not enough"]
    assert looked["buckets"] <= 30, "what was not begun by then never is"
    assert lookups.Lookups(Operator(), lambda _: None).each("buckets", range(50), lambda n: n) == list(range(50))


def test_progress_is_said_while_many_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "_SPEAK_EVERY", 0.0)
    said: list[str] = []
    lookups.Lookups(Operator(), said.append).each("buckets", range(3), lambda n: n)
    assert said[-1] == "looked up 3 of 3 buckets …"


def test_progress_is_said_while_the_first_of_many_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "_SPEAK_EVERY", 0.0)
    first_may_end = Event()
    said: list[str] = []

    def progress(sentence: str) -> None:
        said.append(sentence)
        if "2 of 3" in sentence:
            first_may_end.set()

    def look(number: int) -> int:
        assert number != 0 or first_may_end.wait(60)
        return number

    assert lookups.Lookups(Operator(), progress).each("users", range(3), look) == [0, 1, 2]
    assert "looked up 2 of 3 users …" in said


def test_the_more_there_are_the_longer_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "WITHIN", 0.0)
    asked = lookups.Lookups(Operator(), lambda _: None)
    assert len(asked.each("users", range(60), lambda number: number)) == 60

    monkeypatch.setattr(lookups, "FOR_EACH", 0.0)
    assert asked.each("users", range(2), lambda number: number) == []
    assert asked.unknown == ["2 of 2 users: 0 seconds were not enough"]


def event(key_id: str = ORPHAN, **more: Any) -> dict[str, Any]:
    said = {
        "userIdentity": {"arn": YOU},
        "userAgent": BY_US.agent,
        "responseElements": {"accessKey": {"accessKeyId": key_id}},
        **more,
    }
    return {"EventId": "1", "EventName": "CreateAccessKey", "CloudTrailEvent": json.dumps(said)}


TRAIL: Any = boto3.client("cloudtrail", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


class Auditor(Connection):
    """Reaches a stubbed CloudTrail, where it is asked in the region that keeps IAM's events."""

    def client(self, service: str) -> Any:
        assert service == "cloudtrail"
        assert self.region == "cn-north-1"
        return TRAIL


@pytest.mark.parametrize(
    ("events", "maker"),
    [
        pytest.param([], None, id="none-yet"),
        pytest.param([event("AKIAOTHEREXAMPLE"), event()], Maker(YOU, BY_US.agent), id="among-others"),
        pytest.param([event(responseElements=None)], None, id="a-refused-call"),
        pytest.param([{**event(), "CloudTrailEvent": "<html>"}], None, id="unreadable"),
        pytest.param([event(userIdentity={"type": "AWSService"})], None, id="no-arn"),
    ],
)
def test_cloudtrail_is_asked_who_made_a_key(events: list[dict[str, Any]], maker: Maker | None) -> None:
    made = orphan()
    asked = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateAccessKey"}],
        "StartTime": made.created - timedelta(minutes=1),
        "EndTime": made.created + timedelta(minutes=1),
    }
    with Stubber(TRAIL) as stub:
        stub.add_response("lookup_events", {"Events": events}, asked)
        assert maker_of(Auditor(), "aws-cn", made) == maker


BY_HAND_FOUND = Finding("key-unknown", "site", "a key", "ask who made it", key=ORPHAN)
PROVED = replace(BY_HAND_FOUND, proved=True)
LOCKED = Finding("stack-locked", "", "the stack is locked", "pulumi cancel")
RUNNING = Finding("update-running", "", "an update is running", "wait for its end")


@pytest.mark.parametrize(
    ("again", "held", "named", "refusal"),
    [
        pytest.param([PROVED], (), False, None, id="proved"),
        pytest.param([BY_HAND_FOUND], (), True, None, id="named"),
        pytest.param([BY_HAND_FOUND], (), False, "ask who made it", id="no-more-proved"),
        pytest.param([], (), True, "the stack holds it, or AWS does not have it any more", id="gone"),
        pytest.param([PROVED], (ORPHAN,), True, "by now the stack holds it", id="held-by-now"),
        pytest.param([PROVED, RUNNING], (), True, "an update is running; wait for its end", id="running"),
        pytest.param([PROVED, LOCKED], (), True, "the stack is locked; pulumi cancel", id="locked"),
        pytest.param([replace(PROVED, key="AKIATHIRDEXAMPLE")], (), True, "does not have it any more", id="another"),
    ],
)
def test_a_key_is_removed_only_after_a_last_look(
    again: list[Finding], held: tuple[str, ...], named: bool, refusal: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[examination.Options] = []
    removed: list[tuple[Any, ...]] = []

    class Again:
        """What a second examination comes to."""

        state = SimpleNamespace(key_ids=frozenset(held))

        def __init__(self, options: examination.Options, _: Any) -> None:
            looked.append(options)

        def report(self) -> examination.Report:
            return examination.Report(YOU, tuple(again), ())

        def access_to_key(self, key: str) -> str:
            return f"the account of {key}"

    monkeypatch.setattr(examination, "Examination", Again)
    monkeypatch.setattr(lookups, "remove_key", lambda *asked: removed.append(asked))
    options = examination.Options("prod", unused_days=30)
    if refusal is None:
        examination.remove(options, PROVED, named=named)
    else:
        with pytest.raises(S3IOError, match=f"the key {ORPHAN} was not removed: .*{refusal}"):
            examination.remove(options, PROVED, named=named)
    assert removed == ([] if refusal else [(f"the account of {ORPHAN}", "site", ORPHAN)])
    assert looked == [replace(options, user="site")]


# What is said of the cases above, each with what to do: ages are of today.
TEXTS = {
    ("gone", "user-missing"): (
        "the stack's state has this user, but AWS has no user of that name: run pulumi up --refresh to create it "
        "again, or pulumi destroy to remove it from the state"
    ),
    ("orphan", "key-unknown"): (
        "the key AKIAORPHANEXAMPLE (Active, N days old, never used) is not in the stack's state, and counts as one of "
        "the two that AWS allows: whether AWS's user is the one that the stack created is not known: ask who created "
        "the key; if nobody needs it, delete it: s3io-user doctor --fix --key AKIAORPHANEXAMPLE"
    ),
    ("switched-off", "key-switched-off"): (
        "the key AKIACURRENTEXAMPLE (Inactive, N days old, last used on 2026-06-29) is inactive, but the stack's state "
        "has it as Active: run pulumi up --refresh to make it active, or set keyStatus to Inactive"
    ),
    ("unused", "key-unused"): (
        "the key AKIACURRENTEXAMPLE (Active, N days old, last used on 2026-04-01) has not been used "
        "for 90 days or more: if nobody needs it, set createAccessKey to false, or run pulumi destroy"
    ),
    ("old", "key-old"): (
        "the key AKIACURRENTEXAMPLE (Active, N days old, last used on 2026-06-29) is older than the "
        "30 days of rotateEveryDays: run pulumi up, which replaces it, and find out why the scheduled update did not"
    ),
    ("another", "key-unknown"): (
        "the key AKIAPREVIOUSEXAMPLE (Active, N days old, last used on 2026-06-29) is not in the stack's state, and "
        "counts as one of the two that AWS allows: it has been used, so somebody has its secret: find out who; if "
        "nobody needs it, delete it: s3io-user doctor --fix --key AKIAPREVIOUSEXAMPLE"
    ),
    ("another", "key-missing"): (
        "the key AKIACURRENTEXAMPLE is in the stack's state, but not in AWS: run pulumi up --refresh, which creates a "
        "new one"
    ),
    ("moved-on", "two-keys-one-idle"): (
        "the previous key AKIAPREVIOUSEXAMPLE (Active, N days old, last used on 2026-06-20) has not been "
        "used since the current key, AKIACURRENTEXAMPLE (Active, N days old, last used on "
        "2026-06-29), was created: set previousKey to removed and run pulumi up"
    ),
    ("full", "full-access-attached"): (
        "AmazonS3FullAccess is attached, and not by the stack: it allows everything in S3, whatever the stack's own "
        "policy allows: set exclusive to true and run pulumi up --refresh, or: aws iam "
        "detach-user-policy --user-name 'site' --policy-arn "
        "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    ),
    ("attached", "policy-by-hand"): (
        "the policy arn:x is attached, and not by the stack: set exclusive to true and "
        "run pulumi up --refresh, or: aws iam detach-user-policy --user-name 'site' --policy-arn "
        "arn:x"
    ),
    ("inline", "policy-by-hand"): (
        "the inline policy 'Mine' is not the stack's: set exclusive to true and run pulumi up "
        "--refresh, or: aws iam delete-user-policy --user-name 'site' --policy-name 'Mine'"
    ),
    ("group", "group-by-hand"): (
        "the user is in the group 'team', and the stack did not add it: aws iam "
        "remove-user-from-group --user-name 'site' --group-name 'team'"
    ),
    ("console", "console-access"): (
        "the user has a console password, and needs an access key only: aws iam delete-login-profile --user-name 'site'"
    ),
    ("name", "name-taken"): (
        "the account has a user 'Site' already, created on 2026-06-30 at 00:00:00 UTC (IAM ignores case "
        "in names): choose another userName, or adopt it with existingUser; only if an interrupted "
        "update of this stack made it at that time: aws iam delete-user --user-name 'Site'"
    ),
    ("group", "group-missing"): ("the group 'g' does not exist: create it, or correct groups"),
    ("source", "copy-source-missing"): ("copyPermissionsFrom names 'u', and AWS has no such user: correct it"),
    ("boundary", "boundary-missing"): (
        "the permissions boundary b does not exist: create it, or correct permissionsBoundary"
    ),
    ("policy", "policy-missing"): ("the policy p does not exist: create it, or correct policyArns"),
    ("user", "user-missing"): ("existingUser names 'u', and AWS has no such user: correct existingUser"),
    ("b", "bucket-missing"): ("the bucket 'b' does not exist: create it, or correct buckets"),
    ("acls", "bucket-acls"): (
        "the bucket 'b' still uses ACLs, and the key may not set them: images that it overwrites go "
        "private: set the bucket's object ownership to BucketOwnerEnforced, or allowAcl to true"
    ),
    ("another-region", "bucket-region"): (
        "the bucket 'b' is in eu-west-1, and the stack in us-east-1: the credentials tell the site "
        "us-east-1: run pulumi config set aws:region eu-west-1, or give the site the bucket's own "
        "region"
    ),
    ("generation-below", "generation-refused"): (
        "pulumi up will refuse the step from generation 2 to 1: keyGeneration must not go down (from "
        "2 to 1): set keyGeneration to 2 to keep the key in use, or to 3 to replace it"
    ),
    ("generation-jump", "generation-refused"): (
        "pulumi up will refuse the step from generation 2 to 4: keyGeneration must go up by one at a "
        "time while the previous key is kept (from 2 to 4): set keyGeneration to 2 to keep the key "
        "in use, or to 3 to replace it"
    ),
    ("generation-unsettled", "generation-refused"): (
        "pulumi up will refuse the step from generation 2 to 3: keyGeneration must stay 2 until an "
        "update with it succeeds: run pulumi up with 2 again, or set 1 to undo the raise"
    ),
    ("to-adopt-with-two-keys", "quota-keys"): (
        "the next pulumi up creates an access key, and AWS allows 2: the user has AKIAORPHANEXAMPLE "
        "(Active, N days old, last used on 2026-06-29), AKIATHIRDEXAMPLE (Active, N days old, last "
        "used on 2026-06-29): find out which nobody needs, then: aws iam delete-access-key "
        "--user-name 'site' --access-key-id ID"
    ),
    ("rotation", "quota-keys"): (
        "the next pulumi up creates an access key, and AWS allows 2: the user has AKIACURRENTEXAMPLE "
        "(Active, N days old, last used on 2026-06-29), AKIAORPHANEXAMPLE (Active, N days old, last "
        "used on 2026-06-29): find out which nobody needs, then: aws iam delete-access-key "
        "--user-name 'site' --access-key-id AKIAORPHANEXAMPLE"
    ),
}


def cases(test: Any) -> dict[str, Any]:
    """The cases of a test, by their ids."""
    (marked,) = (mark for mark in test.pytestmark if mark.name == "parametrize")
    return {str(case.id): case.values[0] for case in marked.args[1]}


@pytest.mark.parametrize(("case", "finding"), TEXTS, ids="-".join)
def test_each_finding_says_what_is_and_what_to_do(case: str, finding: str) -> None:
    tests = (
        test_findings_about_a_user,
        test_findings_before_an_up,
        test_a_quota_of_keys_that_the_next_up_will_meet_is_found,
    )
    given = [found[case] for found in map(cases, tests) if case in found]
    said = [
        re.sub(r"\d+ days old", "N days old", f"{each.sentence}: {each.remedy}")
        for one in given
        for each in (of_user(one, "us-east-1") if isinstance(one, Wanted) else after(one, MOMENT))
        if each.id == finding
    ]
    assert said == [TEXTS[case, finding]]


def test_what_the_stack_the_account_and_what_is_left_over_come_to() -> None:
    state = read_state({"deployment": {}})
    begun = replace(state, begun=tuple(f"creating User '{number}'" for number in range(7)))
    few = replace(state, begun=("creating User 'site'",))
    elsewhere = [Elsewhere(name, "210987654321", name == "site", "") for name in ("site", "blog")]
    interrupted_ = "an update was interrupted, and whether AWS did this is not in the state: "
    first = "fix the other findings first, then run pulumi refresh --clear-pending-creates"

    assert list(of_deployer([])) == list(obstacles.of_state(state)) == []
    assert list(of_deployer(["iam:CreateUser", "iam:TagUser"])) == [
        Finding("not-allowed", "", "these credentials may not: iam:CreateUser, iam:TagUser",
                "give them what s3io-user deployer-policy prints")
    ]  # fmt: skip
    assert obstacles.of_profile("shop") == Finding(
        "profile-missing", "", "there is no AWS profile 'shop' in AWS's files",
        "correct aws:profile in the config, or AWS_PROFILE; aws configure list-profiles shows what there "
        "is")  # fmt: skip
    assert list(obstacles.of_elsewhere(elsewhere, "123456789012")) == [
        Finding("other-account", "site", "the state has it in the account 210987654321, and these credentials are of "
                "the account 123456789012: pulumi up would change the wrong account",
                "use credentials of 210987654321: see AWS_PROFILE, and aws:profile in config")
    ]  # fmt: skip
    assert list(obstacles.of_state(few)) == [
        Finding("update-interrupted", "", f"{interrupted_}creating User 'site'", first)
    ]
    (finding,) = obstacles.of_state(begun)
    assert finding.sentence == interrupted_ + ", ".join(begun.begun[:5]) + " and 2 more"
    assert [f.id for f in of_account({"UsersQuota": 1}, 2)] == ["quota-users"]
    assert list(left_over(["site-1234567"], ["arn:aws:iam::123456789012:policy/site-1234567"])) == [
        Finding("user-left-over", "site-1234567", "the user has a name as Pulumi chooses it for this stack, has no "
                "key, and is not in the stack's state",
                "if it is in no other stack: aws iam delete-user --user-name 'site-1234567'"),
        Finding("policy-left-over", "", "the policy arn:aws:iam::123456789012:policy/site-1234567 has a name as Pulumi "
                "chooses it for this stack, is attached to nobody, and is not in the stack's state", "if it is in no "
                "other stack: aws iam delete-policy --policy-arn arn:aws:iam::123456789012:policy/site-1234567"),
    ]  # fmt: skip


def test_a_finding_as_json() -> None:
    found = Finding("key-unknown", "site", "a sentence", "what to do", ORPHAN, proved=True)
    of_key = {"id": "key-unknown", "user": "site", "sentence": "a sentence", "remedy": "what to do", "key": ORPHAN}
    assert found.as_json() == of_key
    assert replace(found, user="", key=None).as_json() == {**of_key, "user": None, "key": None}


def test_a_key_that_is_proved_is_said_to_be_deleted_without_a_condition() -> None:
    (finding,) = (f for f in after(interrupted(), replace(MOMENT, you=YOU, saved=SAVED)) if f.key == ORPHAN)
    assert finding.proved
    assert finding.remedy.endswith(f"created it with Pulumi; to delete it: s3io-user doctor --fix --key {ORPHAN}")


def test_of_a_state_without_a_generation_no_step_is_refused() -> None:
    assert list(of_user(wanted(replace(HELD, generation=None), key_generation=3), None)) == []


def test_after_missed_periods_the_first_day_that_keeps_the_key_is_the_calendars() -> None:
    given = by_calendar(replace(GENERATION_2, due=12), 11)
    (finding,) = of_user(given, None)
    keep, replace_it = (str(schedule.first_day(number, 30)) for number in (12, 13))
    assert finding.remedy == f"set rotateFrom to {keep} to keep the key in use, or to {replace_it} to replace it"
