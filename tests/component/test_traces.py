"""Which stack traces go into the state: none of ours, and all of the program's own resources."""

import sys
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from s3io_user import S3IOUser
from s3io_user.component import user
from s3io_user.iam.user_policies import Permissions
from s3io_user.testing import deploy
from tests.good_inputs import GOOD, WITH

OURS = "s3io-user:index:S3IOUser"


def frames(request: Any) -> list[str]:
    return [frame.pc.uri.rsplit("/", 1)[-1] for frame in request.stackTrace.frames]


def nested(depth: int, make: Any) -> Any:
    return nested(depth - 1, make) if depth else make()


def test_the_component_has_none_and_the_program_s_own_resources_have_theirs() -> None:
    def program() -> None:
        nested(5, lambda: S3IOUser("site", {}))
        nested(5, lambda: aws.iam.User("mine"))

    made = deploy(program)

    assert frames(made.one(OURS).request) == []
    mine = made.one("aws:iam/user:User", "mine")
    assert frames(mine.request)[:7] == ["test_traces.py"] * 7
    assert mine.request.sourcePosition.uri
    assert not hasattr(sys, "tracebacklimit")


@pytest.mark.parametrize("name", [*GOOD, "every right", "both keys", "by the calendar"])
def test_no_child_has_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Permissions(("editors",), ("arn:aws:iam::aws:policy/IAMReadOnlyAccess",), {}, None)
    monkeypatch.setattr(user, "read_permissions", lambda *_: copied)
    more: dict[str, dict[str, Any]] = {
        "every right": {"policy_type": "managed", "groups": ["editors"], "exclusive": True},
        "both keys": {"key_generation": 2, "previous_key": "active", "wait_until_usable": True},
        "by the calendar": {"rotate_every_days": 30, "rotate_from": "2026-01-01"},
    }
    args = more.get(name) or {**WITH.get(name, {}), name: GOOD[name]}
    children = deploy(lambda: S3IOUser("site", args)).resources[1:]  # type: ignore[arg-type]

    assert children
    assert {each.type: frames(each.request) for each in children} == {each.type: [] for each in children}
    assert not any(each.request.sourcePosition.uri for each in children)


def test_what_a_transformation_raises_has_its_whole_traceback() -> None:
    def refuse(args: pulumi.ResourceTransformationArgs) -> None:
        raise ValueError("not here")

    def program() -> None:
        S3IOUser("site", {}, pulumi.ResourceOptions(transformations=[refuse]))

    with pytest.raises(ValueError, match="not here") as error:
        deploy(program)
    assert {"refuse", "program"} <= {entry.name for entry in error.traceback}
    assert not hasattr(sys, "tracebacklimit")
