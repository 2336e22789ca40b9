"""What the command line chooses holds before the stack's config; JSON on standard output is all that is there."""

import json
from pathlib import Path

import pytest

from s3io_user import cli
from s3io_user.aws.chosen import choosing
from s3io_user.inputs.project import read_project
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi

CONFIG = {
    "aws:region": {"value": "eu-west-1"},
    "aws:profile": {"value": "work"},
    "aws:accessKey": {"value": "AKIATHESTACKSEXAMPLE"},
    "aws:secretKey": {"value": "of-the-stack", "secret": True},
}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    fake = fake_pulumi.in_project(tmp_path, monkeypatch)
    fake.answer("config --json", json.dumps(CONFIG))
    return fake


def test_a_chosen_profile_comes_before_the_stacks_own_keys(pulumi: FakePulumi) -> None:
    with choosing("mine", "us-west-2"):
        access = read_project().access
    assert (access.profile, access.region, access.access_key, access.secret_key) == ("mine", "us-west-2", None, None)

    access = read_project().access
    assert (access.profile, access.region, access.access_key) == ("work", "eu-west-1", "AKIATHESTACKSEXAMPLE")


@pytest.mark.parametrize("command", ["verify", "doctor", "deployer-policy", "explain", "rotate"])
def test_a_command_that_asks_aws_takes_both(command: str, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    from s3io_user.aws.chosen import chosen

    seen = []
    module = cli._module(command)
    monkeypatch.setattr(module, "run", lambda args: seen.append(chosen()) or 0)
    assert cli.main([command, "--profile", "mine", "--region", "us-west-2"]) == 0
    assert [(each.profile, each.region) for each in seen] == [("mine", "us-west-2")]
    assert chosen().profile is None


def test_a_region_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["verify", "--region", "Ireland"])
    assert end.value.code == 2
    assert "must be a Region like eu-west-1 (got 'Ireland')" in capsys.readouterr().err


JSON_FREE = {"completion", "init"}


@pytest.mark.parametrize("command", sorted(set(cli.COMMANDS) - JSON_FREE))
def test_every_command_has_a_form_for_programs(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, parser = cli._parsers([command])
    assert parser is not None
    formats = {str(one) for action in parser._actions if action.dest == "format" for one in action.choices or ()}

    assert "json" in formats
    page = (Path(cli.__file__).parents[2] / "docs/commands.md").read_text()
    assert f"`{command}`" in page.partition("## Output for programs")[2]
