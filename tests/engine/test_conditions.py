"""Conditions and inactive keys on the embedded AWS: the key of each user of one stack is tried."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.server import Aws
from tests.engine.aws_side import may
from tests.engine.conftest import Stack

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
IMAGE = "wp-content/uploads/2026/10/logo.png"

# What each may do from here, where a request comes from 127.0.0.1 and over http: read, write.
USERS: dict[str, tuple[dict[str, Any], list[bool]]] = {
    "plain": ({}, [True, True]),
    "from-elsewhere": ({"sourceIps": ["198.51.100.0/24"]}, [False, False]),
    "from-elsewhere-with-more": ({"sourceIps": ["198.51.100.0/24"], "policyArns": [FULL]}, [False, False]),
    "tls": ({"tlsOnly": True}, [False, False]),
    "endpoint": ({"sourceVpcEndpoints": ["vpce-0123456789abcdef0"]}, [False, False]),
    "own-account": ({"sameAccountOnly": True}, [True, True]),
    "bounded": ({"permissionsBoundary": READ_ONLY}, [True, False]),
}


def test_conditions_and_boundaries_hold(new_stack: Callable[..., Stack], aws: Aws, user_name: str) -> None:
    rights = {"access": "optimizer", "buckets": ["photos"]}
    users = {name: {**rights, "userName": f"{user_name}-{name}", **more} for name, (more, _) in USERS.items()}
    stack = new_stack(users=users)
    stack.up()
    seen = {}
    for name, user in stack.outputs()["users"].items():
        s3 = aws.client("s3", user["accessKeyId"], user["secretAccessKey"])
        seen[name] = [
            may(lambda s3=s3: s3.get_object(Bucket="photos", Key=IMAGE)),
            may(lambda s3=s3: s3.put_object(Bucket="photos", Key=f"{user_name}.jpg", Body=b"x")),
        ]
    assert seen == {name: expected for name, (_, expected) in USERS.items()}
    assert stack.steps() == []

    # A boundary that is taken away no longer holds, and one that is set later does.
    del users["bounded"]["permissionsBoundary"]
    users["plain"]["permissionsBoundary"] = READ_ONLY
    stack.config(users=users)
    stack.up()
    for name, allowed in (("bounded", True), ("plain", False)):
        user = stack.outputs()["users"][name]
        s3 = aws.client("s3", user["accessKeyId"], user["secretAccessKey"])
        assert may(lambda s3=s3: s3.put_object(Bucket="photos", Key=f"{user_name}.jpg", Body=b"x")) is allowed, name
    aws.client("s3").delete_object(Bucket="photos", Key=f"{user_name}.jpg")


def test_a_key_that_is_switched_off_is_refused(new_stack: Callable[..., Stack], aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name, access="optimizer", buckets=["photos"])
    for status, code in (("Active", None), ("Inactive", "InvalidClientTokenId"), ("Active", None)):
        stack.config(userName=user_name, access="optimizer", buckets=["photos"], keyStatus=status)
        stack.up()
        outputs = stack.outputs()
        sts = aws.client("sts", outputs["accessKeyId"], outputs["secretAccessKey"])
        if code is None:
            assert sts.get_caller_identity()["Arn"] == outputs["userArn"]
            continue
        with pytest.raises(ClientError) as refused:
            sts.get_caller_identity()
        assert refused.value.response["Error"]["Code"] == code
        s3 = aws.client("s3", outputs["accessKeyId"], outputs["secretAccessKey"])
        with pytest.raises(ClientError, match="InvalidAccessKeyId"):
            s3.list_objects(Bucket="photos")
