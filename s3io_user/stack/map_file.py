"""Changes values in a JSON or YAML file that holds a map of maps, and leaves everything else in it as it is.

It edits the text at the places that a parser names, so that comments, order and layout stay, and then compares what the
new text says with what it should say.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from s3io_user import secret_files
from s3io_user.errors import S3IOError
from s3io_user.wording import legible, shown

Value = str | int | None
Changes = Mapping[str, Mapping[str, Value]]
"""By the name of an inner map, its keys with their new values, None to remove one."""
_Edit = tuple[int, int, str]
"""Where the old text begins and ends, and the new one."""
_BOM = "\ufeff"


def revise_map_file(path: Path, changes: Changes, into: Path | None = None) -> None:
    """Change the file, or write the changed text into another. Raises S3IOError; the file is then as it was."""
    try:
        if into is not None:
            into.write_bytes(_revised(path.read_bytes(), path, changes))
            return
        with secret_files.revised(path) as draft:
            draft.write_bytes(_revised(draft.read_bytes(), path, changes))
    except OSError as error:
        raise S3IOError(f"{legible(path)} can't be changed ({error.strerror})") from None


def _revised(content: bytes, path: Path, changes: Changes) -> bytes:
    is_json = path.suffix.lower() == ".json"
    try:
        text = content.decode("utf-8")
        bom, text = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
        new = _applied(text, list(_edits(text, changes, is_json)))
        if _read(new, is_json) != _wanted(_read(text, is_json), changes):
            raise ValueError("it would say something else")
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        names = ", ".join(map(shown, changes))
        raise S3IOError(
            f"{legible(path)} can't be changed for {names} alone, as with an alias (*name) or tabs: write "
            f"{_in_words(changes)} there by hand, and run pulumi up"
        ) from None
    return (bom + new).encode()


def _in_words(changes: Changes) -> str:
    every = {f"{key}: {_text(value)}" for keys in changes.values() for key, value in keys.items() if value is not None}
    return ", ".join(sorted(every)) or "the keys"


def _wanted(data: Any, changes: Changes) -> Any:
    wanted = copy.deepcopy(data)
    for name, keys in changes.items():
        wanted[name] = {key: value for key, value in {**wanted[name], **keys}.items() if value is not None}
    return wanted


def _read(text: str, is_json: bool) -> Any:
    import yaml  # type: ignore[import-untyped]  # comes with pulumi

    try:
        return json.loads(text) if is_json else yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError("not YAML") from None


def _applied(text: str, edits: list[_Edit]) -> str:
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def _edits(text: str, changes: Changes, is_json: bool) -> Iterator[_Edit]:
    import yaml

    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        raise ValueError("not YAML") from None
    maps = {key.value: node for key, node in root.value}
    for name, keys in changes.items():
        node = maps[name]
        there = {key.value: at for at, (key, _) in enumerate(node.value)}
        new = {key: value for key, value in keys.items() if value is not None and key not in there}
        if new:
            yield _insertion(
                text, node, [f"{_name(key, is_json)}: {_text(value, is_json)}" for key, value in new.items()]
            )
        for key in there.keys() & keys.keys():
            value, (own_key, own) = keys[key], node.value[there[key]]
            if value is not None:
                yield own.start_mark.index, own.end_mark.index, _text(value, is_json)
            elif node.flow_style:
                yield _cut(node, there[key])
            else:
                end = text.find("\n", own.end_mark.index)
                yield _line(text, own_key), len(text) if end < 0 else end + 1, ""


def _insertion(text: str, node: Any, entries: list[str]) -> _Edit:
    """Before the first key of a map."""
    if not node.value:
        return node.start_mark.index + 1, node.start_mark.index + 1, ", ".join(entries)
    first = node.value[0][0]
    at, line = first.start_mark.index, _line(text, first)
    indent, newline = text[line:at], "\r\n" if "\r\n" in text else "\n"
    if node.flow_style:
        gap = ", " if indent.strip() else f",{newline}{indent}"
        return at, at, "".join(f"{entry}{gap}" for entry in entries)
    return line, line, "".join(f"{indent}{entry}{newline}" for entry in entries)


def _cut(node: Any, at: int) -> _Edit:
    """An entry of a map in braces, with one of the commas beside it."""
    key, value = node.value[at]
    if at + 1 < len(node.value):
        return key.start_mark.index, node.value[at + 1][0].start_mark.index, ""
    begin = node.value[at - 1][1].end_mark.index if at else key.start_mark.index
    return begin, value.end_mark.index, ""


def _line(text: str, node: Any) -> int:
    """Where the node's line begins."""
    return text.rfind("\n", 0, node.start_mark.index) + 1


def _name(key: str, is_json: bool) -> str:
    return json.dumps(key) if is_json else key


def _text(value: Value, is_json: bool = False) -> str:
    plain = isinstance(value, str) and re.fullmatch(r"[a-z]+", value) and not is_json
    return str(value) if plain else json.dumps(value)
