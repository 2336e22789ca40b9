"""Reads the file that `users` can name instead of a map, for more users than Pulumi can pass as config."""

import json
from pathlib import Path
from typing import Any

from s3io_user.errors import InputError
from s3io_user.wording import legible, shown

_ENDINGS = (".json", ".yaml", ".yml")
_MOST_BYTES = 16 * 1024 * 1024


def read_users_file(name: str, folder: str) -> Any:
    """The content of a JSON or YAML file; a relative name starts from ``folder``. Raises InputError."""
    path = Path(folder, name)
    if path.suffix.lower() not in _ENDINGS:
        raise _fault(f"must be a map, or the name of a file that ends in .json, .yaml or .yml (got {shown(name)})")
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it can't be read"
        raise _fault(f"the file {legible(path)}: {why}") from None
    if len(content) > _MOST_BYTES:
        raise _fault(f"the file {legible(path)} is larger than {_MOST_BYTES // 1024 // 1024} MiB")
    try:
        return _parsed(content.decode("utf-8-sig"), path.suffix.lower())
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        raise _fault(f"the file {legible(path)} is not {path.suffix[1:].upper()}{where}") from None


def _parsed(text: str, ending: str) -> Any:
    if ending == ".json":
        return json.loads(text)
    import yaml  # type: ignore[import-untyped]  # comes with pulumi; only here: most stacks have no such file

    try:
        # Config knows JSON values only, and YAML has others, such as dates.
        return json.loads(json.dumps(yaml.safe_load(text)))
    except (TypeError, yaml.YAMLError):
        raise ValueError("not YAML with JSON's types of values") from None


def _fault(reason: str) -> InputError:
    return InputError([("users", reason)])
