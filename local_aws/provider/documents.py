"""Policy documents as the aws provider sees them: what is wrong with one, its normal text, equal in meaning."""

import json
import re
from typing import Any

# Python's JSON faults in the words of Go's encoding/json, which are what a user of the real provider reads.
_GO_FAULTS = {
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Expecting value": "looking for beginning of value",
    "Extra data": "after top-level value",
    "Invalid control character at": "in string literal",
    "Invalid \\escape": "in string escape code",
}


def go_json(value: Any, *, indent: int | None = None, sort_keys: bool = True) -> str:
    """JSON text as Go writes it: sorted keys, no spaces, and ``<``, ``>`` and ``&`` escaped."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(value, indent=indent, sort_keys=sort_keys, separators=separators, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def document_fault(argument: str, text: str) -> str | None:
    """Why ``text`` is no policy document, in the real provider's words; None where it takes it (``{}`` too)."""
    text = text.strip()
    if not text:
        return f'"{argument}" is an empty string, which is not a valid JSON value'
    if text.startswith("["):
        return f'"{argument}" contains an invalid JSON policy: contains a JSON array, not a JSON object'
    if not text.startswith("{"):
        return f'"{argument}" contains an invalid JSON policy: not a JSON object'
    try:
        json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        offset = min(error.pos + 1, len(text))
        return f'"{argument}" contains an invalid JSON policy: {go_fault(error)}, at byte offset {offset}'
    except _DuplicateKeyError as error:
        return f'"{argument}" contains duplicate JSON keys: duplicate key "{error}"'
    return None


def go_fault(error: json.JSONDecodeError) -> str:
    """What Go's decoder would say of the same text."""
    if error.pos >= len(error.doc) or error.msg.startswith("Unterminated string"):
        return "unexpected end of JSON input"
    where = _GO_FAULTS.get(error.msg, "looking for beginning of value")
    if where == "after object key:value pair" and _in_array(error.doc[: error.pos]):
        where = "after array element"
    return f"invalid character {error.doc[error.pos]!r} {where}"


def normalise(document: str | Any, *, version_first: bool = False) -> str:
    """The compact text that the state holds; an inline policy's begins with its version, a managed one's not."""
    value = json.loads(document) if isinstance(document, str) else document
    if version_first and isinstance(value, dict) and value.get("Version") == "2012-10-17":
        rest = {key: value[key] for key in value if key != "Version"}
        return '{"Version":"2012-10-17"' + ("," if rest else "") + go_json(rest)[1:]
    return go_json(value)


def equivalent(one: str, other: str) -> bool:
    """Whether two documents mean the same: order, one-element lists, white space and empty Sids do not count."""
    try:
        first, second = json.loads(one), json.loads(other)
    except json.JSONDecodeError:
        return one == other
    try:
        return _canonical(first) == _canonical(second)
    except (AttributeError, KeyError, TypeError):
        return bool(first == second)


def kept_text(before: str | None, now: str) -> str:
    """The state's text where AWS's means the same, or else AWS's."""
    return before if before and equivalent(before, now) else now


def _in_array(text: str) -> bool:
    open_brackets = ""
    for char in re.sub(r'"(\\.|[^"\\])*"', "", text):
        if char in "[{":
            open_brackets += char
        elif char in "]}":
            open_brackets = open_brackets[:-1]
    return open_brackets.endswith("[")


class _DuplicateKeyError(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise _DuplicateKeyError(key)
        seen[key] = value
    return seen


def _canonical(document: Any) -> tuple[Any, ...]:
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return document.get("Version"), document.get("Id"), sorted(go_json(_statement(one)) for one in listed)


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    plain = {key: _set(value) for key, value in statement.items() if key not in ("Sid", "Effect", "Condition")}
    conditions = {
        test: {key: _set(values) for key, values in block.items()}
        for test, block in statement.get("Condition", {}).items()
    }
    return plain | {
        "Sid": statement.get("Sid", ""),
        "Effect": statement.get("Effect", "").lower(),
        "Condition": conditions,
    }


def _set(value: Any) -> Any:
    if isinstance(value, dict):  # a principal
        return {key: _set(item) for key, item in value.items()}
    return sorted(value) if isinstance(value, list) else [value]
