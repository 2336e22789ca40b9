"""`rotate --due` and `--deliver` on the real engine: both keys live until AWS has seen the new one take over."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from local_aws.server import Aws
from s3io_user.keys import schedule
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Ran, Stack
from tests.engine.test_doctor import command
from tests.engine.test_rotate import configured
from tests.engine.test_verify import bucket

__all__ = ["bucket"]
NewStack = Callable[..., Stack]
TAKE = "cat >took.json; echo taken by the site"


@pytest.fixture
def site(new_stack: NewStack, user_name: str, bucket: str) -> Stack:
    stack = new_stack(userName=user_name, access="optimizer", buckets=[bucket], previousKey="inactive")
    stack.up()
    return stack


def rotate(stack: Stack, *argv: str) -> Ran:
    return command(stack, "rotate", "--due", "--older-than", "1", *argv)


def use(aws: Aws, bucket: str, key: dict[str, Any]) -> None:
    aws.client("s3", key["accessKeyId"], key["secretAccessKey"]).list_objects_v2(Bucket=bucket)


def last_used(aws: Aws, key_id: str) -> Any:
    return aws.client("iam").get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"].get("LastUsedDate")


def next_second() -> None:
    """AWS tells times by the second."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.05)


def test_from_a_failed_delivery_to_the_retired_key(site: Stack, aws: Aws, user_name: str, bucket: str) -> None:
    old = site.outputs()
    # Due are keys of a day and more, and this one is new: so by hand, with a command that takes the key and fails.
    failed = command(site, "rotate", "--yes", "--deliver", "cat; exit 3")
    assert (failed.code, "failed (exit code 3). Both keys work." in failed.err) == (1, True), failed.text
    new = site.outputs()
    assert keys_of(aws, user_name) == {old["accessKeyId"]: "Active", new["accessKeyId"]: "Active"}
    assert not any(each["secretAccessKey"] in failed.text for each in (old, new))

    # The job of every night delivers it again, and then waits. Nothing is updated by that.
    waiting = rotate(site, "--deliver", TAKE, "--quiet-for", "0s")
    assert (waiting.code, "AWS has not seen the new key" in waiting.out) == (0, True), waiting.text
    took = json.loads((site.folder / "took.json").read_text())
    assert {key: took[key] for key in ("userName", "accessKeyId", "secretAccessKey", "buckets", "region")} == {
        "userName": user_name,
        "accessKeyId": new["accessKeyId"],
        "secretAccessKey": new["secretAccessKey"],
        "buckets": [bucket],
        "region": "us-east-1",
    }
    assert "  taken by the site\n" in waiting.out
    assert took["secretAccessKey"] not in (site.folder / "Pulumi.test.yaml").read_text() + waiting.text

    # The site uses both: one worker has the old key yet.
    next_second()
    use(aws, bucket, new)
    use(aws, bucket, old)
    (site.folder / "took.json").unlink()
    busy = rotate(site, "--deliver", TAKE, "--quiet-for", "1h")
    assert (busy.code, f"the old key, {old['accessKeyId']}, was last used on" in busy.out) == (0, True), busy.text
    assert "has not seen the new key" not in busy.out
    assert not (site.folder / "took.json").exists(), "delivered once"
    assert set(keys_of(aws, user_name).values()) == {"Active"}

    # A whole second since the use, however the times are rounded.
    next_second()
    next_second()
    done = rotate(site, "--deliver", TAKE, "--quiet-for", "1s")
    assert (done.code, "Done." in done.out) == (0, True), done.text
    assert keys_of(aws, user_name) == {old["accessKeyId"]: "Inactive", new["accessKeyId"]: "Active"}
    assert "s3io-rotate:underway" not in configured(site)
    assert site.steps() == []

    nothing = rotate(site, "--deliver", TAKE)
    assert (nothing.code, "Nothing is due" in nothing.out) == (0, True), nothing.text
    assert not (site.folder / "took.json").exists()


