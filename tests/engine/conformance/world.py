"""What the tests of conformance share: settings, samples of each resource, and the resources that these need."""

import json
import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

from local_aws import server
from local_aws.provider.aws import AwsError
from tests.asker import Asker, Props

ACCOUNT = "123456789012"
LIST_BUCKET = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}'
)
INLINE_TEXT = '{"Version":"2012-10-17","Statement":[{"Action":"s3:ListBucket","Effect":"Allow","Resource":"*"}]}'
MANAGED_TEXT = '{"Statement":[{"Action":"s3:ListBucket","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}'
GET_OBJECT = LIST_BUCKET.replace("ListBucket", "GetObject")
SERVICES = ("iam", "s3", "secretsmanager", "ssm", "sts")


def settings(aws: server.Aws, **more: Any) -> Props:
    return {
        "region": aws.region,
        "accessKey": aws.access_key_id,
        "secretKey": aws.secret_access_key,
        "endpoints": json.dumps([dict.fromkeys(SERVICES, aws.endpoint)]),
        **more,
    }


class World:
    """What a resource may need beside it: a user, a group, a managed policy, a secret; each made when first named."""

    def __init__(self, ask: Asker, name: str) -> None:
        self._ask, self._name, self.name = ask, name, f"made-{name}"

    @cached_property
    def user(self) -> str:
        return self._ask.create("User", {"name": f"user-{self._name}", "forceDestroy": True}).id

    @cached_property
    def group(self) -> str:
        return self._ask.create("Group", {"name": f"group-{self._name}"}).id

    @cached_property
    def arn(self) -> str:
        return self._ask.create("Policy", {"name": f"policy-{self._name}", "policy": LIST_BUCKET}).id

    @cached_property
    def secret(self) -> str:
        return self._ask.create("Secret", {"name": f"secret-{self._name}"}).id


Inputs = Callable[[World], Props]
SAMPLES: dict[str, Inputs] = {
    "User": lambda w: {"name": w.name, "path": "/sys/", "tags": {"a": "b"}},
    "AccessKey": lambda w: {"user": w.user},
    "UserPolicy": lambda w: {"user": w.user, "name": w.name, "policy": LIST_BUCKET},
    "Policy": lambda w: {"name": w.name, "policy": LIST_BUCKET, "description": "dd"},
    "UserPolicyAttachment": lambda w: {"user": w.user, "policyArn": w.arn},
    "GroupPolicyAttachment": lambda w: {"group": w.group, "policyArn": w.arn},
    "UserPolicyAttachmentsExclusive": lambda w: {"userName": w.user, "policyArns": [w.arn]},
    "UserPoliciesExclusive": lambda w: {"userName": w.user, "policyNames": []},
    "UserGroupMembership": lambda w: {"user": w.user, "groups": [w.group]},
    "Group": lambda w: {"name": w.name},
    "Secret": lambda w: {"name": w.name},
    "SecretVersion": lambda w: {"secretId": w.secret, "secretString": "x"},
    "Parameter": lambda w: {"name": f"/{w.name}", "type": "SecureString", "value": "v"},
    "Bucket": lambda w: {"bucket": w.name},
}


def without_id(error: AwsError) -> str:
    return re.sub(r"RequestID: [\w-]+", "RequestID: ID", str(error))


def in_words(doing: str, operation: str, status: int, fault: str) -> str:
    about = f"https response error StatusCode: {status}, RequestID: ID"
    return f"{doing}: operation error IAM: {operation}, {about}, {fault}"


def statuses(iam: Any, user: str) -> dict[str, str]:
    keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["Status"] for key in keys}


def may_ask(aws: server.Aws, world: World) -> bool:
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}'
    aws.client("iam").put_user_policy(UserName=world.user, PolicyName="ask", PolicyDocument=document)
    return True
