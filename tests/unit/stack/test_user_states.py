"""What a state has of the users that a stack created or adopted."""

from datetime import datetime, timezone
from typing import Any

import pytest

from s3io_user.doctor import obstacles
from s3io_user.stack.state import SlotKey, UserState, read_state, user_states
from tests.unit.doctor.users import CURRENT, FULL, ID, NOTHING, PREVIOUS


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
        resource("aws:iam/userPolicy:UserPolicy", outputs={"user": "site", "name": "S3Access", "policy": '{"a": 1}'}),
        resource("aws:iam/userPolicyAttachment:UserPolicyAttachment", outputs={"user": "site", "policyArn": FULL}),
        resource("aws:iam/userGroupMembership:UserGroupMembership", outputs={"user": "site", "groups": ["g"]}),
        resource("aws:iam/policy:Policy", id=FULL, outputs={"policy": '{"b": 2}'}),
        resource("aws:iam/policy:Policy", id="arn:own", outputs={"policy": '{"c": 3}'}),
    )
    (held,) = user_states(exported)
    assert held == UserState(
        "site", "site", True, {CURRENT: "Active", PREVIOUS: "Inactive"}, CURRENT, PREVIOUS,
        frozenset({FULL}), frozenset({"S3Access"}), frozenset({"g"}), ID, generation=2,
        slots={"a": SlotKey(CURRENT, 2)}, documents={"S3Access": {"a": 1}, FULL: {"b": 2}},
    )  # fmt: skip
    found = read_state(exported)
    assert (found.users, found.existing_users, found.key_ids) == ((held,), (held,), {CURRENT, PREVIOUS})
    assert (found.policy_arns, found.saved, found.begun) == ({FULL, "arn:own"}, None, ())


def test_an_update_that_was_killed_while_it_made_a_key_still_names_the_user() -> None:
    exported = state(
        resource(USER, outputs={"name": "site", "uniqueId": ID}, parent="urn:c"),
        {**resource(COMPONENT), "urn": "urn:c::site"},
        pending=(resource(KEY, "site-b", inputs={"user": "site"}),),
    )
    exported["deployment"]["manifest"] = {"time": "2026-06-29T23:40:00.123456789Z"}
    found = read_state(exported)
    (held,) = found.users
    assert (held.user, held.owned, held.unique_id, held.keys, held.keys_begun) == ("site", True, ID, {}, 1)
    assert found.saved == datetime(2026, 6, 29, 23, 40, 0, 123456, timezone.utc)
    assert found.begun == ("creating AccessKey 'site-b'",)
    assert [f.id for f in obstacles.of_state(found)] == ["update-interrupted"]


def test_a_user_that_an_update_was_killed_while_making_is_not_the_stacks() -> None:
    (held,) = user_states(state(pending=(resource(USER, inputs={"name": "theirs"}),)))
    assert (held.owned, held.being_made, held.begun_only, held.unique_id) == (False, True, True, None)


def test_a_user_that_a_program_only_reads_is_not_the_stacks() -> None:
    (held,) = user_states(state(resource(USER, outputs={"name": "theirs", "uniqueId": ID}, external=True)))
    assert (held.owned, held.unique_id) == (False, None)


def test_what_an_interrupted_update_was_about_is_held() -> None:
    asked = resource(KEY, "site-b", inputs={"user": "adopted"})
    switching = resource(KEY, "site-a", id=CURRENT, outputs={"user": "adopted", "status": "Active"})
    exported = state(pending=(asked, switching))
    (held,) = user_states(exported)
    assert (held.user, held.owned, held.being_made, held.begun_only) == ("adopted", False, False, True)
    assert held.keys == {CURRENT: "Active"}
    assert read_state(exported).key_ids == {CURRENT}


def test_a_key_that_only_an_output_names_is_known() -> None:
    nested = {"users": {"a": {"accessKeyId": CURRENT}, "b": {"previousAccessKeyId": PREVIOUS}}}
    assert read_state(state(resource("pulumi:pulumi:Stack", outputs=nested))).key_ids == {CURRENT, PREVIOUS}


@pytest.mark.parametrize("exported", [{}, {"deployment": {}}, {"deployment": {"resources": None}}], ids=str)
def test_a_stack_before_its_first_update_holds_nothing(exported: dict[str, Any]) -> None:
    assert (user_states(exported), read_state(exported).key_ids) == ([], NOTHING)


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
    assert (there.users, {each.account for each in there.elsewhere}) == ((), {"999999999999"})
    assert [f.id for f in obstacles.of_elsewhere(there.elsewhere[:1], "123456789012")] == found
    assert len(read_state(exported, "999999999999").users) == 1
