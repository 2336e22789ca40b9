"""Creates the user's access keys, and stores the credentials."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
import pulumi_aws as aws

from s3io_user import tokens
from s3io_user.component import hooks, traces
from s3io_user.component.context import Context
from s3io_user.component.program import shared
from s3io_user.iam.buckets import parse_bucket
from s3io_user.inputs.late import when_known
from s3io_user.keys import slots
from s3io_user.keys.slots import KeyStatus, Slot

Text = pulumi.Output[str | None]


@dataclass(frozen=True)
class MadeKeys:
    """The component's outputs that come from the keys. One that these inputs don't create is None."""

    secret_access_key: Text
    credentials: pulumi.Output[dict[str, Any]]
    access_key_id: Text | None = None
    previous_access_key_id: Text | None = None
    encrypted_secret: Text | None = None
    secret_arn: Text | None = None
    parameter_names: list[pulumi.Output[str]] = field(default_factory=list)


def make_keys(
    context: Context, user: pulumi.Output[str], region: pulumi.Input[str] | None, after: list[pulumi.Resource]
) -> tuple[MadeKeys, list[pulumi.Resource]]:
    """Create the keys of the generation and store the current one. Returns the outputs and the resources.

    The order is: what gives the user its permissions (``after``), the current key, the check that it works, the
    stores, and then the previous key. If AWS refuses a permission, no key is created. With ``previous_key: removed``
    the program has no previous slot, and the engine deletes it last, after an update in which nothing failed.
    """
    inputs = context.inputs
    wanted = slots.slots(inputs.key_generation, inputs.previous_key, inputs.key_status)
    if not inputs.create_access_key:
        secret = _secret(None)
        credentials = _gather(context, user, region, None, secret)
        # AWS reserves a deleted secret's name for weeks, and the key could not come back until then.
        vault = _store_secret(context, credentials, after)
        none = MadeKeys(secret, credentials, secret_arn=vault.secret_id if vault else None)
        return none, [vault] if vault else []
    # One for each provider: another account may have a user of that name too, with keys of its own.
    kind = f"advice by {id(context.parent.get_provider(tokens.USER))}"
    advice = shared(kind, context.name, lambda name: hooks.quota_advice(replace(context, name=name)))
    current = _make_key(context, user, wanted[0], advice, depends_on=after)
    before: list[pulumi.Resource] = [current]
    if inputs.wait_until_usable and inputs.key_status is KeyStatus.ACTIVE:
        before.append(hooks.make_usable_gate(context, current))
    # Under mocks the SDK does not mark a key's secret as one.
    secret = _secret(current.secret)
    credentials = _gather(context, user, region, current.id, secret)
    vault, parameter = _store_secret(context, credentials, before), _store_parameter(context, credentials, before)
    made = [*before, *(resource for resource in (vault, parameter) if resource is not None)]
    # Its secret is encrypted as it was: with another pgp_key the provider would replace it.
    kept = {"depends_on": made, "ignore_changes": ["pgpKey"]}
    previous = _make_key(context, user, wanted[1], advice, **kept) if wanted[1:] else None
    outputs = MadeKeys(
        access_key_id=current.id,
        secret_access_key=secret,
        previous_access_key_id=previous.id if previous else None,
        encrypted_secret=current.encrypted_secret if inputs.pgp_key else None,
        credentials=credentials,
        secret_arn=vault.secret_id if vault else None,
        parameter_names=[parameter.name] if parameter else [],
    )
    return outputs, [*made, previous] if previous else made


@traces.none()
def _make_key(
    context: Context, user: pulumi.Output[str], slot: Slot, advice: pulumi.ErrorHook, **more: Any
) -> aws.iam.AccessKey:
    opts = context.options(
        replacement_trigger=slot.generation,
        # AWS allows two keys, and the other slot may have the second.
        delete_before_replace=True,
        hooks=pulumi.ResourceHookBinding(on_error=[advice]),
        **more,
    )
    return aws.iam.AccessKey(
        f"{context.name}-{slot.name}", user=user, status=slot.status.value, pgp_key=context.inputs.pgp_key, opts=opts
    )


def _gather(
    context: Context,
    user: pulumi.Output[str],
    region: pulumi.Input[str] | None,
    key: pulumi.Input[str] | None,
    secret: Text,
) -> pulumi.Output[dict[str, Any]]:
    """The credentials in one map, which is secret because ``secret`` is."""
    buckets = when_known(
        lambda buckets: [str(parse_bucket(bucket)) for bucket in buckets], buckets=context.inputs.buckets or []
    )
    note = {"note": _ENCRYPTED} if context.inputs.pgp_key else {}
    # Only once the secret is known: it takes ten Outputs, and many that wait slow the program down.
    return secret.apply(
        lambda known: pulumi.Output.all(
            userName=user, accessKeyId=key, secretAccessKey=known, region=region, buckets=buckets, **note
        )
    )


_ENCRYPTED = "secretAccessKey is empty: only the owner of pgp_key can read the secret, from encryptedSecret"


@traces.none()
def _store_secret(
    context: Context, credentials: pulumi.Output[dict[str, Any]], before: list[pulumi.Resource]
) -> "aws.secretsmanager.SecretVersion | None":
    wanted = context.inputs.secrets_manager
    if not wanted:
        return None
    secret = aws.secretsmanager.Secret(
        context.name,
        name=context.checked_part("secrets_manager", "name"),
        kms_key_id=context.checked_part("secrets_manager", "kms_key_id"),
        recovery_window_in_days=context.checked_part("secrets_manager", "recovery_window_in_days"),
        description="The access key of an application outside AWS",
        opts=context.options(),
    )
    # A changed value is a new version, which becomes current before the old one is removed.
    return aws.secretsmanager.SecretVersion(
        context.name, secret_id=secret.arn, secret_string=_as_text(credentials), opts=context.options(depends_on=before)
    )


@traces.none()
def _store_parameter(
    context: Context, credentials: pulumi.Output[dict[str, Any]], before: list[pulumi.Resource]
) -> "aws.ssm.Parameter | None":
    wanted = context.inputs.parameter_store
    if not wanted:
        return None
    # One parameter for the key ID and the secret: of two, an application could read one new and one old.
    return aws.ssm.Parameter(
        context.name,
        name=pulumi.Output.concat(context.checked_part("parameter_store", "path"), "/credentials"),
        type="SecureString",
        value=_as_text(credentials),
        key_id=context.checked_part("parameter_store", "kms_key_id"),
        opts=context.options(depends_on=before),
    )


def _as_text(credentials: pulumi.Output[dict[str, Any]]) -> pulumi.Output[str]:
    return credentials.apply(lambda known: json.dumps(known))


def _secret(value: pulumi.Input[str] | None) -> Text:
    return pulumi.Output.secret(value)
