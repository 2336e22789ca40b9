"""A user that the stack made under another name is not adopted: it would be deleted at the end of the update."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_aws.server import Aws
from tests.engine.aws_side import exists, keys_of
from tests.engine.conftest import Ran, Stack
from tests.engine.test_doctor import doctor, ids
from tests.engine.test_ownership import unique_id
from tests.engine.test_plugin import plugin, write, yaml_stack

__all__ = ["plugin"]  # a fixture
NewStack = Callable[..., Stack]

PROGRAM = """
import pulumi, pulumi_aws
from s3io_user import S3IOUser
config = pulumi.Config()
name, kind = config.require("name"), config.require("kind")
aliases = [pulumi.Alias(name="one")] if config.get_bool("alias") else None
made = S3IOUser(name, {kind: config.require("user")}, pulumi.ResourceOptions(aliases=aliases))
"""
BESIDE = """
import pulumi, pulumi_aws
from s3io_user import S3IOUser
config = pulumi.Config()
user = config.require("user")
if config.get_bool("made"):
    pulumi_aws.iam.User("beside", name=user, force_destroy=True)
if config.get_bool("adopted"):
    S3IOUser("site", {"existing_user": user})
"""


def refused(ran: Ran, user: str, owner: str = "one") -> None:
    assert ran.code != 0, ran.text
    sentence = f"existingUser: this stack created the user '{user}' as '{owner}'"
    assert sentence in " ".join(ran.text.split()), ran.text
    # The engine interrupts a program when a resource fails, and in one of your own the SDK shows that, at times.
    assert "Traceback" not in ran.text or "KeyboardInterrupt" in ran.text


def test_an_entry_that_is_renamed_and_adopts_its_user_at_once_is_refused(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(users={"one": {"userName": user_name}})
    stack.up()
    unique, keys = unique_id(aws, user_name), keys_of(aws, user_name)
    stack.config(users={"two": {"existingUser": user_name}})

    assert ("user-would-be-deleted", None) in ids(doctor(stack)[1])
    refused(stack.preview(check=False), user_name)
    for options in ((), ("--refresh",)):
        refused(stack.up(*options, check=False), user_name)
        assert unique_id(aws, user_name) == unique
        assert keys_of(aws, user_name) == keys
    # Where both are declared, too.
    stack.config(users={"one": {"userName": user_name}, "two": {"existingUser": user_name}})
    refused(stack.up(check=False), user_name)
    assert unique_id(aws, user_name) == unique

    # What it says to do works: the user stays, and in the end nobody deletes it.
    stack.config(users={"one": {"existingUser": user_name}})
    stack.up()
    stack.config(users={"two": {"existingUser": user_name}})
    stack.up("--refresh")
    assert stack.steps() == []
    stack.destroy()
    assert unique_id(aws, user_name) == unique


def test_an_entry_that_goes_while_another_adopts_its_user_is_refused(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    other = f"{user_name}-other"
    aws.client("iam").create_user(UserName=other)
    stack = new_stack(users={"one": {"userName": user_name}, "two": {"existingUser": other}})
    stack.up()
    unique = unique_id(aws, user_name)
    for users in (
        {"two": {"existingUser": user_name}},
        {"one": {"existingUser": other}, "two": {"existingUser": user_name}},
    ):
        stack.config(users=users)
        refused(stack.up(check=False), user_name)
        assert unique_id(aws, user_name) == unique, users
        ran = stack.up("--continue-on-error", check=False)
        assert exists(aws, user_name), ran.text
        assert unique_id(aws, user_name) == unique, users
        assert "Traceback" not in ran.text


def test_after_a_first_update_that_failed_it_is_refused_as_well(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(users={"one": {"userName": user_name, "groups": ["no-such-group"]}})
    assert stack.up(check=False).code != 0
    stack.config(users={"two": {"existingUser": user_name}})
    refused(stack.up(check=False), user_name)
    assert exists(aws, user_name)


@pytest.mark.parametrize("alias", [False, True])
def test_in_a_program_without_outputs_it_is_refused_as_well(
    new_stack: NewStack, aws: Aws, user_name: str, alias: bool
) -> None:
    stack = new_stack(PROGRAM, name="own")
    set_config(stack, name="one", kind="user_name", user=user_name)
    stack.up()
    set_config(stack, name="two", kind="existing_user", user=user_name, alias=alias)
    refused(stack.up(check=False), user_name)
    assert exists(aws, user_name)


def test_a_user_of_the_program_s_own_may_be_adopted_and_it_is_said_how_to_keep_it(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(BESIDE, name="own")
    set_config(stack, user=user_name, made=True)
    stack.up()
    unique = unique_id(aws, user_name)
    set_config(stack, user=user_name, made=True, adopted=True)
    said = " ".join(stack.up().text.split())
    assert f"the user '{user_name}' is the resource 'beside' of this stack as well" in said
    command = said.partition("run first: pulumi state delete '")[2].partition("'")[0]
    stack.run("state", "delete", command, "--yes")
    set_config(stack, user=user_name, adopted=True)
    stack.up()
    assert unique_id(aws, user_name) == unique


def test_a_first_preview_and_update_that_adopt_go_through(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    aws.client("iam").create_user(UserName=user_name)
    users = {name: {"existingUser": user_name, "createAccessKey": False} for name in ("one", "two")}
    stack = new_stack(users=users)
    stack.preview()
    stack.run("up", "--yes")
    # Again after one that failed, whose components have no outputs.
    stack.destroy()
    stack.config(users={**users, "one": {**users["one"], "groups": ["no-such-group"]}})
    assert stack.up(check=False).code != 0
    stack.config(users={"three": users["one"]})
    stack.preview()
    stack.up()
    assert exists(aws, user_name)


def test_through_the_plugin_it_is_refused_as_well(new_stack: NewStack, plugin: Path, aws: Aws, user_name: str) -> None:
    stack = yaml_stack(new_stack, "consumer")

    def program(name: str, kind: str) -> dict[str, Any]:
        site = {"type": "s3io-user:S3IOUser", "properties": {kind: user_name}}
        shown = {"userName": f"${{{name}.userName}}"}  # a preview can tell where the stack has outputs
        return {"name": "consumer", "runtime": "yaml", "resources": {name: site}, "outputs": shown}

    write(stack, plugin, program("one", "userName"))
    stack.up()
    unique = unique_id(aws, user_name)
    write(stack, plugin, program("two", "existingUser"))
    for ran in (stack.preview(check=False), stack.up(check=False)):
        refused(ran, user_name)
        assert unique_id(aws, user_name) == unique


def set_config(stack: Stack, **values: Any) -> None:
    stack.config(**{f"own__{name}": value for name, value in values.items()})
