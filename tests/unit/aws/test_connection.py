"""How AWS is reached, and what is made of its answers, the good and the hostile."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pulumi
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.loaders import JSONFileLoader

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection, known_profiles, known_regions
from s3io_user.aws.waiting import wait_until_usable
from s3io_user.inputs.aws_config import stack_access


@pytest.fixture(autouse=True)
def a_machine_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No profile, region or credentials but those of a test."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.write_text("[profile china]\nregion = cn-north-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return config


def test_the_default_region_is_the_environment_s_or_the_profile_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Connection().default_region() is None
    assert Connection(profile="china").default_region() == "cn-north-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert Connection().default_region() == "eu-west-1"
    with pytest.raises(AwsError, match="the AWS profile that is set does not exist"):
        Connection(profile="nobody").default_region()


def test_aws_region_alone_is_enough_and_gives_way_to_the_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert Connection().client("s3").meta.region_name == "eu-west-1"
    assert Connection(region="eu-north-1").client("s3").meta.region_name == "eu-north-1"


def test_what_needs_no_profile_is_known_without_the_one_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "eu-west-1" in known_regions()
    assert known_profiles() == ["china"]


def test_where_aws_can_not_be_reached_a_new_key_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s3io_user.aws.waiting.time.sleep", lambda _: pytest.fail("waited"))
    monkeypatch.setattr(Connection, "client", lambda self, service: Unreachable())
    with pytest.raises(AwsError, match="can't try the new key: EndpointConnectionError on the way to AWS"):
        wait_until_usable(Connection().with_key("AKIANEWEXAMPLE", "x"), pytest.fail, 60.0)


class Unreachable:
    """A service that no call reaches."""

    def __getattr__(self, _: str) -> Callable[[], None]:
        def call() -> None:
            raise EndpointConnectionError(endpoint_url="https://sts.amazonaws.com")

        return call


class Refused:
    """A service that answers every call with a code."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __getattr__(self, operation: str) -> Callable[[], None]:
        def call() -> None:
            said = {"Error": {"Code": self.code}, "ResponseMetadata": {"HTTPStatusCode": 403}}
            raise ClientError(said, operation)  # type: ignore[arg-type]

        return call


def wait_for(code: str, monkeypatch: pytest.MonkeyPatch) -> tuple[float, str]:
    """How long a key is waited for that AWS always refuses with a code, and what is said in the end."""
    now = [0.0]
    monkeypatch.setattr("s3io_user.aws.waiting.time.monotonic", lambda: now[0])
    monkeypatch.setattr("s3io_user.aws.waiting.time.sleep", lambda pause: now.__setitem__(0, now[0] + pause))
    monkeypatch.setattr(Connection, "client", lambda self, service: Refused(code))
    with pytest.raises(AwsError) as error:
        wait_until_usable(Connection().with_key("AKIANEWEXAMPLE", "x"), lambda _: None, 60.0)
    return now[0], str(error.value)


