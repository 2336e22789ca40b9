"""Compiles the consumers, once for all tests, and lets the engine start the plugin."""

import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from local_aws.engine_build import go_toolchain
from local_aws.engine_steps import EngineError, Work
from local_aws.sandbox import PROJECT, Sandbox
from s3io_user import __version__
from tests.engine.conftest import Stack, aws, sandbox
from tests.languages.consumers import CONSUMERS, Consumer, Workshop
from tools.languages.sdk import build_generator

__all__ = ["aws", "sandbox"]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Consumer]]:
    """The consumer in a language. Where a tool can't be had, or does not compile it, the test fails with a sentence."""
    scratch = tmp_path_factory.mktemp("languages")
    work = Work(scratch, scratch / "log", lambda line: print(f"languages: {line}", file=sys.stderr, flush=True))

    @cache
    def workshop() -> Workshop:
        go = go_toolchain(work)
        return Workshop(work, go, build_generator(work, go))

    @cache
    def outcome(language: str) -> Consumer | str:
        try:
            return CONSUMERS[language](workshop())
        except EngineError as error:
            log = work.log.read_text(errors="replace") if work.log.exists() else ""
            return f"{error}\n\n{log.rpartition('$ ')[2]}"

    def compile_it(language: str) -> Consumer:
        made = outcome(language)
        return made if isinstance(made, Consumer) else pytest.fail(made, pytrace=False)

    yield compile_it
    # Go's caches are a gigabyte in 80,000 files. Left to pytest, a later run would delete them after its last test.
    shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(scope="session")
def environment(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a consumer needs in its environment; the plugin is installed, as the SDKs ask for it."""
    folder = tmp_path_factory.mktemp("plugin")
    path = folder / "pulumi-resource-s3io-user"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROJECT / "plugin" / "__main__.py"}" "$@"\n')
    path.chmod(0o755)
    Stack(sandbox, folder).run("plugin", "install", "resource", "s3io-user", __version__, "--file", str(folder))
    return sandbox.child_env()
