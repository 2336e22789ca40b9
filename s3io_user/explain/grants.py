"""What is allowed on each row: every action that a policy speaks of, tried on the row's samples.

Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from s3io_user.explain.catalogue import LEVELS, Action
from s3io_user.explain.conditions import either
from s3io_user.explain.dangers import Grade, Reason, reason
from s3io_user.explain.decide import NO, Decision, Verdict
from s3io_user.explain.places import Kind, Place
from s3io_user.explain.reach import Covering, Reach
from s3io_user.iam.wildcards import wild

__all__ = ["LEVELS", "Grant", "Row", "conditions_of", "grants_on", "widest"]


@dataclass(frozen=True, slots=True)
class Grant:
    """An action that is allowed on a row, perhaps only under conditions, which must then all hold."""

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
        """Whether it is marked; advice does not count."""
        return self.reason is not None and self.reason.grade is Grade.DANGER


@dataclass(frozen=True)
class Row:
    """A resource, or many of a kind, and all that is allowed there."""

    kind: Kind
    name: str
    grants: tuple[Grant, ...]

    def at(self, level: str) -> tuple[Grant, ...]:
        """What is allowed here at one access level, by name."""
        return tuple(grant for grant in self.grants if grant.level == level)


def grants_on(places: Iterable[Place], reach: Reach) -> dict[Place, tuple[Grant, ...]]:
    """Everything that the statements allow on each row, by name.

    Rows on whose samples the same statements bear have the same grants, which are worked out once.
    """
    known: dict[object, tuple[Grant, ...]] = {}
    granted = {}
    for place in places:
        tried = tuple((sample.service, sample.kind, reach.covering(sample.arn)) for sample in place.samples)
        key = (place.kind, tried)
        if key not in known:
            known[key] = tuple(_grants(place, tried, reach))
        granted[place] = known[key]
    return granted


Tried = tuple[tuple[str, str, Covering], ...]


def _grants(place: Place, tried: Tried, reach: Reach) -> Iterator[Grant]:
    whole = place.kind in (Kind.EVERY_BUCKET, Kind.SERVICE)
    one = place.kind is Kind.OTHER and not wild(place.name)
    for service in sorted({service for service, _, covering in tried if covering}):
        coverings: dict[Covering, set[str]] = {}
        for _, kind, covering in (each for each in tried if each[0] == service):
            coverings.setdefault(covering, set()).add(kind)
        for action in reach.actions(service, list(coverings)):
            decision = _decision(place, action, coverings, reach)
            if decision.verdict is not Verdict.NO:
                why = reason(action.name, action.level, everywhere=whole and reach.everywhere(action.name), one=one)
                yield Grant(action.name, action.level, decision.verdict, decision.conditions, why)


def _decision(place: Place, action: Action, coverings: Mapping[Covering, set[str]], reach: Reach) -> Decision:
    wanted = place.kinds(action)
    found = [covering for covering, kinds in coverings.items() if not wanted.isdisjoint(kinds)]
    return reach.decide(action, found[0]) if len(found) == 1 else widest(reach.decide(action, each) for each in found)


_ORDER = {Verdict.NO: 0, Verdict.CONDITIONAL: 1, Verdict.YES: 2}


def widest(decisions: Iterable[Decision]) -> Decision:
    """Yes before conditional before no, for that is what an action can do on a row; no of none."""
    return max(decisions, key=lambda decision: _ORDER[decision.verdict], default=NO)


def conditions_of(grants: Sequence[Grant]) -> tuple[str, ...]:
    """What must hold for any of these grants to help: what all of them ask for, and then one of their own ways."""
    if len(grants) == 1:
        return grants[0].conditions
    ways = list(dict.fromkeys(grant.conditions for grant in grants))
    if () in ways:
        return ()
    every = dict.fromkeys(phrase for way in ways for phrase in way)
    shared = tuple(phrase for phrase in every if all(phrase in way for way in ways))
    own = [tuple(phrase for phrase in way if phrase not in shared) for way in ways]
    return (*shared, either(" and ".join(way) for way in own)) if all(own) and own else shared
