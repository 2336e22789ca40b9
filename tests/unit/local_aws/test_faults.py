"""The faulty proxy itself, and how the stand-in provider's clients and the product's take what it does."""

import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError
from botocore.stub import Stubber

from local_aws.provider.aws import Aws, AwsError, saying
from s3io_user.aws import answers, users, waiting
from s3io_user.aws.connection import Connection
from s3io_user.doctor import lookups
from s3io_user.doctor.findings import left_over
from s3io_user.stack.state import read_state
from tests.faults import ANYWHERE, LASTING, Fault, Proxy, plan, proxy

CREDENTIALS = {"accessKey": "AKIADEPLOYEREXAMPLE", "secretKey": "s", "region": "us-east-1"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without their pauses, and no profile of the machine's user."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")


@dataclass
class Upstream:
    """An AWS that says yes to everything, and counts."""

    endpoint: str
    done: int = 0


@pytest.fixture(scope="module")
def there() -> Iterator[Upstream]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["Action"][0]
            key = "<AccessKey><SecretAccessKey>not-a-real-secret</SecretAccessKey></AccessKey>"
            self.answer(f"<{asked}Response><{asked}Result>{key}</{asked}Result></{asked}Response>")

        def do_GET(self) -> None:
            self.answer("<ListAllMyBucketsResult/>")

        def answer(self, text: str) -> None:
            upstream.done += 1
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        upstream = Upstream(f"http://127.0.0.1:{server.server_port}")
        yield upstream
        server.shutdown()


@pytest.fixture
def upstream(there: Upstream) -> Upstream:
    there.done = 0
    return there


@pytest.fixture(scope="module")
def running(there: Upstream) -> Iterator[Proxy]:
    with proxy(there.endpoint) as opened:
        yield opened


@pytest.fixture
def between(running: Proxy) -> Proxy:
    """The proxy, as if it was new."""
    running.faults, running.meanwhile = (), lambda: None
    for kept in (running.asked, running.done, running.secrets, running.counts):
        kept.clear()
    return running


@cache
def iam(endpoint: str, attempts: str = "3") -> Any:
    """The stand-in's client, of so many attempts."""
    return Aws({**CREDENTIALS, "endpoints": [{"iam": endpoint}], "maxRetries": attempts}).iam


# What the real provider was measured to do with the same faults, maxRetries 3.
@pytest.mark.parametrize(
    ("kind", "times", "asked", "done", "said"),
    [
        pytest.param("throttled", 2, 3, 1, "", id="throttled"),
        pytest.param("too many", 2, 3, 1, "", id="too-many"),
        pytest.param("failed", 2, 3, 1, "", id="failed"),
        pytest.param("unavailable", 2, 3, 1, "", id="unavailable"),
        pytest.param("slow", 1, 1, 1, "", id="slow"),
        pytest.param("cut before", 1, 2, 1, "", id="cut-before"),
        pytest.param("cut after", 1, 2, 2, "", id="a-lost-answer-makes-a-second-key"),
        pytest.param("killed", 1, 2, 2, "", id="killed"),
        pytest.param("held", 1, 1, 1, "", id="held"),
        pytest.param("throttled", LASTING, 3, 0, "Throttling", id="throttled-for-good"),
        pytest.param("failed", LASTING, 3, 0, "InternalFailure", id="failed-for-good"),
        pytest.param("not seen", LASTING, 1, 0, "NoSuchEntity", id="not-seen"),
        pytest.param("key not known", LASTING, 1, 0, "InvalidClientTokenId", id="key-not-known"),
    ],
)
def test_what_the_provider_makes_of_a_fault(
    between: Proxy, upstream: Upstream, kind: str, times: int, asked: int, done: int, said: str
) -> None:
    between.faults = [Fault("CreateAccessKey", kind, times=times)]
    code = ""
    try:
        iam(between.endpoint).create_access_key(UserName="site")
    except ClientError as error:
        code = error.response["Error"]["Code"]
    assert (len(between.asked), upstream.done, code) == (asked, done, said)
    assert len(between.done) == min(asked, times)
    assert {each.key_id for each in between.asked} == {"AKIADEPLOYEREXAMPLE"}
    assert between.secrets == ({"not-a-real-secret"} if done else set())


def test_a_connection_that_is_always_cut_is_an_error_after_three(between: Proxy, upstream: Upstream) -> None:
    between.faults = [Fault("CreateAccessKey", "cut after", times=LASTING)]
    with pytest.raises(ConnectionClosedError):
        iam(between.endpoint).create_access_key(UserName="site")
    assert upstream.done == 3


def test_another_action_and_another_count_are_left_alone(between: Proxy) -> None:
    between.faults = [Fault("GetUser", "failed", times=LASTING), Fault("CreateAccessKey", "not seen", nth=2)]
    client = iam(between.endpoint)
    client.create_access_key(UserName="site")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        client.create_access_key(UserName="site")
    client.create_access_key(UserName="site")


@pytest.mark.parametrize("kind", ["held", "killed"])
def test_something_happens_meanwhile(between: Proxy, upstream: Upstream, kind: str) -> None:
    between.faults = [Fault("CreateAccessKey", kind)]
    seen: list[int] = []
    between.meanwhile = lambda: seen.append(upstream.done)
    iam(between.endpoint).create_access_key(UserName="site")
    assert seen == [0 if kind == "held" else 1]


def test_when_it_is_over_nobody_gets_through(upstream: Upstream) -> None:
    with proxy(upstream.endpoint) as between:
        client = iam(between.endpoint, "1")
        client.create_access_key(UserName="site")
    with pytest.raises((ConnectionClosedError, EndpointConnectionError)):
        client.create_access_key(UserName="site")
    assert upstream.done == 1


def test_a_seed_makes_one_plan_and_seeds_make_all() -> None:
    actions = ["CreateUser", "GetUser", "GetCallerIdentity"]
    plans = [plan(seed, actions, 3) for seed in range(400)]
    assert plans == [plan(seed, actions, 3) for seed in range(400)]
    found = [fault for each in plans for fault in each]
    assert {fault.kind for fault in found} == {*ANYWHERE, "not seen", "key not known"}
    assert {fault.action for fault in found} == set(actions)
    assert {fault.times for fault in found} == {1, 2, LASTING}
    assert all(first.action != second.action and second.times < 3 for first, second in plans)


def test_the_provider_tries_as_often_as_the_real_one_and_says_so(between: Proxy) -> None:
    between.faults = [Fault("CreateAccessKey", "failed", times=LASTING)]
    with pytest.raises(AwsError) as caught, saying("creating IAM Access Key (site)"):
        iam(between.endpoint, "").create_access_key(UserName="site")
    assert len(between.asked) == 25
    assert str(caught.value) == (
        "creating IAM Access Key (site): operation error IAM: CreateAccessKey, exceeded maximum number of attempts, 25,"
        " https response error StatusCode: 500, RequestID: , api error InternalFailure: as planned"
    )


def test_the_provider_gives_up_where_nobody_listens(between: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(EndpointConnectionError):
        iam("http://127.0.0.1:9", "").create_access_key(UserName="site")
    assert len(pauses) == 4


def operator(between: Proxy) -> Connection:
    """The product's own way to AWS."""
    return Connection("us-east-1", endpoints=dict.fromkeys(("sts", "s3", "iam"), between.endpoint))


@pytest.mark.parametrize("action", ["GetCallerIdentity", "GET"])
def test_a_key_is_not_accepted_by_an_aws_that_is_too_busy_to_look(
    between: Proxy, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    kinds = ["failed", "throttled", "too many", "unavailable", "key not known"]
    between.faults = [Fault(action, kind, nth=number) for number, kind in enumerate(kinds, 2)]
    said: list[str] = []
    waiting.wait_until_usable(operator(between).with_key("AKIANEWEXAMPLE", "s"), said.append)
    assert [request.action for request in between.asked].count(action) == 1 + len(kinds) + waiting.SUCCESSES_IN_A_ROW
    assert said[-1] == "the key AKIANEWEXAMPLE is accepted by AWS"
    assert len(said) == len(kinds) + 1


def test_the_product_tries_six_times_or_as_often_as_it_is_told(between: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    between.faults = [Fault("ListAccessKeys", "throttled", times=LASTING)]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOREXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    for variable, times in (("", 6), ("2", 2)):
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", variable) if variable else None
        between.asked.clear()
        with pytest.raises(answers.AwsError, match="AWS answered Throttling to ListAccessKeys"):
            users.keys_of(operator(between), "site")
        assert len(between.asked) == times


def test_a_client_is_made_once() -> None:
    access = Connection("us-east-1", access_key="AKIAOPERATOREXAMPLE", secret_key="s")
    assert access.client("iam") is access.client("iam")
    assert "_clients" not in repr(access)


USER, POLICY = "aws:iam/user:User", "aws:iam/policy:Policy"


def test_what_a_killed_update_was_about_to_make_is_held_only_where_it_is_asked_for() -> None:
    user = {"type": USER, "urn": "urn::site", "inputs": {"name": "site"}}
    policy = {"type": POLICY, "urn": "urn::policy", "id": "arn:policy/site-1234567"}
    exported = {"deployment": {"resources": [policy], "pending_operations": [{"resource": user}]}}
    state = read_state(exported)
    assert [each.user for each in state.users] == ["site"]
    assert state.existing_users == ()
    assert state.policy_arns == {"arn:policy/site-1234567"}


def test_what_a_cut_off_update_left_under_a_name_of_pulumi_s_choice_is_found() -> None:
    access = Connection("us-east-1", access_key="AKIAOPERATOREXAMPLE", secret_key="s")
    client = access.client("iam")
    made = {"Path": "/", "CreateDate": datetime(2026, 11, 24, tzinfo=timezone.utc)}
    names = [
        "site-0000001",
        "site-0000002",
        "site-0000003",
        "site-00000004",
        "site",
        "other-0000005",
        "my-site-0000006",
    ]
    policies = {"site-0000001": 0, "site-policy-2-0000002": 0, "site-0000003": 1, "site-0000004": 0, "site-blog": 0}
    keys = {"site-0000001": [], "site-0000002": [{"AccessKeyId": "AKIASOMEBODYEXAMPLE", "Status": "Active"}]}
    with Stubber(client) as aws:
        found = [
            {"PolicyName": name, "Arn": f"arn:aws:iam::123456789012:policy/{name}", "AttachmentCount": attached}
            for name, attached in policies.items()
        ]
        aws.add_response("list_policies", {"Policies": found})
        for name, held in keys.items():
            aws.add_response("list_access_keys", {"AccessKeyMetadata": held}, {"UserName": name})
            for key in held:
                key["CreateDate"] = made["CreateDate"]
                used = {"AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
                aws.add_response("get_access_key_last_used", used, {"AccessKeyId": key["AccessKeyId"]})
        known = {"site-0000003", "arn:aws:iam::123456789012:policy/site-0000004"}
        asked = lookups.Lookups(access, pytest.fail)
        left = asked.named_alike(["blog", "site"], names, known)
        assert asked.unknown == []
        aws.assert_no_pending_responses()
    arns = [f"arn:aws:iam::123456789012:policy/{name}" for name in ("site-0000001", "site-policy-2-0000002")]
    assert left == (["site-0000001"], arns)
    remedies = [(finding.id, finding.remedy.partition(": ")[2]) for finding in left_over(*left)]
    assert remedies == [
        ("user-left-over", "aws iam delete-user --user-name 'site-0000001'"),
        *(("policy-left-over", f"aws iam delete-policy --policy-arn {arn}") for arn in arns),
    ]
