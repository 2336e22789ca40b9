"""What a stack's state says of its users: accounts, interrupted updates, the calendar. See also test_user_states.py."""

from typing import Any

import pytest

from s3io_user import tokens
from s3io_user.stack.state import Elsewhere, outputs_in, read_state, user_states
from s3io_user.tokens import MARK_OF_A_SECRET

STACK = "urn:pulumi:prod::sites::"
DEFAULT = f"{STACK}pulumi:providers:aws::default_7_1_0::1"
CUSTOMER = f"{STACK}pulumi:providers:aws::customer::2"


def user(name: str, account: str, provider: str, **inputs: Any) -> list[dict[str, Any]]:
    """A component with its user, as a state has them."""
    urn = f"{STACK}{tokens.COMPONENT}::{name}"
    arn = f"arn:aws:iam::{account}:user/{name}"
    return [
        {
            "urn": urn,
            "type": tokens.COMPONENT,
            "inputs": inputs,
            "outputs": {"userName": name, "userArn": arn, "keyGeneration": 1},
        },
        {
            "urn": f"{STACK}{tokens.COMPONENT}${tokens.USER}::{name}",
            "type": tokens.USER,
            "parent": urn,
            "provider": provider,
            "id": name,
            "outputs": {"name": name, "arn": arn},
        },
    ]


def exported(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"deployment": {"resources": list(resources), **more}}


def elsewhere(name: str, *, by_config: bool) -> Elsewhere:
    return Elsewhere(name, "210987654321", by_config, f"arn:aws:iam::210987654321:user/{name}")


def test_users_of_other_accounts_are_apart_where_an_account_is_asked_for() -> None:
    state = exported(
        *user("site", "123456789012", DEFAULT),
        *user("blog", "210987654321", DEFAULT),
        *user("shop", "210987654321", CUSTOMER),
    )
    found = read_state(state, "123456789012")
    assert [held.user for held in found.users] == ["site"]
    assert found.elsewhere == (
        elsewhere("blog", by_config=True),
        elsewhere("shop", by_config=False),
    )
    assert [held.user for held in read_state(state).users] == ["blog", "shop", "site"]
    assert read_state(state).elsewhere == ()


def test_a_component_s_own_arn_tells_its_account_too() -> None:
    component, _ = user("blog", "210987654321", DEFAULT)
    assert read_state(exported(component), "123456789012").elsewhere == (elsewhere("blog", by_config=False),)


@pytest.mark.parametrize("exports", ["one", "many"])
def test_of_an_adopted_user_the_stack_s_outputs_tell_its_account(exports: str) -> None:
    adopted, made = user("blog", "210987654321", CUSTOMER, existingUser="blog")
    own = {"userName": "blog", "userArn": adopted["outputs"].pop("userArn")}
    key = {
        **made,
        "urn": made["urn"] + "-a",
        "type": tokens.ACCESS_KEY,
        "id": "AKIAXEXAMPLE",
        "outputs": {"user": "blog"},
    }
    outputs = own if exports == "one" else {"users": {"blog": own, "shop": {}}}
    stack = {"urn": f"{STACK}pulumi:pulumi:Stack::sites-prod", "type": "pulumi:pulumi:Stack", "outputs": outputs}

    assert read_state(exported(stack, adopted, key), "123456789012").elsewhere == (elsewhere("blog", by_config=False),)
    assert [held.user for held in read_state(exported(stack, adopted, key), "210987654321").users] == ["blog"]
    ours = user("blog", "123456789012", DEFAULT)
    ours[0]["urn"] += "-of-ours"
    assert read_state(exported(stack, adopted, key, *ours), "123456789012").elsewhere == (), (
        "which of two is not guessed"
    )
    for hidden in ({MARK_OF_A_SECRET: "x"}, None, "[secret]"):
        masked = {**stack, "outputs": {**own, "userArn": hidden} if exports == "one" else {"users": hidden}}
        whole = {**stack, "outputs": hidden if isinstance(hidden, dict) else None}
        assert read_state(exported(whole, adopted, key), "123456789012").elsewhere == ()
        assert read_state(exported(masked, adopted, key), "123456789012").elsewhere == ()


def test_a_user_of_the_program_s_own_in_another_account_hides_no_component() -> None:
    stack = f"{STACK}pulumi:pulumi:Stack::sites-prod"
    component, made = user("site", "123456789012", DEFAULT)
    beside = {**user("blog", "210987654321", CUSTOMER)[1], "urn": f"{STACK}{tokens.USER}::blog", "parent": stack}
    found = read_state(exported({**component, "parent": stack}, made, beside), "123456789012")
    assert found.elsewhere == (elsewhere("blog", by_config=False),)
    (held,) = found.users
    assert (held.user, held.component) == ("site", "site")


def test_the_stack_s_name_and_what_was_interrupted() -> None:
    component, made = user("site", "123456789012", DEFAULT)
    operations = [{"resource": made, "type": "updating"}, {"resource": made}]
    found = read_state(exported(component, pending_operations=operations))
    assert found.stack == "prod"
    assert found.begun == ("updating User 'site'", "changing User 'site'")
    assert read_state({}).stack is None


def test_what_the_calendar_asked_for() -> None:
    given = {"keyGeneration": 2.0, "dueGeneration": 5.0, "rotateEveryDays": 30.0}
    (held,) = user_states(exported(*user("site", "123456789012", DEFAULT, **given)))
    assert (held.generation, held.due, held.every_days) == (2, 5, 30)
    (held,) = user_states(exported(*user("site", "123456789012", DEFAULT, keyGeneration=2.0)))
    assert (held.generation, held.due, held.every_days) == (2, None, None)


def test_the_outputs_of_an_export_are_those_that_pulumi_prints() -> None:
    secret = {tokens.MARK_OF_A_SECRET: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
    outputs = {"users": {"blog": {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": secret, "buckets": [secret, "b"]}}}
    stack = {"urn": f"{STACK}pulumi:pulumi:Stack::sites-prod", "type": "pulumi:pulumi:Stack", "outputs": outputs}
    masked = {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": "[secret]", "buckets": ["[secret]", "b"]}
    assert outputs_in(exported(stack)) == {"users": {"blog": masked}}
    assert outputs_in(exported()) == outputs_in({}) == {}
