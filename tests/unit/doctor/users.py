"""Users as a state and as AWS have them, for the tests of doctor."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from s3io_user.aws.users import KeyInfo
from s3io_user.doctor import obstacles
from s3io_user.doctor.facts import Moment, UserFacts
from s3io_user.doctor.ownership import Maker
from s3io_user.doctor.wanted import Wanted
from s3io_user.inputs.checks import resolve
from s3io_user.inputs.fields import FIELDS
from s3io_user.keys import schedule
from s3io_user.stack.state import SlotKey, UserState

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


def wanted(holding: UserState | None = None, *, keys: tuple[KeyInfo, ...] | None = None, **more: Any) -> Wanted:
    inputs = {name: more.pop(name) for name in list(more) if name in FIELDS and name != "buckets"}
    return Wanted("site", resolve({"user_name": "site", **inputs}), holding, keys=keys, **more)


def by_calendar(holding: UserState, due: int) -> Wanted:
    """What the calendar asks for, of a user whose state it has rotated every 30 days but where it says otherwise."""
    held = replace(holding, every_days=holding.every_days or 30)
    given = wanted(held, rotate_every_days=30, rotate_from=str(schedule.first_day(due, 30)), previous_key="active")
    return replace(given, inputs=given.inputs.after(obstacles.last_rotation(held)))


GENERATION_2 = replace(HELD, generation=2, slots={"a": SlotKey(CURRENT, 2)})
