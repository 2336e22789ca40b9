"""Collects what a report says: explains the user's policies, tries its key, and has the stack examined."""

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
_MOST_CHARACTERS = 1_048_576


@dataclass(frozen=True)
class Asked:
    """Which user of which stack, and what of it: ``places`` to try the key on, instead of the stack's."""

    stack: str | None = None
    cwd: str | None = None
    user: str | None = None
    places: tuple[Bucket, ...] = ()
    verify: bool = True
    wait: float = 60.0


def collect(asked: Asked, progress: Callable[[str], None]) -> Facts:
    """Look at everything; a part that fails is noted. Changes nothing. Raises S3IOError where there is no such user."""
    from s3io_user.aws.users import keys_of
    from s3io_user.doctor import examination

    outputs = user_outputs(pulumi_cli.outputs(asked.stack, asked.cwd), asked.user)
    name = str(outputs["userName"])
    setting = project.read_project(asked.stack, asked.cwd)
    unknown: list[str] = []

    def part(what: str, look: Callable[[], T]) -> T | None:
        progress(f"{what} …")
        try:
            return look()
        except S3IOError as error:
            unknown.append(f"{what}: {error}")
            return None

    def explanation() -> Any:
        user = of_stack(asked.stack, asked.cwd, asked.user, ask=True, most=_MOST_CHARACTERS)
        return explained(user.documents, user)

    def checks() -> Any:
        places = list(asked.places) or None
        return tuple(
            verify_stack(
                asked.stack, asked.cwd, asked.user, places=places, within=asked.wait, setting=setting, progress=progress
            )
        )

    def doctor() -> examination.Report:
        return examination.examine(examination.Options(asked.stack, asked.cwd, name), progress)

    def known_keys() -> Any:
        exported = project.read_export(asked.stack, asked.cwd)
        there, _ = accounts.at_the_user(setting, exported, outputs, asked.stack, asked.cwd)
        return tuple(keys_of(there.access, name))

    if not asked.verify:
        unknown.append("what the key can do when it is tried: --no-verify left that out")
    explained_ = part("what the policies allow", explanation)
    tried = part("what the key can do when it is tried", checks) if asked.verify else None
    examined = part("what doctor finds", doctor)
    keys = part("the keys that AWS has", known_keys)
    return Facts(
        user=name,
        arn=str(outputs.get("userArn") or ""),
        stack=asked.stack or _stack_name(asked),
        made_at=datetime.now(timezone.utc),
        version=__version__,
        current=outputs.get("accessKeyId"),
        previous=outputs.get("previousAccessKeyId"),
        keys=keys,
        explanation=explained_,
        checks=tried,
        findings=None if examined is None else examined.findings,
        unknown=(*unknown, *(examined.unknown if examined else ()), *(explained_.unread if explained_ else ())),
    )


def _stack_name(asked: Asked) -> str:
    try:
        return pulumi_cli.run(["stack", "--show-name"], None, asked.cwd).strip()
    except S3IOError:
        return ""
