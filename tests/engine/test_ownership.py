"""Ownership on the real engine: what the stack does not own is never deleted or overwritten."""

import json
from collections.abc import Callable

import pytest

from local_aws.server import Aws
from s3io_user import s3_policy_document
from tests.engine.aws_side import attached, exists, groups, inline, keys_of
from tests.engine.conftest import Stack

NewStack = Callable[..., Stack]
USER = "aws:iam/user:User"
READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"


def unique_id(aws: Aws, user: str) -> str:
    return str(aws.client("iam").get_user(UserName=user)["User"]["UserId"])


def made_by_hand(aws: Aws, user: str) -> None:
    """Create a user as on the help page, with an inline policy of the page's name and another one."""
    iam = aws.client("iam")
    iam.create_user(UserName=user)
    for name in ("S3Access", "Photos"):
        iam.put_user_policy(UserName=user, PolicyName=name, PolicyDocument=json.dumps(s3_policy_document()))


def refused(stack: Stack, *sentences: str) -> None:
    """Assert that a preview and an update both fail with the sentences."""
    for ran in (stack.preview(check=False), stack.up(check=False)):
        assert ran.code != 0
        assert all(sentence in ran.text for sentence in sentences), ran.text
        assert "Traceback" not in ran.text


@pytest.mark.long
def test_a_user_that_the_stack_made_is_let_go_when_it_is_adopted(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name, policyName="Own")
    stack.up()
    before, unique = stack.outputs(), unique_id(aws, user_name)
    stack.config(existingUser=user_name, policyName="Own")

    assert "delete" not in stack.preview().text
    stack.up()
    assert unique_id(aws, user_name) == unique
    after = stack.outputs()
    assert {name: after[name] for name in ("userName", "accessKeyId", "secretAccessKey")} == {
        name: before[name] for name in ("userName", "accessKeyId", "secretAccessKey")
    }
    assert list(keys_of(aws, user_name)) == [before["accessKeyId"]]
    assert [resource["external"] for resource in stack.state() if resource["type"] == USER] == [True]
    stack.preview("--expect-no-changes")
    assert stack.steps() == []

    # The way back is an import, and without one it is refused.
    stack.config(userName=user_name, policyName="Own")
    refused(stack, f"the user '{user_name}' exists, and the stack adopted it", "import it first")
    stack.config(existingUser=user_name, policyName="Own")
    stack.up()
    urn = next(resource["urn"] for resource in stack.state() if resource["type"] == USER)
    component = urn.replace(f"${USER}", "")
    stack.run("state", "delete", urn, "--yes")
    stack.run(
        "import", USER, "s3io-user", user_name, "--parent", f"component={component}",
        "--generate-code=false", "--protect=false", "--yes", "--skip-preview",
    )  # fmt: skip
    stack.config(userName=user_name, policyName="Own")
    assert stack.steps() == [("update", "s3io-user:index:S3IOUser"), ("update", USER)]
    stack.up()
    assert unique_id(aws, user_name) == unique
    assert stack.outputs()["accessKeyId"] == before["accessKeyId"]

    # Imported, and then adopted still: it is let go again, and a destroy leaves it.
    stack.config(existingUser=user_name, policyName="Own")
    stack.up()
    stack.destroy()
    assert unique_id(aws, user_name) == unique
    assert keys_of(aws, user_name) == {}


