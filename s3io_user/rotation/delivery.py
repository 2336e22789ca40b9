"""Hands a new key to a command of yours: as JSON on its standard input, never in an argument or the environment.

The command runs in a session of its own, without a terminal, so that one that asks for a password fails in place of
waiting for you, and that all of its processes can be stopped together.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, Any

from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials
from s3io_user.rotation.redaction import Redactor
from s3io_user.stack.process import Interrupted
from s3io_user.wording import shown, visible

TIMEOUT = 300.0
_GRACE = 5.0
"""Seconds between asking a command to stop and killing it, and for what it printed to arrive."""
_LONGEST_LINE, _MOST_LINES = 4096, 200

Command = str | Sequence[str]
Say = Callable[[str], object]


@dataclass(frozen=True)
class Parcel:
    """What a command gets: the access key, and whose it is."""

    pair: Credentials
    about: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> str:
        """One line of JSON; docs/rotation.md lists the keys."""
        pair = self.pair
        key = {"accessKeyId": pair.access_key_id, "secretAccessKey": pair.secret_access_key}
        place = {"userName": pair.user_name, "region": pair.region or None, "buckets": list(pair.buckets)}
        return json.dumps({**key, **place, **self.about}) + "\n"


def read_command(value: Any) -> Command:
    """A command as config has it: a string for the shell, or a list for no shell. Raises ValueError."""
    parts = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    if not parts or not all(isinstance(part, str) and "\0" not in part for part in parts) or not parts[0].strip():
        # What it got is not quoted: a command may hold a secret.
        raise ValueError("must be a shell command, or a list of a program and its arguments")
    return value if isinstance(value, str) else list(value)


def deliver(command: Command, parcel: Parcel, *, cwd: str, timeout: float = TIMEOUT, echo: Say) -> None:
    """Run the command with the key on its standard input; ``echo`` gets the lines that it prints, without the secret.

    Raises S3IOError if it can't be started, does not succeed or does not end in ``timeout`` seconds, and Interrupted,
    once it has ended, if there was a SIGINT, SIGTERM or SIGHUP.
    """
    redacted = Redactor(parcel.pair.secret_access_key)
    with _interrupts() as interrupted:
        process = _started(command, cwd)
        try:
            feeding = threading.Thread(target=_feed, args=(process.stdin, parcel.as_json()), daemon=True)
            reading = threading.Thread(target=_read, args=(process.stdout, redacted, echo), daemon=True)
            feeding.start()
            reading.start()
            ended = _wait(process, timeout, interrupted)
            # Whatever it left running may hold its output open.
            reading.join(_GRACE)
        finally:
            if process.poll() is None:
                _stop(process)
    if interrupted.is_set():
        raise Interrupted(
            f"interrupted while the key was delivered, and the command {'had ended' if ended else 'was stopped'}"
        )
    if not ended:
        raise S3IOError(f"the command that delivers the key did not end within {timeout:g} s, and was stopped")
    if process.returncode:
        raise S3IOError(f"the command that delivers the key failed ({_code(process.returncode)})")


def _started(command: Command, cwd: str) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(  # a string is for the shell, as in git's and ssh's config
            command,
            shell=isinstance(command, str),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name can't be one"
        program = "" if isinstance(command, str) else f": {shown(command[0])}"
        raise S3IOError(f"the command that delivers the key can't be started{program} ({reason})") from None


def _feed(stream: IO[str] | None, text: str) -> None:
    if stream:
        with suppress(OSError, ValueError), stream:  # a command need not read what it is given
            stream.write(text)


def _read(stream: IO[str] | None, redacted: Redactor, echo: Say) -> None:
    shown_lines = 0
    with suppress(OSError, ValueError):
        while line := stream.readline(_LONGEST_LINE) if stream else "":
            shown_lines += 1
            if shown_lines <= _MOST_LINES:
                echo(visible(redacted(line.rstrip("\r\n"))))
            elif shown_lines == _MOST_LINES + 1:
                echo("… (what it prints further is not shown)")


def _wait(process: "subprocess.Popen[str]", timeout: float, interrupted: threading.Event) -> bool:
    """Whether the command ended by itself; it is stopped if it did not in time, or there was an interrupt."""
    deadline = time.monotonic() + timeout
    while not interrupted.is_set() and (left := deadline - time.monotonic()) > 0:
        with suppress(subprocess.TimeoutExpired):
            process.wait(min(0.1, left))
            return True
    if process.poll() is not None:
        return True
    _stop(process)
    return False


def _stop(process: "subprocess.Popen[str]") -> None:
    """Ask all processes of the command to end, and kill those that don't."""
    _signal(process, "SIGTERM")
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
    _signal(process, "SIGKILL")
    process.wait()


def _signal(process: "subprocess.Popen[str]", name: str) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, getattr(signal, name))


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Is set by a SIGINT, SIGTERM or SIGHUP; in the main thread alone."""
    heard, before = threading.Event(), {}
    with suppress(ValueError):  # not the main thread
        for number in (getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)):
            if signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, lambda *_: heard.set())
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _code(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
