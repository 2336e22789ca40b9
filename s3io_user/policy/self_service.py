"""The policy with which a user looks after its own key: reads where it is stored, and replaces it. Pure.

Sources: the IAM user guide's policy for a user's own access keys; the Secrets Manager and Systems Manager user guides
for the encryption contexts. Both AWS managed keys, aws/secretsmanager and aws/ssm, let every principal of the account
decrypt through their service, so only a customer managed key needs a statement.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from s3io_user.policy.document import VERSION, Document, Statement


class SelfService(str, Enum):
    """What the user may do with its own access key."""

    READ_SECRET = "read-secret"  # noqa: S105  # a choice
    """Read the credentials where secrets_manager or parameter_store keeps them."""
    ROTATE_KEY = "rotate-key"
    """Create, list, deactivate and delete its own access keys."""


@dataclass(frozen=True)
class Stored:
    """A secret or a parameter that holds the credentials: its ARN, and its KMS key as an ARN, ID or alias."""

    arn: str
    kms_key_id: str | None = None


_ROTATE = ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys", "iam:UpdateAccessKey"]
_READ = {
    "secretsmanager": ("secretsmanager:GetSecretValue", "SecretARN"),
    "ssm": ("ssm:GetParameter", "PARAMETER_ARN"),
}
"""By the service of an ARN: the call that reads, and the key of the encryption context that holds the ARN."""


def self_service_document(stored: Iterable[Stored] = (), rotates: str | None = None) -> Document:
    """A document that allows to read what is stored, and to replace the keys of the user with the ARN ``rotates``."""
    reads = list(stored)
    decrypts = [statement for each in reads if (statement := _decrypt(each))]
    rotate = [_allow(_ROTATE, rotates)] if rotates else []
    return {"Version": VERSION, "Statement": [*map(_read, reads), *decrypts, *rotate]}


def _read(stored: Stored) -> Statement:
    return _allow([_READ[_service(stored.arn)][0]], stored.arn)


def _decrypt(stored: Stored) -> Statement | None:
    """The use of a customer managed key, for nothing but this value and through nothing but its service."""
    key = stored.kms_key_id
    if not key or key.rpartition(":")[2].startswith("alias/aws/"):
        return None
    _, partition, service, region, account, _ = stored.arn.split(":", 5)
    if not key.startswith("arn:"):
        resource = key if key.startswith(("key/", "alias/")) else f"key/{key}"
        key = f"arn:{partition}:kms:{region}:{account}:{resource}"
    domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    through = {
        "kms:ViaService": f"{service}.{region}.{domain}",
        f"kms:EncryptionContext:{_READ[service][1]}": stored.arn,
    }
    condition: dict[str, Any] = {"StringEquals": through}
    prefix, _, name = key.rpartition(":")
    if name.startswith("alias/"):
        # A policy on an alias's own ARN grants nothing.
        key = f"{prefix}:key/*"
        condition["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": name}
    return {**_allow(["kms:Decrypt"], key), "Condition": condition}


def _service(arn: str) -> str:
    return arn.split(":", 3)[2]


def _allow(actions: Sequence[str], resource: str) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [resource]}
