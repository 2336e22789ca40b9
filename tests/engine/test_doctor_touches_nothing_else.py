"""`s3io-user doctor --fix --yes` removes only keys that are proved to be the stack's own."""

import json
import os
import pty
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from local_aws.server import Aws
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Stack
from tests.engine.killed import make_key, up_killed
from tests.engine.test_doctor import doctor, ids
from tests.engine.test_many_sites import CUSTOMER, open_accounts
from tests.faults import Fault, proxy
from tests.patience import PATIENCE

NewStack = Callable[..., Stack]
PULUMI = "APN/1.0 Pulumi/1.0 (+https://www.pulumi.com) aws-sdk-go-v2/1.36"


def up_killed_and_unlocked(stack: Stack, at: str, kind: str = "killed") -> None:
    up_killed(stack, at, kind)
    stack.run("cancel", "--yes")


@contextmanager
def cloudtrail(stack: Stack, aws: Aws, user: str, arn: str, agent: str = PULUMI) -> Iterator[None]:
    """A CloudTrail event history, which the embedded AWS lacks: ``arn`` created all of the user's access keys."""
    iam = aws.client("iam")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["X-Amz-Target"].endswith(".LookupEvents")
            assert asked["LookupAttributes"] == [{"AttributeKey": "EventName", "AttributeValue": "CreateAccessKey"}]
            events = [self.event(key) for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]]
            body = json.dumps({"Events": events}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def event(self, key: Any) -> dict[str, str]:
            said = {
                "userIdentity": {"arn": arn},
                "userAgent": agent,
                "responseElements": {"accessKey": {"accessKeyId": key["AccessKeyId"], "userName": user}},
            }
            return {"EventName": "CreateAccessKey", "CloudTrailEvent": json.dumps(said)}

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        stack.env["AWS_ENDPOINT_URL_CLOUDTRAIL"] = f"http://127.0.0.1:{server.server_port}"
        yield
        del stack.env["AWS_ENDPOINT_URL_CLOUDTRAIL"]
        server.shutdown()


def test_an_update_killed_while_it_made_a_user_of_somebody_elses_name(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    aws.client("iam").create_user(UserName=user_name)
    theirs = make_key(aws, user_name)
    stack = new_stack(userName=user_name)
    up_killed_and_unlocked(stack, "CreateUser", "held")

    _, said = doctor(stack, "--fix", "--yes")
    assert said["fixed"] == []
    assert ("name-taken", None) in ids(said)
    assert ("update-interrupted", None) in ids(said)
    assert set(keys_of(aws, user_name)) == {theirs}


def test_with_another_accounts_credentials(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    customer, _ = open_accounts(aws)
    customer.create_user(UserName=user_name)
    theirs = customer.create_access_key(UserName=user_name)["AccessKey"]["AccessKeyId"]
    stack = new_stack(userName=user_name)
    stack.up()
    stack.config(userName=user_name, keyGeneration=2)
    up_killed_and_unlocked(stack, "CreateAccessKey")

    there = {"aws__assumeRole": {"roleArn": f"arn:aws:iam::{CUSTOMER}:role/deployer", "sessionName": "deploy"}}
    stack.config(userName=user_name, keyGeneration=2, **there)
    _, said = doctor(stack, "--fix", "--yes")
    assert said["identity"].startswith(f"arn:aws:sts::{CUSTOMER}:")
    assert said["fixed"] == []
    assert ("other-account", None) in ids(said)
    assert not [key for _, key in ids(said) if key]
    assert {k["AccessKeyId"] for k in customer.list_access_keys(UserName=user_name)["AccessKeyMetadata"]} == {theirs}


def test_a_key_of_another_stack_that_adopted_the_user(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    owner = new_stack(userName=user_name)
    owner.up()
    adopting = new_stack(existingUser=user_name, policyName="Adopted")
    adopting.up()
    both = {stack.outputs()["accessKeyId"] for stack in (owner, adopting)}
    for stack in (owner, adopting):
        assert doctor(stack, "--fix", "--yes")[1]["fixed"] == []
    assert set(keys_of(aws, user_name)) == both


def test_a_user_that_was_deleted_and_made_again_by_somebody_else(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    iam = aws.client("iam")
    stack = new_stack(userName=user_name, access="none", createAccessKey=False)
    stack.up()
    iam.delete_user(UserName=user_name)
    iam.create_user(UserName=user_name)
    theirs = make_key(aws, user_name)
    _, said = doctor(stack, "--fix", "--yes")
    assert ids(said) == [("user-replaced", None)]
    assert set(keys_of(aws, user_name)) == {theirs}


def test_a_colleagues_key_made_when_the_update_was_killed(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    stack.up()
    mine = stack.open_outputs()["accessKeyId"]
    stack.config(userName=user_name, keyGeneration=2)
    up_killed_and_unlocked(stack, "CreateAccessKey", "held")
    theirs = make_key(aws, user_name)

    _, said = doctor(stack, "--fix", "--yes")
    assert said["fixed"] == []
    (remedy,) = [finding["remedy"] for finding in said["findings"] if finding["key"] == theirs]
    assert "Make sure that nobody else created a key for this user at that time" in remedy
    assert f"s3io-user doctor --fix --key {theirs}" in remedy
    assert ("quota-keys", None) in ids(said)
    with cloudtrail(stack, aws, user_name, "arn:aws:iam::123456789012:user/colleague", "console.amazonaws.com"):
        _, said = doctor(stack, "--fix", "--yes")
        assert said["fixed"] == []
        assert "user/colleague created it, and not with Pulumi" in json.dumps(said)
    assert set(keys_of(aws, user_name)) == {mine, theirs}


def test_a_key_is_removed_when_the_state_aws_and_cloudtrail_prove_that_the_killed_update_made_it(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(userName=user_name)
    stack.up()
    mine = stack.open_outputs()["accessKeyId"]
    stack.config(userName=user_name, keyGeneration=2)
    up_killed_and_unlocked(stack, "CreateAccessKey")
    (lost,) = set(keys_of(aws, user_name)) - {mine}
    you = doctor(stack)[1]["identity"]

    with cloudtrail(stack, aws, user_name, you):
        _, said = doctor(stack, "--fix", "--yes")
    assert said["fixed"] == [lost]
    assert set(keys_of(aws, user_name)) == {mine}
    stack.up()
    assert set(keys_of(aws, user_name)) == {stack.outputs()["accessKeyId"]}


def test_the_state_is_read_again_before_a_key_is_removed(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    stack.up()
    orphan = make_key(aws, user_name)
    ours, theirs = pty.openpty()
    asking = subprocess.Popen(
        [stack.python, "-m", "s3io_user", "doctor", "--fix"],
        cwd=stack.folder,
        env=stack.environment(),
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert asking.stderr is not None
    heard = b""
    while b"Remove it? [y/N]" not in heard:
        heard += (read := asking.stderr.read1())  # type: ignore[attr-defined]
        assert read, heard
    # Meanwhile the stack takes it in.
    exported = json.loads(stack.run("stack", "export").out)
    root = next(r for r in exported["deployment"]["resources"] if r["type"] == "pulumi:pulumi:Stack")
    root["outputs"]["previousAccessKeyId"] = orphan
    stack.run("stack", "import", stdin=json.dumps(exported))
    os.write(ours, b"y\n")
    heard += asking.stderr.read()
    assert asking.wait(timeout=PATIENCE) == 1
    assert b"was not removed: by now the stack holds it" in heard
    assert orphan in keys_of(aws, user_name)


def test_nothing_is_removed_while_an_update_runs(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    stack.up()
    orphan = make_key(aws, user_name)
    stack.config(userName=user_name, policyName="Another")
    said: list[Any] = []
    with proxy(aws.endpoint, [Fault("PutUserPolicy", "held")]) as between:

        def meanwhile() -> None:
            del stack.env["AWS_ENDPOINT_URL"]
            said.append(doctor(stack))
            said.append(doctor_said(stack, "--fix", "--yes", "--key", orphan))

        between.meanwhile = meanwhile
        stack.env["AWS_ENDPOINT_URL"] = between.endpoint
        stack.up()
    assert "update-running" in {finding["id"] for finding in said[0][1]["findings"]}
    assert "was not removed: the stack is locked by" in said[1]
    assert orphan in keys_of(aws, user_name)
    assert "update-running" not in {finding["id"] for finding in doctor(stack)[1]["findings"]}


def doctor_said(stack: Stack, *argv: str) -> str:
    """Run doctor, which must fail; returns its standard error."""
    from tests.engine.test_doctor import command

    ran = command(stack, "doctor", *argv)
    assert ran.code == 1
    return ran.err
