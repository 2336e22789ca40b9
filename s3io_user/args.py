"""The component's inputs: their types and descriptions, and the checks that come before anything is made."""

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Optional, TypedDict

import pulumi

from s3io_user import calendar, documents, keys, names, stores
from s3io_user.errors import InputError
from s3io_user.keys import KeyStatus, PreviousKey
from s3io_user.packing import ATTACHED_LIMIT, GROUPS_LIMIT, PolicyType
from s3io_user.pgp import pgp_key_fault, read_pgp_key
from s3io_user.presets import OPTIONS, Access, accesses_with, preset_of

# Optional[…] and list[…], not their newer spellings, and no future annotations: Pulumi's analysis of components
# reads these types at run time to make the schema for the other languages.


class SecretsManagerArgs(TypedDict, total=False):
    """A secret in AWS Secrets Manager that holds the credentials, as one JSON value."""

    name: pulumi.Input[str]
    """The secret's name: letters, digits and / _ + = . @ -, up to 512."""
    kms_key_id: Optional[pulumi.Input[str]]
    """The KMS key that encrypts it: its ARN, ID or alias. AWS's own key when left out."""
    recovery_window_in_days: Optional[int]
    """For how long a deleted secret can be restored: 0, or 7 to 30 days. 30 when left out."""


class ParameterStoreArgs(TypedDict, total=False):
    """A SecureString in the Systems Manager Parameter Store that holds the credentials, as one JSON value."""

    path: pulumi.Input[str]
    """The path of the parameter, such as /sites/example: the parameter is its child 'credentials'."""
    kms_key_id: Optional[pulumi.Input[str]]
    """The KMS key that encrypts it: its ARN, ID or alias. AWS's own key when left out."""


