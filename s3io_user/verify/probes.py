"""Tries a key on S3 with calls that leave nothing behind. Calls that must be refused come last.

A write is tried with ``If-Match`` on an object that does not exist, and a delete with an ``If-Match`` that fits no
object. AWS checks the permission first, and then the condition, which fails.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from s3io_user import wording
from s3io_user.aws.answers import AwsError
from s3io_user.aws.buckets import owner_enforced, region_of
from s3io_user.aws.connection import Connection, reworded
from s3io_user.aws.users import key_statuses
from s3io_user.aws.waiting import wait_until_usable
from s3io_user.handover.credentials import Credentials
from s3io_user.iam import arns, buckets
from s3io_user.iam.addresses import is_of_aws
from s3io_user.iam.buckets import Bucket
from s3io_user.verify import expected, self_service
from s3io_user.verify.expected import Check, Documents, Expectation, Rights
from s3io_user.verify.observed import REFUSED, TOO_EARLY, Observed, Patience, simulated

_NO_MATCH = {"NoSuchKey", "PreconditionFailed", "412"}
# An ETag that no object has.
_NEVER = '"0"'
_WITH_IF_MATCH = ("PutObject", "DeleteObject")

# Why a call has no result.
_NO_OBJECT = "there is no object here that the key can see, to try it on"
_UNREADABLE = "refused, but the key may not read, and AWS may ask for s3:GetObject where If-Match is sent"
_MAY_DELETE = "not tried: the service is not AWS's, and might not heed If-Match"


@dataclass
class _Run:
    """One run: the key's S3 client, how long to retry, and what was observed so far."""

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


def verify(
    credentials: Credentials,
    documents: Documents | Rights,
    *,
    user_arn: str | None = None,
    operator: Connection | None = None,
    places: Iterable[Bucket] | None = None,
    within: float = 60.0,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Check]:
    """Try a key on S3, and return a check for each thing that was tried. Leaves nothing behind.

    ``documents`` are the user's policies, alone or in ``Rights``. ``operator`` is the connection for look-ups that
    the key can't make; by default it uses the environment's credentials. ``places`` are by default the credentials'
    buckets. ``within`` is in seconds. Raises AwsError if AWS does not accept the key.
    """
    operator = operator or Connection(region=credentials.region or None)
    rights = documents if isinstance(documents, Rights) else Rights(documents)
    mine = operator.with_key(credentials.access_key_id, credentials.secret_access_key)
    patience = Patience(time.monotonic() + within, progress)
    status = _status(operator, credentials)
    if status.observed is False:
        return [status]
    wait_until_usable(mine, progress, within)
    own = (buckets.parse_bucket(bucket, known=True) for bucket in credentials.buckets)
    named = list(places if places is not None else own)
    partition = arns.partition_of_arn(user_arn) if user_arn else "aws"
    wanted = expected.expectations(rights, named, partition=partition)
    unreadable = frozenset(each.place for each in wanted if each.call == "GetObject" and not each.expected)
    locks = frozenset(expected.lock_places(rights, named, partition=partition))
    run_ = _Run(mine.client("s3"), credentials.region, patience, unreadable, locks)
    dangerous = expected.dangers(rights, named, partition=partition)
    tried = _all(run_, wanted)
    return [
        status,
        _identity(mine, credentials, user_arn),
        *_or_simulated(operator, user_arn, wanted, tried, partition),
        *_whole(run_, wanted, tried),
        *_about_buckets(run_, rights, named, partition),
        *self_service.checks(rights, user_arn, mine, operator, patience),
        *_simulated(operator, user_arn, dangerous, partition),
        *expected.of_policies(rights),
    ]


def _all(run_: _Run, wanted: Sequence[Expectation]) -> list[Check]:
    """Try first what must be permitted: once it is, the policies are in effect, and a refusal counts."""
    checks: dict[Expectation, Check] = {}
    for each in (e for e in wanted if e.expected and e.call != "DeleteObject"):
        checks[each] = expected.judge(each, *_patiently(run_, each))
    for each in (e for e in wanted if e not in checks):
        observed, note = _try(run_, each)
        if observed:
            run_.permitted.add(each.place.name)
        if observed is False and each.place.name not in run_.permitted:
            observed, note = None, TOO_EARLY
        checks[each] = expected.judge(each, observed, note)
    return [checks[each] for each in wanted]


