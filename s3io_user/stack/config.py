"""Writes several keys of a stack's config at once: all of them or none, also if it is killed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from s3io_user import secret_files
from s3io_user.errors import S3IOError
from s3io_user.stack import project_file, pulumi_cli
from s3io_user.stack.pulumi_cli import ConfigValue
from s3io_user.wording import legible, shown

_MOST = 100
"""Keys for one pulumi process: Windows limits a command line to 32,767 characters."""


def change_config(
    values: Mapping[str, str | None], stack_name: str | None, cwd: str | None, config_file: str | None = None
) -> None:
    """Set keys, or paths to parts of them, as plain text, and then remove those that are None. Raises S3IOError.

    Each hundred take one pulumi process, and are written at once. It gets the values as arguments, which other users of
    the machine can see: none may be a secret.
    """
    options = ["--path", *(["--config-file", config_file] if config_file else [])]
    pairs = [_pair(key, value) for key, value in values.items() if value is not None]
    for few in _parts(pairs):
        given = [part for pair in few for part in ("--plaintext", pair)]
        pulumi_cli.run(["config", "set-all", *options, *given], stack_name, cwd)
    for few in _parts([key for key, value in values.items() if value is None]):
        pulumi_cli.run(["config", "rm-all", *options, "--", *few], stack_name, cwd)


def _pair(key: str, value: str) -> str:
    """The key and its value for set-all, which without quotes ends the key at its first ``=``. Raises S3IOError."""
    quote = next((mark for mark in "'\"" if f"{mark}=" not in key), None)
    if quote is None:
        raise S3IOError(f"pulumi can't set the key {shown(key)}: edit the stack's config file by hand")
    return f"{quote}{key}{quote}={value}"


def _parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[at : at + _MOST] for at in range(0, len(items), _MOST))


def write_config(
    values: Sequence[ConfigValue], stack_name: str, cwd: str | None, *, environ: Mapping[str, str] | None = None
) -> None:
    """Write all keys into a stack's config or none, and check that pulumi reads them back.

    pulumi writes them one by one into a copy of the config file, which then replaces the file. Raises S3IOError.
    """
    target = project_file.config_file(stack_name, cwd)
    try:
        with secret_files.revised(target) as copy:
            pulumi_cli.set_config(values, str(copy), stack_name, cwd, environ=environ)
    except S3IOError as error:
        raise S3IOError(f"the config of stack {shown(stack_name)} is left as it was: {error}") from None
    name = project_file.project_name(cwd)
    config = pulumi_cli.config(stack_name, cwd, environ=environ)
    if wrong := [each.key for each in values if not _is_there(each, config, name)]:
        raise S3IOError(
            f"pulumi does not read {', '.join(wrong)} as written to {legible(target)}: "
            "find out where it keeps the config of that stack"
        )


def _is_there(each: ConfigValue, config: Mapping[str, Any], project_name: str) -> bool:
    entry = config.get(each.key if ":" in each.key else f"{project_name}:{each.key}")
    if not isinstance(entry, Mapping) or not each.value:
        return entry is None and not each.value
    if isinstance(each.value, Mapping):
        written = json.loads(str(entry.get("value")))
        return isinstance(written, dict) and {**written, **each.value} == written
    value = each.value if isinstance(each.value, str) else json.dumps(list(each.value), separators=(",", ":"))
    return str(entry.get("value")) == value and bool(entry.get("secret")) is each.secret
