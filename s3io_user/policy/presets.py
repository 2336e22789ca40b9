"""The access presets: what each one allows, and for which programs. The only place that lists them. Pure.

To add one, add a member of `Access` and its row in `PRESETS`, a row in docs/rights.md, and its clients' work in
tests/client_work.py. Tests fail until all of them are there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from s3io_user.wording import shown


class Access(str, Enum):
    """What the user may do."""

    FULL = "full"
    """AmazonS3FullAccess, which AWS manages: everything on every bucket, deleting included."""
    S3_ACCESS = "s3-access"
    """The help page's own policy: s3:Put*, s3:Get* and s3:List*."""
    OPTIMIZER = "optimizer"
    """Exactly the calls that the S3 Image Optimizer makes."""
    READ_ONLY = "read-only"
    """List the objects and read them."""
    READ_WRITE = "read-write"
    """List, read, write and delete objects, large ones by multipart upload: what sync and mount tools need."""
    WRITE_ONLY = "write-only"
    """Write objects, large ones by multipart upload, and neither list nor read them."""
    BACKUP = "backup"
    """List, read and write objects, and delete only what is under lock_prefix: for backups that only grow."""
    NONE = "none"
    """Nothing of the component's own: rights come from groups, policy_arns or a policy."""


@dataclass(frozen=True)
class Option:
    """What an input adds to a preset: an action on the objects, or on nothing that can be named (``*``)."""

    action: str
    on_objects: bool = True
    by_prefix: bool = False
    """Whether the input is a prefix within the buckets and folders, and the action is for the objects under it."""


@dataclass(frozen=True)
class Preset:
    """What a preset allows, by what it allows it on. Where it names no action, there is no document."""

    purpose: str
    """What a key with it can do, in a site owner's words."""
    for_whom: str = ""
    """Which programs to take it for."""
    everywhere: tuple[str, ...] = ()
    """Actions on the objects and, where a whole bucket is named, on the bucket too, in one statement."""
    on_objects: tuple[str, ...] = ()
    listing: tuple[str, ...] = ()
    """Actions on a bucket that ``s3:prefix`` narrows to a folder."""
    on_buckets: tuple[str, ...] = ()
    """Actions on a bucket that have no prefix condition and reveal nothing about its objects."""
    on_whole_buckets: tuple[str, ...] = ()
    """Actions on a bucket that have no prefix condition and reveal its objects, so a folder does not grant them."""
    on_keys: tuple[str, ...] = ()
    """Actions on the KMS keys that encrypt the buckets."""
    options: Mapping[str, Option] = field(default_factory=dict)
    """By the input that asks for it."""
    managed_policy: str | None = None
    """The name of AWS's managed policy that the preset attaches in place of a document."""

    @property
    def has_document(self) -> bool:
        """Whether the user gets a policy document of its own."""
        return bool(self.everywhere or self.on_objects)

    @property
    def writes_without_acls(self) -> bool:
        """Whether it overwrites objects and may not set their ACLs: on a bucket that has ACLs, they are lost."""
        return "s3:PutObject" in self.on_objects and "s3:PutObjectAcl" not in self.on_objects


_LOCATION = "s3:GetBucketLocation"
_ABOUT_BUCKET = (_LOCATION, "s3:GetBucketOwnershipControls")
# A multipart upload encrypts each part with the same data key, which it has decrypted.
_READ_AND_WRITE = ("kms:Decrypt", "kms:GenerateDataKey")
_ABORT = "s3:AbortMultipartUpload"

PRESETS: Mapping[Access, Preset] = {
    Access.FULL: Preset(
        "do everything on every bucket of the account, deleting included",
        "an administrator's tool, and no site",
        managed_policy="AmazonS3FullAccess",
    ),
    Access.S3_ACCESS: Preset(
        "read and write, and change the buckets' own settings",
        "a site that is used to the help page's policy: try optimizer first",
        everywhere=("s3:Put*", "s3:Get*", "s3:List*"),
        listing=("s3:ListBucket",),
        on_buckets=_ABOUT_BUCKET,
        on_keys=_READ_AND_WRITE,
    ),
    Access.OPTIMIZER: Preset(
        "the plugin keeps working, where the bucket's ACLs are off (BucketOwnerEnforced)",
        "the S3 Image Optimizer",
        on_objects=("s3:GetObject", "s3:PutObject"),
        listing=("s3:ListBucket",),
        on_buckets=_ABOUT_BUCKET,
        on_keys=_READ_AND_WRITE,
        options={
            "allow_acl": Option("s3:PutObjectAcl"),
            "allow_delete": Option("s3:DeleteObject"),
            "allow_bucket_listing": Option("s3:ListAllMyBuckets", on_objects=False),
        },
    ),
    Access.READ_ONLY: Preset(
        "images can be listed and read, but not written back",
        "a download, a mirror or a restore",
        on_objects=("s3:GetObject",),
        listing=("s3:ListBucket",),
        on_buckets=_ABOUT_BUCKET,
        on_keys=("kms:Decrypt",),
    ),
    # Some client in tests/client_work.py makes each call of the next three presets, and a test holds them to that.
    Access.READ_WRITE: Preset(
        "list, read, write and delete files, large ones included",
        "the AWS CLI, rclone, s3cmd or a deploy script",
        on_objects=(
            *("s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:DeleteObject"),
            *("s3:ListMultipartUploadParts", _ABORT),
        ),
        listing=("s3:ListBucket",),
        on_buckets=(_LOCATION,),
        on_whole_buckets=("s3:ListBucketMultipartUploads",),
        on_keys=_READ_AND_WRITE,
    ),
    Access.WRITE_ONLY: Preset(
        "write files, and neither list, read nor delete any",
        "logs and uploads, which another key reads",
        on_objects=("s3:PutObject", _ABORT),
        on_keys=_READ_AND_WRITE,
    ),
    Access.BACKUP: Preset(
        "list, read and write files, and delete nothing but a backup program's locks",
        "restic, duplicity and their like, whose old backups a stolen key must not delete",
        on_objects=("s3:GetObject", "s3:PutObject", _ABORT),
        listing=("s3:ListBucket",),
        on_buckets=(_LOCATION,),
        on_keys=_READ_AND_WRITE,
        options={"lock_prefix": Option("s3:DeleteObject", by_prefix=True)},
    ),
    Access.NONE: Preset("nothing, but for what groups and further policies allow", "a user with a policy of its own"),
}


def preset_of(access: Access) -> Preset:
    """What a preset is made of."""
    return PRESETS[access]


OPTIONS: Mapping[str, Option] = {name: option for preset in PRESETS.values() for name, option in preset.options.items()}
"""The inputs that add to a preset."""


def accesses_with(option: str) -> str:
    """The presets that an input adds to, as a sentence names them."""
    return " or ".join(f"'{access.value}'" for access in Access if option in preset_of(access).options)


def option_faults(access: object, preset: Preset, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A fault for each option that is given and that a preset does not have. ``access`` is the preset's name."""
    return [
        (name, f"has no effect unless access is {accesses_with(name)} (got {shown(access)})")
        for name in OPTIONS
        if given.get(name) and name not in preset.options
    ]
