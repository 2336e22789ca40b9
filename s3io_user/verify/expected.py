"""What a key must and must not be able to do, and the verdict on what was observed. Pure: `probes` makes the calls."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s3io_user.explain.decide import Decision, Verdict, bounded, decide, statements_of
from s3io_user.iam.buckets import Bucket
from s3io_user.iam.grammar import listed
from s3io_user.iam.wildcards import matches, wild
from s3io_user.policy.document import OWN_ACCOUNT

Documents = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Rights:
    """The permissions that a user is expected to have.

    ``documents`` are the policies that the stack gives it, and ``boundary`` is the document of its permissions
    boundary. ``other_rights``: it has further permissions, from groups or other policies, so that it may be allowed
    what the documents don't allow. ``beyond`` are the policies that allow dangers and that no input names. ``unread``
    says what could not be read, and ``missing`` what AWS does not have of what the stack gives. ``self_service`` is
    the one of ``documents`` that allows the user to use or replace its own key.
    """

    documents: Documents
    boundary: Mapping[str, Any] | None = None
    other_rights: bool = False
    beyond: tuple["Beyond", ...] = ()
    unread: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    self_service: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Beyond:
    """A policy that no input names, the dangers that it allows, and whether it certainly allows them."""

    policy: str
    dangers: str
    certain: bool = True


@dataclass(frozen=True)
class Check:
    """One check of the key: what was expected, what was observed, and how. None is not known."""

    call: str
    where: str
    expected: bool | None
    observed: bool | None
    how: str = "tried"
    note: str = ""

    @property
    def verdict(self) -> str:
        """``ok``, ``finding``, or ``unknown``: never a guess."""
        if self.expected is None or self.observed is None:
            return "unknown"
        return "ok" if self.expected == self.observed else "finding"

    def as_json(self) -> dict[str, object]:
        """The check as JSON values."""
        return {"call": self.call, "where": self.where, "expected": self.expected, "observed": self.observed,
                "verdict": self.verdict, "how": self.how, "note": self.note}  # fmt: skip


NOTHING_PERMITTED = "is anything permitted"
"""The ``call`` of the check that fails if nothing was permitted on a bucket."""


def proves(checks: Sequence[Check], *, allow_unknown: bool = False) -> bool:
    """Whether checks prove the key: at least one is ok, none is a finding, and, unless allowed, none is unknown."""
    verdicts = {check.verdict for check in checks}
    return "finding" not in verdicts and "ok" in verdicts and (allow_unknown or "unknown" not in verdicts)


def unproved(checks: Sequence[Check]) -> list[Check]:
    """The checks that keep a new key from replacing the previous one: findings, and required calls without a result.

    Permissions that no input names are the user's, and so the previous key has them as well.
    """
    of_the_key = [check for check in checks if check.call != BEYOND]
    return [each for each in of_the_key if each.verdict == "finding" or (each.expected and each.observed is None)]


BEYOND = "dangers that no input names"
"""The ``call`` of the check that fails for a policy that allows dangers and that no input names."""


def of_policies(rights: Rights) -> list[Check]:
    """The checks of the user's policies themselves, for which no call is tried."""
    lost = "AWS does not have it: run pulumi up --refresh"
    return [
        *(Check(BEYOND, e.policy, False, True if e.certain else None, "read", e.dangers) for e in rights.beyond),
        *(Check("has what the stack gives it", what, True, False, "read", lost) for what in rights.missing),
        *(Check(BEYOND, "a policy", False, None, "read", f"not read: {what}") for what in rights.unread),
    ]


@dataclass(frozen=True)
class Expectation:
    """A call to try or simulate on one place. ``needed``: the plugin can't work without it."""

    call: str
    action: str
    place: Bucket
    expected: bool | None
    needed: bool = False
    note: str = ""


# What the plugin calls, in its order.
_CALLS = {
    "GetBucketLocation": "s3:GetBucketLocation",
    "GetBucketOwnershipControls": "s3:GetBucketOwnershipControls",
    "ListObjects": "s3:ListBucket",
    "GetObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
}
DANGEROUS = (
    "s3:PutObjectAcl",
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:PutBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)
"""Actions that would leave something behind: they are never tried, but simulated with the operator's credentials."""
OF_OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl")


def expectations(rights: Rights, places: Iterable[Bucket], *, partition: str = "aws") -> list[Expectation]:
    """Whether the policies allow each call on each place. Calls that delete come last."""
    inside = [_expect(rights, call, place, partition) for place in places for call in _CALLS]
    beside = [
        _expect(rights, call, sibling(place), partition, needed=False)
        for place in places
        if place.folder
        for call in ("ListObjects", "PutObject")
    ]
    where = dict.fromkeys([*places, *lock_places(rights, places, partition=partition)])
    return [*inside, *beside, *(_expect(rights, "DeleteObject", place, partition) for place in where)]


