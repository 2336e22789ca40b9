"""Secrets given as inputs: quoted by no error, and secrets still in the state and the outputs."""

import json
from typing import Any

import pulumi
import pytest
from pulumi.runtime import set_all_config

from s3io_user import InputError, S3IOUser, s3_policy_document
from s3io_user.inputs.config import read_setup
from s3io_user.testing import Deployment, deploy
from tests.component.test_rights import INLINE, MANAGED, USER, many_buckets

CANARY = "canary"
KMS = f"arn:aws-cn:kms:cn-north-1:123456789012:key/{CANARY}"


def own_policy(**more: Any) -> str:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement, statement]})


BAD: dict[str, dict[str, Any]] = {
    "user-name": {"user_name": f"{CANARY}/x"},
    "long-user-name": {"user_name": f"{CANARY}{'x' * 100}"},
    "path": {"path": f"/{CANARY}"},
    "tag-key": {"tags": {f"aws:{CANARY}": "x"}},
    "tag-characters": {"tags": {f"{CANARY}!": "x"}},
    "tag-quoted": {"tags": {f"x'{CANARY} (got {CANARY}'s !": "x"}},
    "tag-value": {"tags": {CANARY: 5.5}},
    "tag-long": {"tags": {CANARY: "x" * 300}},
    "boundary": {"permissions_boundary": f"arn:aws:iam::aws:{CANARY}"},
    "group": {"groups": [f"{CANARY}/x"]},
    "bucket": {"buckets": [f"{CANARY}/*/x"]},
    "bucket-name": {"buckets": [f"s3://{CANARY}!/x"]},
    "bucket-partition": {"buckets": [f"arn:aws-cn:s3:::{CANARY}"]},
    "kms": {"kms_key_arns": [f"alias/{CANARY}"]},
    "kms-partition": {"kms_key_arns": [KMS]},
    "ip": {"source_ips": [CANARY]},
    "endpoint": {"source_vpc_endpoints": [CANARY]},
    "policy-text": {"policy": f'{{"{CANARY}": "}}'},
    "policy-key": {"policy": json.dumps({"Version": "2012-10-17", "Statement": [], CANARY: 1})},
    "policy-key-twice": {"policy": f'{{"{CANARY}": 1, "{CANARY}": 2}}'},
    "policy-version": {"policy": json.dumps({"Version": CANARY})},
    "policy-character": {"policy": '{"Version": "\u0430"}'},
    "statement-key": {"policy": own_policy(**{CANARY: 1})},
    "sid": {"policy": own_policy(Sid=f"{CANARY}-")},
    "sid-twice": {"policy": own_policy(Sid=CANARY)},
    "effect": {"policy": own_policy(Effect=CANARY)},
    "action": {"policy": own_policy(Action=CANARY)},
    "resource": {"policy": own_policy(Resource=CANARY)},
    "extra-text": {"extra_statements": f'{{"{CANARY}": "}}'},
    "extra-number": {"extra_statements": json.dumps([CANARY])},
    "extra-sid": {"extra_statements": own_policy(Sid=CANARY)},
    "extra-action": {"extra_statements": own_policy(Action=CANARY)},
    "policy-name": {"policy_name": f"{CANARY} x"},
    "secret-name": {"secrets_manager": {"name": f"{CANARY} x"}},
    "parameter": {"parameter_store": {"path": CANARY}},
}
AS_ITEMS = ("buckets", "kms_key_arns", "source_ips", "source_vpc_endpoints", "groups")


def as_secret(name: str, value: Any) -> Any:
    if name in AS_ITEMS:
        return [pulumi.Output.secret(item) for item in value]
    if name in ("secrets_manager", "parameter_store"):
        return {part: pulumi.Output.secret(held) for part, held in value.items()}
    return pulumi.Output.secret(value)


def in_config(values: dict[str, Any]) -> dict[str, str]:
    """Python inputs as lines of stack config."""
    from s3io_user.wording import camel_case

    return {
        f"s3io-user:{camel_case(name)}": value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }


