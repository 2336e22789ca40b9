"""Makes what gives the user its rights: group membership, policies, attachments, and what keeps others out."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from s3io_user import tokens
from s3io_user.component import traces
from s3io_user.component.context import Context
from s3io_user.errors import InputError
from s3io_user.iam.arns import managed_policy_arn
from s3io_user.iam.user_policies import Permissions
from s3io_user.inputs import plan, self_service
from s3io_user.inputs.late import when_known
from s3io_user.inputs.plan import Planned
from s3io_user.policy import document as policy
from s3io_user.policy.self_service import Stored, self_service_document

User = pulumi.Input[str]


@traces.none()
def make_group_membership(context: Context, user: User, copied: Permissions) -> list[pulumi.Resource]:
    """Add the user to the declared and the copied groups. Other memberships stay."""
    groups = when_known(lambda groups: _all_groups(groups, copied), groups=context.checked("groups") or [])
    return [aws.iam.UserGroupMembership(context.name, user=user, groups=groups, opts=_given(context))] if groups else []


def _all_groups(declared: list[str], copied: Permissions) -> list[str]:
    groups = list(dict.fromkeys([*declared, *copied.groups]))
    if fault := plan.groups_fault(groups):
        raise InputError([("groups", fault)])
    return groups


@dataclass(frozen=True)
class Rights:
    """What gives the user its permissions: its own document, the resources, and the ARNs of attached policies."""

    document: pulumi.Input[str] | None
    made: list[pulumi.Resource]
    attached: list[pulumi.Input[str]]


def make_rights(
    context: Context, user: User, partition: pulumi.Input[str], copied: Permissions, planned: Planned
) -> Rights:
    """Create the policies and attachments."""
    document, made, managed_arns = _make_document(context, user, partition, copied, planned)
    for name, copy in copied.inline.items():
        made.append(_make_inline(context, f"{context.name}-{name}", user, name, policy.compact(copy)))
    attached = _attached(context, partition, copied)
    made += [_attach(context, user, name, arn) for name, arn in attached.items()]
    return Rights(document, made, [*managed_arns, *attached.values()])


def make_self_service(
    context: Context, user: User, user_arn: pulumi.Input[str], keys: list[pulumi.Resource]
) -> list[pulumi.Resource]:
    """Let the user use or replace its own key. ``keys`` are the keys and what stores them.

    It is an inline policy of its own: its ARNs are known late, and in the user's document they would hide all of it
    from a preview. Pulumi chooses the name, since a policy of that name would be overwritten.
    """
    readable = self_service.readable(context.inputs)
    rotates = self_service.rotates(context.inputs)
    if not readable and not rotates:
        return []
    stores = _stores_of(keys) if readable else {}
    text = when_known(
        _self_service_text,
        arns=[stores[name] for name in readable],
        keys=[context.checked_part(name, "kms_key_id") for name in readable],
        rotates=user_arn if rotates else None,
    )
    return [_make_inline(context, f"{context.name}{tokens.SELF_SERVICE}", user, None, text)]


def _stores_of(made: list[pulumi.Resource]) -> dict[str, pulumi.Output[str]]:
    """The ARNs of the secret and the parameter, by the inputs that create them."""
    arns: dict[str, pulumi.Output[str]] = {}
    for each in made:
        if isinstance(each, aws.secretsmanager.SecretVersion):
            arns["secrets_manager"] = each.secret_id
        if isinstance(each, aws.ssm.Parameter):
            arns["parameter_store"] = each.arn
    return arns


def _self_service_text(arns: list[str], keys: list[str | None], rotates: str | None) -> str:
    stored = [Stored(arn, key) for arn, key in zip(arns, keys, strict=True)]
    return policy.compact(self_service_document(stored, rotates))


def make_exclusive(context: Context, user: User, rights: Rights, more: list[pulumi.Resource]) -> None:
    """With ``exclusive``, detach what is not declared. ``more`` are inline policies that stay as well."""
    if context.inputs.exclusive:
        made = [*rights.made, *more]
        inline = [policy.name for policy in made if isinstance(policy, aws.iam.UserPolicy)]
        _detach_all_but(context, user, rights.attached, inline, made)


def _attached(context: Context, partition: pulumi.Input[str], copied: Permissions) -> dict[str, pulumi.Input[str]]:
    """The policies to attach beside the user's own: the ARN by the attachment's name."""
    return {
        name: when_known(managed_policy_arn, name=name, partition=partition) if arn is None else arn
        for name, arn in plan.attached(context.inputs, copied).items()
    }


def _make_document(
    context: Context, user: User, partition: pulumi.Input[str], copied: Permissions, planned: Planned
) -> tuple[pulumi.Input[str] | None, list[pulumi.Resource], list[pulumi.Output[str]]]:
    """The user's own document, the resources that attach it, and the ARNs of its managed policies."""
    if planned == Planned():
        return None, [], []
    document = when_known(plan.build, partition=partition, **plan.document_inputs(context.inputs))
    packed = when_known(lambda document: _policies(context, document, planned, copied), document=document)
    text = when_known(policy.compact, document=document)
    if planned.inline:
        return text, [_make_inline(context, context.name, user, context.checked("policy_name"), _at(packed, 0))], []
    policies = _make_managed(context, packed, planned.managed)
    return text, _attach_managed(context, user, policies), [made.arn for made in policies]


