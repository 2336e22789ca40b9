"""Checks the settings of the two stores for credentials: Secrets Manager and Parameter Store."""

import re

from s3io_user.iam.arns import REGION
from s3io_user.wording import shown

# The four forms of the KMS API: a key's ID or ARN, an alias's name or ARN.
_KMS_ID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|mrk-[0-9a-f]{32}"
_KMS_ALIAS = r"alias/[A-Za-z0-9/_-]{1,250}"
_KMS_KEY = re.compile(
    rf"{_KMS_ID}|{_KMS_ALIAS}|arn:[a-z-]+:kms:{REGION}:\d{{12}}:(key/[A-Za-z0-9-]+|{_KMS_ALIAS})", re.ASCII
)


def secret_name_fault(name: object) -> str | None:
    """Check a secret's name, by the Secrets Manager API reference."""
    if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9/_+=.@-]{1,512}", name):
        return None
    return f"must be 1 to 512 letters, digits and / _ + = . @ - (got {shown(name)})"


def recovery_window_fault(days: object) -> str | None:
    """Check the days during which a deleted secret can be restored: 0, or 7 to 30."""
    whole = isinstance(days, int | float) and not isinstance(days, bool) and (days == 0 or 7 <= days <= 30)
    return None if whole and days == int(days) else f"must be 0, or 7 to 30 days (got {shown(days)})"  # type: ignore[call-overload]


def parameter_path_fault(path: object) -> str | None:
    """Check a parameter's path, by the Systems Manager API reference: at most 14 levels, since ours adds one."""
    good = isinstance(path, str) and re.fullmatch(r"(/[A-Za-z0-9_.-]+){1,14}", path) and len(path) <= 900
    if not good:
        return f"must be a path like /sites/example of letters, digits and _ . - (got {shown(path)})"
    if re.match(r"/?(aws|ssm)", str(path), re.IGNORECASE):
        return f"must not begin with 'aws' or 'ssm', which AWS keeps for itself (got {shown(path)})"
    return None


def kms_key_id_fault(key: object) -> str | None:
    """Check a KMS key's ARN, ID or alias."""
    if isinstance(key, str) and _KMS_KEY.fullmatch(key):
        return None
    return f"must be a KMS key's ARN or ID, or an alias like alias/sites (got {shown(key)})"


SECRETS_MANAGER = {
    "name": secret_name_fault,
    "kms_key_id": kms_key_id_fault,
    "recovery_window_in_days": recovery_window_fault,
}
PARAMETER_STORE = {"path": parameter_path_fault, "kms_key_id": kms_key_id_fault}
