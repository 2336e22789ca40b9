"""Every input in one place: the type of its resolved value, its default, its check and its other properties."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import Any

import pulumi

from s3io_user.iam import documents, names, sources, stores
from s3io_user.iam.arns import parse_kms_key, policy_arn_fault
from s3io_user.iam.buckets import parse_bucket, parse_prefix
from s3io_user.iam.pgp import pgp_key_fault
from s3io_user.inputs.args import ParameterStoreArgs, SecretsManagerArgs
from s3io_user.keys import schedule, slots
from s3io_user.keys.changes import Step, digest
from s3io_user.keys.schedule import Rotated
from s3io_user.keys.slots import KeyStatus, PreviousKey
from s3io_user.policy.packing import ATTACHED_LIMIT, GROUPS_LIMIT, PolicyType
from s3io_user.policy.presets import Access
from s3io_user.policy.self_service import SelfService
from s3io_user.wording import shown

Check = Callable[[Any], str | None]


@dataclass(frozen=True)
class Field:
    """An input: the type of its value, and the check of the value, or of each item of a list, once it is known."""

    kind: type
    check: Check | None = None
    default: Any = None
    late: bool = False
    """Whether it may be an Output as a whole. Other inputs decide which resources exist, or are lists of Outputs."""
    secret: bool = False
    """Whether a secret in the stack config stays one in the state: as a whole if ``late``, else each item."""
    of_new_user: bool = False
    """Whether it applies to a new user, and so can't be combined with an existing one."""
    of_document: bool = False
    """Whether it applies to a preset's document, and so has no effect without one."""
    parts: Mapping[str, Check] | None = None
    """The checks of a nested input's own parts; the first is required."""
    ahead: bool = False
    """Whether a list's items must be known in advance, because they decide which resources exist."""
    choices: type[Enum] | None = None
    """The enum of the values that a list may have."""
    commas: bool = False
    """Whether a string is split at each of its commas into a list. Otherwise only where an ARN follows."""
    most: tuple[int, str] | None = None
    """The maximum number of different items in a list, and the sentence that says so."""


def _reason(parse: Callable[[Any], Any]) -> Check:
    def check(value: Any) -> str | None:
        try:
            parse(value)
        except ValueError as fault:
            return str(fault)
        return None

    return check


_FIELD = "field"
_GROUPS = (GROUPS_LIMIT, "a user can be in at most {} groups")
_POLICIES = (ATTACHED_LIMIT, "a user can have at most {} managed policies")


def _input(kind: type, check: Check | None = None, default: Any = None, **more: Any) -> Any:
    return field(default=default, metadata={_FIELD: Field(kind, check, default, **more)})


def _late(kind: type, check: Check | None = None, default: Any = None, **more: Any) -> Any:
    return _input(kind, check, default, late=True, **more)


def _of_document(parse: Check) -> Any:
    return _input(list, parse, secret=True, of_document=True, commas=True)


def _choices(choices: type[Enum]) -> Any:
    return _input(list, _one_of(choices), choices=choices, commas=True, ahead=True)


def _one_of(choices: type[Enum]) -> Check:
    def check(value: Any) -> str | None:
        known = [choice.value for choice in choices]
        good = isinstance(value, str) and value in known
        return None if good else f"must be one of {', '.join(known)} (got {shown(value)})"

    return check


def _flag(default: bool = False, **more: Any) -> Any:
    return _input(bool, default=default, **more)


Text = pulumi.Input[str]


