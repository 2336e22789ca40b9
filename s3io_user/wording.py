"""How values are shown in sentences: quoted, escaped and bounded. Pure."""

import difflib
import re
import unicodedata
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint to an unknown name: the nearest known one, or all of them where none is near."""
    choices = list(known)
    near = difflib.get_close_matches(name, choices, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(choices)}"


def shown(value: object) -> str:
    """A value as an error quotes it: on one line, and no longer than a line."""
    text = _described(value)
    size, end = (len(value), "…'") if isinstance(value, str) else (len(text), "…")
    return text if len(text) <= 80 else f"{text[:60]}{end} ({size} characters)"


def _described(value: object) -> str:
    if isinstance(value, str):
        # Of a long one no more is needed than what is shown of it; where it ends must be plain to see.
        return "'" + _unmistakable(value[:80].replace("\\", "\\\\")).replace("'", r"\'") + "'"
    try:
        return _unmistakable(repr(value))
    except Exception:  # a number of thousands of digits, a list in a list without end: whatever can't describe itself
        return f"<{type(value).__name__}>"


def _unmistakable(text: str) -> str:
    """A text as it is, but for what a terminal would obey or not show, and for letters that pass for Latin ones."""
    seen = visible(text)
    if seen.isascii() or not re.search("[A-Za-z]", text):
        return seen
    return "".join(one if _latin(one) else one.encode("unicode_escape").decode() for one in seen)


def _latin(one: str) -> bool:
    """Whether it is a Latin letter, an accent on one, or no letter at all."""
    kind = unicodedata.category(one)[0]
    return one.isascii() or kind not in "LN" or unicodedata.name(one, "").startswith("LATIN")


def legible(text: object) -> str:
    """A text as an error has it without quotes (a file, a key): on one line, and no longer than two or three."""
    seen = visible(str(text)[:256])
    return seen if len(seen) <= 255 else f"{seen[:240]}…"


def visible(text: str) -> str:
    """A text with what a terminal would obey, or not show, as escapes."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def camel_case(name: str) -> str:
    """A Python name as Pulumi's other languages, its config and stack outputs spell it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
