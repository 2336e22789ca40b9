"""Reads the file that `users` can name instead of a map, for more users than Pulumi can pass as config."""

import json
from collections import Counter
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
        users = _parsed(content.decode("utf-8-sig"), path.suffix.lower())
    except _TwiceError as twice:
        raise _fault(f"the file {legible(path)} has {twice}: each name must be unique") from None
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        raise _fault(f"the file {legible(path)} is not {path.suffix[1:].upper()}{where}") from None
    if not users:  # as a script that failed leaves it: every user would be deleted
        raise _fault(f"the file {legible(path)} must have at least one user (got {shown(users)})")
    return users


class _TwiceError(ValueError):
    """A key that one map has twice: of two users of one name, the first would be deleted."""


def _parsed(text: str, ending: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique) if ending == ".json" else _yaml(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise _TwiceError(f"{shown(name)} twice")
    return dict(pairs)


def _yaml(text: str) -> Any:
    import yaml  # type: ignore[import-untyped]  # comes with pulumi; only here: most stacks have no such file

    try:
        loader = yaml.SafeLoader(text)
        document = loader.get_single_node()
        _take_as_written(document, set())
        # Config knows JSON values only, and YAML has others.
        return json.loads(json.dumps(document and loader.construct_document(document)))
    except (TypeError, yaml.YAMLError):
        raise ValueError("not YAML with JSON's types of values") from None


def _take_as_written(node: Any, seen: set[int]) -> None:
    """Make texts of the names (Norway's ``no`` is false, ``0123`` is 83) and of the dates in a YAML document."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if node.tag == f"{_YAML}timestamp":
        node.tag = f"{_YAML}str"
    lines: dict[str, int] = {}
    for part in node.value if node.id != "scalar" else ():
        name, value = part if node.id == "mapping" else (None, part)
        if name is not None and name.id == "scalar" and name.tag != f"{_YAML}merge":
            name.tag = f"{_YAML}str"
            line = name.start_mark.line + 1
            if (first := lines.setdefault(name.value, line)) != line:
                raise _TwiceError(f"{shown(name.value)} twice (lines {first} and {line})")
        _take_as_written(value, seen)


_YAML = "tag:yaml.org,2002:"


def _fault(reason: str) -> InputError:
    return InputError([("users", reason)])
