"""The template of `pulumi new`: the program of this repository, and nothing that only this repository has."""

import subprocess

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from s3io_user import __version__
from s3io_user.inputs.checks import FIELDS
from s3io_user.policy.presets import Access
from s3io_user.wording import camel_case
from tests.pyproject import PROJECT

TEMPLATE = PROJECT / "template"
SETTINGS = yaml.safe_load((TEMPLATE / "Pulumi.yaml").read_text())
KEYS = {camel_case(name) for name in FIELDS}


def test_it_has_what_a_project_needs_and_no_more() -> None:
    """`pulumi new` copies every file of the folder, those that git ignores too."""
    listed = subprocess.run(["git", "ls-files", "template"], cwd=PROJECT, capture_output=True, text=True, check=True)
    needed = {".gitignore", "Pulumi.yaml", "README.md", "__main__.py", "requirements.txt"}

    assert {path.removeprefix("template/") for path in listed.stdout.split()} == needed


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param("__main__.py", "__main__.py", id="program"),
        pytest.param("__main__.py", "s3io_user/setup/template/__main__.txt", id="program-of-init"),
        pytest.param(".gitignore", "s3io_user/setup/template/gitignore", id="ignored-by-git"),
    ],
)
def test_a_file_is_the_same_wherever_a_project_comes_from(ours: str, theirs: str) -> None:
    assert (TEMPLATE / ours).read_text() == (PROJECT / theirs).read_text()


def test_it_takes_the_package_of_this_version_and_no_incompatible_one() -> None:
    (need,) = map(Requirement, (TEMPLATE / "requirements.txt").read_text().splitlines())
    version = Version(__version__)
    incompatible = f"{version.major + 1}.0.0" if version.major else f"0.{version.minor + 1}.0"

    assert need.name == "s3io-user"
    assert __version__ in need.specifier
    assert incompatible not in need.specifier


@pytest.mark.parametrize("key", SETTINGS["template"]["config"])
def test_it_asks_for_known_keys(key: str) -> None:
    asked = SETTINGS["template"]["config"][key]

    assert key in KEYS or key == "aws:region"
    assert asked["description"]
    assert asked["default"]


def test_it_offers_every_access_preset() -> None:
    _, _, presets = SETTINGS["template"]["config"]["access"]["description"].partition(": ")

    assert {name.strip() for name in presets.replace(" or ", ", ").split(",")} == {each.value for each in Access}


def test_pulumi_does_not_take_the_repository_for_a_template() -> None:
    assert "template" not in yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())
