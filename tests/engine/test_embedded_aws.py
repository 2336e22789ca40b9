"""The embedded AWS that the tests use: it answers as AWS does, and only requests that it should."""

import http.client
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local_aws import server, truth
from local_aws.sandbox import Sandbox
from local_aws.server import Aws
from local_aws.world import PATH, World, answer_of, tidy
from s3io_user import s3_policy_document
from tests.engine.aws_side import may
from tests.patience import until


@pytest.fixture
def world(aws: Aws) -> World:
    session = boto3.Session(aws.access_key_id, aws.secret_access_key, region_name=aws.region)
    return World(session, aws.endpoint)


def test_it_answers_every_question_as_aws_does(world: World) -> None:
    world.prepare()
    answers = list(truth.answers(world))

    assert [str(answer) for answer in answers if not answer.is_right] == []
    assert len(answers) == 53
    assert tidy(world) == []


def test_what_was_made_for_the_questions_is_taken_away_wherever_they_stop(world: World) -> None:
    world.prepare()
    questions = truth.answers(world)
    for _ in range(40):
        next(questions)
    assert tidy(world) == []
    assert not [user for user in world.iam.list_users(PathPrefix=PATH)["Users"] if world.name in user["UserName"]]
    assert not [b for b in world.s3.list_buckets()["Buckets"] if world.name in b["Name"]]


def test_a_user_of_that_name_elsewhere_is_left_alone(world: World) -> None:
    world.iam.create_user(UserName=world.name)
    world.iam.create_access_key(UserName=world.name)
    tidy(world)
    assert len(world.iam.list_access_keys(UserName=world.name)["AccessKeyMetadata"]) == 1


# -- who is let in ----------------------------------------------------------------------------------------


@pytest.fixture
def said(aws: Aws) -> Callable[..., tuple[int, str]]:
    """Asks as the admin with headers of one's own, signed or not: the status, and what was said."""

    def ask(method: str = "GET", path: str = "/", *, service: str = "s3", signed: bool = True, body: str = "",
            **headers: str) -> tuple[int, str]:  # fmt: skip
        request = AWSRequest(method, f"{aws.endpoint}{path}", {"Host": aws.endpoint.removeprefix("http://")}, body)
        if signed:
            credentials = Credentials(aws.access_key_id, aws.secret_access_key)
            SigV4Auth(credentials, service, aws.region).add_auth(request)
        connection = http.client.HTTPConnection(aws.endpoint.removeprefix("http://"), timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {**dict(request.headers.items()), **named})
        answer = connection.getresponse()
        shown = {name.lower() for name, _ in answer.getheaders()}
        assert not [name for name in shown if name.startswith("access-control-")]
        return answer.status, answer.read().decode()

    return ask


def test_a_signed_request_of_this_machine_is_answered(said: Any) -> None:
    status, text = said()
    assert (status, "<Bucket>" in text) == (200, True)


def test_the_go_sdk_is_not_answered_sooner_than_aws_could(said: Any) -> None:
    def soonest(**headers: str) -> float:
        taken = []
        for _ in range(5):
            start = time.perf_counter()
            assert said(**headers)[0] == 200
            taken.append(time.perf_counter() - start)
        return min(taken)

    assert soonest(User_Agent="APN/1.0 aws-sdk-go-v2/1.41.2 os/linux") >= 0.005


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"signed": False}, id="unsigned"),
        pytest.param({"Host": "rebound.example"}, id="another name"),
        pytest.param({"Host": "127.0.0.1.rebound.example:80"}, id="a name that begins alike"),
        pytest.param({"Origin": "https://evil.example"}, id="another site's page"),
        pytest.param({"Origin": "null"}, id="a page from a file"),
        pytest.param({"Sec_Fetch_Site": "cross-site"}, id="another site's image"),
        pytest.param({"method": "OPTIONS", "signed": False, "Origin": "https://evil.example"}, id="preflight"),
        pytest.param({"service": "lambda"}, id="a service that is not used"),
        pytest.param({"service": "ecs", "method": "POST", "body": "Action=RunTask"}, id="one that runs containers"),
        *(
            pytest.param({"path": path, "signed": False, "method": method}, id=path)
            for path, method in (
                ("/_ministack/health", "GET"),
                ("/_ministack/reset", "POST"),
                ("/_ministack/config", "POST"),
                ("/_localstack/health", "GET"),
                ("/moto-api/data.json", "GET"),
                ("/health", "GET"),
            )
        ),
    ],
)
def test_all_else_is_refused(said: Any, asked: dict[str, Any]) -> None:
    status, text = said(**asked)
    assert (status, "<Error>" in text, "<Bucket>" in text) == (403, True, False)


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config"])
def test_not_even_the_admin_reaches_the_emulator_s_own_interface(said: Any, path: str, aws: Aws) -> None:
    assert said("POST", path, body='{"AUTH": "false"}')[0] >= 400
    assert aws.answers()


@pytest.mark.parametrize("key", ["test", "", "123456789012", "000000000000"])
def test_there_is_no_root_to_be(aws: Aws, key: str) -> None:
    for service, call in (("iam", "list_users"), ("s3", "list_buckets"), ("sts", "get_caller_identity")):
        client = boto3.client(
            service, "us-east-1", endpoint_url=aws.endpoint, aws_access_key_id=key or " ", aws_secret_access_key="test"
        )
        with pytest.raises(ClientError) as caught:
            getattr(client, call)()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_bucket_of_another_account_s_is_refused(aws: Aws) -> None:
    s3 = aws.client("s3")
    assert may(lambda: s3.head_bucket(Bucket="photos", ExpectedBucketOwner="123456789012"))
    assert not may(lambda: s3.head_bucket(Bucket="photos", ExpectedBucketOwner="210987654321"))


