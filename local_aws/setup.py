"""What is made once for `make`: `python3 -m local_aws.setup up | dev`.

Standard library alone, since this runs before anything is installed. ``up`` is what `make up` needs: packages in
.venv, and beside that the engine and the embedded AWS's own environment. ``dev`` is what the tests and linters need.
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

FIRST = (
    "First time here: the packages take half a minute. Where Pulumi's engine can be downloaded it takes another; "
    "where it must be built, some five minutes on two cores."
)


class SetupError(RuntimeError):
    """Why it can't be made, and what to do, in one sentence."""


def main(argv: list[str]) -> int:
    """Make it; 0 when it is made, 1 when it failed, 130 when it was stopped."""
    (group,) = argv
    try:
        make(group)
    except (SetupError, packages.InstallError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        print(f"error: {PROJECT} needs room and must be writable to you ({what})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped: run it again to continue", file=sys.stderr)
        return 130
    return 0


def make(group: str) -> None:
    """Make what a group needs. Raises SetupError, InstallError and OSError."""
    if group == "dev":
        _environment()
        _packages(group)
        return
    _say(FIRST)
    _environment()
    with _engine_beside():
        _packages(group)
        environment.ensure(_say, PYTHON)


def _say(line: str) -> None:
    print(f"setup: {line}", file=sys.stderr, flush=True)


def _environment() -> None:
    """Have .venv with a Python that runs. One whose Python is gone, or that was made elsewhere, is made anew."""
    if _works():
        return
    if (VENV / "pyvenv.cfg").exists():
        _say("the environment .venv no longer works here (its Python is gone, or the folder was moved): making it anew")
        shutil.rmtree(VENV)
    _say("making the environment .venv")
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
    """Install a group's packages and the project itself; the stamp that make looks at comes last."""
    lock = LOCKS[group]
    if not (VENV / "bin" / "uv").exists():
        _say("installing uv")
        packages.install_uv(PYTHON, lock, VENV / "uv.txt")
    _say(f"installing what {lock.name} pins")
    packages.install(PYTHON, lock, _say)
    packages.install_project(PYTHON, PROJECT)
    # The tests' packages are more than what `make up` needs.
    for made in ("up", *([group] if group != "up" else [])):
        (VENV / made).touch()
    _say("the packages are installed")


@contextmanager
def _engine_beside() -> Iterator[None]:
    """Make the engine in a process of its own meanwhile. It ends with us, and says itself why it failed."""
    command = [str(PYTHON), "-m", "local_aws.engine"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) as engine:
        try:
            yield
            if engine.wait():
                raise SetupError("there is no engine to work with: see above")
        except BaseException:
            engine.send_signal(signal.SIGINT)
            raise


if __name__ == "__main__":
    os.chdir(PROJECT)
    sys.exit(main(sys.argv[1:]))
