"""Puts the conditions of a policy statement into words: "only over TLS", "only under wp-content/uploads".

Pure. A phrase says what the operator does (IAM User Guide, "Condition operators"). A key or an operator that has no
words here is named as it is written, and never left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s3io_user.explain import requests
from s3io_user.iam.grammar import listed

_VERBS = {
    "StringLike": "is like",
    "ArnEquals": "is like",
    "ArnLike": "is like",
    "IpAddress": "is in",
    "NumericLessThan": "is less than",
    "NumericLessThanEquals": "is at most",
    "NumericGreaterThan": "is more than",
    "NumericGreaterThanEquals": "is at least",
    "DateLessThan": "is before",
    "DateLessThanEquals": "is at or before",
    "DateGreaterThan": "is after",
    "DateGreaterThanEquals": "is at or after",
}


@dataclass(frozen=True)
class Clause:
    """One test of a statement's Condition: an operator, a key, and its values as texts."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def quantifier(self) -> str:
        """ForAllValues, ForAnyValue, or nothing."""
        return self.operator.rpartition(":")[0]

    @property
    def if_exists(self) -> bool:
        """Whether a request without the key meets it."""
        return self.operator.endswith("IfExists")

    @property
    def base(self) -> str:
        """The operator without prefix and ending: ``StringNotLike``."""
        return self.operator.rpartition(":")[2].removesuffix("IfExists")


def clauses_of(condition: Mapping[str, Any]) -> tuple[Clause, ...]:
    """The tests of a Condition, all of which must hold."""
    return tuple(
        Clause(operator, key, tuple(_text(value) for value in listed(values)))
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def outcome(test: Clause, *, absent: bool) -> bool | None:
    """Whether a test always or never holds; None if that depends on the request.

    ``absent``: requests for the action never have the key. The rules are those of the IAM User Guide, "Condition
    operators" and "Multivalued context keys".
    """
    absent = absent or requests.absent(test.key)
    if test.base == "Null":
        return any(value.lower() == "true" for value in test.values) if absent else None
    if absent:
        return _without_key(test)
    if (by_now := _by_the_clock(test)) is not None:
        return by_now
    negated = "Not" in test.base
    kind = test.base.replace("Not", "", 1)
    if test.values and not all(requests.impossible(kind, test.key, value) for value in test.values):
        return None
    if negated and not test.quantifier:
        return True
    # With the key it never holds. Without the key, these two hold.
    return None if negated or test.if_exists or test.quantifier == "ForAllValues" else False


def _by_the_clock(test: Clause) -> bool | None:
    results = {requests.by_the_clock(test.base, test.key, value) for value in test.values}
    decisive = "Not" not in test.base  # one value that is met is enough; of a negated test, one that is equal
    return decisive if decisive in results else results.pop() if len(results) == 1 else None


def _without_key(test: Clause) -> bool:
    if test.quantifier:
        return test.quantifier == "ForAllValues" or test.if_exists
    return test.if_exists or "Not" in test.base


def restrictions(tests: Iterable[Clause], *, allow: bool) -> tuple[str, ...]:
    """What must hold for a request to be allowed, as phrases that are joined by "and".

    All tests of an Allow must hold. A Deny denies only if all of its tests hold, so a request that fails any of them
    is not denied: that is a single phrase.
    """
    phrases = [_phrase(test, allow) for test in tests]
    return tuple(phrases) if allow or not phrases else (either(phrases),)


def either(phrases: Iterable[str]) -> str:
    """Join phrases by "or", with a common first "only" just once."""
    first, *rest = dict.fromkeys(phrases)
    word = first.split(" ", 1)[0] + " "
    shorter = [phrase.removeprefix(word) for phrase in rest] if word == "only " else rest
    return " or ".join([first, *shorter])


def one_of(values: Sequence[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    return " or ".join(part for part in (", ".join(values[:-1]), values[-1]) if part)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _phrase(test: Clause, allow: bool) -> str:
    values, negated = list(test.values), "Not" in test.base
    base = test.base.replace("Not", "", 1)
    if base == "Bool" and values == ["false"]:
        negated, values = not negated, ["true"]
    only = negated is not allow
    words = _WORDS.get(test.key.lower())
    text = words(values) if words and not test.quantifier else _generic(base, test.quantifier, test.key, values)
    # Only a positive test with IfExists also holds without the key.
    unless = f" (or where {test.key} is unknown)" if allow and only and test.if_exists else ""
    return f"{'only' if only else 'not'} {text}{unless}"


def _generic(base: str, quantifier: str, key: str, values: list[str]) -> str:
    if base == "Null":
        return f"if {key} is {'absent' if values == ['true'] else 'present'}"
    each = {"": "", "ForAllValues": "every value of ", "ForAnyValue": "a value of "}.get(quantifier, f"{quantifier} ")
    return f"if {each}{key} {_VERBS.get(base, 'is')} {one_of([value or '(empty)' for value in values])}"


def _folders(prefixes: list[str]) -> str:
    """``[f, f/, f/*]`` is one folder. ``f*`` is not, since it also matches folders beside it."""
    named = (p.removesuffix("/*").removesuffix("/") if p not in ("", "*") else "the whole bucket" for p in prefixes)
    return f"under {one_of(list(dict.fromkeys(named)))}"


def _account(values: list[str]) -> str:
    own = "${aws:PrincipalAccount}"
    return "in " + one_of(["the key's own account" if value == own else f"the account {value}" for value in values])


_WORDS: dict[str, Callable[[list[str]], str]] = {
    "aws:securetransport": lambda values: "over TLS",
    "aws:multifactorauthpresent": lambda values: "with MFA",
    "aws:sourceip": lambda values: f"from {one_of(values)}",
    "aws:sourcevpce": lambda values: f"through the VPC endpoint {one_of(values)}",
    "aws:sourcevpc": lambda values: f"from the VPC {one_of(values)}",
    "aws:viaawsservice": lambda values: "by an AWS service on the user's behalf",
    "aws:resourceaccount": _account,
    "s3:resourceaccount": _account,
    "s3:prefix": _folders,
    "s3:x-amz-acl": lambda values: f"with the ACL {one_of(values)}",
    "kms:viaservice": lambda values: f"through {one_of(values)}",
}
