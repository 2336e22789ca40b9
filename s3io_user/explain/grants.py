"""What is allowed on each row: tries every action that the policies cover on the row's samples.

Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from s3io_user.explain.catalogue import LEVELS, Action
from s3io_user.explain.conditions import either
from s3io_user.explain.dangers import Grade, Reason, reason, together
from s3io_user.explain.decide import NO, Decision, Verdict
from s3io_user.explain.places import Kind, Place
from s3io_user.explain.reach import Covering, Reach
from s3io_user.iam.wildcards import wild

__all__ = ["LEVELS", "Grant", "Row", "conditions_of", "grants_on", "widest"]


@dataclass(frozen=True, slots=True)
class Grant:
    """An action that is allowed on a row, perhaps only under conditions, which must all hold."""

    action: str
    level: str
    verdict: Verdict
    conditions: tuple[str, ...]
    reason: Reason | None

    @property
    def service(self) -> str:
        """The part before the colon: ``s3``."""
        return self.action.partition(":")[0]

    @property
    def dangerous(self) -> bool:
        """Whether it is marked as a danger, and not only with advice."""
        return self.reason is not None and self.reason.grade is Grade.DANGER


@dataclass(frozen=True)
class Row:
    """A resource, or many of a kind, and everything that is allowed on it."""

    kind: Kind
    name: str
    grants: tuple[Grant, ...]

    def at(self, level: str) -> tuple[Grant, ...]:
        """What is allowed at one access level, by name."""
        return tuple(grant for grant in self.grants if grant.level == level)


Tried = tuple[tuple[str, str, Covering], ...]
"""What a row's actions are tried on: a service, a type of its resources, and the statements that cover a sample."""


def grants_on(places: Iterable[Place], reach: Reach) -> dict[Place, tuple[Grant, ...]]:
    """Everything that the statements allow on each row, by name.

    Rows whose samples are covered by the same statements have the same grants, which are worked out once.
    """
    keys: dict[Place, tuple[Kind, Tried]] = {}
    distinct: dict[tuple[Kind, Tried], tuple[Grant, ...]] = {}
    for place in places:
        tried = tuple((sample.service, sample.kind, reach.covering(sample.arn)) for sample in place.samples)
        keys[place] = key = (place.kind, tried)
        if key not in distinct:
            distinct[key] = tuple(_grants(place, tried, reach))
    ways = together({grant.action for grants in distinct.values() for grant in grants})
    if ways:
        distinct = {key: tuple(_with_way(grant, ways) for grant in grants) for key, grants in distinct.items()}
    return {place: distinct[key] for place, key in keys.items()}


def _with_way(grant: Grant, ways: Mapping[str, Reason]) -> Grant:
    """Mark an action that is dangerous together with others, unless it is more dangerous by itself."""
    way = ways.get(grant.action)
    if way is None or (grant.reason and grant.reason.by_itself):
        return grant
    return replace(grant, reason=way)


def _grants(place: Place, tried: Tried, reach: Reach) -> Iterator[Grant]:
    whole = place.kind in (Kind.EVERY_BUCKET, Kind.SERVICE)
    one = place.kind is Kind.OTHER and not wild(place.name)
    for service in sorted({service for service, _, covering in tried if covering}):
        types: dict[Covering, set[str]] = {}
        for _, kind, covering in (each for each in tried if each[0] == service):
            types.setdefault(covering, set()).add(kind)
        for action in reach.actions(service, list(types)):
            decision = _decision(place, action, types, reach)
            if decision.verdict is not Verdict.NO:
                why = reason(action.name, action.level, everywhere=whole and reach.everywhere(action.name), one=one)
                yield Grant(action.name, action.level, decision.verdict, decision.conditions, why)


def _decision(place: Place, action: Action, types: Mapping[Covering, set[str]], reach: Reach) -> Decision:
    own = place.kinds(action)
    coverings = [covering for covering, kinds in types.items() if not own.isdisjoint(kinds)]
    return widest(reach.decide(action, covering) for covering in coverings)


_ORDER = {Verdict.NO: 0, Verdict.CONDITIONAL: 1, Verdict.YES: 2}


def widest(decisions: Iterable[Decision]) -> Decision:
    """The decision that allows most, since a row says what an action can do on any of its resources."""
    return max(decisions, key=lambda decision: _ORDER[decision.verdict], default=NO)


def conditions_of(grants: Sequence[Grant]) -> tuple[str, ...]:
    """What must hold for any of these grants to apply: what all of them require, then one of the ways that are left."""
    ways = list(dict.fromkeys(grant.conditions for grant in grants))
    if () in ways:
        return ()
    every = dict.fromkeys(phrase for way in ways for phrase in way)
    shared = tuple(phrase for phrase in every if all(phrase in way for way in ways))
    own = [tuple(phrase for phrase in way if phrase not in shared) for way in ways]
    return (*shared, either(" and ".join(way) for way in own)) if all(own) and own else shared
