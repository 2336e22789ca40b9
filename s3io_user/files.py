"""Files that hold a secret: for their owner alone, whole or not at all, and never through a symbolic link."""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from s3io_user.errors import S3IOError
from s3io_user.names import legible

OWNER_ONLY = 0o600


Check = Callable[[Path], None]
"""Looks at a complete file before it takes the target's place, and raises where it must not."""


def write_private(path: str | Path, text: str, *, force: bool = False, check: Check = lambda _: None) -> None:
    """Write a file that its owner alone can read (0600), whole or not at all, and only if ``check`` lets it pass.

    Without ``force`` an existing file stays, even one that another process makes in the same moment. Raises S3IOError.
    """
    target = Path(path)
    _refuse_others(target)
    with _explained(target), _locked(target.parent), _temporary(target, text, OWNER_ONLY) as temporary:
        check(temporary)
        if force:
            os.replace(temporary, target)
        else:
            os.link(temporary, target)  # where a rename would replace, a link fails


def update_private(path: str | Path, change: Callable[[str], str], check: Check = lambda _: None) -> None:
    """Replace a file's text by what ``change`` makes of it (of ``""`` where there is no file yet), once checked.

    The file must be a regular one of this user's; it stays or becomes readable by its owner alone. Raises S3IOError.
    """
    target = Path(path)
    _refuse_others(target)
    with _explained(target), _locked(target.parent):
        if not os.path.lexists(target):
            text, mode = "", OWNER_ONLY
        else:
            text, mode = _read_own(target)
        # Bytes that are not UTF-8 (a comment of old) come through unchanged.
        with _temporary(target, change(text), mode) as temporary:
            check(temporary)
            os.replace(temporary, target)


def _refuse_others(target: Path) -> None:
    """Refuse what is there and is no file; a folder, a device or a link is never replaced, even with ``force``."""
    try:
        found = os.lstat(target).st_mode
    except OSError:
        return
    except ValueError:  # a null character, or half of another
        raise S3IOError(f"{legible(target)} can't be the name of a file: choose another") from None
    if stat.S_ISLNK(found):
        raise S3IOError(
            f"{legible(target)} is a symbolic link, and a secret is not written through one: name the file itself"
        )
    if not stat.S_ISREG(found):
        raise S3IOError(f"{legible(target)} is there, and is not a regular file: name a file")


def _read_own(target: Path) -> tuple[str, int]:
    descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW)
    with open(descriptor, encoding="utf-8", errors="surrogateescape", newline="") as file:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid():
            raise S3IOError(f"{legible(target)} belongs to another user: name a file of your own")
        return file.read(), stat.S_IMODE(found.st_mode) & OWNER_ONLY


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One at a time in a folder, so that of two updates of one file none is lost; and its entries on disk after."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some network file systems know no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        with suppress(OSError):  # the file itself is on disk already
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _temporary(target: Path, text: str, mode: int) -> Iterator[Path]:
    """The text in a file beside the target, complete and on disk; gone afterwards, whatever happened."""
    path = target.with_name(f".{target.name}.s3io-user.tmp")
    with suppress(FileNotFoundError):
        path.unlink()  # left by a run that was killed
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY)
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
        yield path
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


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
