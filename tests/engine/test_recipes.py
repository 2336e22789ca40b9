"""docs/recipes.md: what can run here, run."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from local_aws.server import Aws
from tests.engine.conftest import Stack
from tests.pages import commands, snippets

pytestmark = [pytest.mark.long, pytest.mark.passphrase]

PAGE = "recipes.md"
AUTOMATION, IGNORING = snippets(PAGE)


def test_an_inline_program_makes_a_user_with_a_key(new_stack: Callable[..., Stack], aws: Aws) -> None:
    stack = new_stack("", name="sites")
    program = stack.folder / "automate.py"
    program.write_text(f"{AUTOMATION}\nprint(done.outputs['secretAccessKey'].secret, stack.destroy().summary.result)\n")
    ran = subprocess.run(
        [sys.executable, str(program)], cwd=stack.folder, env=stack.environment(), capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    *_, key, end = ran.stdout.splitlines()
    assert (key[:4], end) == ("AKIA", "True succeeded")


def test_kept_tags_and_tags_on_everything(new_stack: Callable[..., Stack], aws: Aws) -> None:
    more = "\npulumi.export('name', S3IOUser('tagged', {}).user_name)\n"
    stack = new_stack(IGNORING + more, name="recipes")

    def tags(name: str) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in aws.client("iam").list_user_tags(UserName=name)["Tags"]}

    stack.up()
    site = next(r["outputs"]["name"] for r in stack.state() if r["urn"].endswith("aws:iam/user:User::site"))
    (stack.folder / "__main__.py").write_text(IGNORING.replace('"test"', '"prod"') + more)
    stack.up()
    assert tags(site) == {"stage": "test"}

    for command in (line for line in commands(PAGE) if line.startswith("pulumi config")):
        stack.run(*command.split()[1:])
    stack.up()
    assert tags(stack.outputs()["name"]) == {"team": "media"}
    stack.destroy()
