"""The component's inputs: their types and descriptions, and the checks that come before anything is made."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Optional, TypedDict

import pulumi

from s3io_user import keys, names
from s3io_user.errors import InputError
from s3io_user.keys import KeyStatus, PreviousKey
from s3io_user.policy import Access

# Optional[…] and list[…], not their newer spellings, and no future annotations: Pulumi's analysis of components
# reads these types at run time to make the schema for the other languages.


class S3IOUserArgs(TypedDict, total=False):
    """What the user is, what it may do, and which keys it has. Every input may be left out."""

    user_name: Optional[pulumi.Input[str]]
    """The user's name: up to 64 letters, digits and _ + = , . @ -, unique in the account without regard to case. Left out, it is the component's name with a random suffix. A changed name makes a new user with a new key, and removes the old."""
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
    access: Optional[Access]
    """What the user may do: full (AmazonS3FullAccess), s3-access (the help page's policy), optimizer (exactly what the S3 Image Optimizer calls), read-only, or none. s3-access when left out."""
    buckets: Optional[list[pulumi.Input[str]]]
    """The buckets that the user may use: a name, name/folder, an ARN or an s3:// URI each. Every bucket when left out."""
    allow_acl: Optional[bool]
    """With optimizer: also s3:PutObjectAcl, which buckets that still use ACLs need."""
    allow_delete: Optional[bool]
    """With optimizer: also s3:DeleteObject, which the plugin's WebP tools need. Those can delete unrelated .webp files."""
    allow_bucket_listing: Optional[bool]
    """With optimizer: also s3:ListAllMyBuckets, so that the plugin can offer a list of the account's buckets."""
    kms_key_arns: Optional[list[pulumi.Input[str]]]
    """ARNs of the KMS keys that encrypt the buckets: usable through S3 alone."""
    tls_only: Optional[bool]
    """Deny every request that does not come over TLS."""
    source_ips: Optional[list[pulumi.Input[str]]]
    """Deny every request that does not come from one of these public addresses or blocks (or source_vpc_endpoints)."""
    source_vpc_endpoints: Optional[list[pulumi.Input[str]]]
    """Deny every request that does not come through one of these VPC endpoints (or from source_ips)."""
    same_account_only: Optional[bool]
    """Allow only buckets that belong to the user's own account."""
    policy_name: Optional[pulumi.Input[str]]
    """The policy's name. S3Access when left out."""
    create_access_key: Optional[bool]
    """Whether the user has an access key. true when left out."""
    key_status: Optional[KeyStatus]
    """Active, or Inactive to switch the key off without losing it."""
    key_generation: Optional[int]
    """Raise it by one to replace the access key: 1, 2, 3, …"""
    previous_key: Optional[PreviousKey]
    """What becomes of the previous key when the generation is raised: removed, inactive or active."""


@dataclass(frozen=True)
class Field:
    """What an input holds (a list: of what), and the check of each of its values that are known."""

    kind: type
    check: Callable[[Any], str | None] | None = None
    default: Any = None


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
    "path": Field(str, names.path_fault),
    "tags": Field(dict),
    "permissions_boundary": Field(str, names.policy_arn_fault),
    "force_destroy": Field(bool, default=True),
    "groups": Field(list, names.group_name_fault),
    "access": Field(Access, default=Access.S3_ACCESS),
    "buckets": Field(list, _reason(names.parse_bucket)),
    "allow_acl": Field(bool, default=False),
    "allow_delete": Field(bool, default=False),
    "allow_bucket_listing": Field(bool, default=False),
    "kms_key_arns": Field(list, _reason(names.parse_kms_key)),
    "tls_only": Field(bool, default=False),
    "source_ips": Field(list, names.source_ip_fault),
    "source_vpc_endpoints": Field(list, names.vpc_endpoint_fault),
    "same_account_only": Field(bool, default=False),
    "policy_name": Field(str, names.policy_name_fault, default="S3Access"),
    "create_access_key": Field(bool, default=True),
    "key_status": Field(KeyStatus, default=KeyStatus.ACTIVE),
    "key_generation": Field(int, keys.generation_fault, default=1),
    "previous_key": Field(PreviousKey, default=PreviousKey.REMOVED),
}
"""Every input of S3IOUserArgs, in its order (a test holds that)."""

# Inputs that shape a document, and so mean nothing where there is none.
NARROWING = ("buckets", "kms_key_arns", "tls_only", "source_ips", "source_vpc_endpoints", "same_account_only")
WIDENING = ("allow_acl", "allow_delete", "allow_bucket_listing")

Fault = tuple[str, str]


def resolve(args: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with defaults in place, choices as enums and whole floats as integers.

    Raises InputError with every fault. What is an Output is not known yet: it is let through, and checked when it is.
    """
    given = {name: value for name, value in args.items() if value is not None}
    faults = [_unknown(name, FIELDS) for name in given if name not in FIELDS]
    values = {name: _value(name, field, given, faults) for name, field in FIELDS.items()}
    faults += _conflicts(values, given)
    if faults:
        raise InputError(faults)
    return values


def check(name: str, value: Any) -> list[Fault]:
    """The faults of one input's value, as far as it is known."""
    field = FIELDS[name]
    if isinstance(value, pulumi.Output):
        return []
    if field.kind is list:
        return list(_list_faults(name, value, field))
    if field.kind is dict:
        return _tag_faults(name, value)
    wrong = _type_fault(value, field.kind)
    fault = wrong or (field.check(value) if field.check else None)
    return [(name, fault)] if fault else []


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint to an unknown name: the nearest known one, or all of them where none is near."""
    choices = list(known)
    near = difflib.get_close_matches(name, choices, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(choices)}"


def _unknown(name: str, known: Iterable[str]) -> Fault:
    return str(name), f"is not an input ({nearest(str(name), known)})"


def _value(name: str, field: Field, given: Mapping[str, Any], faults: list[Fault]) -> Any:
    if name not in given:
        return field.default
    value = given[name]
    if issubclass(field.kind, Enum):
        try:
            return field.kind(value)
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
    return None


def _list_faults(name: str, values: Any, field: Field) -> Iterator[Fault]:
    if isinstance(values, str) or not isinstance(values, list | tuple):
        yield name, f"must be a list (got {names.shown(values)})"
        return
    for value in values:
        fault = None if isinstance(value, pulumi.Output) or field.check is None else field.check(value)
        if fault:
            yield name, fault
    if name == "groups" and len(set(map(str, values))) > 10:
        yield name, f"a user can be in at most 10 groups (got {len(values)})"


def _tag_faults(name: str, tags: Any) -> list[Fault]:
    if not isinstance(tags, Mapping):
        return [(name, f"must be a map of keys to values (got {names.shown(tags)})")]
    wrong = [key for key, value in tags.items() if not isinstance(value, str | pulumi.Output)]
    return [
        *((name, f"the tag {names.shown(key)} must have a string as its value (got {tags[key]!r})") for key in wrong),
        *((name, fault) for fault in names.tag_faults(tags)),
    ]


def _conflicts(values: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[Fault]:
    access = values["access"]
    if access in (Access.FULL, Access.NONE):
        what = "AmazonS3FullAccess can't be narrowed" if access is Access.FULL else "there is nothing to narrow"
        for name in NARROWING:
            if given.get(name):
                yield name, f"does not go with access '{access.value}': {what}"
    if access is not Access.OPTIMIZER:
        for name in WIDENING:
            if given.get(name):
                yield name, f"goes with access 'optimizer' alone (got '{access.value}')"
    if given.get("buckets") == []:
        yield "buckets", "name at least one bucket, or leave it out for every bucket (got none)"
