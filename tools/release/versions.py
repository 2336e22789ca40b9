"""The version: set before a release, and compared with the tag in it."""

import datetime
import re
from pathlib import Path

from packaging.version import InvalidVersion, Version

from tools.release import changelog

PROJECT = Path(__file__).resolve().parents[2]
_HOLDER = Path("s3io_user/_version.py")
_TEMPLATE = Path("template/requirements.txt")


def current(project: Path = PROJECT) -> Version:
    """The version that the tree has."""
    found = re.search(r'^__version__ = "(.+)"$', (project / _HOLDER).read_text("utf-8"), re.MULTILINE)
    if not found:
        raise ValueError(f'{_HOLDER} has no line __version__ = "…"')
    return Version(found[1])


def check_tag(tag: str, project: Path = PROJECT) -> Version:
    """The version of a tag. Raises ValueError where the tree has another, or CHANGELOG.md says nothing about it."""
    version = current(project)
    if tag != f"v{version}":
        raise ValueError(f"the tag must be v{version}, the version in {_HOLDER} (got '{tag}')")
    changelog.notes((project / "CHANGELOG.md").read_text("utf-8"), str(version))
    return version


def prepare(text: str, today: datetime.date, project: Path = PROJECT) -> list[Path]:
    """Write a new version wherever it stands, and return the files. Raises ValueError before anything is written."""
    try:
        version = Version(text)
    except InvalidVersion:
        raise ValueError(f"the version must be like 1.2.3 or 1.2.3rc1 (got '{text}')") from None
    if version <= current(project):
        raise ValueError(f"the version must be above {current(project)} (got '{version}')")
    history = (project / "CHANGELOG.md").read_text("utf-8")
    holder = (project / _HOLDER).read_text("utf-8")
    written = {
        Path("CHANGELOG.md"): changelog.released(history, str(version), today.isoformat()),
        _HOLDER: re.sub(r'^__version__ = ".+"$', f'__version__ = "{version}"', holder, flags=re.MULTILINE),
        _TEMPLATE: f"{requirement(version)}\n",
    }
    for path, content in written.items():
        (project / path).write_text(content, "utf-8")
    return list(written)


def requirement(version: Version) -> str:
    """What a project from the template asks for: this line of versions, and none that may break it."""
    below = f"{version.major + 1}" if version.major else f"0.{version.minor + 1}"
    return f"s3io-user[all]>={version},<{below}"
