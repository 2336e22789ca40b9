"""The component from another language: YAML programs, through the plugin, on the real engine."""

import datetime
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_aws.sandbox import PROJECT, Sandbox
from local_aws.server import Aws
from plugin.__main__ import Plugin
from s3io_user.keys import schedule
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Stack

NewStack = Callable[..., Stack]

PAGE = (PROJECT / "docs" / "other-languages.md").read_text()
SECRET = "4dabf18193072939515e22adb298388d"  # how the engine marks a secret in its state


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The plugin's executable, as the embedded engine can start it.

    Its Python host is too old to start `plugin/` from another folder, as a current one does.
    """
    path = tmp_path / "plugin" / "pulumi-resource-s3io-user"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROJECT / "plugin" / "__main__.py"}" "$@"\n')
    path.chmod(0o755)
    return path


def write(stack: Stack, plugin: Path, program: dict[str, Any]) -> None:
    """Write the stack's program; its ``packages`` is as `pulumi package add` writes it."""
    program["packages"] = {"s3io-user": str(plugin.parent)}
    (stack.folder / "Pulumi.yaml").write_text(json.dumps(program))


def yaml_stack(new_stack: NewStack, name: str) -> Stack:
    stack = new_stack("", name=name, runtime="yaml")
    (stack.folder / "Main.yaml").unlink()
    return stack


def test_by_the_calendar_a_missed_period_is_one_rotation_and_a_preview_that_can_not_tell_says_so(
    new_stack: NewStack, plugin: Path, aws: Aws, user_name: str
) -> None:
    """A program without stack outputs: its previews can't read the state, and its updates can."""
    stack = yaml_stack(new_stack, "calendar")

    def after(days: int) -> None:
        first = str(schedule.today() - datetime.timedelta(days=days))
        site = {"userName": user_name, "previousKey": "active", "rotateEveryDays": 30, "rotateFrom": first}
        write(stack, plugin, {"name": "calendar", "runtime": "yaml", "resources": {"site": {
            "type": "s3io-user:S3IOUser", "properties": site}}})  # fmt: skip

    after(0)
    stack.up()
    (first,) = keys_of(aws, user_name)
    after(100)
    said = stack.preview().text
    assert "this preview can't tell which generation is next" in said
    stack.up()
    second = keys_of(aws, user_name)
    assert len(second) == 2
    assert first in second
    stack.up()
    assert keys_of(aws, user_name) == second, "once in a period"


def test_the_pages_program_makes_users_with_keys_and_secrets(new_stack: NewStack, plugin: Path, aws: Aws) -> None:
    program = yaml.safe_load(PAGE.split("```yaml\n")[1].split("```")[0])
    # With the page's own, every whole number: they come to the plugin as floats. And what other resources give.
    by_calendar = {"rotateEveryDays": 90, "rotateFrom": "2026-01-01", "buckets": ["${photos.bucket}"]}
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::my-photos/shared/*"}
    other_types = {"access": "optimizer", "allowDelete": True, "tags": {"site": "example"}}
    program["resources"] |= {
        "photos": {"type": "aws:s3:Bucket"},
        "elsewhere": {"type": "pulumi:providers:aws", "properties": {"region": "eu-west-1"}},
        "other": {
            "type": "s3io-user:S3IOUser",
            "properties": {
                **by_calendar,
                **other_types,
                "extraStatements": [statement],
                "secretsManager": {"name": "sites/other"},
            },
            "options": {"providers": ["${elsewhere}"]},
        },
    }
    program["outputs"] |= {
        "userName": "${site.userName}",
        "all": "${site.credentials}",
        "arn": "${other.secretArn}",
        "bucket": "${photos.bucket}",
        "policy": "${other.policyDocument}",
        "other": "${other.userName}",
    }
    stack = yaml_stack(new_stack, program["name"])
    write(stack, plugin, program)
    stack.up()
    outputs, stored = stack.outputs(), stack.open_outputs()

    assert sorted(keys_of(aws, outputs["userName"]).values()) == ["Active", "Inactive"]
    assert aws.client("sts", outputs["accessKeyId"], outputs["secretAccessKey"]).get_caller_identity()
    assert {name for name, value in stored.items() if SECRET in value} == {"secretAccessKey", "all"}
    assert outputs["secretAccessKey"] not in json.dumps(stored)
    assert outputs["arn"].startswith("arn:aws:secretsmanager:eu-west-1:")
    assert f"arn:aws:s3:::{outputs['bucket']}/*" in outputs["policy"]
    assert {"s3:DeleteObject", statement["Resource"]} <= set(re.findall(r'"([^"]+)"', outputs["policy"]))
    assert aws.client("iam").list_user_tags(UserName=outputs["other"])["Tags"] == [{"Key": "site", "Value": "example"}]
    assert not any("stackTrace" in each for each in stack.state() if "S3IOUser" in each["urn"])
    assert stack.steps() == []


# What is wrong at once, and what is known late: the engine hands over a secret as an Output.
BAD = [
    (
        {"userName": "bad name", "existingUser": "me", "keyGeneration": 1.5, "secretsManager": {"name": "a b"}},
        [
            'userName with value "bad name" has a problem: a user name must be 1 to 64 of',
            'userName with value "bad name" has a problem: applies to a new user',
            "keyGeneration with value 1.5 has a problem: must be a whole number from 1 (got 1.5)",
            'secretsManager.name with value "a b" has a problem: must be 1 to 512 letters',
        ],
    ),
    (
        {"path": {"fn::secret": "no/slashes"}},
        ["path with value <secret> has a problem: a path must begin and end with '/'"],
    ),
    (
        {"policy": {"fn::secret": '{"Version": "2012-10-17", "Statement": {"hidden-key": 1}}'}},
        ["policy with value <secret> has a problem: line 1: statement 1 must not have '…': no such key"],
    ),
    ({"tags": {"fn::secret": {"aws:hidden": "x"}}}, ["tags with value <secret> has a problem: a tag's key must not"]),
]


def test_bad_input_reaches_the_consumer_as_a_sentence_for_each_property(new_stack: NewStack, plugin: Path) -> None:
    stack = yaml_stack(new_stack, "bad")
    for properties, sentences in BAD:
        site = {"type": "s3io-user:S3IOUser", "properties": properties}
        write(stack, plugin, {"name": "bad", "runtime": "yaml", "resources": {"site": site}})
        ran = stack.preview(check=False)

        assert ran.code != 0
        assert "Traceback" not in ran.text
        assert "File " not in ran.text, ran.text
        assert "hidden" not in ran.text, ran.text
        summary = "1 of the inputs is invalid" if len(sentences) == 1 else f"{len(sentences)} of the inputs are invalid"
        assert f"has a problem: {summary}" in ran.text
        assert [sentence for sentence in sentences if sentence not in ran.text] == [], ran.text


def test_the_engine_knows_every_word_of_the_schema(sandbox: Sandbox, plugin: Path, tmp_path: Path) -> None:
    nowhere = Stack(sandbox, tmp_path)
    schema = json.loads(nowhere.run("package", "get-schema", str(plugin)).out)

    # The CLI reads it into its own types and writes them: what it did not know would be gone.
    assert schema == {**json.loads(Plugin().schema or ""), "config": {}}
    nowhere.run("schema", "check", str(PROJECT / "tests" / "unit" / "plugin" / "schema.json"))
