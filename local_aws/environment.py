"""The Python environment in which the embedded AWS runs: made once from pinned packages, and kept in the cache."""

import hashlib
import shutil
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from local_aws import cache, packages

PINNED = Path(__file__).parent / "emulator" / "requirements.txt"


def ensure(progress: Callable[[str], None], installer: str | Path = sys.executable) -> Path:
    """The environment's ``python``, made if there is none by an installer's pip or uv. Raises InstallError."""
    home = cache.folder()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = home / f"aws-{version}-{hashlib.sha256(PINNED.read_bytes()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    if python.exists():
        return python
    try:
        with cache.alone(home / "aws.lock"):
            if not python.exists():
                progress("installing the embedded AWS …")
                _make(folder, installer, progress)
    except OSError as error:
        raise packages.InstallError(cache.unusable(error)) from error
    return python


def _make(folder: Path, installer: str | Path, progress: Callable[[str], None]) -> None:
    """In a folder beside it first: what is at its place is whole."""
    with cache.scratch(folder.parent, folder.name) as part:
        made = part / "made"
        venv.create(made, symlinks=True)
        target = next(made.glob("lib/python*/site-packages"))
        try:
            packages.install(installer, PINNED, progress, "--no-deps", "--target", str(target))
        except packages.InstallError as error:
            raise packages.InstallError(f"the embedded AWS could not be installed from PyPI: {error}") from error
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