def lock_places(rights: Rights, places: Iterable[Bucket], *, partition: str = "aws") -> list[Bucket]:
    """The folders within places in which a statement allows deletes, as ``lock_prefix`` does."""
    allowing = [s for document in rights.documents for s in listed(document["Statement"]) if s["Effect"] == "Allow"]
    deleting = [s for s in allowing if "s3:DeleteObject" in listed(s.get("Action", ()))]
    named = {text.removesuffix("/*") for s in deleting for text in listed(s.get("Resource", ())) if text.endswith("/*")}
    return [
        Bucket(place.name, prefix_of(place) + text.removeprefix(root), place.partition)
        for place in places
        for text in sorted(named)
        if text.startswith(root := f"arn:{partition}:s3:::{place}/") and not wild(text)
    ]


def dangers(rights: Rights, places: Iterable[Bucket], *, partition: str = "aws") -> list[Expectation]:
    """Whether the policies allow the dangerous actions, which are only simulated."""
    pairs = [
        (action, place if action in OF_OBJECTS else Bucket(place.name)) for place in places for action in DANGEROUS
    ]
    return [_expect(rights, action, where, partition) for action, where in dict.fromkeys(pairs)]


def sibling(place: Bucket) -> Bucket:
    """A folder beside a folder, whose name begins with its name: an imprecise condition would open it."""
    return Bucket(place.name, f"{place.folder}-s3io-user-verify", place.partition)


def prefix_of(place: Bucket) -> str:
    """The prefix of a request that lists a place."""
    return f"{place.folder}/" if place.folder else ""


def arn_of(place: Bucket, action: str, partition: str) -> str:
    """The ARN on which AWS checks an action."""
    of_object = f"/{prefix_of(place)}s3io-user-verify" if action in OF_OBJECTS else ""
    return f"arn:{partition}:s3:::{place.name}{of_object}"


def allowed_by(rights: Rights, action: str, place: Bucket, partition: str = "aws") -> tuple[bool | None, str]:
    """Whether the policies allow an action on a place (None if that depends on a condition), and a note."""
    return allowed_on(rights, action, arn_of(place, action, partition), prefix_of(place))


def allowed_on(rights: Rights, action: str, arn: str, prefix: str = "") -> tuple[bool | None, str]:
    """Whether the policies allow an action on an ARN, as `allowed_by`. ``prefix``: the prefix of a list request."""

    def decided(documents: Documents) -> Decision:
        fitting = [_with_prefix(document, prefix if action in _LISTINGS else None) for document in documents]
        return decide(statements_of(fitting), action, arn)

    decision = decided(rights.documents)
    if rights.boundary is not None:
        decision = bounded(decision, decided([rights.boundary]))
    if decision.verdict is Verdict.CONDITIONAL:
        return None, f"only under conditions: {', '.join(decision.conditions)}"
    return decision.verdict is Verdict.YES, ""


def _expect(rights: Rights, call: str, place: Bucket, partition: str, needed: bool | None = None) -> Expectation:
    action = _CALLS.get(call, call if ":" in call else f"s3:{call}")
    needed = call in _CALLS if needed is None else needed
    allowed, note = allowed_by(rights, action, place, partition)
    if allowed is False and rights.other_rights:
        # What a document of the stack's own leaves out was left out on purpose.
        own = any(document is not rights.self_service for document in rights.documents)
        needs = needed and not own
        allowed, note = (True if needs else None), "not by the stack's own policy: by a group or another policy"
    return Expectation(call, action, place, allowed, needed, note)


_LISTINGS = ("s3:ListBucket", "s3:ListBucketVersions")
"""The actions whose requests have a prefix. A condition on it is met by no other."""


def _with_prefix(document: Mapping[str, Any], prefix: str | None) -> Mapping[str, Any]:
    """The document as it applies to a request with this prefix, in the key's own account."""
    kept = []
    for statement in listed(document["Statement"]):
        condition = {operator: dict(keys) for operator, keys in (statement.get("Condition") or {}).items()}
        patterns = condition.get("StringLike", {}).pop("s3:prefix", None)
        if patterns is not None and (prefix is None or not any(matches(p, prefix) for p in listed(patterns))):
            continue
        condition.get("StringEquals", {}).pop("aws:ResourceAccount", None)
        if statement["Effect"] == "Deny" and condition == _ANOTHER_ACCOUNT:
            continue
        left = {operator: keys for operator, keys in condition.items() if keys}
        kept.append({**statement, "Condition": left})
    return {**document, "Statement": kept}


_ANOTHER_ACCOUNT = {"StringNotEquals": {"aws:ResourceAccount": OWN_ACCOUNT}}


def judge(wanted: Expectation, observed: bool | None, note: str = "", how: str = "tried") -> Check:
    """Make the check from what was expected and what was observed."""
    where = f"{wanted.place.name}/{prefix_of(wanted.place)}".rstrip("/")
    return Check(wanted.call, where, wanted.expected, observed, how, note or wanted.note)
