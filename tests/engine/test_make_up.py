"""`make up` after ordinary play: whatever the stack's config came to be, and whatever happened to the embedded AWS."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_aws.sandbox import PROJECT

pytestmark = pytest.mark.long

PARTS = ("Pulumi.yaml", "__main__.py")
PACKAGES = ("s3io_user", "local_aws")


@dataclass
class Clone:
    """A copy of the tree, in which `make up` and the others do their work."""

    folder: Path

    def run(self, command: str) -> "subprocess.CompletedProcess[str]":
        env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_", "PYTHON"))}
        return subprocess.run(
            [sys.executable, "-m", "local_aws", command], cwd=self.folder, env=env, capture_output=True, text=True
        )

    def up(self, **config: Any) -> str:
        """Run `make up` with this config beside the region; what it printed."""
        lines = {"aws:region": "us-east-1", **{f"s3io-user:{key}": value for key, value in config.items()}}
        if config:
            path = self.folder / "Pulumi.local.yaml"
            kept = yaml.safe_load(path.read_text())
            path.write_text(json.dumps({**kept, "config": lines}))
        done = self.run("up")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout

    @property
    def note(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / ".local-aws" / "aws.json").read_text()))


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    folder = tmp_path_factory.mktemp("clone")
    for part in PARTS:
        shutil.copy(PROJECT / part, folder)
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    made = Clone(folder)
    yield made
    made.run("down")


def test_whatever_the_config_came_to_be(clone: Clone) -> None:
    said = clone.up()
    assert "✓ listed 3 images under wp-content/uploads" in said
    assert said.count("✓ may not") == 4

    assert "access key  none: createAccessKey is false" in clone.up(userName="s3io-photos", createAccessKey=False)

    said = clone.up(userName="s3io-photos", access="read-only", buckets=["photos"])
    assert "and may not write it: AccessDenied" in said
    assert "! may read wp-content/backups/site.sql" in said

    said = clone.up(userName="s3io-photos", access="optimizer", buckets=["elsewhere"])
    assert "✗ may not list wp-content/uploads: AccessDenied" in said

    said = clone.up(userName="s3io-photos", access="full")
    assert "! may delete an image" in said
    assert "! may create a bucket" in said

    said = clone.up(users={name: {"buckets": ["photos"], "access": "optimizer"} for name in ("one", "two")})
    assert said.count("✓ listed 3 images under wp-content/uploads") == 2, "the trials took nothing away"


def test_an_aws_that_was_killed_or_halted_is_made_anew(clone: Clone) -> None:
    clone.up()
    for how in (signal.SIGKILL, signal.SIGSTOP):
        before = clone.note["pid"]
        os.kill(before, how)
        done = clone.run("env")
        assert (done.returncode, done.stderr) == (1, "error: the embedded AWS is not running: run 'make up' first\n")
        clone.up()
        assert clone.note["pid"] != before
        assert not Path(f"/proc/{before}").exists() or _is_dead(before)


def _is_dead(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("command", ["up", "env"])
def test_nobody_need_read_to_the_end(clone: Clone, command: str) -> None:
    """`make env | head -1`, and `make up | head -1`: no lock stays, and nothing is half made."""
    clone.up()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_", "PYTHON"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "local_aws", command],
        cwd=clone.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert b"Broken" not in said
    assert "✓ listed 3 images" in clone.up()


def test_down_leaves_nothing(clone: Clone) -> None:
    clone.up()
    assert clone.run("down").returncode == 0
    assert not (clone.folder / "Pulumi.local.yaml").exists()
    assert not (clone.folder / ".local-aws" / "aws.json").exists()
    assert clone.run("down").returncode == 0
