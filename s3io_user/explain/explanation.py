"""What a policy lets its user do, put together: rows, answers, dangers and what is tighter.

Pure. It explains the documents that it is given and nothing else: a permissions boundary or an organisation's policy
may allow less, a bucket's own policy more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s3io_user.explain.dangers import Grade
from s3io_user.explain.decide import Statement, pattern, statements_of
from s3io_user.explain.grants import Grant, Row, conditions_of, grants_at
from s3io_user.explain.places import Action, Kind, Place, partition_of, places_of
from s3io_user.explain.questions import Answer, answers
from s3io_user.explain.tighter import Tighter, tighter

FULL_ACCESS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*", "s3-object-lambda:*"], "Resource": "*"}],
}
"""AmazonS3FullAccess, which ``access: full`` attaches: AWS's document, not one of ours."""

_OWN = ("s3", "s3-object-lambda", "kms")
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


@dataclass(frozen=True)
class Explanation:
    """All that is to be said of a set of documents.

    ``always``: conditions that hold for everything on S3. ``unknown``: actions that the catalogue does not know.
    ``unshown``: resources that no row stands for.
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
    statements = statements_of(documents)
    by_service: dict[str, list[Action]] = {}
    for action in sorted(catalogue, key=lambda action: action.name):
        by_service.setdefault(action.service, []).append(action)
    granted = {place: grants_at(place, by_service, statements) for place in places_of(statements, by_service)}
    rows = _rows(Row(place.kind, place.name, grants) for place, grants in granted.items())
    marked = _marked(rows) + _private_images(rows)
    return Explanation(
        rows=rows,
        answers=answers(rows),
        dangers=tuple(danger for danger in marked if danger.grade is Grade.DANGER),
        advice=tuple(danger for danger in marked if danger.grade is Grade.ADVICE),
        always=_always(rows),
        deny_statements=sum(not statement.allow for statement in statements),
        unknown=_unknown(statements, by_service),
        unshown=_unshown(statements, by_service, granted),
        tighter=tighter(granted, by_service, partition_of(statements), user, project),
    )


def _rows(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Without the services on which nothing is allowed; many services of no interest here are one row."""
    kept = [row for row in rows if row.grants or row.kind not in (Kind.SERVICE, Kind.OTHER)]
    foreign = [row for row in kept if row.kind is Kind.SERVICE and _service(row) not in _OWN]
    if len(foreign) <= _FEW:
        return tuple(kept)
    grants = tuple(grant for row in foreign for grant in row.grants)
    own = (row for row in kept if row not in foreign)
    return (*own, Row(Kind.SERVICE, f"{len(foreign)} other services", grants))


def _service(row: Row) -> str:
    return row.grants[0].action.partition(":")[0]


def _marked(rows: Sequence[Row]) -> list[Danger]:
    """The marked actions, the worst first."""
    found: dict[str, list[tuple[Row, Grant]]] = {}
    for row in rows:
        for grant in row.grants:
            if grant.reason:
                found.setdefault(grant.action, []).append((row, grant))
    return [
        _danger(places)
        for action, places in sorted(found.items(), key=lambda item: (_rank(item[1]), item[0][:3] != "s3:", item[0]))
    ]


def _private_images(rows: Sequence[Row]) -> list[Danger]:
    """A trap of the plugin's: it writes an image anew, and the ACL that made it public is gone."""
    grants = {row.name: {grant.action: grant for grant in row.grants} for row in rows}
    where = tuple(name for name, on in grants.items() if "s3:PutObject" in on and "s3:PutObjectAcl" not in on)
    if not where:
        return []
    put = grants[where[0]]["s3:PutObject"]
    return [Danger(put.action, put.level, Grade.ADVICE, _PRIVATE, where, conditions_of([put]))]


def _rank(places: Sequence[tuple[Row, Grant]]) -> int:
    reason = places[0][1].reason
    return reason.rank if reason else 0


def _danger(places: Sequence[tuple[Row, Grant]]) -> Danger:
    grant = places[0][1]
    return Danger(
        action=grant.action,
        level=grant.level,
        grade=grant.reason.grade if grant.reason else Grade.ADVICE,
        reason=grant.reason.text if grant.reason else "",
        where=tuple(dict.fromkeys(row.name for row, _ in places)),
        conditions=conditions_of([each for _, each in places]),
    )


def _always(rows: Sequence[Row]) -> tuple[str, ...]:
    on_s3 = [grant.conditions for row in rows for grant in row.grants if grant.action.startswith("s3")]
    first = on_s3[0] if on_s3 else ()
    return tuple(phrase for phrase in first if all(phrase in conditions for conditions in on_s3))


def _unknown(statements: Sequence[Statement], catalogue: Mapping[str, Sequence[Action]]) -> tuple[str, ...]:
    """Allowed actions, or patterns of them, that match nothing in the catalogue: new at AWS, or misspelt."""
    names = [action.name for actions in catalogue.values() for action in actions]
    texts = {text for statement in statements if statement.allow for text in statement.actions}
    return tuple(sorted(text for text in texts if not any(pattern(text, True).fullmatch(name) for name in names)))


def _unshown(
    statements: Sequence[Statement], catalogue: Mapping[str, Sequence[Action]], places: Iterable[Place]
) -> tuple[str, ...]:
    """Allowed resources that no action was tried on: those of a service of which none is allowed, or odd patterns."""
    tried = {arn for place in places for action in catalogue.get(place.service, ()) for arn in place.arns(action)}
    texts = {text for each in statements if each.allow and not each.other_resources for text in each.resources}
    return tuple(sorted(text for text in texts if not any(pattern(text).fullmatch(arn) for arn in tried)))
