"""What Check does with a resource's inputs: an automatic name, policies as text, and the faults it finds."""

import hashlib
import os

from . import checks
from .aws import STAND_IN, AwsError
from .documents import go_json
from .row import BOOLEANS, Row
from .values import DEFAULTS, UNKNOWN, Props, is_known

_LONGEST_NAME = 255


def checked(row: Row, inputs: Props, old: Props, resource: str, seed: bytes) -> Props:
    """The inputs as the engine keeps them, with defaults and a list of these; a default from before stays.

    Of inputs without a list, as the provider did not keep them earlier, any value may have been a default.
    """
    made_before = {name: old[name] for name in old.get(DEFAULTS, old) if name in old}
    missing = {name: value for name, value in row.defaults.items() if name not in inputs}
    name = row.auto_name
    if name and name not in inputs:
        missing[name] = made_before.get(name) or _own_name(resource, seed, lower=name == "bucket")
    inputs = {**inputs, **{name: made_before.get(name, value) for name, value in missing.items()}}
    inputs[DEFAULTS] = sorted(missing)
    for document in row.documents:
        if isinstance(inputs.get(document), dict):
            value = inputs[document]
            inputs = {**inputs, document: go_json(value) if is_known(value) else UNKNOWN}
    return inputs


def _own_name(resource: str, seed: bytes, *, lower: bool) -> str:
    prefix = f"{resource.lower() if lower else resource}-"
    if len(prefix) + 7 > _LONGEST_NAME:
        raise AwsError(f"name '{prefix}' plus 7 random chars is longer than maximum length {_LONGEST_NAME}")
    return prefix + hashlib.sha512((seed or os.urandom(32)) + prefix.encode()).hexdigest()[:7]


def faults(token: str, row: Row, inputs: Props, resource: str) -> list[str]:
    """Every reason to refuse the inputs, each with where to look. Raises AwsError for what is not a boolean."""
    for prop in sorted(BOOLEANS & set(row.inputs) & set(inputs)):
        if is_known(inputs[prop]) and not isinstance(inputs[prop], bool):
            raise AwsError(
                "cannot encode resource inputs to call ValidateResourceConfig: objectEncoder failed on property"
                f' "{checks.argument(prop)}": Expected a Boolean'
            )
    found = [(prop, checks.missing(prop)) for prop in row.required if prop not in inputs]
    found += [(prop, f"{STAND_IN} does not know the input {prop} of {token}") for prop in row.refused if prop in inputs]
    for prop, check in row.checks.items():
        if prop in inputs and is_known(inputs[prop]):
            found += [(prop, reason) for reason in check(checks.argument(prop), inputs[prop])]
    return [f"{reason}. Examine values at '{resource}.{prop}'." for prop, reason in found]
