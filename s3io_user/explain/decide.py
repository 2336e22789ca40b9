"""One request against policy documents: yes, no, or only under conditions, in words.

Pure. The rule is the IAM User Guide's "Policy evaluation logic" for identity-based policies: an explicit deny, then
an allow, else an implicit deny. A condition is not evaluated, for its values are known only to AWS at the time of a
request; it is named. One that can never hold, or always does, is no condition.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from s3io_user.explain.conditions import either
from s3io_user.explain.statements import Statement, statements_of

__all__ = ["NO", "Decision", "Verdict", "bounded", "combined", "decide", "statements_of"]


class Verdict(str, Enum):
    """Whether a request is let through; UNDECIDED is an answer to a question that no request was found for."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Decision:
    """A verdict, and the conditions that must all hold where it is CONDITIONAL."""

    verdict: Verdict
    conditions: tuple[str, ...] = ()


Conditions = tuple[str, ...]
NO = Decision(Verdict.NO)


def decide(statements: Iterable[Statement], action: str, resource: str) -> Decision:
    """What the statements together say of one action (``s3:GetObject``) on one resource's ARN."""
    allows: list[Conditions] = []
    denies: list[Conditions] = []
    for statement in statements:
        fits = statement.reaches(resource) if statement.speaks_of(action) else None
        if fits is None:
            continue
        conditions = statement.conditions(_any_key, fits)
        if conditions is not None:
            (allows if statement.allow else denies).append(conditions)
    return combined(tuple(allows), tuple(denies))


def bounded(decision: Decision, limit: Decision) -> Decision:
    """A decision within a permissions boundary, which must allow what a policy allows, too."""
    if Verdict.NO in (decision.verdict, limit.verdict):
        return NO
    conditions = tuple(dict.fromkeys((*decision.conditions, *limit.conditions)))
    return Decision(Verdict.CONDITIONAL if conditions else Verdict.YES, conditions)


def _any_key(key: str) -> bool:
    """A request's keys are not known here, so none is taken to be missing."""
    return False


@lru_cache(maxsize=4096)
def combined(allows: tuple[Conditions, ...], denies: tuple[Conditions, ...]) -> Decision:
    """The conditions of all Allow and all Deny statements that speak of a request, as one decision."""
    if not allows or () in denies:
        return NO
    ways = () if () in allows else _ways(list(dict.fromkeys(allows)))
    conditions = tuple(dict.fromkeys((*ways, *(phrase for deny in denies for phrase in deny))))
    return Decision(Verdict.CONDITIONAL if conditions else Verdict.YES, conditions)


def _ways(allows: list[Conditions]) -> Conditions:
    """Several statements that allow the same are alternatives."""
    return allows[0] if len(allows) == 1 else (either(" and ".join(way) for way in allows),)