def _policies(context: Context, document: policy.Document, planned: Planned, copied: Permissions) -> list[str]:
    return [policy.compact(part) for part in plan.policies(document, planned, context.inputs, copied)]


@traces.none()
def _make_managed(context: Context, packed: pulumi.Input[list[str]], count: int) -> list[aws.iam.Policy]:
    policies: list[aws.iam.Policy] = []
    for number in range(count):
        # One after the other, so that a bucket that moves to an earlier policy is there before it leaves the later one.
        opts = context.options(depends_on=policies[-1:])
        policies.append(aws.iam.Policy(_numbered(context, number), policy=_at(packed, number), opts=opts))
    return policies


@traces.none()
def _attach_managed(context: Context, user: User, policies: list[aws.iam.Policy]) -> list[pulumi.Resource]:
    return [
        aws.iam.UserPolicyAttachment(_numbered(context, number), user=user, policy_arn=made.arn, opts=context.options())
        for number, made in enumerate(policies)
    ]


@traces.none()
def _make_inline(
    context: Context, resource: str, user: User, name: pulumi.Input[str] | None, document: pulumi.Input[str]
) -> aws.iam.UserPolicy:
    # Without a name it gets a unique one, which no other policy has.
    opts = context.options() if name is None else _given(context)
    if context.is_renamed(tokens.INLINE_POLICY, resource, name):
        # The provider deletes first what has a name. If the hook then refuses the new name, the user has neither.
        opts.delete_before_replace = False
    return aws.iam.UserPolicy(resource, user=user, name=name, policy=document, opts=opts)


@traces.none()
def _attach(context: Context, user: User, name: str, arn: pulumi.Input[str]) -> pulumi.Resource:
    return aws.iam.UserPolicyAttachment(f"{context.name}-{name}", user=user, policy_arn=arn, opts=_given(context))


@traces.none()
def _detach_all_but(
    context: Context, user: User, arns: list[Any], inline_names: list[Any], made: list[pulumi.Resource]
) -> None:
    # Last, so that what replaces a policy is there before the policy is detached.
    opts = context.options(depends_on=made)
    aws.iam.UserPolicyAttachmentsExclusive(context.name, user_name=user, policy_arns=arns, opts=opts)
    aws.iam.UserPoliciesExclusive(context.name, user_name=user, policy_names=inline_names, opts=opts)


def _given(context: Context) -> pulumi.ResourceOptions:
    """The options of what an existing user may have already."""
    return (
        context.options(hooks=context.gates.right(context.parent))
        if context.inputs.existing_user
        else context.options()
    )


def _numbered(context: Context, number: int) -> str:
    # Not just "site-2": a component may have that name, and a URN has no parent's name.
    return context.name if number == 0 else f"{context.name}-policy-{number + 1}"


def _at(documents: pulumi.Input[list[str]], number: int) -> pulumi.Input[str]:
    return when_known(lambda documents: str(documents[number]), documents=documents)
