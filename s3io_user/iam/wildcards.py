"""Wildcards of policies: the texts that a pattern matches, and what two patterns have in common.

Pure. ``*`` stands for any text and ``?`` for one character (IAM User Guide, "IAM JSON policy elements: Resource").
``${*}``, ``${?}`` and ``${$}`` stand for themselves; a variable such as ``${aws:username}`` stands for any text.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

GENERIC = "\0" * 64
"""Stands for any text in a sample. No name and no pattern contains it, so only a wildcard matches it."""
_TOKEN = re.compile(r"\$\{([*?$])\}|(\$\{[^}]+\}|\*)|(.)", re.DOTALL)
_WILD = re.compile(r"[*?]|\$\{")


class Any:
    """A token that is not one literal character: one of ``allowed``, or with ``many`` any number of them."""

    __slots__ = ("allowed", "many")

    def __init__(self, many: bool, allowed: frozenset[str] | None = None) -> None:
        self.many = many
        self.allowed = allowed

    def takes(self, one: str) -> bool:
        """Whether it stands for this character."""
        return self.allowed is None or one in self.allowed


MANY, ONE = Any(many=True), Any(many=False)
Token = str | Any


def tokens(pattern: str) -> Iterator[Token]:
    """A pattern as literal characters, ``MANY`` and ``ONE``."""
    for special, many, one in _TOKEN.findall(pattern):
        yield special or (MANY if many else ONE if one == "?" else one)


def literal(text: str) -> str:
    """A pattern that matches this text alone."""
    return re.sub(r"[*?]|\$(?=\{)", lambda special: f"${{{special[0]}}}", text)


def wild(pattern: str) -> bool:
    """Whether a pattern may match more than one text."""
    return _WILD.search(pattern) is not None


def head(pattern: str) -> str:
    """The literal text that a pattern begins with, up to its first wildcard or variable."""
    match = _WILD.search(pattern)
    return pattern[: match.start()] if match else pattern


def pieces(pattern: str) -> list[str]:
    """The literal texts between a pattern's wildcards, each of which a text that it matches must have."""
    parts: list[list[str]] = [[]]
    for token in tokens(pattern):
        if isinstance(token, str):
            parts[-1].append(token)
        else:
            parts.append([])
    return ["".join(part) for part in parts if part]


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether a pattern matches the whole of a text."""
    return matcher(pattern.lower())(text.lower()) if ignore_case else matcher(pattern)(text)


def fill(text: str, many: str = GENERIC) -> str:
    """A resource that a pattern matches: wildcards and variables filled in, ``${*}`` and its like taken literally."""
    return "".join(token if isinstance(token, str) else many if token.many else GENERIC[0] for token in tokens(text))


@lru_cache(maxsize=16384)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A pattern as a test of texts. Its time grows with the text alone, whatever the pattern."""
    if not wild(pattern):
        return pattern.__eq__
    start = head(pattern)
    if pattern == f"{start}*":
        return lambda text: text.startswith(start)
    first, *rest = _pieces(pattern)
    if not rest:
        return lambda text, compiled=re.compile(first, re.DOTALL): compiled.fullmatch(text) is not None  # type: ignore[misc]
    test, end = _between(first, rest[:-1], rest[-1]), re.split(r"[*?}]", pattern)[-1]
    return lambda text: text.startswith(start) and text.endswith(end) and test(text)


def _pieces(pattern: str) -> list[str]:
    """What stands between the ``*``, as regular expressions of one length each."""
    pieces: list[list[str]] = [[]]
    for token in tokens(pattern):
        if token is MANY:
            pieces.append([])
        else:
            pieces[-1].append("." if token is ONE else re.escape(str(token)))
    return ["".join(piece) for piece in pieces]


def _between(first: str, middle: list[str], last: str) -> Callable[[str], bool]:
    """The first piece, each next one as early as it comes, and the last at the end: nothing is ever tried again."""
    begin, end = re.compile(first, re.DOTALL), re.compile(rf"(?:{last})\Z", re.DOTALL)
    inner = [re.compile(piece, re.DOTALL) for piece in middle if piece]
    length = len(re.sub(r"\\(.)", r"\1", last, flags=re.DOTALL))

    def test(text: str) -> bool:
        match = begin.match(text)
        for piece in inner:
            match = match and piece.search(text, match.end())
        return bool(match and len(text) - length >= match.end() and end.match(text, len(text) - length))

    return test


def common(one: tuple[Token, ...], other: tuple[Token, ...]) -> str | None:
    """A text that both patterns match, ``GENERIC`` where both let anything stand; ``None`` if they share none.

    Of the ways in which they may overlap it takes the one in which every wildcard ends as early as it can. No pair
    of places in the two is looked at twice.
    """
    # One side's end is a token that nothing but the other's end is like.
    left, right = (*one, None), (*other, None)
    seen: set[tuple[int, int]] = set()
    ahead: list[tuple[int, int, Text]] = [(0, 0, ())]
    while ahead:
        i, j, text = ahead.pop()
        start, a, b = i, left[i], right[j]
        while a == b and a.__class__ is str:
            i, j = i + 1, j + 1
            a, b = left[i], right[j]
        if (i, j) in seen:
            continue
        seen.add((i, j))
        text = (text, "".join(one[start:i])) if i > start else text  # type: ignore[arg-type]
        if a is None and b is None:
            return _unrolled(text)
        ahead += _steps(a, b, i, j, text)
    return None


Text = tuple[()] | tuple["Text", str]
"""A text put together backwards: what came before, and a piece."""


def _steps(a: Token | None, b: Token | None, i: int, j: int, text: Text) -> list[tuple[int, int, Text]]:
    """Where to go on from two tokens: into a wildcard, and before that (last in the list) past it."""
    many_a, many_b = a.__class__ is Any and a.many, b.__class__ is Any and b.many
    if many_a and many_b:
        past = (text, GENERIC)
        return [(i, j + 1, past), (i + 1, j, past)]
    shared = _shared(a, b) if a is not None and b is not None else ""
    steps: list[tuple[int, int, Text]] = [(i + (not many_a), j + (not many_b), (text, shared))] if shared else []
    if many_b:
        steps.append((i, j + 1, text))
    if many_a:
        steps.append((i + 1, j, text))
    return steps


def _shared(a: Token, b: Token) -> str:
    """A character that both tokens stand for; empty if there is none."""
    if isinstance(a, str):
        return a if (a == b if isinstance(b, str) else b.takes(a)) else ""
    if isinstance(b, str):
        return b if a.takes(b) else ""
    return GENERIC[0]


def _unrolled(text: Text) -> str:
    parts: list[str] = []
    while text:
        text, part = text
        parts.append(part)
    return "".join(reversed(parts))
