"""One user whose key is rotated: what the stack's config, outputs and state say of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import user_outputs
from s3io_user.inputs import accounts
from s3io_user.keys.slots import PreviousKey
from s3io_user.rotation import due, state
from s3io_user.rotation.aws_side import AwsSide
from s3io_user.rotation.config import RotationConfig
from s3io_user.rotation.reads import StackReads
from s3io_user.rotation.state import Note, Stage

if TYPE_CHECKING:
    from s3io_user.inputs.fields import Inputs

Say = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Target:
    """The stack, the project's folder, and one of the stack's users."""

    stack: str | None = None
    cwd: str | None = None
    user: str | None = None


class Subject:
    """One user of one stack. Raises S3IOError: at once if the stack has no such user or its config fails.

    ``say`` takes a sentence for each step, ``echo`` the lines of pulumi's progress. ``reads`` is the stack, for all of
    its users.
    """

    def __init__(self, target: Target, say: Say, echo: Say | None, reads: StackReads) -> None:
        self.target, self.say, self.echo, self.reads = target, say, echo, reads
        self.setting = self.reads.setting
        if self.setting.fault is not None:
            raise S3IOError(self.setting.fault)
        self.user = target.user
        if self.setting.many and self.user is None and len(self.setting.users) == 1:
            self.user = next(iter(self.setting.users))
        named = self.user if self.setting.many else None
        self.config = RotationConfig(self.setting, target.stack, target.cwd, named, self.reads.notes)
        self.read()

    def read(self) -> None:
        """Read the user's outputs and keys, again after an update. Raises S3IOError."""
        self.outputs = user_outputs(self.reads.outputs, self.user)
        self.read_keys()

    def read_keys(self) -> None:
        """Read the user's keys in the state, again after an update. Raises S3IOError."""
        setting, exported = self.reads.setting, self.reads.exported
        self.setting, exported = accounts.at_the_user(setting, exported, self.outputs, *self.place)
        keys = state.keys_in_state(exported, self.name)
        if keys is None:
            raise S3IOError(f"the stack's state has no S3IOUser with the user '{self.name}'")
        self.keys = keys

    @property
    def place(self) -> tuple[str | None, str | None]:
        """The stack and the project's folder."""
        return self.target.stack, self.target.cwd

    @property
    def stack_name(self) -> str:
        """The stack's name, without its organization and project, also where it is the selected one."""
        return self.keys.urn.split("::")[0].removeprefix("urn:pulumi:")

    @property
    def aws(self) -> AwsSide:
        """The user's access keys in AWS."""
        return AwsSide(self.setting.access, self.name)

    @property
    def name(self) -> str:
        """The user's name in AWS."""
        return str(self.outputs.get("userName"))

    def configured_option(self, key: str, read: Callable[[Any], T]) -> T | None:
        """A key that only the command reads, None if it is not set. Raises S3IOError if its value is wrong."""
        value = self.setting.of_the_command(self.config.user, key)
        try:
            return None if value is None or value == "" else read(value)
        except ValueError as fault:
            raise S3IOError(f"{key}, in the stack's config, {fault}") from None

    @property
    def configured(self) -> int:
        """The generation in the stack's config; with rotateEveryDays, the one in its state."""
        return self.keys.latest if self.by_calendar else self.inputs.key_generation

    @property
    def by_calendar(self) -> bool:
        """Whether rotateEveryDays decides the generation."""
        return self.inputs.rotate_every_days is not None

    @property
    def next_is_due(self) -> bool:
        """Whether pulumi up would raise the generation by the calendar."""
        return self.by_calendar and due.next_generation(self.inputs, self.keys) > self.keys.latest

    @property
    def inputs(self) -> "Inputs":
        """The user's inputs in the stack's config."""
        if not self.setting.many:
            return next(iter(self.setting.users.values()))
        user_outputs({"users": {name: {} for name in self.setting.users}}, self.user)  # names the near miss
        return self.setting.users[str(self.user)]

    def begun(self) -> tuple[Note, Stage] | None:
        """The unfinished rotation, and how far it is."""
        text = self.config.note
        note = state.read_note(text)
        if note is None:
            if text:
                self.say("The note of an unfinished rotation can't be read, so it is not used.")
            return None
        return note, state.stage(note, self.keys, self.configured)

    def due(self, older_than: int | None) -> due.Due:
        """Whether the key is due. ``older_than`` is in days. Raises S3IOError if nothing says when it is."""
        return due.due(self.inputs, self.keys, older_than, datetime.now(timezone.utc))

    def fate(self, note: Note) -> str:
        """What ``previousKey`` will be in the end: the first step overwrites what the only user has."""
        default = self.setting.own(None, "previousKey") if self.setting.many else None
        return note.previous or default or PreviousKey.REMOVED.value
