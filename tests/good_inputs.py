"""A good value for every input, and what it can't be without."""

from typing import Any

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = "arn:aws:iam::123456789012:policy/Photos"
POLICY = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'

GOOD: dict[str, Any] = {
    "user_name": "site",
    "existing_user": "site",
    "path": "/sites/",
    "tags": {"site": "example"},
    "permissions_boundary": ARN,
    "force_destroy": False,
    "groups": ["editors"],
    "copy_permissions_from": "other",
    "access": "optimizer",
    "buckets": ["photos/wp"],
    "allow_acl": True,
    "allow_delete": True,
    "allow_bucket_listing": True,
    "lock_prefix": "locks",
    "kms_key_arns": [KEY],
    "tls_only": True,
    "source_ips": ["198.51.100.0/24"],
    "source_vpc_endpoints": ["vpce-0123456789abcdef0"],
    "same_account_only": True,
    "policy": POLICY,
    "extra_statements": POLICY,
    "policy_name": "Photos",
    "policy_type": "managed",
    "policy_arns": [ARN],
    "self_service": ["rotate-key"],
    "exclusive": True,
    "create_access_key": False,
    "key_status": "Inactive",
    "key_generation": 2,
    "previous_key": "active",
    "rotate_every_days": 30,
    "rotate_from": "2026-01-31",
    "wait_until_usable": True,
    "pgp_key": "keybase:example",
    "secrets_manager": {"name": "sites/example", "kms_key_id": "alias/photos", "recovery_window_in_days": 7},
    "parameter_store": {"path": "/sites/example", "kms_key_id": KEY},
}
WITH: dict[str, dict[str, Any]] = {
    **{name: {"access": "optimizer"} for name in ("allow_acl", "allow_delete", "allow_bucket_listing")},
    "extra_statements": {"access": "optimizer"},
    "lock_prefix": {"access": "backup", "buckets": ["photos"]},
    "rotate_every_days": {"rotate_from": "2026-01-31"},
    "rotate_from": {"rotate_every_days": 30},
}
"""What an input can't be without."""
