"""What to write instead of an action that does not work on its statement's resources, or that AWS does not have.

Pure.
"""

import difflib
from collections.abc import Mapping, Sequence

from s3io_user.explain.catalogue import Action, Catalogue
from s3io_user.explain.places import names_no_bucket
from s3io_user.explain.requests import GLOBAL
from s3io_user.explain.statements import is_unfilled

_LITERAL = "${$}{"


def hint(actions: Sequence[Action], resources: Sequence[str]) -> str:
    """The end of a sentence on actions that do not work on resources; empty if nothing more is known."""
    if any(_LITERAL in text for text in resources):
        return ": without Version 2012-10-17, a variable is plain text"
    if any(map(is_unfilled, resources)):
        return ": it has a placeholder of a template that was not filled in"
    if fault := next((fault for text in resources if (fault := names_no_bucket(text))), None):
        return f": {fault}"
    if all(text.startswith("arn:") and text.split(":")[2] != text.split(":")[2].lower() for text in resources):
        return ": a service is in small letters in an ARN, as in arn:aws:s3:::my-bucket"
    if all(text.startswith("arn:") and ":s3:" in text and ":s3:::" not in text for text in resources):
        return ": a bucket's ARN has neither Region nor account, as in arn:aws:s3:::my-bucket"
    if all(text.endswith("/") for text in resources):
        return ": a bucket's ARN has no slash at its end, and an object's ends in /*"
    return next((sentence for sentence, fits in _HINTS.items() if actions and all(map(fits, actions))), "")


def as_written(resource: str) -> str:
    """A resource as its document has it."""
    return resource.replace(_LITERAL, "${")


_HINTS = {
    ": an object's ARN ends in /*, as in arn:aws:s3:::my-bucket/*": lambda action: "object" in action.resources,
    ": a bucket's ARN ends after its name, as in arn:aws:s3:::my-bucket": lambda action: "bucket" in action.resources,
    ": name a key's own ARN, with its Region and account, and not an alias's": lambda action: (
        "key" in action.resources and action.service == "kms"
    ),
    ': it works on "Resource": "*", not on a single one': lambda action: not action.resources,
}


def meant_key(key: str, catalogue: Catalogue) -> str:
    """A sentence on a condition key that AWS's lists do not have: the one that was meant; empty if none is near."""
    text = key.lower() if ":" in key else f"aws:{key.lower()}"
    of_service = catalogue.by_service.get(text.partition(":")[0], ())
    names = {each: each for each in of_service[0].service_keys} if of_service else GLOBAL
    return _near(key, difflib.get_close_matches(text, names, n=1, cutoff=0.75), names)


def _near(text: str, near: Sequence[str], names: Mapping[str, str]) -> str:
    return f"{text} may be meant for {names[near[0]].rstrip('/')}." if near else ""


def meant(action: str, catalogue: Catalogue) -> str:
    """The same of an action, which may also be an operation of S3 that another action allows."""
    service, _, name = action.lower().partition(":")
    if service == "s3" and (permission := S3_PERMISSIONS.get(name)):
        return f"{action} is an operation of S3 and not an action of IAM: its action is {permission}."
    names = {each.name.lower(): each.name for each in catalogue.by_service.get(service, ())}
    return _near(action, difflib.get_close_matches(action.lower(), names, n=1, cutoff=0.8), names)


# Source: the S3 User Guide, "Required permissions for Amazon S3 API operations".
S3_PERMISSIONS = {
    **dict.fromkeys(("headbucket", "listobjects", "listobjectsv2"), "s3:ListBucket"),
    **dict.fromkeys(("headobject", "selectobjectcontent"), "s3:GetObject"),
    **dict.fromkeys(
        ("completemultipartupload", "createmultipartupload", "initiatemultipartupload", "postobject", "uploadpart"),
        "s3:PutObject",
    ),
    **dict.fromkeys(("copyobject", "uploadpartcopy"), "s3:PutObject, with s3:GetObject on what is copied"),
    **dict.fromkeys(("deletemultipleobjects", "deleteobjects"), "s3:DeleteObject"),
    **{f"{verb}bucketencryption": f"s3:{verb.title()}EncryptionConfiguration" for verb in ("get", "put")},
    **{f"{verb}bucketlifecycle": f"s3:{verb.title()}LifecycleConfiguration" for verb in ("get", "put")},
    **{f"{verb}bucketlifecycleconfiguration": f"s3:{verb.title()}LifecycleConfiguration" for verb in ("get", "put")},
    **{f"{verb}bucketreplication": f"s3:{verb.title()}ReplicationConfiguration" for verb in ("get", "put")},
    **{f"{verb}publicaccessblock": f"s3:{verb.title()}BucketPublicAccessBlock" for verb in ("get", "put")},
    "listbuckets": "s3:ListAllMyBuckets",
    "listmultipartuploads": "s3:ListBucketMultipartUploads",
    "listobjectversions": "s3:ListBucketVersions",
    "listparts": "s3:ListMultipartUploadParts",
}
"""The IAM action of an operation of S3, by the operation's name in lower case, where the two differ."""
