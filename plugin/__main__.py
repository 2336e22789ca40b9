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
# Nothing is said of defaults (a generated SDK would send them, and some inputs exclude each other), nor of a
# dependency on aws (no type of it is used, and a generated SDK would have to install it).


class Plugin(ComponentProvider):
    """The SDK's own provider of components, with a whole schema."""

    def __init__(self) -> None:
        super().__init__([S3IOUser], PACKAGE, version=__version__)
        self.schema = json.dumps(complete(json.loads(self.schema or "")))

    def map_inputs(self, inputs: Inputs, component_def: ComponentDefinition) -> Inputs:
        """The inputs under Python's names, all of them: the component's own checks say more than the SDK's."""
        return dict(_named(name, value) for name, value in inputs.items())


class Servicer(server.ProviderServicer):
    """The SDK's own server, whose consumers get our errors as sentences about their properties, without a traceback."""

    async def Construct(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make the component, or say which properties do not hold and why: those too that are known late."""
        try:
            return await super().Construct(request, context)
        except Exception as error:
            fault = _input_error(error)
            if fault is None:
                raise
            details: Any = [{"property_path": spelled(name), "reason": spelled(why)} for name, why in fault.faults]
            said = f"{len(details)} of the inputs {'does' if len(details) == 1 else 'do'} not hold"
            await context.abort_with_status(self.create_grpc_invalid_properties_status(said, details))


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """The SDK's analysis with what it can't know: what is secret and required, and names as other languages use."""
    text = re.sub(rf'({PACKAGE}:index:\w+?)Args"', r'\1"', json.dumps(_tidy(schema)))
    whole: dict[str, Any] = {**json.loads(text), **METADATA, **_origin()}
    component = whole["resources"][COMPONENT]
    for name in SECRETS:
        component["properties"][name]["secret"] = True
    for name, field in FIELDS.items():
        if field.parts:
            nested = component["inputProperties"][camel_case(name)]["$ref"].removeprefix("#/types/")
            whole["types"][nested]["required"] = [camel_case(next(iter(field.parts)))]
    for choice in (choice for held in whole["types"].values() for choice in held.get("enum", ())):
        choice["name"] = "".join(word.capitalize() for word in choice["name"].split("_"))
    return whole


def _origin() -> dict[str, str]:
    """Where the package is from, if whoever publishes it says so: nothing else knows the repository's address."""
    repository = os.environ.get("S3IO_USER_REPOSITORY", "").rstrip("/")
    if not repository:
        return {}
    logo = f"{repository}/raw/v{__version__}/docs/pictures/logo.svg"
    return {"homepage": repository, "repository": repository, "logoUrl": logo}


def spelled(text: str) -> str:
    """A text with inputs and outputs as other languages spell them."""
    return re.sub(r"\b[a-z]+(_[a-z]+)+\b", lambda word: _CAMEL.get(word[0], word[0]), text)


_PARTS = [part for field in FIELDS.values() for part in field.parts or ()]
_CAMEL = {name: camel_case(name) for name in (*FIELDS, *OUTPUTS, *_PARTS)}
_PYTHON = {camel: name for name, camel in _CAMEL.items()}


def _tidy(value: Any) -> Any:
    """Descriptions in the other languages' spelling, once each, and nothing that is null or empty."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    said = {key: held for key, held in value.items() if held not in (None, [])}
    kept: dict[str, Any] = {key: spelled(held) if key == "description" else _tidy(held) for key, held in said.items()}
    for key in ("items", "additionalProperties"):
        if key in kept:
            kept[key].pop("description")
    return kept


def _named(camel: str, value: Any) -> tuple[str, Any]:
    """An input, or a part of one, under its name in Python."""
    name = _PYTHON.get(camel, camel)
    return name, _value(name, value)


def _value(name: str, value: Any) -> Any:
    """An input's value: a nested one with its parts under Python's names, a whole number as one."""
    if isinstance(value, dict) and name in FIELDS and FIELDS[name].parts:
        return dict(_named(part, held) for part, held in value.items())
    # Every number comes over the wire as a float.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _input_error(error: BaseException | None) -> InputError | None:
    while error is not None and not isinstance(error, InputError):
        error = error.__cause__ or error.__context__
    return error


if __name__ == "__main__":
    late.faults_end_the_program = False
    server.ProviderServicer = Servicer  # type: ignore[misc]
    server.main(Plugin(), sys.argv[1:])
