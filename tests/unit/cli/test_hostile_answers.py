"""Responses that are not from AWS (a captive portal, a proxy): each command prints one sentence, and no untruth."""

import io
import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli
from s3io_user.aws import connection, users, waiting
from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection
from s3io_user.rotation.state import NOTE, Note
from s3io_user.stack import pulumi_cli
from s3io_user.verify import probes, stack

ACCOUNT = "123456789012"
KEY, OLD = "AKIATHESITEEXAMPLE", "AKIATHESITEBEFOREEXAMPLE"
ARN = f"arn:aws:iam::{ACCOUNT}:user/site"
DATE = "2026-01-01T00:00:00Z"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})

# Elements of good answers, by operation; of S3 by method and sub-resource.
_QUERY = {
    "GetCallerIdentity": f"<Arn>{ARN}</Arn><Account>{ACCOUNT}</Account><UserId>AIDAEXAMPLE</UserId>",
    "GetAccountSummary": "<SummaryMap><entry><key>Users</key><value>1</value></entry></SummaryMap>",
    "GetUser": f"<User><UserName>site</UserName><UserId>AIDAEXAMPLE</UserId><Arn>{ARN}</Arn><Path>/</Path>"
    f"<CreateDate>{DATE}</CreateDate></User>",
    "ListAccessKeys": "<AccessKeyMetadata>"
    + "".join(
        f"<member><UserName>site</UserName><AccessKeyId>{key}</AccessKeyId><Status>Active</Status>"
        f"<CreateDate>{DATE}</CreateDate></member>"
        for key in (KEY, "AKIASTRANGEREXAMPLE")
    )
    + "</AccessKeyMetadata><IsTruncated>false</IsTruncated>",
    "GetAccessKeyLastUsed": f"<UserName>site</UserName><AccessKeyLastUsed><LastUsedDate>{DATE}</LastUsedDate>"
    "<ServiceName>s3</ServiceName><Region>us-east-1</Region></AccessKeyLastUsed>",
    "ListGroupsForUser": "<Groups><member><GroupName>editors</GroupName></member></Groups>"
    "<IsTruncated>false</IsTruncated>",
    "ListUserPolicies": "<PolicyNames><member>S3Access</member></PolicyNames><IsTruncated>false</IsTruncated>",
    "GetUserPolicy": "<UserName>site</UserName><PolicyName>S3Access</PolicyName>"
    f"<PolicyDocument>{urllib.parse.quote(POLICY)}</PolicyDocument>",
    "ListAttachedUserPolicies": "<AttachedPolicies><member><PolicyName>Two</PolicyName><PolicyArn>"
    "arn:aws:iam::aws:policy/Two</PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated>",
    "GetPolicy": "<Policy><DefaultVersionId>v1</DefaultVersionId></Policy>",
    "GetPolicyVersion": f"<PolicyVersion><Document>{urllib.parse.quote(POLICY)}</Document></PolicyVersion>",
    "ListGroupPolicies": "<PolicyNames><member>own</member></PolicyNames><IsTruncated>false</IsTruncated>",
    "GetGroupPolicy": f"<PolicyDocument>{urllib.parse.quote(POLICY)}</PolicyDocument>",
    "ListAttachedGroupPolicies": "<AttachedPolicies/><IsTruncated>false</IsTruncated>",
    "ListUsers": "<Users/><IsTruncated>false</IsTruncated>",
    "ListPolicies": "<Policies/><IsTruncated>false</IsTruncated>",
    "SimulatePrincipalPolicy": "<EvaluationResults><member><EvalActionName>a:b</EvalActionName>"
    "<EvalDecision>allowed</EvalDecision></member></EvaluationResults><IsTruncated>false</IsTruncated>",
    "DeleteAccessKey": "",
    "AssumeRole": f"<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>x</SecretAccessKey>"
    f"<SessionToken>x</SessionToken><Expiration>{DATE}</Expiration></Credentials>",
}
_S3 = {
    "GET": "<ListAllMyBucketsResult/>",
    "GET location": "<LocationConstraint/>",
    "GET ownershipControls": "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"
    "</OwnershipControls>",
    "GET list-type": "<ListBucketResult><Contents><Key>a.jpg</Key></Contents></ListBucketResult>",
    "HEAD": "",
}
Said = tuple[int, dict[str, str], str]


