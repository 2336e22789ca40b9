"""What is allowed on each row: every action of the catalogue tried on the row's samples.

Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from s3io_user.explain.conditions import either
from s3io_user.explain.dangers import Grade, Reason, reason
from s3io_user.explain.decide import NO, Decision, Statement, Verdict, decide
from s3io_user.explain.places import Action, Kind, Place

LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")
"""AWS's access levels, the columns of the table."""

Catalogue = Mapping[str, Sequence[Action]]
"""The actions of each service, by its prefix (``s3``)."""


@dataclass(frozen=True)
class Grant:
    """An action that is allowed on a row, perhaps only under conditions, which must then all hold."""

    action: str
    level: str
    verdict: Verdict
    conditions: tuple[str, ...]
    reason: Reason | None

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


def grants_at(place: Place, catalogue: Catalogue, statements: Sequence[Statement]) -> tuple[Grant, ...]:
    """Everything that the statements allow on a row, by name."""
    tried = ((action, decision_at(place, action, statements)) for action in catalogue.get(place.service, ()))
    return tuple(
        Grant(action.name, action.level, decision.verdict, decision.conditions, reason(action.name, action.level))
        for action, decision in tried
        if decision.verdict is not Verdict.NO
    )


def decision_at(place: Place, action: Action, statements: Sequence[Statement]) -> Decision:
    """Whether an action is allowed on a row: the widest decision over its samples, for that is what it can do."""
    return widest(decide(statements, action.name, arn) for arn in place.arns(action))


def widest(decisions: Iterable[Decision]) -> Decision:
    """Yes before conditional before no; no of none."""
    order = (Verdict.NO, Verdict.CONDITIONAL, Verdict.YES)
    return max(decisions, key=lambda decision: order.index(decision.verdict), default=NO)


def conditions_of(grants: Sequence[Grant]) -> tuple[str, ...]:
    """What must hold for any of these grants to help: what all of them ask for, and then one of their own ways."""
    every = dict.fromkeys(phrase for grant in grants for phrase in grant.conditions)
    shared = tuple(phrase for phrase in every if all(phrase in grant.conditions for grant in grants))
    ways = [tuple(phrase for phrase in grant.conditions if phrase not in shared) for grant in grants]
    return (*shared, either(" and ".join(way) for way in ways)) if all(ways) and ways else shared
