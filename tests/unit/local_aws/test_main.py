"""`python -m local_aws`: what goes wrong is one sentence that says what to do, and no traceback."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from local_aws import __main__ as program
from local_aws import console, server
from local_aws.engine import EngineError
from local_aws.sandbox import PROJECT, Sandbox


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(program, "PROJECT", tmp_path)
    monkeypatch.setattr(program, "CONFIG", tmp_path / "Pulumi.local.yaml")
    return tmp_path


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        pytest.param(EngineError("there is no engine"), 1, "error: there is no engine", id="engine"),
        pytest.param(RuntimeError("it did not start"), 1, "error: it did not start", id="server"),
        pytest.param(
            EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
            1,
            "error: the embedded AWS failed a request (Could not connect to the endpoint URL: "
            "\"http://127.0.0.1:1\"): run 'make down', then 'make up'",
            id="killed meanwhile",
        ),
        pytest.param(
            subprocess.CalledProcessError(255, ["pulumi", "up"]),
            255,
            "error: pulumi up failed: see its message above. Fix that, and run it again",
            id="pulumi",
        ),
        pytest.param(KeyboardInterrupt(), 130, "Interrupted. Run it again to continue.", id="stopped"),
    ],
)
def test_a_fault_is_one_sentence(
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: BaseException,
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(Sandbox, "start", fail)
    assert program.main(["up"]) == code
    assert capsys.readouterr() == ("", f"{said}\n")


@pytest.mark.parametrize(
    "number", [pytest.param(errno.EROFS, id="read-only"), pytest.param(errno.ENOSPC, id="full"), errno.EACCES]
)
def test_a_folder_that_cannot_be_written_to_is_named(
    tree: Path, monkeypatch: pytest.MonkeyPatch, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(self: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "mkdir", fail)
    assert program.main(["up"]) == 1
    what = f"({tree}/.local-aws: {os.strerror(number)})"
    assert capsys.readouterr().err == f"error: {tree} must be writable and have free space {what}\n"


def test_a_disk_that_fills_up_leaves_no_half_of_a_note(tmp_path: Path) -> None:
    """Half a note would be a server that nobody stops."""
    code = (
        "import resource, signal, sys; from pathlib import Path; from local_aws.sandbox import Sandbox\n"
        "from local_aws.server import Aws\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))\n"
        "try:\n    Sandbox(Path(sys.argv[1]))._keep(Aws('http://127.0.0.1:1', 'AKIAADMINEXAMPLE', 'secret', 1))\n"
        "except OSError as error:\n    print(error.errno)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=PROJECT, capture_output=True, text=True)
    assert done.stdout == f"{errno.EFBIG}\n", done.stderr
    assert not (tmp_path / "aws.json").exists()


def test_who_waits_for_another_says_so(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tree / ".local-aws"
    folder.mkdir()
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.write(ready[1], b"1")
            os.read(go[0], 1)
        os._exit(0)
    os.read(ready[0], 1)

    class Opens:
        """A terminal: what is printed to it lets the other go on."""

        def write(self, text: str) -> int:
            said.append(text)
            return os.write(go[1], b"1")

        def flush(self) -> None:
            pass

    said: list[str] = []
    err, sys.stderr = sys.stderr, Opens()  # type: ignore[assignment]
    try:
        with program._alone(folder):
            pass
    finally:
        sys.stderr = err
        os.waitpid(child, 0)
    assert said == ["waiting for another make in this folder …\n"]


def test_an_environment_that_is_not_whole_is_said(tmp_path: Path) -> None:
    """As after an upgrade of Python: -S leaves all packages out."""
    command = [sys.executable, "-S", "-m", "local_aws", "up"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 1
    assert done.stderr == ("error: .venv is incomplete (it has no botocore): run 'rm -rf .venv', then 'make up'\n")


@pytest.mark.parametrize("stream", ["out", "err"])
def test_nobody_need_read_what_is_printed(stream: str) -> None:
    code = f"from local_aws import console\nfor _ in range(3): console.{stream}('x' * 70000)\nprint('to the end')"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout
        assert process.stderr
        gone, kept = (process.stdout, process.stderr) if stream == "out" else (process.stderr, process.stdout)
        gone.close()
        said = kept.read()
    assert process.returncode == 0
    assert said == ("to the end\n" if stream == "err" else "")


def test_the_config_is_there_whole_and_a_changed_one_stays(tree: Path) -> None:
    (tree / ".local-aws").mkdir()
    program._have_config()
    assert "s3io-photos" in program.CONFIG.read_text()
    program.CONFIG.write_text("mine")
    program._have_config()
    assert program.CONFIG.read_text() == "mine"
    assert list((tree / ".local-aws").iterdir()) == []


def test_only_an_embedded_aws_of_this_tree_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert not server.is_ours(os.getpid())
    assert not server.is_ours(2**22 + 1)
    code = "import signal; print(1, flush=True); signal.pause()"
    for folder, ours in ((PROJECT, True), (tmp_path, False)):
        command = [sys.executable, "-c", code, "-m", "local_aws.emulator"]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            said = server.is_ours(process.pid)
            process.kill()
        assert said is ours


def test_progress_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    console.progress("a line")
    assert capsys.readouterr() == ("", "a line\n")
