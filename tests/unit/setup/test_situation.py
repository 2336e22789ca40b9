"""What there is before a set-up: by the project's files and by what pulumi says."""

import json
from pathlib import Path

import pytest

from s3io_user.errors import S3IOError
from s3io_user.setup.answers import Answers
from s3io_user.setup.project import NOTE
from s3io_user.setup.situation import (
    StackConfig,
    backend_here,
    look,
    needs_passphrase,
    refuse_other_programs,
    stack_config,
)
from s3io_user.setup.steps import Steps
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    monkeypatch.chdir(tmp_path)
    for name in ("PULUMI_BACKEND_URL", "PULUMI_STACK"):
        monkeypatch.delenv(name, raising=False)
    fake = fake_pulumi.install(tmp_path / "bin", monkeypatch)
    fake.answer("whoami", json.dumps({"url": "file:///srv/state"}))
    fake.answer("stack ls", json.dumps([{"name": "acme/site/prod", "current": True}, {"name": "dev"}]))
    return fake


def project(folder: Path, settings: str = "name: site\nruntime: python\n") -> None:
    (folder / "Pulumi.yaml").write_text(settings)


def test_an_empty_folder(pulumi: FakePulumi, tmp_path: Path) -> None:
    here = look(None)

    assert (here.folder, here.home, here.project, here.stacks) == (tmp_path, None, None, ())
    assert (here.backend, here.chosen_by) == ("file:///srv/state", "pulumi login")
    assert stack_config(here, "prod") == StackConfig()


def test_a_project_and_its_stacks(pulumi: FakePulumi, tmp_path: Path) -> None:
    project(tmp_path, "name: site\nruntime: python\nbackend: {url: 'file:///srv/state'}\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / NOTE).write_text(Answers(stack="prod").as_note())
    here = look("deep")

    assert (here.home, here.project, here.selected, here.chosen_by) == (
        tmp_path,
        "site",
        "acme/site/prod",
        "Pulumi.yaml",
    )
    assert [here.exists(name) for name in ("prod", "acme/site/prod", "dev", "pro")] == [True, True, True, False]
    assert here.under_way == Answers(stack="prod")


def test_who_is_not_logged_in_has_no_backend(pulumi: FakePulumi) -> None:
    pulumi.answer(
        "whoami", complaint="error: this command requires logging in; try running `pulumi login` first", code=3
    )

    assert (look(None).backend, look(None).chosen_by) == (None, "")


def test_a_place_that_can_not_be_reached_is_told(pulumi: FakePulumi) -> None:
    pulumi.answer("whoami", complaint='error: unable to open state directory "file:///no"', code=1)

    with pytest.raises(S3IOError, match="can't be reached"):
        backend_here(None, "file:///no")


def test_the_environment_says_where_the_state_is(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://state")

    assert look(None).chosen_by == "PULUMI_BACKEND_URL"


@pytest.mark.parametrize("settings", ["runtime: python\n", "- a\n", "name: [\n"])
def test_a_project_file_that_is_none_is_told(pulumi: FakePulumi, tmp_path: Path, settings: str) -> None:
    project(tmp_path, settings)

    with pytest.raises(S3IOError, match="has no name"):
        look(None)


def test_a_program_that_reads_no_config_is_told(pulumi: FakePulumi, tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "__main__.py").write_text("import pulumi\n")
    with pytest.raises(S3IOError, match="does not call read_setup"):
        refuse_other_programs(look(None))
    (tmp_path / "users.py").write_text("from s3io_user import read_setup\n")
    refuse_other_programs(look(None))


def test_a_missing_environment_is_installed(pulumi: FakePulumi, tmp_path: Path) -> None:
    project(tmp_path, "name: site\nruntime: {name: python, options: {virtualenv: .venv}}\n")
    assert Steps(look(None), Answers(), {}, (), print).needs_install
    assert not Steps(look(None), Answers(install=False), {}, (), print).needs_install
    (tmp_path / ".venv").mkdir()
    assert not Steps(look(None), Answers(), {}, (), print).needs_install
    project(tmp_path)
    assert not Steps(look(None), Answers(), {}, (), print).needs_install


def test_a_config_in_its_short_form(pulumi: FakePulumi, tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "Pulumi.prod.yaml").write_text("encryptionsalt: v1:a\nconfig:\n  access: full\n  aws:region: r\n")
    config = stack_config(look(None), "prod")

    assert (config.own("site", "access"), config.values["aws:region"], config.salted) == ("full", "r", True)


@pytest.mark.parametrize(
    ("backend", "config", "needed"),
    [
        ("file://~", StackConfig(), True),
        ("s3://state", StackConfig(), True),
        ("https://api.pulumi.com", StackConfig(), False),
        ("file://~", StackConfig(provider="awskms://alias/a"), False),
        ("https://api.pulumi.com", StackConfig(provider="passphrase"), True),
        ("https://api.pulumi.com", StackConfig(salted=True), True),
        ("s3://state", StackConfig(provider="default"), True),
    ],
)
def test_when_a_passphrase_is_needed(backend: str, config: StackConfig, needed: bool) -> None:
    assert needs_passphrase(backend, config) is needed
