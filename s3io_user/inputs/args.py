"""The component's inputs: their types and descriptions, and the checks that come before anything is made."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Optional, TypedDict

import pulumi

from s3io_user.keys.slots import KeyStatus, PreviousKey
from s3io_user.policy.packing import PolicyType
from s3io_user.policy.presets import Access
from s3io_user.policy.self_service import SelfService

# Optional[…], not its newer spelling, and no future annotations: Pulumi's analysis of components reads these types at
# run time to make the schema for the other languages. It does not know Literal, so that type checkers alone see these.
if TYPE_CHECKING:
    AccessInput = (
        Access | Literal["full", "s3-access", "optimizer", "read-only", "read-write", "write-only", "backup", "none"]
    )
    KeyStatusInput = KeyStatus | Literal["Active", "Inactive"]
    PolicyTypeInput = PolicyType | Literal["auto", "inline", "managed"]
    PreviousKeyInput = PreviousKey | Literal["removed", "inactive", "active"]
    SelfServiceInput = SelfService | Literal["read-secret", "rotate-key"]
else:
    AccessInput, KeyStatusInput, PolicyTypeInput, PreviousKeyInput = Access, KeyStatus, PolicyType, PreviousKey
    SelfServiceInput = SelfService


class SecretsManagerArgs(TypedDict, total=False):
    """A secret in AWS Secrets Manager that holds the credentials, as one JSON value."""

    name: pulumi.Input[str]
    """The secret's name: letters, digits and / _ + = . @ -, up to 512."""
    kms_key_id: Optional[pulumi.Input[str]]
    """The KMS key that encrypts it: its ARN, ID or alias. Defaults to the AWS managed key."""
    recovery_window_in_days: Optional[int]
    """For how many days a deleted secret can be restored: 0, or 7 to 30. Defaults to 30."""


class ParameterStoreArgs(TypedDict, total=False):
    """A SecureString in the Systems Manager Parameter Store that holds the credentials, as one JSON value."""

    path: pulumi.Input[str]
    """The path of the parameter, such as /sites/example. The parameter is named credentials under it."""
    kms_key_id: Optional[pulumi.Input[str]]
    """The KMS key that encrypts it: its ARN, ID or alias. Defaults to the AWS managed key."""


