"""Rows on a terminal, for the commands that check: a table, or a list where the screen is too narrow for one."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from s3io_user.cli.text import wrapped
from s3io_user.screen import UNBOUNDED, width_of

if TYPE_CHECKING:
    from rich.console import Console

_LINES = 25  # without a height as well, rich takes a dumb terminal for one of 80 columns
STYLES = {"ok": "green", "finding": "bold yellow", "unknown": "dim"}
"""The colour of a row's first cell, by what it says."""


def print_rows(heads: Sequence[str], rows: Iterable[Sequence[str]], file: TextIO) -> None:
    """Write rows under their heads, in colours to a terminal.

    A word is never broken: what is copied from here (a key ID, an action, an ARN) must be whole. Where the columns
    have no room for their longest words, the rows are a list. What is no terminal has room for everything.
    """
    from rich import box
    from rich.cells import cell_len
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", border_style="dim", padding=(0, 1), pad_edge=False)
    for head, *cells in zip(heads, *rows, strict=True):
        # Without a least width, rich makes a column narrower than its longest word to save others a line.
        table.add_column(head, overflow="fold", min_width=max(map(cell_len, " ".join([head, *cells]).split())))
    for first, *others in rows:
        table.add_row(Text(first, style=STYLES.get(first, "bold")), *(Text(cell) for cell in others))
    console = _console(file)
    needed = Measurement.get(console, console.options.update(width=UNBOUNDED), table)
    if needed.minimum > console.width:
        print_list(heads, rows, file)
        return
    with console.capture() as captured:
        console.print(table, width=min(console.width, needed.maximum))
    file.write(re.sub(r" +$", "", captured.get(), flags=re.MULTILINE))


def print_list(heads: Sequence[str], rows: Iterable[Sequence[str]], file: TextIO) -> None:
    """Write each row as a block: the first two cells, then the others, each with its head if it has one."""
    from rich.text import Text

    console = _console(file)
    with console.capture() as captured:
        for first, second, *others in rows:
            start, *more = wrapped(f"{first} {second}", console.width, rest="  ")
            style = STYLES.get(first, "bold")
            console.print(
                Text.assemble((first, style), " " * (len(start) > len(first)), start[len(first) :]), soft_wrap=True
            )
            for line in more:
                console.print(Text(line), soft_wrap=True)
            for head, cell in zip(heads[2:], others, strict=True):
                for line in cell.splitlines():
                    _print_cell(console, head, line)
    file.write(captured.get())


def _print_cell(console: "Console", head: str, line: str) -> None:
    from rich.text import Text

    label = f"{head}: " if head else ""
    first, *rest = wrapped(f"{label}{line}", console.width, "  ", "    ")
    for text in (Text.assemble("  ", (label, "dim"), first[2 + len(label) :]), *map(Text, rest)):
        console.print(text, soft_wrap=True)


def _console(file: TextIO) -> "Console":
    from rich.console import Console, ConsoleDimensions

    console = Console(file=file, highlight=False, emoji=False, markup=False)
    console.size = ConsoleDimensions(width_of(file), _LINES)
    return console
