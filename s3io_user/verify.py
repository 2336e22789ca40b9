"""What a key must be able to do and must not, what it was seen to do, and the verdict. Pure: `probes` tries it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s3io_user.explain.decide import Verdict, decide, statements_of
from s3io_user.names import Bucket
from s3io_user.policy import OWN_ACCOUNT
from s3io_user.wildcards import matches

Documents = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Check:
    """One thing about the key: what was expected, what was observed, and how. ``None`` is what is not known."""

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
"""The call of the check that a bucket on which nothing was permitted fails."""


def proves(checks: Sequence[Check], *, allow_unknown: bool = False) -> bool:
    """Whether checks show the key as it should be: something was seen, nothing is wrong, and nothing is unknown.

    With ``allow_unknown`` what is unknown does not count.
    """
    verdicts = {check.verdict for check in checks}
    return "finding" not in verdicts and "ok" in verdicts and (allow_unknown or "unknown" not in verdicts)


def unproved(checks: Sequence[Check]) -> list[Check]:
    """What keeps a new key from taking the old one's place: findings, and what it must do and was not seen to do."""
    return [check for check in checks if check.verdict == "finding" or (check.expected and check.observed is None)]


@dataclass(frozen=True)
class Expectation:
    """A call to try, or to have simulated, on one place. ``needed`` is what the plugin cannot do without."""

    call: str
    action: str
    place: Bucket
    expected: bool | None
    needed: bool = False
    note: str = ""


# What the plugin calls, in its order; then what must be refused unless the documents allow it.
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
"""Never tried: they would leave something behind. They are simulated, with the operator's credentials."""
OF_OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl")


def expectations(
    documents: Documents, places: Iterable[Bucket], *, other_rights: bool, partition: str = "aws"
) -> list[Expectation]:
    """What the documents say of each call on each place, calls that delete last.

    ``other_rights``: the user has rights from elsewhere too (groups, further policies), so that what the documents do
    not allow may be allowed all the same.
    """
    inside = [_expect(documents, call, place, other_rights, partition) for place in places for call in _CALLS]
    beside = [
        _expect(documents, call, sibling(place), other_rights, partition, needed=False)
        for place in places
        if place.folder
        for call in ("ListObjects", "PutObject")
    ]
    deletes = [_expect(documents, "DeleteObject", place, other_rights, partition) for place in places]
    return [*inside, *beside, *deletes]


def dangers(
    documents: Documents, places: Iterable[Bucket], *, other_rights: bool, partition: str = "aws"
) -> list[Expectation]:
    """What the documents say of the dangerous actions, which are for AWS to simulate."""
    asked = [
        (action, place if action in OF_OBJECTS else Bucket(place.name)) for place in places for action in DANGEROUS
    ]
    return [_expect(documents, action, where, other_rights, partition) for action, where in dict.fromkeys(asked)]


def sibling(place: Bucket) -> Bucket:
    """A folder beside a folder, whose name begins alike: what a sloppy condition would open."""
    return Bucket(place.name, f"{place.folder}-s3io-user-verify", place.partition)


def prefix_of(place: Bucket) -> str:
    """What to list of a place."""
    return f"{place.folder}/" if place.folder else ""


def arn_of(place: Bucket, action: str, partition: str) -> str:
    """The resource that AWS checks an action on."""
    of_object = f"/{prefix_of(place)}s3io-user-verify" if action in OF_OBJECTS else ""
    return f"arn:{partition}:s3:::{place.name}{of_object}"


def allowed_by(documents: Documents, action: str, place: Bucket, partition: str = "aws") -> tuple[bool | None, str]:
    """Whether the documents allow an action on a place, ``None`` where that hangs on a condition, and on which."""
    fitting = [_with_prefix(document, prefix_of(place)) for document in documents]
    decision = decide(statements_of(fitting), action, arn_of(place, action, partition))
    if decision.verdict is Verdict.CONDITIONAL:
        return None, f"only under conditions: {', '.join(decision.conditions)}"
    return decision.verdict is Verdict.YES, ""


def _expect(
    documents: Documents, call: str, place: Bucket, other_rights: bool, partition: str, needed: bool | None = None
) -> Expectation:
    action = _CALLS.get(call, call if ":" in call else f"s3:{call}")
    needed = call in _CALLS if needed is None else needed
    allowed, note = allowed_by(documents, action, place, partition)
    if allowed is False and other_rights:
        allowed, note = (True if needed else None), "not by the stack's own policy: by a group or another policy"
    return Expectation(call, action, place, allowed, needed, note)


def _with_prefix(document: Mapping[str, Any], prefix: str) -> Mapping[str, Any]:
    """The document for a request with this s3:prefix, in the account of the key."""
    kept = []
    for statement in _listed(document["Statement"]):
        condition = {operator: dict(keys) for operator, keys in (statement.get("Condition") or {}).items()}
        patterns = condition.get("StringLike", {}).pop("s3:prefix", None)
        if patterns is not None and not any(matches(p, prefix) for p in _listed(patterns)):
            continue
        condition.get("StringEquals", {}).pop("aws:ResourceAccount", None)
        if statement["Effect"] == "Deny" and condition == _ANOTHER_ACCOUNT:
            continue
        left = {operator: keys for operator, keys in condition.items() if keys}
        kept.append({**statement, "Condition": left})
    return {**document, "Statement": kept}


_ANOTHER_ACCOUNT = {"StringNotEquals": {"aws:ResourceAccount": OWN_ACCOUNT}}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def judge(wanted: Expectation, observed: bool | None, note: str = "", how: str = "tried") -> Check:
    """An expectation and what came of it."""
    where = f"{wanted.place.name}/{prefix_of(wanted.place)}".rstrip("/")
    return Check(wanted.call, where, wanted.expected, observed, how, note or wanted.note)
