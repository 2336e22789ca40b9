"""getPolicyDocument: statements and other documents → one document, to the byte as the real function writes it."""

import json
import zlib
from typing import Any

from .aws import Aws, AwsError
from .documents import go_json
from .values import Props

_LISTS = {
    "actions": "Action",
    "notActions": "NotAction",
    "resources": "Resource",
    "notResources": "NotResource",
}
_PRINCIPALS = {"principals": "Principal", "notPrincipals": "NotPrincipal"}
_ORDER = ("Sid", "Effect", *_LISTS.values(), *_PRINCIPALS.values(), "Condition")


def policy_document(aws: Aws, arguments: Props) -> Props:
    """The function's result; ``json`` is indented by two, ``minifiedJson`` has no spaces, ``id`` is its CRC-32."""
    version = arguments.get("version", "2012-10-17")
    statements = [_with_defaults(index, one) for index, one in enumerate(arguments.get("statements", []))]
    _refuse_twins([one["sid"] for one in statements])
    own = {
        "Version": version,
        "Id": arguments.get("policyId", ""),
        "Statement": [_written(one, version) for one in statements],
    }
    document: Props = {}
    sources = [json.loads(text) for text in arguments.get("sourcePolicyDocuments", [])]
    _refuse_twins_of(sources)
    overrides = [json.loads(text) for text in arguments.get("overridePolicyDocuments", [])]
    for part in (*sources, own, *overrides):
        document = _merged(document, part)
    text = go_json(document, indent=2, sort_keys=False)
    return {
        **arguments,
        "id": str(zlib.crc32(text.encode())),
        "json": text,
        "minifiedJson": go_json(document, sort_keys=False),
        "statements": statements or None,
        "version": version,
    }


def _with_defaults(index: int, statement: Props) -> Props:
    effect = statement.get("effect", "Allow")
    if effect not in ("Allow", "Deny"):
        raise AwsError(
            f'[AttributeName("statement").ElementKeyInt({index}).AttributeName("effect")] expected'
            f' statement.{index}.effect to be one of ["Allow" "Deny"], got {effect}'
        )
    lists = {name: sorted(set(statement.get(name, []))) for name in _LISTS}
    objects = {name: statement.get(name, []) for name in (*_PRINCIPALS, "conditions")}
    return {**lists, **objects, "effect": effect, "sid": statement.get("sid", "")}


def _written(statement: Props, version: str) -> Props:
    written = {"Sid": statement["sid"], "Effect": statement["effect"]}
    for name, key in _LISTS.items():
        values = statement[name]
        written[key] = _descending(_filled(values, version) if "resource" in name.lower() else values)
    for name, key in _PRINCIPALS.items():
        written[key] = _principals(statement[name], version)
    written["Condition"] = _conditions(statement["conditions"], version)
    return written


def _descending(values: list[str]) -> Any:
    """One value alone, several from Z to A."""
    return values[0] if len(values) == 1 else sorted(values, reverse=True)


def _filled(values: list[str], version: str) -> list[str]:
    """``&{…}`` stands for ``${…}``, which Terraform would take for its own."""
    for value in values:
        if version == "2008-10-17" and "&{" in value:
            raise AwsError(f"found &{{ sequence in ({value}), which is not supported in document version {version}")
    return [value.replace("&{", "${") for value in values]


def _principals(principals: list[Props], version: str) -> Any:
    merged: dict[str, list[str]] = {}
    for principal in principals:
        merged.setdefault(principal["type"], []).extend(_filled(principal["identifiers"], version))
    if merged == {"*": ["*"]}:
        return "*"
    return {kind: _descending(merged[kind]) for kind in sorted(merged)}


def _conditions(conditions: list[Props], version: str) -> Props:
    merged: dict[str, dict[str, list[str]]] = {}
    for one in conditions:
        merged.setdefault(one["test"], {}).setdefault(one["variable"], []).extend(_filled(one["values"], version))
    return {
        test: {key: values[0] if len(values) == 1 else values for key, values in sorted(merged[test].items())}
        for test in sorted(merged)
    }


def _merged(document: Props, part: Props) -> Props:
    """``part`` over ``document``: its id, the later version, and its statements in place of those with their Sid."""
    listed = part.get("Statement", [])
    statements = list(document.get("Statement", []))
    for statement in listed if isinstance(listed, list) else [listed]:
        ordered = {key: statement[key] for key in _ORDER if statement.get(key)}
        twin = next((i for i, one in enumerate(statements) if ordered.get("Sid", "") == one.get("Sid")), None)
        if twin is None:
            statements.append(ordered)
        else:
            statements[twin] = ordered
    whole = {
        "Version": max(document.get("Version", ""), part.get("Version", "")),
        "Id": part.get("Id") or document.get("Id"),
        "Statement": statements,
    }
    return {key: value for key, value in whole.items() if value}


def _refuse_twins(sids: list[str]) -> None:
    for sid in sids:
        if sid and sids.count(sid) > 1:
            raise AwsError(
                f"writing IAM Policy Document: duplicate Sid ({sid}). Remove the Sid or ensure the Sid is unique."
            )


def _refuse_twins_of(sources: list[Props]) -> None:
    seen: set[str] = set()
    for which, source in enumerate(sources):
        listed = source.get("Statement", [])
        for index, statement in enumerate(listed if isinstance(listed, list) else [listed]):
            sid = statement.get("Sid", "")
            if sid in seen:
                raise AwsError(
                    f"writing IAM Policy Document: merging source document {which}: duplicate Sid ({sid}) in"
                    f" source_policy_documents (statement {index}). Remove the Sid or ensure Sids are unique."
                )
            seen |= {sid} - {""}
