"""The component: one IAM user, its rights and its access key. The only module that makes resources."""

from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from s3io_user import args as inputs
from s3io_user import keys, names, policy
from s3io_user.args import S3IOUserArgs
from s3io_user.errors import InputError
from s3io_user.keys import PreviousKey, Slot
from s3io_user.policy import Access
from s3io_user.runtime import ComponentInputError, checked, claim_user_name, region_of, when_known

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
        self._check_before_anything_is_made()

        user = self._make_user()
        self.user_name, self.user_arn, self.user_unique_id = user.name, user.arn, user.unique_id
        self._make_group_membership()
        self.policy_document = pulumi.Output.from_input(self._make_rights())
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

    def _check_before_anything_is_made(self) -> None:
        user_name = self._values["user_name"]
        if isinstance(user_name, str):
            claim_user_name(self, self._name, user_name)
        if isinstance(self._region, str):
            self._document(names.partition_of_region(self._region))
        for bucket in self._values["buckets"] or []:
            if isinstance(bucket, str) and names.legacy_bucket(names.parse_bucket(bucket).name):
                pulumi.log.warn(f"buckets: only an old bucket in us-east-1 can be named '{bucket}'", self)

    def _make_user(self) -> aws.iam.User:
        return aws.iam.User(
            self._name,
            name=self._checked("user_name"),
            path=self._checked("path"),
            tags=self._checked("tags"),
            permissions_boundary=self._checked("permissions_boundary"),
            force_destroy=self._values["force_destroy"],
            # The provider renames in place, then deletes the old key under a name that is gone: it would live on.
            opts=self._child(replace_on_changes=["name"]),
        )

    def _make_group_membership(self) -> None:
        if self._values["groups"]:
            aws.iam.UserGroupMembership(
                self._name, user=self.user_name, groups=self._checked("groups"), opts=self._child()
            )

    def _make_rights(self) -> pulumi.Input[str] | None:
        partition = self._partition()
        if self._values["access"] is Access.FULL:
            aws.iam.UserPolicyAttachment(
                f"{self._name}-AmazonS3FullAccess",
                user=self.user_name,
                policy_arn=when_known(names.managed_policy_arn, name="AmazonS3FullAccess", partition=partition),
                opts=self._child(),
            )
        document = self._document(partition)
        if document is not None:
            aws.iam.UserPolicy(
                self._name,
                user=self.user_name,
                name=self._checked("policy_name"),
                policy=document,
                opts=self._child(),
            )
        return document

    def _partition(self) -> pulumi.Input[str]:
        if self._region is None:
            return self.user_arn.apply(names.partition_of_arn)
        return when_known(names.partition_of_region, region=self._region)

    def _document(self, partition: pulumi.Input[str]) -> pulumi.Input[str] | None:
        values = self._values
        if values["access"] in (Access.FULL, Access.NONE):
            return None
        return when_known(
            lambda **given: policy.compact(policy.s3_policy_document(**given)),
            partition=partition,
            account_id=policy.OWN_ACCOUNT if values["same_account_only"] else None,
            **{key: values[key] for key in ("access", "buckets", "tls_only", *inputs.WIDENING)},
            **{key: values[key] or () for key in ("kms_key_arns", "source_ips", "source_vpc_endpoints")},
        )

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

_ALSO_IN_PREVIEW = pulumi.ResourceHookOptions(on_dry_run=True)


def camel_case(name: str) -> str:
    """A Python name as Pulumi's other languages, its config and stack outputs spell it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _nothing() -> pulumi.Output[Optional[str]]:
    return pulumi.Output.from_input(None)


def _resolve(name: str, args: S3IOUserArgs) -> dict[str, Any]:
    try:
        values = inputs.resolve(args)
    except InputError as error:
        raise ComponentInputError(error.faults) from None
    # Pulumi's autoname is the component's name, a dash and seven digits.
    if values["user_name"] is None and (fault := names.user_name_fault(f"{name}-1234567")):
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
