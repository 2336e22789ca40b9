"""What the project is built from: pinned by hash in CI, watched for updates, and free to be used with it."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local_aws.engine_build import CLI
from tests.pyproject import EVERY_DEPENDENCY, PROJECT, PYPROJECT
from tools import licences

LOCKS = {name: (PROJECT / f"requirements-{name}.txt").read_text() for name in ("ci", "up")}
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
CI: dict[str, Any] = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text())
PYTHONS = CI["jobs"]["package"]["strategy"]["matrix"]["python"]


class Pin(NamedTuple):
    """A line of the lock, with its continuations."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    def holds_on(self, python: str) -> bool:
        """Whether CI's machines install it on a Python, such as 3.11."""
        full = {"python_version": python, "python_full_version": f"{python}.9", "implementation_name": "cpython"}
        linux = {"sys_platform": "linux", "platform_system": "Linux", "platform_python_implementation": "CPython"}
        return not self.marker or Marker(self.marker).evaluate({**full, **linux})


def _pin(line: str) -> Pin:
    asked, *hashes = re.split(r"\s+--hash=sha256:", line)
    read = re.fullmatch(r"([a-z0-9-]+)==([\w.]+)(?: ; (.+))?", asked)
    assert read, f"not a pin of one version: {asked}"
    name, version, marker = read.groups("")
    return Pin(name, version, marker, tuple(hashes))


def _pins(lock: str) -> list[Pin]:
    lines = re.sub(r"\s*\\\n\s*", " ", re.sub(r"^ *#.*\n", "", lock, flags=re.MULTILINE)).splitlines()
    return [_pin(line) for line in lines]


GO_MODULES = sorted(path for top in ("local_aws", "tests", "tools") for path in (PROJECT / top).rglob("go.mod"))
PINS = {name: _pins(lock) for name, lock in LOCKS.items()}
GROUPS = PYPROJECT["dependency-groups"]
BASE = [*EVERY_DEPENDENCY, *PYPROJECT["build-system"]["requires"], *GROUPS["up"]]
DECLARED = {
    "up": [Requirement(line) for line in BASE],
    "ci": [Requirement(line) for line in [*BASE, *(line for line in GROUPS["dev"] if isinstance(line, str))]],
}


# ---- the lock --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    assert [
        pin.name for pin in PINS[lock] if not pin.hashes or not all(re.fullmatch("[0-9a-f]{64}", h) for h in pin.hashes)
    ] == []


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_the_lock_names_no_place_to_install_from(lock: str) -> None:
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find" not in lock


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("python", PYTHONS)
def test_what_is_declared_is_pinned_once_within_its_range(lock: str, python: str) -> None:
    for need in DECLARED[lock]:
        if need.marker is None or need.marker.evaluate({"python_version": python}):
            found = [pin for pin in PINS[lock] if pin.name == canonicalize_name(need.name) and pin.holds_on(python)]
            assert [need.specifier.contains(pin.version) for pin in found] == [True], f"run make lock: {need}"


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("python", PYTHONS)
def test_nothing_is_pinned_twice_on_one_python(lock: str, python: str) -> None:
    names = [pin.name for pin in PINS[lock] if pin.holds_on(python)]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("python", PYTHONS)
def test_what_make_up_installs_is_what_is_tested(python: str) -> None:
    pinned = {name: {tuple(pin) for pin in pins if pin.holds_on(python)} for name, pins in PINS.items()}

    assert pinned["up"] - pinned["ci"] == set(), "run make lock"


def test_make_up_installs_no_test_tools() -> None:
    tools = {"pytest", "mypy", "ruff", "hypothesis", "cfn-lint", "moto", "cloudsplaining", "pytest-xdist"}

    assert tools <= {pin.name for pin in PINS["ci"]}
    assert tools & {pin.name for pin in PINS["up"]} == set()


# ---- GitHub ----------------------------------------------------------------------------------------------------------


