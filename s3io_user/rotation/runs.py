"""The runs of pulumi that a rotation asks for, and how the rotation of one user gets them.

A rotation is a generator: it yields what it wants of pulumi, and continues with the answer. So the rotations of many
users of a stack can share one preview and one update (`together`), and each is the same as alone.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

from s3io_user.errors import S3IOError
from s3io_user.rotation import preview
from s3io_user.stack import pulumi_cli
from s3io_user.stack.process import Interrupted

if TYPE_CHECKING:
    from s3io_user.rotation.steps import Rotation

R = TypeVar("R")
AGAIN = "run s3io-user rotate again: it continues where it stopped"


class Turn(IntEnum):
    """What a run is for, in the order in which the runs of many users take place."""

    CHECK_NEW = 1
    MAKE = 2
    CHECK_RETIREMENT = 3
    RETIRE = 4


@dataclass(frozen=True, eq=False)
class Preview:
    """Wants the steps of an update with some config keys set, or removed where they are None."""

    turn: Turn
    rotation: "Rotation"
    values: Mapping[str, str | None]


@dataclass(frozen=True, eq=False)
class Update:
    """Wants an update after ``write`` has written the config. ``purpose`` is what it is for, in words.

    After an update of many users that failed, ``is_finished`` says whether it did all for this user's resources, and
    ``is_done`` whether the rotation can continue, both by the state read afterwards. ``take_back`` undoes what was
    written, where that changes no key, and returns a sentence or two that say how things are.
    """

    turn: Turn
    rotation: "Rotation"
    purpose: str
    write: Callable[[], None]
    is_finished: Callable[[], bool]
    is_done: Callable[[], bool]
    take_back: Callable[[], str]


Steps = Generator[Preview | Update, Any, R]


def alone(steps: Steps[R]) -> R:
    """Take the steps of one user, with a run of pulumi for each. Raises S3IOError and Interrupted."""
    try:
        wanted = next(steps)
        while True:
            wanted = steps.send(served(wanted))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def served(wanted: Preview | Update) -> preview.Steps | None:
    """Run pulumi for one user. Raises S3IOError and Interrupted."""
    rotation = wanted.rotation
    only = [rotation.only] if rotation.only else []
    if isinstance(wanted, Preview):
        return preview.steps_with(wanted.values, rotation.setting.secrets, *rotation.place, only)
    wanted.write()
    rotation.say(f"pulumi up: {wanted.purpose} …")
    try:
        pulumi_cli.up(*rotation.place, secrets=rotation.setting.secrets, echo=rotation.echo, targets=only)
    except S3IOError as error:
        raise S3IOError(f"pulumi up failed: {error}. Correct that, then {AGAIN}") from None
    except Interrupted as interrupt:
        raise Interrupted(f"{interrupt}: the old key works. To continue, {AGAIN}") from None
    finally:
        rotation.reads.forget()
    return None
