"""Chooses the stacks that a command works on: one, every stack of a project, or those of a list in a file."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3io_user.errors import S3IOError
from s3io_user.stack import pulumi_cli
from s3io_user.wording import legible, nearest, shown

_MOST_BYTES = 4 * 1024 * 1024
_PASSPHRASE, _PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"
KEYS = ("folder", "stack", "backend", "passphraseFile")
"""The keys that an entry of the file can have."""


@dataclass(frozen=True)
class Place:
    """A stack (None: the selected one), its project's folder (None: this one), and variables for its pulumi alone.

    A variable that is None is taken away. ``every``: it stands for every stack of the folder's project.
    """

    stack: str | None = None
    cwd: str | None = None
    variables: Mapping[str, str | None] = field(default_factory=dict, compare=False)
    every: bool = False

    def __str__(self) -> str:
        name = legible(self.stack) if self.stack else "every stack" if self.every else "the selected stack"
        return f"{name} in {legible(self.cwd)}" if self.cwd else name

    def as_json(self) -> dict[str, Any]:
        """The stack and its folder as JSON values."""
        return {"stack": self.stack, "folder": self.cwd}


def of_project(cwd: str | None, variables: Mapping[str, str | None] | None = None) -> list[Place]:
    """Every stack of a project. Raises S3IOError, also where there is none."""
    with pulumi_cli.with_variables(variables or {}):
        names = pulumi_cli.stack_names(cwd)
    if not names:
        where = shown(cwd) if cwd else "this folder"
        raise S3IOError(f"the project in {where} has no stack: create one with pulumi stack init")
    return [Place(name, cwd, variables or {}) for name in names]


@dataclass(frozen=True)
class Unread:
    """An entry of the list whose stacks can't be listed, and why."""

    place: Place
    reason: str


def in_file(name: str) -> tuple[list[Place], list[Unread]]:
    """The stacks of a list in a YAML or JSON file, each once, and the entries whose stacks can't be listed.

    An entry is a folder, for every stack of the project there, or a map: ``folder``, ``stack``, ``backend`` (as
    PULUMI_BACKEND_URL), ``passphraseFile`` (as PULUMI_CONFIG_PASSPHRASE_FILE). Folders and files are relative to the
    list's own folder. Raises S3IOError if the list itself is invalid.
    """
    entries = _entries(name)
    found: dict[tuple[str, str | None], Place] = {}
    unread = []
    for entry in entries:
        try:
            places = [entry] if entry.stack else of_project(entry.cwd, entry.variables)
        except S3IOError as error:
            unread.append(Unread(entry, str(error)))
            continue
        for place in places:
            first = found.setdefault((os.path.realpath(place.cwd or "."), place.stack), place)
            if _backend(first) != _backend(place):
                unread.append(Unread(place, _TWO_BACKENDS))
    return list(found.values()), unread


_BACKEND = "PULUMI_BACKEND_URL"
_TWO_BACKENDS = "the list has this stack with another backend already, and the folder has one config file for both"


def _backend(place: Place) -> str:
    return (place.variables.get(_BACKEND) or os.environ.get(_BACKEND) or "").rstrip("/")


def _entries(name: str) -> list[Place]:
    listed = _content(name)
    if not isinstance(listed, list) or not listed:
        got = "nothing" if listed is None else shown(listed)
        raise S3IOError(f"{legible(name)} must be a list of folders and stacks, with at least one (got {got})")
    folder = Path(name).parent
    return [_entry(one, f"{legible(name)}, entry {number}", folder) for number, one in enumerate(listed, start=1)]


def _entry(one: Any, where: str, folder: Path) -> Place:
    said = {"folder": one} if isinstance(one, str) else one
    if not isinstance(said, Mapping) or not said:
        raise S3IOError(f"{where} must be a folder, or a map with {', '.join(KEYS)} (got {shown(one)})")
    for key, value in said.items():
        if key not in KEYS:
            raise S3IOError(f"{where}: {shown(key)} is not a key ({nearest(str(key), KEYS)})")
        if not isinstance(value, str) or not value:
            raise S3IOError(f"{where}: {key} must be a text (got {shown(value)})")
    stack, variables = said.get("stack"), dict(_variables(said, folder))
    return Place(stack, _relative(said.get("folder"), folder), variables, every=stack is None)


def _variables(said: Mapping[str, str], folder: Path) -> Iterator[tuple[str, str | None]]:
    if "backend" in said:
        yield _BACKEND, said["backend"]
    if "passphraseFile" in said:
        # pulumi takes a passphrase of the environment before that of a file.
        yield _PASSPHRASE, None
        yield _PASSPHRASE_FILE, os.path.abspath(folder / os.path.expanduser(said["passphraseFile"]))


def _relative(path: str | None, folder: Path) -> str | None:
    """A folder of the list as the current folder has it; None for the current folder itself."""
    whole = os.path.normpath(folder / os.path.expanduser(path or "."))
    return None if whole == "." else whole


def _content(name: str) -> Any:
    import yaml  # type: ignore[import-untyped]  # comes with pulumi

    if not name:
        raise S3IOError("the list of stacks must be a file (got '')")
    try:
        with open(name, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise S3IOError(f"{legible(name)} is larger than {_MOST_BYTES // 1024 // 1024} MiB: no list of stacks is")
        return yaml.safe_load(content.decode("utf-8-sig"))
    except OSError as error:
        raise S3IOError(f"{legible(name)} can't be read: {error.strerror or type(error).__name__}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise S3IOError(f"{legible(name)} must be YAML or JSON{line}: a list of folders and stacks") from None
    except (ValueError, RecursionError):
        raise S3IOError(f"{legible(name)} must be YAML or JSON: a list of folders and stacks") from None
