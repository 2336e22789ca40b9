"""The cache folder, for what is installed once: one process at a time adds to it, and what is in its place is whole."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


def folder() -> Path:
    """The folder: ``$S3IO_USER_CACHE``, else ``s3io-user`` in the user's cache folder."""
    own, base = os.environ.get("S3IO_USER_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(own or Path(base or "~/.cache", "s3io-user")).expanduser().absolute()


def unusable(error: OSError) -> str:
    """What is wrong with the folder and what to do, in one sentence."""
    return (
        f"the cache folder {folder()} must be writable and have free space ({error}): set S3IO_USER_CACHE to "
        "another folder"
    )


@contextmanager
def alone(lock: Path, waiting: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Hold a lock, which the kernel releases however this process ends. If another has it, ``waiting`` is called."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def scratch(home: Path, name: str) -> Iterator[Path]:
    """A temporary folder beside the place of what is made in it, which is then renamed there."""
    with TemporaryDirectory(prefix=f"{name}-", suffix=".part", dir=home, ignore_cleanup_errors=True) as part:
        yield Path(part)
