"""The Python environment in which the embedded AWS runs: made once from pinned packages, and kept in the cache."""

import fcntl
import hashlib
import shutil
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from local_aws import packages
from local_aws.engine import cache_folder

PINNED = Path(__file__).parent / "emulator" / "requirements.txt"


def ensure(progress: Callable[[str], None], installer: str | Path = sys.executable) -> Path:
    """The environment's ``python``, made if there is none by an installer's pip or uv. Raises InstallError."""
    home = cache_folder()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = home / f"aws-{version}-{hashlib.sha256(PINNED.read_bytes()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    if python.exists():
        return python
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _alone(home / "aws.lock"):
            if not python.exists():
                progress("installing the embedded AWS …")
                _make(folder, installer, progress)
    except OSError as error:
        raise packages.InstallError(
            f"the cache folder {home} must be writable and have free space ({error}): set S3IO_USER_CACHE to "
            "another folder"
        ) from error
    return python


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path, installer: str | Path, progress: Callable[[str], None]) -> None:
    """In a folder beside it first: what is at its place is whole."""
    with TemporaryDirectory(prefix=f"{folder.name}-", suffix=".part", dir=folder.parent) as part:
        made = Path(part, "made")
        venv.create(made, symlinks=True)
        target = next(made.glob("lib/python*/site-packages"))
        try:
            packages.install(installer, PINNED, progress, "--no-deps", "--target", str(target))
        except packages.InstallError as error:
            raise packages.InstallError(f"the embedded AWS could not be installed from PyPI: {error}") from error
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
