"""Tries the key of a stack's user on AWS, as the stack's outputs and state describe it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from s3io_user.errors import S3IOError
from s3io_user.explain import FULL_ACCESS
from s3io_user.handover.credentials import Credentials, from_outputs, user_outputs
from s3io_user.iam.arns import is_full_access
from s3io_user.iam.buckets import Bucket, parse_bucket
from s3io_user.iam.user_policies import UserPolicies
from s3io_user.inputs import accounts, project
from s3io_user.stack import pulumi_cli
from s3io_user.stack.declared import Declared, declared
from s3io_user.stack.state import user_states
from s3io_user.verify.expected import Check, Rights

if TYPE_CHECKING:
    from s3io_user.aws.connection import Connection


@dataclass(frozen=True)
class StackRead:
    """A stack, read once for all of its users: its outputs with the secrets, its state and its config."""

    outputs: Mapping[str, Any] = field(repr=False)
    exported: dict[str, Any] = field(repr=False)
    setting: "project.Project"


def read_stack(name: str | None, cwd: str | None, setting: "project.Project | None" = None) -> StackRead:
    """Read a stack. ``setting`` is its config, if it was already read. Raises S3IOError."""
    outputs = pulumi_cli.outputs(name, cwd, show_secrets=True)
    return StackRead(outputs, project.read_export(name, cwd), setting or project.read_project(name, cwd))


def verify_stack(
    name: str | None,
    cwd: str | None,
    user: str | None,
    *,
    places: list[Bucket] | None = None,
    within: float = 60.0,
    setting: "project.Project | None" = None,
    progress: Callable[[str], None] = lambda _: None,
    read: StackRead | None = None,
) -> list[Check]:
    """Check the key of a stack's user on its buckets, or on ``places``.

    ``within`` is for all retries together, in seconds. ``setting`` is the stack's config, and ``read`` the whole stack,
    if it was already read. Raises S3IOError.
    """
    from s3io_user.verify import probes

    until = time.monotonic() + within
    read = read or read_stack(name, cwd, setting)
    outputs = user_outputs(read.outputs, user)
    pair = from_outputs(outputs)
    setting, exported = accounts.at_the_user(read.setting, read.exported, outputs, name, cwd)
    state_user = next((each for each in user_states(exported) if each.user == pair.user_name), None)
    if state_user is None:
        raise S3IOError(f"the stack's state does not hold '{pair.user_name}': run pulumi up")
    places = _places(pair) if places is None else places
    gives = declared(exported, state_user, outputs, setting.users.get(state_user.component or ""))
    rights = _rights(_policies(setting.access, gives, until, progress), gives)
    return probes.verify(
        pair,
        rights,
        user_arn=outputs.get("userArn"),
        operator=setting.access,
        places=places,
        within=max(0.0, until - time.monotonic()),
        progress=progress,
    )


def _rights(in_aws: UserPolicies, gives: Declared) -> Rights:
    """The permissions that the stack gives the user. For an adopted user, all that it has."""
    from s3io_user.verify.beyond import beyond  # only here: the catalogue is a quarter of a second

    full = [FULL_ACCESS] if any(map(is_full_access, gives.state.attached)) else []
    given = [p for p in in_aws.policies if not gives.is_own(p) and (gives.gives(p) or not gives.state.owned)]
    return Rights(
        [*gives.documents, *full, *(policy.document for policy in given)],
        in_aws.limit,
        self_service=gives.self_service,
        other_rights=bool(in_aws.unread and gives.elsewhere),
        beyond=beyond(in_aws, gives),
        unread=in_aws.unread,
        missing=gives.missing(in_aws),
    )


def _policies(access: "Connection", gives: Declared, until: float, progress: Callable[[str], None]) -> UserPolicies:
    """Read the user's policies, and retry while one is missing: a new one may take AWS a while to show.

    Raises AwsError if the credentials are of another account than the user.
    """
    pause = 1.0
    while True:
        in_aws = _read(access, gives.state.user)
        if not (missing := gives.missing(in_aws)) or time.monotonic() + pause > until:
            return in_aws
        progress(f"{missing[0]} is not there yet: retrying in {pause:.0f} s")
        time.sleep(pause)
        pause = min(pause * 2, 8.0)


def _read(access: "Connection", user: str) -> UserPolicies:
    from s3io_user.aws.answers import AwsError
    from s3io_user.explain.reader import read_policies

    try:
        return read_policies(access, user)
    except AwsError as error:
        if error.code == "OtherAccount":
            raise
        return UserPolicies(unread=(f"what '{user}' has in AWS: {error}",))


def _places(pair: Credentials) -> list[Bucket]:
    if not pair.buckets:
        raise S3IOError("the stack names no bucket for the key: name one to try it on with --bucket")
    return [parse_bucket(bucket, known=True) for bucket in pair.buckets]
