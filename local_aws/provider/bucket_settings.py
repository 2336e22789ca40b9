"""What a bucket has besides itself, each as a resource: one call puts it, one reads it, one takes it away.

By the provider's documentation. Unlike the table's other rows, these were not measured on the real provider.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .aws import Aws, saying, unless_gone
from .checks import policy_json
from .documents import normalise
from .row import Row
from .values import Props

# How botocore spells what is not the provider's name with a capital.
_SPELLED = {"id": "ID", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}
_BACK = {aws: ours for ours, aws in _SPELLED.items()}
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _to_aws(value: Any) -> Any:
    if isinstance(value, dict):
        return {_SPELLED.get(key, key[:1].upper() + key[1:]): _to_aws(item) for key, item in value.items()}
    return list(map(_to_aws, value)) if isinstance(value, list) else value


def _from_aws(value: Any) -> Any:
    if isinstance(value, dict):
        return {_BACK.get(key, key[:1].lower() + key[1:]): _from_aws(item) for key, item in value.items()}
    return list(map(_from_aws, value)) if isinstance(value, list) else value


@dataclass(frozen=True)
class _Setting:
    """A setting: its name in an error and in botocore's calls, the call's argument and its answer as properties."""

    title: str
    operation: str
    argument: Callable[[Props], Props]
    answer: Callable[[Props], Props]
    without: Props | None = None
    """What is put in place of a deletion, where S3 has none."""

    def create(self, aws: Aws, new: Props) -> tuple[str, Props]:
        self._put(aws, new, "creating", self.argument(new))
        return str(new["bucket"]), {}

    def update(self, aws: Aws, id_: str, old: Props, new: Props) -> None:
        self._put(aws, new, "updating", self.argument(new))

    def read(self, aws: Aws, id_: str, state: Props) -> Props | None:
        from botocore.exceptions import ClientError

        try:
            held = self._s3(aws, state, "get")(Bucket=state["bucket"])
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise
        return {"bucket": state["bucket"], **self.answer(held)}

    def delete(self, aws: Aws, id_: str, old: Props) -> None:
        with saying(f"deleting {self.title} ({id_})"), unless_gone():
            if self.without is None:
                self._s3(aws, old, "delete")(Bucket=old["bucket"])
            else:
                self._s3(aws, old, "put")(Bucket=old["bucket"], **self.without)

    def _put(self, aws: Aws, new: Props, doing: str, argument: Props) -> None:
        with saying(f"{doing} {self.title} ({new['bucket']})"):
            self._s3(aws, new, "put")(Bucket=new["bucket"], **argument)

    def _s3(self, aws: Aws, props: Props, verb: str) -> Any:
        # A lifecycle is deleted by a shorter name than it is put and read by.
        name = self.operation.removesuffix("_configuration") if verb == "delete" else self.operation
        return getattr(aws.client("s3", props.get("region")), f"{verb}_{name}")


def _row(setting: _Setting, required: tuple[str, ...], **more: Any) -> Row:
    return Row(
        required=("bucket", *required),
        replaces=("bucket", "region"),
        regional=True,
        create=setting.create,
        read=setting.read,
        update=setting.update,
        delete=setting.delete,
        locate=lambda aws, id_: {"bucket": id_},
        **more,
    )


_PUBLIC = _Setting(
    "S3 Bucket Public Access Block",
    "public_access_block",
    lambda new: {"PublicAccessBlockConfiguration": _to_aws({name: new[name] for name in _BLOCKS})},
    lambda held: dict(_from_aws(held["PublicAccessBlockConfiguration"])),
)
_OWNERSHIP = _Setting(
    "S3 Bucket Ownership Controls",
    "bucket_ownership_controls",
    lambda new: {"OwnershipControls": {"Rules": [_to_aws(new["rule"])]}},
    lambda held: {"rule": _from_aws(held["OwnershipControls"]["Rules"][0])},
)
_VERSIONING = _Setting(
    "S3 Bucket Versioning",
    "bucket_versioning",
    lambda new: {"VersioningConfiguration": _to_aws(new["versioningConfiguration"])},
    lambda held: {"versioningConfiguration": {"status": held.get("Status", "Disabled")}},
    without={"VersioningConfiguration": {"Status": "Suspended"}},
)
_LIFECYCLE = _Setting(
    "S3 Bucket Lifecycle Configuration",
    "bucket_lifecycle_configuration",
    lambda new: {"LifecycleConfiguration": {"Rules": _to_aws(new["rules"])}},
    lambda held: {"rules": _from_aws(held["Rules"])},
)
_ENCRYPTION = _Setting(
    "S3 Bucket Server-side Encryption Configuration",
    "bucket_encryption",
    lambda new: {"ServerSideEncryptionConfiguration": {"Rules": _to_aws(new["rules"])}},
    lambda held: {"rules": _from_aws(held["ServerSideEncryptionConfiguration"]["Rules"])},
)
_POLICY = _Setting(
    "S3 Bucket Policy",
    "bucket_policy",
    lambda new: {"Policy": new["policy"] if isinstance(new["policy"], str) else json.dumps(new["policy"])},
    lambda held: {"policy": normalise(held["Policy"])},
)
_OWNER = ("expectedBucketOwner",)

ROWS: dict[str, Row] = {
    f"aws:s3/{re.sub('^B', 'b', kind)}:{kind}": row
    for kind, row in {
        "BucketPublicAccessBlock": _row(_PUBLIC, (), defaults=dict.fromkeys(_BLOCKS, False), refused=("skipDestroy",)),
        "BucketOwnershipControls": _row(_OWNERSHIP, ("rule",)),
        "BucketVersioning": _row(_VERSIONING, ("versioningConfiguration",), refused=(*_OWNER, "mfa")),
        "BucketLifecycleConfiguration": _row(
            _LIFECYCLE, ("rules",), refused=(*_OWNER, "timeouts", "transitionDefaultMinimumObjectSize")
        ),
        "BucketServerSideEncryptionConfiguration": _row(_ENCRYPTION, ("rules",), refused=_OWNER),
        "BucketPolicy": _row(_POLICY, ("policy",), documents={"policy": False}, checks={"policy": policy_json}),
    }.items()
}
