"""A project from the template: by `pulumi new`, up to a key that is there."""

import re
from pathlib import Path

import yaml

from local_aws.sandbox import PROJECT, Sandbox
from local_aws.server import Aws
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Stack

TEMPLATE = PROJECT / "template"
CONFIG = yaml.safe_load((TEMPLATE / "Pulumi.yaml").read_text())["template"]["config"]


def test_a_new_project_makes_a_user_with_the_answers_as_its_config(sandbox: Sandbox, aws: Aws, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "my-site").mkdir()
    project = Stack(sandbox, tmp_path / "my-site", {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri()})
    # What it leaves out, a stack, its config and the package from PyPI, comes below.
    project.run("new", str(TEMPLATE), "--generate-only", "--yes", "--name", "my-site", "--description", "Photos")
    files = {path.name: path.read_text() for path in project.folder.iterdir()}

    assert set(files) == {path.name for path in TEMPLATE.iterdir()}
    assert (yaml.safe_load(files["Pulumi.yaml"])["name"], files["README.md"].split("\n")[0]) == ("my-site", "# my-site")
    assert "template" not in yaml.safe_load(files["Pulumi.yaml"])
    assert [name for name, text in files.items() if "${" in text] == []

    project.run("stack", "init", "test")
    for key, asked in CONFIG.items():
        project.run("config", "set", key, asked["default"])
    for command in re.findall(r"^    pulumi (config set [^#\n]*[^#\s])", files["README.md"], re.MULTILINE)[:2]:
        project.run(*command.split())
    project.up()
    made = project.outputs()

    assert keys_of(aws, made["userName"]) == {made["accessKeyId"]: "Active"}
    assert "arn:aws:s3:::my-photos/wp-content/uploads/*" in made["policyDocument"]
    assert "arn:aws:s3:::my-backups" in made["policyDocument"]
    assert "PutObject" not in made["policyDocument"]
    project.destroy()
