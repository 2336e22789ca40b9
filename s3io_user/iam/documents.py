"""Reads a policy document, and checks it before AWS sees it.

The rules are IAM's grammar of the JSON policy language for identity policies (grammar.py checks a statement's parts).
Whether a service has an action is not checked.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from s3io_user.errors import InputError
from s3io_user.iam import grammar, pasted
from s3io_user.wording import nearest, shown

_STATEMENT_KEYS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_DOCUMENT_KEYS = {"Version", "Id", "Statement"}
MOST_CHARACTERS = 131_072
"""The maximum length of a policy document in the API model."""
# The characters that the API model's pattern for a policy document excludes, and their escapes in JSON.
_NOT_IN_A_POLICY = re.compile(r"[^\t\n\r\x20-\xff]|(?<!\\)(?:\\\\)*\\u(?!00)[0-9A-Fa-f]{4}")
_TOKEN = re.compile(r'(?P<key>"(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|(?P<opens>[\[{])|(?P<closes>[\]}])')


class DocumentError(InputError):
    """A document that IAM would reject: the line, if the text has several, and the reason. A fault of ``policy``."""

    def __init__(self, reason: str) -> None:
        super().__init__([("policy", reason)])

    def __str__(self) -> str:
        return self.faults[0][1]


def read_document(text: object, *, existing: bool = False, most: int = MOST_CHARACTERS) -> dict[str, Any]:
    """Read a policy document from its JSON text (or from a dict of JSON values).

    A byte-order mark and no-break spaces, which come with pasted text, are removed. ``existing`` allows an older
    Version, or none, as an existing policy may have. ``most`` is the maximum number of characters without white space.

    Raises DocumentError with the line and the reason: invalid JSON, a duplicate key or Sid, a character that IAM
    rejects, a Principal, or anything else that IAM's grammar of an identity policy does not allow.
    """
    if isinstance(text, dict):
        text = _as_text(text)
    if not isinstance(text, str):
        raise DocumentError(f"must be a JSON policy document, as text or as a map (got {shown(text)})")
    text, document = _parsed(text, most)
    objects = _objects(text)
    for number, place, reason in _faults(document, existing):
        raise DocumentError(f"line {_line_of(text, place, _span(objects, document, number))}: {reason}")
    statements = document["Statement"]
    return {**document, "Statement": [statements] if isinstance(statements, dict) else statements}


def read_statements(given: object) -> list[dict[str, Any]]:
    """Statements from their JSON text, or from a list or dict of JSON values: several, one, or a whole document's.

    They are checked as those of a document are. Raises DocumentError.
    """
    value = _as_text(given) if isinstance(given, dict | list) else given
    text, parsed = _parsed(value, MOST_CHARACTERS) if isinstance(value, str) else ("", None)
    if not (isinstance(parsed, dict) or (isinstance(parsed, list) and all(isinstance(each, dict) for each in parsed))):
        raise DocumentError(f"must be policy statements, as JSON text or as a list of maps (got {shown(given)})")
    whole = isinstance(parsed, dict) and "Statement" in parsed
    # On the same lines, so that a fault names the right one.
    document = read_document(text if whole else f'{{"Version": "2012-10-17", "Statement": {text}}}')
    return list(document["Statement"])


def _parsed(text: str, most: int) -> tuple[str, Any]:
    """A text without what pasting added, and its JSON value."""
    if len(text) > most and (size := len("".join(text.split()))) > most:
        raise DocumentError(f"has {size:,} characters, and AWS takes at most {most:,}")
    text = pasted.cleaned(text)
    if other := pasted.what_else(text):
        raise DocumentError(other)
    _check_characters(text)
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_int=_whole_number, parse_float=_fraction)
    except json.JSONDecodeError as error:
        why = pasted.not_json(text, error.pos) or f"{error.msg} at column {error.colno}"
        raise DocumentError(f"line {error.lineno}: is not JSON: {why}") from None
    except RecursionError:
        raise DocumentError("is nested too deeply for a policy document") from None
    return text, value


def _check_characters(text: str) -> None:
    if wrong := _NOT_IN_A_POLICY.search(text):
        line = _line_at(text, wrong.start())
        name = pasted.CHARACTERS.get(wrong[0])
        what = f"{name} ({shown(wrong[0])})" if name else shown(wrong[0])
        raise DocumentError(f"line {line}: holds {what}; IAM accepts only tabs, newlines and U+0020 to U+00FF")


def _as_text(document: dict[str, Any] | list[Any]) -> str:
    try:
        return json.dumps(document, indent=1, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        raise DocumentError("must hold JSON values alone") from None


def _no_constant(name: str) -> None:
    raise DocumentError(f"is not JSON: holds {name}")


def _whole_number(digits: str) -> int:
    if len(digits) > 19:  # Python refuses thousands of digits, with an error that doesn't mention the policy.
        raise DocumentError(f"holds a number of {len(digits):,} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    if math.isinf(float(digits)):  # JSON can't represent it
        raise DocumentError(f"holds the number {shown(digits)}, which is too large")
    return float(digits)


Span = tuple[int, int]


def _objects(text: str) -> list[tuple[int, Span]]:
    """The depth and the place of each object in a JSON text. Raises DocumentError if one has a duplicate key."""
    objects: list[tuple[int, Span]] = []
    inside: list[tuple[int, set[str]]] = []
    for token in _TOKEN.finditer(text):
        if token["opens"]:
            inside.append((token.start(), set()))
        elif token["closes"]:
            start, _ = inside.pop()
            objects += [(len(inside), (start, token.end()))] if token[0] == "}" else []
        elif token["key"]:
            key, seen = json.loads(token["key"]), inside[-1][1]
            if key in seen:
                line = _line_at(text, token.start())
                raise DocumentError(f"line {line}: has the key {shown(key)} twice in one object")
            seen.add(key)
    return objects


def _span(objects: list[tuple[int, Span]], document: Any, number: int) -> Span | None:
    """Where a statement (counted from 1) is in the text; None for number 0."""
    depth = 1 if number and isinstance(document["Statement"], dict) else 2
    statements = [span for deep, span in objects if deep == depth]
    return statements[number - 1] if number else None


Fault = tuple[int, str, str]


def _faults(document: Any, existing: bool) -> Iterator[Fault]:
    """The faults, in order: the statement (from 1; 0 for none), a piece of text to find the line by, and the reason."""
    if not isinstance(document, dict):
        yield 0, "", "must be a JSON object with Version and Statement"
        return
    if other := pasted.around_a_document(document):
        yield 0, "", other
        return
    for key in document:
        if key not in _DOCUMENT_KEYS:
            yield 0, f'"{key}"', f"a policy document has no {shown(key)} (it has Version, Id and Statement)"
    if document.get("Version", existing or None) not in ("2012-10-17", *(("2008-10-17", True) if existing else ())):
        yield 0, '"Version"', f"Version must be '2012-10-17' (got {shown(document.get('Version'))})"
    if not isinstance(document.get("Id", ""), str):
        yield 0, '"Id"', f"Id must be a string (got {shown(document['Id'])})"
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        yield 0, '"Statement"', "Statement must be a list with at least one statement"
        return
    for number, statement in enumerate(statements, start=1):
        if not isinstance(statement, dict):
            yield 0, '"Statement"', f"statement {number} must be an object (got {shown(statement)})"
    sids: set[str] = set()
    for number, statement in enumerate(statements, start=1):
        yield from ((number, *fault) for fault in _statement_faults(f"statement {number}", statement, sids))


def _statement_faults(name: str, statement: dict[str, Any], sids: set[str]) -> Iterator[tuple[str, str]]:
    for key in statement:
        if key in _STATEMENT_KEYS:
            continue
        why = "the user it is attached to is the principal"
        if key not in ("Principal", "NotPrincipal"):
            why = f"no such key ({nearest(key, _STATEMENT_KEYS)})"
        yield f'"{key}"', f"{name} must not have {shown(key)}: {why}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield '"Effect"', f"{name} must have Effect 'Allow' or 'Deny' (got {shown(statement.get('Effect'))})"
    for one, other in (("Action", "NotAction"), ("Resource", "NotResource")):
        yield from _list_faults(name, statement, one, other)
    sid = statement.get("Sid", "")
    if not isinstance(sid, str) or not re.fullmatch(r"[A-Za-z0-9]*", sid):
        yield '"Sid"', f"{name} must have a Sid of letters and digits alone (got {shown(sid)})"
    elif sid and sid in sids:
        yield f'"{sid}"', f"{name} must have a Sid that no other statement has (got {shown(sid)})"
    sids.add(sid if isinstance(sid, str) else "")
    for place, wanted in grammar.condition_faults(statement.get("Condition", {})):
        yield place, f"{name} must {wanted}"


def _list_faults(name: str, statement: dict[str, Any], one: str, other: str) -> Iterator[tuple[str, str]]:
    given = [key for key in (one, other) if key in statement]
    if len(given) != 1:
        yield '"Effect"', f"{name} must have either {one} or {other} (has {' and '.join(given) or 'neither'})"
        return
    values = grammar.listed(statement[given[0]])
    if not values or not all(isinstance(value, str) and value for value in values):
        yield f'"{given[0]}"', f"{name} must have a string or a list of strings as its {given[0]}"
        return
    for value in values:
        if wanted := grammar.action_fault(value) if one == "Action" else grammar.resource_fault(value):
            # Name the element that was given, which may be NotAction or NotResource.
            yield f'"{value}"', f"{name} must {wanted.replace(f' its {one} (', f' its {given[0]} (')}"


def _line_of(text: str, place: str, within: Span | None) -> int:
    """The line of a piece of text or, if it is missing, of the object that lacks it."""
    start, end = within or (0, len(text))
    position = text.find(place, start, end)
    return _line_at(text, position if position >= 0 else start)


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
