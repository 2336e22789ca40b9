"""Which provider made a user, and with which settings, by a stack's export."""

import json
from typing import Any

import pytest

from s3io_user import tokens
from s3io_user.errors import S3IOError
from s3io_user.stack.providers import Provider, arn_of, provider_of
from s3io_user.stack.state import in_account, user_states
from tests.unit.stack.test_state import CUSTOMER, DEFAULT, exported, user

OURS, THEIRS = "arn:aws:iam::123456789012:user/blog", "arn:aws:iam::210987654321:user/blog"
SIGNATURE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def provider(reference: str, **inputs: Any) -> dict[str, Any]:
    urn, _, id_ = reference.rpartition("::")
    return {"urn": urn, "type": "pulumi:providers:aws", "id": id_, "inputs": inputs}


def named(component: str, account: str, by: str) -> list[dict[str, Any]]:
    """A component with a user called blog."""
    made = json.dumps(user("blog", account, by)).replace("S3IOUser::blog", f"S3IOUser::{component}")
    return list(json.loads(made))


STATE = exported(
    provider(DEFAULT, region="eu-west-1"),
    provider(CUSTOMER.replace("::2", "::1"), region="old"),
    provider(CUSTOMER, region="eu-west-1", secretKey={**SIGNATURE, "ciphertext": "v1:x"}),
    *named("ours", "123456789012", DEFAULT),
    *named("theirs", "210987654321", CUSTOMER),
)


def test_of_two_users_of_one_name_each_has_its_own_provider() -> None:
    settings = {"region": "eu-west-1", "secretKey": None}
    assert provider_of(STATE, THEIRS) == Provider("customer", settings, frozenset({"secretKey"}))
    assert provider_of(STATE, OURS) is None
    assert provider_of(STATE, OURS.replace("blog", "nobody")) is None


def test_a_provider_whose_name_only_begins_as_a_default_one_is_the_program_s() -> None:
    own = CUSTOMER.replace("customer", "default_customer")
    state = exported(provider(own, profile="customer"), *user("blog", "210987654321", own))
    assert provider_of(state, THEIRS) == Provider("default_customer", {"profile": "customer"})


def test_a_secret_is_read_where_the_export_shows_it_and_never_printed() -> None:
    shown = json.loads(json.dumps(STATE).replace('"ciphertext": "v1:x"', '"plaintext": "\\"canary\\""'))
    found = provider_of(shown, THEIRS)
    assert found is not None
    assert (found.settings["secretKey"], found.encrypted) == ("canary", frozenset())
    assert "canary" not in repr(found)


def test_the_component_tells_the_arn_of_a_user_that_the_state_does_not_have() -> None:
    component, made = user("blog", "210987654321", CUSTOMER)
    key = {**made, "urn": made["urn"] + "-a", "type": tokens.ACCESS_KEY, "outputs": {"user": "blog"}}
    found = provider_of(exported(provider(CUSTOMER, region="x"), component, key), THEIRS)
    assert found == Provider("customer", {"region": "x"})
    stack = {"type": "pulumi:pulumi:Stack", "urn": "s", "outputs": {"userName": "blog", "userArn": THEIRS}}
    del component["outputs"]["userArn"]
    assert provider_of(exported(provider(CUSTOMER, region="x"), stack, component, key), THEIRS) == found
    assert provider_of(exported(provider(CUSTOMER, region="x"), component, key), THEIRS) is None


@pytest.mark.parametrize(
    ("outputs", "arn"), [({"userArn": THEIRS}, THEIRS), ({"userArn": "[secret]"}, OURS), ({}, OURS)]
)
def test_the_arn_is_the_outputs_or_else_the_state_s(outputs: dict[str, str], arn: str) -> None:
    state = exported(*user("blog", "123456789012", DEFAULT))
    assert arn_of(state, {"userName": "blog", **outputs}) == arn
    assert arn_of(exported(), {"userName": "blog"}) is None


def test_which_of_two_users_is_meant_is_not_guessed() -> None:
    with pytest.raises(S3IOError, match="several users named 'blog', in different accounts: export userArn"):
        arn_of(STATE, {"userName": "blog"})


def test_an_account_s_part_of_a_state_has_its_own_users_alone() -> None:
    assert [held.component for held in user_states(in_account(STATE, "210987654321"))] == ["theirs"]
    assert [held.component for held in user_states(in_account(STATE, "123456789012"))] == ["ours"]
