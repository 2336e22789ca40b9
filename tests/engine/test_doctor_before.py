"""`s3io-user doctor` before a `pulumi up` that would fail: it never says "Nothing found."."""

from collections.abc import Callable

from local_aws.server import Aws
from tests.engine.conftest import Stack
from tests.engine.killed import make_key, up_killed
from tests.engine.test_doctor import command, doctor, ids
from tests.faults import Fault, proxy

NewStack = Callable[..., Stack]


def found(stack: Stack, *argv: str) -> list[str]:
    return [finding_id for finding_id, _ in ids(doctor(stack, *argv)[1])]


def test_what_stands_in_the_way_of_a_rotation(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name, keyGeneration=2)
    stack.up()
    stack.config(userName=user_name, keyGeneration=1)
    assert found(stack) == ["generation-refused"]
    assert stack.up(check=False).code != 0

    by_hand = make_key(aws, user_name)
    stack.config(userName=user_name, keyGeneration=3)
    _, said = doctor(stack)
    assert sorted(ids(said)) == [("key-unknown", by_hand), ("quota-keys", None)]
    assert stack.up(check=False).code != 0


def test_a_user_to_adopt_whose_keys_fill_the_quota(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    aws.client("iam").create_user(UserName=user_name)
    theirs = [make_key(aws, user_name) for _ in range(2)]
    stack = new_stack(existingUser=user_name)
    _, said = doctor(stack)
    assert ids(said) == [("quota-keys", None)]
    assert all(key in said["findings"][0]["sentence"] for key in theirs)


def test_regions_and_profiles_that_are_wrong(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    place = {"LocationConstraint": "eu-west-1"}
    aws.client("s3").create_bucket(Bucket=f"{user_name}-ie", CreateBucketConfiguration=place)
    stack = new_stack(userName=user_name, buckets=[f"{user_name}-ie"])
    _, said = doctor(stack)
    assert ids(said) == [("bucket-region", None)]
    assert "is in eu-west-1, and the stack in us-east-1" in said["findings"][0]["sentence"]

    stack.config(userName=user_name, aws__region="Ireland")
    assert found(stack) == ["region-unknown"]
    stack.config(userName=user_name, aws__profile="no-such-profile")
    code, said = doctor(stack)
    assert (code, ids(said)) == (1, [("profile-missing", None)])
    assert "no-such-profile" in said["findings"][0]["sentence"]
    assert said["unknown"], "AWS was not asked"


def test_a_lock_that_a_killed_update_left(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    killed = up_killed(stack, "CreateUser")
    _, said = doctor(stack)
    (lock,) = [finding for finding in said["findings"] if finding["id"] == "lock-stale"]
    assert f"(process {killed})" in lock["sentence"]
    assert lock["remedy"] == "run pulumi cancel"
    assert stack.up(check=False).code != 0
    stack.run("cancel", "--yes")
    assert "lock-stale" not in found(stack)


def test_nothing_found_is_said_only_where_everything_was_looked_at(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(userName=user_name)
    stack.up()
    with proxy(aws.endpoint, [Fault("ListGroupsForUser", "cut before", times=99)]) as between:
        ran = command(stack, "doctor", AWS_ENDPOINT_URL=between.endpoint, AWS_MAX_ATTEMPTS="1")
    assert ran.code == 0
    assert "Nothing found." not in ran.out
    assert "Nothing found in what could be looked at. Not everything could:" in ran.out
    assert f"Unknown: can't read the permissions of the user '{user_name}'" in ran.out
