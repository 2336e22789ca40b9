"""What is marked, worst first: each marked action once, with the reason and every place where it is allowed.

Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from s3io_user.explain import elsewhere
from s3io_user.explain.dangers import PRIVATE_IMAGES, WHOLE_SERVICE, Grade, Reason, reason, together
from s3io_user.explain.grants import Grant, Row, conditions_of
from s3io_user.explain.places import Kind
from s3io_user.explain.reach import Reach
from s3io_user.explain.statements import Statement
from s3io_user.explain.undecided import Undecided
from s3io_user.iam.wildcards import matches

Grants = Sequence[tuple[Row, Grant]]


@dataclass(frozen=True, slots=True)
class Danger:
    """A marked action and the rows on which it is allowed. ``grade`` says whether it is a danger or advice.

    ``categories`` are cloudsplaining's. ``rank`` is the reason's.
    """

    action: str
    level: str
    grade: Grade
    reason: str
    where: tuple[str, ...]
    conditions: tuple[str, ...]
    categories: tuple[str, ...] = ()
    rank: int = field(default=0, compare=False)


def marked(rows: Sequence[Row], reach: Reach, undecided: Iterable[Undecided]) -> list[Danger]:
    """Every danger and all advice, worst first."""
    dangers = [*_allowed(rows), *_whole_services(rows, reach), *_private_images(rows)]
    names = {name for each in undecided for name in each.actions}
    dangers += _undecided(reach, names - {each.action for each in dangers})
    return sorted(dangers, key=lambda each: (each.rank, each.action[:3] != "s3:", each.action))


def _danger(action: str, level: str, why: Reason, grants: Grants, categories: tuple[str, ...] = ()) -> Danger:
    where = tuple(dict.fromkeys([row.name for row, _ in grants]))
    conditions = conditions_of([grant for _, grant in grants])
    return Danger(action, level, why.grade, why.text, where, conditions, categories, why.rank)


def _allowed(rows: Sequence[Row]) -> Iterator[Danger]:
    places: dict[str, list[tuple[Row, Grant]]] = {}
    for row in rows:
        for grant in row.grants:
            if grant.reason:
                places.setdefault(grant.action, []).append((row, grant))
    escalating = together(places)
    for action, grants in places.items():
        # A danger on one row comes before advice on another, whatever the table's order.
        why = min(
            (grant.reason for _, grant in grants if grant.reason), key=lambda r: (r.grade is Grade.ADVICE, r.rank)
        )
        level = grants[0][1].level
        yield _danger(action, level, why, grants, elsewhere.categories(action, level, escalates=action in escalating))


def _private_images(rows: Sequence[Row]) -> Iterator[Danger]:
    places = [row for row in rows if row.kind in (Kind.BUCKET, Kind.FOLDER, Kind.EVERY_BUCKET)]
    by_name = [(row, {grant.action: grant for grant in row.grants}) for row in places]
    puts = [
        (row, own["s3:PutObject"]) for row, own in by_name if "s3:PutObject" in own and "s3:PutObjectAcl" not in own
    ]
    if puts:
        yield _danger("s3:PutObject", puts[0][1].level, PRIVATE_IMAGES, puts)


def _undecided(reach: Reach, names: Iterable[str]) -> Iterator[Danger]:
    """What would be dangerous, and could not be shown to be allowed nowhere."""
    for name in sorted(names):
        level = reach.catalogue.by_name[name].level
        if why := reason(name, level):
            categories = elsewhere.categories(name, level)
            yield Danger(name, level, why.grade, why.text, (), (_IF_IT_WORKS,), categories, why.rank)


_IF_IT_WORKS = "only if it works on a resource that the statement names, which is not decided"


def _whole_services(rows: Sequence[Row], reach: Reach) -> Iterator[Danger]:
    """``s3:*`` and ``*``: they allow more than the actions that are known today."""
    whole = _whole_patterns(reach.statements)
    if reach.limits is not None:
        whole = _within(whole, reach.limits)
    for pattern in whole:
        prefix = pattern.lower().partition(":")[0]
        services = {name for name in reach.catalogue.by_service if matches(prefix, name)}
        grants = [(row, grant) for row in rows for grant in row.grants if grant.service in services]
        if grants or not services:
            yield _danger(pattern, "Every level", WHOLE_SERVICE, grants, ("service-wildcard",))


def _whole_patterns(statements: Sequence[Statement]) -> dict[str, None]:
    return {
        pattern: None
        for statement in statements
        if statement.allow and not statement.other_actions and statement.conditions(lambda key: False) is not None
        for pattern in statement.actions
        if not pattern.strip("*") or (":" in pattern and not pattern.partition(":")[2].strip("*"))
    }


def _within(whole: Iterable[str], limits: Sequence[Statement]) -> dict[str, None]:
    """What a permissions boundary leaves of patterns of whole services: of two that overlap, the narrower."""
    others = any(limit.allow and limit.other_actions for limit in limits)
    pairs = [(text, limit) for text in whole for limit in ({text: None} if others else _whole_patterns(limits))]
    return {
        narrower: None
        for text, limit in pairs
        for wider, narrower in ((limit, text), (text, limit))
        if matches(wider, narrower, ignore_case=True)
    }
