"""Checks the parts of an identity policy's statement by IAM's grammar: actions, ARNs and conditions.

Sources: the IAM user guide ("Grammar of the IAM JSON policy language", the pages of the elements and of the condition
operators, "Policy validation check reference") and IAM's own answers, as moto's tests have collected them.
"""

import base64
import binascii
import datetime
import difflib
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from s3io_user.iam.arns import PARTITIONS
from s3io_user.iam.sources import IP_BLOCK
from s3io_user.wording import shown

_ACTION = re.compile(r"\*|\*:\*|(?P<service>[A-Za-z0-9.-]+):[A-Za-z0-9*?_-]+")
_ANY_SERVICE = re.compile(r"[^:]*[*?][^:]*:.+")
_SERVICE = re.compile(r"[A-Za-z0-9._-]+")
# S3 resources whose ARNs have a region, from the Service Authorization Reference. A bucket's ARN has none.
_REGIONAL_IN_S3 = ("accesspoint/", "job/", "storage-lens/", "storage-lens-group/", "async-request/", "access-grants/")
# IAM's own list, two kinds that only the Service Authorization Reference has, and one that AWS's own policies have.
_KINDS_IN_IAM = (
    *("user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/"),
    *("sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/"),
    *("assumed-role/", "delegation-request/", "role-template/"),
)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
_EPOCH_LIMIT = 2**63
_DATE = re.compile(
    r"(?P<year>-?\d{1,9})(-(?P<month>\d{1,2})(-(?P<day>\d{1,2}))?)?"
    r"(t((?P<hour>\d{1,2})(:(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(\.\d{1,9})?)?)?"
    r"(z|[+-](?P<east>\d\d)(:(?P<rest>\d\d))?)?)?)?",
    re.IGNORECASE,
)
_MOST = {"month": 12, "day": 31, "hour": 23, "minute": 59, "second": 59, "east": 23, "rest": 59}


def listed(value: Any) -> list[Any]:
    """An element of a policy as a list: it may be one value or a list of them."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def action_fault(action: str) -> str | None:
    """Check an action: ``*``, or a service and an action's name, which may contain wildcards."""
    if _ACTION.fullmatch(action):
        return None
    if _ANY_SERVICE.fullmatch(action):
        return f"name its service in full, as in s3:Get* (got {shown(action)})"
    return f"have an action like s3:GetObject in its Action (got {shown(action)})"


def resource_fault(arn: str) -> str | None:
    """Check a resource: ``*``, or an ARN. IAM accepts fewer than six parts, except for S3, for IAM, and with ``::``."""
    if arn == "*":
        return None
    parts = arn.split(":", 5)
    if parts[0] != "arn" or len(parts) < 3:
        return f"have an ARN or '*' in its Resource (got {shown(arn)})"
    partition, service, region, rest = parts[1], parts[2], [*parts, "", ""][3], parts[5:]
    if partition not in (*PARTITIONS, "*"):
        return f"have an ARN of one of the partitions {', '.join(PARTITIONS)} (got {shown(arn)})"
    if not _SERVICE.fullmatch(service):
        return f"name the service in its ARN, without a wildcard, as in arn:aws:s3:::photos (got {shown(arn)})"
    if not rest and ("::" in arn or service in ("s3", "iam")):
        return f"have six parts in its ARN, as arn:aws:s3:::photos has: a colon is missing (got {shown(arn)})"
    if service == "s3" and region and not rest[0].startswith(_REGIONAL_IN_S3):
        return f"have no region in a bucket's ARN, as in arn:aws:s3:::photos (got {shown(arn)})"
    return _iam_fault(arn, region, rest[0]) if service == "iam" else None


def _iam_fault(arn: str, region: str, kind: str) -> str | None:
    if region:
        return f"have no region in an ARN of IAM (got {shown(arn)})"
    if kind not in ("*", "root") and not kind.startswith(_KINDS_IN_IAM):
        return f"have an ARN of IAM that ends in '*' or in one of {', '.join(_KINDS_IN_IAM)} (got {shown(arn)})"
    return None


