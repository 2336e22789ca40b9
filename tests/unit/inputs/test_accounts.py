"""As whom AWS is asked about a user: as the provider that made it, and never about another account's."""

import json
from typing import Any

import pytest

from s3io_user.aws.answers import AwsError
from s3io_user.aws.chosen import choosing
from s3io_user.aws.connection import Connection
from s3io_user.errors import InputError
from s3io_user.inputs import accounts
from s3io_user.inputs.aws_config import provider_access
from s3io_user.inputs.project import Project
from tests.unit.stack.test_providers import OURS, STATE, THEIRS

SETTING = Project("app", Connection("eu-west-3", profile="ours"), None, {}, None, True)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the state was decrypted: for each time that it was read."""
    read: list[bool] = []
    text = json.dumps(STATE).replace('"ciphertext": "v1:x"', '"plaintext": "\\"canary\\""')

    def export(stack: str | None, cwd: str | None, *, show_secrets: bool) -> Any:
        assert (stack, cwd) == ("prod", "there")
        read.append(show_secrets)
        return json.loads(text)

    monkeypatch.setattr(accounts, "read_export", export)
    return read


def test_the_user_of_the_stack_s_own_provider_is_asked_about_by_its_config(shown: list[bool]) -> None:
    found, state = accounts.at_the_user(SETTING, STATE, {"userName": "blog", "userArn": OURS}, "prod", "there")
    assert found.access == Connection("eu-west-3", profile="ours", account="123456789012")
    again, _ = accounts.at_the_user(SETTING, STATE, {"userName": "blog", "userArn": OURS}, "prod", "there")
    assert again.access is found.access, "the users of an account share their clients"
    assert "S3IOUser::theirs" not in json.dumps(state)
    assert shown == []


def test_another_is_asked_about_as_its_own_provider_does(shown: list[bool]) -> None:
    found, state = accounts.at_the_user(SETTING, STATE, {"userName": "blog", "userArn": THEIRS}, "prod", "there")
    assert found.access == Connection("eu-west-1", secret_key="canary", account="210987654321")
    assert "S3IOUser::ours" not in json.dumps(state)
    assert shown == [True]


def test_a_profile_of_the_command_line_needs_no_secret_of_the_state(shown: list[bool]) -> None:
    with choosing("me", None):
        assert accounts.access_to(SETTING, STATE, THEIRS, "prod", "there") == Connection(
            "eu-west-1", profile="me", account="210987654321"
        )
    assert shown == []


def test_a_provider_s_settings_are_taken_as_the_sdk_sends_them() -> None:
    role = {"roleArn": "arn:aws:iam::210987654321:role/deployer", "externalId": "x"}
    settings = {
        "region": "eu-west-1",
        "profile": "ci",
        "assumeRoles": json.dumps([role]),
        "endpoints": [{"iam": "http://127.0.0.1:1"}],
        "skipCredentialsValidation": "false",
        "insecure": "false",
    }
    assert provider_access("customer", settings) == Connection(
        "eu-west-1", profile="ci", assume_roles=(role,), endpoints={"iam": "http://127.0.0.1:1"}
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sharedCredentialsFiles": '["x"]'}, "the provider 'customer': sharedCredentialsFiles: s3io-user can't use"),
        ({"assumeRoleWithWebIdentity": "{}"}, "the provider 'customer': assumeRoleWithWebIdentity: s3io-user can't"),
        ({"assumeRoles": '[{"role_arn": "x"}]'}, "the provider 'customer': assumeRoles: must each have a roleArn"),
        ({"endpoints": "canary"}, "the provider 'customer': endpoints: must be a list of maps"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_sentence(settings: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as raised:
        provider_access("customer", settings)
    assert str(raised.value).startswith(said)
    assert "canary" not in str(raised.value)


class Sts:
    """A session with one service, which says whose credentials they are."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.events = self

    def client(self, service: str, **_: Any) -> "Sts":
        self.asked.append(service)
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012"}


def test_credentials_of_another_account_ask_it_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Sts()
    monkeypatch.setattr("s3io_user.aws.connection.boto3.Session", lambda **_: session)
    monkeypatch.setattr("s3io_user.aws.connection.answers.watch", lambda events: None)
    for _ in range(2):
        with pytest.raises(AwsError, match="the user is in the account 210987654321, and these credentials are of"):
            Connection(account="210987654321").client("iam")
    assert session.asked == ["sts", "sts"]
    Connection(account="123456789012").client("iam")
    assert session.asked[-2:] == ["sts", "iam"]