def test_it_listens_on_loopback_alone_and_its_files_are_its_owner_s(sandbox: Sandbox, aws: Aws) -> None:
    port = int(aws.endpoint.rpartition(":")[2])
    for table in ("tcp", "tcp6"):
        lines = Path(f"/proc/{aws.pid}/net/{table}").read_text().splitlines()[1:]
        listening = {line.split()[1] for line in lines if line.split()[3] == "0A"}
        assert {each for each in listening if each.endswith(f":{port:04X}")} <= {f"0100007F:{port:04X}"}
    for name in ("aws.log", "aws.json"):
        assert stat.S_IMODE((sandbox.root / name).stat().st_mode) == 0o600
    assert aws.secret_access_key not in (sandbox.root / "aws.log").read_text()
    assert aws.secret_access_key.encode() not in Path(f"/proc/{aws.pid}/cmdline").read_bytes()


# -- what tests rely on beyond the questions --------------------------------------------------------------


def test_long_lists_come_in_pages(aws: Aws, user_name: str) -> None:
    iam, path = aws.client("iam"), f"/{user_name}/"
    names = {f"{user_name}-{number:03}" for number in range(103)}
    for name in names:
        iam.create_user(UserName=name, Path=path)
    first = iam.list_users(PathPrefix=path)
    assert (len(first["Users"]), first["IsTruncated"]) == (100, True)
    paged = iam.get_paginator("list_users").paginate(PathPrefix=path, PaginationConfig={"PageSize": 7})
    assert {user["UserName"] for page in paged for user in page["Users"]} == names


def test_it_evaluates_the_wildcards_and_variables_of_policies(aws: Aws, user_name: str) -> None:
    iam, s3 = aws.client("iam"), aws.client("s3")
    s3.create_bucket(Bucket=user_name)
    for key in (f"home/{user_name}/a", "home/other/a", "star/*/a", "star/x/a"):
        s3.put_object(Bucket=user_name, Key=key, Body=b"x")
    iam.create_user(UserName=user_name)
    key = iam.create_access_key(UserName=user_name)["AccessKey"]
    arns = [f"arn:aws:s3:::{user_name}/{end}" for end in ("home/${aws:username}/*", "star/${*}/*")]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": arns}]}
    iam.put_user_policy(UserName=user_name, PolicyName="p", PolicyDocument=json.dumps(document))
    mine = aws.client("s3", key["AccessKeyId"], key["SecretAccessKey"])

    def reads(name: str) -> bool:
        return may(lambda: mine.get_object(Bucket=user_name, Key=name))

    assert [reads(f"home/{user_name}/a"), reads("home/other/a")] == [True, False]
    assert [reads("star/*/a"), reads("star/x/a")] == [True, False]


def test_a_simulation_says_which_condition_keys_it_was_not_given(aws: Aws, user_name: str) -> None:
    iam = aws.client("iam")
    arn = iam.create_user(UserName=user_name)["User"]["Arn"]
    document = s3_policy_document(["photos"], access="read-only", source_ips=["198.51.100.0/24"])
    iam.put_user_policy(UserName=user_name, PolicyName="p", PolicyDocument=json.dumps(document))
    asked = {"PolicySourceArn": arn, "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::photos/a"]}

    def decided(**entries: Any) -> tuple[str, list[str]]:
        (result,) = iam.simulate_principal_policy(**asked, **entries)["EvaluationResults"]
        return result["EvalDecision"], result["ResourceSpecificResults"][0]["MissingContextValues"]

    def source(address: str) -> dict[str, Any]:
        entry = {"ContextKeyName": "aws:SourceIp", "ContextKeyType": "ip", "ContextKeyValues": [address]}
        return {"ContextEntries": [entry]}

    missing = set(decided()[1])
    assert "aws:SourceIp" in missing
    for address, decision in (("198.51.100.7", "allowed"), ("203.0.113.7", "explicitDeny")):
        got, left = decided(**source(address))
        assert (got, set(left)) == (decision, missing - {"aws:SourceIp"})


@pytest.fixture
def settling(tmp_path: Path) -> Iterator[Aws]:
    """An embedded AWS with eventual consistency."""
    slow = server.begin(tmp_path / "log", print, settling=3.0).wait()
    until(slow.answers)
    yield slow
    slow.stop()


def test_eventual_consistency_is_played_when_asked(settling: Aws) -> None:
    iam = settling.client("iam")
    iam.create_user(UserName="new")
    key = iam.create_access_key(UserName="new")["AccessKey"]
    sts = settling.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    seen: dict[str, list[str]] = {"user": [], "key": []}

    def both_are_known() -> bool:
        seen["user"].append(answer_of(lambda: iam.get_user(UserName="new")))
        seen["key"].append(answer_of(sts.get_caller_identity))
        return [said[-1] for said in seen.values()] == ["OK", "OK"]

    until(both_are_known)
    assert {what: (said[0], said[-1]) for what, said in seen.items()} == {
        "user": ("NoSuchEntity", "OK"),
        "key": ("InvalidClientTokenId", "OK"),
    }


def test_a_user_s_environment_does_not_reach_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MINISTACK_ACCOUNT_ID", "PERSIST_STATE", "AUTH", "SERVICES", "BIND_HOST"):
        monkeypatch.setenv(name, "0")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    aws = server.begin(tmp_path / "log", print).wait()
    try:
        assert aws.client("sts").get_caller_identity()["Account"] == "123456789012"
        assert os.listdir(tmp_path) == ["log"]
    finally:
        aws.stop()
