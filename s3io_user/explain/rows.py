"""Lays out rows on a terminal of any width, in columns if every word fits, or else as a list.

No word is broken: you must be able to copy an action, an ARN or a bucket's name.
"""

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_GAP = _INDENT = 2
_READABLE = 24  # a narrower column of sentences is hard to read


def paragraph(text: Text | str, width: int, style: str = "", indent: int = 0) -> list[RenderableType]:
    """Wrap a text between words; a word that is longer than the screen stays whole."""
    whole = text if isinstance(text, Text) else Text(text, style=style)
    lines: list[RenderableType] = []
    for part in whole.split("\n"):
        for line in _wrapped(part, max(width - indent, 1)):
            line.no_wrap, line.overflow = True, "ignore"
            line.pad_left(indent)
            lines.append(line)
    return lines


def _wrapped(text: Text, width: int) -> list[Text]:
    lines: list[Text] = []
    start = end = 0
    for word in re.finditer("[^ ]+", text.plain):
        if end > start and cell_len(text.plain[start : word.end()]) > width:
            lines.append(text[start:end])
            start = word.start()
        end = word.end()
    return [*lines, text[start:end]]


def laid_out(rows: Sequence[Sequence[Text | str]], width: int, *, heads: int) -> list[RenderableType]:
    """Lay out rows. The first ``heads`` cells are never wrapped in columns; in a list they are the first line."""
    cells = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    if not cells:
        return []
    if _INDENT + _needed(cells, heads) <= width:
        return [Padding(_grid(cells, heads), (0, 0, 0, _INDENT), expand=False)]
    lines: list[RenderableType] = []
    for row in cells:
        lines += paragraph(Text(" ").join(cell for cell in row[:heads] if cell), width, indent=_INDENT)
        for cell in row[heads:]:
            lines += paragraph(cell, width, indent=2 * _INDENT) if cell else []
    return lines


def _needed(rows: Sequence[Sequence[Text]], heads: int) -> int:
    """The least width of the columns."""
    columns = list(zip(*rows, strict=True))
    whole = [max(cell_len(line) for cell in column for line in cell.plain.split("\n")) for column in columns]
    words = [max(cell_len(word) for cell in column for word in cell.plain.split() or [""]) for column in columns]
    least = [max(word, min(all_, _READABLE)) for word, all_ in zip(words, whole, strict=True)]
    return sum(whole[:heads]) + sum(least[heads:]) + _GAP * (len(columns) - 1)


def _grid(rows: Sequence[Sequence[Text]], heads: int) -> Table:
    table = Table.grid(padding=(0, _GAP))
    for at in range(len(rows[0])):
        # Without a least width, rich makes a column narrower than its longest word to save others a line.
        words = [cell_len(word) for row in rows for word in row[at].plain.split()]
        table.add_column(overflow="fold", no_wrap=at < heads, min_width=max(words, default=1))
    for row in rows:
        table.add_row(*row)
    return table