def test_two_keys_have_a_use_each(site: Stack, aws: Aws, user_name: str, bucket: str) -> None:
    iam = aws.client("iam")
    first, second = site.outputs(), iam.create_access_key(UserName=user_name)["AccessKey"]
    assert last_used(aws, second["AccessKeyId"]) is None
    use(aws, bucket, first)
    seen = last_used(aws, first["accessKeyId"])
    assert last_used(aws, second["AccessKeyId"]) is None
    next_second()
    use(aws, bucket, {"accessKeyId": second["AccessKeyId"], "secretAccessKey": second["SecretAccessKey"]})
    assert last_used(aws, first["accessKeyId"]) == seen
    assert last_used(aws, second["AccessKeyId"]) > seen


def test_by_the_calendar(new_stack: NewStack, aws: Aws, user_name: str, bucket: str) -> None:
    config = {"userName": user_name, "access": "optimizer", "buckets": [bucket], "rotateEveryDays": 30}
    stack = new_stack(**config, rotateFrom=str(schedule.today()))
    stack.up()
    # Three periods were missed: that is one generation.
    stack.config(**config, rotateFrom=str(schedule.first_day(4, 30)))
    first = stack.outputs()
    begun = command(stack, "rotate", "--due", "--deliver", TAKE, "--quiet-for", "0s")
    assert begun.code == 0, begun.text
    assert "generation 2 is due (rotateEveryDays)" in begun.out
    second = stack.outputs()
    assert keys_of(aws, user_name) == {first["accessKeyId"]: "Active", second["accessKeyId"]: "Active"}

    # A period later the site has not taken it: there is no third key, and neither of the two goes.
    stack.config(**{**configured_here(stack), "rotateFrom": str(schedule.first_day(5, 30))})
    waits = command(stack, "rotate", "--due", "--quiet-for", "0s")
    assert (waits.code, "can't be created while" in waits.out) == (0, True), waits.text
    assert keys_of(aws, user_name) == {first["accessKeyId"]: "Active", second["accessKeyId"]: "Active"}

    # It has: the next key takes the place of the first.
    next_second()
    use(aws, bucket, second)
    third = command(stack, "rotate", "--due", "--deliver", TAKE, "--quiet-for", "0s")
    assert (third.code, f"{first['accessKeyId']}, is deleted when it is created" in third.out) == (0, True), third.text
    newest = stack.outputs()
    assert keys_of(aws, user_name) == {second["accessKeyId"]: "Active", newest["accessKeyId"]: "Active"}
    next_second()
    use(aws, bucket, newest)
    done = command(stack, "rotate", "--due", "--quiet-for", "0s")
    assert (done.code, "Done." in done.out) == (0, True), done.text
    assert keys_of(aws, user_name) == {newest["accessKeyId"]: "Active"}
    assert configured(stack)["s3io-user:previousKey"] == "removed"
    assert stack.steps() == []


def configured_here(stack: Stack) -> dict[str, Any]:
    """The stack's config as `Stack.config` takes it."""
    return {key.removeprefix("s3io-user:").replace(":", "__"): value for key, value in configured(stack).items()}


def test_a_key_that_the_calendar_can_t_make_does_not_hold_up_another_user(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    full = {"userName": f"{user_name}-full", "rotateEveryDays": 30, "rotateFrom": str(schedule.today())}
    users = {"blog": {"userName": user_name}, "full": full}
    stack = new_stack(users=users)
    stack.up()
    old = stack.open_outputs()["users"]["blog"]["accessKeyId"]
    aws.client("iam").create_access_key(UserName=full["userName"])
    full["rotateFrom"] = str(schedule.today() - timedelta(days=30))
    file = stack.folder / "Pulumi.test.yaml"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "config": {**kept["config"], "s3io-user:users": users}}))
    assert stack.up(check=False).code != 0

    rotate = ("rotate", "--yes", "--no-verify", "--user", "blog", "--format", "json")
    made = command(stack, *rotate, "--no-retire")
    assert (made.code, json.loads(made.out)["end"]) == (1, "new-key-made"), made.text
    new = stack.open_outputs()["users"]["blog"]["accessKeyId"]
    assert keys_of(aws, user_name) == {old: "Active", new: "Active"}
    kept_back = command(stack, *rotate)
    assert (kept_back.code, "pulumi up failed" in kept_back.err) == (1, True), "nothing is deleted if a program failed"
    assert keys_of(aws, user_name) == {old: "Active", new: "Active"}
