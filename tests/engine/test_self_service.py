"""What self_service allows, by the key itself on the embedded AWS: it looks after itself, and after no other user."""

import json
from collections.abc import Callable
from typing import Any

from local_aws.server import Aws
from tests.engine.aws_side import keys_of, may
from tests.engine.conftest import Stack
from tests.engine.test_doctor import command, doctor, ids
from tests.images import optimise_first

NewStack = Callable[..., Stack]


def clients(aws: Aws, pair: dict[str, Any]) -> Callable[[str], Any]:
    return lambda service: aws.client(service, pair["accessKeyId"], pair["secretAccessKey"])


def test_a_key_reads_its_own_secret_and_replaces_itself_and_touches_no_other(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    def site(name: str) -> dict[str, Any]:
        full = f"{user_name}-{name}"
        stores = {"secretsManager": {"name": f"sites/{full}"}, "parameterStore": {"path": f"/sites/{full}"}}
        return {"userName": full, "path": "/sites/", "access": "optimizer", "buckets": ["photos"], **stores}

    both = ["read-secret", "rotate-key"]
    stack = new_stack(users={"own": {**site("own"), "selfService": both}, "other": site("other")})
    stack.up()
    users = stack.outputs()["users"]
    own, other = users["own"], users["other"]
    with_key = clients(aws, own)
    iam, secrets, ssm = with_key("iam"), with_key("secretsmanager"), with_key("ssm")

    def read(user: dict[str, Any]) -> list[Any]:
        secret = secrets.get_secret_value(SecretId=user["secretArn"])["SecretString"]
        (name,) = user["parameterNames"]
        parameter = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        return [json.loads(each)["accessKeyId"] for each in (secret, parameter)]

    assert read(own) == [own["accessKeyId"]] * 2
    assert optimise_first(aws, own["accessKeyId"], own["secretAccessKey"]) == 3
    of_other = {"UserName": other["userName"]}
    assert not may(lambda: secrets.get_secret_value(SecretId=other["secretArn"]))
    assert not may(lambda: ssm.get_parameter(Name=other["parameterNames"][0], WithDecryption=True))
    assert not may(lambda: iam.list_access_keys(**of_other))
    assert not may(lambda: iam.create_access_key(**of_other))
    assert not may(lambda: iam.delete_access_key(AccessKeyId=other["accessKeyId"], **of_other))
    assert not may(lambda: iam.update_access_key(AccessKeyId=other["accessKeyId"], Status="Inactive", **of_other))
    assert not may(lambda: clients(aws, other)("iam").list_access_keys(**of_other))

    # verify sees all of it, and leaves every key as it was.
    keys = keys_of(aws, own["userName"])
    verified = command(stack, "verify", "--user", "own", "--format", "json")
    checks = [
        each for each in json.loads(verified.out)["checks"] if each["call"].startswith(("iam:", "ssm:", "secrets"))
    ]
    assert verified.code == 0, verified.text
    assert {(each["call"], each["observed"], each["how"]) for each in checks} == {
        (call, allowed, how)
        for call, how in {
            "secretsmanager:GetSecretValue": "tried",
            "ssm:GetParameter": "tried",
            "iam:ListAccessKeys": "tried",
            **{f"iam:{verb}AccessKey": "simulated" for verb in ("Create", "Delete", "Update")},
        }.items()
        for allowed in (True, False)
    }
    assert own["secretAccessKey"] not in verified.text
    assert keys_of(aws, own["userName"]) == keys

    # The application replaces its own key.
    new = iam.create_access_key(UserName=own["userName"])["AccessKey"]
    replaced = aws.client("iam", new["AccessKeyId"], new["SecretAccessKey"])
    replaced.update_access_key(UserName=own["userName"], AccessKeyId=own["accessKeyId"], Status="Inactive")
    replaced.delete_access_key(UserName=own["userName"], AccessKeyId=own["accessKeyId"])
    assert optimise_first(aws, new["AccessKeyId"], new["SecretAccessKey"]) == 3

    # The stack notices, says what it may mean, and never takes the key that it did not make.
    code, said = doctor(stack, "--user", "own")
    assert (code, ids(said)) == (1, [("key-unknown", new["AccessKeyId"]), ("key-missing", None)])
    assert all("selfService" in finding["remedy"] for finding in said["findings"])
    rotated = command(stack, "rotate", "--user", "own", "--yes")
    assert (rotated.code, "selfService lets the application create keys" in rotated.err) == (1, True), rotated.text
    mine = {**site("own"), "selfService": both, "createAccessKey": False}
    stack.config(users={"own": mine, "other": site("other")})
    stack.up()
    assert keys_of(aws, own["userName"]) == {new["AccessKeyId"]: "Active"}
    assert doctor(stack, "--user", "own")[1]["findings"][0]["key"] == new["AccessKeyId"]
    assert stack.steps() == []
