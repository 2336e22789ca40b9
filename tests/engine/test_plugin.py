"""The component from another language: a YAML program, through the plugin, on the real engine."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.sandbox import PROJECT
from local_aws.server import Aws
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Stack

NewStack = Callable[..., Stack]


def yaml_stack(new_stack: NewStack, tmp_path: Path, **properties: Any) -> Stack:
    """A YAML program with one component, which the plugin in this work tree serves."""
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    launcher = plugin / "pulumi-resource-s3io-user"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROJECT / "plugin" / "__main__.py"}" "$@"\n')
    launcher.chmod(0o755)
    program = {
        "name": "consumer",
        "runtime": "yaml",
        "plugins": {"providers": [{"name": "s3io-user", "path": str(plugin)}]},
        "resources": {"site": {"type": "s3io-user:index:S3IOUser", "properties": properties}},
        "outputs": {
            name: f"${{site.{name}}}" for name in ("userName", "accessKeyId", "secretAccessKey", "credentials")
        },
    }
    stack = new_stack("", name="consumer", runtime="yaml")
    (stack.folder / "Main.yaml").unlink()
    (stack.folder / "Pulumi.yaml").write_text(json.dumps(program))
    return stack


def test_a_yaml_program_makes_a_user_rotates_its_key_and_gets_secrets(
    new_stack: NewStack, aws: Aws, tmp_path: Path, user_name: str
) -> None:
    properties = {
        "userName": user_name,
        "access": "optimizer",
        "buckets": ["photos/wp-content/uploads"],
        "keyGeneration": 2,
        "previousKey": "inactive",
        "parameterStore": {"path": f"/{user_name}"},
    }
    stack = yaml_stack(new_stack, tmp_path, **properties)
    stack.up()
    outputs = stack.outputs()
    shown = json.loads(stack.run("stack", "output", "--json").out)

    assert outputs["userName"] == user_name
    assert sorted(keys_of(aws, user_name).values()) == ["Active", "Inactive"]
    assert aws.client("sts", outputs["accessKeyId"], outputs["secretAccessKey"]).get_caller_identity()
    assert (shown["secretAccessKey"], shown["credentials"]) == ("[secret]", "[secret]")
    assert stack.steps() == []


def test_bad_input_reaches_the_consumer_as_a_sentence_for_each_property(
    new_stack: NewStack, aws: Aws, tmp_path: Path
) -> None:
    stack = yaml_stack(new_stack, tmp_path, userName="bad name", path="x", secretsManager={"name": "a b"})
    ran = stack.preview(check=False)

    assert ran.code != 0
    assert "Traceback" not in ran.text
    for sentence in (
        'property userName with value "bad name" has a problem: a user name must be 1 to 64 of',
        'property path with value "x" has a problem: a path must begin and end with',
        'property secretsManager.name with value "a b" has a problem: must be 1 to 512 letters',
    ):
        assert sentence in ran.text, ran.text
    assert not any(user["UserName"] == "bad name" for user in aws.client("iam").list_users()["Users"])
