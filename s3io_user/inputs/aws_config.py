"""Reads the stack's `aws:` config, or the settings of a provider of the program's, for boto3."""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi

from s3io_user.aws.chosen import chosen
from s3io_user.inputs.late import ComponentInputError
from s3io_user.wording import legible

if TYPE_CHECKING:
    from s3io_user.aws.connection import Connection


_READ = ("region", "profile", "accessKey", "secretKey", "token", "assumeRole", "assumeRoles", "endpoints")
AS_WHOM = frozenset(_READ) - {"region"}
"""The settings that say with whose credentials, and where, AWS is asked."""
_NOT_READ = {
    "assumeRoleWithWebIdentity",
    "customCaBundle",
    "ec2MetadataServiceEndpoint",
    "httpProxy",
    "httpsProxy",
    "insecure",
    "sharedConfigFiles",
    "sharedCredentialsFiles",
}
"""Settings of a provider that say whose credentials are used, or by which way, and that boto3 is not given here."""


def stack_access() -> "Connection":
    """How boto3 reaches AWS: by the command line, then the stack's ``aws:`` config, then the environment."""
    config = pulumi.Config("aws")
    return _access({key: config.get(key) for key in _READ}, "aws:")


def provider_access(name: str, settings: Mapping[str, Any]) -> "Connection":
    """The same for a provider of the program's, by its inputs (objects may be JSON). Raises ComponentInputError."""
    of_it = f"the provider '{name}': "
    if not chosen().profile and (
        unread := sorted(key for key in _NOT_READ & settings.keys() if settings[key] not in (None, "", "false", False))
    ):
        raise ComponentInputError(
            [(f"{of_it}{unread[0]}", "s3io-user can't use this setting when it asks AWS: use profile or assumeRoles")]
        )
    return _access(settings, of_it)


def _access(settings: Mapping[str, Any], prefix: str) -> "Connection":
    from s3io_user.aws import connection

    command_line = chosen()
    keys = {} if command_line.profile else {"access_key": "accessKey", "secret_key": "secretKey", "token": "token"}
    return connection.Connection(
        region=command_line.region or settings.get("region") or None,
        profile=command_line.profile or settings.get("profile") or None,
        **{name: settings.get(key) or None for name, key in keys.items()},
        assume_roles=tuple(_roles(settings, prefix)),
        endpoints={s: url for entry in _maps(settings, "endpoints", prefix) for s, url in entry.items() if url},
    )


def _roles(settings: Mapping[str, Any], prefix: str) -> list[Any]:
    """The roles to assume, in order."""
    roles = _maps(settings, "assumeRoles", prefix) or _maps(settings, "assumeRole", prefix)
    if roles and not all(role.get("roleArn") for role in roles):
        raise ComponentInputError([(f"{prefix}assumeRoles", "must each have a roleArn")])
    return roles


def _maps(settings: Mapping[str, Any], key: str, prefix: str) -> list[Any]:
    """The value of a key: one map of strings, or a list of them. No error quotes it."""
    given = settings.get(key) or []
    try:
        given = json.loads(given) or [] if isinstance(given, str) else given
    except (ValueError, RecursionError):
        given = None
    maps = [given] if isinstance(given, dict) else given
    if not isinstance(maps, list) or not all(isinstance(one, dict) for one in maps):
        raise ComponentInputError([(f"{prefix}{key}", "must be a list of maps, as the AWS provider takes it")])
    for name, value in ((name, value) for one in maps for name, value in one.items() if value is not None):
        is_url = key == "endpoints"
        if (is_url or name in _OF_A_ROLE) and not isinstance(value, str):
            raise ComponentInputError([(f"{prefix}{key}", f"{legible(name)} must be a string")])
        if is_url and value and not re.match(r"https?://[^/\s]+", value):
            raise ComponentInputError([(f"{prefix}{key}", f"{legible(name)} must be a URL that begins with http")])
    return maps


_OF_A_ROLE = ("roleArn", "sessionName", "externalId", "policy", "sourceIdentity")
