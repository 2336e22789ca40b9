"""Policy documents as the AWS provider treats them: faults, normalized text, and equality of meaning."""

import json
from typing import Any


def go_json(value: Any) -> str:
    """JSON text as Go writes it: sorted keys, no spaces, and ``<``, ``>`` and ``&`` escaped."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def document_fault(argument: str, text: str) -> str | None:
    """Why ``text`` is no policy document, as the real provider says it; None if it accepts it, as it does ``{}``.

    A syntax error is named in the words of Python's parser, not of Go's.
    """
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
        return f'"{argument}" contains an invalid JSON policy: {error.msg}, at byte offset {offset}'
    except _DuplicateKeyError as error:
        return f'"{argument}" contains duplicate JSON keys: duplicate key "{error}"'
    return None


def normalise(document: str | Any, *, version_first: bool = False) -> str:
    """The compact text that is kept in the state. That of an inline policy begins with its version."""
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
    """The text in the state if it means the same as AWS's, or else AWS's."""
    return before if before and equivalent(before, now) else now


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
