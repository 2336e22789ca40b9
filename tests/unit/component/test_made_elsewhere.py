"""Who in a stack's state made a user that a component adopts."""

from typing import Any

import pytest

from s3io_user.component.identity import made_elsewhere

STACK = "urn:pulumi:test::sites::"
COMPONENT = "s3io-user:index:S3IOUser"
USER = "aws:iam/user:User"
TWO = f"{STACK}{COMPONENT}::two"


def urn(name: str, types: str = COMPONENT) -> str:
    return f"{STACK}{types}::{name}"


def state(component: dict[str, Any], user: dict[str, Any], name: str = "one") -> dict[str, Any]:
    return {
        urn(name): {"type": COMPONENT, "outputs": component},
        urn(name, f"{COMPONENT}${USER}"): {"type": USER, "outputs": {"name": "site", "arn": "arn:x", **user}},
    }


@pytest.mark.parametrize(
    ("held", "made"),
    [
        pytest.param(state({"userName": "site"}, {}), ["one"], id="made-or-imported"),
        pytest.param(state({"userName": "Site"}, {"name": "Site"}), ["one"], id="another-case"),
        pytest.param(state({"userName": "site", "existingUser": "site"}, {}), [], id="adopted"),
        pytest.param(state({}, {"forceDestroy": True}), ["one"], id="made-by-an-update-that-failed"),
        pytest.param(state({}, {}), [], id="adopted-by-an-update-that-failed"),
        pytest.param(state({"userName": "other"}, {"name": "other"}), [], id="another-user"),
        pytest.param(state({"userName": "site"}, {}, "two"), [], id="its-own"),
    ],
)
def test_what_a_component_made(held: dict[str, Any], made: list[str]) -> None:
    found = list(made_elsewhere("site", TWO, held))

    assert [each.name for each in found] == made
    assert all(each.by_component and each.urn == urn(each.name) for each in found)


def test_what_the_program_made_itself() -> None:
    by_hand = {urn("u", USER): {"type": USER, "outputs": {"name": "site", "arn": "arn:x", "forceDestroy": False}}}
    (found,) = made_elsewhere("site", TWO, by_hand)

    assert (found.name, found.urn, found.by_component) == ("u", urn("u", USER), False)


def test_what_the_program_only_reads() -> None:
    assert list(made_elsewhere("site", TWO, {urn("u", USER): {"type": USER, "outputs": {"name": "site"}}})) == []
