"""A key's life as a state machine on the real engine: whatever is done in whatever order, the promises hold.

One life each time; ``S3IO_USER_LIVES=20`` makes it as many as that.
"""

import os
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from local_aws.server import Aws
from tests.engine.aws_side import exists, keys_of
from tests.engine.conftest import Stack
from tests.engine.test_rotation import stored, stores

pytestmark = pytest.mark.long

FATES = ("removed", "inactive", "active")


class KeyLife(RuleBasedStateMachine):
    """Rotate, change the previous key's fate, switch off and on, take away and give back."""

    make_stack: ClassVar[Callable[..., Stack]]
    aws: ClassVar[Aws]

    def __init__(self) -> None:
        super().__init__()
        self.user = f"life-{uuid.uuid4().hex[:12]}"
        self.config: dict[str, Any] = {"userName": self.user, "keyGeneration": 1, **stores(self.user)}
        self.stack = type(self).make_stack(**self.config)
        self.outputs: dict[str, Any] = {}
        self.seen: set[str | None] = set()
        self.update()

    def update(self, **changed: Any) -> None:
        self.config |= changed
        self.stack.config(**self.config)
        self.stack.up()
        self.seen |= {self.outputs.get("accessKeyId")} - {None}
        self.outputs = self.stack.outputs()

    def has_key(self) -> bool:
        return bool(self.config.get("createAccessKey", True))

    @rule()
    def rotate(self) -> None:
        self.update(keyGeneration=self.config["keyGeneration"] + 1)
        assert not self.has_key() or self.outputs["accessKeyId"] not in self.seen

    @rule(fate=st.sampled_from(FATES))
    def change_fate(self, fate: str) -> None:
        before = self.outputs.get("accessKeyId")
        self.update(previousKey=fate)
        assert self.outputs.get("accessKeyId") == before

    @rule(status=st.sampled_from(["Active", "Inactive"]))
    def switch(self, status: str) -> None:
        before = self.outputs.get("accessKeyId")
        self.update(keyStatus=status)
        assert self.outputs.get("accessKeyId") == before

    @precondition(has_key)
    @rule()
    def take_away(self) -> None:
        self.update(createAccessKey=False)

    @precondition(lambda self: not self.has_key())
    @rule()
    def give_back(self) -> None:
        self.update(createAccessKey=True)

    @invariant()
    def promises_hold(self) -> None:
        found = keys_of(self.aws, self.user)
        assert len(found) <= 2
        if not self.has_key():
            assert found == {}
            return
        current = self.outputs["accessKeyId"]
        assert found[current] == self.config.get("keyStatus", "Active")
        known = {current, self.outputs.get("previousAccessKeyId")} - {None}
        assert set(found) == known
        assert [pair["accessKeyId"] for pair in stored(self.aws, self.user)] == [current, current]
        key = self.outputs["accessKeyId"], self.outputs["secretAccessKey"]
        assert self.aws.client("sts", *key).get_caller_identity()["Arn"].endswith(self.user)

    def teardown(self) -> None:
        self.stack.destroy()
        assert not exists(self.aws, self.user)


def test_whatever_is_done_the_promises_hold(new_stack: Callable[..., Stack], aws: Aws) -> None:
    KeyLife.make_stack, KeyLife.aws = new_stack, aws
    run_state_machine_as_test(
        KeyLife,
        settings=settings(
            max_examples=int(os.environ.get("S3IO_USER_LIVES", "1")),
            stateful_step_count=5,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
