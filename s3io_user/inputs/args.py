"""The component's inputs: their types and descriptions, and the checks that come before anything is made."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Optional, TypedDict

import pulumi

from s3io_user.keys.slots import KeyStatus, PreviousKey
from s3io_user.policy.packing import PolicyType
from s3io_user.policy.presets import Access

# Optional[…], not its newer spelling, and no future annotations: Pulumi's analysis of components reads these types at
# run time to make the schema for the other languages. It does not know Literal, so that type checkers alone see these.
if TYPE_CHECKING:
    AccessInput = (
        Access | Literal["full", "s3-access", "optimizer", "read-only", "read-write", "write-only", "backup", "none"]
    )
    KeyStatusInput = KeyStatus | Literal["Active", "Inactive"]
    PolicyTypeInput = PolicyType | Literal["auto", "inline", "managed"]
    PreviousKeyInput = PreviousKey | Literal["removed", "inactive", "active"]
else:
    AccessInput, KeyStatusInput, PolicyTypeInput, PreviousKeyInput = Access, KeyStatus, PolicyType, PreviousKey


class SecretsManagerArgs(TypedDict, total=False):
    """A secret in AWS Secrets Manager that holds the credentials, as one JSON value."""

    name: pulumi.Input[str]
    """The secret's name: letters, digits and / _ + = . @ -, up to 512."""
    kms_key_id: Optional[pulumi.Input[str]]
    """The KMS key that encrypts it: its ARN, ID or alias. AWS's own key when left out."""
    recovery_window_in_days: Optional[int]
    """For how long a deleted secret can be restored: 0, or 7 to 30 days. 30 when left out."""


class ParameterStoreArgs(TypedDict, total=False):
    """A SecureString in the Systems Manager Parameter Store that holds the credentials, as one JSON value."""

    path: pulumi.Input[str]
    """The path of the parameter, such as /sites/example: the parameter is its child 'credentials'."""
    kms_key_id: Optional[pulumi.Input[str]]
    """The KMS key that encrypts it: its ARN, ID or alias. AWS's own key when left out."""


class S3IOUserArgs(TypedDict, total=False):
    """What the user is, what it may do, and which keys it has. Every input may be left out."""

    user_name: Optional[pulumi.Input[str]]
    """The user's name: up to 64 letters, digits and _ + = , . @ -, unique in the account without regard to case. Left out, it is the component's name with a random suffix. A changed name makes a new user with a new key, and removes the old."""
    existing_user: Optional[str]
    """The name or ARN of a user that exists already and is to get rights and a key. It is looked up, and never changed or deleted, and what it has already is not taken over. Goes with none of the inputs that shape a new user."""
    path: Optional[pulumi.Input[str]]
    """The path that the user is filed under, such as /websites/. Begins and ends with a slash; / when left out."""
    tags: Optional[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of the user, at most 50."""
    permissions_boundary: Optional[pulumi.Input[str]]
    """The ARN of the policy that bounds what the user can ever be allowed."""
    force_destroy: Optional[pulumi.Input[bool]]
    """Whether a destroy also removes keys, policies and memberships that were given to the user by hand. true when left out."""
    groups: Optional[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Names of existing groups to put the user in. Its other memberships are left alone."""
    copy_permissions_from: Optional[str]
    """The name of a user to copy from: its groups, attached policies, inline policies and permissions boundary, as they are at the time. Read with the credentials of the stack's aws: config."""
    access: Optional[AccessInput]
    """What the user may do: one of the access presets. s3-access, the help page's policy, when left out."""
    buckets: Optional[Sequence[pulumi.Input[str]]]
    """The buckets that the user may use: a name, name/folder, an ARN, an s3:// URI or an S3 address each. Every bucket when left out."""
    allow_acl: Optional[bool]
    """With optimizer: also s3:PutObjectAcl, which buckets that still use ACLs need."""
    allow_delete: Optional[bool]
    """With optimizer: also s3:DeleteObject, which the plugin's WebP tools need. Those can delete unrelated .webp files."""
    allow_bucket_listing: Optional[bool]
    """With optimizer: also s3:ListAllMyBuckets, so that the plugin can offer a list of the account's buckets."""
    lock_prefix: Optional[str]
    """With backup: the folder, within each of the buckets or folders, in which the key may delete. For restic it is locks. Without it the key deletes nothing."""
    kms_key_arns: Optional[Sequence[pulumi.Input[str]]]
    """ARNs of the KMS keys that encrypt the buckets: usable through S3 alone."""
    tls_only: Optional[bool]
    """Deny every request that does not come over TLS: every action of every service, whatever other policies allow."""
    source_ips: Optional[Sequence[pulumi.Input[str]]]
    """Deny every request that does not come from one of these public addresses or blocks (or source_vpc_endpoints): every action of every service, whatever other policies allow. Exempt are what an AWS service calls on the user's behalf, and sts:GetCallerIdentity, which no policy can deny."""
    source_vpc_endpoints: Optional[Sequence[pulumi.Input[str]]]
    """Deny every request that does not come through one of these VPC endpoints (or from source_ips), of every service, with the same exemptions. A service without a VPC endpoint of yours can then not be used."""
    same_account_only: Optional[bool]
    """Deny every S3 action on what belongs to another account, whatever other policies allow."""
    policy: Optional[pulumi.Input[Any]]
    """A policy document of your own, in place of access: its JSON text, or a map such as s3_policy_document returns."""
    extra_statements: Optional[pulumi.Input[Any]]
    """Policy statements beside those of the access preset: JSON text, or a list of maps. They are checked as policy is."""
    policy_name: Optional[pulumi.Input[str]]
    """The inline policy's name. Left out, it is S3Access; an existing user's is the component's name with a random suffix, since S3Access may be there already."""
    policy_type: Optional[PolicyTypeInput]
    """How the user gets its document: auto (inline where it fits 2,048 characters, else managed), inline or managed."""
    policy_arns: Optional[Sequence[str]]
    """ARNs of further managed policies to attach. They must be known: attach a policy that the same program makes with aws.iam.UserPolicyAttachment."""
    exclusive: Optional[bool]
    """Detach every policy that is not declared here, AmazonS3FullAccess first of all. What is attached later is detached by the next pulumi up --refresh."""
    create_access_key: Optional[bool]
    """Whether the user has an access key. true when left out."""
    key_status: Optional[KeyStatusInput]
    """Active, or Inactive to switch the key off without losing it."""
    key_generation: Optional[int]
    """Raise it by one to replace the access key: 1, 2, 3, …"""
    previous_key: Optional[PreviousKeyInput]
    """What becomes of the previous key when the generation is raised: removed, inactive or active."""
    rotate_every_days: Optional[int]
    """In place of key_generation: replace the key every so many days, counted from rotate_from. A scheduled pulumi up does it when it is due."""
    rotate_from: Optional[str]
    """The day, in UTC, from which rotate_every_days counts, as YYYY-MM-DD: the day of the first deployment. Leave it as it is afterwards."""
    wait_until_usable: Optional[bool]
    """Whether an update that makes a key waits until AWS accepts it three times in a row, before the previous one goes."""
    pgp_key: Optional[str]
    """A public PGP key (base64 of its binary form, armoured text, or keybase:NAME) to encrypt the secret with: it is then nowhere in Pulumi's state, and encrypted_secret is."""
    secrets_manager: Optional[SecretsManagerArgs]
    """Where to put the credentials in AWS Secrets Manager."""
    parameter_store: Optional[ParameterStoreArgs]
    """Where to put the credentials in the Systems Manager Parameter Store."""
