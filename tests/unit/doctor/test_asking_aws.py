"""What doctor asks AWS: whether you may do what pulumi up needs, and many look-ups at once."""

import concurrent.futures
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from s3io_user.aws.connection import Connection
from s3io_user.deployer.policy import Deployed, Where, deployer_policy
from s3io_user.doctor import caller, lookups
from s3io_user.inputs.checks import resolve
from tests.unit.doctor.users import (
    NOW,
)

IAM: Any = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


class Operator(Connection):
    """Reaches a stubbed IAM."""

    def client(self, service: str) -> Any:
        assert service == "iam"
        return IAM


@pytest.mark.parametrize(
    ("you", "principal"),
    [
        pytest.param("arn:aws:iam::123456789012:user/me", "arn:aws:iam::123456789012:user/me", id="user"),
        pytest.param(
            "arn:aws:sts::123456789012:assumed-role/Deploy/me", "arn:aws:iam::123456789012:role/x/Deploy", id="role"
        ),
    ],
)
def test_aws_is_asked_whether_you_may_do_what_up_needs(you: str, principal: str) -> None:
    document = deployer_policy([Deployed("site", resolve({"force_destroy": False}))], Where("123456789012"))
    assert [statement["Sid"] for statement in document["Statement"]] == ["MakeUser", "MakeKeys", "SeeKeyUse"]
    with Stubber(IAM) as stub:
        if "/Deploy/" in you:
            role = {"RoleName": "Deploy", "Arn": principal, "Path": "/x/", "RoleId": "AROA567890EXAMPLE"}
            stub.add_response("get_role", {"Role": {**role, "CreateDate": NOW}}, {"RoleName": "Deploy"})
        for statement, decision in zip(document["Statement"][:2], ("allowed", "implicitDeny"), strict=True):
            asked = {
                "PolicySourceArn": principal,
                "ActionNames": statement["Action"],
                "ResourceArns": statement["Resource"],
                "ContextEntries": [],
            }
            answers = [{"EvalActionName": action, "EvalDecision": decision} for action in statement["Action"]]
            stub.add_response("simulate_principal_policy", {"EvaluationResults": answers}, asked)
        refused = caller.denied(Operator(), you, document)
        stub.assert_no_pending_responses()
    assert refused == ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys"]


def test_root_is_bound_by_no_policy() -> None:
    assert caller.denied(Operator(), "arn:aws:iam::123456789012:root", {"Statement": []}) == []


def test_looking_up_many_is_bounded_and_what_is_left_is_named_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "WITHIN", 1.0)
    monkeypatch.setattr(lookups, "FOR_EACH", 0.0)
    asked = lookups.Lookups(Operator(), lambda _: None)
    stop, looked, answered = Event(), Counter[str](), list[Future[int]]()
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)

    def wait(futures: list[Future[int]], seconds: float) -> Any:
        """Time passes only where an answer is waited for in vain."""
        if len(answered) < 20:
            answered.extend(futures)
            return concurrent.futures.wait(futures)
        clock.now += seconds
        return concurrent.futures.wait(futures, 0)

    class Pool(ThreadPoolExecutor):
        """Lets go of what hangs only when it is given up."""

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(False, cancel_futures=cancel_futures)
            stop.set()
            super().shutdown(wait)

    def look(number: int) -> int:
        looked["buckets"] += 1
        if number >= 20:
            stop.wait(60)
        return number

    monkeypatch.setattr(lookups, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(lookups, "time", clock)
    monkeypatch.setattr(lookups, "concurrent", SimpleNamespace(futures=SimpleNamespace(wait=wait)))
    assert asked.each("buckets", range(5_000), look) == list(range(20))
    assert asked.unknown == ["4,980 of 5,000 buckets: 1 seconds were not enough"]
    assert looked["buckets"] <= 30, "what was not begun by then never is"


def test_all_are_looked_up_in_their_order() -> None:
    assert lookups.Lookups(Operator(), lambda _: None).each("buckets", range(50), lambda n: n) == list(range(50))


def test_progress_is_said_while_many_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "_SPEAK_EVERY", 0.0)
    said: list[str] = []
    lookups.Lookups(Operator(), said.append).each("buckets", range(3), lambda n: n)
    assert said[-1] == "looked up 3 of 3 buckets …"


def test_progress_is_said_while_the_first_of_many_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "_SPEAK_EVERY", 0.0)
    first_may_end = Event()
    said: list[str] = []

    def progress(sentence: str) -> None:
        said.append(sentence)
        if "2 of 3" in sentence:
            first_may_end.set()

    def look(number: int) -> int:
        assert number != 0 or first_may_end.wait(60)
        return number

    assert lookups.Lookups(Operator(), progress).each("users", range(3), look) == [0, 1, 2]
    assert "looked up 2 of 3 users …" in said


def test_the_more_there_are_the_longer_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "WITHIN", 0.0)
    asked = lookups.Lookups(Operator(), lambda _: None)
    assert len(asked.each("users", range(60), lambda number: number)) == 60

    monkeypatch.setattr(lookups, "FOR_EACH", 0.0)
    assert asked.each("users", range(2), lambda number: number) == []
    assert asked.unknown == ["2 of 2 users: 0 seconds were not enough"]