@dataclass(frozen=True, kw_only=True, repr=False)  # some may be secret
class Inputs:
    """A user's inputs, checked and with their defaults: those of S3IOUserArgs, in its order (a test holds that).

    To add one, add it to S3IOUserArgs and here, and read it where it has its effect.
    """

    user_name: Text | None = _late(str, names.user_name_fault, of_new_user=True)
    existing_user: str | None = _input(str, names.existing_user_fault)
    """Its name."""
    path: Text | None = _late(str, names.path_fault, of_new_user=True)
    tags: pulumi.Input[Mapping[str, Text]] | None = _late(dict, secret=True, of_new_user=True)
    permissions_boundary: Text | None = _late(str, policy_arn_fault, secret=True, of_new_user=True)
    force_destroy: pulumi.Input[bool] = _late(bool, default=True, of_new_user=True)
    groups: pulumi.Input[list[Text]] | None = _late(list, names.group_name_fault, secret=True, most=_GROUPS)
    copy_permissions_from: str | None = _input(str, names.existing_user_fault)
    access: Access = _input(Access)
    buckets: list[Text] | None = _of_document(_reason(parse_bucket))
    allow_acl: bool = _flag()
    allow_delete: bool = _flag()
    allow_bucket_listing: bool = _flag()
    lock_prefix: str | None = _input(str, _reason(parse_prefix))
    kms_key_arns: list[Text] | None = _of_document(_reason(parse_kms_key))
    tls_only: bool = _flag(of_document=True)
    source_ips: list[Text] | None = _of_document(sources.source_ip_fault)
    source_vpc_endpoints: list[Text] | None = _of_document(sources.vpc_endpoint_fault)
    same_account_only: bool = _flag(of_document=True)
    policy: Any = _late(object, _reason(documents.read_document), secret=True)
    extra_statements: Any = _late(object, _reason(documents.read_statements), secret=True)
    policy_name: Text | None = _late(str, names.policy_name_fault, default="S3Access")
    """None if Pulumi is to choose it, since an existing user may have a policy of any name."""
    policy_type: PolicyType = _input(PolicyType, default=PolicyType.AUTO)
    policy_arns: list[str] | None = _input(list, policy_arn_fault, most=_POLICIES, ahead=True)
    self_service: list[str] | None = _choices(SelfService)
    exclusive: bool = _flag()
    create_access_key: bool = _flag(default=True)
    key_status: KeyStatus = _input(KeyStatus, default=KeyStatus.ACTIVE)
    key_generation: int = _input(int, slots.generation_fault, default=1)
    """With rotate_every_days, the one that is due."""
    previous_key: PreviousKey = _input(PreviousKey, default=PreviousKey.REMOVED)
    rotate_every_days: int | None = _input(int, schedule.days_fault)
    rotate_from: str | None = _input(str, schedule.date_fault)
    wait_until_usable: bool = _flag()
    pgp_key: str | None = _input(str, pgp_key_fault)
    """In base64, whatever form it was given in, or ``keybase:NAME``."""
    secrets_manager: SecretsManagerArgs | None = _input(dict, parts=stores.SECRETS_MANAGER)
    parameter_store: ParameterStoreArgs | None = _input(dict, parts=stores.PARAMETER_STORE)

    existing_user_arn: str | None = None
    """The ARN, if existing_user was given as one. Not an input of its own."""
    due_generation: int | None = None
    """The generation that the calendar says, where key_generation is another since a period was missed."""

    @property
    def step(self) -> Step:
        """What these inputs ask of the user's keys."""
        generation, due = self.key_generation, self.due_generation
        pgp_key = digest(self.pgp_key)
        return Step(generation, self.previous_key, self.rotate_every_days, self.create_access_key, due, pgp_key)

    def after(self, last: Rotated | None) -> "Inputs":
        """The same with the generation to make now, after the last rotation by the calendar."""
        if self.rotate_every_days is None:
            return self
        generation = schedule.next_generation(self.key_generation, self.rotate_every_days, last)
        return replace(self, key_generation=generation, due_generation=self.key_generation)

    @property
    def known_buckets(self) -> list[str]:
        """The buckets whose names are known."""
        return _known(self.buckets)

    @property
    def known_groups(self) -> list[str]:
        """The groups whose names are known."""
        return _known(self.groups)


def _known(items: pulumi.Input[list[Text]] | None) -> list[str]:
    return [item for item in items if isinstance(item, str)] if isinstance(items, list | tuple) else []


FIELDS: dict[str, Field] = {each.name: each.metadata[_FIELD] for each in fields(Inputs) if each.metadata}
"""Every input by its name."""
