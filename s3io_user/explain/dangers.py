"""What an allowed action can do that its name does not say: our own table, with a reason each.

A *danger* can destroy or expose data, or widen rights. *Advice* is something that the plugin needs, and that is
safe as long as the reason is heeded. The table's order is that of harm, worst first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from s3io_user.explain import elsewhere


class Grade(str, Enum):
    """How much a reason weighs."""

    DANGER = "danger"
    ADVICE = "advice"


@dataclass(frozen=True)
class Reason:
    """Why an action is marked, in one sentence that follows its name."""

    grade: Grade
    text: str
    rank: int


_DANGERS = {
    "s3:PutBucketPolicy": "can give anybody, in any account, any permission on the bucket",
    "s3:PutLifecycleConfiguration": "can have every object deleted, old versions too, by a rule that AWS carries out",
    "s3:DeleteObjectVersion": "deletes versions for good, which versioning cannot bring back",
    "s3:DeleteObject": "deletes objects; the plugin's WebP tools can also delete or misplace unrelated .webp files",
    "s3:PutBucketPublicAccessBlock": "can take away the bucket's guard against public access",
    "s3:PutAccountPublicAccessBlock": "can take away the whole account's guard against public access",
    "s3:PutBucketAcl": "can open the bucket to the world or to another account, where ACLs are on",
    "s3:PutObjectAcl": "can make an object public or hand it to another account, where ACLs are on",
    "s3:PutObjectVersionAcl": "can make an old version of an object public, where ACLs are on",
    "s3:PutBucketOwnershipControls": "can switch ACLs back on, and with them public objects",
    "s3:PutReplicationConfiguration": "can have every new object copied to a bucket of another account",
    "s3:PutBucketVersioning": "can suspend versioning, the safety net under every overwrite",
    "s3:BypassGovernanceRetention": "can delete objects that a governance lock protects",
    "s3:DeleteBucketPolicy": "can remove the policy that protects the bucket",
    "s3:DeleteBucket": "can delete an empty bucket, whose name anybody may then take",
    "s3:CreateBucket": "can make buckets at your cost; in us-east-1 making one's own bucket again resets its ACL",
    "s3:PutEncryptionConfiguration": "can have new objects encrypted with a key that others hold or that gets deleted",
    "s3:UpdateObjectEncryption": "can re-encrypt objects with a key that others hold or that gets deleted",
    "s3:PutBucketObjectLockConfiguration": "can make new objects impossible to delete for years, at your cost",
    "s3:PutObjectRetention": "can lock an object for years, at your cost",
    "s3:PutObjectLegalHold": "can lock an object, or lift the hold that protects it",
    "s3:PutAccessPointPolicy": "can give anybody permissions on the bucket through an access point",
    "s3:PutAccessPointPolicyForObjectLambda": "can give anybody permissions through an Object Lambda access point",
    "s3:PutMultiRegionAccessPointPolicy": "can give anybody permissions through a multi-Region access point",
    "s3:PutAccessPointPublicAccessBlock": "can take away an access point's guard against public access",
    "s3:PutAccessPointConfigurationForObjectLambda": "can put other code between the readers and the objects",
    "s3:CreateAccessPoint": "can open another door to a bucket, with a policy of its own",
    "s3:CreateMultiRegionAccessPoint": "can open another door to a bucket, with a policy of its own",
    "s3:PutBucketAbac": "can let tags decide who has access",
    "s3:GetDataAccess": "can get credentials for whatever S3 Access Grants give to the key, on any bucket",
    "s3:CreateJob": "can change or copy millions of objects in one job",
    "s3:ReplicateDelete": "can delete objects in the name of a replication",
    "s3:ReplicateObject": "can overwrite objects in the name of a replication",
    "s3:PutIntelligentTieringConfiguration": "can have objects archived, so that a site's images take hours to read",
    "s3:PutInventoryConfiguration": "can have the list of all objects written to a bucket of another account",
    "s3:PutAnalyticsConfiguration": "can have figures on the bucket's use written to a bucket of another account",
    "s3:PutStorageLensConfiguration": "can have figures on all buckets written to a bucket of another account",
    "s3:PutBucketNotification": "can send word of every change elsewhere, or switch off what depends on it",
    "s3:PutBucketLogging": "can switch the access log off, or send it elsewhere",
    "s3:PutBucketWebsite": "can serve the bucket as a website, and send its visitors elsewhere",
    "s3:PutBucketCORS": "can let other websites' scripts use the bucket in a visitor's browser",
    "s3:PutBucketRequestPayment": "can make readers pay, which shuts out a site's visitors",
    "kms:PutKeyPolicy": "can give anybody the key, or lock everybody out of it",
    "kms:ScheduleKeyDeletion": "can have the key deleted, and with it all that it encrypts",
    "kms:DeleteImportedKeyMaterial": "can make all that the key encrypts unreadable",
    "kms:DisableKey": "can make all that the key encrypts unreadable until it is enabled again",
    "kms:CreateGrant": "can let others use the key",
}
_ADVICE = {
    "s3:PutObject": "overwrites images in place, without their metadata and tags: versioning keeps the originals",
    "kms:Decrypt": "can read all that the key encrypts: give these buckets a key of their own",
}
_TABLE = {
    name: Reason(grade, text, rank)
    for rank, (name, grade, text) in enumerate(
        [
            *((name, Grade.DANGER, text) for name, text in _DANGERS.items()),
            *((name, Grade.ADVICE, text) for name, text in _ADVICE.items()),
        ]
    )
}
OWN = ("s3", "s3-object-lambda", "kms")
"""The services that a key for S3 has to do with: S3 itself, and the keys of its buckets."""
_LAST = len(_TABLE)
_CHANGES = {level: Reason(Grade.DANGER, text, _LAST + 2) for level, text in elsewhere.CHANGES.items()}
_OF_ONE = -2
_OWN_RIGHTS = Reason(Grade.DANGER, "can give itself, or others, more permissions", -1)
_EVERYWHERE = "changes something on every {}: name the {}s"


def reason(action: str, level: str, *, everywhere: bool = False, one: bool = False) -> Reason | None:
    """Why an action (``s3:PutBucketPolicy``) of an access level is marked; ``None`` where it is not.

    S3 Object Lambda's actions are S3's through another door. What manages permissions is marked even where the
    table has no sentence of its own, and so is whatever changes something outside S3 and its keys. ``everywhere``:
    it is allowed with ``"Resource": "*"``, which marks more. ``one``: it is allowed on a resource that is named.
    """
    service, _, name = action.partition(":")
    if service not in OWN:
        on_one = elsewhere.ON_ONE.get(action.lower()) if one else None
        return Reason(Grade.DANGER, on_one, _OF_ONE) if on_one else _elsewhere(action.lower(), service, level)
    known = _TABLE.get(f"s3:{name}" if service == "s3-object-lambda" else action)
    if known and (known.grade is Grade.DANGER or not everywhere):
        return known
    if level == "Permissions management":
        return Reason(Grade.DANGER, elsewhere.CHANGES[level], _LAST)
    return _everywhere(action.lower(), level) if everywhere else known


def _everywhere(name: str, level: str) -> Reason | None:
    text = elsewhere.EVERYWHERE.get(name) or elsewhere.EXFILTRATION.get(name)
    if not text and level in elsewhere.CHANGES:
        one = "KMS key" if name.startswith("kms:") else "bucket"
        text = _EVERYWHERE.format(one, one.rpartition(" ")[2])
    return Reason(Grade.DANGER, text, _LAST + 1) if text else None


def _elsewhere(name: str, service: str, level: str) -> Reason | None:
    if name in elsewhere.ALONE:
        return Reason(Grade.DANGER, elsewhere.ALONE[name], -4 if service == "iam" else -3)
    text = elsewhere.CREDENTIALS.get(name) or elsewhere.EXFILTRATION.get(name)
    if text:
        return Reason(Grade.DANGER, text, -2)
    if level == "Permissions management" and service == "iam":
        return _OWN_RIGHTS
    return _CHANGES.get(level)


def together(actions: Iterable[str]) -> dict[str, Reason]:
    """The actions that are a way to more rights only together with others that are allowed, too, and why."""
    named = {action.lower(): action for action in actions}
    found: dict[str, Reason] = {}
    for text, way in elsewhere.TOGETHER:
        if way <= named.keys():
            others = {name: [named[other] for other in sorted(way - {name})] for name in way}
            found |= {
                named[name]: Reason(Grade.DANGER, f"and {', '.join(others[name])} {text}", -3)
                for name in way
                if named[name] not in found
            }
    return found


WHOLE_SERVICE = "allows every action of the service, those that AWS adds later too: name the actions"
WHOLE_RANK = _LAST + 1
