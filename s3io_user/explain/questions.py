"""Common questions about a key, among them what the help page claims, and their answers.

Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from s3io_user.explain.dangers import OWN
from s3io_user.explain.decide import Verdict
from s3io_user.explain.grants import Grant, Row, conditions_of
from s3io_user.explain.places import Kind
from s3io_user.explain.undecided import Undecided


@dataclass(frozen=True)
class Answer:
    """An answer: which of the actions are allowed, on which rows, and under which conditions.

    ``wanted``: the plugin needs a yes. For every other question, no is the good answer.
    """

    id: str
    question: str
    verdict: Verdict
    wanted: bool
    actions: tuple[str, ...]
    where: tuple[str, ...]
    conditions: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether it is the good answer."""
        return self.verdict is not Verdict.UNDECIDED and (self.verdict is not Verdict.NO) is self.wanted


@dataclass(frozen=True)
class _Question:
    id: str
    text: str
    actions: tuple[str, ...]
    wanted: bool = False
    """A wanted question needs all of the actions, the others any."""


_BUCKETS = ("s3", "s3express", "s3-outposts")
"""The services that have buckets of objects: a question about one is about all of them."""
_LISTINGS = ("s3:ListAllMyBuckets", "s3express:ListAllMyDirectoryBuckets", "s3-outposts:ListRegionalBuckets")
_QUESTIONS = (
    _Question("list-images", "List the images?", ("s3:ListBucket",), wanted=True),
    _Question("read-images", "Read an image?", ("s3:GetObject",), wanted=True),
    _Question("write-images", "Write an image back?", ("s3:PutObject",), wanted=True),
    _Question(
        "read-settings",
        "Read the bucket's region and ownership?",
        ("s3:GetBucketLocation", "s3:GetBucketOwnershipControls"),
        wanted=True,
    ),
    _Question(
        "create-bucket", "Create a bucket?", ("s3:CreateBucket", "s3express:CreateBucket", "s3-outposts:CreateBucket")
    ),
    _Question(
        "delete-object",
        "Delete an object?",
        (
            *("s3:DeleteObject", "s3:DeleteObjectVersion", "s3-outposts:DeleteObject"),
            *("s3-outposts:DeleteObjectVersion", "s3express:CreateSession"),
        ),
    ),
    _Question(
        "delete-by-rule",
        "Have objects deleted by a lifecycle rule?",
        tuple(f"{service}:PutLifecycleConfiguration" for service in _BUCKETS),
    ),
    _Question("delete-bucket", "Delete a bucket?", tuple(f"{service}:DeleteBucket" for service in _BUCKETS)),
    _Question(
        "change-policy",
        "Change a bucket's policy?",
        tuple(f"{service}:{name}BucketPolicy" for service in _BUCKETS for name in ("Put", "Delete")),
    ),
    _Question(
        "make-public",
        "Make objects public?",
        ("s3:PutObjectAcl", "s3:PutObjectVersionAcl", "s3:PutBucketAcl", "s3:PutBucketPolicy"),
    ),
    _Question(
        "list-buckets",
        "See the names of all buckets?",
        _LISTINGS,
    ),
)


def answers(rows: Sequence[Row], undecided: Sequence[Undecided] = (), *, all_read: bool = True) -> tuple[Answer, ...]:
    """All the answers, in the order in which they are shown. A question with something undecided gets no "no".

    Unless ``all_read``, the policies that were not read may allow or deny anything: only a bad yes is certain then.
    """
    found = tuple(_unless(answer, undecided) for answer in _answers(rows))
    return found if all_read else tuple(answer if _bad_yes(answer) else _undecided(answer) for answer in found)


def _bad_yes(answer: Answer) -> bool:
    return not answer.wanted and answer.verdict is not Verdict.NO


def _undecided(answer: Answer) -> Answer:
    return replace(answer, verdict=Verdict.UNDECIDED, actions=(), where=(), conditions=())


def _unless(answer: Answer, undecided: Sequence[Undecided]) -> Answer:
    touching = [each.text for each in undecided if answer.verdict is Verdict.NO and _touches(each, answer.id)]
    return replace(answer, verdict=Verdict.UNDECIDED, actions=tuple(sorted(touching))) if touching else answer


def _touches(each: Undecided, question: str) -> bool:
    services = {action.partition(":")[0] for action in each.actions or {each.text.lower()}}
    if question == "other-services":
        return not services <= set(OWN)
    if question == "other-buckets":
        return each.other_buckets and not services.isdisjoint(OWN)
    return any(not each.actions.isdisjoint(one.actions) for one in _QUESTIONS if one.id == question)


def _answers(rows: Sequence[Row]) -> tuple[Answer, ...]:
    asked = [(row, grant) for row in rows for grant in row.grants if grant.action in _ASKED]
    other_buckets = [(row, grant) for row in rows for grant in row.grants if _other_bucket(row, grant)]
    other_services = [(row, grant) for row in rows for grant in row.grants if not grant.action.startswith(_OWN)]
    return (
        *(_answer(question, _asked(question, asked)) for question in _QUESTIONS),
        _answer(_Question("other-buckets", "Touch a bucket that is not named?", ()), other_buckets),
        _answer(_Question("other-services", "Do anything outside S3 and its KMS keys?", ()), other_services),
    )


_OWN = tuple(f"{service}:" for service in OWN)
_ASKED = frozenset(action for question in _QUESTIONS for action in question.actions)


def _other_bucket(row: Row, grant: Grant) -> bool:
    """Whether an action reaches a bucket that the document does not name, as far as the document shows."""
    if row.kind in (Kind.BUCKET, Kind.FOLDER):
        return _wild(row.name)
    if row.kind is Kind.EVERY_BUCKET or grant.action == "s3:GetDataAccess":
        return True
    if row.kind is Kind.OTHER:
        # An access point's ARN does not name its bucket.
        return ":accesspoint/" in row.name or (grant.service in _BUCKETS and _wild(row.name.partition("bucket/")[2]))
    return grant.service in _BUCKETS[1:] and grant.action not in _LISTINGS


def _wild(name: str) -> bool:
    return any(one in name.partition("/")[0] for one in ("*", "?", "${"))


def _asked(question: _Question, asked: Sequence[tuple[Row, Grant]]) -> list[tuple[Row, Grant]]:
    found = [(row, grant) for row, grant in asked if grant.action in question.actions]
    complete = {grant.action for _, grant in found} == set(question.actions)
    return found if complete or not question.wanted else []


def _answer(question: _Question, found: Sequence[tuple[Row, Grant]]) -> Answer:
    """Yes if any grant has no condition. Each action of a wanted question must have such a grant."""
    free = {grant.action for _, grant in found if grant.verdict is Verdict.YES}
    everything = {grant.action for _, grant in found}
    open_ = free == everything if question.wanted else bool(free)
    return Answer(
        id=question.id,
        question=question.text,
        verdict=Verdict.NO if not found else Verdict.YES if open_ else Verdict.CONDITIONAL,
        wanted=question.wanted,
        actions=tuple(sorted(everything)),
        where=tuple(dict.fromkeys(row.name for row, _ in found)),
        conditions=() if open_ else conditions_of([grant for _, grant in found]),
    )
