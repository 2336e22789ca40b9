"""What a rotation writes to the stack's config: the inputs that raise the generation, and its own note."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from s3io_user.errors import S3IOError
from s3io_user.explain import config_key
from s3io_user.rotation import state
from s3io_user.rotation.state import NOTE, Note
from s3io_user.stack.config import change_config
from s3io_user.wording import legible

if TYPE_CHECKING:
    from s3io_user.inputs.project import Project
    from s3io_user.rotation.reads import Notes


@dataclass(frozen=True)
class RotationConfig:
    """The config of a stack, and one of its ``users``, or None for the only user."""

    project: "Project"
    stack: str | None
    cwd: str | None
    user: str | None
    notes: "Notes"

    def key(self, name: str) -> str:
        """The config key of one of the user's inputs, or a path to it. Raises S3IOError if they are in a file."""
        if file := self.project.users_file:
            raise S3IOError(
                f"the inputs of '{self.user}' are in {legible(file)}, which rotate does not edit: raise its "
                "keyGeneration there by one, then run pulumi up"
            )
        return config_key(name, self.user, self.project.name)

    @property
    def note(self) -> str | None:
        """The user's note as the config had it at first; None if there was none."""
        return state.note_of(self.project.config.get(NOTE), self.user)

    @property
    def is_noted(self) -> bool:
        """Whether the config has a note of this one of ``users`` now."""
        return self.user in self.notes.users

    @property
    def note_key(self) -> str:
        """The config key of the user's note, or a path to it. Each of ``users`` has its own."""
        return NOTE if self.user is None else f"{NOTE}[{json.dumps(self.user)}]"

    def write(self, note: Note | None, inputs: Mapping[str, str | None] | None = None) -> None:
        """Write the note, or delete it, and set the user's inputs, or remove those that are None. Raises S3IOError."""
        write([Change(self, note, inputs or {})])


@dataclass(frozen=True)
class Change:
    """What to write for one user: its note, or None to delete it, and its inputs, None to remove one."""

    config: RotationConfig
    note: Note | None
    inputs: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, str | None]:
        """The same by config key. Raises S3IOError if the inputs are in a file."""
        note = None if self.note is None else self.note.as_text()
        return {self.config.note_key: note, **{self.config.key(name): value for name, value in self.inputs.items()}}


def write(changes: Sequence[Change]) -> None:
    """Write the changes of users of one stack together. Raises S3IOError."""
    some = changes[0].config
    values: dict[str, str | None] = {key: value for each in changes for key, value in each.values.items()}
    if some.user is not None and some.notes.is_of_the_only_user:
        change_config({NOTE: None}, some.stack, some.cwd)  # it is in the place of the map
        some.notes.is_of_the_only_user = False
    noted = {str(each.config.user) for each in changes if each.note is not None}
    left = some.notes.users - {str(each.config.user) for each in changes} | noted
    if some.user is not None and not left:
        values = {key: value for key, value in values.items() if not key.startswith(f"{NOTE}[")}
        values[NOTE] = None
    change_config(values, some.stack, some.cwd)
    some.notes.users = left
