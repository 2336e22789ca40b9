"""Reads the project file: the project's name, and where the config of its stacks is."""

import re
from pathlib import Path
from typing import Any

from s3io_user.errors import S3IOError
from s3io_user.wording import legible, shown

_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def project_name(cwd: str | None) -> str:
    """The project's name. Raises S3IOError."""
    file, settings = read_project_file(cwd)
    if "name" not in settings:
        raise S3IOError(f"{file.name} can't be read, or has no name: correct it")
    return str(settings["name"])


def takes_users_from_config(cwd: str | None) -> bool:
    """Whether the project's program calls read_setup. In another program, stack config may mean anything."""
    file, settings = read_project_file(cwd)
    main = file.parent / str(settings.get("main") or "")
    programs = [main] if main.is_file() else sorted(main.glob("*.py"))
    return any("read_setup" in program.read_text(encoding="utf-8", errors="replace") for program in programs)


def config_file(stack_name: str, cwd: str | None) -> Path:
    """The path of a stack's config file, whether it exists or not. Raises S3IOError."""
    file, settings = read_project_file(cwd)
    own = stack_name.rsplit("/", 1)[-1]  # behind an organisation and a project
    if not _STACK_NAME.fullmatch(own):
        raise S3IOError(f"{shown(stack_name)} can't be a stack's name: see pulumi stack ls")
    folder = settings.get("stackConfigDir") or settings.get("config")
    return file.parent / (folder if isinstance(folder, str) else "") / f"Pulumi.{own}{file.suffix}"


def read_config_file(stack_name: str, cwd: str | None) -> dict[str, Any]:
    """The content of a stack's config file, ``{}`` if none exists. A secret is ``{"secure": …}``. Raises S3IOError."""
    import yaml  # type: ignore[import-untyped]  # comes with pulumi

    file = config_file(stack_name, cwd)
    try:
        return dict(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError):
        raise S3IOError(f"{file.name} can't be read: correct it, or restore it from a backup") from None


def read_project_file(cwd: str | None) -> tuple[Path, dict[str, Any]]:
    """The path and the content of the nearest project file, in the folder or above it. Raises S3IOError."""
    import yaml

    here = Path(cwd or ".").resolve()
    for folder in (here, *here.parents):
        for file in (folder / f"Pulumi.{ending}" for ending in ("yaml", "yml", "json")):
            if file.is_file():
                try:
                    return file, dict(yaml.safe_load(file.read_text(encoding="utf-8")))
                except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError):
                    raise S3IOError(f"{file.name} can't be read, or has no name: correct it") from None
    raise S3IOError(
        f"{legible(cwd) if cwd else 'this folder'} holds no Pulumi project: name the project's folder by --cwd"
    )
