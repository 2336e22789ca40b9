"""What the program promises, under mocks: no engine, no account. docs/testing.md has more."""

import json
import runpy
from collections.abc import Mapping
from typing import Any

import pytest

from s3io_user.testing import Deployment, deploy


def bucket(name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the cloud adds to a bucket's inputs."""
    return {"id": f"{name}-1", "bucket": f"{name}-1"}


# The resources of this program that are not the component's.
CLOUD = {"aws:s3/bucket:Bucket": bucket}


@pytest.fixture(params=["blog", "shop"])
def made(request: pytest.FixtureRequest) -> Deployment:
    config = {"testing-your-program:site": request.param}
    return deploy(lambda: runpy.run_path("__main__.py"), project="testing-your-program", config=config, resources=CLOUD)


def test_the_key_opens_the_site_s_bucket_alone(made: Deployment) -> None:
    (bucket,) = made.of("aws:s3/bucket:Bucket")
    document = json.loads(made.one("aws:iam/userPolicy:UserPolicy").inputs["policy"])

    resources = {resource for statement in document["Statement"] for resource in statement["Resource"]}
    assert resources == {f"arn:aws:s3:::{bucket.name}-1", f"arn:aws:s3:::{bucket.name}-1/*"}


def test_the_secret_is_a_secret_wherever_it_goes(made: Deployment) -> None:
    assert made.one("aws:ssm/parameter:Parameter").secrets == {"value"}
    assert [name for name, output in made.exports.items() if output.secret] == ["secretAccessKey"]
