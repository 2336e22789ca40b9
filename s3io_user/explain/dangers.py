"""What an allowed action can do that its name does not say: our own table of actions and reasons.

A *danger* can destroy or expose data, or lead to more permissions. *Advice* is on an action that the plugin needs and
that is safe if you follow it. The table is in order of harm, worst first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from s3io_user.explain import elsewhere


class Grade(str, Enum):
    """Whether a reason is a danger or advice."""

    DANGER = "danger"
    ADVICE = "advice"


@dataclass(frozen=True)
class Reason:
    """Why an action is marked: a sentence that goes on from its name. The lower the rank, the worse."""

    grade: Grade
    text: str
    rank: int

    @property
    def by_itself(self) -> bool:
        """Whether the action alone leads to more permissions, or to credentials or data outside S3."""
        return self.rank <= _HANDS_OUT


_ALONE_IN_IAM, _ALONE, _HANDS_OUT, _OF_IAM = -4, -3, -2, -1
"""The ranks of what leads to more permissions, before those of the table."""
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
    name: Reason(Grade.DANGER if name in _DANGERS else Grade.ADVICE, text, rank)
    for rank, (name, text) in enumerate({**_DANGERS, **_ADVICE}.items())
}
OWN = ("s3", "s3-object-lambda", "kms")
"""The services that a key for S3 uses: S3, and KMS for the buckets' encryption keys."""
_LAST = len(_TABLE)
_EVERYWHERE = "changes something on every {}: name the {}s"


def reason(action: str, level: str, *, everywhere: bool = False, one: bool = False) -> Reason | None:
    """Why an action (``s3:PutBucketPolicy``) of an access level is marked; None if it is not.

    S3 Object Lambda's actions count as S3's. Every action that manages permissions is marked, even if the table does
    not have it, and so is every action that changes something outside S3 and KMS. ``everywhere``: it is allowed on
    ``"Resource": "*"``, which marks more actions. ``one``: it is allowed on a single, named resource.
    """
    service, _, name = action.partition(":")
    if service not in OWN:
        on_one = elsewhere.ON_ONE.get(action.lower()) if one else None
        return Reason(Grade.DANGER, on_one, _HANDS_OUT) if on_one else _elsewhere(action.lower(), service, level)
    in_table = _TABLE.get(f"s3:{name}" if service == "s3-object-lambda" else action)
    if in_table and (in_table.grade is Grade.DANGER or not everywhere):
        return in_table
    if level == "Permissions management":
        return Reason(Grade.DANGER, elsewhere.CHANGES[level], _LAST)
    return _everywhere(action.lower(), level) if everywhere else in_table


def _everywhere(name: str, level: str) -> Reason | None:
    text = elsewhere.EVERYWHERE.get(name) or elsewhere.EXFILTRATION.get(name)
    if not text and level in elsewhere.CHANGES:
        noun = "KMS key" if name.startswith("kms:") else "bucket"
        text = _EVERYWHERE.format(noun, noun.rpartition(" ")[2])
    return Reason(Grade.DANGER, text, _LAST + 1) if text else None


def _elsewhere(name: str, service: str, level: str) -> Reason | None:
    if text := elsewhere.ALONE.get(name):
        return Reason(Grade.DANGER, text, _ALONE_IN_IAM if service == "iam" else _ALONE)
    if text := elsewhere.CREDENTIALS.get(name) or elsewhere.EXFILTRATION.get(name):
        return Reason(Grade.DANGER, text, _HANDS_OUT)
    if level == "Permissions management" and service == "iam":
        return Reason(Grade.DANGER, elsewhere.MORE_PERMISSIONS, _OF_IAM)
    return Reason(Grade.DANGER, elsewhere.CHANGES[level], _LAST + 2) if level in elsewhere.CHANGES else None


def together(actions: Iterable[str]) -> dict[str, Reason]:
    """The actions that lead to more permissions only together with others of these actions, and why."""
    names = {action.lower(): action for action in actions}
    reasons: dict[str, Reason] = {}
    for text, way in elsewhere.TOGETHER:
        if way <= names.keys():
            for name in way:
                others = ", ".join(names[other] for other in sorted(way - {name}))
                reasons.setdefault(names[name], Reason(Grade.DANGER, f"and {others} {text}", _ALONE))
    return reasons


WHOLE_SERVICE = Reason(
    Grade.DANGER, "allows every action of the service, those that AWS adds later too: name the actions", _LAST + 1
)
PRIVATE_IMAGES = Reason(
    Grade.ADVICE,
    "leaves an image private that an ACL made public, where the bucket's ACLs are on: "
    "switch them off (BucketOwnerEnforced), or with optimizer set allowAcl",
    _LAST + 3,
)
"""A trap of the plugin's: it writes each image anew, and the ACL that made it public is gone."""
