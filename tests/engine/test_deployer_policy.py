"""`s3io-user deployer-policy`: enough for up, rotation, refresh and destroy, and nothing of it can be left out.

moto enforces the actions, but takes every resource of IAM's for '*', and no condition for anything. So the operator's
policy there has '*' for its resources, and a proxy before it enforces the policy as it is, by the evaluator.
"""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from local_aws.server import Aws
from tests.engine.aws_side import exists, keys_of
from tests.engine.conftest import Stack
from tests.engine.test_doctor import command, doctor, ids
from tests.evaluator import allows

NewStack = Callable[..., Stack]
ACCOUNT = "123456789012"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
Request = tuple[str, str, dict[str, str]]
"""An action, the ARN that AWS checks it on, and the condition keys of the request."""


@dataclass
class Gate:
    """A proxy that lets a key do what a document says, and notes what it asked for."""

    aws: Aws
    key_id: str = ""
    document: dict[str, Any] | None = None
    asked: list[Request] = field(default_factory=list)
    refused: list[Request] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""

    def lets_through(self, request: Request) -> bool:
        if request[0] == "sts:GetCallerIdentity":  # nobody needs a right for that
            return True
        self.asked.append(request)
        if self.document is None or allows(self.document, *request):
            return True
        self.refused.append(request)
        return False

    def request(self, headers: Any, body: bytes) -> Request:
        """What AWS would check, by the service authorization reference."""
        target = headers.get("X-Amz-Target", "")
        if target:
            return _of_json(target, json.loads(body or b"{}"))
        given = {name: values[0] for name, values in urllib.parse.parse_qs(body.decode()).items()}
        action = f"{re.findall('/([a-z0-9]+)/aws4_request', headers.get('Authorization', ''))[0]}:{given['Action']}"
        if action == "iam:CreateUser":
            self.paths[given["UserName"]] = given.get("Path", "/")
        context = {"iam:PolicyARN": given["PolicyArn"]} if re.search("tachUserPolicy", action) else {}
        return action, self._resource(given), context

    def _resource(self, given: dict[str, str]) -> str:
        arn = f"arn:aws:iam::{ACCOUNT}:"
        if "GroupName" in given:
            return f"{arn}group/{given['GroupName']}"
        if "UserName" in given:
            return f"{arn}user{self.paths.get(given['UserName'], '/')}{given['UserName']}"
        if "PolicyName" in given:
            return f"{arn}policy/{given['PolicyName']}"
        return given.get("PolicyArn", "*")


def _of_json(target: str, given: dict[str, Any]) -> Request:
    service, operation = target.split(".")
    if service == "AmazonSSM":
        name = given.get("Name") or given.get("ResourceId")
        return f"ssm:{operation}", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter{name}" if name else "*", {}
    secret = given.get("SecretId") or f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{given['Name']}-AbCdEf"
    return f"secretsmanager:{operation}", secret, {}


@pytest.fixture
def gate(aws: Aws) -> Iterator[Gate]:
    """The proxy, running."""
    opened = Gate(aws)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            mine = f"Credential={opened.key_id}/" in self.headers.get("Authorization", "")
            if mine and not opened.lets_through(opened.request(self.headers, body)):
                self.answer(403, *_refusal("X-Amz-Target" in self.headers))
                return
            forwarded = urllib.request.Request(aws.endpoint + self.path, body, dict(self.headers))
            try:
                with urllib.request.urlopen(forwarded, timeout=30) as got:
                    self.answer(got.status, got.headers["Content-Type"], got.read())
            except urllib.error.HTTPError as got:
                self.answer(got.code, got.headers["Content-Type"], got.read())

        def answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        opened.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield opened
        server.shutdown()


def _refusal(as_json: bool) -> tuple[str, bytes]:
    if as_json:
        return "application/x-amz-json-1.1", b'{"__type": "AccessDeniedException", "message": "not allowed"}'
    error = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not allowed</Message></Error></ErrorResponse>"
    return "text/xml", error


