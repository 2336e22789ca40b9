"""The parameters of an IAM call, by AWS's own model of its API."""

import re
from functools import cache
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_actions import _load_botocore_model
from ministack.services import iam

Answer = tuple[int, dict[str, str], bytes]
# Calls that mean the caller's own user where they name none.
ABOUT_THE_CALLER = {
    "ChangePassword",
    "CreateAccessKey",
    "DeleteAccessKey",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "ListServiceSpecificCredentials",
    "ListSigningCertificates",
    "ListSSHPublicKeys",
    "UpdateAccessKey",
}


def caller_name(action: str) -> str:
    """The user that a call without a UserName applies to: the caller, for the actions that allow it."""
    arn = iam_evaluator.caller_arn()
    return arn.rsplit("/", 1)[-1] if action in ABOUT_THE_CALLER and ":user/" in arn else ""


def fault(action: str, params: Any) -> Answer | None:
    """The validation error for parameters that are missing, too long or malformed; None if there is none."""
    shapes, operations = _model()
    operation = operations.get(action)
    if operation is None or "input" not in operation:
        return None
    wanted = shapes[operation["input"]["shape"]]
    found = [_missing(name) for name in wanted.get("required", ()) if not _given(params, name)]
    for name, member in wanted["members"].items():
        if value := iam._p(params, name):
            found += _broken(name, value, shapes[member["shape"]])
    if not found:
        return None
    many = "error" if len(found) == 1 else "errors"
    return iam._error(400, "ValidationError", f"{len(found)} validation {many} detected: {'; '.join(found)}")


@cache
def _model() -> tuple[dict[str, Any], dict[str, Any]]:
    model = _load_botocore_model("iam")
    return model["shapes"], model["operations"]


def _given(params: Any, name: str) -> bool:
    return any(key == name or key.startswith(f"{name}.") for key in params)


def _missing(name: str) -> str:
    return f"Value null at '{_lower(name)}' failed to satisfy constraint: Member must not be null"


def _broken(name: str, value: str, shape: dict[str, Any]) -> list[str]:
    rules = []
    if shape["type"] == "string":
        if len(value) > shape.get("max", len(value)):
            rules.append(f"Member must have length less than or equal to {shape['max']}")
        if len(value) < shape.get("min", 0):
            rules.append(f"Member must have length greater than or equal to {shape['min']}")
        if "pattern" in shape and not _pattern(shape["pattern"]).fullmatch(value):
            rules.append(f"Member must satisfy regular expression pattern: {iam._xml_escape(shape['pattern'])}")
        if "enum" in shape and value not in shape["enum"]:
            rules.append(f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]")
    shown = "*" * 8 if shape.get("sensitive") else iam._xml_escape(value[:200])
    return [f"Value '{shown}' at '{_lower(name)}' failed to satisfy constraint: {rule}" for rule in rules]


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """A pattern of the API model, which is a Java regular expression, for Python."""
    for java, ours in ((r"\p{L}", r"\w"), (r"\p{N}", r"\d"), (r"\p{Z}", r"\s")):
        text = text.replace(java, ours)
    return re.compile(text, 0 if "\\s" in text else re.ASCII)


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
