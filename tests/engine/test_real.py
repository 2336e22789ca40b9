"""`make test-aws`, on the embedded AWS: its least policy is enough, its report is right, and it deletes everything."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from local_aws import real, truth
from local_aws.sandbox import PROJECT, Sandbox
from local_aws.server import Aws
from local_aws.world import PATH, Answer, World


@pytest.fixture
def world(aws: Aws) -> World:
    """A session of a user who has exactly the least policy that it prints."""
    iam, name = aws.client("iam"), f"tester-{os.urandom(4).hex()}"
    iam.create_user(UserName=name)
    document = json.dumps(real.least_policy("123456789012"))
    iam.put_user_policy(UserName=name, PolicyName="least", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=aws.region)
    return World(session, aws.endpoint)


@pytest.fixture
def env(sandbox: Sandbox, world: World) -> dict[str, str]:
    key = world.session.get_credentials()
    own = {"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret_key}
    made = sandbox.child_env(own)
    return {**made, "PATH": os.pathsep.join([str(sandbox.root / "bin"), made["PATH"]])}


def left(aws: Aws, world: World) -> list[str]:
    iam = aws.client("iam")
    names = [user["UserName"] for user in iam.list_users(PathPrefix=PATH)["Users"]]
    names += [group["GroupName"] for group in iam.list_groups(PathPrefix=PATH)["Groups"]]
    names += [policy["PolicyName"] for policy in iam.list_policies(Scope="Local", PathPrefix=PATH)["Policies"]]
    names += [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]
    return [name for name in names if world.name in name]


def test_with_the_least_policy_all_is_right_and_nothing_stays(aws: Aws, world: World, env: dict[str, str]) -> None:
    said: list[str] = []
    code = real.check(world, env, said.append)
    assert [line for line in said if line.startswith(("WRONG", "LEFT"))] == []
    assert (code, said[-1]) == (0, "AWS answers every question as the embedded AWS does.")
    assert "done   rotation" in said
    assert left(aws, world) == []


def test_a_difference_is_ready_to_paste_and_names_nobody(
    aws: Aws, world: World, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def differ(w: World) -> Iterator[Answer]:
        yield w.ask("whose it is", lambda: f"{w.user_arn}", "nobody's")

    monkeypatch.setattr(truth, "answers", differ)
    monkeypatch.setattr(real, "_main_job", lambda *_: iter(()))
    said: list[str] = []
    assert real.check(world, env, said.append) == 1
    assert "arn:aws:iam::123456789012:user/s3io-user-test/NAME" in said[-1]
    assert left(aws, world) == []


def test_what_ends_it_midway_leaves_nothing(
    aws: Aws, world: World, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> Iterator[str]:
        raise KeyboardInterrupt
        yield ""

    monkeypatch.setattr(real, "_main_job", interrupted)
    with pytest.raises(KeyboardInterrupt):
        real.check(world, env, lambda _: None)
    assert left(aws, world) == []


@pytest.mark.parametrize(("ci", "code"), [("true", 2), ("", 2)])
def test_never_in_ci_and_never_without_a_yes(aws: Aws, ci: str, code: int) -> None:
    env = {**os.environ, **aws.env(), "CI": ci, "AWS_CONFIG_FILE": str(PROJECT / "none")}
    before = len(aws.client("iam").list_users()["Users"])
    command = [sys.executable, "-c", _WITH_A_PROFILE]
    done = subprocess.run(command, cwd=PROJECT, env=env, input="", capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert ("nothing was done" in done.stderr) is not bool(ci)
    assert len(aws.client("iam").list_users()["Users"]) == before


_WITH_A_PROFILE = """
import sys, boto3
from local_aws import real
session = boto3.Session
boto3.Session = lambda profile_name, region_name: session(region_name=region_name)
sys.exit(real.main(["--profile", "any"]))
"""
