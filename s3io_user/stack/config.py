"""Writes several keys of a stack's config at once: all of them or none, also if it is killed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from s3io_user import secret_files
from s3io_user.errors import S3IOError
from s3io_user.stack import project_file, pulumi_cli
from s3io_user.stack.pulumi_cli import ConfigValue
from s3io_user.wording import legible, shown


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