def hire(stack: Stack, aws: Aws, gate: Gate, name: str, document: dict[str, Any]) -> None:
    """Make an operator who has exactly this, and work on the stack as that one from now on."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    actions = sorted({action for statement in document["Statement"] for action in statement["Action"]})
    widened = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    iam.put_user_policy(
        UserName=name, PolicyName="deployer", PolicyDocument=json.dumps({**document, "Statement": [widened]})
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    gate.key_id, gate.document = key["AccessKeyId"], document
    stack.env.update(
        AWS_ENDPOINT_URL=gate.endpoint,
        AWS_ACCESS_KEY_ID=key["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"],
    )


def printed(stack: Stack, *argv: str) -> dict[str, Any]:
    """What the command prints."""
    ran = command(stack, "deployer-policy", *argv)
    assert (ran.code, ran.err) == (0, "")
    return dict(json.loads(ran.out))


def without(document: dict[str, Any], sid: str) -> dict[str, Any]:
    return {**document, "Statement": [s for s in document["Statement"] if s["Sid"] != sid]}


def test_up_rotation_refresh_and_destroy_need_all_of_it_and_no_more(
    new_stack: NewStack, aws: Aws, gate: Gate, user_name: str
) -> None:
    iam = aws.client("iam")
    for name in ("adopted", "source"):
        iam.create_user(UserName=f"{user_name}-{name}")
    for name in ("group", "other"):
        iam.create_group(GroupName=f"{user_name}-{name}")
    iam.add_user_to_group(GroupName=f"{user_name}-other", UserName=f"{user_name}-source")
    own = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
    iam.put_user_policy(UserName=f"{user_name}-source", PolicyName="Own", PolicyDocument=json.dumps(own))
    users = {
        "plain": {"userName": f"{user_name}-plain", "path": "/sites/", "tags": {"site": "a"}, "exclusive": True},
        "managed": {"userName": f"{user_name}-managed", "policyType": "managed", "policyArns": [READ_ONLY]},
        "grouped": {"userName": f"{user_name}-grouped", "groups": [f"{user_name}-group"], "access": "full"},
        "copied": {"userName": f"{user_name}-copied", "copyPermissionsFrom": f"{user_name}-source"},
        "adopted": {"existingUser": f"{user_name}-adopted", "groups": [f"{user_name}-group"], "exclusive": True},
        "kept": {"userName": f"{user_name}-kept", "forceDestroy": False, "policyArns": [READ_ONLY]},
        "stored": {
            "userName": f"{user_name}-stored",
            "secretsManager": {"name": f"{user_name}-secret", "recoveryWindowInDays": 0},
            "parameterStore": {"path": f"/{user_name}/site"},
        },
    }
    config = {"users": users, "previousKey": "inactive"}
    stack = new_stack(**config)
    document = printed(stack)
    hire(stack, aws, gate, f"{user_name}-operator", document)

    assert ids(doctor(stack)[1]) == []
    gate.asked.clear(), gate.refused.clear()
    stack.up()
    stack.config(**config, keyGeneration=2)
    stack.up("--refresh")
    assert set(keys_of(aws, f"{user_name}-plain").values()) == {"Active", "Inactive"}
    stack.destroy()
    assert not exists(aws, f"{user_name}-plain")
    assert gate.refused == []

    sids = {statement["Sid"] for statement in document["Statement"]}
    needed = {sid for sid in sids if not all(allows(without(document, sid), *request) for request in gate.asked)}
    # The stand-in provider does not look for virtual devices, as the real one does.
    assert sids - needed == {"FindVirtualDevices"}


def test_an_up_without_a_statement_fails(new_stack: NewStack, aws: Aws, gate: Gate, user_name: str) -> None:
    stack = new_stack(userName=user_name, buckets=["photos"])
    document = printed(stack, "--account", ACCOUNT)
    hire(stack, aws, gate, f"{user_name}-operator", document)
    gate.document = without(document, "MakeKeys")
    ran = stack.up(check=False)
    assert ran.code != 0
    assert "AccessDenied" in ran.text
    assert {action for action, _, _ in gate.refused} == {"iam:CreateAccessKey"}
