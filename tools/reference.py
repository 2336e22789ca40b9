"""Writes docs/inputs-and-outputs.md from the plugin's schema. With --check it only says if the page is stale."""

import json
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from plugin.__main__ import Plugin
from s3io_user.component.user import OUTPUTS
from s3io_user.inputs.fields import FIELDS, Field
from s3io_user.wording import camel_case

PAGE = Path(__file__).resolve().parent.parent / "docs" / "inputs-and-outputs.md"

INTRO = """# Inputs and outputs

The inputs and outputs of `S3IOUser`. Stack config and most languages use the first name, and Python the second. Go and
C# begin the first name with a capital letter. `python -m tools.reference` writes this page from the plugin's schema.

Every input is optional. The table says which inputs can be an `Output` of another resource. The others decide which
resources are created, so they must be known when the program runs. An *optional* output is missing when there is
nothing to return: no access key, no store, no policy document. Pulumi encrypts a **secret** output in its state and
shows it as `[secret]`.

In Python, write a choice as text or as a member: `"optimizer"` or `Access.OPTIMIZER`. To pass an optional output to a
resource that requires a value, take it from `required`: `site.required.secret_access_key` is an `Output[str]`. If the
output is missing, the preview fails and says which input makes it."""
# The first input of each section of the page, in the order of FIELDS.
SECTIONS = {
    "user_name": "The user",
    "access": "Permissions",
    "policy": "Policies",
    "create_access_key": "Access key",
    "secrets_manager": "Where to store the credentials",
}
WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "map"}


def page() -> str:
    """The page, from the schema as the plugin serves it."""
    schema = json.loads(Plugin().schema or "")
    (component,) = schema["resources"].values()
    types = {token.rpartition(":")[2]: held for token, held in schema["types"].items()}
    return "\n".join([INTRO, *_inputs(component), *_types(types), *_outputs(component), ""])


def _inputs(component: dict[str, Any]) -> Iterator[str]:
    for name, field in FIELDS.items():
        if name in SECTIONS:
            yield from _head(
                f"## {SECTIONS[name]}", "input", "in Python", "type", "can be an `Output`", "default", "description"
            )
        held = component["inputProperties"][camel_case(name)]
        yield _row(*_names(name), _type(held), _late(held), _default(field.default), held["description"])


def _types(types: dict[str, Any]) -> Iterator[str]:
    """The inputs that have parts, and the choices, where the inputs' types link to."""
    fields = [field for field in FIELDS.values() if field.parts or _choices(field)]
    for field, (kind, held) in zip(fields, types.items(), strict=True):
        title = f"## {kind}\n\n{held['description']}"
        if field.parts:
            yield from _head(title, "part", "in Python", "type", "can be an `Output`", "description")
            for name in field.parts:
                part = held["properties"][camel_case(name)]
                needed = ", required" if camel_case(name) in held["required"] else ""
                yield _row(*_names(name), _type(part) + needed, _late(part), part["description"])
        else:
            yield from _head(title, "value", "in Python", "elsewhere", "description")
            for choice in held["enum"]:
                ours = _choices(field)(choice["value"])  # type: ignore[misc]
                names = f"`{choice['value']}`", f"`{kind}.{ours.name}`", f"`{kind}.{choice['name']}`"
                yield _row(*names, choice.get("description", ""))


def _choices(field: Field) -> type[Enum] | None:
    return field.kind if issubclass(field.kind, Enum) else field.choices


_OPTIONAL = "The stack outputs have an *optional* one only if your inputs create it."


def _outputs(component: dict[str, Any]) -> Iterator[str]:
    yield from _head(f"## Outputs\n\n{_OPTIONAL}", "output", "in Python", "type", "description")
    for name in OUTPUTS:
        held = component["properties"][camel_case(name)]
        kind = _type(held) + ("" if camel_case(name) in component["required"] else ", *optional*")
        yield _row(*_names(name), kind + (", **secret**" if held.get("secret") else ""), held["description"])


def _names(name: str) -> tuple[str, str]:
    return f"`{camel_case(name)}`", f"`{name}`"


def _type(held: dict[str, Any]) -> str:
    if "$ref" in held:
        if held["$ref"] == "pulumi.json#/Any":
            return "text or map"
        kind = held["$ref"].rpartition(":")[2]
        return f"[{kind}](#{kind.lower()})"
    return f"list of {_type(held['items'])}" if held["type"] == "array" else WORDS[held["type"]]


def _late(held: dict[str, Any]) -> str:
    if not held.get("plain"):
        return "yes"
    return "each item" if "items" in held and not held["items"].get("plain") else ""


def _default(value: Any) -> str:
    shown = value.value if isinstance(value, Enum) else value if isinstance(value, str) else json.dumps(value)
    return "" if value is None else f"`{shown}`"


def _head(title: str, *columns: str) -> Iterable[str]:
    return f"\n{title}\n", _row(*columns), _row(*("---" for _ in columns))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main(check: bool) -> None:
    """Write the page; with --check, return 1 if it is stale."""
    if not check:
        PAGE.write_text(page())
    elif PAGE.read_text() != page():
        sys.exit(f"docs/{PAGE.name} is stale: run 'python -m tools.reference'")


if __name__ == "__main__":
    main("--check" in sys.argv[1:])
