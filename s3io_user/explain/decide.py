"""One request against policy documents: yes, no, or only under conditions, in words.

Pure. The rule is the IAM User Guide's "Policy evaluation logic" for identity-based policies: an explicit deny, then
an allow, else an implicit deny. A condition is not evaluated, for its values are known only to AWS at the time of a
request; it is named.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from s3io_user.errors import InputError
from s3io_user.explain.conditions import either, listed, restrictions
from s3io_user.names import shown


class Verdict(str, Enum):
    """Whether a request is let through."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"


@dataclass(frozen=True)
class Decision:
    """A verdict, and the conditions that must all hold where it is CONDITIONAL."""

    verdict: Verdict
    conditions: tuple[str, ...] = ()


NO = Decision(Verdict.NO)

_ODD = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\xff]")


@dataclass(frozen=True)
class Statement:
    """A statement of a document, its conditions already in words."""

    allow: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    other_actions: bool
    """Whether it covers every action but those (NotAction)."""
    other_resources: bool
    """Whether it covers every resource but those (NotResource)."""
    conditions: tuple[str, ...]

    def covers(self, action: str, resource: str) -> bool:
        """Whether it speaks of this action on this resource, whatever its conditions."""
        return (
            any(pattern(p, True).fullmatch(action) for p in self.actions) is not self.other_actions
            and any(pattern(p).fullmatch(resource) for p in self.resources) is not self.other_resources
        )


def decide(statements: Iterable[Statement], action: str, resource: str) -> Decision:
    """What the statements together say of one action (``s3:GetObject``) on one resource's ARN."""
    covering = [statement for statement in statements if statement.covers(action, resource)]
    allows = [statement.conditions for statement in covering if statement.allow]
    denies = [statement.conditions for statement in covering if not statement.allow]
    if not allows or () in denies:
        return NO
    ways = () if () in allows else _ways(list(dict.fromkeys(allows)))
    conditions = tuple(dict.fromkeys((*ways, *(phrase for deny in denies for phrase in deny))))
    return Decision(Verdict.CONDITIONAL if conditions else Verdict.YES, conditions)


def _ways(allows: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Several statements that allow the same are alternatives."""
    return allows[0] if len(allows) == 1 else (either(" and ".join(way) for way in allows),)


def statements_of(documents: Iterable[Mapping[str, Any]]) -> tuple[Statement, ...]:
    """The statements of identity-based policy documents. Raises InputError with every fault of their shape."""
    faults: list[tuple[str, str]] = []
    read = [
        _statement(statement, f"Statement[{index}]", faults)
        for document in documents
        for index, statement in enumerate(_listed_statements(document, faults))
    ]
    if faults:
        raise InputError(faults)
    return tuple(statement for statement in read if statement)


def _listed_statements(document: Any, faults: list[tuple[str, str]]) -> list[Any]:
    if isinstance(document, Mapping) and isinstance(document.get("Statement"), (list, Mapping)):
        return listed(document["Statement"])
    got = "no Statement" if isinstance(document, Mapping) else type(document).__name__
    faults.append(("document", f"must be a JSON object with a Statement (got {got})"))
    return []


def _statement(raw: Any, where: str, faults: list[tuple[str, str]]) -> Statement | None:
    found = _faults_of(raw)
    faults.extend((where, fault) for fault in found)
    if found:
        return None
    actions, resources = _texts(raw, "Action"), _texts(raw, "Resource")
    allow = raw["Effect"] == "Allow"
    variables = dict.fromkeys(re.findall(r"\$\{[^}*?$]+\}", " ".join(resources)))
    fits = tuple(f"{'only' if allow else 'not'} where {variable} fits" for variable in variables)
    conditions = restrictions(raw.get("Condition") or {}, allow=allow) + fits
    return Statement(
        allow=allow,
        actions=tuple(actions),
        resources=tuple(resources),
        other_actions="NotAction" in raw,
        other_resources="NotResource" in raw,
        conditions=conditions if allow or len(conditions) < 2 else (either(conditions),),
    )


def _faults_of(raw: Any) -> list[str]:
    if not isinstance(raw, Mapping):
        return [f"must be a JSON object (got {type(raw).__name__})"]
    faults = []
    # IAM takes nothing else but the C1 controls, and a terminal would obey those.
    if odd := next((match[0] for text in _strings(raw) if (match := _ODD.search(text))), None):
        faults.append(f"must hold no control characters, and none beyond U+00FF (got U+{ord(odd):04X})")
    if "Principal" in raw or "NotPrincipal" in raw:
        faults.append("must have no Principal, which belongs into the policy of a bucket, not of a user")
    if raw.get("Effect") not in ("Allow", "Deny"):
        faults.append(f"Effect must be Allow or Deny (got {shown(raw.get('Effect'))})")
    for element in ("Action", "Resource"):
        texts = _texts(raw, element)
        if (element in raw) == (f"Not{element}" in raw) or not texts or not all(isinstance(t, str) for t in texts):
            faults.append(f"must have either {element} or Not{element}, a string or a list of strings")
    condition = raw.get("Condition") or {}
    if not isinstance(condition, Mapping) or not all(isinstance(keys, Mapping) for keys in condition.values()):
        faults.append("Condition must map operators to keys and values, {operator: {key: value}}")
    return faults


def _strings(raw: Any) -> Iterator[str]:
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, (list, Mapping)):
        for part in [*raw, *raw.values()] if isinstance(raw, Mapping) else raw:
            yield from _strings(part)


def _texts(raw: Mapping[str, Any], element: str) -> list[Any]:
    return listed(raw.get(element, raw.get(f"Not{element}", [])))


@lru_cache(maxsize=4096)
def pattern(text: str, ignore_case: bool = False) -> re.Pattern[str]:
    """A policy's text with wildcards as a regular expression.

    ``${*}``, ``${?}`` and ``${$}`` stand for themselves; a variable such as ``${aws:username}`` stands for anything,
    which the statement's conditions then say.
    """
    regex = "".join(
        re.escape(special) if special else ".*" if variable or one == "*" else "." if one == "?" else re.escape(one)
        for special, variable, one in re.findall(r"\$\{([*?$])\}|\$\{([^}]+)\}|(.)", text, re.DOTALL)
    )
    return re.compile(regex, re.DOTALL | (re.IGNORECASE if ignore_case else re.DOTALL))
