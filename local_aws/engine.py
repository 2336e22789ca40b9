"""The Pulumi engine for the embedded AWS: the one on PATH, or else one that is installed into the cache, once."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from local_aws import cache
from local_aws.engine_build import CLI, YAML, build, build_yaml_host, digest
from local_aws.engine_download import download
from local_aws.engine_steps import EngineError, Progress, Work, dotted, output, parse

__all__ = ["Engine", "EngineError", "ensure"]

NOTE = "engine.json"
MINIMUM = (3, 260, 0)  # requirements.txt's oldest SDK: an engine must not be older than the SDK
FOR_PYTHON = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
FOR_BOTH = (*FOR_PYTHON, YAML.command)
# The ways to install one, by an engine's ``source``, in the order in which to try them.
WAYS: dict[str, Callable[[Work], Path]] = {"download": lambda work: download(work, CLI.version), "go": build}


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
    """An engine that works; it is installed if there is none. Raises EngineError if that fails.

    With ``yaml`` it also runs YAML programs, which only the tests need.
    """
    commands = FOR_BOTH if yaml else FOR_PYTHON
    try:
        return _on_path(commands)
    except EngineError as error:
        absent = str(error)
    home, name = cache.folder(), f"engine-{digest()}"
    if engine := _cached(home, name, commands):
        return engine
    progress(absent)
    try:
        waiting = "waiting for another process that installs the engine …"
        with cache.alone(home / "engine.lock", lambda: progress(waiting)):
            made = _cached(home, name, FOR_PYTHON) or _make(home, name, absent, progress)
            return _with_yaml(made, home, name, progress) if yaml else made
    except OSError as error:
        raise EngineError(cache.unusable(error)) from error


def _on_path(commands: tuple[str, ...]) -> Engine:
    found = shutil.which("pulumi")
    if not found:
        raise EngineError("there is no pulumi on PATH")
    folder, target = Path(found).absolute().parent, Path(found).resolve().parent
    # PATH may have a link to the command, and the language hosts may be beside the file itself.
    folder = folder if not _lacking(folder, commands) else target
    return Engine(folder, _version(folder, commands), "PATH")


def _cached(home: Path, name: str, commands: tuple[str, ...]) -> Engine | None:
    for source in WAYS:
        folder = home / f"{name}-{source}" / "bin"
        with suppress(EngineError):
            return Engine(folder, _noted(folder, commands) or _version(folder, commands), source)
    return None


def _note(folder: Path, version: str) -> None:
    """Note an engine's version, so that the next use need not run it to ask."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    (folder.parent / NOTE).write_text(json.dumps({"version": version, "sizes": sizes}))


def _noted(folder: Path, commands: tuple[str, ...]) -> str:
    """The version that was noted for an engine; empty if its commands have changed in size since."""
    try:
        note = json.loads((folder.parent / NOTE).read_text())
        sizes = {name: (folder / name).stat().st_size for name in commands}
        return str(note["version"]) if sizes.items() <= note["sizes"].items() else ""
    except (OSError, ValueError, LookupError):
        return ""


def _lacking(folder: Path, commands: tuple[str, ...]) -> list[str]:
    return [name for name in commands if not shutil.which(folder / name)]


def _version(folder: Path, commands: tuple[str, ...]) -> str:
    """The version of the engine in a folder. Raises EngineError if it lacks a command, does not run, or is too old."""
    lacking = _lacking(folder, commands)
    if lacking:
        raise EngineError(f"{folder} has no {' and no '.join(lacking)}")
    version = parse(output([str(folder / "pulumi"), "version"], os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}))
    if not MINIMUM <= version < (MINIMUM[0] + 1,):
        raise EngineError(f"{folder / 'pulumi'} is {dotted(version)}, and {_needed()} is needed")
    return dotted(version)


def _needed() -> str:
    return f"{dotted(MINIMUM)} or a newer {MINIMUM[0]}.x"


def _make(home: Path, name: str, absent: str, progress: Progress) -> Engine:
    """Try each way in turn, and move the first engine that works to its place in the cache."""
    for left_by_a_crash in home.glob("engine-*.part"):
        shutil.rmtree(left_by_a_crash, ignore_errors=True)
    log = home / f"{name}.log"
    log.unlink(missing_ok=True)
    faults = [absent]
    for source, install in WAYS.items():
        with cache.scratch(home, name) as part:
            try:
                made = install(Work(part, log, progress))
                version = _version(made / "bin", FOR_PYTHON)
                _note(made / "bin", version)
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
        f"Pulumi's engine could not be found, downloaded or built ({'; '.join(faults)}): put pulumi {_needed()} on "
        f"PATH, or let this machine reach Pulumi's download site, or the Go module proxy and PyPI. The log is {log}"
    )


def _with_yaml(engine: Engine, home: Path, name: str, progress: Progress) -> Engine:
    """The engine with the language host for YAML, which is moved to its place once it is complete."""
    if _lacking(engine.bin, FOR_BOTH):
        with cache.scratch(home, name) as part:
            build_yaml_host(Work(part, home / f"{name}.log", progress)).rename(engine.bin / YAML.command)
        _note(engine.bin, engine.version)
    return engine


def main(argv: list[str]) -> int:
    """Print the folder to put first on PATH; with ``--yaml``, of an engine that also runs YAML. 1 if there is none."""
    try:
        print(ensure(yaml="--yaml" in argv).bin)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _interrupt_once(*_: object) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    # The terminal and the process that started this one may both interrupt: the second must not stop the clean-up.
    signal.signal(signal.SIGINT, _interrupt_once)
    sys.exit(main(sys.argv[1:]))
