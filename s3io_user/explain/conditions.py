"""The conditions of a policy statement in words: "only over TLS", "only under wp-content/uploads".

Pure. What a phrase says is what the operator does (IAM User Guide, "Condition operators"); a key or an operator
without words of its own is named as it stands, never left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

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


def restrictions(condition: Mapping[str, Any], *, allow: bool) -> tuple[str, ...]:
    """What must hold for a request to be allowed: one phrase each, joined by "and".

    An Allow's keys must all hold. A Deny applies when all of its keys hold, so that any one that does not is a
    way past it: that is a single phrase.
    """
    phrases = [
        _phrase(operator, key, [_text(value) for value in listed(values)], allow)
        for operator, keys in condition.items()
        for key, values in keys.items()
    ]
    return tuple(phrases) if allow or not phrases else (either(phrases),)


def either(phrases: Iterable[str]) -> str:
    """Phrases joined by "or", their common first word said once."""
    first, *rest = dict.fromkeys(phrases)
    word = first.split(" ", 1)[0] + " "
    shorter = [phrase.removeprefix(word) for phrase in rest] if word == "only " else rest
    return " or ".join([first, *shorter])


def one_of(values: Sequence[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    return " or ".join(part for part in (", ".join(values[:-1]), values[-1]) if part)


def listed(value: Any) -> list[Any]:
    """A policy's element may be one value or a list of them."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _phrase(operator: str, key: str, values: list[str], allow: bool) -> str:
    quantifier, _, rest = operator.rpartition(":")
    base = rest.removesuffix("IfExists")
    negated = "Not" in base
    base = base.replace("Not", "", 1)
    if base == "Bool" and values == ["false"]:
        negated, values = not negated, ["true"]
    only = negated is not allow
    words = _WORDS.get(key.lower())
    text = words(values) if words and not quantifier else _generic(base, quantifier, key, values)
    # A positive test with IfExists lets through what has no such key; every other one is as strict as it sounds.
    unless = f" (or where {key} is unknown)" if allow and only and rest.endswith("IfExists") else ""
    return f"{'only' if only else 'not'} {text}{unless}"


def _generic(base: str, quantifier: str, key: str, values: list[str]) -> str:
    if base == "Null":
        return f"if {key} is {'absent' if values == ['true'] else 'present'}"
    each = {"": "", "ForAllValues": "every value of ", "ForAnyValue": "a value of "}.get(quantifier, f"{quantifier} ")
    return f"if {each}{key} {_VERBS.get(base, 'is')} {one_of([value or '(empty)' for value in values])}"


def _folders(prefixes: list[str]) -> str:
    """``[f, f/, f/*]`` is one folder; ``f*`` is not, for it takes in the folder's siblings."""
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