def condition_faults(condition: Any) -> Iterator[tuple[str, str]]:
    """The faults of a Condition: a piece of the text to find each by, and what the statement must have instead."""
    shape = "have a Condition of operators, each with keys and their values"
    if not isinstance(condition, Mapping) or not all(isinstance(keys, Mapping) for keys in condition.values()):
        yield '"Condition"', shape
        return
    for operator, keys in condition.items():
        core = _core(operator)
        if core not in OPERATORS:
            # IAM accepts any operator that has no keys, since there is nothing to compare.
            if keys:
                yield f'"{operator}"', f"have one of IAM's condition operators (got {shown(operator)}{_near(operator)})"
            continue
        for key, values in keys.items():
            if not all(isinstance(value, str | int | float) for value in listed(values)):
                yield '"Condition"', shape
                continue
            wanted, good = OPERATORS[core]
            for value in listed(values):
                if not good(value):
                    yield f'"{key}"', f"have {wanted} as the value of {shown(key)} (got {shown(value)})"


def _core(operator: str) -> str:
    """An operator without its prefix (ForAllValues:, ForAnyValue:) and its ending (IfExists)."""
    bare = operator.removeprefix("ForAllValues:").removeprefix("ForAnyValue:")
    return bare if bare.startswith("Null") else bare.removesuffix("IfExists")


def _near(operator: str) -> str:
    operators = {name.lower(): name for name in OPERATORS}
    prefix, _, bare = operator.lower().rpartition(":")
    bare, exists, _ = bare.partition("ifexist")
    ending = "IfExists" if exists else ""
    nearest = difflib.get_close_matches(bare, operators, n=1)
    prefixes = {name.lower(): f"{name}:" for name in ("ForAllValues", "ForAnyValue")}
    start = "".join(prefixes[near] for near in difflib.get_close_matches(prefix, prefixes, n=1))
    ending = "" if nearest[:1] == ["null"] else ending
    return f"; did you mean '{start}{operators[nearest[0]]}{ending}'?" if nearest else ""


def _is_anything(value: Any) -> bool:
    return True


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and _NUMBER.fullmatch(str(value)) is not None


def _is_boolean(value: Any) -> bool:
    # A policy variable may be used, as in the user guide's example for Bool.
    return str(value).lower() in ("true", "false") or str(value).startswith("${")


def _is_null(value: Any) -> bool:
    return str(value).lower() in ("true", "false")


def _is_address(value: Any) -> bool:
    try:
        return bool(isinstance(value, str) and IP_BLOCK.fullmatch(value) and ipaddress.ip_network(value, strict=False))
    except ValueError:
        return False


def _is_base64(value: Any) -> bool:
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except (binascii.Error, ValueError):
        return False


def _is_date(value: Any) -> bool:
    """A date in W3C's profile of ISO 8601, or seconds since 1970."""
    if isinstance(value, bool):
        return False
    text = str(value)
    if re.fullmatch(r"\d{10,}", text, re.ASCII):
        return int(text[:20]) < _EPOCH_LIMIT
    match = _DATE.fullmatch(text)
    if match is None or any(int(match[part] or 0) > most for part, most in _MOST.items()):
        return False
    return _is_day(int(match["year"]), match["month"], match["day"])


def _is_day(year: int, month: str | None, day: str | None) -> bool:
    try:
        # Python has no date for this year: it counts as a leap year.
        return bool(datetime.date(year if 1 <= year <= 9999 else 2000, int(month or 1), int(day or 1)))
    except ValueError:
        return False


OPERATORS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(
        (
            *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
            *("StringLike", "StringNotLike", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"),
        ),
        ("a string", _is_anything),
    ),
    **{
        f"{kind}{ending}": (wanted, good)
        for kind, wanted, good in (
            ("Numeric", "a number", _is_number),
            ("Date", "a date like 2026-01-31T00:00:00Z, or seconds since 1970", _is_date),
        )
        for ending in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    },
    **dict.fromkeys(("IpAddress", "NotIpAddress"), ("an IP address or a block like 198.51.100.0/24", _is_address)),
    "Bool": ("true or false", _is_boolean),
    "Null": ("true or false", _is_null),
    "BinaryEquals": ("base64", _is_base64),
}
"""IAM's condition operators: what a value must be, in words, and the check of it."""
