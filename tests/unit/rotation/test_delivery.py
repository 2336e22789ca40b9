"""The command that gets the new key: what it is given, what it must not show, and how it may end."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials
from s3io_user.rotation import delivery
from s3io_user.rotation.delivery import Command, Parcel, deliver, read_command
from s3io_user.stack.process import Interrupted
from tests.patience import until

SECRET = "wJalr/XUtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY"
PAIR = Credentials("site", "AKIANEWEXAMPLEEXAMPLE", SECRET, "eu-west-1", ["photos/wp"])
PARCEL = Parcel(PAIR, {"previousAccessKeyId": "AKIAOLDEXAMPLE", "keyGeneration": 2, "user": None})


def given(command: Command, folder: Path, timeout: float = 60.0) -> list[str]:
    """Run a command with the key, and return what it was seen to print."""
    said: list[str] = []
    deliver(command, PARCEL, cwd=str(folder), timeout=timeout, echo=said.append)
    return said


def python(program: str) -> list[str]:
    return [sys.executable, "-u", "-c", program]  # unbuffered, so that its two streams arrive in their order


def test_it_gets_the_key_on_its_standard_input_alone(tmp_path: Path) -> None:
    seen = (
        "import json, os, sys\n"
        "own = open('/proc/self/cmdline').read() + open(f'/proc/{os.getppid()}/cmdline').read()\n"
        "print(json.dump([sys.stdin.read(), own, dict(os.environ), os.getcwd()], open('seen', 'w')))\n"
    )
    given(python(seen), tmp_path)
    stdin, arguments, environ, folder = json.loads((tmp_path / "seen").read_text())
    assert json.loads(stdin) == {
        "accessKeyId": "AKIANEWEXAMPLEEXAMPLE",
        "secretAccessKey": SECRET,
        "userName": "site",
        "region": "eu-west-1",
        "buckets": ["photos/wp"],
        "previousAccessKeyId": "AKIAOLDEXAMPLE",
        "keyGeneration": 2,
        "user": None,
    }
    assert stdin.count("\n") == 1
    assert SECRET not in arguments
    assert SECRET not in json.dumps(environ)
    assert folder == str(tmp_path)


def test_a_string_is_for_the_shell_and_a_list_is_not(tmp_path: Path) -> None:
    assert given("cat >/dev/null; echo one | tr a-z A-Z", tmp_path) == ["ONE"]
    assert given(["printf", "%s", "one | $HOME"], tmp_path) == ["one | $HOME"]


def test_one_that_reads_nothing_is_no_failure(tmp_path: Path) -> None:
    assert given("exec <&-; echo done", tmp_path) == ["done"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("exit 3", "failed (exit code 3)"),
        ("kill -9 $$", "failed (killed by SIGKILL)"),
        (["./is-not-there"], "can't be started: './is-not-there' (No such file or directory)"),
        ("is-not-there", "failed (exit code 127)"),
    ],
)
def test_one_that_fails_is_said(tmp_path: Path, command: Command, said: str) -> None:
    with pytest.raises(S3IOError, match="the command that delivers the key ") as failed:
        given(command, tmp_path)
    assert said in str(failed.value)


def test_one_that_hangs_is_stopped_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_GRACE", 0.2)
    hangs = "sleep 600 & echo $! >child; trap '' TERM; while :; do sleep 600; done"
    with pytest.raises(S3IOError, match="did not end within 1 s, and was stopped"):
        given(hangs, tmp_path, timeout=1.0)
    _await_end(int((tmp_path / "child").read_text()))


def _await_end(pid: int) -> None:
    """Wait until a process is gone, or is a zombie that nobody here can reap."""

    def ended() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    until(ended)


def test_one_that_leaves_something_running_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_GRACE", 0.2)
    assert given("sleep 600 & echo $! >child; echo reloaded", tmp_path) == ["reloaded"]
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_stops_it(tmp_path: Path, number: signal.Signals) -> None:
    def interrupt() -> None:
        until((tmp_path / "began").exists)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(Interrupted, match="interrupted while the key was delivered, and the command was stopped"):
        given("echo $$ >began; sleep 600", tmp_path)
    assert signal.getsignal(number) is before
    _await_end(int((tmp_path / "began").read_text()))


def test_what_it_prints_is_shown_without_the_secret(tmp_path: Path) -> None:
    prints = (
        "import base64, json, sys, urllib.parse\n"
        "key = json.load(sys.stdin); secret = key['secretAccessKey']\n"
        "print('got', json.dumps(key)); print(secret[:12] + '…', file=sys.stderr)\n"
        "print(urllib.parse.quote(secret, safe='')); print(base64.b64encode(json.dumps(key).encode()).decode())\n"
        "print(base64.urlsafe_b64encode(secret.encode()).decode()); print('\\033[2Jbye ' + key['accessKeyId'])\n"
    )
    said = given(python(prints), tmp_path)
    assert len(said) == 6
    assert not [piece for piece in _pieces(SECRET) if any(piece in line for line in said)]
    assert said[5] == "\\x1b[2Jbye AKIANEWEXAMPLEEXAMPLE"
    assert "accessKeyId" in said[0]


def _pieces(secret: str) -> list[str]:
    return [secret[at : at + 10] for at in range(len(secret) - 9)]


def test_one_that_prints_without_end_is_not_quoted_without_end(tmp_path: Path) -> None:
    said = given("i=0; while [ $i -lt 999 ]; do echo $i; i=$((i+1)); done; head -c 20000 /dev/zero", tmp_path)
    assert said[199:] == ["199", "… (what it prints further is not shown)"]


@pytest.mark.parametrize(
    "value", ["", "  ", [], [""], ["a", 1], "a\0b", {"a": "b"}, 3, None], ids=lambda value: repr(value)
)
def test_what_is_no_command(value: object) -> None:
    with pytest.raises(ValueError, match="must be a shell command, or a list of a program and its arguments"):
        read_command(value)


def test_the_secret_is_in_no_repr() -> None:
    assert SECRET not in repr(PARCEL)
