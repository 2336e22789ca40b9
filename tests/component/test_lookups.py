"""By whom AWS is asked, and which region counts, under mocks."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from s3io_user import S3IOUser, S3IOUserArgs
from s3io_user.testing import Deployment, StrictMocks, deploy

STASH = "pulumi:index:Stash"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The provider that each of its functions is called by, by the function's token."""
    providers: dict[str, str] = {}
    call = StrictMocks.call

    def note(self: StrictMocks, args: Any) -> Any:
        if args.token.startswith("aws:"):
            providers[args.token] = args.provider
        return call(self, args)

    monkeypatch.setattr(StrictMocks, "call", note)
    return providers


def test_an_existing_user_and_its_keys_are_looked_up_by_the_component_s_provider(asked: dict[str, str]) -> None:
    def program() -> S3IOUser:
        customer = aws.Provider("customer", region="eu-west-1")
        return S3IOUser("site", {"existing_user": "old"}, pulumi.ResourceOptions(provider=customer))

    deploy(program)
    assert set(asked) == {"aws:iam/getUser:getUser", "aws:iam/getAccessKeys:getAccessKeys"}
    assert all("pulumi:providers:aws::customer::" in provider for provider in asked.values()), asked


REGIONS = {"aws:region": "eu-west-1", "AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-3"}


@pytest.mark.parametrize("first", range(3))
def test_the_stack_s_region_counts_before_the_environment_s(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given = dict(list(REGIONS.items())[first:])
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
        if name in given:
            monkeypatch.setenv(name, given[name])
    config = {name: value for name, value in given.items() if name == "aws:region"}
    made = deploy(lambda: S3IOUser("site", {}), config=config)
    assert made.outputs["credentials"].value["region"] == next(iter(given.values()))


class Blog(pulumi.ComponentResource):
    """A parent of another type, below which a user may be called like one beside it."""

    def __init__(self, args: S3IOUserArgs) -> None:
        super().__init__("example:index:Blog", "blog")
        S3IOUser("site", args, pulumi.ResourceOptions(parent=self))


def test_a_second_component_of_the_same_name_has_hooks_of_its_own() -> None:
    def program() -> None:
        S3IOUser("site", {"user_name": "site", "wait_until_usable": True})
        Blog({"user_name": "blog", "wait_until_usable": True})

    made: Deployment = deploy(program)
    hooks = [list(proof.request.hooks.before_create) for proof in made.of(STASH)]
    assert sorted(hooks) == [["waitUntilUsable of site"], ["waitUntilUsable of site (2)"]]