def configured(values: dict[str, Any], **more: Any) -> Deployment:
    """The root program, on config in which all values are secrets."""
    lines = in_config(values)

    def program() -> S3IOUser:
        set_all_config({"aws:region": "eu-west-1", **lines}, list(lines))
        ((name, args),) = read_setup().users.items()
        return S3IOUser(name, args)

    return deploy(program, config={"aws:region": "eu-west-1"}, **more)


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_no_error_quotes_a_secret(bad: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    def program() -> S3IOUser:
        hidden: Any = {name: as_secret(name, value) for name, value in bad.items()}
        return S3IOUser("site", hidden)

    with pytest.raises(InputError) as raised:
        deploy(program, config={"aws:region": "eu-west-1"})
    with pytest.raises(InputError) as plain:
        deploy(lambda: S3IOUser("site", bad), config={"aws:region": "eu-west-1"})  # type: ignore[arg-type]
    shown = f"{raised.value} {raised.value.__cause__} {''.join(capfd.readouterr())}"

    (name, reason), (plain_name, _) = raised.value.faults[0], plain.value.faults[0]
    assert name == plain_name
    assert CANARY not in f"{raised.value.faults}{shown}"
    assert "\\u0430" not in str(raised.value)
    assert len(reason) > 15  # it still says what must hold


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_no_error_of_config_quotes_a_secret(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError) as raised:
        configured(bad)

    assert CANARY not in str(raised.value)


GOOD: dict[str, Any] = {
    "policy": own_policy(Resource=f"arn:aws:s3:::{CANARY}"),
    "tags": {"site": CANARY},
    "permissions_boundary": f"arn:aws:iam::123456789012:policy/{CANARY}",
    "groups": [CANARY],
}


def test_what_config_holds_as_a_secret_stays_one_in_the_state_and_the_outputs() -> None:
    made = configured(GOOD)

    assert made.outputs["policy_document"].secret
    assert made.one(INLINE).secrets == {"policy"}
    assert made.one(USER).secrets == {"tags", "permissionsBoundary"}
    for resource in made.resources:
        told = {name: value for name, value in resource.inputs.items() if name not in resource.secrets}
        assert CANARY not in json.dumps(told), resource.type


def test_a_preset_on_secret_buckets_is_a_secret_too() -> None:
    made = configured({"access": "optimizer", "buckets": [CANARY], "source_ips": ["198.51.100.7"]})

    assert made.outputs["policy_document"].secret
    assert json.loads(str(made.outputs["policy_document"].value)) == s3_policy_document(
        [CANARY], access="optimizer", source_ips=["198.51.100.7"]
    )


def test_a_preset_with_a_secret_statement_is_a_secret_too() -> None:
    made = configured({"access": "optimizer", "buckets": ["photos"], "extra_statements": own_policy(Resource="*")})

    assert made.one(INLINE).secrets == {"policy"}
    assert json.loads(str(made.outputs["policy_document"].value)) == s3_policy_document(
        ["photos"], access="optimizer", extra_statements=own_policy(Resource="*")
    )


@pytest.mark.parametrize(("buckets", "inline", "managed"), [(3, 1, 0), (60, 0, 2)])
def test_a_secret_document_goes_into_as_many_policies_as_a_plain_one(buckets: int, inline: int, managed: int) -> None:
    document = json.dumps(s3_policy_document(many_buckets(buckets), access="optimizer"))
    for values in ({"policy": document}, {"access": "optimizer", "buckets": many_buckets(buckets)}):
        made = configured(values)
        assert (len(made.of(INLINE)), len(made.of(MANAGED))) == (inline, managed)
        assert all(policy.secrets == {"policy"} for policy in made.of(INLINE) + made.of(MANAGED))


def test_with_a_secret_among_users_all_that_can_be_is_one() -> None:
    def program() -> None:
        users = {"blog": {"buckets": [CANARY], "userName": "blog", "access": "optimizer"}}
        lines = {"s3io-user:users": json.dumps(users), "aws:region": "eu-west-1"}
        set_all_config(lines, ["s3io-user:users"])
        for name, args in read_setup().users.items():
            S3IOUser(name, args)

    made = deploy(program)
    assert made.one(INLINE).secrets == {"policy"}
    assert made.one(USER).secrets == frozenset()


def test_what_can_be_no_secret_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda sentence, *_: said.append(sentence))
    configured({"user_name": "site", "policy": own_policy()})

    assert said == [
        "s3io-user:userName: set as a secret, but the state and the outputs show it: set it without --secret"
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("buckets", "photos, media", id="buckets-as-text"),
        pytest.param("policy", json.dumps(s3_policy_document(["photos", "media"], access="optimizer")), id="policy"),
        pytest.param("users", {"blog": {"buckets": "photos,media"}}, id="buckets-of-a-user-as-text"),
        pytest.param("users", {"blog": {"policy": s3_policy_document(["photos", "media"])}}, id="policy-as-a-map"),
    ],
)
def test_a_secret_may_be_written_in_every_way_that_a_plain_value_may(key: str, value: object) -> None:
    def program() -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        set_all_config({f"s3io-user:{key}": text, "aws:region": "eu-west-1"}, [f"s3io-user:{key}"])
        for name, args in read_setup().users.items():
            S3IOUser(name, args)

    policy = deploy(program).one(INLINE)
    assert policy.secrets == {"policy"}
    assert "arn:aws:s3:::media/*" in policy.inputs["policy"]
    assert "arn:aws:s3:::photos/*" in policy.inputs["policy"]
