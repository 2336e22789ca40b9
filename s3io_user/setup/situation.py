"""What a set-up starts from: the project, its backend and stacks, and the answers of an interrupted set-up."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3io_user.errors import S3IOError
from s3io_user.setup.answers import Answers, read_note
from s3io_user.setup.project import NOTE
from s3io_user.stack import project_file, pulumi_cli
from s3io_user.stack.project_file import read_config_file, takes_users_from_config
from s3io_user.wording import legible

CLOUD, LOCAL = "https://api.pulumi.com", "file://~"
PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


@dataclass(frozen=True)
class Situation:
    """``project`` and ``home`` are the name and the folder of the Pulumi project around ``folder``; None if none is.

    ``backend`` is the URL of the state, None if pulumi is not logged in; ``chosen_by`` is ``PULUMI_BACKEND_URL``,
    ``Pulumi.yaml`` or ``pulumi login``. ``not_installed``: the Python environment of the project does not exist.
    ``under_way`` has the answers of an interrupted set-up.
    """

    folder: Path
    project: str | None = None
    home: Path | None = None
    backend: str | None = None
    chosen_by: str = ""
    stacks: tuple[str, ...] = ()
    selected: str | None = None
    not_installed: bool = False
    under_way: Answers | None = None

    def exists(self, stack: str) -> bool:
        """Whether the project has a stack of this name."""
        return stack in {name for full in self.stacks for name in (full, full.rpartition("/")[2])}


@dataclass(frozen=True)
class StackConfig:
    """A stack's config file: its values by full key, and what encrypts its secrets. A secret is ``{"secure": …}``."""

    values: Mapping[str, Any] = field(default_factory=dict)
    provider: str = ""
    salted: bool = False

    def own(self, project: str, key: str) -> Any:
        """The value of a key of the project's namespace; None if it is not set."""
        return self.values.get(f"{project}:{key}")


def look(cwd: str | None) -> Situation:
    """Look at a folder. Raises S3IOError if there is no such folder or no pulumi, or if a file can't be read."""
    folder = Path(cwd or ".").resolve()
    if not folder.is_dir():
        raise S3IOError(f"there is no folder {legible(folder)}: make it first")
    home, settings = _project(folder)
    backend = backend_here(cwd)
    chosen_by, note = _chosen_by(settings) if backend else "", _note(home or folder)
    if home is None:
        return Situation(folder, backend=backend, chosen_by=chosen_by, under_way=note)
    name = str(settings.get("name") or "")
    if not name:
        raise S3IOError(f"{legible(home)}/Pulumi.yaml has no name: correct it")
    stacks, selected = _stacks(cwd) if backend else ((), None)
    not_installed = _lacks_environment(home, settings)
    return Situation(folder, name, home, backend, chosen_by, stacks, selected, not_installed, note)


def _chosen_by(settings: Mapping[str, Any]) -> str:
    """What decides where Pulumi keeps the state."""
    if os.environ.get("PULUMI_BACKEND_URL"):
        return "PULUMI_BACKEND_URL"
    own = settings.get("backend")
    return "Pulumi.yaml" if isinstance(own, dict) and own.get("url") else "pulumi login"


def _lacks_environment(home: Path, settings: Mapping[str, Any]) -> bool:
    runtime = settings.get("runtime")
    options = runtime.get("options") if isinstance(runtime, Mapping) else None
    named = options.get("virtualenv") if isinstance(options, Mapping) else None
    return isinstance(named, str) and not (home / named).is_dir()


def _project(folder: Path) -> tuple[Path | None, dict[str, Any]]:
    endings = ("yaml", "yml", "json")
    if not any((each / f"Pulumi.{end}").is_file() for each in (folder, *folder.parents) for end in endings):
        return None, {}
    file, settings = project_file.read_project_file(str(folder))
    return file.parent, settings


def backend_here(cwd: str | None, url: str | None = None) -> str | None:
    """The URL of the current backend, or of ``url``; None if pulumi is not logged in to it.

    Raises S3IOError if it can't be reached.
    """
    environ = {**os.environ, "PULUMI_BACKEND_URL": url} if url else None
    try:
        printed = pulumi_cli.run(["whoami", "--verbose", "--json"], None, cwd, environ=environ)
    except S3IOError as error:
        if "not logged in" in str(error):
            return None
        raise
    return str((pulumi_cli.read_object(printed) or {}).get("url") or url or "") or None


def _stacks(cwd: str | None) -> tuple[tuple[str, ...], str | None]:
    stacks = pulumi_cli.stacks(cwd)
    selected = next((name for name, is_selected in stacks.items() if is_selected), None)
    return tuple(stacks), os.environ.get("PULUMI_STACK") or selected


def _note(folder: Path) -> Answers | None:
    try:
        return read_note((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def stack_config(situation: Situation, stack: str) -> StackConfig:
    """The config of one of the project's stacks; empty without a project. Raises S3IOError."""
    if situation.home is None:
        return StackConfig()
    settings = read_config_file(stack, str(situation.folder))
    values = settings.get("config") or {}
    if not isinstance(values, Mapping):
        raise S3IOError(f"the config file of stack {legible(stack)} has no map 'config': correct it")
    values = {key if ":" in str(key) else f"{situation.project}:{key}": value for key, value in values.items()}
    return StackConfig(values, str(settings.get("secretsprovider") or ""), bool(settings.get("encryptionsalt")))


def refuse_other_programs(situation: Situation) -> None:
    """Raise S3IOError if the project's program does not take its users from stack config."""
    if situation.home is None or takes_users_from_config(str(situation.home)):
        return
    raise S3IOError(
        f"the program of the project '{situation.project}' in {legible(situation.home)} does not call read_setup, so "
        "stack config does not reach it: run s3io-user init in an empty folder, or add an S3IOUser to the program as "
        "the README shows"
    )


def needs_passphrase(backend: str, config: StackConfig) -> bool:
    """Whether a passphrase encrypts the stack's secrets, so that every run of pulumi needs it."""
    if config.salted:
        return True
    if config.provider and config.provider != "default":
        return config.provider == "passphrase"
    return backend.startswith(("file:", "s3:", "azblob:", "gs:"))
