"""The statements of policy documents, read for questions of what they cover.

Pure.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from s3io_user.errors import InputError
from s3io_user.explain.conditions import Clause, clauses_of, either, outcome, restrictions
from s3io_user.iam.grammar import listed
from s3io_user.iam.wildcards import matches
from s3io_user.wording import shown

Lacks = Callable[[str], bool]
"""Whether no request for an action ever has a condition key."""

_ODD = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\xff]")
_VARIABLE = re.compile(r"\$\{[^}*?$]+\}")


@dataclass(frozen=True)
class Statement:
    """A statement of a document."""

    allow: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    other_actions: bool
    """Whether it covers every action but those (NotAction)."""
    other_resources: bool
    """Whether it covers every resource but those (NotResource)."""
    clauses: tuple[Clause, ...]
    _known: dict[Any, tuple[str, ...] | None] = field(default_factory=dict, compare=False, repr=False)

    def speaks_of(self, action: str) -> bool:
        """Whether it covers an action, on whatever resource."""
        return any(matches(pattern, action, ignore_case=True) for pattern in self.actions) is not self.other_actions

    def reaches(self, resource: str) -> tuple[str, ...] | None:
        """``None`` if it does not cover a resource, else the variables whose values decide whether it does."""
        return self.reach([text for text in self.resources if matches(text, resource)])

    def reach(self, matching: Iterable[str]) -> tuple[str, ...] | None:
        """The same, by which of its resources match: a pattern with a variable matches only where the value fits."""
        found = [tuple(dict.fromkeys(_VARIABLE.findall(text))) for text in matching]
        certain = () in found
        if self.other_resources:
            return None if certain else tuple(dict.fromkeys(name for names in found for name in names))
        return () if certain else found[0] if found else None

    def conditions(self, lacks: Lacks, variables: tuple[str, ...] = ()) -> tuple[str, ...] | None:
        """What must hold for it to let a request through (of a Deny: for it not to); ``None`` if it never applies."""
        if not self.clauses and not variables:
            return ()
        absent = tuple(lacks(test.key) for test in self.clauses)
        key = (absent, variables)
        if key not in self._known:
            self._known[key] = self._conditions(absent, variables)
        return self._known[key]

    def _conditions(self, absent: tuple[bool, ...], variables: tuple[str, ...]) -> tuple[str, ...] | None:
        outcomes = [outcome(test, absent=missing) for test, missing in zip(self.clauses, absent, strict=True)]
        if False in outcomes:
            return None
        left = [test for test, known in zip(self.clauses, outcomes, strict=True) if known is None]
        word = "only" if self.allow is not self.other_resources else "not"
        phrases = restrictions(left, allow=self.allow) + tuple(f"{word} where {name} fits" for name in variables)
        return phrases if self.allow or len(phrases) < 2 else (either(phrases),)


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
    return Statement(
        allow=raw["Effect"] == "Allow",
        actions=tuple(dict.fromkeys(_texts(raw, "Action"))),
        resources=tuple(dict.fromkeys(complete(text) for text in _texts(raw, "Resource"))),
        other_actions="NotAction" in raw,
        other_resources="NotResource" in raw,
        clauses=clauses_of(raw.get("Condition") or {}),
    )


def complete(text: str) -> str:
    """An ARN with fewer than six parts as IAM reads it: ``arn:aws:sqs`` is ``arn:aws:sqs:*:*:*``.

    One that ends in a wildcard reaches over the colons as it is.
    """
    missing = 5 - text.count(":")
    return text + ":*" * missing if text.startswith("arn:") and missing > 0 and "*" not in text else text


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