def error(status: int, code: str) -> Said:
    return status, {"x-amzn-requestid": "1"}, f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"


PORTAL = "<!DOCTYPE html><html><body>Please <b>log in</b> to the hotel</body></html>"
XML = {"content-type": "text/xml", "x-amzn-requestid": "1"}
HOSTILE: dict[str, Said] = {
    "portal": (200, {"content-type": "text/html"}, PORTAL),
    "portal-xhtml": (200, {"content-type": "text/html"}, f'<?xml version="1.0"?>{PORTAL.split(">", 1)[1]}'),
    "portal-as-xml": (200, {"content-type": "text/xml"}, PORTAL),
    "refusal": (403, {"content-type": "text/html"}, PORTAL),
    "login": (407, {"content-type": "text/html"}, PORTAL),
    "moved": (301, {"location": "http://127.0.0.1:9/"}, ""),
    "elsewhere": (302, {"location": "https://portal.invalid/login", "content-type": "text/html"}, PORTAL),
    "again": (307, {"location": "/"}, ""),
    "nothing": (200, {}, ""),
    "no-content": (204, {}, ""),
    "empty-from-aws": (200, XML, ""),
    "missing-elements": (200, XML, "<Response><Result/></Response>"),
    "another-xml": (200, XML, "<a><b/></a>"),
    "half-an-xml": (200, XML, "<GetUserResponse><GetUser"),
    "json": (200, {"content-type": "application/json"}, '{"error": "x"}'),
    "bytes": (200, {"content-type": "application/octet-stream"}, "\x00\x01\udcff"),
    "text": (200, {"content-type": "text/plain"}, "OK"),
    "deep": (200, XML, "<a>" * 5000 + "</a>" * 5000),
    "bad-gateway": (502, {"content-type": "text/html"}, PORTAL),
    "rude-code": error(400, "\N{ESCAPE}[2J".replace("\N{ESCAPE}", "&#155;") + "x" * 10_000),
    "no-code": error(400, ""),
    "error-of-another-shape": (400, XML, "<Error><Nope/></Error>"),
    "error-that-is-none": (418, {}, "teapot"),
}


@dataclass
class Between:
    """A server that answers as AWS does, except for the responses that a test replaces."""

    url: str = ""
    said: Said | None = None
    only: str = ""
    patched: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, operation: str, of_s3: bool) -> Said:
        self.asked.append(operation)
        if self.said is not None and self.only in ("", operation):
            return self.said
        if operation == "GetLoginProfile":
            return error(404, "NoSuchEntity")
        if operation in ("PUT", "DELETE"):
            return error(412, "PreconditionFailed")
        held = self.patched.get(operation, (_S3 if of_s3 else _QUERY)[operation])
        text = held if of_s3 else f"<{operation}Response><{operation}Result>{held}</{operation}Result>"
        return 200, XML, text if of_s3 else f"{text}</{operation}Response>"


