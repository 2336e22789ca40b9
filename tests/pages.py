"""The README and the docs as their readers use them: commands to give, and snippets to run."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PAGES = {path.name: path for path in [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]}

_PROGRAMS = "pulumi|s3io-user|aws|make|eval"


def commands(page: str) -> list[str]:
    """The shell commands of a page, in order: the lines of its ``sh`` blocks, and indented ones of known programs."""
    return [line for block in blocks(page, "sh") for line in block.splitlines() if line] + re.findall(
        rf"^    ((?:{_PROGRAMS}) .*)$", re.sub(r"^```.*?^```", "", _text(page), flags=re.DOTALL | re.MULTILINE), re.M
    )


def snippets(page: str) -> list[str]:
    """The Python snippets of a page."""
    return blocks(page, "python")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return PAGES[page].read_text(encoding="utf-8")
