"""The stack's own state, asked of an engine that is writing it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from s3io_user.component import own_state
from s3io_user.component.context import Context

WRITING = Exception("invoke of pulumi:pulumi:x failed:\nunable to fetch: failed to load checkpoint: EOF")
STATE = {"urn:pulumi:prod::site::x::y": {"type": "x", "outputs": {}}}


class Engine:
    """Answers each question with what is next."""

    def __init__(self, *answers: Exception | dict[str, Any]) -> None:
        self.answers = list(answers)

    def invoke(self, function: str, stack: dict[str, str]) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(value={"outputs": answer})

    async def invoke_async(self, function: str, stack: dict[str, str]) -> Any:
        return self.invoke(function, stack).value


@pytest.fixture(params=["at start", "in a hook"])
def read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads the state from an engine, in either way."""

    def read(engine: Engine) -> Any:
        monkeypatch.setattr(own_state, "_PAUSES", (0.0, 0.0))
        monkeypatch.setattr(pulumi.runtime, "invoke", engine.invoke)
        monkeypatch.setattr(pulumi.runtime, "invoke_async", engine.invoke_async)
        if request.param == "at start":
            return own_state.state_at_start()
        return asyncio.run(own_state.resources_in_state())

    return read


def test_a_state_that_is_being_written_is_read_again(read: Any) -> None:
    assert read(Engine(WRITING, WRITING, STATE)) == STATE


def test_it_is_not_read_again_for_ever(read: Any) -> None:
    engine = Engine(WRITING, WRITING, WRITING, STATE)
    with pytest.raises(ValueError, match=r"can't read the stack's state: .*failed to load checkpoint: EOF"):
        read(engine)
    assert engine.answers == [STATE]


def test_another_failure_is_told_at_once(read: Any) -> None:
    engine = Engine(Exception("passphrase must be set"), STATE)
    with pytest.raises(ValueError, match="can't read the stack's state: passphrase must be set"):
        read(engine)
    assert engine.answers == [STATE]


def test_the_state_s_secrets_are_in_no_repr() -> None:
    nobody: Any = None
    context = Context("site", nobody, nobody, nobody, {"urn": {"outputs": {"secret": "wJalrXUtnFEMI"}}})
    assert "wJalr" not in repr(context)
