"""Whether a key that is in no state is proved to be the stack's, and who created it."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from s3io_user.aws.connection import Connection
from s3io_user.aws.users import KeyInfo
from s3io_user.doctor.facts import UserFacts
from s3io_user.doctor.findings import after
from s3io_user.doctor.ownership import Circumstances, Maker, Verdict, judge
from s3io_user.doctor.trail import maker_of
from s3io_user.stack.state import UserState
from tests.unit.doctor.users import (
    ADOPTED,
    ANOTHER_ID,
    BEGUN,
    BY_US,
    HELD,
    MOMENT,
    ORPHAN,
    SAVED,
    YOU,
    interrupted,
    key,
    orphan,
)


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


def test_a_key_that_is_proved_is_said_to_be_deleted_without_a_condition() -> None:
    (finding,) = (f for f in after(interrupted(), replace(MOMENT, you=YOU, saved=SAVED)) if f.key == ORPHAN)
    assert finding.proved
    assert finding.remedy.endswith(f"created it with Pulumi; to delete it: s3io-user doctor --fix --key {ORPHAN}")


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
