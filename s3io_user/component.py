"""The component: one IAM user, its rights and its access key. The only module that makes resources."""

from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from s3io_user import args as inputs
from s3io_user import keys, names, policy, rights
from s3io_user.args import S3IOUserArgs
from s3io_user.keys import PreviousKey, Slot
from s3io_user.packing import Packed, PolicyType, pack
from s3io_user.policy import Access
from s3io_user.rights import Copied
from s3io_user.runtime import (
    ComponentInputError,
    FoundUser,
    checked,
    claim_user_name,
    find_user,
    read_permissions,
    region_of,
    when_known,
    without_traceback,
)

# Optional[…] and no future annotations: Pulumi's analysis of components reads these types at run time.


class S3IOUser(pulumi.ComponentResource):
    """An IAM user for an application outside AWS, with an access key that works on its S3 buckets and nothing else."""

    user_name: pulumi.Output[str]
    """The user's name."""
    user_arn: pulumi.Output[str]
    """The user's ARN."""
    user_unique_id: pulumi.Output[str]
    """The user's unique ID, which no later user of the same name has."""
    access_key_id: pulumi.Output[Optional[str]]
    """The ID of the access key in use."""
    secret_access_key: pulumi.Output[Optional[str]]
    """The secret of the access key in use. A secret output: encrypted in state."""
    previous_access_key_id: pulumi.Output[Optional[str]]
    """The ID of the previous access key, where it is kept."""
    policy_document: pulumi.Output[Optional[str]]
    """The user's own policy document, as JSON."""
    credentials: pulumi.Output[dict[str, Any]]
    """What the application needs, in one secret map: userName, accessKeyId, secretAccessKey, region and buckets."""

    def __init__(self, name: str, args: S3IOUserArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        values = _resolve(name, args)
        # The engine keeps these two with the component, for the hook to compare them with the new ones before
        # anything of the component is touched.
        step = {"keyGeneration": values["key_generation"], "previousKey": values["previous_key"].value}
        gate = pulumi.ResourceHook(f"keyGeneration of {name}", _refuse_lost_key, _ALSO_IN_PREVIEW)
        hooks = pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_update=[gate]))
        super().__init__("s3io-user:index:S3IOUser", name, step, pulumi.ResourceOptions.merge(opts, hooks))
        self._name = name
        self._values = values
        self._region = region_of(self)
        copied, planned = self._prepare()

        user = self._user(copied)
        self.user_name = pulumi.Output.from_input(user.name)
        self.user_arn = pulumi.Output.from_input(user.arn)
        self.user_unique_id = pulumi.Output.from_input(user.unique_id)
        self._make_group_membership(copied)
        self.policy_document = pulumi.Output.from_input(self._make_rights(copied, planned))
        self._make_keys()
        self.credentials = self._gather_credentials()
        self.register_outputs({**self.exports(), **step})

    def exports(self) -> dict[str, pulumi.Output[Any]]:
        """Every output under the name that stack outputs and Pulumi's other languages give it."""
        return {camel_case(name): getattr(self, name) for name in OUTPUTS}

    def _child(self, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, **more)

    def _checked(self, name: str) -> Any:
        return checked(name, self._values[name], inputs.check)

    def _prepare(self) -> tuple[Copied, Packed | None]:
        """Look up, check and plan whatever can be, before anything is made."""
        values = self._values
        if isinstance(values["user_name"], str):
            claim_user_name(self, self._name, values["user_name"])
        for bucket in values["buckets"] or []:
            if isinstance(bucket, str) and names.legacy_bucket(names.parse_bucket(bucket).name):
                pulumi.log.warn(f"buckets: only an old bucket in us-east-1 can be named '{bucket}'", self)
        copied = self._copied()
        if faults := rights.quota_faults(values, copied):
            raise ComponentInputError(faults)
        partition = names.partition_of_region(self._region) if isinstance(self._region, str) else "aws"
        return copied, without_traceback(lambda: rights.plan(values, partition, copied))

    def _copied(self) -> Copied:
        source = self._values["copy_permissions_from"]
        if source is None:
            return Copied()
        found = read_permissions(self, source)
        pulumi.log.info(f"copied from the user '{source}': {found}", self)
        return Copied(found.groups, found.attached, {n: dict(d) for n, d in found.inline.items()}, found.boundary)

    def _user(self, copied: Copied) -> "aws.iam.User | FoundUser":
        if self._values["existing_user"]:
            return find_user(self, self._values["existing_user"])
        return aws.iam.User(
            self._name,
            name=self._checked("user_name"),
            path=self._checked("path"),
            tags=self._checked("tags"),
            permissions_boundary=self._checked("permissions_boundary") or copied.boundary,
            force_destroy=self._values["force_destroy"],
            # The provider renames in place, then deletes the old key under a name that is gone: it would live on.
            opts=self._child(replace_on_changes=["name"]),
        )

    def _make_group_membership(self, copied: Copied) -> None:
        groups = when_known(
            lambda groups: list(dict.fromkeys([*groups, *copied.groups])), groups=self._checked("groups") or []
        )
        if groups:
            aws.iam.UserGroupMembership(self._name, user=self.user_name, groups=groups, opts=self._child())

    def _make_rights(self, copied: Copied, planned: Packed | None) -> pulumi.Input[str] | None:
        """Make the policies and attachments, and return the user's own document."""
        values, partition = self._values, self._partition()
        document, made, managed_arns = self._make_document(partition, copied, planned)
        for name, copy in copied.inline.items():
            made.append(self._make_inline(f"{self._name}-{name}", name, policy.compact(copy)))
        full = [when_known(names.managed_policy_arn, name=_FULL_ACCESS, partition=partition)]
        attached = dict.fromkeys([*(values["policy_arns"] or ()), *copied.attached])
        if values["access"] is Access.FULL:
            made.append(self._attach(_FULL_ACCESS, full[0]))
            attached = {arn: None for arn in attached if not arn.endswith(f":aws:policy/{_FULL_ACCESS}")}
        made += [self._attach(rights.attachment_name(arn), arn) for arn in attached]
        if values["exclusive"]:
            inline_names = [*copied.inline, *([self._checked("policy_name")] if document and not managed_arns else [])]
            arns = [*managed_arns, *attached, *(full if values["access"] is Access.FULL else [])]
            self._detach_all_but(arns, inline_names, made)
        return document

    def _make_document(
        self, partition: pulumi.Input[str], copied: Copied, planned: Packed | None
    ) -> tuple[pulumi.Input[str] | None, list[pulumi.Resource], list[pulumi.Output[str]]]:
        """The user's own document, the resources that give it to the user, and the ARNs of managed policies."""
        if planned is None:
            return None, [], []
        document = when_known(rights.build, partition=partition, **rights.document_inputs(self._values))
        packed = when_known(lambda document: self._pack(document, planned, copied), document=document)
        text = when_known(policy.compact, document=document)
        if planned.inline is not None:
            return text, [self._make_inline(self._name, self._checked("policy_name"), _at(packed, 0))], []
        policies: list[aws.iam.Policy] = []
        for number in range(len(planned.managed)):
            # One after the other: a bucket that moves to an earlier policy is there before it leaves the later one.
            opts = self._child(depends_on=policies[-1:])
            policies.append(aws.iam.Policy(self._numbered(number), policy=_at(packed, number), opts=opts))
        attachments = [
            aws.iam.UserPolicyAttachment(
                self._numbered(number), user=self.user_name, policy_arn=made.arn, opts=self._child()
            )
            for number, made in enumerate(policies)
        ]
        return text, list(attachments), [made.arn for made in policies]

    def _pack(self, document: policy.Document, planned: Packed, copied: Copied) -> list[str]:
        kind = PolicyType.INLINE if planned.inline is not None else PolicyType.MANAGED
        packed = pack(document, kind, **rights.taken(self._values, copied))
        return [policy.compact(part) for part in rights.same_count(packed, planned)]

    def _numbered(self, number: int) -> str:
        return self._name if number == 0 else f"{self._name}-{number + 1}"

    def _make_inline(self, resource: str, name: pulumi.Input[str], document: pulumi.Input[str]) -> pulumi.Resource:
        return aws.iam.UserPolicy(resource, user=self.user_name, name=name, policy=document, opts=self._child())

    def _attach(self, name: str, arn: pulumi.Input[str]) -> pulumi.Resource:
        return aws.iam.UserPolicyAttachment(
            f"{self._name}-{name}", user=self.user_name, policy_arn=arn, opts=self._child()
        )

    def _detach_all_but(
        self, arns: list[Any], inline_names: list[pulumi.Input[str]], made: list[pulumi.Resource]
    ) -> None:
        # After all that gives rights: what replaces a policy is there before the policy goes.
        opts = self._child(depends_on=made)
        aws.iam.UserPolicyAttachmentsExclusive(self._name, user_name=self.user_name, policy_arns=arns, opts=opts)
        aws.iam.UserPoliciesExclusive(self._name, user_name=self.user_name, policy_names=inline_names, opts=opts)

    def _partition(self) -> pulumi.Input[str]:
        if self._region is None:
            return self.user_arn.apply(names.partition_of_arn)
        return when_known(names.partition_of_region, region=self._region)

    def _make_keys(self) -> None:
        values = self._values
        wanted = keys.slots(values["key_generation"], values["previous_key"], values["key_status"])
        current, previous = None, None
        if values["create_access_key"]:
            current = self._make_key(wanted[0])
            # Made to wait for the new key, so that the old one is not switched off before there is another.
            previous = self._make_key(wanted[1], depends_on=[current]) if wanted[1:] else None
        self.access_key_id = current.id if current else _nothing()
        # Under mocks the SDK does not mark it, so it is said here.
        self.secret_access_key = pulumi.Output.secret(current.secret if current else None)
        self.previous_access_key_id = previous.id if previous else _nothing()

    def _make_key(self, slot: Slot, **more: Any) -> aws.iam.AccessKey:
        # A slot's key goes before its next one comes: the other slot may hold the second of the two that AWS allows.
        opts = self._child(replacement_trigger=slot.generation, delete_before_replace=True, **more)
        return aws.iam.AccessKey(f"{self._name}-{slot.name}", user=self.user_name, status=slot.status.value, opts=opts)

    def _gather_credentials(self) -> pulumi.Output[dict[str, Any]]:
        buckets = when_known(
            lambda buckets: [str(names.parse_bucket(b)) for b in buckets], buckets=self._values["buckets"] or []
        )
        return pulumi.Output.secret(
            {
                "userName": self.user_name,
                "accessKeyId": self.access_key_id,
                "secretAccessKey": self.secret_access_key,
                "region": self._region,
                "buckets": buckets,
            }
        )


