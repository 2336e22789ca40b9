"""The wheel and the source distribution: built twice to the same bytes, and checked."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

# What may differ between two machines and must not show.
_ELSEWHERE = {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "4711", "LC_ALL": "C"}


def build(project: Path, out: Path) -> list[Path]:
    """Build both into a folder that has none yet. Raises ValueError where a second build gives other bytes."""
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"the folder must be empty: {out}")
    made = _built(project, out, umask=0o022, env={})
    with tempfile.TemporaryDirectory() as folder:
        again = _built(project, Path(folder), umask=0o077, env=_ELSEWHERE)
        if [(path.name, digest(path)) for path in made] != [(path.name, digest(path)) for path in again]:
            raise ValueError("a second build gave other bytes: something of the machine or the moment is in it")
    return made


def check(made: list[Path]) -> None:
    """What package indexes ask of both, and whether the wheel holds anything that it should not. Raises ValueError."""
    wheels = [path for path in made if path.suffix == ".whl"]
    _run("-m", "twine", "check", "--strict", *made)
    _run("-m", "check_wheel_contents", *wheels)


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _built(project: Path, out: Path, *, umask: int, env: Mapping[str, str]) -> list[Path]:
    """From a copy of what git knows or would take, so that nothing else of the folder gets in."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        for name in _git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
            if name and (project / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(project / name, copy / name)
        moment = {"SOURCE_DATE_EPOCH": _git(project, "log", "-1", "--format=%ct").strip()}
        all_env = {**os.environ, **moment, **env}
        _run("-m", "hatchling", "build", "--directory", out.resolve(), cwd=copy, umask=umask, env=all_env)
    return sorted(out.iterdir())


def _git(project: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=True).stdout


def _run(
    *arguments: str | Path, cwd: Path | None = None, umask: int = -1, env: Mapping[str, str] | None = None
) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=cwd, umask=umask, env=env, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"{arguments[1]}: {(done.stdout + done.stderr).strip()}")
