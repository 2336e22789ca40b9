"""The Pulumi engine for the embedded AWS: the one on PATH, else one that is made once and kept in the cache."""

import fcntl
import itertools
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from local_aws.engine_build import HEARTBEAT, ROADS, EngineError, Progress, Work, digest, dotted, output, parse

__all__ = ["Engine", "EngineError", "cache_folder", "ensure"]

MINIMUM = (3, 250, 0)  # requirements.txt's oldest SDK: an engine must not be older than the SDK
FOR_PYTHON = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
FOR_BOTH = (*FOR_PYTHON, "pulumi-language-yaml")


@dataclass(frozen=True)
class Engine:
    """An engine that works.

    ``bin`` is the folder to put first on PATH, ``version`` is like ``3.274.1``, and ``source`` is ``PATH``,
    ``download`` or ``go``.
    """

    bin: Path
    version: str
    source: str


def _say(line: str) -> None:
    print(f"engine: {line}", file=sys.stderr, flush=True)


def ensure(progress: Progress = _say, *, yaml: bool = False) -> Engine:
    """An engine that works, made if there is none; EngineError when no way leads to one.

    With ``yaml``, an engine on PATH counts only if it runs YAML programs too; one that is made always does.
    """
    try:
        return _on_path(FOR_BOTH if yaml else FOR_PYTHON)
    except EngineError as error:
        absent = str(error)
    home, name = cache_folder(), f"engine-{digest()}"
    engine = _cached(home, name)
    if engine:
        return engine
    progress(absent)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _alone(home / "engine.lock", progress):
            return _cached(home, name) or _make(home, name, absent, progress)
    except OSError as error:
        raise EngineError(
            f"the engine needs a cache folder with room that can be written to, and {home} is not one "
            f"({error}): name another with S3IO_USER_CACHE"
        ) from error


def cache_folder() -> Path:
    """Where engines are kept: ``$S3IO_USER_CACHE``, else ``s3io-user`` in the user's cache folder."""
    own, base = os.environ.get("S3IO_USER_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(own or Path(base or "~/.cache", "s3io-user")).expanduser().absolute()


def _on_path(commands: tuple[str, ...]) -> Engine:
    found = shutil.which("pulumi")
    if not found:
        raise EngineError("there is no pulumi on PATH")
    folder, target = Path(found).absolute().parent, Path(found).resolve().parent
    # The hosts may lie beside the file that PATH's entry is only a link to.
    folder = folder if not _lacking(folder, commands) else target
    return Engine(folder, _version(folder, commands), "PATH")


def _cached(home: Path, name: str) -> Engine | None:
    for source in ROADS:
        folder = home / f"{name}-{source}" / "bin"
        with suppress(EngineError):
            return Engine(folder, _version(folder, FOR_BOTH), source)
    return None


def _lacking(folder: Path, commands: tuple[str, ...]) -> list[str]:
    return [name for name in commands if not shutil.which(folder / name)]


def _version(folder: Path, commands: tuple[str, ...]) -> str:
    """The version of a folder's engine; EngineError when it lacks a command, does not run, or is too old."""
    lacking = _lacking(folder, commands)
    if lacking:
        raise EngineError(f"{folder} has no {' and no '.join(lacking)}")
    version = parse(output([str(folder / "pulumi"), "version"], os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}))
    if not MINIMUM <= version < (MINIMUM[0] + 1,):
        raise EngineError(f"{folder / 'pulumi'} is {dotted(version)}, and {_needed()} is needed")
    return dotted(version)


def _needed() -> str:
    return f"{dotted(MINIMUM)} or a newer {MINIMUM[0]}.x"


@contextmanager
def _alone(path: Path, progress: Progress) -> Iterator[None]:
    """Hold the cache's lock, of which the kernel lets go when this process ends, however it ends."""
    with path.open("w") as lock:
        for tick in itertools.count():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if tick % (2 * HEARTBEAT) == 0:
                    progress(f"waiting for another process that makes the engine: {tick // 2} s")
                time.sleep(0.5)
        yield


def _make(home: Path, name: str, absent: str, progress: Progress) -> Engine:
    """Try each road in turn; what the first good one leads to is renamed, whole, to its place in the cache."""
    for left_by_a_crash in home.glob("engine-*.part"):
        shutil.rmtree(left_by_a_crash, ignore_errors=True)
    log = home / f"{name}.log"
    log.unlink(missing_ok=True)
    faults = [absent]
    for source, road in ROADS.items():
        with TemporaryDirectory(prefix=f"{name}-", suffix=".part", dir=home, ignore_cleanup_errors=True) as part:
            try:
                made = road(Work(Path(part), log, progress))
                version = _version(made / "bin", FOR_BOTH)
            except EngineError as error:
                faults.append(str(error))
                progress(faults[-1])
                continue
            kept = home / f"{name}-{source}"
            shutil.rmtree(kept, ignore_errors=True)
            made.rename(kept)
        progress(f"pulumi {version} is ready in {kept / 'bin'}")
        return Engine(kept / "bin", version, source)
    raise EngineError(
        f"no engine can be had from PATH, by the official download or from Go modules ({'; '.join(faults)}): "
        f"put pulumi {_needed()} on PATH, or let this machine reach Pulumi's site, or the Go module proxy and "
        f"PyPI (the log is at {log})"
    )


def main() -> int:
    """Print the folder to put first on PATH; 1 and the reason when there is none."""
    try:
        print(ensure().bin)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
