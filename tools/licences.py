"""`make licences`: prints the licence and version of every dependency as a table."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = "s3io-user"


@dataclass(frozen=True)
class Row:
    """An installed distribution. ``within`` has the copyleft licences of what is compiled into it, as it lists them."""

    name: str
    version: str
    licence: str
    within: tuple[str, ...]


def closure(root: str = ROOT) -> list[Row]:
    """All direct and indirect dependencies, as installed here, with those of all the root's extras."""
    seen: set[tuple[str, str]] = set()
    ahead = [(root, ""), (root, "all")]
    while ahead:
        if (asked := ahead.pop()) not in seen:
            seen.add(asked)
            ahead += _needs(*asked)
    return [_row(name) for name in sorted({name for name, _ in seen} - {root})]


def _needs(name: str, extra: str) -> Iterator[tuple[str, str]]:
    for line in distribution(name).requires or []:
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate({"extra": extra}):
            yield from ((canonicalize_name(need.name), wanted) for wanted in ("", *need.extras))


def _row(name: str) -> Row:
    found = distribution(name)
    return Row(name, found.version, _licence(found), _within(found))


def _licence(found: Distribution) -> str:
    """The SPDX expression if there is one, else the classifiers, else the free text."""
    said: Any = found.metadata
    classified = [
        line.rpartition(" :: ")[2] for line in said.get_all("Classifier") or [] if line.startswith("License :: ")
    ]
    return said.get("License-Expression") or " or ".join(classified) or said.get("License") or "unknown"


def _within(found: Distribution) -> tuple[str, ...]:
    lists = [path for path in found.files or [] if path.match("*.dist-info/sboms/*.json")]
    text = " ".join(json.dumps(_licences(json.loads(path.read_text()))) for path in lists)
    return tuple(sorted(set(re.findall(r"[AL]?GPL-[\w.-]+", text))))


def _licences(bill: dict[str, list[dict[str, object]]]) -> list[object]:
    return [component.get("licenses") for component in bill.get("components", [])]


def main() -> None:
    """Print the table, as Markdown."""
    print("| package | version | licence | compiled into it |\n|---|---|---|---|")
    for row in closure():
        print(f"| {row.name} | {row.version} | {row.licence} | {', '.join(row.within)} |")


if __name__ == "__main__":
    main()