class S3IOUserArgs(TypedDict, total=False):
    """What the user is, what it may do, and which keys it has. Every input is optional."""

    user_name: Optional[pulumi.Input[str]]
    """The user's name: up to 64 letters, digits and _ + = , . @ -, unique in the account without regard to case. Defaults to the component's name with a random suffix. If you change it, a new user with a new key replaces the old one."""
    existing_user: Optional[str]
    """The name or ARN of an existing user to give a policy and an access key. The user itself is never changed or deleted, and neither are the policies that it already has. Can't be combined with the inputs that apply to a new user."""
    path: Optional[pulumi.Input[str]]
    """The path of the user, such as /websites/. It must begin and end with a slash. Defaults to /."""
    tags: Optional[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Up to 50 tags for the user."""
    permissions_boundary: Optional[pulumi.Input[str]]
    """The ARN of the policy that sets the maximum permissions of the user."""
    force_destroy: Optional[pulumi.Input[bool]]
    """Whether destroying the user also deletes the keys, policies and group memberships that were added outside Pulumi. Defaults to true."""
    groups: Optional[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Names of existing groups to add the user to. Its other memberships stay as they are."""
    copy_permissions_from: Optional[str]
    """The name of a user whose groups, attached policies, inline policies and permissions boundary to copy. They are read at each update, with the credentials of the component's AWS provider."""
    access: Optional[AccessInput]
    """What the user may do: one of the access presets. Defaults to s3-access, the help page's policy."""
    buckets: Optional[Sequence[pulumi.Input[str]]]
    """The buckets that the user may use. Each is a name, name/folder, an ARN, an s3:// URI or an S3 address. Defaults to every bucket."""
    allow_acl: Optional[bool]
    """With optimizer: also s3:PutObjectAcl, which buckets that still use ACLs need."""
    allow_delete: Optional[bool]
    """With optimizer: also s3:DeleteObject, which the plugin's WebP tools need. Those can delete unrelated .webp files."""
    allow_bucket_listing: Optional[bool]
    """With optimizer: also s3:ListAllMyBuckets, so that the plugin can offer a list of the account's buckets."""
    lock_prefix: Optional[str]
    """With backup: the folder, within each bucket or folder, in which the key may delete objects. For restic it is locks. Without it the key can't delete anything."""
    kms_key_arns: Optional[Sequence[pulumi.Input[str]]]
    """The ARNs of the KMS keys that encrypt the buckets. The user may use them through S3 only."""
    tls_only: Optional[bool]
    """Deny every request that does not use TLS, for every action of every service, whatever other policies allow."""
    source_ips: Optional[Sequence[pulumi.Input[str]]]
    """Deny every request that does not come from one of these public IP addresses or CIDR blocks (or source_vpc_endpoints), for every action of every service, whatever other policies allow. Exempt are the calls that an AWS service makes on the user's behalf, and sts:GetCallerIdentity, which no policy can deny."""
    source_vpc_endpoints: Optional[Sequence[pulumi.Input[str]]]
    """Deny every request that does not come through one of these VPC endpoints (or from source_ips), for every action of every service, with the same exemptions. A service for which you have no VPC endpoint can't be used."""
    same_account_only: Optional[bool]
    """Deny every S3 action on resources of other accounts, whatever other policies allow."""
    policy: Optional[pulumi.Input[Any]]
    """Your own policy document, instead of an access preset: JSON text, or a map such as s3_policy_document returns."""
    extra_statements: Optional[pulumi.Input[Any]]
    """Policy statements to add to those of the access preset: JSON text, or a list of maps. They are checked as policy is."""
    policy_name: Optional[pulumi.Input[str]]
    """The name of the inline policy. Defaults to S3Access. For an existing user, which may already have a policy of that name, it defaults to the component's name with a random suffix."""
    policy_type: Optional[PolicyTypeInput]
    """How the user gets its policy: auto (inline if it fits 2,048 characters, else managed), inline or managed."""
    policy_arns: Optional[Sequence[str]]
    """The ARNs of further managed policies to attach. They must be known in advance: attach a policy that the same program creates with aws.iam.UserPolicyAttachment."""
    self_service: Optional[Sequence[SelfServiceInput]]
    """What the user may do with its own key: read-secret, to read it where secrets_manager or parameter_store stores it; rotate-key, to create, list, deactivate and delete its own access keys. Defaults to neither. With either, a leaked key can outlive a rotation."""
    exclusive: Optional[bool]
    """Detach every policy that is not declared here, such as AmazonS3FullAccess. A policy that is attached later is detached by the next pulumi up --refresh."""
    create_access_key: Optional[bool]
    """Whether the user has an access key. Defaults to true."""
    key_status: Optional[KeyStatusInput]
    """Active, or Inactive to deactivate the key without deleting it."""
    key_generation: Optional[int]
    """Raise it by one to replace the access key: 1, 2, 3, …"""
    previous_key: Optional[PreviousKeyInput]
    """What happens to the previous key when you raise the generation: removed, inactive or active."""
    rotate_every_days: Optional[int]
    """Instead of key_generation: replace the key after this many days, counted from rotate_from. A scheduled pulumi up does it when it is due."""
    rotate_from: Optional[str]
    """The day, in UTC, from which rotate_every_days counts, as YYYY-MM-DD: the day of the first deployment. Don't change it afterwards."""
    wait_until_usable: Optional[bool]
    """Whether an update that creates a key waits until AWS accepts it three times in a row, before it removes the previous key."""
    pgp_key: Optional[str]
    """A public PGP key to encrypt the secret with: base64 of its binary form, armored text, or keybase:NAME. The secret is then nowhere in Pulumi's state; encrypted_secret is. If you change it later, also raise key_generation."""
    secrets_manager: Optional[SecretsManagerArgs]
    """Where to store the credentials in AWS Secrets Manager."""
    parameter_store: Optional[ParameterStoreArgs]
    """Where to store the credentials in AWS Systems Manager Parameter Store."""
