"""`run`: what it exports, and which settings of the SDK and of the process it changes, and when."""

import gc
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from s3io_user import run
from s3io_user.testing import deploy
from tests.pyproject import PROJECT


def made(program: Callable[[], Any]) -> dict[str, Any]:
    """The exports of a program."""
    return {name: export.value for name, export in deploy(lambda: run(program)).exports.items()}


def test_a_function_and_an_async_one_export_what_they_return() -> None:
    async def later() -> dict[str, str]:
        return {"name": "later"}

    assert made(lambda: {"name": "now"}) == {"name": "now"}
    assert made(later) == {"name": "later"}
    assert made(lambda: pulumi.export("name", "by export")) == {"name": "by export"}


SAY = """
import types, pulumi
from pulumi.runtime import settings
from s3io_user import run
said = []
engine = types.SimpleNamespace(Log=lambda request: said.append(request.message))
settings.get_engine = lambda: engine
pulumi.run = lambda program: None
run(dict)
pulumi.log.debug("debug")
pulumi.log.info("info")
pulumi.log.error("Program failed with an unhandled exception:\\nTraceback\\nException: context canceled\\n")
pulumi.log.error("Resource monitor has terminated, shutting down")
pulumi.log.error("error")
print(*said)
"""


@pytest.mark.parametrize(("env", "sent"), [({}, []), ({"S3IO_USER_DEBUG": "true"}, ["debug"])], ids=["unset", "set"])
def test_debug_messages_are_sent_only_when_asked_for(env: dict[str, str], sent: list[str]) -> None:
    """Each is a request that the SDK waits for. Others are always sent, but for the engine's own cancellation."""
    ran = subprocess.run([sys.executable, "-c", SAY], cwd=PROJECT, env=env, capture_output=True, text=True)

    assert ran.stdout.split() == [*sent, "info", "error"], ran.stderr


def test_garbage_is_looked_for_less_often() -> None:
    """With many users that is a third of the program's time."""
    probe = "import gc, pulumi; from s3io_user import run; pulumi.run = print; run(dict); print(gc.get_threshold()[0])"
    ran = subprocess.run([sys.executable, "-c", probe], cwd=PROJECT, env={}, capture_output=True, text=True)

    assert ran.stdout.endswith("\n10000\n"), ran.stderr


def test_the_plugin_saves_the_same_time() -> None:
    probe = """
import gc, pulumi, runpy
from pulumi.provider import server
debug, server.main = pulumi.log.debug, lambda *_: None
runpy.run_path("plugin/__main__.py", run_name="__main__")
print(gc.get_threshold()[0], pulumi.log.debug is debug)
"""
    ran = subprocess.run([sys.executable, "-c", probe], cwd=PROJECT, env={}, capture_output=True, text=True)

    assert ran.stdout == "10000 False\n", ran.stderr


def test_an_interrupted_program_ends_without_a_traceback() -> None:
    interrupted = "import os, signal, pulumi; from s3io_user import run; pulumi.run = print; run(dict)"
    interrupted += "; os.kill(os.getpid(), signal.SIGINT)"
    ran = subprocess.run([sys.executable, "-c", interrupted], cwd=PROJECT, env={}, capture_output=True, text=True)

    assert (ran.returncode, ran.stderr) == (-signal.SIGINT, "")


def test_nothing_is_changed_in_a_thread_of_somebody_s_process_nor_where_no_program_runs() -> None:
    """The Automation API and our testing kit run a program in a thread."""

    def settings() -> tuple[Any, ...]:
        return pulumi.log.debug, pulumi.log.error, signal.getsignal(signal.SIGINT), gc.get_threshold()

    before = settings()
    made(dict)
    with pytest.raises(pulumi.RunError, match="while a Pulumi program is running"):
        run(dict)

    assert settings() == before
