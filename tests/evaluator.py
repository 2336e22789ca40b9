"""A small evaluator of identity-based IAM policies: for tests that ask thousands of questions without a server.

It follows the IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements" and "Creating a condition
with multiple keys or values". What it does not know (an operator, an element, a default value of a variable)
it refuses with a ``ValueError``: an evaluator that ignores a condition proves nothing.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from ipaddress import ip_address, ip_network
from types import MappingProxyType
from typing import Any

Context = Mapping[str, str | Sequence[str]]

_NOTHING: Context = MappingProxyType({})

_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_NUMERIC = {
    "NumericEquals": operator.eq,
    "NumericLessThan": operator.lt,
    "NumericLessThanEquals": operator.le,
    "NumericGreaterThan": operator.gt,
    "NumericGreaterThanEquals": operator.ge,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
}


def allows(
    document: dict[str, Any] | Sequence[dict[str, Any]], action: str, resource: str, context: Context = _NOTHING
) -> bool:
    """Whether the document(s) together let a request through: explicit deny > allow > implicit deny.

    ``action`` is one name (``s3:GetObject``), ``resource`` the ARN that AWS checks it against (``*`` for an
    action without a resource type), ``context`` the request's condition keys, in any case.
    """
    if re.search(r"[*?]", action):
        raise ValueError(f"a request has one action, not a pattern (got {action!r})")
    present = {key.lower(): _list(value) for key, value in context.items()}
    documents = [document] if isinstance(document, dict) else document
    effects = {
        statement["Effect"]
        for each in documents
        for statement in _statements(each)
        if _applies(statement, action, resource, present)
    }
    return "Allow" in effects and "Deny" not in effects


def _statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    if document.get("Version") != "2012-10-17":
        raise ValueError(f"Version must be 2012-10-17 (got {document.get('Version')!r})")
    statements: list[dict[str, Any]] = _list(document["Statement"])
    for statement in statements:
        if unknown := set(statement) - _ELEMENTS:
            raise ValueError(f"unknown elements {sorted(unknown)}")
        if statement["Effect"] not in ("Allow", "Deny"):
            raise ValueError(f"Effect must be Allow or Deny (got {statement['Effect']!r})")
        for element in ("Action", "Resource"):
            if (element in statement) == (f"Not{element}" in statement):
                raise ValueError(f"a statement has either {element} or Not{element}")
    return statements


def _applies(statement: dict[str, Any], action: str, resource: str, context: Mapping[str, list[str]]) -> bool:
    conditions = [
        _holds(name, context.get(key.lower()), _list(values), context)
        for name, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    return (
        _names(statement, "Action", action, context, re.IGNORECASE)
        and _names(statement, "Resource", resource, context)
        and all(conditions)
    )


def _names(
    statement: dict[str, Any],
    element: str,
    value: str,
    context: Mapping[str, list[str]],
    flags: int = 0,
) -> bool:
    patterns = statement.get(element, statement.get(f"Not{element}"))
    matched = any(_like(pattern, value, context, flags) for pattern in _list(patterns))
    return matched is (element in statement)


def _holds(name: str, request: list[str] | None, values: list[Any], context: Mapping[str, list[str]]) -> bool:
    """One key under one operator; ``request`` is None where the request has no such key."""
    if name == "Null":
        return any((request is None) is (str(value).lower() == "true") for value in values)
    quantifier, _, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    negated, matches = base in _NEGATED, _matcher(_NEGATED.get(base, base), context)

    def test(got: str) -> bool:
        return any(matches(str(value), got) for value in values) is not negated

    if quantifier == "ForAllValues":
        return all(test(got) for got in request or () if got)
    if quantifier == "ForAnyValue":
        return (request is None and rest != base) or any(test(got) for got in request or () if got)
    if quantifier:
        raise ValueError(f"unknown set operator in {name!r}")
    if request is None:
        return negated or rest != base
    if len(request) != 1:
        raise ValueError(f"a key with {len(request)} values needs a set operator (got {name!r})")
    return test(request[0])


def _matcher(name: str, context: Mapping[str, list[str]]) -> Callable[[str, str], bool]:
    """``(the policy's value, the request's value) -> bool`` of one positive operator."""
    if name in _NUMERIC:
        return lambda value, got: bool(_NUMERIC[name](float(got), float(value)))
    table: dict[str, Callable[[str, str], bool]] = {
        "StringEquals": lambda value, got: _like(value, got, context, wildcards=False),
        "StringEqualsIgnoreCase": lambda value, got: _like(value, got, context, re.IGNORECASE, False),
        "StringLike": lambda value, got: _like(value, got, context),
        "ArnEquals": lambda value, got: _arn_like(value, got, context),
        "ArnLike": lambda value, got: _arn_like(value, got, context),
        "Bool": lambda value, got: value.lower() == got.lower(),
        "IpAddress": lambda value, got: ip_address(got) in ip_network(value, strict=False),
    }
    if name not in table:
        raise ValueError(f"unknown condition operator {name!r}")
    return table[name]


def _arn_like(pattern: str, arn: str, context: Mapping[str, list[str]]) -> bool:
    """Each of the six parts on its own, so that no wildcard reaches over a colon."""
    wanted, got = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(got) and all(_like(w, g, context) for w, g in zip(wanted, got, strict=True))


def _like(
    pattern: str,
    value: str,
    context: Mapping[str, list[str]],
    flags: int = 0,
    wildcards: bool = True,
) -> bool:
    """``*`` and ``?`` match, ``${*}``, ``${?}``, ``${$}`` stand for themselves, ``${key}`` for a value."""
    variables = _variables(pattern) if "${" in pattern else ()
    if any(variable not in context for variable in variables):
        return False
    values = tuple(tuple(context[variable]) for variable in variables)
    return _regex(pattern, values, flags, wildcards).fullmatch(value) is not None


@cache
def _variables(pattern: str) -> tuple[str, ...]:
    names = [name for name in re.findall(r"\$\{([^}]*)\}", pattern) if name not in ("", "*", "?", "$")]
    if any("," in name for name in names):
        raise ValueError(f"default values of variables are not known here (got {pattern!r})")
    return tuple(name.lower() for name in names)


@cache
def _regex(pattern: str, values: tuple[tuple[str, ...], ...], flags: int, wildcards: bool) -> re.Pattern[str]:
    """``values`` are those of the pattern's variables, in their order."""
    regex, left = "", iter(values)
    for variable, wildcard, literal in re.findall(r"\$\{([^}]*)\}|([*?])|([^*?$]+|\$)", pattern):
        if variable in ("*", "?", "$"):
            regex += re.escape(variable)
        elif variable:
            regex += re.escape(*next(left))
        elif wildcard and wildcards:
            regex += ".*" if wildcard == "*" else "."
        else:
            regex += re.escape(wildcard or literal)
    return re.compile(regex, flags | re.DOTALL)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
