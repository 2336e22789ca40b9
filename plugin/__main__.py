"""The component for every other Pulumi language: `pulumi package add FOLDER`."""

import json
import os
import re
import sys
from typing import Any

from pulumi import Inputs
from pulumi.provider import server
from pulumi.provider.experimental.analyzer import ComponentDefinition
from pulumi.provider.experimental.component import ComponentProvider

from s3io_user import InputError, S3IOUser, __version__
from s3io_user.component.run import save_time
from s3io_user.component.user import OUTPUTS
from s3io_user.inputs import late
from s3io_user.inputs.fields import FIELDS
from s3io_user.tokens import COMPONENT
from s3io_user.wording import camel_case

PACKAGE = "s3io-user"
SECRETS = ("secretAccessKey", "credentials")
METADATA = {
    "displayName": "S3IO User",
    "description": "An IAM user of its own for an application outside AWS, with a key that works on its S3 buckets "
    "and on nothing else.",
    "keywords": ["pulumi", "aws", "iam", "s3", "access-key", "least-privilege", "category/cloud", "kind/component"],
    "license": "Apache-2.0",
    "publisher": "The s3io-user maintainers",
}
# The schema has no defaults: a generated SDK would send them, and some inputs exclude each other. It names no
# dependency on aws either: the inputs use none of its types, and a generated SDK would have to install it.


class Plugin(ComponentProvider):
    """The SDK's provider of components, with a complete schema."""

    def __init__(self) -> None:
        super().__init__([S3IOUser], PACKAGE, version=__version__)
        self.schema = json.dumps(complete(json.loads(self.schema or "")))

    def map_inputs(self, inputs: Inputs, component_def: ComponentDefinition) -> Inputs:
        """Rename every input to Python's name, unknown ones too: the component's checks explain more than the SDK's."""
        return dict(_named(name, value) for name, value in inputs.items())


class Servicer(server.ProviderServicer):
    """The SDK's server, except that an invalid input reaches the user as a sentence about it, without a traceback."""

    async def Construct(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Create the component, or report every invalid property and why, also when a value is known only later."""
        try:
            return await super().Construct(request, context)
        except Exception as error:
            invalid = _input_error(error)
            if invalid is None:
                raise
            details: Any = [{"property_path": spelled(name), "reason": spelled(why)} for name, why in invalid.faults]
            summary = f"{len(details)} of the inputs {'is' if len(details) == 1 else 'are'} invalid"
            await context.abort_with_status(self.create_grpc_invalid_properties_status(summary, details))


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Add to the SDK's analysis what it can't know: which values are secret or required, and other languages' names."""
    text = re.sub(rf'({PACKAGE}:index:\w+?)Args"', r'\1"', json.dumps(_tidy(schema)))
    whole: dict[str, Any] = {**json.loads(text), **METADATA, **_origin()}
    component = whole["resources"][COMPONENT]
    for name in SECRETS:
        component["properties"][name]["secret"] = True
    for name, field in FIELDS.items():
        if field.parts:
            nested = component["inputProperties"][camel_case(name)]["$ref"].removeprefix("#/types/")
            whole["types"][nested]["required"] = [camel_case(next(iter(field.parts)))]
    for choice in (choice for kind in whole["types"].values() for choice in kind.get("enum", ())):
        choice["name"] = "".join(word.capitalize() for word in choice["name"].split("_"))
    return whole


def _origin() -> dict[str, str]:
    """Where the package is from, if its publisher sets the variable: nothing else knows the repository's address."""
    repository = os.environ.get("S3IO_USER_REPOSITORY", "").rstrip("/")
    if not repository:
        return {}
    logo = f"{repository}/raw/v{__version__}/docs/pictures/logo.svg"
    return {"homepage": repository, "repository": repository, "logoUrl": logo}


def spelled(text: str) -> str:
    """Spell the inputs and outputs in a text as other languages do."""
    return re.sub(r"\b[a-z]+(_[a-z]+)+\b", lambda word: _CAMEL.get(word[0], word[0]), text)


_PARTS = [part for field in FIELDS.values() for part in field.parts or ()]
_CAMEL = {name: camel_case(name) for name in (*FIELDS, *OUTPUTS, *_PARTS)}
_PYTHON = {camel: name for name, camel in _CAMEL.items()}


def _tidy(value: Any) -> Any:
    """Spell descriptions as other languages do, keep one of each, and drop what is null or empty."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    filled = {key: item for key, item in value.items() if item not in (None, [])}
    tidy: dict[str, Any] = {key: spelled(item) if key == "description" else _tidy(item) for key, item in filled.items()}
    for key in ("items", "additionalProperties"):
        if key in tidy:
            tidy[key].pop("description")
    return tidy


def _named(camel: str, value: Any) -> tuple[str, Any]:
    """An input, or a part of one, with its name in Python."""
    name = _PYTHON.get(camel, camel)
    return name, _value(name, value)


def _value(name: str, value: Any) -> Any:
    """An input's value: the parts of a nested one renamed too, and a whole number as an integer."""
    if isinstance(value, dict) and name in FIELDS and FIELDS[name].parts:
        return dict(_named(part, item) for part, item in value.items())
    # Every number arrives as a float.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _input_error(error: BaseException | None) -> InputError | None:
    while error is not None and not isinstance(error, InputError):
        error = error.__cause__ or error.__context__
    return error


if __name__ == "__main__":
    late.faults_end_the_program = False
    save_time()
    server.ProviderServicer = Servicer  # type: ignore[misc]
    server.main(Plugin(), sys.argv[1:])
