"""Checks the settings of the two stores for credentials: Secrets Manager and Parameter Store."""

import re

from s3io_user.wording import shown


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
    if isinstance(key, str) and re.fullmatch(
        r"(arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:)?(key/|alias/)?[A-Za-z0-9/_-]{1,256}", key
    ):
        return None
    return f"must be a KMS key's ARN, ID or alias (got {shown(key)})"


SECRETS_MANAGER = {
    "name": secret_name_fault,
    "kms_key_id": kms_key_id_fault,
    "recovery_window_in_days": recovery_window_fault,
}
PARAMETER_STORE = {"path": parameter_path_fault, "kms_key_id": kms_key_id_fault}
