"""The functions that the component and its tests call: the caller's identity, a user, a user's access keys."""

from collections.abc import Callable

from .aws import Aws, AwsError, from_aws_tags, saying, unless_gone
from .values import Props


def _caller_identity(aws: Aws, arguments: Props) -> Props:
    with saying("reading STS Caller Identity"):
        caller = aws.client("sts").get_caller_identity()
    account = caller["Account"]
    return {"accountId": account, "arn": caller["Arn"], "id": account, "userId": caller["UserId"]}


def _access_keys(aws: Aws, arguments: Props) -> Props:
    doing = f"reading IAM Access Keys ({arguments['user']})"
    found = _found(doing, lambda: aws.iam.list_access_keys(UserName=arguments["user"]))["AccessKeyMetadata"]
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
    doing = f"reading IAM User ({arguments['userName']})"
    user = _found(doing, lambda: aws.iam.get_user(UserName=arguments["userName"]))["User"]
    return {
        "arn": user["Arn"],
        "id": user["UserId"],
        "path": user["Path"],
        "permissionsBoundary": user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        "tags": from_aws_tags(user.get("Tags")),
        "userId": user["UserId"],
        "userName": user["UserName"],
    }


def _found(doing: str, ask: Callable[[], Props]) -> Props:
    with saying(doing), unless_gone():
        return ask()
    raise AwsError(f"{doing}: couldn't find resource")


FUNCTIONS: dict[str, Callable[[Aws, Props], Props]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:iam/getAccessKeys:getAccessKeys": _access_keys,
    "aws:iam/getUser:getUser": _user,
}
