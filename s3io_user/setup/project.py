"""The files of the Pulumi project that `s3io-user init` creates in an empty folder."""

import json
import os
import re
from contextlib import suppress
from importlib import metadata, resources
from pathlib import Path

from s3io_user._version import __version__
from s3io_user.errors import S3IOError
from s3io_user.wording import legible, shown

NOTE = ".s3io-user.init.json"
"""The file in the project's folder that keeps the answers, without secrets, until the set-up is complete."""
_TEMPLATE = {".gitignore": "gitignore", "requirements.txt": "requirements.txt", "__main__.py": "__main__.txt"}
# Written last: if it exists, the others do.
_SETTINGS = "Pulumi.yaml"


def files(name: str, backend: str | None, *, install: bool) -> dict[str, str]:
    """The project's files by name, in the order in which to write them.

    ``backend`` is the URL of its state; None for the backend that pulumi is logged in to. Without ``install``, the
    program runs in the Python on PATH.
    """
    made = {file: _text(source) for file, source in _TEMPLATE.items()}
    made["requirements.txt"] += f"{requirement()}\n"
    runtime = "runtime:\n  name: python\n  options:\n    virtualenv: .venv\n" if install else "runtime: python\n"
    state = f"backend:\n  url: {json.dumps(backend)}\n" if backend else ""
    made[_SETTINGS] = _text(_SETTINGS).format(name=name) + runtime + state
    return made


def _text(source: str) -> str:
    return (resources.files("s3io_user.setup") / "template" / source).read_text(encoding="utf-8")


def requirement() -> str:
    """The requirement of this package: the version, or the folder, archive or Git commit that pip installed it from."""
    try:
        noted = metadata.distribution("s3io-user").read_text("direct_url.json")
        origin = json.loads(noted) if noted else {}
    except (metadata.PackageNotFoundError, ValueError):
        origin = {}
    url = origin.get("url") if isinstance(origin, dict) else None
    if not isinstance(url, str):
        return f"s3io-user[all]>={__version__}"
    commit = (origin.get("vcs_info") or {}).get("commit_id")
    return f"s3io-user[all] @ git+{url}@{commit}" if commit else f"s3io-user[all] @ {url}"


def refuse_strangers(folder: Path, wanted: dict[str, str]) -> None:
    """Raise S3IOError if the folder has a file of the same name as one of the project's, with other content."""
    for name, text in wanted.items():
        if name == ".gitignore":
            continue
        try:
            there = (folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            there = None
        if there != text:
            raise S3IOError(
                f"{legible(folder / name)} exists already, and belongs to no Pulumi project: run s3io-user init in an "
                "empty folder, or in the folder of a project"
            )


def write(folder: Path, wanted: dict[str, str]) -> None:
    """Write the files that do not exist yet. Raises S3IOError."""
    for name, text in wanted.items():
        # If this process is killed, there is no half-written file under its name.
        copy = folder / f".{name.lstrip('.')}.s3io-user.tmp"
        try:
            copy.write_text(text, encoding="utf-8")
            with suppress(FileExistsError):
                os.link(copy, folder / name)
        except OSError as error:
            raise S3IOError(f"{legible(folder / name)} can't be written: {error.strerror}") from None
        finally:
            copy.unlink(missing_ok=True)


def name_for(folder: Path) -> str:
    """A project's name, made of the folder's: letters, digits, ``_``, ``-`` and ``.``."""
    return re.sub("[^A-Za-z0-9_.-]", "-", folder.resolve().name).strip("-.")[:100] or "s3io-user"


def name_fault(name: str) -> str | None:
    """Check a project's name, by Pulumi's rule."""
    if re.fullmatch("[A-Za-z0-9_.-]{1,100}", name):
        return None
    return f"must be 1 to 100 letters, digits, '-', '_' and '.' (got {shown(name)})"
