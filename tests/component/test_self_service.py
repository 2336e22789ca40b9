"""What self_service makes, under mocks: a policy of its own with the user's, the secret's and the parameter's ARN."""

import asyncio
import json
from typing import Any

import pulumi
import pytest

from s3io_user import InputError, S3IOUser, SelfService
from s3io_user.component import user as component
from s3io_user.iam.user_policies import Permissions
from s3io_user.inputs.checks import resolve
from s3io_user.inputs.self_service import largest_size
from s3io_user.policy.packing import INLINE_LIMIT
from s3io_user.policy.self_service import self_service_document
from s3io_user.testing import Deployment, deploy
from tests.good_inputs import KEY

INLINE = "aws:iam/userPolicy:UserPolicy"
NAME = "site-self-service"
USER = "arn:aws:iam::123456789012:user/sites/site-a"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:site/key-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/site/credentials"
STORES: dict[str, Any] = {"secrets_manager": {"name": "site/key"}, "parameter_store": {"path": "/site"}}


def make(args: dict[str, Any], **more: Any) -> Deployment:
    given = {"user_name": "site-a", "path": "/sites/", **args}
    return deploy(lambda: S3IOUser("site", given), config={"aws:region": "us-east-1"}, **more)  # type: ignore[arg-type]


def allowed(made: Deployment) -> dict[str, list[str]]:
    """By the first action of each statement, the resources."""
    policy = made.one(INLINE, NAME)
    return {each["Action"][0]: each["Resource"] for each in json.loads(policy.inputs["policy"])["Statement"]}


@pytest.mark.parametrize(
    "access", [{}, {"access": "none"}, {"access": "full"}, {"copy_permissions_from": None}, {"policy_type": "managed"}]
)
def test_it_has_a_policy_of_its_own_whatever_else_the_user_may_do(access: dict[str, Any]) -> None:
    both = make({**access, **STORES, "self_service": ["read-secret", SelfService.ROTATE_KEY]})
    without = make({**access, **STORES})

    assert allowed(both) == {
        "secretsmanager:GetSecretValue": [SECRET],
        "ssm:GetParameter": [PARAMETER],
        "iam:CreateAccessKey": [USER],
    }
    assert both.outputs["policy_document"] == without.outputs["policy_document"]
    assert {(m.type, m.name) for m in both.resources} - {(m.type, m.name) for m in without.resources} == {
        (INLINE, NAME)
    }
    # Pulumi chooses the name, so that no policy of the user's is overwritten.
    assert both.one(INLINE, NAME).inputs.get("name") is None


def test_each_right_comes_by_itself() -> None:
    assert list(allowed(make({"self_service": ["rotate-key"]}))) == ["iam:CreateAccessKey"]
    assert list(allowed(make({**STORES, "self_service": ["read-secret"]}))) == [
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
    ]
    assert make({**STORES, "self_service": []}).of(INLINE) == make(STORES).of(INLINE)


def test_without_a_key_there_is_no_parameter_to_read() -> None:
    none = {"create_access_key": False, "self_service": ["read-secret"]}

    assert list(allowed(make({**none, **STORES}))) == ["secretsmanager:GetSecretValue"]
    assert [m.name for m in make({**none, "parameter_store": {"path": "/site"}}).of(INLINE)] == ["site"]


def test_an_existing_user_rotates_its_own_key() -> None:
    made = deploy(lambda: S3IOUser("site", {"existing_user": "old", "self_service": ["rotate-key"]}))

    assert allowed(made) == {"iam:CreateAccessKey": ["arn:aws:iam::123456789012:user/old"]}


def test_the_stores_own_key_is_used_for_them_alone() -> None:
    def site() -> None:
        stored = {"name": "site/key", "kms_key_id": pulumi.Output.from_input(KEY)}
        S3IOUser("site", {"secrets_manager": stored, "self_service": ["read-secret"]})  # type: ignore[typeddict-item]

    made = deploy(site, config={"aws:region": "us-east-1"})

    assert allowed(made)["kms:Decrypt"] == [KEY]


def test_exclusive_leaves_it_there() -> None:
    made = make({"self_service": ["rotate-key"], "exclusive": True})
    kept = made.one("aws:iam/userPoliciesExclusive:UserPoliciesExclusive")

    assert len(kept.inputs["policyNames"]) == len(made.of(INLINE)) == 2
    assert made.one(INLINE, NAME).urn in kept.request.dependencies


def test_the_users_own_policy_makes_room_for_it() -> None:
    tight = {"access": "optimizer", "buckets": [f"bucket-{number}".ljust(63, "x") for number in range(11)]}
    alone, beside = make(tight), make({**tight, "self_service": ["rotate-key"]})

    assert [m.name for m in alone.of(INLINE)] == ["site"]
    assert [m.name for m in beside.of(INLINE)] == [NAME]
    assert len(beside.of("aws:iam/policy:Policy")) == 1


LONG: dict[str, Any] = {
    "secrets_manager": {"name": "s" * 512, "kms_key_id": "alias/" + "k" * 250},
    "parameter_store": {"path": "/" + "p" * 890},
}


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"self_service": ["rotate"]}, r"self_service: must be one of read-secret, rotate-key \(got 'rotate'\)"),
        ({"self_service": [1]}, r"self_service: must be one of read-secret, rotate-key \(got 1\)"),
        ({"self_service": ["read-secret"]}, "self_service: 'read-secret' needs secrets_manager or parameter_store"),
        (
            {"self_service": ["rotate-key"], "rotate_every_days": 30, "rotate_from": "2026-01-01"},
            "self_service: 'rotate-key' can't be combined with rotate_every_days",
        ),
        ({"self_service": [pulumi.Output.from_input("rotate-key")]}, "self_service: must be a plain value"),
        (
            {"self_service": ["read-secret"], **LONG},
            r"self_service: makes an inline policy of up to \d,\d+ characters; 2,",
        ),
    ],
    ids=["unknown", "number", "nothing-stored", "calendar", "late", "too-long"],
)
def test_what_can_not_be_is_said_before_anything_is_made(args: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        make(args)


@pytest.mark.parametrize("name", [None, "site-a", "x" * 64])
@pytest.mark.parametrize("key", [None, KEY, "alias/photos"])
def test_the_plan_has_room_for_what_is_made(name: str | None, key: str | None) -> None:
    stores = {"secrets_manager": {"name": "site/key"}, "parameter_store": {"path": "/site"}}
    keyed = {store: {**parts, "kms_key_id": key} if key else parts for store, parts in stores.items()}
    args: dict[str, Any] = {**keyed, "user_name": name, "self_service": ["read-secret", "rotate-key"]}
    planned = largest_size(resolve(args))

    async def known_late() -> int:  # an Output needs a running loop
        late = {
            store: {part: pulumi.Output.from_input(value) for part, value in each.items()}
            for store, each in keyed.items()
        }
        return largest_size(resolve({**args, **late}))

    assert len(make(args).one(INLINE, NAME).inputs["policy"]) <= planned < INLINE_LIMIT
    assert planned < asyncio.run(known_late())


def test_who_copies_a_key_of_its_own_is_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    document = self_service_document([], "arn:aws:iam::123456789012:user/old")
    copied = Permissions(inline={"old-self-service-1a2b3c4": document})
    monkeypatch.setattr(component, "read_permissions", lambda *_: copied)
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda line, *_: warned.append(line))
    make({"copy_permissions_from": "old"})

    (said,) = warned
    assert said.startswith("copied from the user 'old': old-self-service-1a2b3c4: this user may then read or replace")
