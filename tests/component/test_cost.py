"""What a user costs the program that makes it: modules, and tasks of the SDK."""

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pulumi
import pulumi_aws as aws
import pytest

from s3io_user import S3IOUser, S3IOUserArgs
from s3io_user.testing import deploy

REGION = {"aws:region": "eu-west-1"}
PROBE = """
import sys
from s3io_user import S3IOUser
from s3io_user.testing import deploy

deploy(lambda: S3IOUser("site", {"buckets": ["site-media"], "access": "optimizer"}), config={"aws:region": "eu-west-1"})
parts = [name.split(".") for name in sys.modules]
print({"boto3", "botocore"} & set(sys.modules), {part[1] for part in parts if part[0] == "pulumi_aws" and part[2:]})
"""


def test_it_imports_neither_boto3_nor_another_service_of_pulumi_aws() -> None:
    ran = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)

    assert ran.stdout == "set() {'iam'}\n"


def test_in_a_plain_program_requests_begin_before_its_end() -> None:
    began: list[str] = []

    async def note() -> None:
        began.append("before the end")

    def program() -> None:
        waiting = asyncio.ensure_future(note())
        S3IOUser("site", {})
        began.append("the end" if waiting.done() else "not begun")

    made = deploy(program, config=REGION)

    assert began == ["before the end", "the end"]
    assert made.calls == []  # nothing is asked


def by_hand(name: str) -> None:
    component = pulumi.ComponentResource("test:index:Site", name)
    own = pulumi.ResourceOptions(parent=component)
    user = aws.iam.User(name, force_destroy=True, opts=own)
    aws.iam.UserPolicy(name, user=user.name, name="S3Access", policy="{}", opts=own)
    key = aws.iam.AccessKey(name, user=user.name, opts=own)
    component.register_outputs({"userName": user.name, "accessKeyId": key.id, "secretAccessKey": key.secret})


def tasks(make: Callable[[str], object]) -> int:
    """The tasks that wait after one more user was made, in a program that has others."""
    counted: list[int] = []

    def program() -> None:
        make("first")
        before = len(asyncio.all_tasks())
        make("second")
        counted.append(len(asyncio.all_tasks()) - before)

    deploy(program, config=REGION)
    return counted[0]


@pytest.mark.parametrize("args", [{}, {"buckets": ["site-media"], "access": "optimizer"}])
def test_it_makes_hardly_more_tasks_than_the_same_by_hand(args: S3IOUserArgs) -> None:
    assert tasks(lambda name: S3IOUser(name, args)) <= tasks(by_hand) + 6
