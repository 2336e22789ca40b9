"""Decides one request by policy documents: yes, no, or only under conditions, which it puts into words.

Pure. The rule is the IAM User Guide's "Policy evaluation logic" for identity-based policies: an explicit deny, then
an allow, else an implicit deny. A condition is named and not evaluated, since only AWS knows a request's values. A
condition that can never hold, or always holds, is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from s3io_user.explain.conditions import either
from s3io_user.explain.statements import Lacks, Statement, Variables, statements_of

__all__ = ["NO", "Decision", "Verdict", "bounded", "decide", "decide_by", "statements_of"]


class Verdict(str, Enum):
    """Whether a request is allowed. UNDECIDED answers a question for which no request could be tried."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Decision:
    """A verdict and, if it is CONDITIONAL, the conditions, which must all hold."""

    verdict: Verdict
    conditions: tuple[str, ...] = ()


Conditions = tuple[str, ...]
NO = Decision(Verdict.NO)


def decide(statements: Iterable[Statement], action: str, resource: str) -> Decision:
    """Decide by statements whether an action (``s3:GetObject``) is allowed on a resource, an ARN."""
    covering = ((each, each.variables_for(resource)) for each in statements if each.covers_action(action))
    # Which condition keys the requests have is not known here, so none is taken to be missing.
    return decide_by(((each, variables) for each, variables in covering if variables is not None), lambda key: False)


def decide_by(covering: Iterable[tuple[Statement, Variables]], lacks: Lacks) -> Decision:
    """Decide by the statements that cover a request, each with the variables that decide whether it does."""
    allows: list[Conditions] = []
    denies: list[Conditions] = []
    for statement, variables in covering:
        conditions = statement.conditions(lacks, variables)
        if conditions is not None:
            (allows if statement.allow else denies).append(conditions)
    return _combined(tuple(allows), tuple(denies)) if allows else NO


def bounded(decision: Decision, limit: Decision) -> Decision:
    """A decision within a permissions boundary, which has to allow the request as well."""
    if Verdict.NO in (decision.verdict, limit.verdict):
        return NO
    conditions = tuple(dict.fromkeys((*decision.conditions, *limit.conditions)))
    return Decision(Verdict.CONDITIONAL if conditions else Verdict.YES, conditions)


@lru_cache(maxsize=4096)
def _combined(allows: tuple[Conditions, ...], denies: tuple[Conditions, ...]) -> Decision:
    if () in denies:
        return NO
    # Statements that allow the same are alternatives.
    ways = () if () in allows else tuple(dict.fromkeys(allows))
    either_way = ways[0] if len(ways) == 1 else (either(" and ".join(way) for way in ways),) if ways else ()
    conditions = tuple(dict.fromkeys((*either_way, *(phrase for deny in denies for phrase in deny))))
    return Decision(Verdict.CONDITIONAL if conditions else Verdict.YES, conditions)
