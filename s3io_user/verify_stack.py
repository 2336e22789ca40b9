"""Tries the key of a stack's user on the real service, as its state and outputs describe it."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from s3io_user import project, stack
from s3io_user.credentials import Credentials, from_outputs, user_outputs
from s3io_user.errors import S3IOError
from s3io_user.explain import FULL_ACCESS
from s3io_user.findings import FULL_ACCESS as FULL_ACCESS_ARN
from s3io_user.holdings import Holding, holdings
from s3io_user.names import Bucket, parse_bucket
from s3io_user.verify import Check

if TYPE_CHECKING:
    from s3io_user.aws import Access


def verify_stack(
    name: str | None,
    cwd: str | None,
    user: str | None,
    *,
    places: list[Bucket] | None = None,
    within: float = 60.0,
    access: "Access | None" = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Check]:
    """The checks of a stack's user, on its buckets or on ``places``.

    ``access`` is the operator's where it is known. Raises S3IOError.
    """
    from s3io_user import probes

    outputs = user_outputs(stack.outputs(name, cwd, show_secrets=True), user)
    pair = from_outputs(outputs)
    exported = project.read_export(name, cwd)
    held = next((each for each in holdings(exported) if each.user == pair.user_name), None)
    if held is None:
        raise S3IOError(f"the stack's state does not hold '{pair.user_name}': run pulumi up")
    own = {r["id"] for r in exported["deployment"]["resources"] if r["type"] == "aws:iam/policy:Policy"}
    return probes.verify(
        pair,
        _documents(outputs, held),
        user_arn=outputs.get("userArn"),
        operator=access or project.read_project(name, cwd).access,
        other_rights=_has_other_rights(outputs, held, own),
        places=_places(pair) if places is None else places,
        within=within,
        progress=progress,
    )


def _documents(outputs: Mapping[str, Any], held: Holding) -> list[Mapping[str, Any]]:
    text = outputs.get("policyDocument")
    own = [json.loads(text)] if text else []
    return [*own, *([FULL_ACCESS] if any(arn.endswith(FULL_ACCESS_ARN) for arn in held.attached) else [])]


def _has_other_rights(outputs: Mapping[str, Any], held: Holding, own_policies: set[str]) -> bool:
    """Whether rights come from elsewhere too, so that the documents are not the whole truth."""
    foreign = {arn for arn in held.attached - own_policies if not arn.endswith(FULL_ACCESS_ARN)}
    copied = len(held.inline) > (1 if outputs.get("policyDocument") else 0)
    return bool(held.groups or foreign or copied or not held.owned)


def _places(pair: Credentials) -> list[Bucket]:
    if not pair.buckets:
        raise S3IOError("the key is for every bucket: name the one to try it on by --bucket")
    return [parse_bucket(bucket) for bucket in pair.buckets]
