"""Installs what `make` needs, once: `python3 -m local_aws.setup up | dev`.

It runs before anything is installed, so it uses the standard library alone. ``up`` is for `make up`: packages in .venv
and, at the same time, Pulumi's engine and the embedded AWS's environment. ``dev`` is for the tests and linters.
"""

import os
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from local_aws import environment, packages

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"up": PROJECT / "requirements-up.txt", "dev": PROJECT / "requirements-ci.txt"}


class SetupError(RuntimeError):
    """Why the set-up failed and what to do, in one sentence."""


def main(argv: list[str]) -> int:
    """Run the set-up; 0 when it is done, 1 when it failed, 130 when it was interrupted."""
    (group,) = argv
    try:
        make(group)
    except (SetupError, packages.InstallError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        print(f"error: {PROJECT} must be writable and have free space ({what})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Run it again to continue.", file=sys.stderr)
        return 130
    return 0


def make(group: str) -> None:
    """Install what a group needs. Raises SetupError, InstallError and OSError."""
    if group == "dev":
        _environment()
        _packages(group)
        return
    _say("installing packages and, if there is none, Pulumi's engine")
    _environment()
    with _engine_beside():
        _packages(group)
        environment.ensure(_say, PYTHON)


def _say(line: str) -> None:
    print(f"setup: {line}", file=sys.stderr, flush=True)


def _environment() -> None:
    """Create .venv, or recreate it if its Python is gone or the folder was moved."""
    if _works():
        return
    if (VENV / "pyvenv.cfg").exists():
        _say(".venv no longer works (its Python is gone, or this folder was moved): recreating it")
        shutil.rmtree(VENV)
    _say("creating .venv")
    if not find_spec("ensurepip"):
        raise SetupError(f"{sys.executable} has no ensurepip (on Debian and Ubuntu: apt install python3-venv)")
    try:
        venv.create(VENV, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError as error:
        why = packages.reason((error.output or b"").decode(errors="replace"))
        raise SetupError(f"pip can't be installed into {VENV}: {why}") from error
    (VENV / "folder").write_text(str(PROJECT))


def _works() -> bool:
    made_for = VENV / "folder"
    moved = made_for.exists() and made_for.read_text() != str(PROJECT)
    if moved or not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", "import pip"], capture_output=True, check=False).returncode == 0


def _packages(group: str) -> None:
    """Install a group's packages and the project itself, then touch the stamp file that make checks."""
    lock = LOCKS[group]
    if not (VENV / "bin" / "uv").exists():
        _say("installing uv")
        packages.install_uv(PYTHON, lock, VENV / "uv.txt")
    _say(f"installing the packages of {lock.name}")
    packages.install(PYTHON, lock, _say)
    packages.install_project(PYTHON, PROJECT)
    # The packages for the tests include those for `make up`.
    for made in ("up", *([group] if group != "up" else [])):
        (VENV / made).touch()
    _say("the packages are installed")


@contextmanager
def _engine_beside() -> Iterator[None]:
    """Install the engine in another process meanwhile. It prints why it failed, and ends when we do."""
    command = [str(PYTHON), "-m", "local_aws.engine"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) as engine:
        try:
            yield
            if engine.wait():
                raise SetupError("Pulumi's engine could not be installed: see above")
        except BaseException:
            engine.send_signal(signal.SIGINT)
            raise


if __name__ == "__main__":
    os.chdir(PROJECT)
    sys.exit(main(sys.argv[1:]))
