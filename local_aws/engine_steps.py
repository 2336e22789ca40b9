"""The steps that install an engine: each runs a command, logs its output, and reports progress."""

import re
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

Progress = Callable[[str], None]
Status = Callable[[list[str], float], str]
"""Describes a step's progress, from the lines it has printed and the seconds it has taken."""

HEARTBEAT = 10  # seconds between two lines of progress
TICK = 0.5


class EngineError(Exception):
    """Why there is no engine and what to do, in one sentence."""


class Work(NamedTuple):
    """What every step needs: a temporary folder, a log file, and where to report progress."""

    scratch: Path
    log: Path
    progress: Progress


def seconds_only(_: list[str], seconds: float) -> str:
    """The progress of a step that says nothing more."""
    return f"{seconds:.0f} s"


def run(
    work: Work,
    step: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    cwd: Path | None = None,
    status: Status = seconds_only,
    silence: float = 3600,
) -> None:
    """Run a command; EngineError with its last line when it fails, or prints nothing for ``silence`` seconds."""
    work.progress(step)
    with work.log.open("a+b") as log:
        log.write(f"$ {shlex.join(command)}\n".encode())
        log.flush()
        start = log.tell()

        def lines() -> list[str]:
            log.seek(start)
            return log.read().decode(errors="replace").split("\n")[:-1]

        with subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as process:
            code = _wait(work, step, process, lines, status, silence)
        last = [line for line in lines() if line.strip()][-1:]
    if code:
        raise EngineError(f"{step} failed: {last[0].strip()[:300] if last else f'exit code {code}'}")


def _wait(
    work: Work,
    step: str,
    process: "subprocess.Popen[bytes]",
    lines: Callable[[], list[str]],
    status: Status,
    silence: float,
) -> int:
    """Wait for a process and return its exit code. The process never outlives the wait."""
    started = told = heard = time.monotonic()
    size = 0
    try:
        while True:
            try:
                return process.wait(TICK)
            except subprocess.TimeoutExpired:
                now = time.monotonic()
            size, heard = (new, now) if (new := work.log.stat().st_size) != size else (size, heard)
            if now - heard > silence:
                raise EngineError(f"{step} failed: there was no output for {silence:.0f} seconds")
            if now - told >= HEARTBEAT:
                work.progress(f"{step}: {status(lines(), now - started)}")
                told = now
    finally:
        process.kill()


def output(command: Sequence[str], environment: Mapping[str, str], cwd: Path | None = None) -> str:
    """What a quick command prints; empty if it fails."""
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def parse(version: str) -> tuple[int, ...]:
    """``v3.274.1`` and ``go1.27`` as (3, 274, 1) and (1, 27, 0); () for what has no number."""
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in match.groups()) if match else ()


def dotted(version: tuple[int, ...]) -> str:
    """(3, 274, 1) as ``3.274.1``."""
    return ".".join(map(str, version)) or "of no version that it tells"
