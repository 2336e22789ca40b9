"""What stands in the way of `pulumi up` in the stack itself: its lock, its secrets, its config. AWS is not asked."""

from collections.abc import Iterator, Mapping
from typing import Any

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import known_regions
from s3io_user.doctor import locks, obstacles
from s3io_user.doctor.facts import Finding
from s3io_user.errors import S3IOError
from s3io_user.inputs.project import Project
from s3io_user.stack import pulumi_cli
from s3io_user.stack.project_file import config_file, takes_users_from_config
from s3io_user.stack.state import State

NOT_KNOWN_HERE = "what the next pulumi up needs: the program's users are not those of the stack's config"


def of_lock(name: str | None, cwd: str | None, project: str, unknown: list[str]) -> list[Finding]:
    """Who holds the stack's lock; added to ``unknown`` if it can't be seen."""
    try:
        return [lock.finding() for lock in locks.read_locks(name, cwd, project)]
    except S3IOError as error:
        unknown.append(f"whether the stack is locked: {error}")
        return []


def of_secrets(name: str | None, cwd: str | None, exported: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether pulumi can decrypt the state here. Of Pulumi Cloud's own encryption, being logged in is enough."""
    deployment = exported.get("deployment") or {}
    if (deployment.get("secrets_providers") or {}).get("type", "service") == "service":
        return
    try:
        pulumi_cli.outputs(name, cwd, show_secrets=True)
    except S3IOError as error:
        yield obstacles.of_secrets(str(error))


def of_config(setting: Project, state: State, cwd: str | None, unknown: list[str]) -> Iterator[Finding]:
    """Invalid or missing inputs, and a region that does not exist."""
    if setting.lost_its_inputs(state.existing_users):
        yield obstacles.of_no_config(config_file(str(state.stack), cwd).name)
    if setting.fault is not None:
        if takes_users_from_config(cwd):
            yield obstacles.of_inputs(setting.fault)
            unknown.append("what the next pulumi up needs: the config has to be corrected first")
        else:  # its config is not ours to judge
            unknown.append(NOT_KNOWN_HERE)
    if setting.config.get("aws:skipRegionValidation") != "true":
        yield from obstacles.of_region(region_of(setting), known_regions())


def region_of(setting: Project) -> str | None:
    """The region that pulumi up works in."""
    try:
        return setting.region or setting.access.default_region()
    except AwsError:  # there is no such profile, which is a finding of its own
        return None
