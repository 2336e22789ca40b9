"""Makes what gives the user its rights: group membership, policies, attachments, and what keeps others out."""

from typing import Any

import pulumi
import pulumi_aws as aws

from s3io_user import names, policy, rights
from s3io_user.errors import InputError
from s3io_user.packing import Packed, PolicyType, pack
from s3io_user.rights import Copied
from s3io_user.runtime import made_by_the_stack, when_known
from s3io_user.site import Site

User = pulumi.Input[str]


def make_group_membership(site: Site, user: User, copied: Copied) -> list[pulumi.Resource]:
    """Put the user in its groups, the declared and the copied; other memberships are left alone."""
    groups = when_known(lambda groups: _all_groups(groups, copied), groups=site.checked("groups") or [])
    return [aws.iam.UserGroupMembership(site.name, user=user, groups=groups, opts=_given(site))] if groups else []


def _all_groups(declared: list[str], copied: Copied) -> list[str]:
    groups = list(dict.fromkeys([*declared, *copied.groups]))
    if fault := rights.groups_fault(groups):
        raise InputError([("groups", fault)])
    return groups


def make_rights(
    site: Site, user: User, partition: pulumi.Input[str], copied: Copied, planned: Packed | None
) -> tuple[pulumi.Input[str] | None, list[pulumi.Resource]]:
    """Make the policies and attachments: the user's own document, and the resources that give the user its rights."""
    document, made, managed_arns = _make_document(site, user, partition, copied, planned)
    for name, copy in copied.inline.items():
        made.append(_make_inline(site, f"{site.name}-{name}", user, name, policy.compact(copy)))
    attached = _attached(site, partition, copied)
    made += [_attach(site, user, name, arn) for name, arn in attached.items()]
    if site.values["exclusive"]:
        inline = [policy.name for policy in made if isinstance(policy, aws.iam.UserPolicy)]
        _detach_all_but(site, user, [*managed_arns, *attached.values()], inline, made)
    return document, made


def _attached(site: Site, partition: pulumi.Input[str], copied: Copied) -> dict[str, pulumi.Input[str]]:
    """The policies to attach beside the user's own: the name of each attachment, and its ARN."""
    return {
        name: when_known(names.managed_policy_arn, name=name, partition=partition) if arn is None else arn
        for name, arn in rights.attached(site.values, copied).items()
    }


def _make_document(
    site: Site, user: User, partition: pulumi.Input[str], copied: Copied, planned: Packed | None
) -> tuple[pulumi.Input[str] | None, list[pulumi.Resource], list[pulumi.Output[str]]]:
    """The user's own document, the resources that give it to the user, and the ARNs of the managed policies."""
    if planned is None:
        return None, [], []
    document = when_known(rights.build, partition=partition, **rights.document_inputs(site.values))
    packed = when_known(lambda document: _pack(site, document, planned, copied), document=document)
    text = when_known(policy.compact, document=document)
    if planned.inline is not None:
        return text, [_make_inline(site, site.name, user, site.checked("policy_name"), _at(packed, 0))], []
    policies = _make_managed(site, packed, len(planned.managed))
    attachments: list[pulumi.Resource] = [
        aws.iam.UserPolicyAttachment(_numbered(site, number), user=user, policy_arn=made.arn, opts=site.options())
        for number, made in enumerate(policies)
    ]
    return text, attachments, [made.arn for made in policies]


def _pack(site: Site, document: policy.Document, planned: Packed, copied: Copied) -> list[str]:
    kind = PolicyType.INLINE if planned.inline is not None else PolicyType.MANAGED
    packed = pack(document, kind, **rights.taken(site.values, copied))
    return [policy.compact(part) for part in rights.same_count(packed, planned)]


def _make_managed(site: Site, packed: pulumi.Input[list[str]], count: int) -> list[aws.iam.Policy]:
    policies: list[aws.iam.Policy] = []
    for number in range(count):
        # One after the other: a bucket that moves to an earlier policy is there before it leaves the later one.
        opts = site.options(depends_on=policies[-1:])
        policies.append(aws.iam.Policy(_numbered(site, number), policy=_at(packed, number), opts=opts))
    return policies


def _make_inline(
    site: Site, resource: str, user: User, name: pulumi.Input[str] | None, document: pulumi.Input[str]
) -> aws.iam.UserPolicy:
    return aws.iam.UserPolicy(resource, user=user, name=name, policy=document, opts=_given(site, named=name))


def _attach(site: Site, user: User, name: str, arn: pulumi.Input[str]) -> pulumi.Resource:
    return aws.iam.UserPolicyAttachment(f"{site.name}-{name}", user=user, policy_arn=arn, opts=_given(site))


def _detach_all_but(
    site: Site, user: User, arns: list[Any], inline_names: list[Any], made: list[pulumi.Resource]
) -> None:
    # After all that gives rights: what takes a policy's place is there before the policy goes.
    opts = site.options(depends_on=made)
    aws.iam.UserPolicyAttachmentsExclusive(site.name, user_name=user, policy_arns=arns, opts=opts)
    aws.iam.UserPoliciesExclusive(site.name, user_name=user, policy_names=inline_names, opts=opts)


def _given(site: Site, named: pulumi.Input[str] | None = None) -> pulumi.ResourceOptions:
    """The options of what an existing user may have already. ``named`` is a policy's name that was chosen for it."""
    if not site.values["existing_user"]:
        return site.options()
    if made_by_the_stack(site.parent):
        return site.options(hooks=site.gates.right)
    return site.options(hooks=site.gates.unseen) if named is not None else site.options()


def _numbered(site: Site, number: int) -> str:
    # Not "site-2" alone: a component may well be called that, and a URN holds no parent's name.
    return site.name if number == 0 else f"{site.name}-policy-{number + 1}"


def _at(documents: pulumi.Input[list[str]], number: int) -> pulumi.Input[str]:
    return when_known(lambda documents: str(documents[number]), documents=documents)
