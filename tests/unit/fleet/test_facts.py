"""What is said of keys, of when they are due, and of what was not looked at."""

from dataclasses import replace
from datetime import date, datetime, timezone

import pytest

from s3io_user.aws.users import KeyInfo
from s3io_user.doctor.facts import Finding
from s3io_user.fleet.facts import Due, FleetKey, FleetStack, FleetUser, as_dict, due_by_age, keys_of, of_user
from s3io_user.fleet.inventory import StackUser, stack_users
from tests.unit.fleet.states import component, exported, key_id

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
CURRENT = key_id("blog")


def blog(**inputs: object) -> StackUser:
    (user,) = stack_users(exported(*component("blog", inputs=inputs)))
    return user


def test_a_key_is_what_the_state_and_aws_have_of_it() -> None:
    used = datetime(2026, 2, 1, tzinfo=timezone.utc)
    mine, theirs = KeyInfo(CURRENT, "Inactive", NOW, used), KeyInfo("AKIAFOREIGNEXAMPLE", "Active", NOW, None)
    first, second = keys_of(blog(), [theirs, mine])

    assert first == FleetKey(CURRENT, "current", 1, "Inactive", NOW, used, in_aws=True)
    assert second == FleetKey("AKIAFOREIGNEXAMPLE", "not the stack's", None, "Active", NOW, None, in_aws=True)


def test_a_key_that_aws_does_not_have_and_one_that_it_was_not_asked_of_differ() -> None:
    (gone,), (unasked,) = keys_of(blog(), []), keys_of(blog(), None)

    assert (gone.status, gone.in_aws) == ("not in AWS", False)
    assert (unasked.status, unasked.in_aws, unasked.last_used) == ("Active", None, None)


@pytest.mark.parametrize(
    ("every", "older_than", "due"),
    [
        pytest.param(None, None, Due(), id="no-schedule"),
        pytest.param(31, None, Due(date(2026, 2, 1), now=True), id="past"),
        pytest.param(59, None, Due(date(2026, 3, 1), now=True), id="today"),
        pytest.param(60, None, Due(date(2026, 3, 2)), id="tomorrow"),
        pytest.param(None, 30, Due(date(2026, 1, 31), now=True), id="older-than"),
        pytest.param(90, 30, Due(date(2026, 1, 31), now=True), id="the-sooner"),
    ],
)
def test_a_key_is_due_at_its_age(every: int | None, older_than: int | None, due: Due) -> None:
    user = blog(**({"rotateEveryDays": every} if every else {}))

    assert due_by_age(user, keys_of(user, None), older_than, NOW.date()) == due


def test_whether_a_key_is_due_is_unknown_where_its_age_is() -> None:
    resources = component("blog", inputs={"rotateEveryDays": 30})
    resources[2]["outputs"].pop("createDate")
    (user,) = stack_users(exported(*resources))
    assert due_by_age(user, keys_of(user, None), None, NOW.date()) is None

    resources[0]["outputs"] = {}
    (user,) = stack_users(exported(*resources))
    assert due_by_age(user, keys_of(user, None), None, NOW.date()) is None, "which key is in use is not known"


def test_a_user_without_a_key_is_never_due() -> None:
    resources = component("blog", inputs={"rotateEveryDays": 30}, outputs={"accessKeyId": None})
    (user,) = stack_users(exported(*resources[:2]))

    assert due_by_age(user, (), None, NOW.date()) == Due()


def test_findings_are_a_user_s_by_its_name_in_aws_and_its_account() -> None:
    ours, theirs = "123456789012", "210987654321"
    about = {"a": ("blog-user", ours), "b": ("blog-user", theirs), "c": ("blog", ours), "d": ("", "")}
    findings = [Finding(id_, user, "", "", account=account) for id_, (user, account) in about.items()]

    assert [finding.id for finding in of_user(blog(), findings)] == ["a"]
    assert [finding.id for finding in of_user(replace(blog(), arn=None), findings)] == ["a", "b"]
    assert [finding.id for finding in of_user(replace(blog(), user_name=None), findings)] == ["c"]


def test_json_says_null_for_what_is_not_known() -> None:
    user = FleetUser(blog(), keys_of(blog(), None), None, None, None, ("its permissions: hidden",))
    said = as_dict(FleetStack("prod", (user,), None, ("AWS",)), NOW)

    assert (said["findings"], said["notLookedAt"]) == (None, ["AWS"])
    (told,) = said["users"]
    assert (told["dangers"], told["due"], told["findings"]) == (None, None, None)
    assert told["notLookedAt"] == ["its permissions: hidden"]
    assert told["keys"][0]["ageDays"] == 58
    assert told["keys"][0]["inAws"] is None
