"""What a policy lets its user do, put together: rows, answers, dangers and what is tighter.

Pure. It explains the documents that it is given and nothing else: a permissions boundary or an organisation's policy
may allow less, a bucket's own policy more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from s3io_user.explain import elsewhere
from s3io_user.explain.catalogue import Action, Catalogue
from s3io_user.explain.dangers import OWN, WHOLE_RANK, WHOLE_SERVICE, Grade, Reason, reason, together
from s3io_user.explain.decide import statements_of
from s3io_user.explain.grants import Grant, Row, conditions_of, grants_on
from s3io_user.explain.places import Kind, Place, partition_of, places_of
from s3io_user.explain.questions import Answer, answers
from s3io_user.explain.reach import Reach
from s3io_user.explain.tighter import Tighter, tighter
from s3io_user.explain.undecided import Idle, Rest, Undecided
from s3io_user.wildcards import matches

FULL_ACCESS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*", "s3-object-lambda:*"], "Resource": "*"}],
}
"""AmazonS3FullAccess, which ``access: full`` attaches: AWS's document, not one of ours."""

_FEW = 3
_PRIVATE = (
    "leaves an image private that an ACL made public, where the bucket's ACLs are on: "
    "switch them off (BucketOwnerEnforced), or set allowAcl"
)


@dataclass(frozen=True)
class Danger:
    """A marked action and the rows on which it is allowed; ``grade`` tells a danger from advice."""

    action: str
    level: str
    grade: Grade
    reason: str
    where: tuple[str, ...]
    conditions: tuple[str, ...]
    categories: tuple[str, ...] = ()
    """cloudsplaining's names for what is dangerous about it."""


@dataclass(frozen=True)
class AwsFinding:
    """What AWS's own validator says: ``kind`` is ERROR, SECURITY_WARNING, WARNING or SUGGESTION."""

    kind: str
    code: str
    text: str
    where: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """All that is to be said of a set of documents.

    ``always``: conditions that hold for everything on S3. ``unknown``: actions that the catalogue does not know.
    ``unshown``: resources that no row stands for. ``undecided``: what may be allowed where no row shows it, so that
    no question that it touches is answered "no". ``idle``: what allows nothing, and why.
    ``aws``: the findings of AWS's own validator; ``None`` where it was not asked.
    """

    rows: tuple[Row, ...]
    answers: tuple[Answer, ...]
    dangers: tuple[Danger, ...]
    advice: tuple[Danger, ...]
    always: tuple[str, ...]
    deny_statements: int
    unknown: tuple[str, ...]
    unshown: tuple[str, ...]
    tighter: tuple[Tighter, ...]
    undecided: tuple[Undecided, ...] = ()
    idle: tuple[Idle, ...] = ()
    aws: tuple[AwsFinding, ...] | None = None


