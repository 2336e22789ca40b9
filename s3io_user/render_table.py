"""A table on a terminal, for the commands that check: the only part of them that needs rich."""

import re
from collections.abc import Iterable, Sequence
from typing import TextIO

STYLES = {"ok": "green", "finding": "bold yellow", "unknown": "dim"}
"""The colour of a row's first cell, by what it says."""


def print_rows(heads: Sequence[str], rows: Iterable[Sequence[str]], file: TextIO) -> None:
    """Write rows under their heads, in colours to a terminal; long cells are folded, so that none is cut."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="dim", border_style="dim", padding=(0, 1), pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for first, *others in rows:
        table.add_row(Text(first, style=STYLES.get(first, "bold")), *(Text(cell) for cell in others))
    console = Console(file=file, highlight=False, emoji=False, markup=False)
    with console.capture() as captured:
        console.print(table)
    file.write(re.sub(r" +$", "", captured.get(), flags=re.MULTILINE))
