"""Answers common questions about a key, including what the help page says of it.

Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from s3io_user.explain.dangers import OWN
from s3io_user.explain.decide import Verdict
from s3io_user.explain.grants import Grant, Row, conditions_of
from s3io_user.explain.places import Kind
from s3io_user.explain.undecided import Undecided
from s3io_user.iam.wildcards import matches
from s3io_user.policy.presets import Preset

Grants = Sequence[tuple[Row, Grant]]


@dataclass(frozen=True)
class Answer:
    """An answer: which of the question's actions are allowed, on which rows, and under which conditions.

    ``wanted``: the plugin, or what the preset is for, needs a yes. To every other question the good answer is no.
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
    """Whether a yes takes all of the actions, and is what the plugin needs. Else any of them is a yes."""


_DELETE = "delete-object"
_BUCKETS = ("s3", "s3express", "s3-outposts")
"""The services that have buckets of objects. A question about one is about all of them."""
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
        _DELETE,
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
    _Question("list-buckets", "See the names of all buckets?", _LISTINGS),
)
_OTHER_BUCKETS = _Question("other-buckets", "Touch a bucket that is not named?", ())
_OTHER_SERVICES = _Question("other-services", "Do anything outside S3 and its KMS keys?", ())


def answers(rows: Sequence[Row], undecided: Sequence[Undecided] = (), *, all_read: bool = True) -> tuple[Answer, ...]:
    """Answer all questions, in the order in which they are shown.

    A question that something undecided may be about is not answered "no". Unless ``all_read``, a policy that was not
    read may allow or deny anything, and only a yes that is not wanted is certain.
    """
    every = [(row, grant) for row in rows for grant in row.grants]
    of_questions = [(row, grant) for row, grant in every if grant.action in _ACTIONS]
    results = (
        *(_answer(question, _relevant(question, of_questions)) for question in _QUESTIONS),
        _answer(_OTHER_BUCKETS, [(row, grant) for row, grant in every if _is_other_bucket(row, grant)]),
        _answer(_OTHER_SERVICES, [(row, grant) for row, grant in every if not grant.action.startswith(_OWN)]),
    )
    return tuple(_as_far_as_decided(answer, undecided, all_read) for answer in results)


def for_preset(answers: Sequence[Answer], preset: Preset) -> tuple[Answer, ...]:
    """The answers with what a preset's programs need as ``wanted``, and not what the plugin needs."""
    granted = {*preset.everywhere, *preset.on_objects, *preset.listing, *preset.on_buckets}
    needed = {question.id for question in _QUESTIONS if question.wanted and _is_granted(question, granted)}
    if "s3:DeleteObject" in preset.on_objects:
        needed.add(_DELETE)
    of_programs = {question.id for question in _QUESTIONS if question.wanted} | {_DELETE}
    return tuple(replace(each, wanted=each.id in needed) if each.id in of_programs else each for each in answers)


def _is_granted(question: _Question, granted: Iterable[str]) -> bool:
    return all(any(matches(text, action) for text in granted) for action in question.actions)


def _as_far_as_decided(answer: Answer, undecided: Sequence[Undecided], all_read: bool) -> Answer:
    open_ = sorted(each.text for each in undecided if answer.verdict is Verdict.NO and _is_about(each, answer.id))
    if open_:
        answer = replace(answer, verdict=Verdict.UNDECIDED, actions=tuple(open_))
    if all_read or (not answer.wanted and answer.verdict is not Verdict.NO):
        return answer
    return replace(answer, verdict=Verdict.UNDECIDED, actions=(), where=(), conditions=())


def _is_about(undecided: Undecided, question: str) -> bool:
    services = {action.partition(":")[0] for action in undecided.actions or {undecided.text.lower()}}
    if question == _OTHER_SERVICES.id:
        return not services <= set(OWN)
    if question == _OTHER_BUCKETS.id:
        return undecided.other_buckets and not services.isdisjoint(OWN)
    return any(not undecided.actions.isdisjoint(each.actions) for each in _QUESTIONS if each.id == question)


_OWN = tuple(f"{service}:" for service in OWN)
_ACTIONS = frozenset(action for question in _QUESTIONS for action in question.actions)


def _is_other_bucket(row: Row, grant: Grant) -> bool:
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


def _relevant(question: _Question, every: Grants) -> Grants:
    grants = [(row, grant) for row, grant in every if grant.action in question.actions]
    complete = {grant.action for _, grant in grants} == set(question.actions)
    return grants if complete or not question.wanted else []


def _answer(question: _Question, grants: Grants) -> Answer:
    """Yes if any grant has no condition; to a wanted question, if one of each action has none."""
    unconditional = {grant.action for _, grant in grants if grant.verdict is Verdict.YES}
    actions = {grant.action for _, grant in grants}
    yes = unconditional == actions if question.wanted else bool(unconditional)
    return Answer(
        id=question.id,
        question=question.text,
        verdict=Verdict.NO if not grants else Verdict.YES if yes else Verdict.CONDITIONAL,
        wanted=question.wanted,
        actions=tuple(sorted(actions)),
        where=tuple(dict.fromkeys(row.name for row, _ in grants)),
        conditions=() if yes else conditions_of([grant for _, grant in grants]),
    )
