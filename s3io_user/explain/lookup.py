"""Finds which of many patterns match a text, without trying each of them.

Pure. Patterns are indexed by the literal text that they begin with. If many begin with the same, as the ARNs of
buckets do, they are also indexed by a literal piece further on: the one that the fewest others have.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from s3io_user.iam.wildcards import head, matcher, pieces, wild

_FEW = 16
"""Up to so many patterns are faster to try one by one than to look up."""


@dataclass(frozen=True, slots=True)
class _Entry:
    position: int
    number: int
    text: str
    test: Callable[[str], bool]


class Patterns:
    """Patterns, each with the number of the statement that has it."""

    def __init__(self, patterns: Iterable[tuple[int, str]]) -> None:
        self._exact: dict[str, list[tuple[int, str]]] = {}
        self._heads: dict[int, dict[str, _Alike]] = {}
        begun: dict[str, list[_Entry]] = {}
        for position, (number, text) in enumerate(patterns):
            if wild(text):
                begun.setdefault(head(text), []).append(_Entry(position, number, text, matcher(text)))
            else:
                self._exact.setdefault(text, []).append((number, text))
        for start, entries in begun.items():
            self._heads.setdefault(len(start), {})[start] = _Alike(entries, len(start))

    def matching(self, text: str) -> Iterator[tuple[int, str]]:
        """The number and the pattern of each match: first those without wildcards, then the others in their order."""
        yield from self._exact.get(text, ())
        entries = [
            entry
            for length, starts in self._heads.items()
            if (alike := starts.get(text[:length]))
            for entry in alike.candidates(text)
            if entry.test(text)
        ]
        yield from ((entry.number, entry.text) for entry in sorted(entries, key=lambda entry: entry.position))


class _Alike:
    """Patterns that begin with the same text."""

    def __init__(self, entries: list[_Entry], start: int) -> None:
        self.start = start
        self.others: list[_Entry] = []
        self.by_piece: dict[int, dict[str, list[_Entry]]] = {}
        own = [pieces(entry.text[start:]) if len(entries) > _FEW else [] for entry in entries]
        shared = Counter(piece for each in own for piece in set(each))
        for entry, each in zip(entries, own, strict=True):
            if each:
                piece = min(each, key=lambda one: (shared[one], -len(one)))
                self.by_piece.setdefault(len(piece), {}).setdefault(piece, []).append(entry)
            else:
                self.others.append(entry)

    def candidates(self, text: str) -> Iterator[_Entry]:
        """The patterns that may match a text."""
        yield from self.others
        for length, pieces_of_length in self.by_piece.items():
            parts = {text[at : at + length] for at in range(self.start, len(text) - length + 1)}
            for piece in pieces_of_length.keys() & parts:
                yield from pieces_of_length[piece]
