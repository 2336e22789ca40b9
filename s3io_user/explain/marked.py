"""What is marked, worst first: each dangerous action once, with the reason and all the places where it is allowed.

Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from s3io_user.explain import elsewhere
from s3io_user.explain.catalogue import Action
from s3io_user.explain.dangers import WHOLE_RANK, WHOLE_SERVICE, Grade, Reason, reason, together
from s3io_user.explain.grants import Grant, Row, conditions_of
from s3io_user.explain.places import Kind, Place
from s3io_user.explain.reach import Reach
from s3io_user.explain.statements import Statement
from s3io_user.explain.undecided import Rest
from s3io_user.iam.wildcards import matches

_PRIVATE = (
    "leaves an image private that an ACL made public, where the bucket's ACLs are on: "
    "switch them off (BucketOwnerEnforced), or with optimizer set allowAcl"
)
Grants = tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
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


Marked = tuple[Danger, Reason]


def with_ways(granted: Mapping[Place, Grants]) -> dict[Place, Grants]:
    """Marks, too, what is dangerous only together with what else is allowed."""
    # Many rows have the same grants: tuples that are one object, for to compare them would take longer.
    different = {id(grants): grants for grants in granted.values()}
    reasons = together({grant.action for grants in different.values() for grant in grants})
    known = {name: _with_reasons(grants, reasons) for name, grants in different.items()}
    return {place: known[id(grants)] for place, grants in granted.items()}


def _with_reasons(grants: Grants, reasons: Mapping[str, Reason]) -> Grants:
    if not reasons:
        return grants
    return tuple(
        replace(grant, reason=reasons[grant.action]) if grant.action in reasons and not _worse(grant) else grant
        for grant in grants
    )


def _worse(grant: Grant) -> bool:
    """Whether an action is a way to more rights, or to somebody else's, by itself."""
    return grant.reason is not None and grant.reason.rank < _LEAST_OF_ALONE


_LEAST_OF_ALONE = -1


def marked(rows: Sequence[Row], reach: Reach, rest: Rest) -> list[Danger]:
    """Every danger and every advice, worst first."""
    found = [*_allowed(rows), *_whole_services(rows, reach), *_private_images(rows)]
    found += _perhaps(rest, {danger.action for danger, _ in found})
    found.sort(key=lambda each: (each[1].rank, each[0].action[:3] != "s3:", each[0].action))
    return [danger for danger, _ in found]


def _allowed(rows: Sequence[Row]) -> list[Marked]:
    found: dict[str, list[tuple[Row, Grant]]] = {}
    for row in rows:
        for grant in row.grants:
            if grant.reason is not None:
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
    grant = places[0][1] if len(places) == 1 else min((grant for _, grant in places), key=_rank)
    reason = grant.reason or _NONE
    danger = Danger(
        action=grant.action,
        level=grant.level,
        grade=reason.grade,
        reason=reason.text,
        where=_names(places),
        conditions=conditions_of([each for _, each in places]),
        categories=elsewhere.categories(grant.action, grant.level, escalating),
    )
    return danger, reason


def _names(places: Iterable[tuple[Row, Grant]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([row.name for row, _ in places]))


_NONE = Reason(Grade.ADVICE, "", 0)


def _rank(grant: Grant) -> tuple[bool, int]:
    """A danger before advice, however the table ranks the two."""
    reason = grant.reason
    return (True, 0) if reason is None else (reason.grade is Grade.ADVICE, reason.rank)


def _perhaps(rest: Rest, shown: set[str]) -> list[Marked]:
    """What would be dangerous, and is not known to be allowed nowhere."""
    names = sorted({name for each in rest.undecided for name in each.actions} - shown)
    found = [(rest.actions[name], reason(name, rest.actions[name].level)) for name in names]
    return [(_undecided_danger(action, why), why) for action, why in found if why]


def _undecided_danger(action: Action, why: Reason) -> Danger:
    categories = elsewhere.categories(action.name, action.level)
    return Danger(action.name, action.level, why.grade, why.text, (), (_PERHAPS,), categories)


_PERHAPS = "only if it works on a resource that the statement names, which is not decided"


def _whole_services(rows: Sequence[Row], reach: Reach) -> list[Marked]:
    """``s3:*`` and ``*``: more than all that is known today."""
    whole = _whole_texts(reach.statements)
    if reach.limits is not None:
        whole = _within(whole, reach.limits)
    reason = Reason(Grade.DANGER, WHOLE_SERVICE, WHOLE_RANK)
    return [(danger, reason) for text in whole for danger in _whole_service(text, rows, reach, reason)]


def _whole_texts(statements: Sequence[Statement]) -> dict[str, None]:
    return {
        text: None
        for statement in statements
        if statement.allow and not statement.other_actions and statement.conditions(lambda key: False) is not None
        for text in statement.actions
        if not text.strip("*") or (text.partition(":")[2].strip("*") == "" and ":" in text)
    }


def _within(whole: Iterable[str], limits: Sequence[Statement]) -> dict[str, None]:
    """Which whole services a boundary leaves: of two that overlap, the narrower."""
    others = any(limit.allow and limit.other_actions for limit in limits)
    pairs = [(text, limit) for text in whole for limit in ({text: None} if others else _whole_texts(limits))]
    return {
        narrower: None
        for text, limit in pairs
        for wider, narrower in ((limit, text), (text, limit))
        if matches(wider, narrower, ignore_case=True)
    }


def _whole_service(text: str, rows: Sequence[Row], reach: Reach, reason: Reason) -> Iterator[Danger]:
    service = text.lower().partition(":")[0]
    known = {name for name in reach.catalogue.by_service if matches(service, name)}
    grants = [(row, grant) for row in rows for grant in row.grants if grant.service in known]
    if grants or not known:
        conditions = conditions_of([grant for _, grant in grants])
        yield Danger(text, "Every level", reason.grade, reason.text, _names(grants), conditions, ("service-wildcard",))
