"""A `pulumi` that answers as told and notes how it was called: for tests of what runs the real one."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from s3io_user.stack import pulumi_cli
from tests.shebang import shebang

_PROGRAM = """\
{shebang}import json, os, resource, signal, sys
call = {{
    "argv": sys.argv[1:],
    "stdin": sys.stdin.read(),
    "cwd": os.getcwd(),
    "environ": dict(os.environ),
    "sigint_ignored": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
    "core": resource.getrlimit(resource.RLIMIT_CORE),
}}
with open({log!r}, "a") as log:
    log.write(json.dumps(call) + "\\n")
for begins, out, complaint, code in json.load(open({answers!r})):
    if call["argv"][:len(begins)] == begins:
        sys.stdout.write(out)
        sys.stderr.write(complaint)
        sys.exit(code)
"""


@dataclass
class FakePulumi:
    """What it answers to, and what it was asked. A command that it has no answer for succeeds and prints nothing."""

    folder: Path
    answers: list[tuple[list[str], str, str, int]] = field(default_factory=list)

    def answer(self, command: str, out: str = "", complaint: str = "", code: int = 0) -> None:
        self.answers.insert(0, (command.split(), out, complaint, code))
        self._file("answers").write_text(json.dumps(self.answers))

    @property
    def calls(self) -> list[dict[str, Any]]:
        log = self._file("log")
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def _file(self, name: str) -> Path:
        return self.folder / name


def changes_of(argv: list[str]) -> list[tuple[str, str | None]]:
    """What `pulumi config set-all` or `rm-all` changes: each key or path with its new value, None to remove it."""
    if argv[1] == "rm-all":
        return [(key, None) for key in argv[argv.index("--") + 1 :]]
    pairs = [argv[at + 1] for at, part in enumerate(argv) if part == "--plaintext"]
    return [
        (key, value) for quote, pair in ((p[0], p[1:]) for p in pairs) for key, value in [pair.split(f"{quote}=", 1)]
    ]


def in_project(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str = "site") -> FakePulumi:
    """A fake, and the folder of a project to be in."""
    monkeypatch.chdir(folder)
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    return install(folder / "bin", monkeypatch)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """Put a fake first on PATH, with this Python behind it. Core dumps stay allowed to the test run."""
    monkeypatch.setattr(pulumi_cli, "forbid_core_dumps", lambda: None)
    folder.mkdir()
    fake = FakePulumi(folder)
    program = folder / "pulumi"
    program.write_text(
        _PROGRAM.format(shebang=shebang("-SE"), log=str(folder / "log"), answers=str(folder / "answers"))
    )
    program.chmod(0o755)
    fake.answer("")
    monkeypatch.setenv("PATH", str(folder))
    return fake
