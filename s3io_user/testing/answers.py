"""The outputs that AWS adds to the component's resources, and the results of its calls, under s3io_user.testing."""

from collections.abc import Callable, Mapping
from typing import Any

from s3io_user import tokens

ACCOUNT = "123456789012"

Answer = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""From a resource's name and its inputs, as the engine spells them, to its further outputs, ``id`` among them."""
Call = Callable[[dict[str, Any]], dict[str, Any]]
"""From a function's arguments to its result."""


def _nothing(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _user(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    named = given.get("name") or f"{name}-1234567"
    arn = f"arn:aws:iam::{ACCOUNT}:user{given.get('path') or '/'}{named}"
    return {"name": named, "arn": arn, "uniqueId": f"AIDA{name.upper()}EXAMPLE"}


def _access_key(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    secret = {"encryptedSecret": f"encrypted-{name}"} if given.get("pgpKey") else {"secret": f"secret-of-{name}"}
    return {"id": f"AKIA{name.upper()}EXAMPLE", **secret}


RESOURCES: dict[str, Answer] = {
    "aws:iam/user:User": _user,
    "aws:iam/accessKey:AccessKey": _access_key,
    "aws:iam/userPolicy:UserPolicy": _nothing,
    "aws:iam/policy:Policy": lambda name, given: {"arn": f"arn:aws:iam::{ACCOUNT}:policy/{given.get('name') or name}"},
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": _nothing,
    "aws:iam/userGroupMembership:UserGroupMembership": _nothing,
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": _nothing,
    "aws:iam/userPoliciesExclusive:UserPoliciesExclusive": _nothing,
    "aws:secretsmanager/secret:Secret": lambda name, given: {
        "arn": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{given['name']}-AbCdEf"
    },
    "aws:secretsmanager/secretVersion:SecretVersion": lambda name, given: {"arn": given["secretId"]},
    "aws:ssm/parameter:Parameter": lambda name, given: {
        "arn": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter{given['name']}"
    },
    tokens.STASH: lambda name, given: {"output": given["input"]},
}

CALLS: dict[str, Call] = {
    "pulumi:pulumi:readStackOutputs": lambda arguments: {"outputs": {}},
    "pulumi:pulumi:readStackResourceOutputs": lambda arguments: {"outputs": {}},
    "aws:iam/getUser:getUser": lambda arguments: {
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{arguments['userName']}",
        "userId": f"AIDA{arguments['userName'].upper()}EXAMPLE",
        **arguments,
    },
    "aws:iam/getAccessKeys:getAccessKeys": lambda arguments: {"accessKeys": [], **arguments},
}
