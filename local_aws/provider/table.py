"""The table of resources: one row each, with all that the generic code must know, as the real provider has it."""

from . import bucket_settings, buckets, policies, users, vaults
from .aws import Aws
from .checks import arn, both, length, one_of, pattern, policy_json, recovery_window, secret_name, slashes
from .row import Locate, Row
from .values import Props

_IAM_NAME = pattern(
    r"[0-9A-Za-z=,.@\-_+]+",
    "must only contain alphanumeric characters, hyphens, underscores, commas, periods, @ symbols,"
    " plus and equals signs",
)
# What a bucket has besides itself: the stand-in neither sets it nor leaves it out of a preview's unknowns.
_BUCKET_PARTS = (
    "accelerationStatus",
    "acl",
    "corsRules",
    "grants",
    "lifecycleRules",
    "logging",
    "objectLockConfiguration",
    "objectLockEnabled",
    "policy",
    "replicationConfiguration",
    "requestPayer",
    "serverSideEncryptionConfiguration",
    "versioning",
    "website",
)


def _by(prop: str) -> Locate:
    return lambda aws, id_: {prop: id_}


def _by_id(aws: Aws, id_: str) -> Props:
    return {}


def _attachment(kind: str) -> Row:
    by, both = policies.Attachment(kind), tuple(sorted((kind, "policyArn")))
    return Row(
        required=both,
        replaces=both,
        delete_first=True,
        checks={"policyArn": arn},
        create=by.create,
        read=by.read,
        delete=by.delete,
        locate=by.locate,
    )


def _exclusive(by: policies.Exclusive) -> Row:
    return Row(
        required=(by.prop, "userName"),
        replaces=("userName",),
        sets=(by.prop,),
        has_id=False,
        create=by.create,
        read=by.read,
        update=by.update,
        delete=by.delete,
        locate=_by("userName"),
    )


