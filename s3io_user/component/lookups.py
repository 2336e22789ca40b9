"""What the component looks up: permissions to copy, an existing user, and keys that the stack did not create."""

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
    """Whether the component uses the default provider, by the stack's ``aws:`` config, and no explicit one."""
    return component.get_provider(tokens.USER) is None


def region_of(resource: pulumi.ComponentResource) -> pulumi.Input[str] | None:
    """The region of the resource's children; None if only AWS's own files name it.

    It is the explicit provider's, or else the stack's ``aws:region``, or else the environment's.
    """
    if not made_by_the_stack(resource):
        return getattr(resource.get_provider(tokens.USER), "region", None)
    return pulumi.Config("aws").get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def read_permissions(component: pulumi.ComponentResource, user: str) -> Permissions:
    """Read another user's permissions, by the stack's ``aws:`` config. Raises ComponentInputError."""
    # Only here: boto3 takes a third of a second, which other programs need not wait for.
    from s3io_user.aws import answers, users

    what = "copy_permissions_from"
    if not made_by_the_stack(component):
        raise ComponentInputError([(what, "reads by the stack's aws: config, not by a provider of the program's")])
    try:
        return users.permissions_of(stack_access(), user)
    except answers.AwsError as error:
        raise ComponentInputError([(what, str(error))]) from None


@dataclass(frozen=True)
class FoundUser:
    """An existing user."""

    name: str
    arn: str
    unique_id: str


def find_user(component: pulumi.ComponentResource, name: str, arn: str | None = None) -> FoundUser:
    """Look up a user through the component's provider. Raises ComponentInputError if there is none.

    With ``arn`` it must be that user, and not one of the same name in another account.
    """
    import pulumi_aws

    try:
        user = pulumi_aws.iam.get_user(user_name=name, opts=pulumi.InvokeOptions(parent=component))
    except Exception as error:  # the SDK has no class of its own for a failed invoke
        raise ComponentInputError([("existing_user", _why_not_found(name, str(error)))]) from None
    if arn is not None and arn != user.arn:
        reason = f"must be a user of this account (got {arn}, and here that name is {user.arn})"
        raise ComponentInputError([("existing_user", reason)])
    return FoundUser(name, user.arn, user.user_id)


async def user_arn(component: pulumi.ComponentResource, name: str) -> str:
    """The ARN, and so the account, of the user that a component finds by a name."""
    import pulumi_aws

    user = pulumi_aws.iam.get_user_output(user_name=name, opts=pulumi.InvokeOutputOptions(parent=component))
    return str(await user.arn.future())


def name_keys_by_hand(component: pulumi.ComponentResource, user: str, own: list[pulumi.Output[str | None]]) -> None:
    """Log the keys of an adopted user that are not the component's: they count towards the two that AWS allows."""
    import pulumi_aws

    listing = pulumi_aws.iam.get_access_keys_output(user=user, opts=pulumi.InvokeOutputOptions(parent=component))

    def say(values: list[Any]) -> None:
        by_hand = [key["access_key_id"] for key in values[0] or [] if key["access_key_id"] not in values[1:]]
        if by_hand:
            pulumi.log.info(
                f"key of '{user}' that this stack does not hold: {', '.join(by_hand)}; AWS allows two", component
            )

    pulumi.Output.all(listing.access_keys, *own).apply(say)


def _why_not_found(name: str, error: str) -> str:
    if "NoSuchEntity" in error:
        return f"must be a user of this account (got '{name}', which does not exist)"
    if "AccessDenied" in error:
        return f"can't look up '{name}': iam:GetUser is not allowed to these credentials"
    return f"can't look up '{name}': {legible(error.strip().splitlines()[-1])}"
