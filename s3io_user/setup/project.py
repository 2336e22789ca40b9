"""The files of a Pulumi project that `s3io-user init` makes in a folder that has none. Pure, but for reading them."""

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
"""In the project's folder while a set-up is under way: the answers, without any secret."""
_TEMPLATE = {".gitignore": "gitignore", "requirements.txt": "requirements.txt", "__main__.py": "__main__.txt"}
# Last, so that where it is, the others are.
_SETTINGS = "Pulumi.yaml"


def files(name: str, backend: str | None, *, install: bool) -> dict[str, str]:
    """The project's files by name, in the order in which they are to be written.

    ``backend`` is where its state goes, None for where pulumi is logged in. Without ``install`` the program runs in the
    Python that is on PATH.
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
    """This package, from where this command has it: an index, or what pip noted of a folder, an archive or Git."""
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
    """Raise S3IOError where a file of another content is in the place of one of the project's."""
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
                f"{legible(folder / name)} is there already, and no Pulumi project is: run s3io-user init in an empty "
                "folder, or in the project's own"
            )


def write(folder: Path, wanted: dict[str, str]) -> None:
    """Write the files that are not there yet. Raises S3IOError."""
    for name, text in wanted.items():
        # A kill leaves no half of a file under its name.
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
    """A project's name from its folder's: letters, digits, ``_``, ``-`` and ``.``."""
    return re.sub("[^A-Za-z0-9_.-]", "-", folder.resolve().name).strip("-.")[:100] or "s3io-user"


def name_fault(name: str) -> str | None:
    """Why a project can't have this name (the rule is Pulumi's)."""
    if re.fullmatch("[A-Za-z0-9_.-]{1,100}", name):
        return None
    return f"must be 1 to 100 letters, digits, '-', '_' and '.' (got {shown(name)})"
