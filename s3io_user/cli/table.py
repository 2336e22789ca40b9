"""Rows on a terminal, for the commands that check: a table, or a list where the screen is too narrow for one."""

import os
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"ok": "green", "finding": "bold yellow", "unknown": "dim"}
"""The colour of a row's first cell, by what it says."""
_UNBOUNDED = 100_000


def print_rows(heads: Sequence[str], rows: Iterable[Sequence[str]], file: TextIO) -> None:
    """Write rows under their heads, in colours to a terminal.

    A word is never broken: what is copied from here (a key ID, an action, an ARN) must be whole. Where the columns
    have no room for their longest words, the rows are a list. What is no terminal has room for everything.
    """
    from rich import box
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", border_style="dim", padding=(0, 1), pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for first, *others in rows:
        table.add_row(Text(first, style=STYLES.get(first, "bold")), *(Text(cell) for cell in others))
    console = _console(file)
    needed = Measurement.get(console, console.options.update(width=_UNBOUNDED), table)
    if needed.minimum > console.width:
        print_list(heads, rows, file)
        return
    with console.capture() as captured:
        console.print(table, width=min(console.width, needed.maximum))
    file.write(re.sub(r" +$", "", captured.get(), flags=re.MULTILINE))


def print_list(heads: Sequence[str], rows: Iterable[Sequence[str]], file: TextIO) -> None:
    """Write each row as some lines: its first two cells, then the others by name, or as they are below no head.

    The terminal itself breaks what is too long for it, so that a copied command is one line.
    """
    from rich.text import Text

    console = _console(file)
    with console.capture() as captured:
        for first, second, *others in rows:
            console.print(Text.assemble((first, STYLES.get(first, "bold")), f"  {second}"), soft_wrap=True)
            for head, cell in zip(heads[2:], others, strict=True):
                for line in cell.splitlines():
                    console.print(Text.assemble("  ", (f"{head}: " if head else "", "dim"), line), soft_wrap=True)
    file.write(captured.get())


def _console(file: TextIO) -> "Console":
    from rich.console import Console

    console = Console(file=file, highlight=False, emoji=False, markup=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _UNBOUNDED
    return console
