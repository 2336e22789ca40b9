"""Collects the facts of a report: explains the user's policies, tries its key, and examines the stack."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, TypeVar

from s3io_user._version import __version__
from s3io_user.errors import S3IOError
from s3io_user.explain.stack import explained, of_stack
from s3io_user.handover.credentials import user_outputs
from s3io_user.iam.buckets import Bucket
from s3io_user.inputs import accounts, project
from s3io_user.report.facts import Facts
from s3io_user.stack import pulumi_cli
from s3io_user.verify.stack import verify_stack

T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """What to report on. ``places``: where to try the key, in place of the stack's buckets. ``wait`` is in seconds."""

    stack: str | None = None
    cwd: str | None = None
    user: str | None = None
    places: tuple[Bucket, ...] = ()
    verify: bool = True
    wait: float = 60.0


def collect(options: Options, progress: Callable[[str], None]) -> Facts:
    """Collect everything, and note each part that fails. Changes nothing. Raises S3IOError if there is no such user."""
    from s3io_user.aws.users import keys_of
    from s3io_user.doctor import examination

    outputs = user_outputs(pulumi_cli.outputs(options.stack, options.cwd), options.user)
    name = str(outputs["userName"])
    setting = project.read_project(options.stack, options.cwd)
    unknown: list[str] = []

    def part(what: str, look: Callable[[], T]) -> T | None:
        progress(f"{what} …")
        try:
            return look()
        except S3IOError as error:
            unknown.append(f"{what}: {error}")
            return None

    def explanation() -> Any:
        user = of_stack(options.stack, options.cwd, options.user, ask=True)
        return explained(user.documents, user)

    def checks() -> Any:
        places = list(options.places) or None
        return tuple(
            verify_stack(
                options.stack,
                options.cwd,
                options.user,
                places=places,
                within=options.wait,
                setting=setting,
                progress=progress,
            )
        )

    def doctor() -> examination.Report:
        return examination.examine(examination.Options(options.stack, options.cwd, name), progress)

    def keys() -> Any:
        exported = project.read_export(options.stack, options.cwd)
        there, _ = accounts.at_the_user(setting, exported, outputs, options.stack, options.cwd)
        return tuple(keys_of(there.access, name))

    if not options.verify:
        unknown.append("what the key can do when it is tried: --no-verify left that out")
    explained_ = part("what the policies allow", explanation)
    tried = part("what the key can do when it is tried", checks) if options.verify else None
    examined = part("what doctor finds", doctor)
    return Facts(
        user=name,
        arn=str(outputs.get("userArn") or ""),
        stack=options.stack or _stack_name(options),
        made_at=datetime.now(timezone.utc),
        version=__version__,
        current=outputs.get("accessKeyId"),
        previous=outputs.get("previousAccessKeyId"),
        keys=part("the keys that AWS has", keys),
        explanation=explained_,
        checks=tried,
        findings=None if examined is None else examined.findings,
        unknown=(*unknown, *(examined.unknown if examined else ()), *(explained_.unread if explained_ else ())),
    )


def _stack_name(options: Options) -> str:
    try:
        return pulumi_cli.run(["stack", "--show-name"], None, options.cwd).strip()
    except S3IOError:
        return ""
