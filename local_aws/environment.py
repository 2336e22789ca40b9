"""The Python environment in which the embedded AWS runs: made once from pinned packages, and kept in the cache."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from local_aws.engine import cache_folder

PINNED = Path(__file__).parent / "emulator" / "requirements.txt"


def ensure(progress: Callable[[str], None]) -> Path:
    """The environment's ``python``. Raises RuntimeError where it can't be made."""
    home = cache_folder()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = home / f"aws-{version}-{hashlib.sha256(PINNED.read_bytes()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    if python.exists():
        return python
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home / "aws.lock"):
        if not python.exists():
            progress("installing the embedded AWS, once …")
            _make(folder)
    return python


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path) -> None:
    """In a folder beside it first: what is at its place is whole."""
    with TemporaryDirectory(prefix=f"{folder.name}-", suffix=".part", dir=folder.parent) as part:
        made = Path(part, "made")
        venv.create(made, symlinks=True)
        packages = next(made.glob("lib/python*/site-packages"))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--require-hashes", "--only-binary", ":all:", "--target", str(packages), "-r", str(PINNED)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": ""})
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
            raise RuntimeError(f"the embedded AWS could not be installed from PyPI: {last}")
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
