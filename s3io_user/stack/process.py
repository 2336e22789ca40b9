"""Runs pulumi and lets it finish when you interrupt. No other module starts it.

If pulumi is killed, it leaves the stack locked, and what it was creating is in AWS but not in the state. So it gets a
process group of its own, which a terminal's Ctrl-C does not reach, and is asked to stop instead.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import IO, Any

Echo = Callable[[str], object]

# Windows has no SIGHUP.
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_WARNINGS = (
    "waiting for pulumi to finish what it has begun and to unlock the stack",
    "pulumi is still finishing. A third Ctrl-C stops it at once: what it is creating may then be in AWS but not in the "
    "state; s3io-user doctor finds it",
    "pulumi was told to stop at once. A fourth Ctrl-C kills it and leaves the stack locked",
    "pulumi was killed: the stack may be locked. pulumi cancel unlocks it",
)


class Interrupted(KeyboardInterrupt):
    """You interrupted while pulumi ran, and it has ended; the text says what to do."""


@dataclass(frozen=True)
class Ended:
    """A program's exit code (negative for a signal, as in ``subprocess``) and output."""

    code: int
    out: str = field(repr=False)
    err: str = field(repr=False)


def run(
    command: Sequence[str],
    *,
    cwd: str,
    env: Mapping[str, str],
    given: str = "",
    out: Echo | None = None,
    err: Echo | None = None,
) -> Ended:
    """Run a command with ``given`` on its standard input; ``out`` and ``err`` get its lines as they come.

    Raises OSError if it can't be started, and Interrupted, once it has ended, if there was a SIGINT, SIGTERM or SIGHUP.
    """
    with _Interrupts() as interrupts:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        interrupts.of(process)
        with process, ThreadPoolExecutor(2) as readers:
            reading = [readers.submit(_read, process.stdout, out), readers.submit(_read, process.stderr, err)]
            with suppress(BrokenPipeError):
                _write(process.stdin, given)
            said, complaint = (each.result() for each in reading)
    if interrupts.count:
        raise Interrupted("interrupted, and pulumi has ended")
    return Ended(process.returncode, said, complaint)


def _read(stream: IO[str] | None, echo: Echo | None) -> str:
    lines = []
    for line in stream or ():
        lines.append(line)
        if echo:
            echo(line)
    return "".join(lines)


def _write(stream: IO[str] | None, text: str) -> None:
    if stream:
        with stream:
            stream.write(text)


def may_run(host: str, pid: int) -> bool:
    """Whether a process may still be running. On another host it always may."""
    # On Windows, os.kill ends the process or sends it a Ctrl-C.
    if host != socket.gethostname() or sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


class _Interrupts:
    """Counts interrupts while pulumi runs, and passes the first and the third on; in the main thread alone.

    A handler in the place of an ignored SIGINT, as in a shell's background job, also keeps pulumi from inheriting that:
    it ends its language hosts by it.
    """

    def __init__(self) -> None:
        self.count = 0
        self._process: subprocess.Popen[str] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Interrupts":
        with suppress(ValueError):  # not the main thread
            for number in _SIGNALS:
                if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
                    self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def of(self, process: "subprocess.Popen[str]") -> None:
        """Pass them on to this one, what came before it was there as well."""
        self._process = process
        if self.count:
            self._interrupt()

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.count = count = self.count + 1  # a further one may come in between
        with suppress(OSError):  # the terminal may be gone
            # Not by print, which fails while another one is half written.
            os.write(2, f"\ns3io-user: {_WARNINGS[min(count, len(_WARNINGS)) - 1]}\n".encode())
        if count in (1, 3):
            self._interrupt()
        elif count > 3 and self._process is not None:
            self._process.kill()  # it looks first whether the process is still there

    def _interrupt(self) -> None:
        # On Windows the console's Ctrl-C has reached pulumi too, and what os.kill sends would end it at once.
        if sys.platform != "win32" and self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGINT)
