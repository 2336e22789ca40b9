"""The component: one IAM user with its permissions and its access key."""

from dataclasses import fields
from typing import Any, Optional

import pulumi
import pulumi_aws as aws

from s3io_user import tokens, wording
from s3io_user.component import calendar, traces
from s3io_user.component.context import Context
from s3io_user.component.gates import Gates
from s3io_user.component.identity import identity_inputs
from s3io_user.component.keys import make_keys
from s3io_user.component.lookups import FoundUser, find_user, name_keys_by_hand, read_permissions, region_of
from s3io_user.component.own_state import State, state_at_start
from s3io_user.component.program import begin_requests, claim_user_name, in_a_program, once_made, say_once, shared
from s3io_user.component.required import Required
from s3io_user.component.rights import make_exclusive, make_group_membership, make_rights, make_self_service
from s3io_user.iam import arns, buckets, names
from s3io_user.iam.user_policies import Permissions
from s3io_user.inputs import checks, plan
from s3io_user.inputs.args import S3IOUserArgs
from s3io_user.inputs.fields import Inputs
from s3io_user.inputs.late import ComponentInputError, as_output, with_known_secrets, without_traceback
from s3io_user.inputs.plan import Planned
from s3io_user.keys.changes import step_inputs
from s3io_user.policy.presets import Access

# Optional[…] and no future annotations: Pulumi's analysis of components reads these types at run time.


