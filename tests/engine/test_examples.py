"""The examples, as a user would run them."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_aws.sandbox import PROJECT, Sandbox
from tests.engine.conftest import Stack

NewStack = Callable[..., Stack]
EXAMPLES = PROJECT / "examples"


def example(sandbox: Sandbox, beside: Stack, name: str, **config: Any) -> Stack:
    """An example's project, with a stack on the same backend as another's."""
    folder = beside.folder.parent / name
    shutil.copytree(EXAMPLES / name, folder)
    stack = Stack(sandbox, folder, dict(beside.env))
    lines = {f"{name}:{key}": value for key, value in config.items()}
    (folder / "Pulumi.test.yaml").write_text(json.dumps({"config": {"aws:region": "us-east-1", **lines}}))
    stack.run("stack", "init", "test")
    return stack


@pytest.mark.parametrize("name", ["consuming-stack", "consuming-stack-yaml"])
def test_a_consuming_stack_gets_the_secret_as_a_secret(
    sandbox: Sandbox, new_stack: NewStack, user_name: str, name: str
) -> None:
    producer = new_stack(userName=user_name)
    producer.up()
    made = producer.outputs()
    consumer = example(sandbox, producer, name, producer="organization/s3io-user/test")
    ran = consumer.up()

    assert consumer.outputs() == {
        "accessKeyId": made["accessKeyId"],
        "environment": f"AWS_SECRET_ACCESS_KEY={made['secretAccessKey']}",
    }
    assert json.loads(consumer.run("stack", "output", "--json").out)["environment"] == "[secret]"
    assert made["secretAccessKey"] not in ran.text + consumer.run("stack", "export").out


def test_the_scheduled_workflow_previews_and_then_rotates_and_never_cancels() -> None:
    text = (EXAMPLES / "scheduled-rotation" / "rotate.yml").read_text()

    assert re.findall(r"command: (\w+)", text) == ["preview", "up"]
    assert "cancel-in-progress: false" in text


def test_every_example_is_tested_here() -> None:
    here = Path(__file__).read_text()

    assert [path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name not in here] == []
