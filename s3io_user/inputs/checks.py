"""Checks all inputs before anything is created, and reports every fault at once."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

import pulumi

from s3io_user import wording
from s3io_user.errors import InputError
from s3io_user.iam import names
from s3io_user.iam.pgp import read_pgp_key
from s3io_user.inputs.fields import FIELDS, Check, Field, Inputs
from s3io_user.keys import schedule
from s3io_user.policy.document import LOCKS_NEED_BUCKETS, NO_BUCKETS
from s3io_user.policy.presets import Access, option_faults, preset_of
from s3io_user.policy.self_service import SelfService
from s3io_user.wording import nearest

# More keys than a user will ever have, and small enough that no other language rounds it.
_LARGEST = 1_000_000
Fault = tuple[str, str]


def resolve(args: Mapping[str, Any]) -> Inputs:
    """Check the inputs, and fill in their defaults; choices become enums, and whole floats integers.

    Raises InputError with every fault. An Output passes: it is checked when its value is known.
    """
    if not isinstance(args, Mapping):
        raise InputError([("args", f"must be a map of inputs by name (got {wording.shown(args)})")])
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
    faults += _conflicts(values["access"], given)
    if not faults and values["rotate_every_days"]:
        values["key_generation"] = _due_generation(values, faults)
    if faults:
        raise InputError(faults)
    return Inputs(**values)


def as_list(name: str, value: Any) -> Any:
    """Turn a list that is given as one string into a list; any other value stays as it is."""
    field = FIELDS.get(name)
    if not isinstance(value, str) or field is None or field.kind is not list:
        return value
    # A name in IAM may contain a comma, but what follows one in a list of ARNs is an ARN.
    parts = value.split(",") if field.commas else re.split(r",(?=\s*arn:)", value)
    return [part.strip() for part in parts if part.strip()] if len(parts) > 1 or field.commas else parts


def _due_generation(values: Mapping[str, Any], faults: list[Fault]) -> int:
    try:
        return schedule.due(values["rotate_from"], values["rotate_every_days"], schedule.today()).generation
    except ValueError as fault:
        faults.append(("rotate_from", str(fault)))
        return 1


def check(name: str, value: Any) -> list[Fault]:
    """The faults of one input's value, as far as the value is known."""
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


def _unknown(name: str, names: Iterable[str]) -> Fault:
    return wording.legible(name), f"is not an input ({nearest(str(name), names)})"


_PLAIN = "must be a plain value, not an Output: it decides which resources there are"
_IN_A_LIST = "must be a plain list; put an Output in a list, as in [bucket.bucket]"


def _value(name: str, field: Field, given: Mapping[str, Any], faults: list[Fault]) -> Any:
    if name not in given:
        return field.default
    value = given[name]
    if isinstance(value, pulumi.Output) and not field.late:
        faults.append((name, _IN_A_LIST if field.kind is list and not field.ahead else _PLAIN))
        return field.default
    if issubclass(field.kind, Enum):
        try:
            return field.kind(value if isinstance(value, str) else None)
        except ValueError:
            choices = ", ".join(choice.value for choice in field.kind)
            faults.append((name, f"must be one of {choices} (got {wording.shown(value)})"))
            return field.default
    wrong = check(name, value)
    faults += wrong
    return int(value) if field.kind is int and not wrong else value


def _type_fault(value: Any, kind: type) -> str | None:
    if kind is bool and not isinstance(value, bool):
        return f"must be true or false (got {wording.shown(value)})"
    if kind is str and not isinstance(value, str):
        return f"must be a string (got {wording.shown(value)})"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int and (not number or _LARGEST < abs(value) < math.inf):
        return f"must be a whole number of at most {_LARGEST:,} (got {wording.shown(value)})"
    return None


def _list_faults(name: str, values: Any, field: Field) -> Iterator[Fault]:
    if isinstance(values, str) or not isinstance(values, list | tuple):
        yield name, f"must be a list (got {wording.shown(values)})"
        return
    for value in values:
        fault = None if isinstance(value, pulumi.Output) or field.check is None else field.check(value)
        if fault:
            yield name, fault
    distinct = len({value if isinstance(value, str) else id(value) for value in values})
    if field.most and distinct > field.most[0]:
        yield name, f"{field.most[1].format(field.most[0])} (got {distinct})"


