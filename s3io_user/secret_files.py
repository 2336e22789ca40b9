"""Writes files that contain a secret: readable by their owner alone, never half-written, and not through a link."""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from s3io_user.errors import S3IOError
from s3io_user.wording import legible

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    WRITES_FILES = False
else:
    WRITES_FILES = True

OWNER_ONLY = 0o600
Check = Callable[[Path], None]
"""Checks a complete file before it replaces the target. Raises if it must not."""


def require_files() -> None:
    """Raise S3IOError on a system where files can't be locked and kept private. Call it before anything else."""
    if not WRITES_FILES:
        raise S3IOError(
            "on Windows s3io-user writes no file, because it can't keep one to you alone: run this command in WSL "
            "(s3io-user export --out - prints instead)"
        )


def named(path: str | Path) -> Path:
    """A file as a person names it, with ``~`` for a home folder. Raises S3IOError if there is none."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise S3IOError(f"the home folder of {legible(path)} is unknown: write the path in full") from None


def write_private(path: str | Path, text: str, *, force: bool = False, check: Check = lambda _: None) -> None:
    """Write a file that only its owner can read (0600): all of it or nothing, and only if ``check`` accepts it.

    Without ``force`` an existing file stays, even one that another process creates at the same time. Raises S3IOError.
    """
    require_files()
    target = Path(path)
    _refuse_others(target)
    with (
        _explained(target),
        _locked(target.parent) as folder,
        _temporary(target, folder, text, OWNER_ONLY) as temporary,
    ):
        check(target.with_name(temporary))
        # Where a rename would replace, a link fails.
        take = os.replace if force else os.link
        take(temporary, target.name, src_dir_fd=folder, dst_dir_fd=folder)


def update_private(path: str | Path, change: Callable[[str], str], check: Check = lambda _: None) -> None:
    """Replace a file's text with what ``change`` returns for it (for ``""`` if none exists), if ``check`` accepts it.

    It must be a regular file of this user. Afterwards only its owner can read it. Raises S3IOError.
    """
    require_files()
    target = Path(path)
    _refuse_others(target)
    with _explained(target), _locked(target.parent) as folder:
        try:
            text, mode = _read_own(target, folder)
        except FileNotFoundError:
            text, mode = "", OWNER_ONLY
        # Bytes that are not UTF-8, as in an old comment, stay as they are.
        with _temporary(target, folder, change(text), mode) as temporary:
            check(target.with_name(temporary))
            os.replace(temporary, target.name, src_dir_fd=folder, dst_dir_fd=folder)


@contextmanager
def revised(path: str | Path) -> Iterator[Path]:
    """A copy of a file for a program that changes it in several steps; at the end it replaces the file.

    After an exception or a kill the file is unchanged; if another program changed it meanwhile, that change stays. If
    there is no file, the copy is empty. The file keeps its mode. Raises S3IOError.
    """
    require_files()
    target = Path(os.path.realpath(path))
    with _explained(target), _locked(target.parent, patience=120.0):
        before, mode = _content(target)
        copy = target.with_name(f".{target.stem}.s3io-user.tmp{target.suffix}")  # the ending says what it holds
        with suppress(FileNotFoundError):
            copy.unlink()  # left by a run that was killed
        try:
            with open(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(before)
            yield copy
            with open(copy, "rb") as changed:
                os.fsync(changed.fileno())
            if _content(target) != (before, mode):
                raise S3IOError(f"another program changed {legible(target)} meanwhile: run the command again")
            os.replace(copy, target)
        finally:
            with suppress(FileNotFoundError):
                copy.unlink()


def _content(target: Path) -> tuple[bytes, int]:
    """A file's bytes and mode; if there is no file, no bytes and the mode of a new one."""
    try:
        with open(target, "rb") as file:
            return file.read(), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except FileNotFoundError:
        return b"", 0o644


def _refuse_others(target: Path) -> None:
    """Refuse a target that is not a regular file: a folder, device or link is never replaced, even with ``force``."""
    try:
        mode = os.lstat(target).st_mode
    except OSError:
        return
    except ValueError:  # a null character, or half of another
        raise S3IOError(f"{legible(target)} can't be the name of a file: choose another") from None
    if stat.S_ISLNK(mode):
        raise S3IOError(
            f"{legible(target)} is a symbolic link, and a secret is not written through one: name the file itself"
        )
    if not stat.S_ISREG(mode):
        raise S3IOError(f"{legible(target)} is there, and is not a regular file: name a file")


def _read_own(target: Path, folder: int) -> tuple[str, int]:
    descriptor = os.open(target.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    with open(descriptor, encoding="utf-8", errors="surrogateescape", newline="") as file:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid():
            raise S3IOError(f"{legible(target)} belongs to another user: name a file of your own")
        return file.read(), stat.S_IMODE(status.st_mode) & OWNER_ONLY


@contextmanager
def _locked(folder: Path, patience: float = 10.0) -> Iterator[int]:
    """Lock a folder, so that two processes that update a file lose no change, and flush its entries to disk at the end.

    Yields a descriptor of the folder, which refers to it even if another folder takes its place. Anyone who can read
    the folder can lock it: after ``patience`` seconds this gives up. Raises S3IOError.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, folder, patience)
        yield descriptor
        with suppress(OSError):  # the file itself is on disk already
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path, patience: float) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise S3IOError(
                    f"another program has locked the folder {legible(folder)}: run the command again when it has ended"
                ) from None
            time.sleep(0.05)
        except OSError:  # some network file systems know no locks
            return
        else:
            return


@contextmanager
def _temporary(target: Path, folder: int, text: str, mode: int) -> Iterator[str]:
    """The name of a file beside the target that has the text, complete and on disk. It is removed in any case."""
    name = f".{target.name}.s3io-user.tmp"
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)  # left by a run that was killed
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY, dir_fd=folder)
    try:
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            os.fchmod(descriptor, mode)
            if stat.S_IMODE(os.fstat(descriptor).st_mode) & ~OWNER_ONLY:
                raise S3IOError(
                    f"the file system of {legible(target.parent)} can't keep a file from others: choose another folder"
                )
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        yield name
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise S3IOError(f"{legible(target)} exists already: choose another name, or replace it with --force") from None
    except FileNotFoundError:
        raise S3IOError(f"{legible(target.parent)} does not exist: make the folder first") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise S3IOError(
            f"{legible(target)} can't be written ({reason}), and nothing was: choose another place"
        ) from None
