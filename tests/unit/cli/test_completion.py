"""Completion, asked as each shell asks: by its own completion function, on the script that we print."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from s3io_user import cli
from tests import fake_pulumi

SHELLS = {
    "bash": r"""
eval "$(s3io-user completion bash)"
COMP_LINE="$1"; COMP_POINT=${#1}; COMP_TYPE=9
_python_argcomplete s3io-user
printf '%s\n' "${COMPREPLY[@]}"
""",
    "fish": r"""
s3io-user completion fish | source
complete --do-complete "$argv[1]"
""",
    # zsh's own listing needs a terminal: here its function's last step is to print.
    "zsh": r"""
autoload -Uz compinit; compinit -u -D
eval "$(s3io-user completion zsh)"
_describe() { print -l -- "${(@P)2}" }
BUFFER="$1"; CURSOR=${#1}; words=(s3io-user)
_python_argcomplete
""",
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is a project, with a pulumi of two stacks, a command of ours, and the AWS profiles of a home."""
    (tmp_path / "home/.aws").mkdir(parents=True)
    (tmp_path / "home/.aws/config").write_text("[profile agency]\n[profile archive]\n")
    (tmp_path / "Pulumi.yaml").write_text("name: site\n")
    shells = os.environ["PATH"]
    fake = fake_pulumi.install(tmp_path / "bin", monkeypatch)
    fake.answer("stack ls", json.dumps([{"name": "prod"}, {"name": "preview"}]))
    program = tmp_path / "bin/s3io-user"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m s3io_user "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{shells}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(Path(cli.__file__).parents[2]))
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offered(shell: str, line: str) -> set[str]:
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"{shell} is not on PATH")
    options = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    name = [] if shell == "fish" else ["it"]
    done = subprocess.run(
        [program, *options, "-c", SHELLS[shell], *name, line], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {each.replace("\\:", ";").split(":")[0].split("\t")[0].strip() for each in done.stdout.splitlines()}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        pytest.param("s3io-user ex", {"explain", "export"}, id="commands"),
        pytest.param("s3io-user export --f", {"--format", "--force"}, id="options"),
        pytest.param("s3io-user policy --access o", {"optimizer"}, id="presets"),
        pytest.param("s3io-user export --format e", {"env"}, id="formats"),
        pytest.param("s3io-user verify --stack pr", {"prod", "preview"}, id="stacks"),
        pytest.param("s3io-user export --profile a", {"agency", "archive"}, id="profiles"),
        pytest.param("s3io-user completion f", {"fish"}, id="shells"),
    ],
)
def test_bash_completes(line: str, wanted: set[str], path: Path) -> None:
    assert offered("bash", line) == wanted


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_complete(shell: str, path: Path) -> None:
    assert offered(shell, "s3io-user ex") == {"explain", "export"}
    assert offered(shell, "s3io-user verify --stack pr") == {"prod", "preview"}


def test_it_completes_where_pulumi_fails(path: Path) -> None:
    (path / "bin/pulumi").unlink()

    assert offered("bash", "s3io-user verify --stack pr") == {""}