def _parts_faults(name: str, value: Any, parts: Mapping[str, Check]) -> Iterator[Fault]:
    required = next(iter(parts))
    if not isinstance(value, Mapping) or value.get(required) is None:
        yield name, f"must be a map with '{required}' (got {wording.shown(value)})"
        return
    for part, item in value.items():
        if part not in parts:
            yield f"{name}.{wording.legible(part)}", f"is not a key ({nearest(str(part), parts)})"
        elif item is not None and not isinstance(item, pulumi.Output) and (fault := parts[part](item)):
            yield f"{name}.{part}", fault


def _tag_faults(name: str, tags: Any) -> list[Fault]:
    if not isinstance(tags, Mapping):
        return [(name, f"must be a map of keys to values (got {wording.shown(tags)})")]
    wrong = [key for key, value in tags.items() if isinstance(key, str) and not isinstance(value, str | pulumi.Output)]
    return [
        *(
            (name, f"the tag {wording.shown(key)} must have a string as its value (got {wording.shown(tags[key])})")
            for key in wrong
        ),
        *((name, fault) for fault in names.tag_faults(tags)),
    ]


def _conflicts(access: Access, given: Mapping[str, Any]) -> Iterator[Fault]:
    if given.get("existing_user"):
        for name, field in FIELDS.items():
            if field.of_new_user and name in given:
                yield name, "applies to a new user, so it can't be combined with existing_user"
    if "policy" in given and "access" in given and access is not Access.NONE:
        yield "policy", f"replaces access, so it can't be combined with access '{access.value}'"
    if "extra_statements" in given and not preset_of(access).has_document:
        yield (
            "extra_statements",
            f"adds to an access preset, so it can't be combined with {_without_document(access, given)}",
        )
    if not preset_of(access).has_document:
        for name, field in FIELDS.items():
            if field.of_document and given.get(name):
                yield name, f"has no effect with {_without_document(access, given)}"
    yield from option_faults(access.value, preset_of(access), given)
    if "lock_prefix" in given and "buckets" not in given:
        yield "lock_prefix", LOCKS_NEED_BUCKETS
    if given.get("buckets") == []:
        yield "buckets", NO_BUCKETS
    yield from _key_conflicts(given)
    yield from _self_service_conflicts(given)
    for name, field in FIELDS.items():
        items = given.get(name) if field.ahead else None
        if isinstance(items, list | tuple) and any(isinstance(item, pulumi.Output) for item in items):
            yield name, _ATTACH_BY_RESOURCE if name == "policy_arns" else _PLAIN


_ATTACH_BY_RESOURCE = (
    "must be known in advance: attach a policy that the same program creates with aws.iam.UserPolicyAttachment"
)


def _self_service_conflicts(given: Mapping[str, Any]) -> Iterator[Fault]:
    rights = given.get("self_service")
    if not isinstance(rights, list | tuple):
        return
    if SelfService.READ_SECRET in rights and not (given.get("secrets_manager") or given.get("parameter_store")):
        yield "self_service", "'read-secret' needs secrets_manager or parameter_store, where the key is stored"
    if SelfService.ROTATE_KEY in rights and "rotate_every_days" in given:
        yield (
            "self_service",
            "'rotate-key' can't be combined with rotate_every_days: the user and the stack would both replace the key",
        )


def _key_conflicts(given: Mapping[str, Any]) -> Iterator[Fault]:
    if "rotate_every_days" in given:
        if "key_generation" in given:
            yield "rotate_every_days", "can't be combined with key_generation: set one of the two"
        if "rotate_from" not in given:
            yield (
                "rotate_from",
                f"is required with rotate_every_days, which counts from that day: set it to {schedule.today()}",
            )
    elif "rotate_from" in given:
        yield "rotate_from", "has no effect without rotate_every_days"
    for name in ("secrets_manager", "parameter_store", "wait_until_usable"):
        if "pgp_key" in given and given.get(name):
            yield name, "can't be combined with pgp_key: only the owner of the PGP key can read the secret"


def _without_document(access: Access, given: Mapping[str, Any]) -> str:
    return next((name for name in ("policy", "copy_permissions_from") if name in given), f"access '{access.value}'")
