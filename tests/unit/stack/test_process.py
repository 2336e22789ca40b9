"""Real interrupts of what runs pulumi: it is asked once, waited for, and what a further Ctrl-C does is said before."""

import os
import signal
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3io_user.stack import process as pulumi_process
from tests.pages import PROJECT

# As pulumi does: it notes every SIGINT, ends by itself when it is let to, and at once on its second one.
PULUMI = """\
import os, select, signal, sys
got = []
def heard(*_):
    got.append(1)
    os.write(1, b"heard %d\\n" % len(got))  # a print could come amid a print
    if len(got) == 2:
        sys.exit(9)
signal.signal(signal.SIGINT, heard)
os.write(1, f"ready {os.getsid(0) == os.getpid()} {sys.stdin.read()}\\n".encode())
let = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)
while not select.select([let], [], [], 0.05)[0]:  # a signal just before a wait without an end would not be heard
    pass
print("unlocked", flush=True)
"""
OURS = """\
import signal, sys
from s3io_user.stack import process
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores it, and so does what it starts
try:
    process.run([sys.executable, "-c", *sys.argv[1:]], cwd=".", env={}, given="in",
                out=lambda line: print(line, end="", flush=True))
except process.Interrupted as said:
    print("INTERRUPTED", said, flush=True)
"""


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """What the program waits for."""
    os.mkfifo(tmp_path / "gate")
    return tmp_path / "gate"


@pytest.fixture
def ours(gate: Path) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-c", OURS, PULUMI, str(gate)]
    process = subprocess.Popen(
        command, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready True in\n"
    yield process
    process.kill()
    process.communicate()


def line(process: "subprocess.Popen[str]", stream: str = "stdout") -> str:
    return getattr(process, stream).readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_interrupt_is_passed_on_and_its_end_waited_for(
    ours: "subprocess.Popen[str]", gate: Path, number: signal.Signals
) -> None:
    os.killpg(ours.pid, number)  # as a terminal does: to every process of the group
    assert line(ours) == "heard 1"
    assert (line(ours, "stderr"), "waiting for pulumi to finish" in line(ours, "stderr")) == ("", True)
    assert ours.poll() is None
    gate.write_text("")
    assert line(ours) == "unlocked"
    assert line(ours) == "INTERRUPTED interrupted, and pulumi has ended"
    assert ours.wait(30) == 0


def test_a_second_warns_and_a_third_makes_it_stop(ours: "subprocess.Popen[str]") -> None:
    for said in ("waiting for pulumi to finish", "A third Ctrl-C stops it at once"):
        ours.send_signal(signal.SIGINT)
        assert (line(ours, "stderr"), said in line(ours, "stderr")) == ("", True)
    assert line(ours) == "heard 1"
    ours.send_signal(signal.SIGINT)
    assert line(ours) == "heard 2"
    assert line(ours).startswith("INTERRUPTED")


def test_a_fourth_kills() -> None:
    stubborn = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
    )
    command = [sys.executable, "-c", OURS, stubborn]
    with subprocess.Popen(command, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ours:
        assert line(ours) == "ready"
        for _ in range(4):
            ours.send_signal(signal.SIGINT)
            assert (line(ours, "stderr"), bool(line(ours, "stderr"))) == ("", True)
        assert line(ours).startswith("INTERRUPTED")


def test_without_an_interrupt_its_end_is_told_and_the_handler_is_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    program = "import sys; print(sys.stdin.read()); print('é', file=sys.stderr); sys.exit(3)"
    ended = pulumi_process.run([sys.executable, "-c", program], cwd=".", env=os.environ, given="in")
    assert (ended.code, ended.out, ended.err) == (3, "in\n", "é\n")
    assert signal.getsignal(signal.SIGINT) is before
    assert "in" not in repr(ended)


def test_beside_the_main_thread_it_runs_as_well() -> None:
    codes: list[int] = []

    def work() -> None:
        codes.append(pulumi_process.run([sys.executable, "-c", ""], cwd=".", env=os.environ).code)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert codes == [0]


def test_a_warning_is_written_amid_another(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def amid(*_: object) -> None:
        raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")

    monkeypatch.setattr(sys, "stderr", types.SimpleNamespace(write=amid, flush=amid))
    pulumi_process._Interrupts()._heard(signal.SIGINT, None)
    monkeypatch.undo()
    assert "s3io-user: waiting for pulumi to finish" in capfd.readouterr().err
