"""A policy document of one's own: read and checked before AWS sees it.

The rules are IAM's grammar of the JSON policy language for identity policies; what a service's actions mean is not
looked at.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from s3io_user.errors import S3IOError
from s3io_user.names import shown

_STATEMENT_KEYS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_DOCUMENT_KEYS = {"Version", "Id", "Statement"}


class DocumentError(S3IOError, ValueError):
    """A document that IAM would refuse: the line, where the text has one, and the reason."""


def read_document(text: object) -> dict[str, Any]:
    """A policy document from its JSON text (or from a dict of JSON values).

    Raises DocumentError naming the line and the reason: not JSON, a key twice, a character that IAM refuses, a
    Principal, a Sid twice, or a shape that is no identity policy's.
    """
    if isinstance(text, dict):
        text = json.dumps(text, indent=1, ensure_ascii=False)
    if not isinstance(text, str):
        raise DocumentError(f"must be a JSON policy document (got {shown(text)})")
    _check_characters(text)
    try:
        document = json.loads(text, object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        raise DocumentError(f"line {error.lineno}: is not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise DocumentError("is nested too deeply for a policy document") from None
    for place, reason in _faults(document):
        raise DocumentError(f"line {_line_of(text, place)}: {reason}")
    statements = document["Statement"]
    return {**document, "Statement": [statements] if isinstance(statements, dict) else statements}


def _check_characters(text: str) -> None:
    # The API model's pattern for a policy document.
    wrong = re.search(r"[^\t\n\r\x20-\xff]", text)
    if wrong:
        line = text.count("\n", 0, wrong.start()) + 1
        raise DocumentError(f"line {line}: holds {wrong[0]!a}; IAM takes tab, newlines and U+0020 to U+00FF alone")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise DocumentError(f"has the key '{key}' twice in one object")
        seen[key] = value
    return seen


Fault = tuple[str, str]


def _faults(document: Any) -> Iterator[Fault]:
    """Where (a piece of the text to find the line by) and what, in order."""
    if not isinstance(document, dict):
        yield "", "must be a JSON object with Version and Statement"
        return
    for key in document.keys() - _DOCUMENT_KEYS:
        yield f'"{key}"', f"a policy document has no '{key}' (it has Version, Id and Statement)"
    if document.get("Version") not in ("2012-10-17", "2008-10-17"):
        yield '"Version"', f"Version must be '2012-10-17' (got {shown(document.get('Version'))})"
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        yield '"Statement"', "Statement must be a list with at least one statement"
        return
    sids: set[str] = set()
    for number, statement in enumerate(statements, start=1):
        yield from _statement_faults(f"statement {number}", statement, sids)


def _statement_faults(name: str, statement: Any, sids: set[str]) -> Iterator[Fault]:
    if not isinstance(statement, dict):
        yield '"Statement"', f"{name} must be an object (got {shown(statement)})"
        return
    for key in statement.keys() - _STATEMENT_KEYS:
        why = "the user it is attached to is the principal" if key in ("Principal", "NotPrincipal") else "no such key"
        yield f'"{key}"', f"{name} must not have '{key}': {why}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield '"Effect"', f"{name} must have Effect 'Allow' or 'Deny' (got {shown(statement.get('Effect'))})"
    for one, other in (("Action", "NotAction"), ("Resource", "NotResource")):
        yield from _list_faults(name, statement, one, other)
    sid = statement.get("Sid", "")
    if not isinstance(sid, str) or not re.fullmatch(r"[A-Za-z0-9]*", sid):
        yield '"Sid"', f"{name} must have a Sid of letters and digits alone (got {shown(sid)})"
    elif sid and sid in sids:
        yield f'"{sid}"', f"{name} has a Sid that another has: '{sid}'"
    sids.add(sid if isinstance(sid, str) else "")
    if not isinstance(statement.get("Condition", {}), dict):
        yield '"Condition"', f"{name} must have an object as its Condition"


def _list_faults(name: str, statement: dict[str, Any], one: str, other: str) -> Iterator[Fault]:
    given = [key for key in (one, other) if key in statement]
    if len(given) != 1:
        yield '"Effect"', f"{name} must have either {one} or {other} (has {' and '.join(given) or 'neither'})"
        return
    values = statement[given[0]]
    values = [values] if isinstance(values, str) else values
    if not isinstance(values, list) or not values or not all(isinstance(value, str) and value for value in values):
        yield f'"{given[0]}"', f"{name} must have a string or a list of strings as its {given[0]}"
        return
    # An action is service:Action, or * for every one of every service.
    pattern = r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+" if one == "Action" else r"\*|(arn:|\$\{).*"
    for value in values:
        if not re.fullmatch(pattern, value):
            wanted = "an action like s3:GetObject" if one == "Action" else "an ARN or '*'"
            yield f'"{value}"', f"{name} must have {wanted} in its {given[0]} (got {shown(value)})"


def _line_of(text: str, place: str) -> int:
    position = text.find(place) if place else 0
    return text.count("\n", 0, max(position, 0)) + 1
