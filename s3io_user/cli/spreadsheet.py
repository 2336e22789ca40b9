"""CSV for a spreadsheet: no cell of it is a formula."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# OWASP, "CSV Injection": a name in a program's config may be somebody else's choice.


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], file: TextIO) -> None:
    """Write rows under their columns' names. A cell that a spreadsheet would read as a formula begins with ``'``."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_safe(str(cell)) for cell in row] for row in rows)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) and len(text) > 1 else text
