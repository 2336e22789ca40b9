"""What a state alone says of each user: two accounts, keys in two slots, what is secret, unfinished, or not ours."""

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from s3io_user import s3_policy_document, tokens
from s3io_user.fleet.inventory import StackUser, stack_users
from tests.unit.fleet.states import a_key, component, exported, key_id


def only(*resources: dict[str, Any]) -> StackUser:
    (user,) = stack_users(exported(*resources))
    return user


def test_a_user_is_told_by_its_state_alone() -> None:
    user = only(*component("blog"))

    assert (user.name, user.user_name, user.account, user.access) == ("blog", "blog-user", "123456789012", "optimizer")
    assert (user.adopted, user.finished, user.every_days, user.due()) == (False, True, None, None)
    (key,) = user.keys
    assert (key.id, key.role, key.generation, key.status) == ("AKIABLOG1EXAMPLE", "current", 1, "Active")
    assert key.days(datetime(2026, 1, 31, 9, 59, tzinfo=timezone.utc)) == 29


def test_users_are_in_the_order_of_their_names_and_one_name_may_be_there_twice_in_two_accounts() -> None:
    theirs = component("shop", "210987654321", parent="acme:index:Agency$", outputs={"userName": "blog-user"})
    users = stack_users(exported(*theirs, *component("shop"), *component("blog")))

    assert [user.name for user in users] == ["blog", "shop", "shop"]
    assert {user.account for user in users[1:]} == {"123456789012", "210987654321"}


@pytest.mark.parametrize("has_ids", [True, False])
def test_both_keys_are_named_the_newest_first_and_one_that_an_update_was_to_delete(has_ids: bool) -> None:
    """The component's own outputs in the state have the keys' IDs, or not: another version wrote it."""
    new, old, gone = (key_id("blog", generation) for generation in (3, 2, 1))
    ids = {"accessKeyId": new, "previousAccessKeyId": old} if has_ids else {"accessKeyId": None}
    parent, user, _ = component("blog", outputs={"keyGeneration": 3, **ids})
    urn = parent["urn"]
    keys = [
        a_key(urn, gone, 1, delete=True),
        a_key(urn, old, 2, outputs={"status": "Inactive"}),
        a_key(urn, new, 3),
    ]
    found = only(parent, user, *keys)

    assert [(key.id, key.role, key.status) for key in found.keys] == [
        (new, "current", "Active"),
        (old, "previous", "Inactive"),
        (gone, "going", "Active"),
    ]
    assert found.current is not None
    assert found.current.id == new


def test_the_stack_s_outputs_tell_the_account_of_an_adopted_user() -> None:
    adopted, _, key = component("blog", inputs={"existingUser": "blog-user"}, outputs={"userArn": None})
    arn = "arn:aws:iam::210987654321:user/team/blog-user"
    stack = {"urn": "s", "type": "pulumi:pulumi:Stack", "outputs": {"userName": "blog-user", "userArn": arn}}

    assert (only(adopted, key).account, only(adopted, key).adopted) == (None, True)
    assert (only(stack, adopted, key).account, only(stack, adopted, key).arn) == ("210987654321", arn)


def test_a_calendar_says_when_a_key_is_due() -> None:
    user = only(*component("blog", inputs={"rotateEveryDays": 30.0}))

    assert user.every_days == 30
    assert user.due() == datetime(2026, 1, 31, 10, tzinfo=timezone.utc)


SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}


@pytest.mark.parametrize(
    ("outputs", "access"),
    [
        pytest.param({"policyDocument": None}, "none", id="no-document"),
        pytest.param({"policyDocument": SECRET}, "unknown", id="secret"),
        pytest.param({"policyDocument": "{"}, "unknown", id="broken"),
        pytest.param({"policyDocument": None, "keyGeneration": None}, "unknown", id="not-finished"),
    ],
)
def test_a_policy_that_is_not_seen_is_not_called_none(outputs: dict[str, Any], access: str) -> None:
    assert only(*component("blog", outputs=outputs)).access == access


def a_policy(parent: str, kind: str, name: str, policy: Any) -> dict[str, Any]:
    return {"urn": f"{parent}${kind}::{name}", "type": kind, "parent": parent, "outputs": {"policy": policy}}


@pytest.mark.parametrize(
    ("kind", "names", "access"),
    [
        pytest.param(tokens.INLINE_POLICY, ["blog"], "optimizer", id="inline"),
        pytest.param(tokens.POLICY, ["blog"], "optimizer", id="managed"),
        pytest.param(tokens.POLICY, ["blog", "blog-policy-2"], "optimizer", id="spread"),
        pytest.param(tokens.INLINE_POLICY, ["blog-Copied"], "none", id="copied"),
    ],
)
def test_the_policies_tell_the_preset_where_the_component_does_not(kind: str, names: list[str], access: str) -> None:
    resources = component("blog", outputs={"policyDocument": None})
    document = s3_policy_document(["blog-photos", "blog-media"], access="optimizer")
    shares = [document["Statement"][number :: len(names)] for number in range(len(names))]
    policies = [
        a_policy(resources[0]["urn"], kind, name, json.dumps({**document, "Statement": share}))
        for name, share in zip(names, shares, strict=True)
    ]

    assert only(*resources, *policies).access == access
    secret = only(*resources, *policies, a_policy(resources[0]["urn"], kind, names[-1], SECRET))
    assert secret.access == ("none" if access == "none" else "unknown")


@pytest.mark.parametrize(
    ("arn", "access"),
    [("arn:aws-cn:iam::aws:policy/AmazonS3FullAccess", "full"), ("arn:aws:iam::aws:policy/Other", "optimizer")],
)
def test_full_access_is_what_is_attached(arn: str, access: str) -> None:
    resources = component("blog")
    attachment = {"type": tokens.ATTACHMENT, "parent": resources[0]["urn"], "outputs": {"policyArn": arn}}

    assert only(*resources, {"urn": "a", **attachment}).access == access


def test_a_user_whose_update_did_not_end_is_told_by_what_there_is() -> None:
    parent, user, key = component("blog")
    parent["outputs"] = {}
    half = only(parent, user, key)
    assert (half.finished, half.user_name, half.account) == (False, "blog-user", "123456789012")
    assert [each.role for each in half.keys] == [""]

    nothing = only(parent)
    assert (nothing.user_name, nothing.account, nothing.keys, nothing.access) == (None, None, (), "unknown")


@pytest.mark.parametrize(
    "state",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"version": 3, "deployment": None}, id="new"),
        pytest.param(exported(), id="empty"),
        pytest.param(exported({"urn": "a", "type": tokens.USER, "outputs": {"name": "x"}}), id="not-ours"),
    ],
)
def test_a_stack_without_our_component_has_no_user(state: dict[str, Any]) -> None:
    assert stack_users(state) == []
