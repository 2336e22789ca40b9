"""Who the caller is in AWS, and what of a policy it may not do. Errors are AwsError."""

import re
from functools import partial

from s3io_user.aws.connection import Connection, reworded
from s3io_user.deployer import policy as deployer
from s3io_user.policy.document import Document


def identity(access: Connection) -> str:
    """The ARN of the caller."""
    sts = access.client("sts")

    def read() -> str:
        arn = str(sts.get_caller_identity()["Arn"])
        if not re.fullmatch(r"arn:[a-z-]+:(iam|sts)::\d{12}:[!-~]{1,600}", arn):
            raise ValueError
        return arn

    return reworded("see who you are", read)


def denied(access: Connection, you: str, document: Document) -> list[str]:
    """The actions of a deployer's policy that AWS does not allow to the caller. Raises AwsError."""
    principal = _principal(access, you)
    if principal is None:
        return []
    iam = access.client("iam")
    refused: set[str] = set()
    for actions, resources, context in deployer.questions(document):
        entries = [
            {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": values[:1]}
            for key, values in context.items()
        ]
        simulate = partial(
            iam.simulate_principal_policy,
            PolicySourceArn=principal,
            ActionNames=actions,
            ResourceArns=resources,
            ContextEntries=entries,
        )
        results = reworded("see whether you may do what pulumi up needs", simulate)["EvaluationResults"]
        refused |= {result["EvalActionName"] for result in results if result["EvalDecision"] != "allowed"}
    return sorted(refused)


def _principal(access: Connection, you: str) -> str | None:
    """Whose policies apply to the caller: the user's, or the role's of a session. None for root, to whom none apply."""
    resource = you.split(":", 5)[5]
    if resource == "root":
        return None
    if not resource.startswith("assumed-role/"):
        return you
    iam, role = access.client("iam"), resource.split("/")[1]
    return str(reworded(f"look up the role '{role}'", lambda: iam.get_role(RoleName=role))["Role"]["Arn"])
