"""The embedded AWS's shell: what it sets can be taken back, and nothing of the user's wins over it or is changed."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.sandbox import PROJECT, Sandbox
from local_aws.server import Aws

OWN = {
    "AWS_PROFILE": "my own's",
    "PULUMI_STACK": "prod",
    "PULUMI_HOME": "/elsewhere/.pulumi",
    "AWS_REGION": "eu-west-1",
}
SHOWN = [*OWN, "AWS_ENDPOINT_URL", "PULUMI_BACKEND_URL"]

LOCKED = f"""\
#!/bin/sh
echo "$*" >> log
if [ "$1" = cancel ]; then touch cancelled; exit 0; fi
if [ -e cancelled ]; then echo done; exit 0; fi
echo "error: the stack is currently locked by 1 lock(s)." >&2
echo "  file:///x.json: created by me@{socket.gethostname()} (pid PID) at 2026-11-28T08:00:00Z" >&2
exit 255
"""


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """A sandbox whose AWS is said to run, and whose engine is in a folder of the test's."""
    made = Sandbox(tmp_path)
    made.aws = Aws("http://127.0.0.1:1", "AKIAADMINEXAMPLE", "secret", 0)
    (tmp_path / "bin").mkdir()
    (tmp_path / "engine").write_text(str(tmp_path / "bin"))
    return made


def shell(name: str, script: str, **env: str) -> list[str]:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    done = subprocess.run(
        [path, "-c", script], env={**kept, **env}, capture_output=True, text=True, check=True, cwd=PROJECT
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", ["sh", "bash", "zsh"])
@pytest.mark.parametrize("times", [1, 2])
def test_what_env_sets_is_taken_back(box: Sandbox, name: str, times: int) -> None:
    show = "; ".join(f'echo "${{{each}-unset}}"' for each in [*SHOWN, "PATH"])
    on = "\n".join([box.exports()] * times)
    path = os.environ["PATH"]
    said = shell(name, f"{show}\n{on}\n{show}\nlocal_aws_off\n{show}\nset | grep -c '^local_aws' || true", **OWN)
    count = len(SHOWN) + 1
    before, during, after, left = said[:count], said[count : 2 * count], said[2 * count : 3 * count], said[3 * count :]
    assert before == [*OWN.values(), "unset", "unset", path]
    assert after == before
    assert during[:2] == ["unset", "unset"], "a stack or a profile of one's own would win"
    assert during[4] == "http://127.0.0.1:1"
    assert left[-1] == "0"


def test_no_stack_is_named_by_the_environment(box: Sandbox) -> None:
    """PULUMI_STACK would win over ``pulumi stack init prod``."""
    assert "PULUMI_STACK" not in box.env()
    assert "PULUMI_STACK" not in box.child_env()


def test_its_shell_has_a_prompt_of_its_own(box: Sandbox) -> None:
    command, more = box.shell()
    done = subprocess.run(
        command,
        env={**os.environ, **more, "PULUMI_STACK": "prod"},
        input='echo "[$PS1] [$AWS_ENDPOINT_URL] [${PULUMI_STACK-unset}]"\n',
        capture_output=True,
        text=True,
        check=True,
    )
    assert "[(embedded AWS) " in done.stdout
    assert "[http://127.0.0.1:1] [unset]" in done.stdout
    assert (box.root / "shellrc").stat().st_mode & 0o077 == 0


def engine(box: Sandbox, pid: int) -> None:
    program = box.root / "bin" / "pulumi"
    program.write_text(
        LOCKED.replace("PID", str(pid)).replace("log", f"{box.root}/log").replace("cancelled", f"{box.root}/c")
    )
    program.chmod(0o755)


@pytest.fixture
def first_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))


@pytest.mark.usefixtures("first_on_path")
def test_a_lock_that_a_killed_run_left_is_taken_away(box: Sandbox) -> None:
    engine(box, 2**22 + 1)
    assert box.pulumi("up", "--stack", "local", quiet=True) == "done\n"
    log = (box.root / "log").read_text().splitlines()
    assert log == ["up --stack local", "cancel --yes --stack local", "up --stack local"]


@pytest.mark.usefixtures("first_on_path")
def test_the_lock_of_an_update_that_runs_is_left(box: Sandbox) -> None:
    engine(box, os.getpid())
    with pytest.raises(subprocess.CalledProcessError):
        box.pulumi("up", "--stack", "local", quiet=True)
    assert (box.root / "log").read_text().splitlines() == ["up --stack local"]


def test_git_ignores_the_embedded_stacks_config_and_no_other() -> None:
    ignored = (PROJECT / ".gitignore").read_text().splitlines()
    assert [line for line in ignored if line.startswith("Pulumi.")] == ["Pulumi.local.yaml"]