def test_a_key_that_aws_does_not_know_is_waited_for_and_the_end_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    waited, said = wait_for("InvalidClientTokenId", monkeypatch)
    assert 50 < waited <= 60
    assert said == (
        "the key AKIANEWEXAMPLE was not accepted by AWS within 60 seconds: AWS does not know the access key, or it is "
        "inactive (AWS answered InvalidClientTokenId to get_caller_identity)"
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SignatureDoesNotMatch", "the secret access key is not that of the access key, or the clock is wrong"),
        ("RequestTimeTooSkewed", "the clock of this machine is wrong"),
    ],
)
def test_what_no_wait_mends_is_said_at_once(code: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waited, sentence = wait_for(code, monkeypatch)
    assert (waited, said in sentence) == (0.0, True), sentence


def test_equal_connections_share_their_clients_and_others_do_not() -> None:
    def of(**more: Any) -> Connection:
        given = {"region": "us-east-1", "access_key": "AKIAOPERATOREXAMPLE", "secret_key": "x", **more}
        return stack.shared(Connection(**given))

    stack = Connection("us-east-1")
    assert of().client("iam") is of().client("iam")
    others: list[dict[str, Any]] = [{"access_key": "AKIAOTHEREXAMPLE"}, {"secret_key": "y"}, {"token": "t"}]
    different = [of(**each) for each in ({}, *others, {"account": "1"}, {"profile": "p"}, {"region": "eu-west-1"})]
    assert len({id(each) for each in different}) == len(different)
    role = ({"roleArn": "arn:aws:iam::1:role/x"},)
    assert of(assume_roles=role) is not of(assume_roles=role), "a role's session ends"


def test_the_models_of_the_services_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def clients(key: str) -> list[Any]:
        return [Connection("us-east-1", access_key=key, secret_key="x").client(each) for each in ("iam", "s3", "sts")]

    clients("AKIAONEEXAMPLE")
    monkeypatch.setattr(JSONFileLoader, "load_file", lambda *_: pytest.fail("read again"))
    found = clients("AKIATWOEXAMPLE")
    assert {each._request_signer._credentials.access_key for each in found} == {"AKIATWOEXAMPLE"}


class Session:
    """A session of boto3 that notes what roles it assumes, and makes no call."""

    made: ClassVar[list["Session"]] = []

    def __init__(self, *key: str, region_name: str | None = None, **given: Any) -> None:
        self.key, self.region, self.watched = key or (given["aws_access_key_id"],), region_name, False
        self.assumed: list[dict[str, str]] = []
        self.events = self
        self.made.append(self)

    def client(self, service: str, **_: Any) -> "Session":
        return self

    def assume_role(self, **asked: str) -> dict[str, dict[str, str]]:
        self.assumed.append(asked)
        return {"Credentials": {"AccessKeyId": asked["RoleArn"], "SecretAccessKey": "s", "SessionToken": "t"}}


@pytest.mark.parametrize(
    ("role", "asked"),
    [
        pytest.param({}, {"RoleSessionName": "s3io-user"}, id="role"),
        pytest.param({"sessionName": "deploy"}, {"RoleSessionName": "deploy"}, id="session"),
        pytest.param({"externalId": "x1"}, {"RoleSessionName": "s3io-user", "ExternalId": "x1"}, id="external"),
    ],
)
def test_roles_are_assumed_one_after_the_other(
    role: dict[str, str], asked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "made", [])
    monkeypatch.setattr("s3io_user.aws.connection.boto3.Session", Session)
    monkeypatch.setattr("s3io_user.aws.connection.answers.watch", lambda events: setattr(events, "watched", True))
    roles = ({"roleArn": "first", **role}, {"roleArn": "second"})
    made = Connection("eu-west-1", access_key="AKIAOPERATOREXAMPLE", assume_roles=roles).client("iam")
    assert [each.assumed for each in Session.made] == [
        [{"RoleArn": "first", **asked}],
        [{"RoleArn": "second", "RoleSessionName": "s3io-user"}],
        [],
    ]
    assert made is Session.made[-1]
    assert made.key == ("second", "s", "t")
    assert all(each.watched and each.region == "eu-west-1" for each in Session.made), "bounded like every other answer"


@pytest.fixture
def config() -> Iterator[Callable[[dict[str, str]], None]]:
    """Sets the config of the stack that runs, and takes it away again."""
    yield pulumi.runtime.set_all_config
    pulumi.runtime.set_all_config({})


@pytest.mark.parametrize(
    ("roles", "assumed"),
    [
        ({}, ()),
        ({"aws:assumeRole": '{"roleArn": "one", "externalId": "x"}'}, ({"roleArn": "one", "externalId": "x"},)),
        ({"aws:assumeRoles": '[{"roleArn": "one"}, {"roleArn": "two"}]'}, ({"roleArn": "one"}, {"roleArn": "two"})),
        ({"aws:assumeRoles": '[{"roleArn": "two"}]', "aws:assumeRole": '{"roleArn": "one"}'}, ({"roleArn": "two"},)),
    ],
)
def test_aws_is_reached_as_the_stack_s_config_says(
    roles: dict[str, str], assumed: tuple[dict[str, str], ...], config: Callable[[dict[str, str]], None]
) -> None:
    own = {"region": "eu-west-1", "profile": "china", "accessKey": "AKIASTACKEXAMPLE", "secretKey": "s", "token": "t"}
    endpoints = {"aws:endpoints": '[{"iam": "http://127.0.0.1:1", "s3": ""}]'}
    config({**{f"aws:{key}": value for key, value in own.items()}, **endpoints, **roles})
    assert stack_access() == Connection(
        "eu-west-1", "china", "AKIASTACKEXAMPLE", "s", "t", assumed, {"iam": "http://127.0.0.1:1"}
    )