class Handler(BaseHTTPRequestHandler):
    between: Between

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        of_s3 = self.command != "POST"
        query = [name for name in ("location", "ownershipControls", "list-type") if name in self.path.partition("?")[2]]
        operation = " ".join([self.command, *query]) if of_s3 else urllib.parse.parse_qs(body)["Action"][0]
        status, headers, text = self.between.answer(operation, of_s3)
        data = text.encode("utf-8", "surrogateescape")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Between]:
    handler = type("Handler", (Handler,), {"between": Between()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as opened:
        threading.Thread(target=opened.serve_forever, args=(0.02,), daemon=True).start()
        handler.between.url = f"http://127.0.0.1:{opened.server_port}"
        yield handler.between
        opened.shutdown()


class Clock:
    """A clock on which only ``sleep`` passes time."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def between(server: Between, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Between:
    """The server in its initial state, and a stack that is deployed to it."""
    server.said, server.only, server.patched = None, "", {}
    server.asked.clear()
    for module in (waiting, probes, stack):
        monkeypatch.setattr(module, "time", Clock())
    monkeypatch.setattr(pulumi_cli, "forbid_core_dumps", lambda: None)
    monkeypatch.setattr(pulumi_cli, "up", lambda *_, **__: None)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.chdir(tmp_path)
    Path("Pulumi.yaml").write_text("name: s3io-user\nruntime: python\n")
    answers = {"output": OUTPUTS, "export": EXPORT, "--json": config(server.url)}
    monkeypatch.setattr(pulumi_cli, "run", lambda arguments, *_, **__: json.dumps(answers.get(arguments[1], {})))
    return server


OUTPUTS = {
    "userName": "site",
    "userArn": ARN,
    "accessKeyId": KEY,
    "secretAccessKey": "notreallyasecret12345",
    "policyDocument": POLICY,
    "credentials": {
        "userName": "site",
        "accessKeyId": KEY,
        "secretAccessKey": "notreallyasecret12345",
        "region": "us-east-1",
        "buckets": ["photos"],
    },
}
_URN = "urn:pulumi:prod::s3io-user::s3io-user:index:S3IOUser"
EXPORT = {
    "deployment": {
        "resources": [
            {"type": "s3io-user:index:S3IOUser", "urn": f"{_URN}::s3io-user", "outputs": OUTPUTS},
            {
                "type": "aws:iam/user:User",
                "urn": f"{_URN}$aws:iam/user:User::s3io-user",
                "id": "site",
                "parent": f"{_URN}::s3io-user",
                "outputs": {"name": "site", "arn": ARN, "uniqueId": "AIDAEXAMPLE"},
            },
            {
                "type": "aws:iam/accessKey:AccessKey",
                "urn": f"{_URN}$aws:iam/accessKey:AccessKey::s3io-user-b",
                "parent": f"{_URN}::s3io-user",
                "replacementTrigger": 2,
                "id": KEY,
                "outputs": {"user": "site", "status": "Active"},
            },
            {
                "type": "aws:iam/accessKey:AccessKey",
                "urn": f"{_URN}$aws:iam/accessKey:AccessKey::s3io-user-a",
                "parent": f"{_URN}::s3io-user",
                "replacementTrigger": 1,
                "id": OLD,
                "outputs": {"user": "site", "status": "Active"},
            },
        ]
    }
}


def config(url: str, **more: Any) -> dict[str, Any]:
    """The stack's config, as `pulumi config --json` prints it."""
    values = {
        "aws:region": "us-east-1",
        "aws:accessKey": "AKIAOPERATOREXAMPLE",
        "aws:secretKey": "x",
        "aws:endpoints": json.dumps([{**dict.fromkeys(("iam", "sts", "s3"), url), "cloudtrail": "http://127.0.0.1:9"}]),
        "s3io-user:userName": "site",
        "s3io-user:access": "optimizer",
        "s3io-user:buckets": '["photos"]',
        "s3io-user:keyGeneration": "2",
        "s3io-user:previousKey": "active",
        # A rotation whose new key is made, and neither verified nor taken over.
        NOTE: Note(None, 2, OLD, "removed").as_text(),
        **more,
    }
    return {key: {"value": value} for key, value in values.items()}


COMMANDS = {
    "doctor": ["doctor"],
    "fix": ["doctor", "--fix", "--yes", "--key", "AKIASTRANGEREXAMPLE"],
    "verify": ["verify", "--wait", "10"],
    "deployer-policy": ["deployer-policy"],
    "explain": ["explain"],
    "rotate": ["rotate", "--yes", "--wait", "10"],
    "report": ["report", "--format", "markdown", "--out", "-", "--wait", "10"],
}


def run(*argv: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.main(argv)
    return code, out.getvalue(), err.getvalue()


def judge(code: int, out: str, err: str) -> None:
    """Assert that all output is printable, bounded sentences, and that no internal error is reported."""
    assert code in (0, 1)
    assert "fault of s3io-user" not in err
    for line in err.splitlines():
        assert line.startswith("s3io-user: ")
        assert len(line) < 600, line
    assert f"{out}{err}".replace("\n", "").isprintable()
    assert "log in" not in f"{out}{err}"
    assert "x" * 300 not in f"{out}{err}"  # what is shown of a value is bounded


@pytest.mark.parametrize("command", COMMANDS)
def test_with_good_answers_each_command_goes_to_its_end(between: Between, command: str) -> None:
    code, out, err = run(*COMMANDS[command])

    judge(code, out, err)
    assert "could not be read" not in f"{out}{err}"


@pytest.mark.parametrize("said", HOSTILE)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_hostile_answer_to_everything(between: Between, command: str, said: str) -> None:
    between.said = HOSTILE[said]
    code, out, err = run(*COMMANDS[command])

    judge(code, out, err)
    assert code == 1 or command in ("deployer-policy", "explain", "report")
    for untrue in (
        "Nothing found",
        "Nothing dangerous was found.",
        "removed the key",
        "is accepted by AWS",
        " ok ",
        "Done.",
        "retiring",
    ):
        assert untrue not in f"{out}{err}"


ASKED = sorted([*_QUERY, *_S3, "GetLoginProfile", "PUT", "DELETE"])


@pytest.mark.parametrize("operation", ASKED)
def test_a_hostile_answer_to_one_call(between: Between, operation: str) -> None:
    command = "verify" if operation in (*_S3, *_OF_RIGHTS, "PUT", "DELETE") else "fix"
    between.only, between.said = operation, HOSTILE["portal"]
    code, out, err = run(*COMMANDS[command])
    judge(code, out, err)
    if operation in _OF_RIGHTS:
        assert (code, "not read: " in out) == (1, True)


@pytest.mark.parametrize("said", [said for said, (status, _, _) in HOSTILE.items() if status < 300])
def test_a_success_that_is_not_aws_s_removes_no_key(between: Between, said: str) -> None:
    between.only, between.said = "DeleteAccessKey", HOSTILE[said]
    code, out, err = run(*COMMANDS["fix"])
    judge(code, out, err)
    assert (code, "removed the key" in err) == (1, False)
    assert "can't remove the key AKIASTRANGEREXAMPLE: AWS sent an answer that could not be read" in err


@pytest.mark.parametrize("said", ["another-xml", "text"])
def test_a_body_where_s3_sends_none_is_no_success(between: Between, said: str) -> None:
    between.only, between.said = "PUT", HOSTILE[said]
    _, out, _ = run(*COMMANDS["verify"], "--format", "json")
    (put,) = (check for check in json.loads(out)["checks"] if check["call"] == "PutObject")
    assert (put["observed"], put["verdict"]) == (None, "unknown")


_OF_RIGHTS = ("GetPolicy", "GetPolicyVersion", "ListGroupPolicies", "GetGroupPolicy", "ListAttachedGroupPolicies")
"""What verify alone asks."""


BROKEN = {
    "date": ("ListAccessKeys", _QUERY["ListAccessKeys"].replace(DATE, "yesterday")),
    "far-date": ("ListAccessKeys", _QUERY["ListAccessKeys"].replace(DATE, "99999-13-45T99:99:99Z")),
    "first-date": ("ListAccessKeys", _QUERY["ListAccessKeys"].replace(DATE, "0001-01-01T00:00:00Z")),
    "last-date": ("ListAccessKeys", _QUERY["ListAccessKeys"].replace(DATE, "9999-12-31T23:59:59Z")),
    "last-used": ("GetAccessKeyLastUsed", _QUERY["GetAccessKeyLastUsed"].replace(DATE, "-1")),
    "no-last-used": ("GetAccessKeyLastUsed", "<UserName>site</UserName>"),
    "no-key-id": ("ListAccessKeys", _QUERY["ListAccessKeys"].replace(f"<AccessKeyId>{KEY}</AccessKeyId>", "")),
    "no-status": ("ListAccessKeys", _QUERY["ListAccessKeys"].replace("<Status>Active</Status>", "")),
    "rude-status": ("ListAccessKeys", _QUERY["ListAccessKeys"].replace(">Active<", f">&#155;{'x' * 5000}<")),
    "no-arn": ("GetCallerIdentity", "<Account>1</Account>"),
    "odd-arn": ("GetCallerIdentity", "<Arn>nobody</Arn>"),
    "rude-arn": ("GetCallerIdentity", f"<Arn>arn:aws:iam::{ACCOUNT}:user/&#155;{'x' * 5000}</Arn>"),
    "number": ("GetAccountSummary", "<SummaryMap><entry><key>Users</key><value>many</value></entry></SummaryMap>"),
    "no-numbers": ("GetAccountSummary", ""),
    "document": ("GetUserPolicy", "<PolicyName>S3Access</PolicyName><PolicyDocument>%7Bnot json</PolicyDocument>"),
    "no-decision": ("SimulatePrincipalPolicy", "<EvaluationResults/>"),
    "half-a-decision": ("SimulatePrincipalPolicy", "<EvaluationResults><member/></EvaluationResults>"),
    "no-rules": ("GET ownershipControls", "<OwnershipControls/>"),
    "odd-location": ("GET location", f"<LocationConstraint>&#155;{'x' * 5000}</LocationConstraint>"),
    "no-object-key": ("GET list-type", "<ListBucketResult><Contents/></ListBucketResult>"),
    "no-name": ("ListUsers", "<Users><member/></Users>"),
    "policy-version": (
        "GetPolicyVersion",
        "<PolicyVersion><Document>%7B%22a%22:5%7D</Document></PolicyVersion>",
    ),
    "no-version": ("GetPolicy", "<Policy/>"),
    "no-group-name": ("ListGroupsForUser", "<Groups><member/></Groups>"),
    "no-policy-name": ("ListUserPolicies", "<PolicyNames><member/></PolicyNames>"),
    "same-page": ("ListUsers", "<Users/><IsTruncated>true</IsTruncated><Marker>a</Marker>"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_element(between: Between, broken: str) -> None:
    operation, held = BROKEN[broken]
    between.patched = {operation: held}
    judge(*run(*COMMANDS["verify" if operation in (*_S3, *_OF_RIGHTS) else "doctor"]))


@pytest.mark.parametrize("said", ["portal", "moved", "missing-elements", "half-an-xml", "rude-code"])
def test_a_role_that_can_t_be_assumed(between: Between, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    between.only, between.said = "AssumeRole", HOSTILE[said]
    role = {"aws:assumeRoles": json.dumps([{"roleArn": "arn:aws:iam::123456789012:role/deployer"}])}
    monkeypatch.setattr(pulumi_cli, "run", lambda arguments, *_, **__: json.dumps(
        {"output": OUTPUTS, "export": EXPORT, "--json": config(between.url, **role)}.get(arguments[1], {})
    ))  # fmt: skip
    code, out, err = run("doctor")
    judge(code, out, err)
    assert code == 1
    assert "can't reach sts" in err


# What AWS may answer to a key that it accepts.
MEAGRE = {"missing-elements", "another-xml", "empty-from-aws", "deep"}


@pytest.mark.parametrize("said", [said for said in HOSTILE if said not in MEAGRE])
@pytest.mark.parametrize("operation", ["GetCallerIdentity", "GET"])
def test_a_key_is_accepted_by_aws_alone(between: Between, operation: str, said: str) -> None:
    between.only, between.said = operation, HOSTILE[said]
    heard: list[str] = []
    with pytest.raises(AwsError):
        waiting.wait_until_usable(access(between).with_key(KEY, "x"), heard.append, 0.0)
    assert not any("is accepted" in sentence for sentence in heard)


def access(between: Between) -> Connection:
    endpoints = dict.fromkeys(("iam", "sts", "s3"), between.url)
    return Connection("us-east-1", access_key="AKIAOPERATOREXAMPLE", secret_key="x", endpoints=endpoints)


@pytest.mark.parametrize(
    ("service", "call", "denied"),
    [
        ("iam", lambda iam: iam.get_user(UserName="site"), "iam:GetUser"),
        ("sts", lambda sts: sts.assume_role(RoleArn=ARN, RoleSessionName="xx"), "sts:AssumeRole"),
        ("s3", lambda s3: s3.head_bucket(Bucket="photos"), "s3:ListBucket"),
        ("s3", lambda s3: s3.head_object(Bucket="photos", Key="a"), "s3:GetObject"),
        ("s3", lambda s3: s3.list_objects_v2(Bucket="photos"), "s3:ListBucket"),
        ("s3", lambda s3: s3.list_buckets(), "s3:ListAllMyBuckets"),
        ("s3", lambda s3: s3.get_bucket_ownership_controls(Bucket="photos"), "s3:GetBucketOwnershipControls"),
    ],
)
def test_what_is_denied_is_called_by_the_permission_s_own_name(
    between: Between, service: str, call: Any, denied: str
) -> None:
    between.said = error(403, "AccessDenied")
    with pytest.raises(AwsError) as raised:
        connection.reworded("ask", lambda: call(access(between).client(service)))
    assert str(raised.value) == f"can't ask: {denied} is not allowed to these credentials"


def test_a_page_says_what_came(between: Between) -> None:
    between.said = HOSTILE["portal"]
    with pytest.raises(AwsError) as raised:
        users.keys_of(access(between), "site")
    assert str(raised.value) == (
        "can't list the access keys of the user 'site': AWS sent an answer that could not be read (HTTP 200, "
        "text/html). Is a proxy in the way?"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            ("aws:endpoints", value)
            for value in ("x", "5", '"x"', "[5]", '[["a"]]', '[{"iam": 5}]', '[{"iam": "x y"}]')
        ),
        *(("aws:assumeRole", value) for value in ("x", "5", "[5]", "{}x", '{"roleArn": 5}', '{"sessionName": "x"}')),
        *(("aws:assumeRoles", value) for value in ("x", '{"a": 5}', '[{"roleArn": ["x"]}]', '[{"externalId": "x"}]')),
        ("aws:region", "not a region"),
        ("aws:profile", "nobody"),
    ],
)
def test_config_of_the_wrong_shape(between: Between, key: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"output": OUTPUTS, "export": EXPORT, "--json": config(between.url, **{key: value})}
    monkeypatch.setattr(pulumi_cli, "run", lambda arguments, *_, **__: json.dumps(found.get(arguments[1], {})))
    code, out, err = run("doctor")
    judge(code, out, err)
    assert code == 1


def test_an_endpoint_in_the_environment_that_is_no_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere at all")
    with pytest.raises(AwsError, match="can't reach iam: the endpoint that is set for it is no URL"):
        Connection("us-east-1", access_key="x", secret_key="x").client("iam")


@pytest.mark.parametrize("days", ["99999999999", "-1", "100001"])
def test_more_days_than_there_are(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor", "--unused-days", days])
    assert ended.value.code == 2
    assert "--unused-days must be 0 to 100,000" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["verify", "rotate"])
@pytest.mark.parametrize("wait", ["nan", "inf", "-inf", "-1", "1e999", "soon", ""])
def test_seconds_that_are_none(command: str, wait: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, f"--wait={wait}"])
    assert ended.value.code == 2
    assert "argument --wait: must be a number of seconds, 0 or more" in capsys.readouterr().err
