"""What the requests of a user can hold: the condition keys that they never have, and values that no request has.

Pure. Source: the IAM User Guide, "AWS global condition context keys" and "Condition operators".
"""

import datetime
import re
from collections.abc import Mapping

from s3io_user.iam.sources import never_seen

OF_EVERY_REQUEST = frozenset(
    f"s3:{name}"
    for name in (
        "authtype",
        "resourceaccount",
        "signatureage",
        "signatureversion",
        "tlsversion",
        "x-amz-content-sha256",
    )
)
"""The condition keys of every request to S3. The reference leaves them out for a few actions."""

GLOBAL = {
    f"aws:{name}".lower(): f"aws:{name}"
    for name in (
        *("AssumedRoot", "CalledVia", "CalledViaAWSMCP", "CalledViaFirst", "CalledViaLast", "ChatbotSourceArn"),
        *("CurrentTime", "Ec2InstanceSourcePrivateIPv4", "Ec2InstanceSourceVpc", "EpochTime", "FederatedProvider"),
        *("MultiFactorAuthAge", "MultiFactorAuthPresent", "PrincipalAccount", "PrincipalArn"),
        *("PrincipalIsAWSService", "PrincipalOrgID", "PrincipalOrgPaths", "PrincipalServiceName"),
        *("PrincipalServiceNamesList", "PrincipalTag/", "PrincipalType", "Referer", "RequestedRegion"),
        *("RequestTag/", "ResourceAccount", "ResourceOrgID", "ResourceOrgPaths", "ResourceTag/", "SecureTransport"),
        *("SourceAccount", "SourceArn", "SourceIdentity", "SourceIp", "SourceOrgID", "SourceOrgPaths", "SourceVpc"),
        *("SourceVpcArn", "SourceVpce", "TagKeys", "TokenIssueTime", "UserAgent", "userid", "username"),
        *("ViaAWSMCPService", "ViaAWSService", "VpceAccount", "VpceOrgID", "VpceOrgPaths", "VpcSourceIp"),
    )
}
"""AWS's global condition keys, as AWS spells them, by their names in lower case.

As of November 2026. No library has the list: policy_sentry names three of them, and botocore none.
"""

_OF_SERVICES = {
    f"aws:{name}"
    for name in (
        *("sourceaccount", "sourcearn", "sourceorgid", "sourceorgpaths"),
        *("principalservicename", "principalservicenameslist", "federatedprovider"),
    )
}
_ADDRESSES = ("aws:sourceip", "aws:vpcsourceip")
_FREE_TEXT = ("aws:useragent", "aws:referer", "s3:delimiter", "s3:x-amz-copy-source")
_CLOCK = ("aws:currenttime", "aws:epochtime")
_OF_THE_PAST = {
    **dict.fromkeys(("Equals", "LessThan", "LessThanEquals"), False),
    **dict.fromkeys(("NotEquals", "GreaterThan", "GreaterThanEquals"), True),
}
_DAY = re.compile(r"\d{4}(-\d\d(-\d\d(T.*)?)?)?", re.IGNORECASE | re.ASCII)


def known(name: str, services: Mapping[str, frozenset[str]]) -> bool:
    """Whether AWS's lists have a condition key, by its name in lower case; ``services`` are the keys of each service.

    A key of another service counts as known.
    """
    service, colon, _ = name.partition(":")
    if not colon or service == "aws":
        return name in GLOBAL
    return service not in services or name in services[service] or name in OF_EVERY_REQUEST


def absent(key: str) -> bool:
    """Whether no request of a user has this key, which only AWS's services or federated sessions bring."""
    return key.lower() in _OF_SERVICES


def impossible(kind: str, key: str, value: str) -> bool:
    """Whether no request has a value that meets this one, by an operator without its "Not" (``StringEquals``)."""
    name = key.lower()
    if "${" in value:
        return False
    if kind == "IpAddress":
        return name == "aws:sourceip" and never_seen(value)
    if kind.startswith("String") and name in _ADDRESSES and "/" in value:
        return True  # a string operator compares the text of a block, which no address is
    exact = kind in ("StringEquals", "StringEqualsIgnoreCase")
    return exact and re.search(r"[*?]", value) is not None and name not in _FREE_TEXT


def by_the_clock(kind: str, key: str, value: str) -> bool | None:
    """Whether a comparison with the time of a request, which is never in the past, always or never holds.

    None if that depends on the request, or if it compares something else.
    """
    if key.lower() not in _CLOCK or not _is_past(value):
        return None
    return _OF_THE_PAST.get(re.sub("^(Date|Numeric)", "", kind))


def _is_past(value: str) -> bool:
    """Whether a date, or a number of seconds since 1970, has passed wherever one is."""
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    if re.fullmatch(r"\d{9,10}", value, re.ASCII):
        return int(value) < yesterday.timestamp()
    return _DAY.fullmatch(value) is not None and value[:10] < f"{yesterday:%Y-%m-%d}"
