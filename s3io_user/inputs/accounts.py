"""How AWS is asked about a user of a stack: as the provider does that made it, and in the user's account alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from s3io_user.aws.chosen import chosen
from s3io_user.inputs.aws_config import provider_access
from s3io_user.inputs.project import Project, read_export
from s3io_user.stack.providers import arn_of, provider_of
from s3io_user.stack.state import in_account

if TYPE_CHECKING:
    from s3io_user.aws.connection import Connection


def at_the_user(
    setting: Project, exported: dict[str, Any], outputs: Mapping[str, Any], stack: str | None, cwd: str | None
) -> tuple[Project, dict[str, Any]]:
    """The setting with the way to AWS of one user, and the export with the users of its account alone.

    ``outputs`` are the user's. Raises S3IOError.
    """
    arn = arn_of(exported, outputs)
    if arn is None:
        return setting, exported
    access = access_to(setting, exported, arn, stack, cwd)
    return replace(setting, access=access), in_account(exported, account_of(arn))


def access_to(
    setting: Project, exported: Mapping[str, Any], arn: str, stack: str | None, cwd: str | None
) -> "Connection":
    """How AWS is asked about the user of an ARN. The connection refuses to ask another account. Raises S3IOError.

    The secrets of the state are decrypted only if the provider has an access key of its own, and stay in memory.
    """
    provider = provider_of(exported, arn)
    if provider and provider.encrypted and not chosen().profile:
        provider = provider_of(read_export(stack, cwd, show_secrets=True), arn)
    access = provider_access(provider.name, provider.settings) if provider else setting.access
    return setting.access.shared(replace(access, account=account_of(arn)))


def account_of(arn: str) -> str:
    """The account in an ARN."""
    return arn.split(":")[4]
