"""Two commands at once, on one stack or on two that share a user: the second runs while the first is half-way."""

from collections.abc import Callable

import pytest
import yaml

from local_aws.server import Aws
from tests.engine.aws_side import inline, keys_of
from tests.engine.conftest import Ran, Stack
from tests.engine.test_doctor import command
from tests.engine.test_rotation import works
from tests.faults import Fault, proxy

pytestmark = [pytest.mark.long, pytest.mark.passphrase]

NewStack = Callable[..., Stack]


def both(first: Stack, run: Callable[[], Ran], second: Callable[[], Ran], *, at: str) -> tuple[Ran, Ran]:
    """Run something on the first stack, and, while its call ``at`` waits, the second from beginning to end."""
    said: list[Ran] = []
    with proxy(first.sandbox.running().endpoint, [Fault(at, "held")]) as between:

        def meanwhile() -> None:
            del first.env["AWS_ENDPOINT_URL"]
            said.append(second())

        between.meanwhile = meanwhile
        first.env["AWS_ENDPOINT_URL"] = between.endpoint
        ran = run()
    return ran, said[0]


def test_of_two_ups_and_of_two_rotations_on_one_stack_one_runs_and_the_other_is_refused(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(userName=user_name, access="optimizer", buckets=["photos"])
    _, refused = both(stack, stack.up, lambda: stack.up(check=False), at="CreateAccessKey")
    assert refused.code != 0
    assert "the stack is currently locked" in refused.text
    old = stack.open_outputs()["accessKeyId"]
    assert keys_of(aws, user_name) == {old: "Active"}

    def rotate() -> Ran:
        return command(stack, "rotate", "--yes", "--no-verify")

    done, refused = both(stack, rotate, rotate, at="CreateAccessKey")
    assert done.code == 0, done.text
    assert refused.code == 1
    assert "pulumi up failed" in refused.err
    new = stack.outputs()
    assert keys_of(aws, user_name) == {new["accessKeyId"]: "Active"}
    assert works(aws, new["accessKeyId"], new["secretAccessKey"])
    assert new["accessKeyId"] != old
    config = yaml.safe_load((stack.folder / "Pulumi.test.yaml").read_text())["config"]
    assert config["s3io-user:keyGeneration"] == "2"
    assert config["s3io-user:previousKey"] == "removed"
    assert "s3io-rotate:underway" not in config
    assert stack.steps() == []


def test_two_stacks_that_share_a_user_each_have_a_key_and_rotate_it_one_after_the_other(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    aws.client("iam").create_user(UserName=user_name)
    of = {name: {"existingUser": user_name, "policyName": name, "buckets": [name]} for name in ("blog", "shop")}
    blog, shop = (new_stack(**inputs) for inputs in of.values())
    both(blog, blog.up, shop.up, at="CreateAccessKey")
    first, second = (stack.outputs()["accessKeyId"] for stack in (blog, shop))
    assert keys_of(aws, user_name) == {first: "Active", second: "Active"}
    assert set(inline(aws, user_name)) == set(of)

    blog.config(**of["blog"], createAccessKey=False)
    blog.up()
    blog.config(**of["blog"], createAccessKey=True, keyGeneration=2)
    blog.up()
    new = blog.outputs()
    assert keys_of(aws, user_name) == {new["accessKeyId"]: "Active", second: "Active"}
    assert works(aws, new["accessKeyId"], new["secretAccessKey"])
    assert shop.steps() == []
