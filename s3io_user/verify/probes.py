"""Tries a key on S3: whether it may do what it should, and nothing else. Calls that must be refused come last."""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from s3io_user import wording
from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection, reworded
from s3io_user.aws.users import key_statuses
from s3io_user.aws.waiting import wait_until_usable
from s3io_user.handover.credentials import Credentials
from s3io_user.iam import arns, buckets
from s3io_user.iam.buckets import Bucket
from s3io_user.verify import calls, expected, self_service
from s3io_user.verify.calls import MAY_DELETE, NO_OBJECT, UNREADABLE, Run
from s3io_user.verify.expected import Check, Documents, Expectation, Rights
from s3io_user.verify.observed import TOO_EARLY, Observed, Patience, simulated


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
    run_ = Run(mine.client("s3"), credentials.region, patience, unreadable, locks)
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


def _all(run_: Run, wanted: Sequence[Expectation]) -> list[Check]:
    """Try first what must be permitted: once it is, the policies are in effect, and a refusal counts."""
    checks: dict[Expectation, Check] = {}
    for each in (e for e in wanted if e.expected and e.call != "DeleteObject"):
        checks[each] = expected.judge(each, *_patiently(run_, each))
    for each in (e for e in wanted if e not in checks):
        observed, note = calls.attempt(run_, each)
        if observed:
            run_.permitted.add(each.place.name)
        if observed is False and each.place.name not in run_.permitted:
            observed, note = None, TOO_EARLY
        checks[each] = expected.judge(each, observed, note)
    return [checks[each] for each in wanted]


def _whole(run_: Run, wanted: Sequence[Expectation], tried: Sequence[Check]) -> list[Check]:
    """Findings on a whole bucket: it does not exist, or nothing on it is permitted."""
    checks = []
    for name in dict.fromkeys(each.place.name for each in wanted):
        here = [(e, check) for e, check in zip(wanted, tried, strict=True) if e.place.name == name]
        should = any(e.expected is not False and check.note != UNREADABLE for e, check in here)
        wrong = any(check.verdict == "finding" for _, check in here)
        if name in run_.missing:
            checks.append(
                Check("bucket exists", name, True, False, note="it does not exist: correct buckets, or make it")
            )
        elif should and name not in run_.permitted and not wrong:
            checks.append(Check(expected.NOTHING_PERMITTED, name, True, False, note="nothing could be shown to work"))
    return checks


def _patiently(run_: Run, wanted: Expectation) -> Observed:
    what = f"{wanted.call} on {wanted.place}"
    observed, note = run_.patience.until_permitted(what, lambda: calls.attempt(run_, wanted))
    if observed:
        run_.permitted.add(wanted.place.name)
    return observed, note


def _status(operator: Connection, credentials: Credentials) -> Check:
    """Whether the key is active, which only the operator can look up."""
    what = ("key is active", credentials.access_key_id)
    try:
        statuses = key_statuses(operator, credentials.user_name)
    except AwsError as error:
        return Check(*what, True, None, "looked up", str(error))
    status = statuses.get(credentials.access_key_id, "not there")
    note = {"Active": "", "not there": "it is not there: run pulumi up --refresh"}.get(status, f"it is {status}")
    return Check(*what, True, status == "Active", "looked up", note)


def _identity(mine: Connection, credentials: Credentials, user_arn: str | None) -> Check:
    sts = mine.client("sts")
    arn = str(reworded("try the key", sts.get_caller_identity)["Arn"])
    same = arn == user_arn if user_arn else arn.rsplit("/", 1)[-1] == credentials.user_name
    return Check(
        "key is the user's", credentials.user_name, True, same, note="" if same else f"it is {wording.legible(arn)}'s"
    )


def _about_buckets(run_: Run, rights: Rights, places: Iterable[Bucket], partition: str) -> list[Check]:
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
        if check.observed is None and check.note in (TOO_EARLY, NO_OBJECT, UNREADABLE, MAY_DELETE):
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
