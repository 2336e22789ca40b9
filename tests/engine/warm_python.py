"""A Python that has the libraries loaded, and forks one for each program and provider of the engine, and each command.

Importing Pulumi, boto3 and our own modules and reading AWS's models is more than half of the work of a program on a
small stack. A forked process holds nothing of an earlier run.
``install`` makes a folder with an executable ``python``, for the front of PATH.
"""

import atexit
import gc
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import s3io_user
from local_aws.sandbox import PROJECT
from tests import models

LOADED = ("boto3", "local_aws.provider.server", "pulumi_aws.iam", "pulumi_aws.s3", "rich.table")

# -IS: it hands over its arguments, environment and pipes, hands on signals, and ends as the forked one did.
_LAUNCHER = """#!{python} -IS
import json, os, select, signal, socket, sys
if sys.argv[1:4] == ["-m", "pip", "list"]:
    os.execv("/bin/cat", ["cat", {packages!r}])
if sys.argv[1:] == ["--version"]:
    print("Python", sys.version.split()[0])
    sys.exit()
ours = sys.argv[1:3] == ["-m", "s3io_user"] or sys.argv[1].endswith("/pulumi-language-python-exec")
if not ours and sys.argv[1] not in ("-u", "-I"):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
there = socket.socket(socket.AF_UNIX)
there.connect({address!r})
socket.send_fds(there, [json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode() + b"\\n"], [0, 1, 2])
answers = there.makefile()
pid = int(answers.readline())
def hand_on(number, frame):
    try:
        os.kill(pid, number)
    except ProcessLookupError:  # it has just ended by itself
        pass
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, hand_on)
os.close(0), os.close(1)
parent = os.getppid()
while not select.select([there], [], [], 2)[0]:
    if os.getppid() != parent:  # a killed engine tells nobody
        os._exit(1)
code = int(answers.readline() or 1)
if code < 0:
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@contextmanager
def install(folder: Path) -> Iterator[Path]:
    """Run it for as long as the context lasts; yields the executable, in the folder with its other names."""
    folder.mkdir()
    address, packages = folder / "socket", folder / "packages.json"
    # The language host asks for this before every program, and it does not change within a session.
    packages.write_text(
        subprocess.check_output([sys.executable, "-m", "pip", "list", "-v", "--format", "json"], text=True)
    )
    launcher = _LAUNCHER.format(python=sys.executable, address=str(address), packages=str(packages))
    for name in ("python", "python3"):
        (folder / name).write_text(launcher)
        (folder / name).chmod(0o755)
    command = [sys.executable, "-m", "tests.engine.warm_python", str(address)]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield folder / "python"


def _serve(address: str) -> int:
    """Fork whatever is asked for, until our starter ends; returns in the forked ones alone, with their exit code."""
    ours = (module.name for module in pkgutil.walk_packages(s3io_user.__path__, "s3io_user."))
    for name in (*LOADED, *ours):
        __import__(name)
    del sys.modules["s3io_user.__main__"]  # whoever runs it runs it as the first
    models.keep()
    models.read()
    gc.freeze()  # so that no collection in a forked one touches, and so copies, what all of them share
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen(16)
    threading.Thread(target=_end_with_our_starter, daemon=True).start()
    print("ready", flush=True)
    while True:
        asked, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            return _mind_one(asked)
        asked.close()


def _mind_one(asked: socket.socket) -> int:
    """Fork once more: one runs what is asked for, and this one tells how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        return _run(_become_what_was_asked(asked))
    asked.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):  # whoever asked was killed
        asked.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become_what_was_asked(asked: socket.socket) -> list[str]:
    said, pipes, _, _ = socket.recv_fds(asked, 1 << 20, 3)
    while not said.endswith(b"\n"):
        if not (more := asked.recv(1 << 20)):  # whoever asked was killed meanwhile
            os._exit(0)
        said += more
    for number, pipe in enumerate(pipes):
        os.dup2(pipe, number)
        os.close(pipe)
    arguments, environment, folder = json.loads(said)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    threading.Thread(target=_end_with_the_launcher, args=(asked,), daemon=True).start()
    return list(arguments)


def _run(arguments: list[str]) -> int:
    """What ``python ARGUMENTS`` does, for the two ways in which the engine starts it, and for our own command."""
    # The server's own is being read by its thread, which no fork has: its lock would stay taken for ever.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout.reconfigure(line_buffering=True, write_through=True)  # type: ignore[union-attr]
    sys.path.remove(str(PROJECT))
    how, what, *rest = arguments if arguments[0].startswith("-") else ["-u", *arguments]
    if how == "-I":
        code, *rest = rest
        sys.argv = ["-c", *rest]
        return _code_of(lambda: exec(code, {"__name__": "__main__"}))  # noqa: S102
    named = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.path[:0] = [os.getcwd() if how == "-m" else str(Path(what).parent), *named]
    if str(PROJECT) not in named:
        _forget("s3io_user")
    sys.argv = [what, *rest]
    if how == "-m":
        return _code_of(lambda: runpy.run_module(what, run_name="__main__", alter_sys=True))
    return _code_of(lambda: runpy.run_path(what, run_name="__main__"))


def _forget(package: str) -> None:
    """Another copy of it may be meant."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]


def _code_of(run: Any) -> int:
    try:
        run()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _end(code: int) -> NoReturn:
    """End as Python does, but without taking the modules apart, which would copy what the forked ones share."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _end_with_the_launcher(asked: socket.socket) -> NoReturn:
    asked.recv(1)
    os._exit(0)


def _end_with_our_starter() -> NoReturn:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    _end(_serve(*sys.argv[1:]))
