"""The files of a new project: what they say, and that nobody's own are touched."""

import json
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from s3io_user.errors import S3IOError
from s3io_user.setup import project
from tests.pyproject import PROJECT


def test_the_settings_are_yaml_as_pulumi_reads_it() -> None:
    made = project.files("my-site", "s3://state?region=eu-west-1", install=True)

    assert list(made)[-1] == "Pulumi.yaml"
    assert yaml.safe_load(made["Pulumi.yaml"]) == {
        "name": "my-site",
        "description": "An IAM user for an application outside AWS, with an access key for its S3 buckets.",
        "runtime": {"name": "python", "options": {"virtualenv": ".venv"}},
        "backend": {"url": "s3://state?region=eu-west-1"},
    }
    bare = yaml.safe_load(project.files("a", None, install=False)["Pulumi.yaml"])
    assert (bare["runtime"], "backend" in bare) == ("python", False)


def test_the_program_is_that_of_pulumi_new() -> None:
    made = project.files("a", None, install=True)

    assert made["__main__.py"] == (PROJECT / "template" / "__main__.py").read_text()


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        pytest.param(None, "s3io-user[all]>=", id="index"),
        pytest.param(
            {"url": "file:///srv/s3io-user", "dir_info": {}}, "s3io-user[all] @ file:///srv/s3io-user", id="folder"
        ),
        pytest.param(
            {"url": "https://example.com/s3io-user", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "s3io-user[all] @ git+https://example.com/s3io-user@abc",
            id="git",
        ),
        pytest.param(["?"], "s3io-user[all]>=", id="odd"),
    ],
)
def test_the_program_gets_the_package_from_where_the_command_has_it(
    origin: object, requirement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Installed:
        def read_text(self, _: str) -> str | None:
            return json.dumps(origin) if origin else None

    monkeypatch.setattr(metadata, "distribution", lambda _: Installed())

    assert project.files("a", None, install=True)["requirements.txt"].splitlines()[-1].startswith(requirement)


def test_a_second_write_changes_nothing(tmp_path: Path) -> None:
    made = project.files("my-site", None, install=True)
    (tmp_path / ".gitignore").write_text("mine\n")
    project.refuse_strangers(tmp_path, made)
    project.write(tmp_path, made)
    project.refuse_strangers(tmp_path, made)
    project.write(tmp_path, made)

    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert {path.name for path in tmp_path.iterdir()} == set(made)
    assert (tmp_path / "Pulumi.yaml").read_text() == made["Pulumi.yaml"]


@pytest.mark.parametrize("name", ["__main__.py", "requirements.txt"])
def test_another_program_is_not_taken_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("print('mine')\n")

    with pytest.raises(S3IOError, match=f"{name} exists already, and belongs to no Pulumi project"):
        project.refuse_strangers(tmp_path, project.files("a", None, install=True))


@pytest.mark.parametrize(
    ("folder", "name"), [("my site", "my-site"), ("Büro.de", "B-ro.de"), ("-", "s3io-user"), ("a" * 120, "a" * 100)]
)
def test_a_project_is_named_after_its_folder(tmp_path: Path, folder: str, name: str) -> None:
    assert project.name_for(tmp_path / folder) == name
    assert project.name_fault(name) is None


@pytest.mark.parametrize("name", ["", "a b", "ä", "a" * 101, "a/b"])
def test_a_bad_name_is_told(name: str) -> None:
    assert project.name_fault(name)
