"""Without what Windows does not have (modules, functions, signals): what works, and what says that it can't."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from s3io_user.stack import process
from tests.pyproject import PROJECT

# In an interpreter of its own, before anything is imported. On Windows itself it hides nothing that is there.
HIDE = """
import os, signal, sys
for name in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"):
    sys.modules[name] = None
absent = {os: "fchmod fork geteuid getuid killpg setsid umask O_DIRECTORY O_NOFOLLOW", signal: "SIGHUP SIGKILL"}
for module, names in absent.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
"""


def without_posix(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HIDE + textwrap.dedent(code), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
    )


def test_they_are_hidden(tmp_path: Path) -> None:
    said = without_posix("import fcntl", tmp_path)

    assert "import of fcntl halted" in said.stderr or "No module named 'fcntl'" in said.stderr


def test_the_component_the_program_and_the_testing_kit_work(tmp_path: Path) -> None:
    said = without_posix(
        """
        import runpy
        from s3io_user.testing import deploy
        config = {"aws:region": "eu-west-1", "s3io-user:access": "optimizer", "s3io-user:buckets": "photos"}
        made = deploy(lambda: runpy.run_path(sys.argv[1]) and None, config=config)
        print(made.exports["secretAccessKey"].secret, "PutObject" in made.exports["policyDocument"].value)
        """,
        tmp_path,
        str(PROJECT / "__main__.py"),
    )

    assert (said.returncode, said.stdout) == (0, "True True\n"), said.stderr


def test_the_plugin_gives_its_schema(tmp_path: Path) -> None:
    said = without_posix("from plugin.__main__ import Plugin; print(len(Plugin().schema) > 10_000)", tmp_path)

    assert (said.stdout, said.returncode) == ("True\n", 0), said.stderr


COMMAND = "from s3io_user.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.parametrize("command", ["init", "explain", "export", "to-config", "verify", "doctor", "rotate", "policy"])
def test_every_command_starts(command: str, tmp_path: Path) -> None:
    said = without_posix(COMMAND, tmp_path, command, "--help")

    assert (said.returncode, said.stderr) == (0, "")
    assert command in said.stdout


def test_what_only_prints_works(tmp_path: Path) -> None:
    policy = without_posix(COMMAND, tmp_path, "policy", "--access", "optimizer", "--bucket", "photos")
    (tmp_path / "policy.json").write_text(policy.stdout)
    explained = without_posix(COMMAND, tmp_path, "explain", "--document", "policy.json", "--fail-on-danger")

    assert (policy.returncode, explained.returncode) == (0, 0), policy.stderr + explained.stderr
    assert "photos" in explained.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["init"], id="init"),
        pytest.param(["rotate", "--yes"], id="rotate"),
        pytest.param(["to-config", "--stack", "prod"], id="to-config"),
        pytest.param(["export", "--format", "env", "--out", "x.env"], id="export"),
    ],
)
def test_what_writes_says_in_one_sentence_that_it_can_t(arguments: list[str], tmp_path: Path) -> None:
    said = without_posix(COMMAND, tmp_path, *arguments)

    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        "s3io-user: on Windows s3io-user writes no file, because it can't keep one to you alone: run this command in "
        "WSL (s3io-user export --out - prints instead)\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_program_is_started_and_read(tmp_path: Path) -> None:
    said = without_posix(
        """
        from s3io_user.stack.process import run
        from s3io_user.stack.pulumi_cli import forbid_core_dumps
        forbid_core_dumps()
        print(run([sys.executable, "-c", "print(input())"], cwd=".", env=dict(os.environ), given="read").out)
        """,
        tmp_path,
    )

    assert said.stdout.strip() == "read", said.stderr


def test_no_process_is_ended_by_asking_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """There os.kill(pid, 0) is a Ctrl-C, and os.kill(pid, SIGINT) ends a process at once."""
    killed: list[int] = []
    monkeypatch.setattr("os.kill", lambda pid, number: killed.append(pid))
    monkeypatch.setattr(sys, "platform", "win32")
    interrupts = process._Interrupts()

    assert process.may_run(process.socket.gethostname(), 1)
    interrupts.count = 1
    interrupts.of(subprocess.Popen([sys.executable, "-c", ""]))
    assert interrupts._process is not None
    monkeypatch.undo()
    interrupts._process.wait()
    assert killed == []
