"""Reads the stack's `aws:` config, for boto3."""

import re
from typing import TYPE_CHECKING, Any

import pulumi

from s3io_user.aws.chosen import chosen
from s3io_user.inputs.late import ComponentInputError
from s3io_user.wording import legible

if TYPE_CHECKING:
    from s3io_user.aws.connection import Connection


def stack_access() -> "Connection":
    """How boto3 reaches AWS: by the command line, then the stack's ``aws:`` config, then the environment."""
    from s3io_user.aws import connection

    config, command_line = pulumi.Config("aws"), chosen()
    keys = {} if command_line.profile else {"access_key": "accessKey", "secret_key": "secretKey", "token": "token"}
    return connection.Connection(
        region=command_line.region or config.get("region"),
        profile=command_line.profile or config.get("profile"),
        **{name: config.get(key) for name, key in keys.items()},
        assume_roles=tuple(_roles(config)),
        endpoints={service: url for entry in _maps(config, "endpoints") for service, url in entry.items() if url},
    )


def _roles(config: pulumi.Config) -> list[Any]:
    """The roles to assume, in order."""
    roles = _maps(config, "assumeRoles") or _maps(config, "assumeRole")
    if roles and not all(role.get("roleArn") for role in roles):
        raise ComponentInputError([("aws:assumeRoles", "must each have a roleArn")])
    return roles


def _maps(config: pulumi.Config, key: str) -> list[Any]:
    """The value of a key: one map of strings, or a list of them. No error quotes it."""
    try:
        held = config.get_object(key) or []
    except (pulumi.ConfigTypeError, ValueError, RecursionError):
        held = None
    maps = [held] if isinstance(held, dict) else held
    if not isinstance(maps, list) or not all(isinstance(one, dict) for one in maps):
        raise ComponentInputError([(f"aws:{key}", "must be a list of maps, as the AWS provider takes it")])
    for name, value in ((name, value) for one in maps for name, value in one.items() if value is not None):
        is_url = key == "endpoints"
        if (is_url or name in _OF_A_ROLE) and not isinstance(value, str):
            raise ComponentInputError([(f"aws:{key}", f"{legible(name)} must be a string")])
        if is_url and value and not re.match(r"https?://[^/\s]+", value):
            raise ComponentInputError([(f"aws:{key}", f"{legible(name)} must be a URL that begins with http")])
    return maps


_OF_A_ROLE = ("roleArn", "sessionName", "externalId")
