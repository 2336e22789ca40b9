"""The calls that are tried with a key, and what each shows. They leave nothing behind.

A write is tried with ``If-Match`` on an object that does not exist, and a delete with an ``If-Match`` that fits no
object. AWS checks the permission first, and then the condition, which fails.
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from s3io_user.aws.answers import AwsError
from s3io_user.aws.buckets import owner_enforced, region_of
from s3io_user.aws.connection import reworded
from s3io_user.iam.addresses import is_of_aws
from s3io_user.iam.buckets import Bucket
from s3io_user.verify import expected
from s3io_user.verify.expected import Expectation
from s3io_user.verify.observed import REFUSED, Observed, Patience

_NO_MATCH = {"NoSuchKey", "PreconditionFailed", "412"}
# An ETag that no object has.
_NEVER = '"0"'
_WITH_IF_MATCH = ("PutObject", "DeleteObject")

# Why a call has no result.
NO_OBJECT = "there is no object here that the key can see, to try it on"
UNREADABLE = "refused, but the key may not read, and AWS may ask for s3:GetObject where If-Match is sent"
MAY_DELETE = "not tried: the service is not AWS's, and might not heed If-Match"


@dataclass
class Run:
    """One run on one key: the key's S3 client, how long to retry, and what was observed so far."""

    s3: Any
    region: str
    patience: Patience
    unreadable: frozenset[Bucket] = frozenset()
    """The places that the key must not read."""
    locks: frozenset[Bucket] = frozenset()
    """Folders within the places in which the key may delete, and perhaps nowhere else."""
    samples: dict[Bucket, str] = field(default_factory=dict)
    listed: set[Bucket] = field(default_factory=set)
    permitted: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    honours_if_match: bool = False
    locations: dict[str, str] = field(default_factory=dict)
    enforced: dict[str, bool] = field(default_factory=dict)


def attempt(run_: Run, wanted: Expectation) -> Observed:
    """Try one call. A refusal of one that shows nothing is not known."""
    try:
        return _PROBES[wanted.call](run_, wanted.place)
    except AwsError as error:
        if error.code in REFUSED:
            told = wanted.call not in _WITH_IF_MATCH or wanted.place not in run_.unreadable
            why = error.why if wanted.expected else ""
            return (False, why) if told or not wanted.expected else (None, UNREADABLE)
        if error.code == "NoSuchBucket":
            run_.missing.add(wanted.place.name)
            return None, "the bucket does not exist"
        return None, f"AWS answered {error.code}"


def _call(call: Callable[[], Any]) -> Any:
    return reworded("try the key", call)


def _location(run_: Run, place: Bucket) -> Observed:
    run_.locations[place.name] = region_of(run_.s3, place.name)
    return True, ""


def _ownership(run_: Run, place: Bucket) -> Observed:
    run_.enforced[place.name] = owner_enforced(run_.s3, place.name)
    return True, ""


def _list(run_: Run, place: Bucket) -> Observed:
    prefix = expected.prefix_of(place)
    listing = _call(lambda: run_.s3.list_objects_v2(Bucket=place.name, Prefix=prefix, MaxKeys=1))
    run_.listed.add(place)
    if listing.get("Contents"):
        run_.samples[place] = listing["Contents"][0]["Key"]
    return True, ""


def _get(run_: Run, place: Bucket) -> Observed:
    key = run_.samples.get(place) or _random_key(place)
    try:
        _call(lambda: run_.s3.head_object(Bucket=place.name, Key=key))
    except AwsError as error:
        # AWS answers 404 only to a key that may read the object, or if there is no such bucket.
        if error.code == "404" and place in run_.listed:
            return True, ""
        if error.code in REFUSED and place not in run_.samples:
            return None, NO_OBJECT
        raise
    return True, ""


def _put(run_: Run, place: Bucket) -> Observed:
    key = _random_key(place)
    try:
        _call(lambda: run_.s3.put_object(Bucket=place.name, Key=key, Body=b"", IfMatch=_NEVER))
    except AwsError as error:
        if error.code not in _NO_MATCH:
            raise
        run_.honours_if_match = True
        return True, ""
    return True, f"this service ignores If-Match: remove the empty object {key}"


def _delete(run_: Run, place: Bucket) -> Observed:
    key = _sample_to_delete(run_, place)
    if key is None:
        return None, NO_OBJECT
    if not (run_.honours_if_match or is_of_aws(str(run_.s3.meta.endpoint_url))):
        return None, MAY_DELETE
    try:
        _call(lambda: run_.s3.delete_object(Bucket=place.name, Key=key, IfMatch=_NEVER))
    except AwsError as error:
        if error.code not in _NO_MATCH:
            raise
    return True, ""


def _sample_to_delete(run_: Run, place: Bucket) -> str | None:
    """An object in the place, but outside its folders of locks."""
    if place in run_.locks and place not in run_.listed:
        with suppress(AwsError):  # it may delete without being allowed to list
            _list(run_, place)
    key = run_.samples.get(place)
    within = [expected.prefix_of(lock) for lock in run_.locks if lock.name == place.name and lock != place]
    return None if key is None or any(map(key.startswith, within)) else key


def _random_key(place: Bucket) -> str:
    return f"{expected.prefix_of(place)}s3io-user-verify-{uuid.uuid4().hex}"


_PROBES: dict[str, Callable[[Run, Bucket], Observed]] = {
    "GetBucketLocation": _location,
    "GetBucketOwnershipControls": _ownership,
    "ListObjects": _list,
    "GetObject": _get,
    "PutObject": _put,
    "DeleteObject": _delete,
}
