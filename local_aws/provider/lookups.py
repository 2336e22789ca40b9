"""The functions that a program may invoke: the partition, the region, the caller, a user, a group, a policy."""

from collections.abc import Callable
from typing import Any

from .aws import Aws, AwsError, from_aws_tags, pages, saying
from .documents import go_json
from .policies import fetch_policy
from .policy_document import policy_document
from .values import Props


def _partition(aws: Aws, arguments: Props) -> Props:
    reversed_suffix = ".".join(reversed(aws.dns_suffix.split(".")))
    return {
        "dnsSuffix": aws.dns_suffix,
        "id": aws.partition,
        "partition": aws.partition,
        "reverseDnsPrefix": reversed_suffix,
    }


def _region(aws: Aws, arguments: Props) -> Props:
    region = arguments.get("region") or arguments.get("name") or aws.region
    return {
        "description": _description(region),
        "endpoint": f"ec2.{region}.{aws.dns_suffix}",
        "id": region,
        "name": region,
        "region": region,
    }


def _description(region: str) -> str:
    from botocore.loaders import create_loader

    partitions = create_loader().load_data("partitions")["partitions"]
    known = {name: about for one in partitions for name, about in one["regions"].items()}
    if region not in known:
        raise AwsError(f"no matching EC2 Region found: {region}")
    return str(known[region]["description"])


def _caller_identity(aws: Aws, arguments: Props) -> Props:
    with saying("reading STS Caller Identity"):
        caller = aws.client("sts").get_caller_identity()
    account = caller["Account"]
    return {"accountId": account, "arn": caller["Arn"], "id": account, "userId": caller["UserId"]}


def _access_keys(aws: Aws, arguments: Props) -> Props:
    with saying("reading IAM Access Keys"):
        found = aws.iam.list_access_keys(UserName=arguments["user"])["AccessKeyMetadata"]
    keys = [
        {
            "accessKeyId": key["AccessKeyId"],
            "createDate": f"{key['CreateDate']:%Y-%m-%dT%H:%M:%SZ}",
            "status": key["Status"],
        }
        for key in found
    ]
    return {"accessKeys": keys, "id": arguments["user"], "user": arguments["user"]}


def _user(aws: Aws, arguments: Props) -> Props:
    with saying("getting user"):
        user = aws.iam.get_user(UserName=arguments["userName"])["User"]
    return {
        "arn": user["Arn"],
        "id": user["UserId"],
        "path": user["Path"],
        "permissionsBoundary": user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        "tags": from_aws_tags(user.get("Tags")),
        "userId": user["UserId"],
        "userName": user["UserName"],
    }


def _group(aws: Aws, arguments: Props) -> Props:
    name = arguments["groupName"]
    with saying("getting group"):
        found = list(aws.iam.get_paginator("get_group").paginate(GroupName=name))
    group = found[0]["Group"]
    return {
        "arn": group["Arn"],
        "groupId": group["GroupId"],
        "groupName": group["GroupName"],
        "id": group["GroupId"],
        "path": group["Path"],
        "users": [_member(user) for page in found for user in page["Users"]],
    }


def _member(user: Any) -> Props:
    return {"arn": user["Arn"], "path": user["Path"], "userId": user["UserId"], "userName": user["UserName"]}


def _policy(aws: Aws, arguments: Props) -> Props:
    arn = arguments.get("arn") or _policy_arn(aws, arguments)
    with saying(f"reading IAM Policy ({arn})"):
        policy, document = fetch_policy(aws, arn)
    return {
        "arn": policy["Arn"],
        "attachmentCount": policy["AttachmentCount"],
        "description": policy.get("Description", ""),
        "id": policy["Arn"],
        "name": policy["PolicyName"],
        "path": policy["Path"],
        "policy": document if isinstance(document, str) else go_json(document, sort_keys=False),
        "policyId": policy["PolicyId"],
        "tags": from_aws_tags(policy.get("Tags")),
    }


def _policy_arn(aws: Aws, arguments: Props) -> str:
    wanted, under = arguments.get("name"), arguments.get("pathPrefix") or "/"
    with saying("listing IAM Policies"):
        found = [
            policy["Arn"]
            for policy in pages(aws.iam, "list_policies", "Policies", PathPrefix=under)
            if wanted in (None, policy["PolicyName"])
        ]
    if len(found) == 1:
        return str(found[0])
    raise AwsError(
        "no matching IAM Policy found" if not found else "multiple IAM Policies matched; use a name or an ARN"
    )


FUNCTIONS: dict[str, Callable[[Aws, Props], Props]] = {
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:iam/getAccessKeys:getAccessKeys": _access_keys,
    "aws:iam/getUser:getUser": _user,
    "aws:iam/getGroup:getGroup": _group,
    "aws:iam/getPolicy:getPolicy": _policy,
    "aws:iam/getPolicyDocument:getPolicyDocument": policy_document,
}
