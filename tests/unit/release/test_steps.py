"""The steps of a release, and that the workflow takes them and nothing else."""

import datetime
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.version import Version

from tests.pyproject import PROJECT
from tools.release import changelog, metadata, packages, trial, versions

DAY = datetime.date(2027, 1, 2)
HISTORY = """# Changelog

## Unreleased

### Safer

- A line.

## 0.1.0 (2026-01-01)

- The first.

## 0.0.1 (2025-01-01)
"""


# ---- the changelog and the version -----------------------------------------------------------------------------------


def test_the_notes_are_a_version_s_section() -> None:
    assert changelog.notes(HISTORY, "Unreleased") == "### Safer\n\n- A line."
    assert changelog.notes(HISTORY, "0.1.0") == "- The first."


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        pytest.param("0.1", "has no section '## 0.1'", id="another"),
        pytest.param("0.0.1", r"says nothing under '## 0.0.1 \(2025", id="empty"),
    ],
)
def test_without_a_section_there_is_no_release(version: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        changelog.notes(HISTORY, version)


def test_what_is_unreleased_becomes_the_version() -> None:
    after = changelog.released(HISTORY, "0.2.0", "2027-01-02")

    assert changelog.notes(after, "0.2.0") == changelog.notes(HISTORY, "Unreleased")
    assert changelog.notes(after, "0.1.0") == "- The first."
    with pytest.raises(ValueError, match="says nothing under '## Unreleased'"):
        changelog.released(after, "0.3.0", "2027-01-02")
    with pytest.raises(ValueError, match=r"has a section '## 0.1.0' already"):
        changelog.released(HISTORY, "0.1.0", "2027-01-02")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project at version 0.1.0 with something unreleased."""
    for folder in ("s3io_user", "template"):
        (tmp_path / folder).mkdir()
    (tmp_path / "CHANGELOG.md").write_text(HISTORY)
    (tmp_path / "s3io_user" / "_version.py").write_text((PROJECT / "s3io_user" / "_version.py").read_text())
    return tmp_path


def test_a_version_is_written_wherever_it_stands(tree: Path) -> None:
    written = versions.prepare("0.2.0rc1", DAY, tree)

    assert versions.current(tree) == versions.check_tag("v0.2.0rc1", tree) == Version("0.2.0rc1")
    assert (tree / "template" / "requirements.txt").read_text() == "s3io-user[all]>=0.2.0rc1,<0.3\n"
    assert "## 0.2.0rc1 (2027-01-02)\n\n### Safer" in (tree / "CHANGELOG.md").read_text()
    assert {path.as_posix() for path in written} == {
        path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("version", ["next", "0.0.9", "0.1.0"])
def test_a_version_that_is_none_or_not_above_changes_nothing(tree: Path, version: str) -> None:
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}

    with pytest.raises(ValueError, match=rf"^the version must be .*\(got '{version}'\)$"):
        versions.prepare(version, DAY, tree)
    assert {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("tag", ["v0.2.0", "0.1.0", "v0.1"])
def test_a_tag_of_another_version_is_refused(tree: Path, tag: str) -> None:
    with pytest.raises(ValueError, match=rf"^the tag must be v0\.1\.0, .* \(got '{tag}'\)$"):
        versions.check_tag(tag, tree)


def test_the_template_asks_for_the_tree_s_own_version() -> None:
    asked = (PROJECT / "template" / "requirements.txt").read_text()

    assert asked == f"{versions.requirement(versions.current())}\n"


def test_a_fault_is_one_sentence_and_no_traceback() -> None:
    command = [sys.executable, "-m", "tools.release", "tag", "v9"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"error: the tag must be v\S+, the version in s3io_user/_version.py \(got 'v9'\)\n", done.stderr
    )


# ---- the packages ----------------------------------------------------------------------------------------------------

OTHER = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "other"
version = "1"
description = "Another"
[tool.hatch.build.targets.wheel]
packages = ["other"]
"""


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A package in a git repository of its own."""
    project = tmp_path / "project"
    (project / "other").mkdir(parents=True)
    (project / "pyproject.toml").write_text(OTHER)
    (project / "other" / "__init__.py").write_text("")
    (project / ".gitignore").write_text("ignored.py\n")
    (project / "other" / "ignored.py").write_text("of this machine")
    about = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet"], ["add", "."], [*about, "commit", "--quiet", "--message", "First"]):
        subprocess.run(["git", *command], cwd=project, check=True)
    return project


def test_what_git_ignores_is_not_built(other: Path, tmp_path: Path) -> None:
    made = packages.build(other, tmp_path / "dist")

    assert [path.suffix for path in made] == [".whl", ".gz"]
    assert b"of this machine" not in b"".join(path.read_bytes() for path in made)
    with pytest.raises(ValueError, match=r"^the folder must be empty"):
        packages.build(other, tmp_path / "dist")


def test_a_build_with_something_of_the_machine_in_it_is_refused(other: Path, tmp_path: Path) -> None:
    (other / "pyproject.toml").write_text(OTHER + '[tool.hatch.build.hooks.custom]\npath = "hook.py"\n')
    (other / "hook.py").write_text(
        "import os\nfrom hatchling.builders.hooks.plugin.interface import BuildHookInterface\n"
        "class Hook(BuildHookInterface):\n"
        "    def initialize(self, version, build_data):\n"
        "        with open(os.path.join(self.root, 'other', 'where.py'), 'w') as file:\n"
        "            print(self.root, file=file)\n"
    )

    with pytest.raises(ValueError, match=r"^a second build gave other bytes"):
        packages.build(other, tmp_path / "dist")


def test_a_wheel_with_what_it_should_not_hold_is_refused(other: Path, tmp_path: Path) -> None:
    (other / "tests").mkdir()
    (other / "tests" / "test_other.py").write_text("")
    (other / "pyproject.toml").write_text(OTHER.replace('["other"]', '["other", "tests"]'))

    with pytest.raises(ValueError, match=r"^(twine|check_wheel_contents): "):
        packages.check(packages.build(other, tmp_path / "dist"))


def test_a_wheel_that_does_not_work_is_refused(other: Path, tmp_path: Path) -> None:
    wheel, _ = packages.build(other, tmp_path / "dist")

    with pytest.raises(ValueError, match="No module named 's3io_user'"):
        trial.run(wheel, tmp_path / "env", "--offline", "--no-deps")


@pytest.mark.long
def test_the_wheel_works_in_an_empty_environment_and_has_a_bill(tmp_path: Path) -> None:
    wheel, _ = packages.build(PROJECT, tmp_path / "dist")
    command = [sys.executable, "-m", "tools.release", "try", wheel, "--bill", tmp_path / "sbom.json"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{wheel.name} works on Python 3.")
    listed = json.loads((tmp_path / "sbom.json").read_text())
    described, parts = listed["metadata"]["component"], {part["name"].lower() for part in listed["components"]}
    assert (described["name"], described["version"]) == ("s3io-user", str(versions.current()))
    assert described["hashes"] == [{"alg": "SHA-256", "content": packages.digest(wheel)}]
    assert {"pulumi", "boto3", "botocore"} <= parts
    assert {"pytest", "mypy", "moto"} & parts == set()


README = """![shown](docs/up.svg)

[docs](docs/rights.md#full), [there](https://example.com/x), [below](#below)"""


def test_a_repository_that_is_not_known_is_not_linked_to() -> None:
    assert metadata.published(README, "", "v1") == "docs, [there](https://example.com/x), [below](#below)"


# ---- the workflow ----------------------------------------------------------------------------------------------------

WORKFLOW: dict[str, Any] = yaml.safe_load((PROJECT / ".github" / "workflows" / "release.yml").read_text())
JOBS = WORKFLOW["jobs"]
INSTALL = "python -m pip install --no-compile --require-hashes --only-binary ':all:'"
COMMANDS = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]


def test_each_command_of_the_workflow_is_a_step_of_ours_or_gets_the_tools() -> None:
    others = [command for command in COMMANDS if not command.startswith("python -m tools.release ")]

    assert {command.split(" ")[0] for command in others} == {"python", "mkdir", "gh"}
    assert [
        c for c in others if c.startswith("python") and "-m pip install --no-compile --require-hashes" not in c
    ] == []
    assert [command for command in others if command.startswith("gh")] == COMMANDS[-1:]


@pytest.mark.parametrize("command", [each for each in COMMANDS if "tools.release" in each])
def test_a_step_is_one_that_there_is(command: str) -> None:
    step, *options = [word for word in shlex.split(command.split(" > ")[0])[3:] if not word.startswith("$")]
    shown = subprocess.run(
        [sys.executable, "-m", "tools.release", step, "--help"], cwd=PROJECT, capture_output=True, text=True
    )

    assert shown.returncode == 0
    assert [option for option in options if option.startswith("--") and option not in shown.stdout] == []


def test_nothing_is_published_that_was_not_tried_on_every_python() -> None:
    assert [JOBS[job].get("needs") for job in ("build", "try", "publish", "announce")] == [
        None,
        "build",
        "try",
        "publish",
    ]
    assert JOBS["try"]["strategy"]["matrix"]["python"] == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    assert WORKFLOW[True] == {"push": {"tags": ["v*"]}}
    assert JOBS["publish"]["environment"] == "pypi"


def test_no_workflow_names_a_host() -> None:
    for path in (PROJECT / ".github").rglob("*.yml"):
        assert "://" not in path.read_text(), path.name