RESOURCES: dict[str, Row] = {
    "aws:iam/user:User": Row(
        auto_name="name",
        defaults={"forceDestroy": False, "path": "/"},
        optional=("permissionsBoundary",),
        outputs=("arn", "uniqueId"),
        checks={"name": _IAM_NAME},
        create=users.create_user,
        read=users.read_user,
        update=users.update_user,
        tag=users.tag_user,
        delete=users.delete_user,
        locate=_by("name"),
    ),
    "aws:iam/accessKey:AccessKey": Row(
        required=("user",),
        defaults={"status": "Active"},
        optional=("pgpKey",),
        outputs=(
            "createDate",
            "encryptedSecret",
            "encryptedSesSmtpPasswordV4",
            "keyFingerprint",
            "secret",
            "sesSmtpPasswordV4",
        ),
        secrets=("secret", "sesSmtpPasswordV4"),
        replaces=("user", "pgpKey"),
        checks={"status": one_of("Active", "Inactive", "Expired")},
        create=users.create_access_key,
        read=users.read_access_key,
        update=users.update_access_key,
        delete=users.delete_access_key,
        locate=users.locate_access_key,
    ),
    "aws:iam/userPolicy:UserPolicy": Row(
        auto_name="name",
        required=("policy", "user"),
        outputs=("namePrefix",),
        refused=("namePrefix",),
        replaces=("name", "user"),
        documents={"policy": True},
        checks={"policy": policy_json},
        create=policies.put_user_policy,
        read=policies.read_user_policy,
        update=policies.update_user_policy,
        delete=policies.delete_user_policy,
        locate=policies.locate_user_policy,
    ),
    "aws:iam/policy:Policy": Row(
        auto_name="name",
        required=("policy",),
        defaults={"path": "/"},
        optional=("description",),
        outputs=("arn", "attachmentCount", "namePrefix", "policyId"),
        refused=("delayAfterPolicyCreationInMs", "namePrefix"),
        replaces=("name", "path", "description"),
        documents={"policy": False},
        checks={
            "policy": policy_json,
            "path": both(length(1, 512), slashes),
            "name": both(length(1, 128), pattern(r"[\w+=,.@-]*", r"must match [\w+=,.@-]")),
        },
        create=policies.create_policy,
        read=policies.read_policy,
        update=policies.update_policy,
        tag=policies.tag_policy,
        delete=policies.delete_policy,
        locate=_by_id,
    ),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": _attachment("user"),
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": _attachment("group"),
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": _exclusive(policies.ATTACHMENTS_EXCLUSIVE),
    "aws:iam/userPoliciesExclusive:UserPoliciesExclusive": _exclusive(policies.POLICIES_EXCLUSIVE),
    "aws:iam/userGroupMembership:UserGroupMembership": Row(
        required=("groups", "user"),
        replaces=("user",),
        sets=("groups",),
        create=users.create_membership,
        read=users.read_membership,
        update=users.update_membership,
        delete=users.delete_membership,
        locate=users.locate_membership,
    ),
    "aws:iam/group:Group": Row(
        auto_name="name",
        defaults={"path": "/"},
        outputs=("arn", "uniqueId"),
        checks={"name": _IAM_NAME},
        create=users.create_group,
        read=users.read_group,
        update=users.update_group,
        delete=users.delete_group,
        locate=_by("name"),
    ),
    "aws:s3/bucket:Bucket": Row(
        auto_name="bucket",
        defaults={"forceDestroy": False},
        outputs=(
            "arn",
            "bucketDomainName",
            "bucketPrefix",
            "bucketRegion",
            "bucketRegionalDomainName",
            "hostedZoneId",
            "websiteDomain",
            "websiteEndpoint",
            *_BUCKET_PARTS,
        ),
        refused=("bucketNamespace", "bucketPrefix", *_BUCKET_PARTS),
        replaces=("bucket", "region"),
        checks={"bucket": length(0, 63)},
        regional=True,
        create=buckets.create_bucket,
        read=buckets.read_bucket,
        tag=buckets.tag_bucket,
        delete=buckets.delete_bucket,
        locate=_by("bucket"),
    ),
    **bucket_settings.ROWS,
    "aws:secretsmanager/secret:Secret": Row(
        auto_name="name",
        defaults={"recoveryWindowInDays": 30, "forceOverwriteReplicaSecret": False},
        optional=("description", "kmsKeyId"),
        outputs=("arn", "namePrefix", "policy", "replicas"),
        refused=("namePrefix", "policy", "replicas", "type"),
        replaces=("name", "region"),
        checks={"name": secret_name, "recoveryWindowInDays": recovery_window},
        regional=True,
        create=vaults.create_secret,
        read=vaults.read_secret,
        update=vaults.update_secret,
        tag=vaults.tag_secret,
        delete=vaults.delete_secret,
        locate=_by_id,
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Row(
        required=("secretId",),
        optional=("secretBinary", "secretString"),
        outputs=("arn", "hasSecretStringWo", "secretArn", "versionId", "versionStages"),
        refused=("secretStringWo", "secretStringWoVersion", "versionStages"),
        secrets=("secretBinary", "secretString"),
        replaces=("region", "secretBinary", "secretId", "secretString"),
        regional=True,
        create=vaults.create_secret_version,
        read=vaults.read_secret_version,
        delete=vaults.delete_secret_version,
        locate=vaults.locate_secret_version,
    ),
    "aws:ssm/parameter:Parameter": Row(
        auto_name="name",
        required=("type", "value"),
        optional=("description",),
        either=("keyId", "tier"),
        outputs=("arn", "dataType", "hasValueWo", "insecureValue", "version"),
        refused=("allowedPattern", "arn", "dataType", "insecureValue", "overwrite", "valueWo", "valueWoVersion"),
        secrets=("value",),
        replaces=("name", "region"),
        checks={
            "name": length(1, 2048),
            "tier": one_of("Standard", "Advanced", "Intelligent-Tiering"),
            "type": one_of("String", "StringList", "SecureString"),
        },
        moved_by={"version": "value"},
        regional=True,
        create=vaults.create_parameter,
        read=vaults.read_parameter,
        update=vaults.update_parameter,
        tag=vaults.tag_parameter,
        delete=vaults.delete_parameter,
        locate=_by("name"),
    ),
}
