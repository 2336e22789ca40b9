"""The same programs in each language, on the real engine: what one SDK can, each must."""

import json
from collections.abc import Callable, Mapping

import pytest

from local_aws.sandbox import PROJECT
from local_aws.server import Aws
from tests.engine.aws_side import inline, keys_of
from tests.engine.conftest import CUSTOMER
from tests.languages.consumers import CONSUMERS, Consumer

Compiled = Callable[[str], Consumer]
Environment = Mapping[str, str]

pytestmark = pytest.mark.languages


@pytest.fixture(scope="module", params=CONSUMERS)
def consumer(request: pytest.FixtureRequest, compiled: Compiled) -> Consumer:
    """Each language's, one after the other."""
    return compiled(request.param)


def test_every_type_of_input_arrives_and_every_output_comes_back(
    consumer: Consumer, environment: Environment, aws: Aws
) -> None:
    language = consumer.language
    done = consumer.deploy("sites", environment)
    outputs = {name: output["value"] for name, output in done["outputs"].items()}
    user = aws.client("iam").get_user(UserName=outputs["userName"])["User"]
    caller = aws.client("sts", outputs["accessKeyId"], outputs["secretAccessKey"]).get_caller_identity()
    document = json.loads(outputs["policyDocument"])

    assert {name for name, output in done["outputs"].items() if output["secret"]} == {"secretAccessKey", "credentials"}
    assert outputs["credentials"]["secretAccessKey"] == outputs["secretAccessKey"]
    assert caller["Arn"] == user["Arn"]
    assert (user["Path"], user["Tags"]) == (f"/{language}/", [{"Key": "site", "Value": "example"}])
    keys = {outputs["accessKeyId"]: "Active", outputs["previousAccessKeyId"]: "Inactive"}
    assert keys_of(aws, outputs["userName"]) == keys
    assert "arn:aws:s3:::my-photos/wp-content/uploads/*" in outputs["policyDocument"]
    assert "s3:DeleteObject" in outputs["policyDocument"]
    assert "arn:aws:s3:::my-photos/shared/*" in [statement["Resource"] for statement in document["Statement"]]
    assert f":secret:sites/{language}-" in outputs["secretArn"]
    assert outputs["reader"] == f"{outputs['userName']}-reader"
    assert {name.rpartition("/")[0] for name in outputs["parameterNames"]} == {f"/sites/{language}"}
    assert "ssm:GetParameter" in json.dumps(inline(aws, outputs["reader"]))
    assert set(done["next"]) == {"same"}, "and the next update changes nothing"


def test_an_invalid_input_is_a_sentence_for_each_property(consumer: Consumer, environment: Environment) -> None:
    error = consumer.deploy("invalid", environment)["error"]

    assert 'userName with value "bad name" has a problem: a user name must be 1 to 64 of' in error
    assert 'secretsManager.name with value "a b" has a problem: must be 1 to 512 letters' in error
    # In Python Pulumi's own SDK prints its traceback; none is of ours.
    assert str(PROJECT / "s3io_user") not in error
    assert str(PROJECT / "plugin") not in error


@pytest.mark.parametrize("language", ["python", "typescript"])
def test_each_of_two_providers_creates_the_user_in_its_account(
    language: str, compiled: Compiled, environment: Environment, aws: Aws
) -> None:
    admin = {"access_key_id": aws.access_key_id, "secret_access_key": aws.secret_access_key}
    keys = {
        name: {"region": "us-east-1", "accessKey": key["access_key_id"], "secretKey": key["secret_access_key"]}
        for name, key in (("ours", admin), ("theirs", aws.others[CUSTOMER]))
    }
    done = compiled(language).deploy("accounts", {**environment, "KEYS": json.dumps(keys)})

    accounts = {name: output["value"].split(":")[4] for name, output in done["outputs"].items()}
    assert accounts == {"ours": "123456789012", "theirs": CUSTOMER}
    assert set(done["next"]) == {"same"}, "and the next update changes nothing"


def test_the_typescript_of_the_page_works_as_it_stands(compiled: Compiled, environment: Environment, aws: Aws) -> None:
    outputs = compiled("typescript").deploy("page", environment)["outputs"]

    assert {name: output["secret"] for name, output in outputs.items()} == {
        "accessKeyId": False,
        "secretAccessKey": True,
    }
    key = (output["value"] for output in outputs.values())
    assert aws.client("sts", *key).get_caller_identity()
