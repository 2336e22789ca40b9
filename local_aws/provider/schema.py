"""The schema of what the stand-in serves: `pulumi import` and YAML programs ask for one. The real one has far more."""

import json
from typing import Any

from .row import BOOLEANS, Row
from .table import RESOURCES

_OF_BUCKETS = ("rule", "rules", "versioningConfiguration")
_STRING = {"type": "string"}
_KINDS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"type": "boolean"}, (*BOOLEANS, "hasSecretStringWo", "hasValueWo")),
    ({"type": "integer"}, ("attachmentCount", "recoveryWindowInDays", "version")),
    ({"type": "array", "items": _STRING}, ("groups", "policyArns", "policyNames", "versionStages")),
    ({"type": "object", "additionalProperties": _STRING}, ("tags", "tagsAll")),
    ({"$ref": "pulumi.json#/Any"}, ("corsRules", "grants", "lifecycleRules", "replicas", "versioning", *_OF_BUCKETS)),
]
_SPECIAL = {name: kind for kind, names in _KINDS for name in names}
_SETTINGS = ("accessKey", "profile", "region", "secretKey", "token")


def schema(version: str) -> str:
    """The package schema as JSON text."""
    return json.dumps(
        {
            "name": "aws",
            "version": version,
            "meta": {"moduleFormat": "(.*)(?:/[^/]*)"},  # aws:iam:User is short for aws:iam/user:User
            "provider": {"inputProperties": _types(_SETTINGS, secrets=("secretKey", "token"))},
            "resources": {token: _resource(row) for token, row in RESOURCES.items()},
        }
    )


def _resource(row: Row) -> dict[str, Any]:
    outputs = (*row.inputs, *row.outputs, *(("tagsAll",) if row.tag else ()))
    return {
        "inputProperties": _types(row.inputs, row.secrets),
        "requiredInputs": sorted(row.required),
        "properties": _types(outputs, row.secrets),
    }


def _types(names: tuple[str, ...], secrets: tuple[str, ...]) -> dict[str, Any]:
    return {name: {**_SPECIAL.get(name, _STRING), "secret": name in secrets} for name in names}