def _whole(run_: _Run, wanted: Sequence[Expectation], tried: Sequence[Check]) -> list[Check]:
    """Findings on a whole bucket: it does not exist, or nothing on it is permitted."""
    checks = []
    for name in dict.fromkeys(each.place.name for each in wanted):
        here = [(e, check) for e, check in zip(wanted, tried, strict=True) if e.place.name == name]
        should = any(e.expected is not False and check.note != _UNREADABLE for e, check in here)
        wrong = any(check.verdict == "finding" for _, check in here)
        if name in run_.missing:
            checks.append(
                Check("bucket exists", name, True, False, note="it does not exist: correct buckets, or make it")
            )
        elif should and name not in run_.permitted and not wrong:
            checks.append(Check(expected.NOTHING_PERMITTED, name, True, False, note="nothing could be shown to work"))
    return checks


def _patiently(run_: _Run, wanted: Expectation) -> Observed:
    what = f"{wanted.call} on {wanted.place}"
    observed, note = run_.patience.until_permitted(what, lambda: _try(run_, wanted))
    if observed:
        run_.permitted.add(wanted.place.name)
    return observed, note


def _try(run_: _Run, wanted: Expectation) -> Observed:
    try:
        return _PROBES[wanted.call](run_, wanted.place)
    except AwsError as error:
        if error.code in REFUSED:
            told = wanted.call not in _WITH_IF_MATCH or wanted.place not in run_.unreadable
            why = error.why if wanted.expected else ""
            return (False, why) if told or not wanted.expected else (None, _UNREADABLE)
        if error.code == "NoSuchBucket":
            run_.missing.add(wanted.place.name)
            return None, "the bucket does not exist"
        return None, f"AWS answered {error.code}"


def _call(call: Callable[[], Any]) -> Any:
    return reworded("try the key", call)


def _location(run_: _Run, place: Bucket) -> Observed:
    run_.locations[place.name] = region_of(run_.s3, place.name)
    return True, ""


def _ownership(run_: _Run, place: Bucket) -> Observed:
    run_.enforced[place.name] = owner_enforced(run_.s3, place.name)
    return True, ""


def _list(run_: _Run, place: Bucket) -> Observed:
    prefix = expected.prefix_of(place)
    listing = _call(lambda: run_.s3.list_objects_v2(Bucket=place.name, Prefix=prefix, MaxKeys=1))
    run_.listed.add(place)
    if listing.get("Contents"):
        run_.samples[place] = listing["Contents"][0]["Key"]
    return True, ""


def _get(run_: _Run, place: Bucket) -> Observed:
    key = run_.samples.get(place) or _random_key(place)
    try:
        _call(lambda: run_.s3.head_object(Bucket=place.name, Key=key))
    except AwsError as error:
        # AWS answers 404 only to a key that may read the object, or if there is no such bucket.
        if error.code == "404" and place in run_.listed:
            return True, ""
        if error.code in REFUSED and place not in run_.samples:
            return None, _NO_OBJECT
        raise
    return True, ""


def _put(run_: _Run, place: Bucket) -> Observed:
    key = _random_key(place)
    try:
        _call(lambda: run_.s3.put_object(Bucket=place.name, Key=key, Body=b"", IfMatch=_NEVER))
    except AwsError as error:
        if error.code not in _NO_MATCH:
            raise
        run_.honours_if_match = True
        return True, ""
    return True, f"this service ignores If-Match: remove the empty object {key}"


def _delete(run_: _Run, place: Bucket) -> Observed:
    key = _sample_to_delete(run_, place)
    if key is None:
        return None, _NO_OBJECT
    if not (run_.honours_if_match or is_of_aws(str(run_.s3.meta.endpoint_url))):
        return None, _MAY_DELETE
    try:
        _call(lambda: run_.s3.delete_object(Bucket=place.name, Key=key, IfMatch=_NEVER))
    except AwsError as error:
        if error.code not in _NO_MATCH:
            raise
    return True, ""


