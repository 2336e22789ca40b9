"""The policy that lets a user manage its own access key: read it from a store, and replace it. Pure.

Sources: the IAM user guide's policy for a user's own access keys; the Secrets Manager and Systems Manager user guides
for the encryption contexts. The AWS managed keys aws/secretsmanager and aws/ssm let every principal of the account
decrypt through their service, so only a customer managed key needs a statement.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from s3io_user.iam.wildcards import literal
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
"""For each service: the action that reads, and the key of the encryption context that has the ARN."""


def self_service_document(stored: Iterable[Stored] = (), rotates: str | None = None) -> Document:
    """The document that allows reading stored credentials, and replacing the keys of the user ``rotates`` (an ARN)."""
    reads = list(stored)
    decrypts = [statement for each in reads if (statement := _decrypt(each))]
    rotate = [_allow(_ROTATE, literal(rotates))] if rotates else []
    return {"Version": VERSION, "Statement": [*map(_read, reads), *decrypts, *rotate]}


def _read(stored: Stored) -> Statement:
    return _allow([_READ[_service(stored.arn)][0]], stored.arn)


def _decrypt(stored: Stored) -> Statement | None:
    """The statement for a customer managed key: it decrypts this value only, and through its service only."""
    key = stored.kms_key_id
    if not key or key.rpartition(":")[2].startswith("alias/aws/"):
        return None
    _, partition, service, region, account, _ = stored.arn.split(":", 5)
    if not key.startswith("arn:"):
        resource = key if key.startswith("alias/") else f"key/{key}"
        key = f"arn:{partition}:kms:{region}:{account}:{resource}"
    domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    through = {
        "kms:ViaService": f"{service}.{region}.{domain}",
        f"kms:EncryptionContext:{_READ[service][1]}": stored.arn,
    }
    condition: dict[str, Any] = {"StringEquals": through}
    prefix, _, name = key.rpartition(":")
    if name.startswith("alias/"):
        # A policy on the ARN of an alias allows nothing.
        key = f"{prefix}:key/*"
        condition["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": name}
    return {**_allow(["kms:Decrypt"], key), "Condition": condition}


def _service(arn: str) -> str:
    return arn.split(":", 3)[2]


def _allow(actions: Sequence[str], resource: str) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [resource]}
