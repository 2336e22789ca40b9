"""Files that hold a secret: private, whole or not at all, never through a link, never over another."""

import errno
import fcntl
import multiprocessing
import os
import resource
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from s3io_user.errors import S3IOError
from s3io_user.secret_files import revised, update_private, write_private

CANARY = "canary-secret\n"
processes = multiprocessing.get_context("fork")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def listing(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def in_child(work: Callable[[], None]) -> int:
    """The exit code of a process of its own; negative for the signal that ended it."""
    child = processes.Process(target=work)
    child.start()
    child.join()
    assert child.exitcode is not None
    return child.exitcode


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=["umask-0", "umask-022", "umask-777"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_file_is_its_owners_alone_under_any_umask(tmp_path: Path) -> None:
    write_private(tmp_path / "new", CANARY)
    update_private(tmp_path / "merged", lambda text: text + CANARY)
    assert {mode(tmp_path / name) for name in ("new", "merged")} == {0o600}
    assert listing(tmp_path) == ["merged", "new"]
    assert (tmp_path / "new").read_text() == (tmp_path / "merged").read_text() == CANARY


@pytest.mark.parametrize("call", ["fchmod", "fsync", "link"])
def test_it_is_never_open_to_others_on_the_way(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = getattr(os, call)

    def look(*given: object, **named: object) -> None:
        seen.append({mode(path) for path in tmp_path.iterdir()})
        real(*given, **named)

    monkeypatch.setattr(os, call, look)
    before = os.umask(0)
    write_private(tmp_path / "new", CANARY)
    os.umask(before)
    assert seen[0] == {0o600}


def test_an_existing_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "there"
    target.write_text("mine")
    with pytest.raises(S3IOError, match=r"there exists already: .*--force"):
        write_private(target, CANARY)
    assert target.read_text() == "mine"
    assert listing(tmp_path) == ["there"]


def test_force_replaces_it_and_makes_it_private(tmp_path: Path) -> None:
    target = tmp_path / "there"
    target.write_text("mine")
    target.chmod(0o666)
    write_private(target, CANARY, force=True)
    assert target.read_text() == CANARY
    assert mode(target) == 0o600
    assert listing(tmp_path) == ["there"]


def as_a_link(target: Path) -> None:
    (target.parent / "pointee").write_text("mine")
    target.symlink_to("pointee")


def as_a_dangling_link(target: Path) -> None:
    target.symlink_to("nowhere")


def as_a_folder(target: Path) -> None:
    target.mkdir()


def as_a_pipe(target: Path) -> None:
    os.mkfifo(target)


WRITERS = [
    pytest.param(lambda path: write_private(path, CANARY), id="new"),
    pytest.param(lambda path: write_private(path, CANARY, force=True), id="force"),
    pytest.param(lambda path: update_private(path, lambda text: text + CANARY), id="merge"),
]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(as_a_link, "symbolic link", id="link"),
        pytest.param(as_a_dangling_link, "symbolic link", id="dangling-link"),
        pytest.param(as_a_folder, "not a regular file", id="folder"),
        pytest.param(as_a_pipe, "not a regular file", id="pipe"),
    ],
)
def test_what_is_no_file_is_refused(
    write: Callable[[Path], None], make: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    make(tmp_path / "target")
    before = listing(tmp_path)
    with pytest.raises(S3IOError, match=said):
        write(tmp_path / "target")
    assert listing(tmp_path) == before
    assert not any(CANARY in entry.read_text() for entry in tmp_path.iterdir() if entry.is_file())


def at_the_last_moment(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen after every check, just before the file gets its name."""
    sync = os.fsync
    done: list[bool] = []

    def fsync(descriptor: int) -> None:
        sync(descriptor)
        if not done:
            done.append(True)
            happens()

    monkeypatch.setattr(os, "fsync", fsync)


def test_a_file_made_in_the_same_moment_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "target"
    at_the_last_moment(monkeypatch, lambda: target.write_text("another's"))
    with pytest.raises(S3IOError, match="exists already"):
        write_private(target, CANARY)
    assert target.read_text() == "another's"


@pytest.mark.parametrize("force", [False, True])
def test_a_link_made_in_the_same_moment_is_not_followed(
    force: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_last_moment(monkeypatch, lambda: as_a_link(tmp_path / "target"))
    if force:
        write_private(tmp_path / "target", CANARY, force=True)
    else:
        with pytest.raises(S3IOError, match="exists already"):
            write_private(tmp_path / "target", CANARY)
    assert (tmp_path / "pointee").read_text() == "mine"


@pytest.mark.parametrize("write", WRITERS)
def test_a_folder_that_is_swapped_meanwhile_keeps_no_temporary(
    write: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, moved = tmp_path / "folder", tmp_path / "moved"
    folder.mkdir()

    def swap() -> None:
        folder.rename(moved)
        folder.mkdir()

    at_the_last_moment(monkeypatch, swap)
    write(folder / "target")
    assert (listing(folder), listing(moved)) == ([], ["target"])


@pytest.mark.parametrize(
    ("write", "call"),
    [
        pytest.param(*write.values, call, id=f"{write.id}-{call}")
        for write, last in zip(WRITERS, ["link", "replace", "replace"], strict=True)
        for call in ("open", "fchmod", "fsync", last)
    ],
)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.EDQUOT])
def test_a_failure_leaves_nothing(
    write: Callable[[Path], None], call: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), "canary")

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(S3IOError) as caught:
        write(tmp_path / "target")
    assert str(caught.value).startswith(f"{tmp_path}/target can't be written ({os.strerror(code)}), and nothing was")
    assert listing(tmp_path) == []


def too_much() -> None:
    """Write more than the process may: what a full disk does, for real."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    with pytest.raises(S3IOError, match="File too large"):
        write_private("target", "canary" * 1000)


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert in_child(too_much) == 0
    assert listing(tmp_path) == []


def test_a_folder_that_may_not_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not in tmp_path, which none but its owner may enter: the child is nobody where the tests run as root.
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)

    def as_nobody() -> None:
        if os.geteuid() == 0:
            os.setuid(65534)
        for write in WRITERS:
            with pytest.raises(S3IOError, match="Permission denied"):
                write.values[0](folder / "target")  # type: ignore[operator]

    try:
        assert in_child(as_nobody) == 0
        assert listing(folder) == []
    finally:
        shutil.rmtree(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(S3IOError, match=r"nowhere does not exist: make the folder first"):
        write_private(tmp_path / "nowhere" / "target", CANARY)


@pytest.mark.parametrize("write", WRITERS)
def test_killed_half_way_nothing_is_there_and_the_next_run_clears_up(
    write: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    at_the_last_moment(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert in_child(lambda: write(target)) == -signal.SIGKILL
    assert not target.exists()
    assert {mode(left) for left in tmp_path.iterdir()} == {0o600}
    monkeypatch.undo()
    write(target)
    assert listing(tmp_path) == ["target"]
    assert target.read_text() == CANARY


def test_killed_half_way_a_merged_file_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "target"
    target.write_text("mine\n")
    at_the_last_moment(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert in_child(lambda: update_private(target, lambda text: text + CANARY)) == -signal.SIGKILL
    assert target.read_text() == "mine\n"


def test_of_many_at_once_one_makes_the_file(tmp_path: Path) -> None:
    def write(number: int) -> None:
        try:
            write_private(tmp_path / "target", f"{number}\n" * 1000)
        except S3IOError:
            os._exit(1)

    children = [processes.Process(target=write, args=(number,)) for number in range(8)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    winners = [number for number, child in enumerate(children) if child.exitcode == 0]
    assert [(tmp_path / "target").read_text()] == [f"{number}\n" * 1000 for number in winners]
    assert listing(tmp_path) == ["target"]


def test_of_many_merges_at_once_none_is_lost(tmp_path: Path) -> None:
    def add(number: int) -> None:
        update_private(tmp_path / "target", lambda text: f"{text}{number}\n")

    children = [processes.Process(target=add, args=(number,)) for number in range(8)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert sorted((tmp_path / "target").read_text().split()) == [str(number) for number in range(8)]


@pytest.mark.parametrize("write", WRITERS)
def test_a_lock_that_somebody_holds_is_not_waited_for_for_ever(
    write: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    holder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_SH)
    with pytest.raises(S3IOError, match=f"another program has locked the folder {tmp_path}: run the command again"):
        write(tmp_path / "target")
    assert next(seconds) == 12  # one look at the clock before, and one after each of eleven tries
    assert listing(tmp_path) == []
    os.close(holder)
    write(tmp_path / "target")
    assert listing(tmp_path) == ["target"]


@pytest.mark.parametrize("write", WRITERS)
def test_where_there_are_no_locks_files_are_written(
    write: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", fails)
    write(tmp_path / "target")
    assert listing(tmp_path) == ["target"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(0o644, 0o600, id="wide"),
        pytest.param(0o600, 0o600, id="private"),
        pytest.param(0o400, 0o400, id="ro"),
    ],
)
def test_a_merged_file_is_no_wider_than_its_owner(before: int, after: int, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("x")
    target.chmod(before)
    update_private(target, lambda text: text + CANARY)
    assert mode(target) == after


def test_a_merge_sees_and_keeps_every_byte(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"\xff\xfe\r\na\rb\n\0")
    update_private(target, lambda text: text)
    assert target.read_bytes() == b"\xff\xfe\r\na\rb\n\0"


def test_a_merge_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    def refuse(text: str) -> str:
        raise S3IOError("no")

    target = tmp_path / "target"
    target.write_text("mine")
    with pytest.raises(S3IOError, match=r"^no$"):
        update_private(target, refuse)
    assert target.read_text() == "mine"
    assert listing(tmp_path) == ["target"]


def test_anothers_file_is_not_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "target"
    target.write_text("theirs")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(S3IOError, match="belongs to another user"):
        update_private(target, lambda text: text + CANARY)
    assert target.read_text() == "theirs"


def test_a_file_system_that_keeps_nothing_private_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a FAT disk, where every file has the mode of the mount.
    monkeypatch.setattr(os, "fchmod", lambda descriptor, _: os.chmod(descriptor, 0o640))
    with pytest.raises(S3IOError, match="can't keep a file from others"):
        write_private(tmp_path / "target", CANARY)
    assert listing(tmp_path) == []


# ---- a copy that takes a file's place


@pytest.mark.parametrize("there", [0o640, None])
def test_a_revised_file_is_replaced_at_the_end(there: int | None, tmp_path: Path) -> None:
    target = tmp_path / "a.b.yaml"
    if there:
        target.write_bytes(b"mine\r\n")
        target.chmod(there)
    before = os.umask(0o077)
    with revised(target) as copy:
        assert (copy.suffix, copy.parent) == (".yaml", tmp_path)
        assert copy.read_bytes() == (b"mine\r\n" if there else b"")
        copy.write_text("new")
        assert target.exists() is bool(there)
    os.umask(before)
    assert target.read_text() == "new"
    assert mode(target) == (there or 0o644)
    assert listing(tmp_path) == ["a.b.yaml"]


def test_a_revised_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    with revised(tmp_path / "link") as copy:
        copy.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_after_an_exception_or_a_kill_a_revised_file_is_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")

    def revise(end: Callable[[], object]) -> None:
        with revised(target) as copy:
            copy.write_text("new")
            end()

    def fail() -> None:
        raise KeyboardInterrupt

    assert in_child(lambda: revise(lambda: os.kill(os.getpid(), signal.SIGKILL))) == -signal.SIGKILL
    assert target.read_text() == "mine"
    assert len(listing(tmp_path)) == 2
    with pytest.raises(KeyboardInterrupt):
        revise(fail)
    assert target.read_text() == "mine"
    assert listing(tmp_path) == ["target"]


def test_a_file_that_changes_while_it_is_revised_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"

    def revise() -> None:
        with revised(target) as copy:
            copy.write_text("new")
            target.write_text("another's")

    with pytest.raises(S3IOError, match="another program changed"):
        revise()
    assert target.read_text() == "another's"
    assert listing(tmp_path) == ["target"]


def test_a_missing_folder_of_a_revised_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(S3IOError, match="nowhere does not exist"), revised(tmp_path / "nowhere" / "x"):
        pass


def test_a_link_made_in_the_same_moment_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "target"
    monkeypatch.setattr(fcntl, "flock", lambda *_: as_a_link(target))
    with pytest.raises(S3IOError, match=f"^{target} can't be written"):
        update_private(target, lambda text: text + CANARY)
    assert target.is_symlink()
    assert (tmp_path / "pointee").read_text() == "mine"


@pytest.mark.parametrize("force", [False, True, None], ids=["new", "force", "merge"])
def test_a_file_is_checked_before_it_takes_its_place(force: bool | None, tmp_path: Path) -> None:
    target = tmp_path / "target"

    def refuse(written: Path) -> None:
        assert (written.parent, written.read_text(), mode(written)) == (tmp_path, CANARY, 0o600)
        assert not target.exists()
        raise S3IOError("no")

    write = (
        partial(update_private, target, lambda _: CANARY)
        if force is None
        else partial(write_private, target, CANARY, force=force)
    )
    with pytest.raises(S3IOError, match=r"^no$"):
        write(check=refuse)
    assert listing(tmp_path) == []


def test_each_refusal_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_a_link(tmp_path / "link")
    with pytest.raises(S3IOError, match=f"^{tmp_path}/link is a symbolic link"):
        write_private(tmp_path / "link", CANARY)
    with pytest.raises(S3IOError, match=f"^{tmp_path} is there, and is not a regular file"):
        write_private(tmp_path, CANARY)
    with pytest.raises(S3IOError, match=r"^a\\x00b can't be the name of a file"):
        write_private("a\0b", CANARY)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(S3IOError, match=f"^{tmp_path}/pointee belongs to another user"):
        update_private(tmp_path / "pointee", lambda text: text)
