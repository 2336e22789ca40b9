"""What the component looks up: permissions to copy, a user that exists, keys made by hand."""

import os
from dataclasses import dataclass
from typing import Any

import pulumi

from s3io_user import tokens
from s3io_user.iam.user_policies import Permissions
from s3io_user.inputs.aws_config import stack_access
from s3io_user.inputs.late import ComponentInputError
from s3io_user.wording import legible


def made_by_the_stack(component: pulumi.ComponentResource) -> bool:
    """Whether AWS is reached as the stack's ``aws:`` config says, and not by a provider of the program's."""
    return component.get_provider(tokens.USER) is None


def region_of(resource: pulumi.ComponentResource) -> pulumi.Input[str] | None:
    """The region that the resource's children are made in, or None where only AWS's own files tell.

    An explicit provider's, else the stack's ``aws:region``, else the environment's.
    """
    if not made_by_the_stack(resource):
        return getattr(resource.get_provider(tokens.USER), "region", None)
    return pulumi.Config("aws").get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def read_permissions(component: pulumi.ComponentResource, user: str) -> Permissions:
    """Another user's permissions, read as the stack's ``aws:`` config says. Raises ComponentInputError."""
    from s3io_user.aws import (  # only here: boto3 is a third of a second that other programs need not wait
        answers,
        users,
    )

    what = "copy_permissions_from"
    if not made_by_the_stack(component):
        raise ComponentInputError([(what, "reads by the stack's aws: config, not by a provider of the program's")])
    try:
        return users.permissions_of(stack_access(), user)
    except answers.AwsError as error:
        raise ComponentInputError([(what, str(error))]) from None


@dataclass(frozen=True)
class FoundUser:
    """A user that exists already."""

    name: str
    arn: str
    unique_id: str


def find_user(component: pulumi.ComponentResource, name: str, arn: str | None = None) -> FoundUser:
    """Look a user up, through the component's provider. Raises ComponentInputError where there is none.

    With an ARN, that user and no other of the same name, which another account may have.
    """
    import pulumi_aws

    try:
        found = pulumi_aws.iam.get_user(user_name=name, opts=pulumi.InvokeOptions(parent=component))
    except Exception as error:  # what the SDK raises for a failed invoke has no class of its own
        raise ComponentInputError([("existing_user", _why_not_found(name, str(error)))]) from None
    if arn is not None and arn != found.arn:
        reason = f"must be a user of this account (got {arn}, and here that name is {found.arn})"
        raise ComponentInputError([("existing_user", reason)])
    return FoundUser(name, found.arn, found.user_id)


async def user_arn(component: pulumi.ComponentResource, name: str) -> str:
    """The ARN of the user that a component finds by a name, which tells the account."""
    import pulumi_aws

    found = pulumi_aws.iam.get_user_output(user_name=name, opts=pulumi.InvokeOutputOptions(parent=component))
    return str(await found.arn.future())


def name_keys_by_hand(component: pulumi.ComponentResource, user: str, own: list[pulumi.Output[str | None]]) -> None:
    """Say which keys of an adopted user the component does not hold: they count in the two that AWS allows."""
    import pulumi_aws

    asked = pulumi_aws.iam.get_access_keys_output(user=user, opts=pulumi.InvokeOutputOptions(parent=component))

    def say(known: list[Any]) -> None:
        by_hand = [key["access_key_id"] for key in known[0] or [] if key["access_key_id"] not in known[1:]]
        if by_hand:
            pulumi.log.info(
                f"key of '{user}' that this stack does not hold: {', '.join(by_hand)}; AWS allows two", component
            )

    pulumi.Output.all(asked.access_keys, *own).apply(say)


def _why_not_found(name: str, error: str) -> str:
    if "NoSuchEntity" in error:
        return f"must be a user of this account (got '{name}', which does not exist)"
    if "AccessDenied" in error:
        return f"can't look up '{name}': iam:GetUser is not allowed to these credentials"
    return f"can't look up '{name}': {legible(error.strip().splitlines()[-1])}"
