"""Hooks around the keys: the check that a new key works, and advice when the quota is full.

They run on creates, updates and errors only: with a hook on deletes, a plain ``pulumi destroy`` would fail.
"""

import asyncio
import os
from dataclasses import replace

import pulumi
import pulumi_aws as aws

from s3io_user.component import traces
from s3io_user.component.context import Context
from s3io_user.component.lookups import access_of_later, region_of
from s3io_user.component.program import unique_in_program
from s3io_user.errors import S3IOError
from s3io_user.inputs.late import as_output


@traces.none()
def make_usable_gate(context: Context, key: aws.iam.AccessKey) -> pulumi.Resource:
    """A resource that is created or updated only once AWS accepts the key. What must wait for the key depends on it.

    A hook on the key itself is not enough: when an after hook fails, the key is already in the state, and the next
    update, with nothing left to create, would not check it again.
    """

    region = as_output(region_of(context.parent))

    async def wait(_: pulumi.ResourceHookArgs) -> None:
        # Only here: boto3 takes a third of a second, which other programs need not wait for.
        from s3io_user.aws import waiting

        key_id, secret = await key.id.future(), await key.secret.future()
        if key_id and secret:
            within = float(os.environ.get("S3IO_USER_USABLE_WITHIN", waiting.USABLE_WITHIN))
            access = await access_of_later(context.parent, place_alone=True)
            # Only the regions of its own partition know a key.
            there = replace(access, region=await region.future() or access.region or access.default_region())
            try:
                await asyncio.to_thread(
                    waiting.wait_until_usable, there.with_key(key_id, secret), pulumi.log.info, within
                )
            except S3IOError as error:
                raise S3IOError(f"{error}. The previous key is as it was; run pulumi up again") from None

    hook = pulumi.ResourceHook(unique_in_program("waitUntilUsable", context.name), wait)
    hooks = pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
    return pulumi.Stash(f"{context.name}-usable", input=key.id, opts=context.options(depends_on=[key], hooks=hooks))


def quota_advice(context: Context) -> pulumi.ErrorHook:
    """A hook that says which keys the user has and what to do, when AWS refuses a third key."""

    async def advise(failure: pulumi.ErrorHookArgs) -> bool:
        if any("AccessKeysPerUser" in error for error in failure.errors):
            user = str((failure.new_inputs or {}).get("user"))
            keys = await _keys_of(context.parent, user)
            pulumi.log.error(f"the user '{user}' has the two keys that AWS allows: {keys}. {_WHAT_TO_DO}")
        return False

    return pulumi.ErrorHook(unique_in_program("key quota", context.name), advise)


_WHAT_TO_DO = "'s3io-user doctor' says which of them this stack does not hold, and how to remove one that nobody needs"


async def _keys_of(component: pulumi.ComponentResource, user: str) -> str:
    from s3io_user.aws import users

    try:
        return ", ".join(str(key) for key in users.keys_of(await access_of_later(component), user))
    except S3IOError as error:
        return str(error)
