"""pyproject.toml as a table, on every Python that the package runs on."""

from pathlib import Path
from typing import Any

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    import tomli as tomllib

PROJECT = Path(__file__).resolve().parents[1]
PYPROJECT: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text())
_EXTRAS: dict[str, list[str]] = PYPROJECT["project"]["optional-dependencies"]
EVERY_DEPENDENCY = [*PYPROJECT["project"]["dependencies"], *_EXTRAS["cli"], *_EXTRAS["pgp"]]
"""The package's dependencies, those of its extras too."""
