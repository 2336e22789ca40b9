"""What the component looks up: permissions to copy, an existing user, and keys that the stack did not create."""

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.rpc import UNKNOWN
from pulumi.runtime.settings import get_monitor

from s3io_user import tokens
from s3io_user.errors import S3IOError
from s3io_user.iam.user_policies import Permissions
from s3io_user.inputs.aws_config import AS_WHOM, provider_access, stack_access
from s3io_user.inputs.late import ComponentInputError
from s3io_user.wording import legible

if TYPE_CHECKING:
    from s3io_user.aws.connection import Connection


def region_of(resource: pulumi.ComponentResource) -> pulumi.Input[str] | None:
    """The region of the resource's children; None if only AWS's own files name it.

    It is the explicit provider's, or else the stack's ``aws:region``, or else the environment's.
    """
    provider = resource.get_provider(tokens.USER)
    if provider is not None:
        return getattr(provider, "region", None)
    return pulumi.Config("aws").get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


class NotKnownYetError(ComponentInputError):
    """A preview can't tell as whom a provider will ask AWS: that comes from a resource which is not created yet."""


def access_of(component: pulumi.ComponentResource) -> "Connection":
    """How boto3 reaches AWS as the component's provider does. Raises ComponentInputError if it can't.

    The provider of a plugin's component is a reference without settings, so the engine is asked for them.
    """
    provider = component.get_provider(tokens.USER)
    if provider is None:
        return stack_access()
    found = pulumi.runtime.invoke(tokens.GET_RESOURCE, {"urn": provider.urn}).value
    return _by(found, _not_known(found["urn"]))


async def access_of_later(component: pulumi.ComponentResource, *, place_alone: bool = False) -> "Connection":
    """The same in a hook. ``place_alone``: for a key of its own, which needs none of the provider's credentials."""
    provider = component.get_provider(tokens.USER)
    if provider is None:
        return stack_access()
    found = await pulumi.runtime.invoke_async(tokens.GET_RESOURCE, {"urn": provider.urn})
    if place_alone:
        place = {key: found["state"].get(key) for key in ("region", "profile", "endpoints")}
        return _by({**found, "state": place}, [])
    return _by(found, await asyncio.to_thread(_not_known, found["urn"]))


def _by(provider: Any, not_known: list[str]) -> "Connection":
    name = str(provider["urn"]).rpartition("::")[2]
    if not_known:
        raise NotKnownYetError([(f"the provider '{name}': {not_known[0]}", _NOT_KNOWN)])
    return provider_access(name, provider["state"])


_NOT_KNOWN = "is not known before the update: give it a value that a preview knows, or run pulumi up --skip-preview"


def _not_known(urn: str) -> list[str]:
    """The settings of a provider that a preview does not know yet. The SDK's own ``invoke`` leaves them out."""
    if not pulumi.runtime.is_dry_run():
        return []
    monitor: Any = get_monitor()
    request = resource_pb2.ResourceInvokeRequest(tok=tokens.GET_RESOURCE)
    request.args.update({"urn": urn})
    state = getattr(monitor.Invoke(request), "return")["state"]
    return sorted(key for key, value in state.items() if key in AS_WHOM and UNKNOWN in str(value))


def read_permissions(component: pulumi.ComponentResource, user: str) -> Permissions:
    """Another user's permissions, read as the component's provider does. Raises ComponentInputError."""
    # Only here: boto3 takes a third of a second, which other programs need not wait for.
    from s3io_user.aws import users

    try:
        return users.permissions_of(access_of(component), user)
    except S3IOError as error:
        raise ComponentInputError([("copy_permissions_from", str(error))]) from None


@dataclass(frozen=True)
class FoundUser:
    """An existing user."""

    name: str
    arn: str
    unique_id: str


def find_user(component: pulumi.ComponentResource, name: str, arn: str | None) -> FoundUser:
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
            held = f"the user '{user}' has {' and '.join(by_hand)}, which this stack does not hold"
            pulumi.log.info(f"{held}. AWS allows two access keys", component)

    pulumi.Output.all(listing.access_keys, *own).apply(say)


def _why_not_found(name: str, error: str) -> str:
    # The provider from version 7 on, and its predecessors.
    if "couldn't find resource" in error or "NoSuchEntity" in error:
        return f"must be a user of this account (got '{name}', which does not exist)"
    if "AccessDenied" in error:
        return f"can't look up '{name}': iam:GetUser is not allowed to these credentials"
    return f"can't look up '{name}': {legible(error.strip().splitlines()[-1])}"