def test_after_an_update_that_failed_the_other_kind_keeps_the_user_too(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    missing = {"groups": ["no-such-group"]}
    stack = new_stack(userName=user_name, **missing)
    assert stack.up(check=False).code != 0
    unique = unique_id(aws, user_name)
    stack.config(existingUser=user_name)
    stack.up()
    assert unique_id(aws, user_name) == unique
    stack.config(existingUser=user_name, **missing)
    assert stack.up(check=False).code != 0
    stack.config(userName=user_name)
    refused(stack, f"the user '{user_name}' exists, and the stack adopted it")
    assert unique_id(aws, user_name) == unique


def test_two_users_that_swap_how_they_are_named_are_both_kept(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    made_by_hand(aws, f"{user_name}-b")
    stack = new_stack(users={"one": {"userName": f"{user_name}-a"}, "two": {"existingUser": f"{user_name}-b"}})
    stack.up()
    unique = {name: unique_id(aws, f"{user_name}-{name}") for name in "ab"}
    for one, two in (
        ({"existingUser": f"{user_name}-a"}, {"userName": f"{user_name}-b"}),
        ({"existingUser": f"{user_name}-b"}, {"userName": f"{user_name}-a"}),
        ({"userName": f"{user_name}-b"}, {"existingUser": f"{user_name}-a"}),
    ):
        stack.config(users={"one": one, "two": two})
        assert stack.up(check=False).code != 0
        assert {name: unique_id(aws, f"{user_name}-{name}") for name in "ab"} == unique


def test_a_change_of_case_alone_is_refused_in_a_preview(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    stack.up()
    key = keys_of(aws, user_name)
    stack.config(userName=user_name.upper())

    refused(stack, f"must stay '{user_name}' (got '{user_name.upper()}')")
    assert keys_of(aws, user_name) == key
    stack.config()
    stack.up()
    named = stack.open_outputs()["userName"]
    stack.config(userName=named.upper())
    refused(stack, f"must stay '{named}' (got '{named.upper()}')")


def test_a_policy_made_by_hand_of_an_adopted_user_is_never_overwritten_nor_deleted(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    made_by_hand(aws, user_name)
    by_hand = inline(aws, user_name)
    stack, other = (new_stack(existingUser=user_name, buckets=[name]) for name in ("blog", "shop"))
    for one in (stack, other):
        one.up()
    assert by_hand.items() <= inline(aws, user_name).items()
    assert len(inline(aws, user_name)) == 4
    assert stack.steps() == []
    other.destroy()
    stack.config(existingUser=user_name, buckets=["blog"], policyName="Photos")
    refused(stack, f"the user '{user_name}' has an inline policy 'Photos' already", "import it")
    assert len(inline(aws, user_name)) == 3
    stack.config(existingUser=user_name, buckets=["blog"], policyName="Mine")
    stack.up()
    assert set(inline(aws, user_name)) == {*by_hand, "Mine"}
    stack.destroy()
    assert inline(aws, user_name) == by_hand


def test_two_stacks_on_one_user_do_not_overwrite_each_other_s_policy(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    aws.client("iam").create_user(UserName=user_name)
    first, second = (new_stack(existingUser=user_name, policyName="Same", buckets=[name]) for name in ("blog", "shop"))
    first.up()
    before = inline(aws, user_name)
    refused(second, f"the user '{user_name}' has an inline policy 'Same' already")
    assert inline(aws, user_name) == before
    second.destroy()
    assert inline(aws, user_name) == before


def test_what_was_attached_by_hand_is_not_taken_over(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName=user_name)
    for group in (user_name, f"{user_name}-more"):
        iam.create_group(GroupName=group)
    iam.add_user_to_group(UserName=user_name, GroupName=user_name)
    iam.attach_user_policy(UserName=user_name, PolicyArn=READ_ONLY)
    stack = new_stack(existingUser=user_name, policyArns=[READ_ONLY])
    refused(stack, f"the user '{user_name}' has the policy {READ_ONLY} already")
    stack.config(existingUser=user_name, groups=[user_name])
    refused(stack, f"the user '{user_name}' is in the group '{user_name}' already")

    # In place too, and a managed policy of the stack's own is none of them.
    stack.config(existingUser=user_name, groups=[f"{user_name}-more"], policyType="managed")
    stack.up()
    assert stack.steps() == []
    stack.config(existingUser=user_name, groups=[f"{user_name}-more", user_name], policyType="managed")
    refused(stack, f"is in the group '{user_name}' already")
    stack.destroy()
    assert attached(aws, user_name) == {READ_ONLY}
    assert groups(aws, user_name) == {user_name}
    assert exists(aws, user_name)
