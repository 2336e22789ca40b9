"""The functions, and the settings of a provider."""

import json
from unittest.mock import ANY

import pytest

from local_aws import server
from local_aws.provider.aws import AwsError
from tests.asker import Asker
from tests.engine.conformance.world import ACCOUNT, World, may_ask, settings


class TestLookUps:
    def test_the_caller(self, ask: Asker) -> None:
        arn = f"arn:aws:iam::{ACCOUNT}:user/admin"
        found = ask.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
        assert found == {"accountId": ACCOUNT, "arn": arn, "id": ACCOUNT, "userId": ANY}

    def test_a_user(self, ask: Asker, name: str) -> None:
        made = ask.create("User", {"name": name, "tags": {"a": "b"}}).outputs
        assert ask.invoke("aws:iam/getUser:getUser", {"userName": name}) == {
            "arn": made["arn"],
            "id": made["uniqueId"],
            "path": "/",
            "permissionsBoundary": "",
            "tags": {"a": "b"},
            "userId": made["uniqueId"],
            "userName": name,
        }

    def test_of_what_is_not_there(self, ask: Asker) -> None:
        with pytest.raises(AwsError, match=r"^reading IAM User \(nobody\): couldn't find resource$"):
            ask.invoke("aws:iam/getUser:getUser", {"userName": "nobody"})
        with pytest.raises(AwsError, match=r"^reading IAM Access Keys \(nobody\): couldn't find resource$"):
            ask.invoke("aws:iam/getAccessKeys:getAccessKeys", {"user": "nobody"})


def test_a_provider_speaks_with_the_key_it_was_given(aws: server.Aws, ask: Asker, world: World) -> None:
    key = ask.create("AccessKey", {"user": world.user})
    other = Asker(settings(aws, accessKey=key.id, secretKey=key.outputs["secret"]))
    with pytest.raises(AwsError, match=r"AccessDenied.*CreateUser") as caught:
        other.create("User", {"name": world.name})
    assert key.outputs["secret"] not in str(caught.value)
    who = other.invoke("aws:index/getCallerIdentity:getCallerIdentity", {}) if may_ask(aws, world) else {}
    assert who["arn"].endswith(f"user/{world.user}")


def test_an_endpoint_that_is_down_is_said_in_one_sentence(aws: server.Aws) -> None:
    nowhere = json.dumps([{"iam": "http://127.0.0.1:1"}])
    with pytest.raises(AwsError, match=r"^creating IAM User \(x\): .*http://127\.0\.0\.1:1"):
        Asker(settings(aws, endpoints=nowhere, maxRetries="1")).create("User", {"name": "x"})
