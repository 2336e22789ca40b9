"""Writes keys of a stack's config: all of them or none, also if it is killed."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from s3io_user import secret_files
from s3io_user.errors import S3IOError
from s3io_user.stack import project_file, pulumi_cli
from s3io_user.wording import legible, shown

_MOST = 100
"""Keys for one pulumi process: Windows limits a command line to 32,767 characters."""


@dataclass(frozen=True)
class ConfigValue:
    """A key of stack config with its value: a string, a list of strings, or None to remove the key.

    A map sets some parts of a map, each a string, and leaves the others as they are.
    """

    key: str
    value: str | Sequence[str] | Mapping[str, str] | None = field(repr=False)
    secret: bool = False


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
            set_config(values, str(copy), stack_name, cwd, environ=environ)
    except S3IOError as error:
        raise S3IOError(f"the config of stack {shown(stack_name)} is left as it was: {error}") from None
    name = project_file.project_name(cwd)
    config = pulumi_cli.config(stack_name, cwd, environ=environ)
    if wrong := [each.key for each in values if not _is_there(each, config, name)]:
        raise S3IOError(
            f"pulumi does not read {', '.join(wrong)} as written to {legible(target)}: "
            "find out where it keeps the config of that stack"
        )


def set_config(
    values: Iterable[ConfigValue],
    config_file: str,
    stack: str | None = None,
    cwd: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Write keys into a config file of a stack, one by one. Values go through standard input, never through argv.

    Raises S3IOError at the first key that can't be written; the keys before it are then in the file.
    """
    pulumi_cli.forbid_core_dumps()
    for each in values:
        try:
            for command, key, given in _settings(each):
                arguments = ["config", *command, "--config-file", config_file, "--", key]
                pulumi_cli.run(arguments, stack, cwd, given=given, environ=environ)
        except S3IOError as error:
            raise S3IOError(f"{each.key} was not written: {error}") from None


def _settings(each: ConfigValue) -> Iterator[tuple[list[str], str, str]]:
    """The commands that write a key, each with its key or path and its standard input."""
    if isinstance(each.value, str):
        yield ["set", "--secret" if each.secret else "--plaintext"], each.key, each.value
        return
    if isinstance(each.value, Mapping):
        for part, item in each.value.items():
            # pulumi refuses a value that looks like a secret unless it gets --plaintext or --type, and not both.
            how = ["--type", "string"] if re.fullmatch(r"true|false|[-+.\d]+", item) else ["--plaintext"]
            yield ["set", "--path", *how], f"{each.key}.{part}", item
        return
    # Otherwise a list that was longer would keep its last items.
    yield ["rm"], each.key, ""
    for at, item in enumerate(each.value or ()):
        # Without its type an item like 123 would become a number.
        yield ["set", "--path", "--type", "string"], f"{each.key}[{at}]", item


def _is_there(each: ConfigValue, config: Mapping[str, Any], project_name: str) -> bool:
    entry = config.get(each.key if ":" in each.key else f"{project_name}:{each.key}")
    if not isinstance(entry, Mapping) or not each.value:
        return entry is None and not each.value
    if isinstance(each.value, Mapping):
        written = json.loads(str(entry.get("value")))
        return isinstance(written, dict) and {**written, **each.value} == written
    value = each.value if isinstance(each.value, str) else json.dumps(list(each.value), separators=(",", ":"))
    return str(entry.get("value")) == value and bool(entry.get("secret")) is each.secret
