"""Measures the time, CPU and memory of a command. Contenders take turns, so that noise affects all of them alike."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

T = TypeVar("T")

MB = 1024 * 1024
_PERIOD = 0.2


@dataclass(frozen=True)
class Sample:
    """What one run of a command took.

    ``seconds`` is from its start to its end, ``cpu`` what it and its children computed for, ``memory`` the sum of what
    each of its processes had at most, in bytes: 0 where the system does not say.
    """

    seconds: float
    cpu: float
    memory: float


class CommandError(RuntimeError):
    """A measured command failed."""


def run(command: Sequence[str], cwd: Path, env: Mapping[str, str], *, watched: bool = True) -> Sample:
    """Run a command. Raises CommandError with the end of its output if it fails.

    Without ``watched`` its memory is not looked at, which would cost short commands some time.
    """
    start = time.perf_counter()
    # A separate session identifies the processes of the command.
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    peaks: dict[int, int] = {}
    watch = threading.Thread(target=_watch, args=(process.pid, peaks), daemon=True)
    if watched:
        watch.start()
    try:
        said = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
    except BaseException:
        os.killpg(process.pid, signal.SIGINT)
        raise
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if watched:
        watch.join()
    if process.returncode:
        raise CommandError(f"{' '.join(command)} failed:\n{said.decode(errors='replace')[-3000:]}")
    return Sample(seconds, used.ru_utime + used.ru_stime, sum(peaks.values()))


def _watch(session: int, peaks: dict[int, int]) -> None:
    """Record the peak memory of every process in a session until the session ends."""
    while found := _peaks(session):
        peaks.update(found)
        time.sleep(_PERIOD)


def _peaks(session: int) -> dict[int, int]:
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # What stands before the last parenthesis is the command's name, which may hold anything.
            state, _, _, own_session, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(own_session) == session and state != "Z":
                found[int(entry.name)] = memory_of(int(entry.name))
        except OSError:
            continue
    return found


def memory_of(pid: int, what: str = "VmHWM") -> int:
    """A process's peak memory in bytes, or with ``VmRSS`` its current memory; 0 if the system does not report it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:")), 0)


def in_turn(contenders: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Run each function once a round, in alternating order (A B, B A, A B, …), and return its results."""
    found: dict[str, list[T]] = {name: [] for name in contenders}
    for number in range(rounds):
        order = list(contenders) if number % 2 == 0 else list(contenders)[::-1]
        for name in order:
            found[name].append(contenders[name]())
    return found


def ratio(values: Sequence[float], base: Sequence[float]) -> float:
    """The ratio to the base: the median over the rounds, each compared with the base of the same round."""
    return median(value / other for value, other in zip(values, base, strict=True))
