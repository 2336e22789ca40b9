"""ARNs, partitions and account IDs, as AWS writes them. Pure."""

import re
from dataclasses import dataclass

from s3io_user.wording import shown

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
_REGION_PREFIXES = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
_POLICY_ARN = re.compile(r"arn:([a-z-]+):iam::(aws|\d{12}):policy(/[!-~]*)?/([\w+=,.@-]+)", re.ASCII)
REGION = r"[a-z]{2,4}(?:-[a-z]+)+-\d+"
"""The form of a Region's name, as a regular expression."""
_KMS_KEY_ARN = re.compile(rf"arn:([a-z-]+):kms:({REGION}):(\d{{12}}):key/([A-Za-z0-9-]+)", re.ASCII)


def partition_of_region(region: str) -> str:
    """The partition that a region is in, e.g. ``cn-north-1`` → ``aws-cn``."""
    return next((name for prefix, name in _REGION_PREFIXES.items() if region.startswith(prefix)), "aws")


def partition_of_arn(arn: str) -> str:
    """The partition that an ARN names, e.g. ``arn:aws-cn:iam::…`` → ``aws-cn``."""
    return arn.split(":", 2)[1]


def account_of_arn(arn: object) -> str | None:
    """The number of the account that an ARN names; None if it names none, or is no ARN."""
    parts = arn.split(":", 5) if isinstance(arn, str) else []
    return parts[4] or None if len(parts) > 5 else None


def managed_policy_arn(name: str, partition: str = "aws") -> str:
    """The ARN of an AWS managed policy."""
    return f"arn:{partition}:iam::aws:policy/{name}"


def is_full_access(arn: str) -> bool:
    """Whether a policy is the AWS managed policy AmazonS3FullAccess, and not one of that name in an account."""
    return arn.endswith(":aws:policy/AmazonS3FullAccess")


def is_quarantine(arn: str) -> bool:
    """Whether a policy is one that AWS attaches to a user whose credentials were exposed.

    They are AWSCompromisedKeyQuarantine, V2, V3 and V4: AWS adds another from time to time (its managed policy
    reference says what each denies).
    """
    return ":aws:policy/AWSCompromisedKeyQuarantine" in arn


def policy_arn_fault(arn: object) -> str | None:
    """Check the ARN of a managed policy, AWS's or a customer's."""
    match = _POLICY_ARN.fullmatch(arn) if isinstance(arn, str) else None
    if match and match[1] in PARTITIONS:
        return None
    return f"must be a policy's ARN like arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess (got {shown(arn)})"


def account_id_fault(account: object) -> str | None:
    """Check an account ID: 12 digits."""
    if isinstance(account, str) and re.fullmatch(r"\d{12}", account, re.ASCII):
        return None
    return f"an account ID must be 12 digits (got {shown(account)})"


@dataclass(frozen=True, order=True)
class KmsKey:
    """A KMS key, from its ARN."""

    arn: str
    partition: str
    region: str


def parse_kms_key(arn: object) -> KmsKey:
    """Read a KMS key's ARN. Raises ValueError, also for an alias: a policy on an alias grants nothing."""
    match = _KMS_KEY_ARN.fullmatch(arn) if isinstance(arn, str) else None
    if match is None or match[1] not in PARTITIONS:
        raise ValueError(
            "must be a KMS key's own ARN (not an alias) like arn:aws:kms:eu-west-1:123456789012:key/1234abcd-… "
            f"(got {shown(arn)})"
        )
    if match[1] != partition_of_region(match[2]):
        raise ValueError(
            f"the ARN's partition must be that of its Region, '{partition_of_region(match[2])}' (got {shown(arn)})"
        )
    return KmsKey(match[0], match[1], match[2])
