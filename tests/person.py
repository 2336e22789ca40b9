"""Somebody at a terminal: a command in a real pseudo-terminal, what it shows, and what is typed."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tests.patience import PATIENCE

# Makes the terminal the session's own, so that Ctrl-C interrupts. Not between fork and exec: there gRPC, which the
# tests have loaded, would run code of its own.
_OWN_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Person:
    """A command at work. ``seen`` is all that it showed, without colours and carriage returns."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._screen, terminal = pty.openpty()
        self.seen = ""
        self._read_until = 0
        self.process = subprocess.Popen(
            [sys.executable, "-c", _OWN_TERMINAL, *command], cwd=cwd, env=env, stdin=terminal, stdout=terminal,
            stderr=terminal, start_new_session=True,
        )  # fmt: skip
        os.close(terminal)

    def __enter__(self) -> "Person":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._screen)

    def sees(self, text: str) -> str:
        """Wait until the text is on the screen, after what was waited for before; gives what came up to it."""
        end = time.monotonic() + PATIENCE
        while (at := self.seen.find(text, self._read_until)) < 0:
            assert self._read(end), f"{text!r} was not shown: {self.seen[self._read_until :]!r}"
        before, self._read_until = self.seen[self._read_until : at], at + len(text)
        return before

    def types(self, text: str) -> None:
        """Type a line."""
        os.write(self._screen, f"{text}\n".encode())

    def presses(self, key: bytes) -> None:
        """Press a key that ends no line, such as Ctrl-C (``b"\\x03"``)."""
        os.write(self._screen, key)

    def ends(self) -> int:
        """Wait for the end; gives the exit code."""
        end = time.monotonic() + PATIENCE
        while self._read(end):
            pass
        return self.process.wait(PATIENCE)

    def _read(self, end: float) -> bool:
        """Read what is shown next; whether there was anything."""
        if not select.select([self._screen], [], [], max(0.0, end - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self._screen, 65536)
        except OSError:  # the other side is closed
            return False
        text = data.decode(errors="replace")
        self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", text)
        return bool(data)
