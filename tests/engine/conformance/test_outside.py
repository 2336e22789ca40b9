"""Refreshes after changes from outside, and the exclusive resources."""

from collections.abc import Callable
from typing import Any

import pytest

from local_aws import server
from tests.asker import Asker, Held, Props
from tests.engine.conformance.world import GET_OBJECT, INLINE_TEXT, LIST_BUCKET, MANAGED_TEXT, SAMPLES, World


def _outside(ask: Asker, kind: str, inputs: Props, change: Callable[[Held], Any]) -> Held:
    held = ask.create(kind, inputs)
    change(held)
    found = ask.read(held)
    assert found is not None
    return found


class TestOutsideChanges:
    def test_a_tag_is_seen_and_taken_back(self, ask: Asker, name: str, iam: Any) -> None:
        inputs = {"name": name, "tags": {"a": "b"}}
        tag = [{"Key": "x", "Value": "y"}]
        user = _outside(ask, "User", inputs, lambda held: iam.tag_user(UserName=name, Tags=tag))
        assert user.outputs["tags"] == user.outputs["tagsAll"] == {"a": "b", "x": "y"}
        assert user.inputs["tags"] == {"a": "b"}
        assert ask.diff(user, inputs).changes
        ask.update(user, inputs)
        assert iam.list_user_tags(UserName=name)["Tags"] == [{"Key": "a", "Value": "b"}]

    def test_a_key_that_was_switched_off_is_switched_on(self, ask: Asker, world: World, iam: Any) -> None:
        inputs = {"user": world.user}
        off = {"UserName": world.user, "Status": "Inactive"}
        key = _outside(ask, "AccessKey", inputs, lambda held: iam.update_access_key(AccessKeyId=held.id, **off))
        assert key.outputs["status"] == "Inactive"
        assert ask.diff(key, inputs).changes
        assert ask.update(key, inputs).outputs["status"] == "Active"

    def test_another_document_is_seen(self, ask: Asker, world: World, iam: Any) -> None:
        inputs = SAMPLES["Policy"](world)
        listed = GET_OBJECT.replace('"s3:GetObject"', '["s3:GetObject"]')
        policy = _outside(
            ask,
            "Policy",
            inputs,
            lambda held: iam.create_policy_version(PolicyArn=held.id, PolicyDocument=listed, SetAsDefault=True),
        )
        assert policy.outputs["policy"] == MANAGED_TEXT.replace('"s3:ListBucket"', '["s3:GetObject"]')
        assert policy.inputs["policy"] == inputs["policy"]
        assert ask.diff(policy, inputs).changes

    def test_a_document_that_means_the_same_is_no_change(self, ask: Asker, world: World, iam: Any) -> None:
        inputs, listed = SAMPLES["UserPolicy"](world), LIST_BUCKET.replace('"s3:ListBucket"', '["s3:ListBucket"]')
        put = {"UserName": world.user, "PolicyName": world.name, "PolicyDocument": listed}
        held = _outside(ask, "UserPolicy", inputs, lambda held: iam.put_user_policy(**put))
        assert held.outputs["policy"] == INLINE_TEXT

    def test_another_value_of_a_parameter_is_seen_and_secret(self, ask: Asker, world: World, aws: server.Aws) -> None:
        inputs = SAMPLES["Parameter"](world)
        other = {"Value": "changed", "Type": "SecureString", "Overwrite": True}
        parameter = _outside(
            ask, "Parameter", inputs, lambda held: aws.client("ssm").put_parameter(Name=held.id, **other)
        )
        assert (parameter.outputs["value"], parameter.inputs["value"]) == ("changed", "changed")
        assert (parameter.outputs["version"], parameter.secrets) == (2, {"value"})
        assert ask.diff(parameter, inputs).changes

    def test_a_later_version_of_a_secret_is_no_change(self, ask: Asker, world: World, aws: server.Aws) -> None:
        inputs = SAMPLES["SecretVersion"](world)
        put = aws.client("secretsmanager").put_secret_value
        held = _outside(ask, "SecretVersion", inputs, lambda held: put(SecretId=world.secret, SecretString="y"))
        assert held.outputs["versionStages"] == ["AWSPREVIOUS"]
        assert not ask.diff(held, inputs).changes

    def test_a_membership_that_was_ended_is_repaired(self, ask: Asker, world: World, iam: Any) -> None:
        inputs = SAMPLES["UserGroupMembership"](world)
        both = {"UserName": world.user, "GroupName": world.group}
        held = _outside(ask, "UserGroupMembership", inputs, lambda held: iam.remove_user_from_group(**both))
        assert held.outputs["groups"] == held.inputs["groups"] == []
        assert ask.diff(held, inputs).changes
        ask.update(held, inputs)
        assert [group["GroupName"] for group in iam.list_groups_for_user(UserName=world.user)["Groups"]] == [
            world.group
        ]

    def test_a_group_that_was_added_is_left_alone(self, ask: Asker, world: World, iam: Any) -> None:
        iam.create_group(GroupName=world.name)
        inputs = SAMPLES["UserGroupMembership"](world)
        both = {"UserName": world.user, "GroupName": world.name}
        held = _outside(ask, "UserGroupMembership", inputs, lambda held: iam.add_user_to_group(**both))
        assert held.outputs["groups"] == [world.group]
        assert not ask.diff(held, inputs).changes

    @pytest.mark.parametrize(
        "kind", ["AccessKey", "UserPolicy", "UserPolicyAttachment", "UserGroupMembership", "UserPoliciesExclusive"]
    )
    def test_with_the_user_all_that_is_its_own_is_dropped(self, ask: Asker, world: World, kind: str) -> None:
        held = ask.create(kind, SAMPLES[kind](world))
        ask.delete(Held("User", world.user, {"name": world.user, "forceDestroy": True}, set(), {}))
        assert ask.read(held) is None
        ask.delete(held)


def _attached(iam: Any, user: str) -> list[str]:
    return [policy["PolicyArn"] for policy in iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]]


class TestExclusive:
    def test_attachments(self, ask: Asker, world: World, iam: Any) -> None:
        full = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
        iam.attach_user_policy(UserName=world.user, PolicyArn=full)
        inputs = {"userName": world.user, "policyArns": [world.arn]}
        held = ask.create("UserPolicyAttachmentsExclusive", inputs)
        assert _attached(iam, world.user) == [world.arn]  # full is gone, and what was listed is attached
        iam.attach_user_policy(UserName=world.user, PolicyArn=full)
        assert not ask.diff(held, inputs).changes  # only a refresh sees it
        found = ask.read(held)
        assert found is not None
        assert ask.diff(found, inputs).changes
        assert sorted(_attached(iam, world.user)) == sorted([world.arn, full])
        ask.update(found, inputs)
        assert _attached(iam, world.user) == [world.arn]
        ask.delete(found)
        assert _attached(iam, world.user) == [world.arn]

    def test_inline_policies(self, ask: Asker, world: World, iam: Any) -> None:
        for policy in ("mine", "outside"):
            iam.put_user_policy(UserName=world.user, PolicyName=policy, PolicyDocument=LIST_BUCKET)
        held = ask.create("UserPoliciesExclusive", {"userName": world.user, "policyNames": ["mine"]})
        assert iam.list_user_policies(UserName=world.user)["PolicyNames"] == ["mine"]
        ask.delete(held)
        assert iam.list_user_policies(UserName=world.user)["PolicyNames"] == ["mine"]
