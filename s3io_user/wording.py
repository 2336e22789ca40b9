"""Shows values in sentences: quoted, escaped and shortened. Pure."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint for an unknown name: the nearest known one, or all of them if none is near."""
    choices = list(known)
    near = difflib.get_close_matches(name, choices, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(choices)}"


def shown(value: object) -> str:
    """Quote a value for an error: on one line, and no longer than a line."""
    text = _described(value)
    size, end = (len(value), "…'") if isinstance(value, str) else (len(text), "…")
    return text if len(text) <= 80 else f"{text[:60]}{end} ({size} characters)"


def _described(value: object) -> str:
    if isinstance(value, str):
        # Only the beginning of a long string is shown. The quotation marks show where it ends.
        return "'" + _unmistakable(value[:80].replace("\\", "\\\\")).replace("'", r"\'") + "'"
    try:
        return _unmistakable(repr(value))
    except Exception:  # such as a number of thousands of digits, or an endlessly nested list
        return f"<{type(value).__name__}>"


def _unmistakable(text: str) -> str:
    """Escape what a terminal would obey or not show, and letters that look like Latin ones."""
    seen = visible(text)
    if seen.isascii() or not re.search("[A-Za-z]", text):
        return seen
    return "".join(one if _latin(one) else one.encode("unicode_escape").decode() for one in seen)


def _latin(one: str) -> bool:
    """Whether a character is a Latin letter, an accent, or no letter."""
    kind = unicodedata.category(one)[0]
    return one.isascii() or kind not in "LN" or unicodedata.name(one, "").startswith("LATIN")


def legible(text: object) -> str:
    """A text, such as a file or a key, for an error that doesn't quote it: on one line, and not much longer."""
    seen = visible(str(text)[:256])
    return seen if len(seen) <= 255 else f"{seen[:240]}…"


def visible(text: str) -> str:
    """Escape what a terminal would obey or not show."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def some(names: Sequence[str], most: int = 3) -> str:
    """``a, b, c and 2 more``: the first ``most`` names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def camel_case(name: str) -> str:
    """A Python name as Pulumi's other languages, its config and its stack outputs spell it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
