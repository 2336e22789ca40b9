"""What a policy lets its user do, put together: rows, answers, dangers and what is tighter.

Pure. It explains the documents that it is given and nothing else: an organisation's policy may allow less, a bucket's
own policy more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from s3io_user.explain.catalogue import Action, Catalogue
from s3io_user.explain.dangers import OWN, Grade
from s3io_user.explain.decide import statements_of
from s3io_user.explain.grants import Grant, Row, grants_on
from s3io_user.explain.marked import Danger, marked, with_ways
from s3io_user.explain.places import Kind, Place, partition_of, places_of
from s3io_user.explain.questions import Answer, answers
from s3io_user.explain.reach import Reach
from s3io_user.explain.tighter import Tighter, config_line, tighter
from s3io_user.explain.undecided import Idle, Rest, Undecided

FULL_ACCESS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*", "s3-object-lambda:*"], "Resource": "*"}],
}
"""AmazonS3FullAccess, which ``access: full`` attaches: AWS's document, not one of ours."""

_FEW = 3


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
    ``aws``: the findings of AWS's own validator; ``None`` where it was not asked. ``unread``: what else bears on the
    user and could not be read, and why, so that no answer is the one to hope for. ``policies`` and ``boundary``: what
    was read from AWS; ``source`` says where all of it comes from.
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
    unread: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    boundary: str | None = None
    source: str = ""


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
    users_file: str | None = None,
    boundary: Mapping[str, Any] | None = None,
    unread: Sequence[str] = (),
) -> Explanation:
    """Explain identity-based policy documents together, as IAM takes a user's inline and managed policies.

    ``catalogue`` holds the actions of all services that ``services`` names. ``user`` is the logical name of a user in
    the stack's ``users`` map, ``project`` the project's name, and ``users_file`` the file that holds the map, for what
    is said of config. ``boundary`` is the document of the user's permissions boundary, beyond which nothing is allowed.
    ``unread`` names what could not be read. Raises InputError with every fault of the documents' shape.
    """
    limits = None if boundary is None else statements_of([boundary])
    reach = Reach(statements_of(documents), Catalogue(catalogue), limits)
    partition = partition_of(reach.every)
    granted = with_ways(grants_on(places_of(reach.every, reach.catalogue), reach))
    rest = Rest(reach, frozenset(grant.action for grants in granted.values() for grant in grants), partition)
    rows = _rows(Row(place.kind, place.name, grants) for place, grants in granted.items())
    found = marked(rows, reach, rest)
    return Explanation(
        rows=rows,
        answers=answers(rows, rest.undecided, all_read=not unread),
        dangers=tuple(each for each in found if each.grade is Grade.DANGER),
        advice=tuple(each for each in found if each.grade is Grade.ADVICE),
        always=_always(rows),
        deny_statements=sum(not statement.allow for statement in reach.every),
        unknown=_unknown(reach),
        unshown=_unshown(reach, granted),
        tighter=tighter(granted, reach.catalogue, partition, partial(config_line, user, project, users_file)),
        undecided=rest.undecided,
        idle=rest.idle,
        unread=tuple(unread),
    )


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
    return row.grants[0].service


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
