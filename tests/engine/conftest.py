"""Runs the real engine on the embedded AWS: one of each for a test session, with separate stacks for each test."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_aws.sandbox import PROJECT, Sandbox
from local_aws.server import Aws
from tests.engine import warm_python
from tests.patience import PATIENCE

# Two more accounts of the embedded AWS.
CUSTOMER, CHINA = "210987654321", "321098765432"
PROGRAM = (PROJECT / "__main__.py").read_text()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The engine, its plugin and a running embedded AWS, in a folder of the test session."""
    box = Sandbox(tmp_path_factory.mktemp("sandbox"))
    with warm_python.install(box.root / "bin") as python:
        box.start(
            lambda line: print(line, file=sys.stderr, flush=True),
            yaml=True,
            python=python,
            more_accounts=(CUSTOMER, CHINA),
        )
        yield box
        box.stop()


@pytest.fixture(scope="session")
def aws(sandbox: Sandbox) -> Aws:
    """The embedded AWS, with the admin's access key."""
    return sandbox.running()


@dataclass
class Ran:
    """The output and the exit code of a command."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class Stack:
    """A project in its own folder, with one stack."""

    sandbox: Sandbox
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> str:
        """A Python for our own command that has its libraries loaded."""
        return str(self.sandbox.root / "bin" / "python")

    def environment(self) -> dict[str, str]:
        """The variables that a child needs to work on the stack."""
        # With room for garbage, a fifth of a pulumi's start is saved.
        env = self.sandbox.child_env({"PYTHONPATH": str(PROJECT), "GOGC": "400", **self.env})
        return {**env, "PATH": os.pathsep.join([str(self.sandbox.root / "bin"), env["PATH"]])}

    def run(self, *args: str, check: bool = True, stdin: str = "") -> Ran:
        """Run pulumi on the stack."""
        done = subprocess.run(
            ["pulumi", *args, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert not check or ran.code == 0, ran.text
        return ran

    def up(self, *args: str, check: bool = True) -> Ran:
        return self.run("up", "--yes", "--skip-preview", *args, check=check)

    def preview(self, *args: str, check: bool = True) -> Ran:
        return self.run("preview", *args, check=check)

    def destroy(self) -> Ran:
        return self.run("destroy", "--yes", "--skip-preview")

    def config(self, **values: Any) -> None:
        """Write the stack's config anew: the project's own keys by their bare names, others as ``aws__region``.

        What Pulumi keeps beside it stays: with another salt, each command would derive two keys from the passphrase.
        """
        file = self.folder / "Pulumi.test.yaml"
        kept = (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}
        lines = {key.replace("__", ":") if "__" in key else f"s3io-user:{key}": value for key, value in values.items()}
        file.write_text(json.dumps({**kept, "config": {"aws:region": "us-east-1", **lines}}))

    def outputs(self) -> dict[str, Any]:
        return dict(json.loads(self.run("stack", "output", "--json", "--show-secrets").out))

    def open_outputs(self) -> dict[str, Any]:
        """The outputs without asking the CLI: what is no secret is readable in the state's file."""
        (file,) = (self.folder.parent / "state").glob(".pulumi/stacks/*/test.json")
        resources = json.loads(file.read_text())["checkpoint"]["latest"]["resources"]
        return dict(next(r["outputs"] for r in resources if r["type"] == "pulumi:pulumi:Stack"))

    def state(self) -> list[dict[str, Any]]:
        return list(json.loads(self.run("stack", "export").out)["deployment"].get("resources", []))

    def steps(self, *args: str) -> list[tuple[str, str]]:
        """What a preview would do, beyond looking and leaving things the same: (operation, resource type)."""
        said = json.loads(self.preview("--json", *args).out)
        return [
            (step["op"], step["newState"]["type"] if "newState" in step else step["oldState"]["type"])
            for step in said["steps"]
            if step["op"] not in ("same", "read")
        ]


@dataclass
class FirstStates:
    """What ``pulumi stack init`` writes, which takes as long as a small update: made once for a project's name.

    A key of AWS encrypts the stack's secrets. From a passphrase each pulumi derives one, which takes it 0.2 seconds.
    """

    sandbox: Sandbox
    root: Path

    def give(self, stack: Stack, project: str, *, passphrase: bool = False) -> None:
        """Make ``test`` the stack of a project's folder, and select it."""
        made = self._made(project, passphrase)
        backend = stack.env["PULUMI_BACKEND_URL"]
        shutil.copytree(made.folder.parent / "state", stack.folder.parent / Path(backend).name, dirs_exist_ok=True)
        config = stack.folder / "Pulumi.test.yaml"
        salt = yaml.safe_load((made.folder / "Pulumi.test.yaml").read_text())
        config.write_text(json.dumps(json.loads(config.read_text()) | salt))
        # The CLI keeps its selected stack in a file that is named by the project and its folder.
        note = f"{project}-{sha1(bytes(stack.folder / 'Pulumi.yaml')).hexdigest()}-workspace.json"  # noqa: S324
        selected = {"stacks": {backend: f"organization/{project}/test"}}
        (Path(stack.environment()["PULUMI_HOME"]) / "workspaces" / note).write_text(json.dumps(selected))

    def _made(self, project: str, passphrase: bool) -> Stack:
        folder = self.root / f"{project}{'-passphrase' * passphrase}" / "project"
        made = Stack(self.sandbox, folder, {"PULUMI_BACKEND_URL": (folder.parent / "state").as_uri()})
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder.parent / "state").mkdir()
            (folder / "Pulumi.yaml").write_text(json.dumps({"name": project, "runtime": "python"}))
            made.run("stack", "init", "test", *(() if passphrase else self._with_a_key()))
        return made

    def _with_a_key(self) -> list[str]:
        key = self.sandbox.running().client("kms").create_key()["KeyMetadata"]["KeyId"]
        return ["--secrets-provider", f"awskms://{key}?region=us-east-1"]


@pytest.fixture(scope="session")
def first_states(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> FirstStates:
    return FirstStates(sandbox, tmp_path_factory.mktemp("first-states"))


@pytest.fixture
def new_stack(
    request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path, first_states: "FirstStates"
) -> Callable[..., Stack]:
    """Creates stacks, each in its own project. Their resources end with the session's AWS."""
    made: list[Stack] = []
    passphrase = request.node.get_closest_marker("passphrase") is not None

    def new(program: str = PROGRAM, *, name: str = "s3io-user", runtime: str = "python", **config: Any) -> Stack:
        folder = tmp_path / f"project-{len(made)}"
        folder.mkdir()
        own = json.dumps({"name": name, "runtime": runtime})
        text = (PROJECT / "Pulumi.yaml").read_text() if program == PROGRAM else own
        (folder / "Pulumi.yaml").write_text(text)
        (folder / ("__main__.py" if runtime == "python" else "Main.yaml")).write_text(program)
        # One backend for a test, so that one stack can refer to another; stacks of one project can't share it.
        taken = any((made_one.folder / "Pulumi.yaml").read_text() == text for made_one in made)
        state = tmp_path / (f"state-{len(made)}" if taken else "state")
        state.mkdir(exist_ok=True)
        stack = Stack(sandbox, folder, {"PULUMI_BACKEND_URL": state.as_uri()})
        stack.config(**config)
        first_states.give(stack, name, passphrase=passphrase)
        made.append(stack)
        return stack

    return new


@pytest.fixture
def user_name() -> str:
    """A user name that no other test uses."""
    return f"user-{uuid.uuid4().hex[:12]}"
