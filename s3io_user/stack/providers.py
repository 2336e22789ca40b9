"""The AWS provider that made a user, as the stack's state has it. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from s3io_user.errors import S3IOError
from s3io_user.stack.exported import resources_in
from s3io_user.stack.state import arns_in_outputs
from s3io_user.tokens import COMPONENT, MARK_OF_A_SECRET, USER
from s3io_user.wording import shown

_DEFAULT = re.compile(r"default(_\d.*)?")
"""How the engine names the providers that it makes by itself, from the stack's ``aws:`` config."""
_OF_A_USER = re.compile(r"arn:[a-z-]+:iam::\d{12}:user/.+")


@dataclass(frozen=True)
class Provider:
    """A provider of the program's. ``settings`` are its inputs; of a secret that is still encrypted, None.

    ``encrypted`` names those.
    """

    name: str
    settings: Mapping[str, Any] = field(repr=False)
    encrypted: frozenset[str] = frozenset()


def provider_of(exported: Mapping[str, Any], arn: str) -> Provider | None:
    """The provider that made, or reads, the user of an ARN. None if that is the stack's own, or can't be told."""
    resources = resources_in(exported)
    reference = next((r["provider"] for r in resources if _arn(r) == arn and r.get("provider")), None)
    if reference is None:
        arns = arns_in_outputs(resources)
        told = [(r["urn"], r.get("outputs") or {}) for r in resources if r.get("type") == COMPONENT]
        components = {urn for urn, own in told if (own.get("userArn") or arns.get(str(own.get("userName")))) == arn}
        of_aws = [r for r in resources if r.get("parent") in components and str(r.get("type")).startswith("aws:")]
        reference = next((r["provider"] for r in of_aws if r.get("provider")), "")
    urn, _, id_ = str(reference).rpartition("::")
    name = urn.rpartition("::")[2]
    if not urn or _DEFAULT.fullmatch(name):
        return None
    found = sorted((r for r in resources if r.get("urn") == urn), key=lambda r: r.get("id") != id_)
    inputs = (found[0].get("inputs") or {}) if found else {}
    encrypted = frozenset(key for key, value in inputs.items() if _is_secret(value) and "plaintext" not in value)
    return Provider(name, {key: _plain(value) for key, value in inputs.items()}, encrypted)


def arn_of(exported: Mapping[str, Any], outputs: Mapping[str, Any]) -> str | None:
    """The ARN of the user of ``outputs``: theirs, else the state's, None if it has none.

    Raises S3IOError if the state has several users of that name.
    """
    if isinstance(arn := outputs.get("userArn"), str) and _OF_A_USER.fullmatch(arn):
        return arn
    resources = resources_in(exported)
    named = [r for r in resources if (r.get("outputs") or {}).get(_NAME.get(str(r.get("type")))) == outputs["userName"]]
    found = {arn for r in named if _OF_A_USER.fullmatch(arn := str(r["outputs"].get(_ARN[r["type"]])))}
    if len(found) > 1:
        raise S3IOError(
            f"the stack has several users named {shown(outputs['userName'])}, in different accounts: export userArn "
            "beside userName, so that s3io-user knows which one is meant"
        )
    return found.pop() if found else None


_NAME = {USER: "name", COMPONENT: "userName"}
_ARN = {USER: "arn", COMPONENT: "userArn"}


def _arn(resource: Mapping[str, Any]) -> Any:
    return (resource.get("outputs") or {}).get("arn") if resource.get("type") == USER else None


def _is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and MARK_OF_A_SECRET in value


def _plain(value: Any) -> Any:
    if not _is_secret(value):
        return value
    return json.loads(value["plaintext"]) if "plaintext" in value else None
