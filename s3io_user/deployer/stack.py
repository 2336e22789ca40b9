"""What a stack deploys, as its deployer's policy needs it: the inputs, and what is copied from other users."""

from dataclasses import replace
from typing import TYPE_CHECKING

from s3io_user.deployer import policy
from s3io_user.iam import arns
from s3io_user.iam.user_policies import Permissions
from s3io_user.inputs import plan, self_service

if TYPE_CHECKING:
    from s3io_user.inputs.project import Project
    from s3io_user.policy.document import Document


def policy_of(setting: "Project", account: str) -> "Document":
    """The deployer's policy for a stack's users. Raises S3IOError."""
    from s3io_user.aws.users import permissions_of  # only here: boto3 is a third of a second

    region = setting.region or setting.access.default_region()
    where = policy.Where(account, region or "*", arns.partition_of_region(region or ""))
    users = []
    for logical, inputs in setting.users.items():
        source = inputs.copy_permissions_from
        copied = permissions_of(setting.access, source) if source else Permissions()
        planned = plan.plan(inputs, where.partition, copied)
        boundary = inputs.permissions_boundary or copied.boundary
        users.append(
            policy.Deployed(
                logical,
                replace(inputs, permissions_boundary=boundary),
                inline=planned.inline + bool(self_service.largest_size(inputs)),
                managed=planned.managed,
                groups=copied.groups,
                attached=copied.attached,
                copied_inline=len(copied.inline),
            )
        )
    return policy.deployer_policy(users, where)
