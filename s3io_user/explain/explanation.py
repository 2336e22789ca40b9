"""Explains what policies let their user do: rows, answers, dangers and tighter presets.

Pure. It explains the given documents only: an organization's policy may allow less, and a bucket policy more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s3io_user.explain import requests
from s3io_user.explain.catalogue import Action, Catalogue, key_name
from s3io_user.explain.dangers import OWN, Grade
from s3io_user.explain.decide import statements_of
from s3io_user.explain.grants import Grant, Row, grants_on
from s3io_user.explain.hints import as_written, meant, meant_key
from s3io_user.explain.marked import Danger, marked
from s3io_user.explain.places import Kind, Place, partition_of, places_of
from s3io_user.explain.questions import Answer, answers
from s3io_user.explain.reach import Reach
from s3io_user.explain.tighter import Config, Tighter, tighter
from s3io_user.explain.undecided import Idle, Undecided, what_no_row_shows

FULL_ACCESS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*", "s3-object-lambda:*"], "Resource": "*"}],
}
"""AmazonS3FullAccess, the AWS managed policy that ``access: full`` attaches."""

_FEW = 3
_MOST = 10
"""Of so many unknown names it is said what may be meant: to look for a near one takes a while."""
_THIS_PROJECT = Config()


@dataclass(frozen=True)
class AwsFinding:
    """A finding of AWS's own validator. ``kind`` is ERROR, SECURITY_WARNING, WARNING or SUGGESTION."""

    kind: str
    code: str
    text: str
    where: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """Everything that explain says of a set of documents.

    ``always``: conditions that hold for everything on S3. ``unknown``: actions that AWS's list does not have,
    ``unknown_keys``: the same of condition keys, and ``meant``: sentences on what may be meant by either.
    ``unshown``: resources that no row shows. ``undecided``: what may be allowed on something that no row shows, so
    that no question about it is answered "no". ``idle``: what has no effect, and why. ``aws``: the findings of AWS's
    own validator; None if it was not asked. ``unread``: which of the user's policies could not be read, and why; no
    answer is good then. ``policies`` and ``boundary``: what was read from AWS. ``source`` says where all of it is from.
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
    unknown_keys: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()
    aws: tuple[AwsFinding, ...] | None = None
    unread: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    boundary: str | None = None
    source: str = ""


def services(documents: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The services whose actions the catalogue needs to explain these documents, as patterns (``s3``, ``*``)."""
    allowing = [statement for statement in statements_of(documents) if statement.allow]
    named = {text.partition(":")[0].lower() for s in allowing for text in s.actions if not s.other_actions}
    return tuple(sorted({"s3", *named, *(["*"] if any(s.other_actions for s in allowing) else [])}))


def explain(
    documents: Sequence[Mapping[str, Any]],
    catalogue: Iterable[Action],
    *,
    config: Config = _THIS_PROJECT,
    boundary: Mapping[str, Any] | None = None,
    unread: Sequence[str] = (),
) -> Explanation:
    """Explain identity-based policy documents together, as IAM takes a user's inline and managed policies.

    ``catalogue`` has the actions of all services that ``services`` names. ``config`` says where the user's inputs are
    set. ``boundary`` is the document of the user's permissions boundary, beyond which nothing is allowed. ``unread``
    names what could not be read. Raises InputError if a document has not the shape of a policy.
    """
    limits = None if boundary is None else statements_of([boundary])
    reach = Reach(statements_of(documents), Catalogue(catalogue), limits)
    partition = partition_of(reach.every)
    granted = grants_on(places_of(reach.every, reach.catalogue), reach)
    names = frozenset(grant.action for grants in granted.values() for grant in grants)
    undecided, idle = what_no_row_shows(reach, names, partition)
    rows = _rows(Row(place.kind, place.name, grants) for place, grants in granted.items())
    dangers = marked(rows, reach, undecided)
    return Explanation(
        rows=rows,
        answers=answers(rows, undecided, all_read=not unread),
        dangers=tuple(each for each in dangers if each.grade is Grade.DANGER),
        advice=tuple(each for each in dangers if each.grade is Grade.ADVICE),
        always=_always(rows),
        deny_statements=sum(not statement.allow for statement in reach.every),
        unknown=(unknown := _unknown(reach)),
        unknown_keys=(unknown_keys := _unknown_keys(reach)),
        meant=(
            *filter(None, (meant(action, reach.catalogue) for action in unknown[:_MOST])),
            *filter(None, (meant_key(key, reach.catalogue) for key in unknown_keys[:_MOST])),
        ),
        unshown=_unshown(reach, granted),
        tighter=tighter(granted, reach.catalogue, partition, config),
        undecided=undecided,
        idle=idle,
        unread=tuple(unread),
    )


def _rows(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows to show: without services on which nothing is allowed, and with one row for many other services."""
    shown = [row for row in rows if row.grants or row.kind not in (Kind.SERVICE, Kind.OTHER)]
    others = [row for row in shown if _is_other_service(row)]
    if len(others) <= _FEW:
        return tuple(shown)
    grants = tuple(grant for row in others for grant in row.grants)
    own = [row for row in shown if not _is_other_service(row)]
    return (*own, Row(Kind.SERVICE, f"{len(others)} other services", grants))


def _is_other_service(row: Row) -> bool:
    return row.kind is Kind.SERVICE and row.grants[0].service not in OWN


def _always(rows: Sequence[Row]) -> tuple[str, ...]:
    on_s3 = [grant.conditions for row in rows for grant in row.grants if grant.action.startswith("s3")]
    first = on_s3[0] if on_s3 else ()
    return tuple(phrase for phrase in first if all(phrase in conditions for conditions in on_s3))


def _unknown(reach: Reach) -> tuple[str, ...]:
    """The allowed actions, or patterns of them, that the catalogue does not have: new in AWS, or misspelled."""
    texts = {text for statement in reach.statements if statement.allow for text in statement.actions}
    return tuple(sorted(text for text in texts if next(iter(reach.catalogue.expand(text)), None) is None))


def _unknown_keys(reach: Reach) -> tuple[str, ...]:
    """The condition keys of all statements that AWS's lists do not have. If misspelled, no request has them."""
    services = {service: actions[0].service_keys for service, actions in reach.catalogue.by_service.items()}
    keys = {clause.key for statement in reach.every for clause in statement.clauses}
    return tuple(sorted(key for key in keys if not requests.known(key_name(key), services)))


def _unshown(reach: Reach, granted: Mapping[Place, Sequence[Grant]]) -> tuple[str, ...]:
    """The resources of Allow statements on which no row shows anything as allowed."""
    allowing = {number for number, each in enumerate(reach.statements) if each.allow and not each.other_resources}
    texts = {text for number in allowing for text in reach.statements[number].resources}
    shown = {
        text
        for place, grants in granted.items()
        if grants
        for each in place.samples
        for text in reach.patterns(each.arn)
    }
    return tuple(sorted(map(as_written, texts - shown)))
