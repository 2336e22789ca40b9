"""Writes tables into docs/performance.md, between markers, with a line on the machine that they were measured on."""

import datetime
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from local_aws import environment

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


NONE = "-"
"""A cell without a value."""


def beside(value: str, times: float, digits: int = 2) -> str:
    """A cell with a value and, in parentheses, its ratio to the base."""
    return f"{value} ({times:,.{digits}f})"


@dataclass(frozen=True)
class Table:
    """A table of the page: its marker, its header, and its rows, each of which begins with a name."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The table as Markdown, with aligned columns and numbers to the right."""
        lines = [list(self.head), *[list(row) for row in self.rows]]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.head))]
        texts = [" | ".join(_pad(cell, widths[at], at) for at, cell in enumerate(line)) for line in lines]
        rule = " | ".join("-" * width if at == 0 else "-" * (width - 1) + ":" for at, width in enumerate(widths))
        return "\n".join(f"| {text} |" for text in [texts[0], rule, *texts[1:]])


def _pad(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def place(page: str, name: str, text: str) -> str:
    """Replace the text between two markers. Raises ValueError unless the page has both exactly once."""
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    if page.count(begin) != 1 or page.count(end) != 1:
        raise ValueError(f"{PAGE.name} must hold '{begin}' and '{end}' once each")
    return re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n{text}\n{end}", page, flags=re.DOTALL)


def write(tables: Iterable[Table]) -> None:
    """Write tables into the page, each with the date and the machine."""
    page = PAGE.read_text()
    for table in tables:
        page = place(page, table.name, f"{table.markdown()}\n\n{where()}")
    PAGE.write_text(page)


def where() -> str:
    """The date and the machine, without anything that identifies its owner."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    parts = [
        f"{os.cpu_count()} cores of {_processor()}, {memory:.0f} GB",
        f"{platform.system()} {platform.release().split('-')[0]}",
        f"Python {platform.python_version()}",
        f"pulumi {_first_number(['pulumi', 'version'])} (SDK {version('pulumi')}), pulumi-aws {version('pulumi-aws')}",
        f"boto3 {version('boto3')}, {emulator()}",
    ]
    if shutil.which("terraform"):
        parts.append(f"Terraform {_first_number(['terraform', 'version'])}")
    return f"*Taken on {datetime.date.today():%Y-%m-%d}: {'; '.join(parts)}.*"


def emulator() -> str:
    """The name and version of the emulator."""
    return f"MiniStack {environment.PINNED.with_suffix('.in').read_text().rpartition('==')[2].strip()}"


def _processor() -> str:
    try:
        names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        names = []
    return names[0].strip() if names else platform.machine()


def _first_number(command: list[str]) -> str:
    path = shutil.which(command[0])
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout if path else ""
    found = re.search(r"\d+\.\d+\.\d+", said)
    return found[0] if found else "unknown"