OUTPUTS = tuple(S3IOUser.__annotations__)
"""The component's outputs, as its attributes name them."""

_FULL_ACCESS = "AmazonS3FullAccess"
_ALSO_IN_PREVIEW = pulumi.ResourceHookOptions(on_dry_run=True)


def camel_case(name: str) -> str:
    """A Python name as Pulumi's other languages, its config and stack outputs spell it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _at(documents: pulumi.Input[list[str]], number: int) -> pulumi.Input[str]:
    return when_known(lambda documents: str(documents[number]), documents=documents)


def _nothing() -> pulumi.Output[Optional[str]]:
    return pulumi.Output.from_input(None)


def _resolve(name: str, args: S3IOUserArgs) -> dict[str, Any]:
    values = without_traceback(lambda: inputs.resolve(args))
    # Pulumi's autoname is the component's name, a dash and seven digits.
    made = values["user_name"] is None and values["existing_user"] is None
    if made and (fault := names.user_name_fault(f"{name}-1234567")):
        raise ComponentInputError([("user_name", f"can't be made of the component's name '{name}': {fault}")])
    return values


def _refuse_lost_key(change: pulumi.ResourceHookArgs) -> None:
    """Refuse a step of the generation that would take the key in use with it. Runs before the component's update."""
    old, new = change.old_inputs or {}, change.new_inputs or {}
    if "keyGeneration" not in old:
        return
    previous = PreviousKey(new["previousKey"])
    fault = keys.step_fault(int(old["keyGeneration"]), int(new["keyGeneration"]), previous)
    unfinished = "keyGeneration" not in (change.old_outputs or {})
    if (
        fault is None
        and unfinished
        and previous is not PreviousKey.REMOVED
        and old["keyGeneration"] != new["keyGeneration"]
    ):
        fault = (
            f"must stay {int(old['keyGeneration'])} until an update with it has finished: run pulumi up with it first"
        )
    if fault:
        raise ValueError(fault)