RELEASE = {"publish": {"id-token": "write", "attestations": "write"}, "announce": {"contents": "write"}}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_no_more_than_its_job_needs(workflow: Path) -> None:
    read = yaml.safe_load(workflow.read_text())
    more = {name: job["permissions"] for name, job in read["jobs"].items() if "permissions" in job}
    checkouts = [
        step
        for job in read["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]

    assert read["permissions"] == {"contents": "read"}
    assert more == (RELEASE if workflow.stem == "release" else {})
    assert [job for job in read["jobs"].values() if "timeout-minutes" not in job] == []
    # What may do more runs nothing of the tree.
    assert [step.get("with") for step in checkouts] == [{"persist-credentials": False}] * (
        len(read["jobs"]) - len(more)
    )


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_uses_commits_not_tags(workflow: Path) -> None:
    used = re.findall(r"uses: *(.+)", workflow.read_text())

    assert used
    assert [action for action in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []


def test_ci_runs_every_python_that_the_package_is_for() -> None:
    said = [line.rpartition(" :: ")[2] for line in PYPROJECT["project"]["classifiers"] if ":: Python :: 3." in line]

    # One more is tried before it is said.
    assert [python for python in PYTHONS if python in said] == said
    assert len(PYTHONS) - len(said) <= 1


def test_updates_are_looked_for_wherever_something_is_pinned() -> None:
    text = (PROJECT / ".github" / "dependabot.yml").read_text()
    watched = [
        (update["package-ecosystem"], folder.strip("/"))
        for update in yaml.safe_load(text)["updates"]
        for folder in update.get("directories") or [update["directory"]]
    ]
    modules = {path.parent.relative_to(PROJECT).as_posix() for path in GO_MODULES}

    assert set(watched) == {
        ("pip", ""),
        ("pip", "local_aws/emulator"),
        ("pip", "local_aws/engine_modules"),
        ("github-actions", ""),
        ("npm", "tests/languages/typescript"),
        *(("gomod", module) for module in modules),
    }
    assert re.findall("[&*][a-z]", text) == [], "Dependabot reads no anchors"


@pytest.mark.parametrize("folder", ["tests/languages/go", "tools/languages/generator"])
def test_the_languages_are_tried_with_the_engines_version(folder: str) -> None:
    text = (PROJECT / folder / "go.mod").read_text()
    versions = dict(re.findall(r"(github\.com/pulumi/pulumi/(?:pkg|sdk)/v3) (v\S+)", text))

    assert versions
    assert set(versions.values()) == {CLI.version}


def test_each_npm_package_has_a_hash_and_no_address() -> None:
    lock = json.loads((PROJECT / "tests" / "languages" / "typescript" / "package-lock.json").read_text())
    pinned = {name: package for name, package in lock["packages"].items() if name}

    assert pinned
    assert [name for name, package in pinned.items() if not package["integrity"].startswith("sha512-")] == []
    assert [name for name, package in pinned.items() if "resolved" in package] == []


# ---- licences --------------------------------------------------------------------------------------------------------


def test_the_page_names_every_dependency() -> None:
    page = (PROJECT / "docs" / "supply-chain.md").read_text().split("**What `make` installs**")[0]

    assert re.findall(r"`([a-z0-9-]+)`", page) == [Requirement(each).name for each in EVERY_DEPENDENCY]


FREE = re.compile(r"Apache|BSD|MIT|ISC|PSF|Python Software Foundation")
FILE_BY_FILE = re.compile(r"MPL|Mozilla")
"""Asks for the source of its own changed files, and of nothing beside them."""


def test_what_comes_with_the_package_may_be_used_with_it() -> None:
    brought = licences.closure()
    page = (PROJECT / "docs" / "supply-chain.md").read_text()
    exceptions = {row.name for row in brought if row.within or FILE_BY_FILE.search(row.licence)}

    assert {"pulumi", "pulumi-aws", "boto3", "botocore", "orjson", "pysequoia"} <= {row.name for row in brought}
    assert [row for row in brought if not (FREE.search(row.licence) or FILE_BY_FILE.search(row.licence))] == []
    assert [row for row in brought if "GPL" in row.licence] == []
    assert [name for name in exceptions if f"| `{name}`" not in page and f", `{name}`" not in page] == []
    # Linked into an extension that is installed beside the package, and can be replaced there.
    assert {licence for row in brought for licence in row.within} <= {"LGPL-2.0-or-later"}
