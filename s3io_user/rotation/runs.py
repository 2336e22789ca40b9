"""The runs of pulumi that a rotation asks for, and how that of a stack's only user gets them.

A rotation is a generator: it yields what it wants of pulumi, and continues with the answer. So the rotations of many
users of a stack can share one preview and one update (`together`), and each is the same as alone.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

from s3io_user.errors import S3IOError
from s3io_user.rotation import config, preview
from s3io_user.rotation.config import Change
from s3io_user.stack import pulumi_cli
from s3io_user.stack.process import Interrupted

if TYPE_CHECKING:
    from s3io_user.rotation.aftermath import Aftermath
    from s3io_user.rotation.state import Note
    from s3io_user.rotation.subject import Subject

R = TypeVar("R")
AGAIN = "run s3io-user rotate again: it continues where it stopped"
RUN_AGAIN = f"{AGAIN[0].upper()}{AGAIN[1:]}"


class Turn(IntEnum):
    """What a run is for, in the order in which the runs of many users take place."""

    CHECK_NEW = 1
    NOTE_NEW = 2
    MAKE = 3
    CHECK_RETIREMENT = 4
    NOTE_RETIREMENT = 5
    RETIRE = 6
    END = 7


@dataclass(frozen=True, eq=False)
class Preview:
    """Wants the steps of an update with some of the user's inputs set, or removed where they are None."""

    turn: Turn
    rotation: "Subject"
    inputs: Mapping[str, str | None]


@dataclass(frozen=True, eq=False)
class Write:
    """Wants the user's note and inputs written to the stack's config, as `config.Change` has them."""

    turn: Turn
    rotation: "Subject"
    note: "Note | None"
    inputs: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def change(self) -> Change:
        """The change of the stack's config."""
        return Change(self.rotation.config, self.note, self.inputs)


@dataclass(frozen=True, eq=False)
class Update:
    """Wants an update. ``purpose`` is what it is for, in words, ``aftermath`` for an update of many that failed."""

    turn: Turn
    rotation: "Subject"
    purpose: str
    aftermath: "Aftermath"


def left_by(update: Update) -> str:
    """How an update that was interrupted leaves the old key, in words."""
    if update.turn is Turn.RETIRE:
        return "the old key may be retired already, and the new one stays"
    return "the old key works"


Wanted = Preview | Write | Update
Steps = Generator[Wanted, Any, R]


def served(wanted: Wanted) -> preview.Steps | None:
    """Run pulumi for a stack's only user. Raises S3IOError and Interrupted."""
    if isinstance(wanted, Write):
        config.write([wanted.change])
        return None
    rotation = wanted.rotation
    if isinstance(wanted, Preview):
        return preview.steps_with([wanted])
    rotation.say(f"pulumi up: {wanted.purpose} …")
    try:
        pulumi_cli.up(*rotation.place, secrets=rotation.setting.secrets, echo=rotation.echo)
    except S3IOError as error:
        raise S3IOError(f"pulumi up failed: {error}. Correct that, then {AGAIN}") from None
    except Interrupted as interrupt:
        raise Interrupted(f"{interrupt}: {left_by(wanted)}. To continue, {AGAIN}") from None
    finally:
        rotation.reads.forget()
    return None