_DEFAULTS: S3IOUserArgs = {}


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
    encrypted_secret: pulumi.Output[Optional[str]]
    """With pgp_key, the secret encrypted with it, as base64."""
    policy_document: pulumi.Output[Optional[str]]
    """The user's own policy document, as JSON."""
    secret_arn: pulumi.Output[Optional[str]]
    """With secrets_manager, the secret's ARN."""
    parameter_names: pulumi.Output[list[str]]
    """With parameter_store, the names of its parameters."""
    credentials: pulumi.Output[dict[str, Any]]
    """What the application needs, in one secret map: userName, accessKeyId, secretAccessKey, region and buckets."""

    def __init__(
        self, name: str, args: S3IOUserArgs = _DEFAULTS, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        inputs = _resolve(name, args)
        begin_requests()
        gates = shared("gates", name, Gates)
        state = _state_at_start(name, inputs)
        inputs = calendar.follow(name, inputs, gates, state)
        # The state keeps these with the component, and the gates compare the next ones with them.
        kept = {**step_inputs(inputs.step), **identity_inputs(inputs.user_name, inputs.existing_user)}
        own = pulumi.ResourceOptions(hooks=gates.adopter if inputs.existing_user else gates.component)
        with traces.none():
            super().__init__(tokens.COMPONENT, name, kept, pulumi.ResourceOptions.merge(opts, own))
        if opts and opts.retain_on_delete:
            pulumi.log.warn(_RETAINED, self)
        if args.get("access") is None and inputs.access is Access.S3_ACCESS:
            say_once(_TIGHTER, self)
        context = Context(name, inputs, self, gates, state or {})
        region = region_of(self)
        copied, planned = _prepare(context, region)

        user, in_state = _user(context, copied)
        self.user_name = as_output(user.name)
        self.user_arn = as_output(user.arn)
        self.user_unique_id = as_output(user.unique_id)
        memberships = make_group_membership(context, self.user_name, copied)
        partition = _partition(region, self.user_arn)
        rights = make_rights(context, self.user_name, partition, copied, planned)
        self.policy_document = as_output(rights.document)
        first = [*memberships, *rights.made, *calendar.note(context)]
        made, last = make_keys(context, self.user_name, region, after=first)
        created = {each.name: getattr(made, each.name) for each in fields(made)}
        for output, value in created.items():
            setattr(self, output, as_output(value))
        self._none = {name for name, value in {**created, "policy_document": rights.document}.items() if value is None}
        upkeep = make_self_service(context, self.user_name, self.user_arn, last)
        make_exclusive(context, self.user_name, rights, upkeep)
        if inputs.existing_user:
            name_keys_by_hand(self, inputs.existing_user, [self.access_key_id, self.previous_access_key_id])
        # Once it has outputs, the engine counts the component as finished, and the gates its generation as created.
        generation = once_made(self, kept["keyGeneration"], [in_state, *first, *last, *upkeep])
        # Of what it keeps, previousKey is looked for among the inputs alone.
        finished = {name: value for name, value in kept.items() if name != "previousKey"}
        self.register_outputs({**finished, "keyGeneration": generation, **self._outputs_in_state()})

    @property
    def required(self) -> Required:
        """The optional outputs as required ones: ``site.required.secret_access_key`` is an ``Output[str]``."""
        return Required(self)

    def exports(self) -> dict[str, pulumi.Output[Any]]:
        """The outputs that these inputs create, under their names in stack outputs and in Pulumi's other languages.

        The others are left out, as `pulumi.export` leaves out an output that is None. Within a map it would keep them,
        and with many users the engine writes each again and again.
        """
        return {wording.camel_case(name): getattr(self, name) for name in OUTPUTS if name not in self._none}

    def _outputs_in_state(self) -> dict[str, pulumi.Output[Any]]:
        """The outputs that the state keeps with the component.

        A program has all of them from this object. In the state, the others are already with their resources and in
        the stack outputs, and another copy would make it larger and have the secret twice more. Through the plugin, a
        program may get the component by its URN, and then the outputs come from the state.
        """
        return {name: value for name, value in self.exports().items() if not in_a_program() or name in _IN_STATE}


# The outputs that the gates, and commands such as doctor, read.
_IN_STATE = {"userName", "accessKeyId", "previousAccessKeyId"}

_TIGHTER = (
    "access is not set, so the user gets 's3-access', the help page's policy, with which its key can also change the "
    "buckets' own settings. 'optimizer' allows only what the plugin calls. Set access to the one that you want"
)
_RETAINED = (
    "retain_on_delete: a key that a rotation removes stays active in AWS. First set previous_key to 'inactive' for one "
    "update"
)

OUTPUTS = tuple(S3IOUser.__annotations__)
"""The component's outputs, as its attributes name them."""


def _resolve(name: str, args: S3IOUserArgs) -> Inputs:
    inputs = without_traceback(lambda: checks.resolve(args))
    # Pulumi names the user by the component's name, a dash and seven digits.
    made = inputs.user_name is None and inputs.existing_user is None
    if made and (fault := names.user_name_fault(f"{name}-1234567")):
        raise ComponentInputError(
            [("user_name", f"can't be made of the component's name {wording.shown(name)}: {fault}")]
        )
    return inputs


def _state_at_start(name: str, inputs: Inputs) -> State | None:
    """The stack's state before this update, for the inputs that need it; None if it is not known."""
    needed = [each for each in ("rotate_every_days", "existing_user") if getattr(inputs, each) is not None]
    try:
        return shared("state at the start", name, lambda _: state_at_start()) if needed else None
    except ValueError as error:
        raise ComponentInputError([(needed[0], str(error))]) from None


def _prepare(context: Context, region: pulumi.Input[str] | None) -> tuple[Permissions, Planned]:
    """Look up, check and plan as much as possible before anything is created."""
    inputs = context.inputs
    if isinstance(inputs.user_name, str):
        claim_user_name(context.parent, context.name, inputs.user_name)
    for bucket in inputs.buckets or []:
        if isinstance(bucket, str) and buckets.legacy_bucket(buckets.parse_bucket(bucket).name):
            pulumi.log.warn(f"buckets: only an old bucket in us-east-1 can be named '{bucket}'", context.parent)
    calendar.tell(context)
    copied = _copied(context)
    if faults := plan.quota_faults(inputs, copied):
        raise ComponentInputError(faults)
    partition = arns.partition_of_region(region) if isinstance(region, str) else None
    return copied, with_known_secrets(lambda known: plan.plan(known, partition, copied), inputs)


def _copied(context: Context) -> Permissions:
    source = context.inputs.copy_permissions_from
    if source is None:
        return Permissions()
    found = read_permissions(context.parent, source)
    copied = found.without_quarantine
    if copied != found:
        pulumi.log.warn(f"copied from the user '{source}': {_QUARANTINED}", context.parent)
    pulumi.log.info(f"copied from the user '{source}': {copied}", context.parent)
    if policies := copied.of_an_administrator:
        named = ", ".join(map(wording.legible, policies))
        pulumi.log.warn(f"copied from the user '{source}': {named}: {_ADMINISTRATOR}", context.parent)
    if policies := copied.of_a_key:
        named = ", ".join(map(wording.legible, policies))
        pulumi.log.warn(f"copied from the user '{source}': {named}: {_OF_ITS_KEY}", context.parent)
    return copied


_QUARANTINED = (
    "AWS quarantined this user, because credentials of it were exposed. Its other permissions are copied, and not the "
    "quarantine. Have its owner replace its keys"
)
_OF_ITS_KEY = (
    "this user may then read or replace what these policies name, such as the other user's access key. To keep it from "
    "that, set access instead of copying"
)
_ADMINISTRATOR = "whoever has the key is an administrator of the account; copy from another user, or set access"


def _user(context: Context, copied: Permissions) -> "tuple[aws.iam.User | FoundUser, aws.iam.User]":
    """The user, and what the state has of it."""
    inputs = context.inputs
    if inputs.existing_user:
        context.gates.adopts(context.parent, context.name, context.state)
        found = find_user(context.parent, inputs.existing_user, inputs.existing_user_arn)
        # The engine does not own what it reads: this lets go of a user that the stack created, and it stays in AWS.
        # Nothing depends on it, so that `pulumi state delete` can make room for an import.
        with traces.none():
            return found, aws.iam.User.get(context.name, found.name, opts=context.options())
    created = _new_user(context, copied)
    return created, created


@traces.none()
def _new_user(context: Context, copied: Permissions) -> aws.iam.User:
    return aws.iam.User(
        context.name,
        name=context.checked("user_name"),
        path=context.checked("path"),
        tags=context.checked("tags"),
        permissions_boundary=context.checked("permissions_boundary") or copied.boundary,
        force_destroy=context.checked("force_destroy"),
        # The provider would rename in place, and then delete the old key under the old name, which leaves it active.
        opts=context.options(replace_on_changes=["name"], hooks=context.gates.user),
    )


def _partition(region: pulumi.Input[str] | None, user_arn: pulumi.Output[str]) -> pulumi.Input[str]:
    """The partition of the region, or, if only AWS's own files name that, of the user's ARN."""
    if isinstance(region, str):
        return arns.partition_of_region(region)
    from_arn = user_arn.apply(arns.partition_of_arn)
    # An explicit provider's region is an Output, and None if a profile sets it.
    late: pulumi.Output[str | None] = pulumi.Output.from_input(region)
    return late.apply(lambda known: arns.partition_of_region(known) if known else from_arn)