def _sample_to_delete(run_: _Run, place: Bucket) -> str | None:
    """An object in the place, but outside its folders of locks."""
    if place in run_.locks and place not in run_.listed:
        with suppress(AwsError):  # it may delete without being allowed to list
            _list(run_, place)
    key = run_.samples.get(place)
    within = [expected.prefix_of(lock) for lock in run_.locks if lock.name == place.name and lock != place]
    return None if key is None or any(map(key.startswith, within)) else key


def _random_key(place: Bucket) -> str:
    return f"{expected.prefix_of(place)}s3io-user-verify-{uuid.uuid4().hex}"


_PROBES: dict[str, Callable[[_Run, Bucket], Observed]] = {
    "GetBucketLocation": _location,
    "GetBucketOwnershipControls": _ownership,
    "ListObjects": _list,
    "GetObject": _get,
    "PutObject": _put,
    "DeleteObject": _delete,
}


def _status(operator: Connection, credentials: Credentials) -> Check:
    """Whether the key is active, which only the operator can look up."""
    what = ("key is active", credentials.access_key_id)
    try:
        statuses = key_statuses(operator, credentials.user_name)
    except AwsError as error:
        return Check(*what, True, None, "looked up", str(error))
    status = statuses.get(credentials.access_key_id, "not there")
    return Check(*what, True, status == "Active", "looked up", "" if status == "Active" else f"it is {status}")


def _identity(mine: Connection, credentials: Credentials, user_arn: str | None) -> Check:
    sts = mine.client("sts")
    arn = str(reworded("try the key", sts.get_caller_identity)["Arn"])
    same = arn == user_arn if user_arn else arn.rsplit("/", 1)[-1] == credentials.user_name
    return Check(
        "key is the user's", credentials.user_name, True, same, note="" if same else f"it is {wording.legible(arn)}'s"
    )


def _about_buckets(run_: _Run, rights: Rights, places: Iterable[Bucket], partition: str) -> list[Check]:
    """What breaks a site even if the permissions are right: a bucket in another Region, or one that uses ACLs."""
    checks = []
    for name in dict.fromkeys(place.name for place in places):
        if run_.region and name in run_.locations:
            at = run_.locations[name]
            note = "" if at == run_.region else f"it is in {at}: name that region on the site"
            checks.append(Check(f"bucket is in {run_.region}", name, True, at == run_.region, "tried", note))
        whole = Bucket(name)
        may = {a: expected.allowed_by(rights, a, whole, partition)[0] for a in ("s3:PutObject", "s3:PutObjectAcl")}
        writes = any(expected.allowed_by(rights, "s3:PutObject", p, partition)[0] for p in places if p.name == name)
        if writes and name in run_.enforced and not may["s3:PutObjectAcl"]:
            note = "" if run_.enforced[name] else "images that the key overwrites go private: set BucketOwnerEnforced"
            checks.append(Check("bucket takes no ACLs", name, True, run_.enforced[name], "tried", note))
    return checks


def _or_simulated(
    operator: Connection, user_arn: str | None, wanted: Sequence[Expectation], tried: Sequence[Check], partition: str
) -> list[Check]:
    """Replace checks without a result by simulated ones, if these have one."""
    checks = []
    for each, check in zip(wanted, tried, strict=True):
        if check.observed is None and check.note in (TOO_EARLY, _NO_OBJECT, _UNREADABLE, _MAY_DELETE):
            (simulated,) = _simulated(operator, user_arn, [each], partition)
            check = check if simulated.observed is None else simulated
        checks.append(check)
    return checks


def _simulated(
    operator: Connection, user_arn: str | None, wanted: Sequence[Expectation], partition: str
) -> list[Check]:
    if user_arn is None:
        return [expected.judge(each, None, "the user's ARN is not known", "simulated") for each in wanted]
    iam = operator.client("iam")
    arn_of = partial(expected.arn_of, partition=partition)
    return [
        expected.judge(each, *simulated(iam, user_arn, each.action, arn_of(each.place, each.action)), how="simulated")
        for each in wanted
    ]
