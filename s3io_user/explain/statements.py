"""The statements of policy documents, and which actions and resources each of them covers.

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
"""Whether requests for an action never have a condition key."""
Variables = tuple[str, ...]
"""The policy variables (``${aws:username}``) whose values decide whether a statement covers a resource."""

# IAM accepts the C1 control characters as well, but a terminal would obey them.
_UNSAFE = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\xff]")
_VARIABLE = re.compile(r"\$\{[^}*?$]+\}")
# A condition key has its service before a colon, so a request has no value for this; a default after a comma stays.
_NO_VARIABLE = re.compile(r"\$\{[^:,}*?$]+\}")


@dataclass(frozen=True)
class Statement:
    """A statement of a policy document.

    ``other_actions``: ``actions`` is a NotAction, so the statement covers every other action. ``other_resources``: the
    same of ``resources`` and NotResource.
    """

    allow: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    other_actions: bool
    other_resources: bool
    clauses: tuple[Clause, ...]
    _phrases: dict[Any, tuple[str, ...] | None] = field(default_factory=dict, compare=False, repr=False)

    @property
    def everywhere(self) -> bool:
        """Whether it covers ``*``, the resource of actions that belong to the account."""
        return self.other_resources or any(not pattern.strip("*") for pattern in self.resources)

    def covers_action(self, action: str) -> bool:
        """Whether it covers an action on any resource."""
        return any(matches(pattern, action, ignore_case=True) for pattern in self.actions) is not self.other_actions

    def variables_for(self, resource: str) -> Variables | None:
        """The variables that decide whether it covers a resource; None if it does not cover it at all."""
        return self.variables_in([pattern for pattern in self.resources if matches(pattern, resource)])

    def variables_in(self, matching: Iterable[str]) -> Variables | None:
        """The same, from those of its resources that match: each of them matches only if its variables' values fit."""
        filled = (pattern for pattern in matching if not is_unfilled(pattern))
        variables = [tuple(dict.fromkeys(_VARIABLE.findall(pattern))) for pattern in filled]
        certain = () in variables
        if self.other_resources:
            return None if certain else tuple(dict.fromkeys(name for names in variables for name in names))
        return () if certain else variables[0] if variables else None

    def conditions(self, lacks: Lacks, variables: Variables = ()) -> tuple[str, ...] | None:
        """What must hold for an Allow to allow a request, or for a Deny not to deny it.

        None if the statement never applies.
        """
        if not self.clauses and not variables:
            return ()
        absent = tuple(lacks(clause.key) for clause in self.clauses)
        key = (absent, variables)
        if key not in self._phrases:
            self._phrases[key] = self._conditions(absent, variables)
        return self._phrases[key]

    def _conditions(self, absent: tuple[bool, ...], variables: Variables) -> tuple[str, ...] | None:
        outcomes = {
            clause: outcome(clause, absent=missing) for clause, missing in zip(self.clauses, absent, strict=True)
        }
        if False in outcomes.values():
            return None
        depending = [clause for clause, result in outcomes.items() if result is None]
        word = "only" if self.allow is not self.other_resources else "not"
        phrases = restrictions(depending, allow=self.allow) + tuple(f"{word} where {name} fits" for name in variables)
        return phrases if self.allow or len(phrases) < 2 else (either(phrases),)


def statements_of(documents: Iterable[Any]) -> tuple[Statement, ...]:
    """The statements of identity-based policy documents.

    Raises InputError if one is not a statement. `iam.documents` checks what users write, by all of IAM's grammar;
    policies that IAM has accepted may be older than that, and only their shape counts.
    """
    statements = [
        (f"Statement[{number}]", statement, _has_variables(document))
        for document in documents
        for number, statement in enumerate(_raw_statements(document))
    ]
    if faults := [(name, fault) for name, statement, _ in statements if (fault := _fault_of(statement))]:
        raise InputError(faults)
    return tuple(_statement(statement, variables) for _, statement, variables in statements)


def _raw_statements(document: Any) -> list[Any]:
    return listed(document.get("Statement")) if isinstance(document, Mapping) else [document]


def _has_variables(document: Any) -> bool:
    """Whether its version has policy variables; in an older one they are plain text."""
    return not isinstance(document, Mapping) or document.get("Version") == "2012-10-17"


def _statement(raw: Mapping[str, Any], variables: bool) -> Statement:
    resources = _patterns(raw, "Resource")
    if not variables:
        resources = [text.replace("${", "${$}{") for text in resources]
    return Statement(
        allow=raw["Effect"] == "Allow",
        actions=tuple(dict.fromkeys(_patterns(raw, "Action"))),
        resources=tuple(dict.fromkeys(map(complete, resources))),
        other_actions="NotAction" in raw,
        other_resources="NotResource" in raw,
        clauses=clauses_of(raw.get("Condition") or {}),
    )


def is_unfilled(pattern: str) -> bool:
    """Whether a resource has a template's placeholder, ``${bucket}``, so that it matches nothing."""
    return _NO_VARIABLE.search(pattern) is not None


def complete(pattern: str) -> str:
    """An ARN with fewer than six parts as IAM reads it: ``arn:aws:sqs`` is ``arn:aws:sqs:*:*:*``.

    One with a ``*`` stays: that matches the missing colons, too.
    """
    missing = 5 - pattern.count(":")
    return pattern + ":*" * missing if pattern.startswith("arn:") and missing > 0 and "*" not in pattern else pattern


def _fault_of(raw: Any) -> str | None:
    if not _is_statement(raw):
        return (
            f"must have an Effect, an Action, a Resource and no Principal, as IAM's grammar has it (got {shown(raw)})"
        )
    if unsafe := next((match[0] for text in _strings(raw) if (match := _UNSAFE.search(text))), None):
        return f"must hold no control characters, and none beyond U+00FF (got U+{ord(unsafe):04X})"
    return None


def _is_statement(raw: Any) -> bool:
    if not isinstance(raw, Mapping) or raw.get("Effect") not in ("Allow", "Deny"):
        return False
    condition = raw.get("Condition") or {}
    return (
        not raw.keys() & {"Principal", "NotPrincipal"}
        and all(_has_one_of(raw, element) for element in ("Action", "Resource"))
        and isinstance(condition, Mapping)
        and all(isinstance(keys, Mapping) for keys in condition.values())
    )


def _has_one_of(raw: Mapping[str, Any], element: str) -> bool:
    """Whether there is either Action or NotAction (or Resource or NotResource), with strings."""
    patterns = _patterns(raw, element)
    both_or_none = (element in raw) == (f"Not{element}" in raw)
    return not both_or_none and bool(patterns) and all(isinstance(pattern, str) for pattern in patterns)


def _strings(raw: Any) -> Iterator[str]:
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, (list, Mapping)):
        for part in [*raw, *raw.values()] if isinstance(raw, Mapping) else raw:
            yield from _strings(part)


def _patterns(raw: Mapping[str, Any], element: str) -> list[Any]:
    return listed(raw.get(element, raw.get(f"Not{element}", [])))
