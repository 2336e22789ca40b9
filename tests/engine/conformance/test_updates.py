"""Updates in place, tags and sets."""

import json
from typing import Any

import pytest

from local_aws import server
from tests.asker import Asker
from tests.engine.conformance.world import GET_OBJECT, SAMPLES, Inputs, World, settings


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("User", lambda w: {"name": f"{w.name}-2"}),
        ("User", lambda w: {"path": "/x/"}),
        ("User", lambda w: {"forceDestroy": True}),
        ("User", lambda w: {"permissionsBoundary": w.arn}),
        ("User", lambda w: {"tags": {"a": "c", "d": "e"}}),
        ("AccessKey", lambda w: {"status": "Inactive"}),
        ("UserPolicy", lambda w: {"policy": GET_OBJECT}),
        ("Policy", lambda w: {"policy": GET_OBJECT}),
        ("Policy", lambda w: {"tags": {"a": "b"}}),
        ("UserGroupMembership", lambda w: {"groups": []}),
        ("UserPolicyAttachmentsExclusive", lambda w: {"policyArns": []}),
        ("Group", lambda w: {"name": f"{w.name}-2"}),
        ("Group", lambda w: {"path": "/x/"}),
        ("Secret", lambda w: {"description": "d"}),
        ("Secret", lambda w: {"tags": {"a": "b"}}),
        ("Secret", lambda w: {"recoveryWindowInDays": 7}),
        ("Parameter", lambda w: {"value": "w"}),
        ("Parameter", lambda w: {"type": "String"}),
        ("Parameter", lambda w: {"description": "d"}),
        ("Parameter", lambda w: {"tier": "Advanced"}),
        ("Parameter", lambda w: {"tags": {"a": "b"}}),
        ("Bucket", lambda w: {"forceDestroy": True}),
        ("Bucket", lambda w: {"tags": {"a": "b"}}),
    ],
)
def test_an_update_in_place_reaches_aws(ask: Asker, world: World, kind: str, change: Inputs) -> None:
    inputs = SAMPLES[kind](world)
    after = ask.update(ask.create(kind, inputs), {**inputs, **change(world)})
    assert not ask.diff(after, {**inputs, **change(world)}).changes
    # What AWS has is what the state says: a refresh finds nothing else.
    found = ask.read(after)
    assert found is not None
    assert {**found.outputs, "tags": None} == {**after.outputs, "tags": None}
    assert not ask.diff(found, {**inputs, **change(world)}).changes


@pytest.mark.parametrize("kind", ["User", "Policy", "Secret", "Parameter", "Bucket"])
def test_tags_are_there_from_the_start_and_taken_away_when_dropped(ask: Asker, world: World, kind: str) -> None:
    inputs = {**SAMPLES[kind](world), "tags": {"a": "b", "c": "d"}}
    held = ask.create(kind, inputs)
    assert held.outputs["tagsAll"] == inputs["tags"]
    assert ask.update(held, {**inputs, "tags": {"c": "d"}}).outputs["tagsAll"] == {"c": "d"}
    assert ask.update(held, {name: value for name, value in inputs.items() if name != "tags"}).outputs["tagsAll"] == {}


def test_no_tags_are_null_until_there_were_some(ask: Asker, name: str) -> None:
    """As terraform-plugin-sdk 2.37 answers in process, with ``setTagsAll`` of the real provider."""
    assert "tags" not in ask.create("User", {"name": f"{name}-2", "tags": {}}).outputs
    user = ask.create("User", {"name": name})
    assert ("tags" in user.outputs, user.outputs["tagsAll"]) == (False, {})
    elsewhere = ask.update(user, {"name": name, "path": "/x/"})
    assert ("tags" in elsewhere.outputs, elsewhere.outputs["tagsAll"]) == (False, {})
    tagged = ask.update(elsewhere, {"name": name, "tags": {"a": "b"}})
    for none in ({}, {"tags": {}}):
        without = ask.update(tagged, {"name": name, **none})
        assert without.outputs["tags"] == without.outputs["tagsAll"] == {}
        found = ask.read(without)
        assert found is not None
        assert found.outputs == without.outputs
        tagged = ask.update(without, {"name": name, "tags": {"a": "b"}})


def test_sets_are_sorted_in_the_state(ask: Asker, world: World, iam: Any) -> None:
    """As terraform-plugin-sdk 2.37 returns a set. The program's order stays among the inputs until a refresh."""
    names = [f"{first}-{world.name}" for first in ("zeta", "Beta", "alpha", "b10", "b9")]
    for group in names:
        iam.create_group(GroupName=group)
    inputs = {"user": world.user, "groups": [*names, names[0]]}
    assert ask.preview("UserGroupMembership", inputs)[0]["groups"] == sorted(names)
    held = ask.create("UserGroupMembership", inputs)
    assert (held.outputs["groups"], held.inputs["groups"]) == (sorted(names), inputs["groups"])
    found = ask.read(held)
    assert found is not None
    assert found.outputs["groups"] == found.inputs["groups"] == sorted(names)
    assert not ask.diff(found, inputs).changes
    fewer = ask.update(held, {"user": world.user, "groups": [names[3], names[1]]})
    assert fewer.outputs["groups"] == [names[1], names[3]]
    imported = ask.bring_in("UserGroupMembership", "/".join([world.user, names[3], names[1]]))
    assert imported is not None
    assert imported.outputs["groups"] == imported.inputs["groups"] == [names[1], names[3]]


def test_sets_of_the_exclusive_resources_are_sorted_too(ask: Asker, world: World) -> None:
    arns = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/AmazonS3FullAccess"]
    held = ask.create("UserPolicyAttachmentsExclusive", {"userName": world.user, "policyArns": arns})
    assert held.outputs["policyArns"] == sorted(arns)


def test_a_rename_together_with_a_change_of_tags(ask: Asker, name: str, iam: Any) -> None:
    user = ask.create("User", {"name": name, "tags": {"old": "o"}})
    ask.update(user, {"name": f"{name}-2", "tags": {"a": "b"}})
    assert iam.list_user_tags(UserName=f"{name}-2")["Tags"] == [{"Key": "a", "Value": "b"}]


def test_a_boundary_is_set_changed_and_taken_away_in_place(ask: Asker, world: World, iam: Any) -> None:
    def at_aws() -> str | None:
        return iam.get_user(UserName=world.name)["User"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")

    user = ask.create("User", {"name": world.name, "permissionsBoundary": world.arn})
    assert at_aws() == world.arn
    other = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    user = ask.update(user, {"name": world.name, "permissionsBoundary": other})
    assert (at_aws(), user.outputs["permissionsBoundary"]) == (other, other)
    iam.delete_user_permissions_boundary(UserName=world.name)
    found = ask.read(user)
    assert found is not None
    assert found.outputs["permissionsBoundary"] == ""
    again = ask.update(found, {"name": world.name, "permissionsBoundary": world.arn})
    without = ask.update(again, {"name": world.name})
    assert (at_aws(), without.outputs["permissionsBoundary"]) == (None, "")


def test_default_tags_are_in_tags_all_and_not_in_tags(aws: server.Aws, name: str) -> None:
    ask = Asker(settings(aws, defaultTags=json.dumps({"tags": {"team": "web", "a": "default"}})))
    user = ask.create("User", {"name": name, "tags": {"a": "own"}})
    assert user.outputs["tagsAll"] == {"team": "web", "a": "own"}
    found = ask.read(user)
    assert found is not None
    assert found.outputs["tags"] == {"a": "own"}
    assert not ask.diff(found, {"name": name, "tags": {"a": "own"}}).changes
    assert ask.diff(found, {"name": name}).changes