def services(documents: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The services whose actions a catalogue must hold to explain these documents, as patterns (``s3``, ``*``)."""
    allowing = [statement for statement in statements_of(documents) if statement.allow]
    named = {text.partition(":")[0].lower() for s in allowing for text in s.actions if not s.other_actions}
    return tuple(sorted({"s3", *named, *(["*"] if any(s.other_actions for s in allowing) else [])}))


def explain(
    documents: Sequence[Mapping[str, Any]],
    catalogue: Iterable[Action],
    *,
    user: str | None = None,
    project: str | None = None,
) -> Explanation:
    """Explain identity-based policy documents together, as IAM takes a user's inline and managed policies.

    ``catalogue`` holds the actions of all services that ``services`` names. ``user`` is the logical name of a user in
    the stack's ``users`` map, and ``project`` the project's name, for the lines of config. Raises InputError with
    every fault of the documents' shape.
    """
    reach = Reach(statements_of(documents), Catalogue(catalogue))
    partition = partition_of(reach.statements)
    granted = _with_ways(grants_on(places_of(reach.statements, reach.catalogue), reach))
    rest = Rest(reach, frozenset(grant.action for grants in granted.values() for grant in grants), partition)
    rows = _rows(Row(place.kind, place.name, grants) for place, grants in granted.items())
    marked = _marked(rows) + _whole_services(rows, reach) + _private_images(rows)
    marked += _perhaps(rest, {danger.action for danger, _ in marked})
    return Explanation(
        rows=rows,
        answers=answers(rows, rest.undecided),
        dangers=tuple(_worst_first(danger for danger in marked if danger[1].grade is Grade.DANGER)),
        advice=tuple(_worst_first(danger for danger in marked if danger[1].grade is Grade.ADVICE)),
        always=_always(rows),
        deny_statements=sum(not statement.allow for statement in reach.statements),
        unknown=_unknown(reach),
        unshown=_unshown(reach, granted),
        tighter=tighter(granted, reach.catalogue, partition, user, project),
        undecided=rest.undecided,
        idle=rest.idle,
    )


def _with_ways(granted: dict[Place, tuple[Grant, ...]]) -> dict[Place, tuple[Grant, ...]]:
    """Marks, too, what is dangerous only together with what else is allowed."""
    reasons = together({grant.action for grants in set(granted.values()) for grant in grants})
    if not reasons:
        return granted
    known = {
        grants: tuple(
            replace(grant, reason=reasons[grant.action]) if grant.action in reasons and not _worse(grant) else grant
            for grant in grants
        )
        for grants in set(granted.values())
    }
    return {place: known[grants] for place, grants in granted.items()}


def _worse(grant: Grant) -> bool:
    """Whether an action is a way to more rights, or to somebody else's, by itself."""
    return grant.reason is not None and grant.reason.rank < _LEAST_OF_ALONE


_LEAST_OF_ALONE = -1


def _rows(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Without the services on which nothing is allowed; many services of no interest here are one row."""
    kept = [row for row in rows if row.grants or row.kind not in (Kind.SERVICE, Kind.OTHER)]
    foreign = [row for row in kept if row.kind is Kind.SERVICE and _service(row) not in OWN]
    if len(foreign) <= _FEW:
        return tuple(kept)
    own = [row for row in kept if row.kind is not Kind.SERVICE or _service(row) in OWN]
    grants = tuple(grant for row in foreign for grant in row.grants)
    return (*own, Row(Kind.SERVICE, f"{len(foreign)} other services", grants))


def _service(row: Row) -> str:
    return row.grants[0].action.partition(":")[0]


Marked = tuple[Danger, Reason]


def _worst_first(marked: Iterable[Marked]) -> list[Danger]:
    order = sorted(marked, key=lambda each: (each[1].rank, each[0].action[:3] != "s3:", each[0].action))
    return [danger for danger, _ in order]


def _marked(rows: Sequence[Row]) -> list[Marked]:
    found: dict[str, list[tuple[Row, Grant]]] = {}
    for row in rows:
        for grant in row.grants:
            if grant.reason:
                found.setdefault(grant.action, []).append((row, grant))
    allowed = {action.lower() for action in found}
    escalating = {name for _, way in elsewhere.TOGETHER if way <= allowed for name in way}
    return [_danger(places, escalating) for places in found.values()]


def _private_images(rows: Sequence[Row]) -> list[Marked]:
    """A trap of the plugin's: it writes an image anew, and the ACL that made it public is gone."""
    puts = [(row, put) for row in rows if (put := _grant(row, "s3:PutObject")) and not _grant(row, "s3:PutObjectAcl")]
    if not puts:
        return []
    reason = Reason(Grade.ADVICE, _PRIVATE, _LAST_RANK)
    _, put = puts[0]
    where = tuple(row.name for row, _ in puts)
    return [(Danger(put.action, put.level, Grade.ADVICE, _PRIVATE, where, conditions_of([put])), reason)]


_LAST_RANK = 10_000


def _grant(row: Row, action: str) -> Grant | None:
    if row.kind not in (Kind.BUCKET, Kind.FOLDER, Kind.EVERY_BUCKET):
        return None
    return next((grant for grant in row.grants if grant.action == action), None)


def _danger(places: Sequence[tuple[Row, Grant]], escalating: set[str]) -> Marked:
    grant = min((grant for _, grant in places), key=_rank)
    reason = grant.reason or _NONE
    danger = Danger(
        action=grant.action,
        level=grant.level,
        grade=reason.grade,
        reason=reason.text,
        where=tuple(dict.fromkeys(row.name for row, _ in places)),
        conditions=conditions_of([each for _, each in places]),
        categories=elsewhere.categories(grant.action, grant.level, escalating),
    )
    return danger, reason


_NONE = Reason(Grade.ADVICE, "", 0)


def _rank(grant: Grant) -> tuple[bool, int]:
    """A danger before advice, however the table ranks the two."""
    reason = grant.reason
    return (True, 0) if reason is None else (reason.grade is Grade.ADVICE, reason.rank)


def _perhaps(rest: Rest, shown: set[str]) -> list[Marked]:
    """What would be dangerous, and is not known to be allowed nowhere."""
    names = sorted({name for each in rest.undecided for name in each.actions} - shown)
    found = [(rest.actions[name], reason(name, rest.actions[name].level)) for name in names]
    return [
        (
            Danger(
                one.name, one.level, why.grade, why.text, (), (_PERHAPS,), elsewhere.categories(one.name, one.level)
            ),
            why,
        )
        for one, why in found
        if why
    ]


_PERHAPS = "only if it works on a resource that the statement names, which is not decided"


def _whole_services(rows: Sequence[Row], reach: Reach) -> list[Marked]:
    """``s3:*`` and ``*``: more than all that is known today."""
    whole = {
        text: None
        for statement in reach.statements
        if statement.allow and not statement.other_actions and statement.conditions(lambda key: False) is not None
        for text in statement.actions
        if not text.strip("*") or (text.partition(":")[2].strip("*") == "" and ":" in text)
    }
    reason = Reason(Grade.DANGER, WHOLE_SERVICE, WHOLE_RANK)
    return [(danger, reason) for text in whole for danger in _whole_service(text, rows, reach, reason)]


def _whole_service(text: str, rows: Sequence[Row], reach: Reach, reason: Reason) -> Iterator[Danger]:
    service = text.lower().partition(":")[0]
    grants = [(row, grant) for row in rows for grant in row.grants if matches(service, grant.action.partition(":")[0])]
    if grants or not any(matches(service, known) for known in reach.catalogue.by_service):
        where = tuple(dict.fromkeys(row.name for row, _ in grants))
        conditions = conditions_of([grant for _, grant in grants])
        yield Danger(text, "Every level", reason.grade, reason.text, where, conditions, ("service-wildcard",))


def _always(rows: Sequence[Row]) -> tuple[str, ...]:
    on_s3 = [grant.conditions for row in rows for grant in row.grants if grant.action.startswith("s3")]
    first = on_s3[0] if on_s3 else ()
    return tuple(phrase for phrase in first if all(phrase in conditions for conditions in on_s3))


def _unknown(reach: Reach) -> tuple[str, ...]:
    """Allowed actions, or patterns of them, that match nothing in the catalogue: new at AWS, or misspelt."""
    texts = {text for statement in reach.statements if statement.allow for text in statement.actions}
    return tuple(sorted(text for text in texts if next(iter(reach.catalogue.expand(text)), None) is None))


def _unshown(reach: Reach, granted: Mapping[Place, Sequence[Grant]]) -> tuple[str, ...]:
    """Allowed resources of which no row shows that anything is allowed on them."""
    allowing = {number for number, each in enumerate(reach.statements) if each.allow and not each.other_resources}
    texts = {text for number in allowing for text in reach.statements[number].resources}
    shown = {
        text for place, grants in granted.items() if grants for each in place.samples for text in reach.texts(each.arn)
    }
    return tuple(sorted(texts - shown))
