"""The embedded AWS of a run, and Pulumi projects on it, whose programs say what they used."""

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bench import measure
from bench.measure import MB, Sample
from bench.report import NONE
from local_aws.sandbox import PROJECT, Sandbox

STACK = "bench"

# Begins every program: at its end it writes down what its process, the language host's own, used.
PRELUDE = """\
import atexit, json, os, resource

def _report():
    used = resource.getrusage(resource.RUSAGE_SELF)
    with open(os.environ["BENCH_REPORT"], "w") as file:
        json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss * 1024], file)

atexit.register(_report)
"""


def say(line: str) -> None:
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Ran:
    """A pulumi command's sample, and what the program's own process used: 0 for each where no program ran."""

    whole: Sample
    program_cpu: float
    program_memory: float


@dataclass(frozen=True)
class Project:
    """A Pulumi project in a folder of its own, with one stack."""

    folder: Path
    env: dict[str, str]

    def pulumi(self, *args: str, **env: str) -> Ran:
        """Run pulumi on the stack, with further variables. Raises CommandError."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        command = ["pulumi", *args, "--non-interactive", "--color", "never"]
        whole = measure.run(command, self.folder, {**self.env, **env, "BENCH_REPORT": str(report)})
        cpu, memory = json.loads(report.read_text()) if report.exists() else (0.0, 0.0)
        return Ran(whole, cpu, memory)

    def configure(self, **config: Any) -> None:
        """Write the stack's config anew: keys of the project's by their bare names."""
        lines = {f"{json.loads((self.folder / 'Pulumi.yaml').read_text())['name']}:{k}": v for k, v in config.items()}
        text = json.dumps({"config": {"aws:region": "us-east-1", **lines}})
        (self.folder / f"Pulumi.{STACK}.yaml").write_text(text)

    @property
    def state_file(self) -> Path:
        """The newest state: compressed it has another name."""
        files = self.state_folder.glob(f".pulumi/stacks/*/{STACK}.json*")
        return max((file for file in files if file.suffix in (".json", ".gz")), key=lambda file: file.stat().st_mtime)

    def resources(self) -> list[dict[str, Any]]:
        """What stands in the state, without the stack itself and its providers."""
        held = json.loads(self.state_file.read_text())["checkpoint"]["latest"].get("resources", [])
        return [own for own in held if not own["type"].startswith(("pulumi:pulumi:Stack", "pulumi:providers:"))]

    @property
    def state_folder(self) -> Path:
        """All that Pulumi keeps of the stack: its state, history and backups."""
        return self.folder.parent / f"{self.folder.name}-state"


class Lab:
    """A running embedded AWS in a temporary folder, as a context."""

    def __enter__(self) -> "Lab":
        self.root = Path(mkdtemp(prefix="bench-"))
        self.sandbox = Sandbox(self.root / "sandbox")
        self.sandbox.start(say)
        os.environ["PATH"] = self.env()["PATH"]
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    @property
    def calls(self) -> Path:
        """The embedded AWS's log: a line for each call."""
        return self.sandbox.root / "aws.log"

    def env(self, **extra: str) -> dict[str, str]:
        """A child's environment. Python keeps compiled files, as where a package is installed."""
        env = self.sandbox.child_env({"PYTHONPATH": str(PROJECT), **extra})
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        return env

    def folder(self, name: str) -> Path:
        """A new folder, whose name begins so: two comparisons may use one name."""
        return Path(mkdtemp(prefix=f"{name}-", dir=self.root))

    def project(self, name: str, program: str, settings: dict[str, Any] | None = None, **config: Any) -> Project:
        """A new project with its stack: ``settings`` is what Pulumi.yaml holds."""
        folder = self.folder(name)
        state = folder.parent / f"{folder.name}-state"
        state.mkdir()
        (folder / "Pulumi.yaml").write_text(json.dumps(settings or {"name": name, "runtime": "python"}))
        (folder / "__main__.py").write_text(PRELUDE + program)
        project = Project(folder, self.env(PULUMI_BACKEND_URL=state.as_uri()))
        project.configure(**config)
        project.pulumi("stack", "init", STACK)
        return project


def megabytes(size: float) -> str:
    """A size for a table."""
    return f"{size / MB:,.0f} MB" if size else NONE


def milliseconds(seconds: float) -> str:
    """A short time for a table."""
    return f"{seconds * 1000:,.0f} ms"
