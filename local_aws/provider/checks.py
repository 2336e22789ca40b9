"""What Check refuses, in the real provider's words; what it lets through reaches AWS."""

import re
from collections.abc import Callable
from typing import Any

from .documents import document_fault

Check = Callable[[str, Any], list[str]]  # (argument's name, its value) → reasons


def argument(prop: str) -> str:
    """The argument's name in the real provider's sentences, which are Terraform's: ``policyArn`` → ``policy_arn``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", prop).lower()


def pattern(regex: str, hint: str) -> Check:
    """The value must match ``regex`` (ASCII) from end to end."""

    def check(name: str, value: Any) -> list[str]:
        matches = re.fullmatch(regex, str(value), re.ASCII)
        return [] if matches else [f"invalid value for {name} ({hint})"]

    return check


def one_of(*allowed: str) -> Check:
    """The value must be one of ``allowed``, to the letter."""
    listed = " ".join(f'"{value}"' for value in allowed)

    def check(name: str, value: Any) -> list[str]:
        return [] if value in allowed else [f"expected {name} to be one of [{listed}], got {value}"]

    return check


def length(low: int, high: int) -> Check:
    """The value must have ``low`` to ``high`` characters."""

    def check(name: str, value: Any) -> list[str]:
        fits = low <= len(str(value)) <= high
        return [] if fits else [f"expected length of {name} to be in the range ({low} - {high}), got {value}"]

    return check


def both(*checks: Check) -> Check:
    """Every one of ``checks``."""
    return lambda name, value: [reason for check in checks for reason in check(name, value)]


def policy_json(name: str, value: Any) -> list[str]:
    """The value must be a JSON object without duplicate keys."""
    fault = document_fault(name, str(value))
    return [fault] if fault else []


def arn(name: str, value: Any) -> list[str]:
    """The value must be an ARN or empty."""
    if not value:
        return []
    if not str(value).startswith("arn:"):
        return [f'"{name}" ({value}) is an invalid ARN: arn: invalid prefix']
    if str(value).count(":") < 5:
        return [f'"{name}" ({value}) is an invalid ARN: arn: not enough sections']
    return []


def slashes(name: str, value: Any) -> list[str]:
    """A path begins and ends with a slash."""
    if str(value)[:1] == str(value)[-1:] == "/":
        return []
    return [f'Invalid value. Attribute "{name}" must begin and end with a slash (/), got "{value}"']


def secret_name(name: str, value: Any) -> list[str]:
    """Secrets Manager's characters, up to 512."""
    if not re.fullmatch(r"[\w/+=.@-]*", str(value), re.ASCII):
        return [f'only alphanumeric characters and /_+=.@- special characters are allowed in "{name}"']
    return [f'"{name}" cannot be greater than 512 characters'] if len(str(value)) > 512 else []


def recovery_window(name: str, value: Any) -> list[str]:
    """0, or 7 to 30 days; the real provider names both."""
    if value == 0 or 7 <= value <= 30:
        return []
    return [
        f"expected {name} to be in the range (7 - 30), got {value}",
        f"expected {name} to be one of [0], got {value}",
    ]


def missing(prop: str) -> str:
    """A required argument was not given."""
    return f'Missing required argument. The argument "{argument(prop)}" is required, but no definition was found.'
