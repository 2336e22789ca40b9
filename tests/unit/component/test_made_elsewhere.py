"""Who in a stack's state made a user that a component adopts."""

from typing import Any

import pytest

from s3io_user.component.identity import component_of, made_elsewhere

STACK = "urn:pulumi:test::sites::"
COMPONENT = "s3io-user:index:S3IOUser"
USER = "aws:iam/user:User"
BUCKET = "aws:s3/bucket:Bucket"
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


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(
            {urn("b", BUCKET): {"type": BUCKET, "outputs": {"name": "site", "forceDestroy": True}}}, id="bucket"
        ),
        pytest.param({urn("u", USER): {"type": USER}}, id="a-creation-that-failed"),
        pytest.param({urn("u", USER): {"type": USER, "outputs": {"forceDestroy": True}}}, id="no-name"),
    ],
)
def test_what_is_no_user_of_that_name(held: dict[str, Any]) -> None:
    assert list(made_elsewhere("site", TWO, held)) == []


@pytest.mark.parametrize("name", ["one", "my::site"])
def test_the_component_of_a_child(name: str) -> None:
    assert component_of(urn(name, f"{COMPONENT}${USER}")) == urn(name)