class S3IOUserArgs(TypedDict, total=False):
    """What the user is, what it may do, and which keys it has. Every input may be left out."""

    user_name: Optional[pulumi.Input[str]]
    """The user's name: up to 64 letters, digits and _ + = , . @ -, unique in the account without regard to case. Left out, it is the component's name with a random suffix. A changed name makes a new user with a new key, and removes the old."""
    existing_user: Optional[str]
    """The name or ARN of a user that exists already and is to get rights and a key. It is looked up, and never changed or deleted, and what it has already is not taken over. Goes with none of the inputs that shape a new user."""
    path: Optional[pulumi.Input[str]]
    """The path that the user is filed under, such as /websites/. Begins and ends with a slash; / when left out."""
    tags: Optional[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of the user, at most 50."""
    permissions_boundary: Optional[pulumi.Input[str]]
    """The ARN of the policy that bounds what the user can ever be allowed."""
    force_destroy: Optional[pulumi.Input[bool]]
    """Whether a destroy also removes keys, policies and memberships that were given to the user by hand. true when left out."""
    groups: Optional[pulumi.Input[list[pulumi.Input[str]]]]
    """Names of existing groups to put the user in. Its other memberships are left alone."""
    copy_permissions_from: Optional[str]
    """The name of a user to copy from: its groups, attached policies, inline policies and permissions boundary, as they are at the time. Read with the credentials of the stack's aws: config."""
    access: Optional[Access]
    """What the user may do: full (AmazonS3FullAccess), s3-access (the help page's policy), optimizer (exactly what the S3 Image Optimizer calls), read-only, or none. s3-access when left out."""
    buckets: Optional[list[pulumi.Input[str]]]
    """The buckets that the user may use: a name, name/folder, an ARN, an s3:// URI or an S3 address each. Every bucket when left out."""
    allow_acl: Optional[bool]
    """With optimizer: also s3:PutObjectAcl, which buckets that still use ACLs need."""
    allow_delete: Optional[bool]
    """With optimizer: also s3:DeleteObject, which the plugin's WebP tools need. Those can delete unrelated .webp files."""
    allow_bucket_listing: Optional[bool]
    """With optimizer: also s3:ListAllMyBuckets, so that the plugin can offer a list of the account's buckets."""
    kms_key_arns: Optional[list[pulumi.Input[str]]]
    """ARNs of the KMS keys that encrypt the buckets: usable through S3 alone."""
    tls_only: Optional[bool]
    """Deny every request that does not come over TLS: every action of every service, whatever other policies allow."""
    source_ips: Optional[list[pulumi.Input[str]]]
    """Deny every request that does not come from one of these public addresses or blocks (or source_vpc_endpoints): every action of every service, whatever other policies allow. Exempt are what an AWS service calls on the user's behalf, and sts:GetCallerIdentity, which no policy can deny."""
    source_vpc_endpoints: Optional[list[pulumi.Input[str]]]
    """Deny every request that does not come through one of these VPC endpoints (or from source_ips), of every service, with the same exemptions. A service without a VPC endpoint of yours can then not be used."""
    same_account_only: Optional[bool]
    """Deny every S3 action on what belongs to another account, whatever other policies allow."""
    policy: Optional[pulumi.Input[Any]]
    """A policy document of your own, in place of access: its JSON text, or a map such as s3_policy_document returns."""
    policy_name: Optional[pulumi.Input[str]]
    """The inline policy's name. Left out, it is S3Access; an existing user's is the component's name with a random suffix, since S3Access may be there already."""
    policy_type: Optional[PolicyType]
    """How the user gets its document: auto (inline where it fits 2,048 characters, else managed), inline or managed."""
    policy_arns: Optional[list[str]]
    """ARNs of further managed policies to attach. They must be known: attach a policy that the same program makes with aws.iam.UserPolicyAttachment."""
    exclusive: Optional[bool]
    """Detach every policy that is not declared here, AmazonS3FullAccess first of all. What is attached later is detached by the next pulumi up --refresh."""
    create_access_key: Optional[bool]
    """Whether the user has an access key. true when left out."""
    key_status: Optional[KeyStatus]
    """Active, or Inactive to switch the key off without losing it."""
    key_generation: Optional[int]
    """Raise it by one to replace the access key: 1, 2, 3, …"""
    previous_key: Optional[PreviousKey]
    """What becomes of the previous key when the generation is raised: removed, inactive or active."""
    rotate_every_days: Optional[int]
    """In place of key_generation: replace the key every so many days, counted from rotate_from. A scheduled pulumi up does it when it is due."""
    rotate_from: Optional[str]
    """The day, in UTC, from which rotate_every_days counts, as YYYY-MM-DD: the day of the first deployment. Leave it as it is afterwards."""
    wait_until_usable: Optional[bool]
    """Whether an update that makes a key waits until AWS accepts it three times in a row, before the previous one goes."""
    pgp_key: Optional[str]
    """A public PGP key (base64 of its binary form, armoured text, or keybase:NAME) to encrypt the secret with: it is then nowhere in Pulumi's state, and encrypted_secret is."""
    secrets_manager: Optional[SecretsManagerArgs]
    """Where to put the credentials in AWS Secrets Manager."""
    parameter_store: Optional[ParameterStoreArgs]
    """Where to put the credentials in the Systems Manager Parameter Store."""


@dataclass(frozen=True)
class Field:
    """What an input holds (a list: of what), and the check of each of its values that are known."""

    kind: type
    check: Callable[[Any], str | None] | None = None
    default: Any = None
    parts: Mapping[str, Callable[[Any], str | None]] | None = None
    """The checks of a nested input's own parts; the first is required."""
    commas: bool = False
    """Whether a list may be given as one text, with commas in between. Without, such a text is a list of one."""


def _reason(parse: Callable[[Any], Any]) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        try:
            parse(value)
        except ValueError as fault:
            return str(fault)
        return None

    return check


FIELDS: dict[str, Field] = {
    "user_name": Field(str, names.user_name_fault),
    "existing_user": Field(str, names.existing_user_fault),
    "path": Field(str, names.path_fault),
    "tags": Field(dict),
    "permissions_boundary": Field(str, names.policy_arn_fault),
    "force_destroy": Field(bool, default=True),
    "groups": Field(list, names.group_name_fault),
    "copy_permissions_from": Field(str, names.existing_user_fault),
    "access": Field(Access),
    "buckets": Field(list, _reason(names.parse_bucket), commas=True),
    "allow_acl": Field(bool, default=False),
    "allow_delete": Field(bool, default=False),
    "allow_bucket_listing": Field(bool, default=False),
    "kms_key_arns": Field(list, _reason(names.parse_kms_key), commas=True),
    "tls_only": Field(bool, default=False),
    "source_ips": Field(list, names.source_ip_fault, commas=True),
    "source_vpc_endpoints": Field(list, names.vpc_endpoint_fault, commas=True),
    "same_account_only": Field(bool, default=False),
    "policy": Field(object, _reason(documents.read_document)),
    "policy_name": Field(str, names.policy_name_fault, default="S3Access"),
    "policy_type": Field(PolicyType, default=PolicyType.AUTO),
    "policy_arns": Field(list, names.policy_arn_fault),
    "exclusive": Field(bool, default=False),
    "create_access_key": Field(bool, default=True),
    "key_status": Field(KeyStatus, default=KeyStatus.ACTIVE),
    "key_generation": Field(int, keys.generation_fault, default=1),
    "previous_key": Field(PreviousKey, default=PreviousKey.REMOVED),
    "rotate_every_days": Field(int, calendar.days_fault),
    "rotate_from": Field(str, calendar.date_fault),
    "wait_until_usable": Field(bool, default=False),
    "pgp_key": Field(str, pgp_key_fault),
    "secrets_manager": Field(dict, parts=stores.SECRETS_MANAGER),
    "parameter_store": Field(dict, parts=stores.PARAMETER_STORE),
}
"""Every input of S3IOUserArgs, in its order (a test holds that)."""

# Inputs that may be an Output as a whole, by the types above (a test holds that).
KNOWN_LATE = (
    "user_name",
    "path",
    "tags",
    "permissions_boundary",
    "force_destroy",
    "groups",
    "policy",
    "policy_name",
)
_SHAPING = ("user_name", "path", "tags", "permissions_boundary", "force_destroy")
# Inputs that shape a document, and so mean nothing where there is none.
_NARROWING = ("buckets", "kms_key_arns", "tls_only", "source_ips", "source_vpc_endpoints", "same_account_only")

# Far more than a user will have keys, and a number that no other language rounds.
_LARGEST = 1_000_000

Fault = tuple[str, str]


def resolve(args: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with defaults in place, choices as enums and whole floats as integers.

    Raises InputError with every fault. What is an Output is not known yet: it is let through, and checked when it is.
    """
    if not isinstance(args, Mapping):
        raise InputError([("args", f"must be a map of inputs by name (got {names.shown(args)})")])
    given = {name: as_list(name, value) for name, value in args.items() if value is not None}
    faults = [_unknown(name, FIELDS) for name in given if name not in FIELDS]
    values = {name: _value(name, field, given, faults) for name, field in FIELDS.items()}
    if values["access"] is None:
        elsewhere = "policy" in given or "copy_permissions_from" in given
        values["access"] = Access.NONE if elsewhere else Access.S3_ACCESS
    if isinstance(arn := values["existing_user"], str) and (name := names.existing_user_name(arn)) != arn:
        values |= {"existing_user": name, "existing_user_arn": arn}
    if isinstance(values["pgp_key"], str):
        values["pgp_key"] = read_pgp_key(values["pgp_key"])
    if values["existing_user"] and "policy_name" not in given:
        values["policy_name"] = None
    faults += _conflicts(values, given)
    if not faults and values["rotate_every_days"]:
        values["key_generation"] = _due_generation(values, faults)
    if faults:
        raise InputError(faults)
    return values


def as_list(name: str, value: Any) -> Any:
    """A list that is given as one text; any other value as it is."""
    field = FIELDS.get(name)
    if not isinstance(value, str) or field is None or field.kind is not list:
        return value
    return [part.strip() for part in value.split(",") if part.strip()] if field.commas else [value]


def _due_generation(values: Mapping[str, Any], faults: list[Fault]) -> int:
    try:
        return calendar.due(values["rotate_from"], values["rotate_every_days"], calendar.today()).generation
    except ValueError as fault:
        faults.append(("rotate_from", str(fault)))
        return 1


def check(name: str, value: Any) -> list[Fault]:
    """The faults of one input's value, as far as it is known."""
    field = FIELDS[name]
    if isinstance(value, pulumi.Output) or (field.kind is object and not is_plain(value)):
        return []
    if field.kind is list:
        return list(_list_faults(name, value, field))
    if field.parts is not None:
        return list(_parts_faults(name, value, field.parts))
    if field.kind is dict:
        return _tag_faults(name, value)
    wrong = _type_fault(value, field.kind)
    fault = wrong or (field.check(value) if field.check else None)
    return [(name, fault)] if fault else []


def check_part(name: str, part: str, value: Any) -> list[Fault]:
    """The faults of a part of a nested input."""
    parts = FIELDS[name].parts or {}
    return [(f"{name}.{part}", fault)] if (fault := parts[part](value)) else []


def is_plain(value: object) -> bool:
    """Whether a value holds no Output, at any depth."""
    if isinstance(value, Mapping):
        return all(is_plain(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(is_plain(item) for item in value)
    return not isinstance(value, pulumi.Output)


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint to an unknown name: the nearest known one, or all of them where none is near."""
    choices = list(known)
    near = difflib.get_close_matches(name, choices, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(choices)}"


def _unknown(name: str, known: Iterable[str]) -> Fault:
    return names.legible(name), f"is not an input ({nearest(str(name), known)})"


_PLAIN = "must be plain, not an Output: what is made depends on it"
_IN_A_LIST = "must be a plain list; put an Output in a list, as in [bucket.bucket]"


def _value(name: str, field: Field, given: Mapping[str, Any], faults: list[Fault]) -> Any:
    if name not in given:
        return field.default
    value = given[name]
    if isinstance(value, pulumi.Output) and name not in KNOWN_LATE:
        faults.append((name, _IN_A_LIST if field.kind is list and name != "policy_arns" else _PLAIN))
        return field.default
    if issubclass(field.kind, Enum):
        try:
            return field.kind(value if isinstance(value, str) else None)
        except ValueError:
            choices = ", ".join(choice.value for choice in field.kind)
            faults.append((name, f"must be one of {choices} (got {names.shown(value)})"))
            return field.default
    found = check(name, value)
    faults += found
    return int(value) if field.kind is int and not found else value


def _type_fault(value: Any, kind: type) -> str | None:
    if kind is bool and not isinstance(value, bool):
        return f"must be true or false (got {names.shown(value)})"
    if kind is str and not isinstance(value, str):
        return f"must be a string (got {names.shown(value)})"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int and (not number or _LARGEST < abs(value) < math.inf):
        return f"must be a whole number of at most {_LARGEST:,} (got {names.shown(value)})"
    return None


def _list_faults(name: str, values: Any, field: Field) -> Iterator[Fault]:
    if isinstance(values, str) or not isinstance(values, list | tuple):
        yield name, f"must be a list (got {names.shown(values)})"
        return
    for value in values:
        fault = None if isinstance(value, pulumi.Output) or field.check is None else field.check(value)
        if fault:
            yield name, fault
    distinct = len({value if isinstance(value, str) else id(value) for value in values})
    if name == "groups" and distinct > GROUPS_LIMIT:
        yield name, f"a user can be in at most {GROUPS_LIMIT} groups (got {distinct})"
    if name == "policy_arns" and distinct > ATTACHED_LIMIT:
        yield name, f"a user can have at most {ATTACHED_LIMIT} managed policies (got {distinct})"


def _parts_faults(name: str, value: Any, parts: Mapping[str, Callable[[Any], str | None]]) -> Iterator[Fault]:
    required = next(iter(parts))
    if not isinstance(value, Mapping) or value.get(required) is None:
        yield name, f"must be a map with '{required}' (got {names.shown(value)})"
        return
    for part, held in value.items():
        if part not in parts:
            yield f"{name}.{names.legible(part)}", f"is not a key ({nearest(str(part), parts)})"
        elif held is not None and not isinstance(held, pulumi.Output) and (fault := parts[part](held)):
            yield f"{name}.{part}", fault


def _tag_faults(name: str, tags: Any) -> list[Fault]:
    if not isinstance(tags, Mapping):
        return [(name, f"must be a map of keys to values (got {names.shown(tags)})")]
    wrong = [key for key, value in tags.items() if isinstance(key, str) and not isinstance(value, str | pulumi.Output)]
    return [
        *(
            (name, f"the tag {names.shown(key)} must have a string as its value (got {names.shown(tags[key])})")
            for key in wrong
        ),
        *((name, fault) for fault in names.tag_faults(tags)),
    ]


def _conflicts(values: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[Fault]:
    access = values["access"]
    if given.get("existing_user"):
        for name in _SHAPING:
            if name in given:
                yield name, "shapes a new user, so it does not go with existing_user"
    if "policy" in given and "access" in given and access is not Access.NONE:
        yield "policy", f"takes the place of access, so it does not go with access '{access.value}'"
    if not preset_of(access).has_document:
        for name in _NARROWING:
            if given.get(name):
                yield name, f"narrows a document of a preset, and with {_without_document(access, given)} there is none"
    for name in OPTIONS:
        if given.get(name) and name not in preset_of(access).options:
            yield name, f"goes with access {accesses_with(name)} alone (got '{access.value}')"
    if given.get("buckets") == []:
        yield "buckets", "name at least one bucket, or leave it out for every bucket (got none)"
    yield from _key_conflicts(given)
    arns = given.get("policy_arns")
    if isinstance(arns, list | tuple) and any(isinstance(arn, pulumi.Output) for arn in arns):
        yield "policy_arns", "must be known: attach a policy of the same program with aws.iam.UserPolicyAttachment"


def _key_conflicts(given: Mapping[str, Any]) -> Iterator[Fault]:
    if "rotate_every_days" in given:
        if "key_generation" in given:
            yield "rotate_every_days", "does not go with key_generation: the days or you decide, not both"
        if "rotate_from" not in given:
            yield "rotate_from", f"must be the day that rotate_every_days counts from: set it to {calendar.today()}"
    elif "rotate_from" in given:
        yield "rotate_from", "goes with rotate_every_days alone"
    for name in ("secrets_manager", "parameter_store", "wait_until_usable"):
        if "pgp_key" in given and given.get(name):
            yield name, "does not go with pgp_key, with which nobody but its owner has the secret"


def _without_document(access: Access, given: Mapping[str, Any]) -> str:
    return next((name for name in ("policy", "copy_permissions_from") if name in given), f"access '{access.value}'")
