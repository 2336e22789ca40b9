"""The changelog's section of a version: what a GitHub release says, and how it comes to be. Pure."""

import re

UNRELEASED = "Unreleased"


def notes(text: str, version: str) -> str:
    """The section of a version, without its heading. Raises ValueError where there is none, or nothing is in it."""
    for heading, body in _sections(text):
        if heading.split(" ")[0] == version:
            if not body:
                raise ValueError(f"CHANGELOG.md says nothing under '## {heading}'")
            return body
    raise ValueError(f"CHANGELOG.md has no section '## {version}'")


def released(text: str, version: str, day: str) -> str:
    """The text with what is unreleased as the version of a day. Raises ValueError."""
    if any(heading.split(" ")[0] == version for heading, _ in _sections(text)):
        raise ValueError(f"CHANGELOG.md has a section '## {version}' already")
    notes(text, UNRELEASED)
    return text.replace(f"## {UNRELEASED}\n", f"## {UNRELEASED}\n\n## {version} ({day})\n", 1)


def _sections(text: str) -> list[tuple[str, str]]:
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return [(heading, body.strip()) for heading, body in zip(parts[::2], parts[1::2], strict=True)]
