"""Many patterns at once: which of them match a text, without a look at each.

Pure. A pattern is found by the literal text that it begins with. Where many begin alike, as the ARNs of buckets do,
it is found by a literal piece further on: of its pieces, the one that it shares with the fewest others.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from s3io_user.iam.wildcards import head, matcher, pieces, wild

_FEW = 16
"""So many are tried one by one sooner than they are looked up."""


@dataclass(frozen=True, slots=True)
class _Entry:
    position: int
    number: int
    text: str
    test: Callable[[str], bool]


class Patterns:
    """Patterns, each with a number of its owner."""

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
        """Of the patterns that match a text, the number and the pattern: first what is no wildcard, then in order."""
        yield from self._exact.get(text, ())
        found = [
            entry
            for length, starts in self._heads.items()
            if (alike := starts.get(text[:length]))
            for entry in alike.candidates(text)
            if entry.test(text)
        ]
        yield from ((entry.number, entry.text) for entry in sorted(found, key=lambda entry: entry.position))


class _Alike:
    """Patterns that begin alike."""

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
        """Those that may match a text."""
        yield from self.others
        for length, known in self.by_piece.items():
            parts = {text[at : at + length] for at in range(self.start, len(text) - length + 1)}
            for piece in known.keys() & parts:
                yield from known[piece]
