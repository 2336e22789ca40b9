"""What a stack deploys, as its deployer's policy needs it: the inputs, what is copied, and what is deployed already."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from s3io_user.deployer import policy
from s3io_user.deployer.deployed import deployed
from s3io_user.iam import arns
from s3io_user.iam.user_policies import Permissions
from s3io_user.inputs import plan, self_service

if TYPE_CHECKING:
    from s3io_user.inputs.project import Project
    from s3io_user.policy.document import Document


@dataclass(frozen=True)
class Found:
    """The users that a policy is for, by their names in the program, and those of other accounts, with these."""

    document: "Document"
    users: frozenset[str]
    elsewhere: Mapping[str, str]


def policy_of(setting: "Project", account: str, exported: Mapping[str, Any]) -> Found:
    """The deployer's policy for a stack's users in an account: those of the config, and those of its state.

    The state has what the config does not: the name and path before a change, and all of a program whose users are
    not those of the config. Raises S3IOError.
    """
    of_state = deployed(exported)
    here = [user for there, users in of_state.items() if account in (there, "*") or not there for user in users]
    elsewhere = {user.logical: there for there, users in of_state.items() for user in users if user not in here}
    region = setting.region or setting.access.default_region()
    where = policy.Where(account, region or "*", arns.partition_of_region(region or ""))
    users = [*_of_config(setting, where.partition, elsewhere), *here]
    paths: dict[str, set[object]] = {}
    for each in users:
        paths.setdefault(each.logical, set()).add(each.inputs.path or "/")
    users = [replace(each, moves=len(paths[each.logical]) > 1) for each in users]
    return Found(policy.deployer_policy(users, where), frozenset(each.logical for each in users), elsewhere)


def _of_config(setting: "Project", partition: str, elsewhere: Mapping[str, str]) -> Iterator[policy.Deployed]:
    from s3io_user.aws.users import permissions_of  # only here: boto3 is a third of a second

    for logical, inputs in setting.users.items():
        if logical in elsewhere:
            continue
        source = inputs.copy_permissions_from
        copied = permissions_of(setting.access, source) if source else Permissions()
        planned = plan.plan(inputs, partition, copied)
        yield policy.Deployed(
            logical,
            replace(inputs, permissions_boundary=inputs.permissions_boundary or copied.boundary),
            inline=planned.inline + bool(self_service.largest_size(inputs)),
            managed=planned.managed,
            groups=copied.groups,
            attached=copied.attached,
            copied_inline=len(copied.inline),
        )
