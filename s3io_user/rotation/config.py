"""What a rotation writes to the stack's config: the inputs that raise the generation, and its own note."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from s3io_user.explain import config_key
from s3io_user.rotation import state
from s3io_user.rotation.state import NOTE, Note
from s3io_user.stack.config import change_config
from s3io_user.stack.map_file import revise_map_file

if TYPE_CHECKING:
    from s3io_user.inputs.project import Project
    from s3io_user.rotation.reads import Notes

Values = dict[str, str | None]
Inputs = tuple["RotationConfig", Mapping[str, str | None]]
"""The config of one user, and its inputs to set; None to remove one."""


@dataclass(frozen=True)
class RotationConfig:
    """The config of a stack, and one of its ``users``, or None for the only user."""

    project: "Project"
    stack: str | None
    cwd: str | None
    user: str | None
    notes: "Notes"

    @property
    def users_file(self) -> Path | None:
        """The file that holds the inputs; None if the config does."""
        file = self.project.users_file
        return Path(self.project.folder, file) if file else None

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


def write(changes: Sequence[Change]) -> None:
    """Write the changes of users of one stack together: the inputs between the notes to write and those to delete.

    Raises S3IOError.
    """
    some = changes[0].config
    if some.user is not None and some.notes.is_of_the_only_user:
        change_config({NOTE: None}, some.stack, some.cwd)  # it is in the place of the map
        some.notes.is_of_the_only_user = False
    noted = {str(each.config.user) for each in changes if each.note is not None}
    left = some.notes.users - {str(each.config.user) for each in changes} | noted
    notes: Values = {each.config.note_key: each.note.as_text() for each in changes if each.note is not None}
    ended: Values = {each.config.note_key: None for each in changes if each.note is None}
    if some.user is not None and ended and not left:
        ended = {NOTE: None}
    inputs = [(each.config, each.inputs) for each in changes]
    if some.users_file is None:
        change_config({**notes, **by_key(inputs), **ended}, some.stack, some.cwd)
    else:
        change_config(notes, some.stack, some.cwd)
        revise_map_file(some.users_file, _by_user(inputs))
        change_config(ended, some.stack, some.cwd)
    some.notes.users = left


def write_copy(inputs: Sequence[Inputs], copy: Path) -> None:
    """Write the inputs of users of one stack into a copy of its config. Raises S3IOError."""
    some = inputs[0][0]
    if some.users_file is None:
        change_config(by_key(inputs), some.stack, some.cwd, str(copy))
        return
    users = copy.with_name(some.users_file.name)
    revise_map_file(some.users_file, _by_user(inputs), users)
    change_config({f"{some.project.name}:users": str(users)}, some.stack, some.cwd, str(copy))


def by_key(inputs: Sequence[Inputs]) -> Values:
    """The users' inputs by config key."""
    keys = ((config, name, value) for config, own in inputs for name, value in own.items())
    return {config_key(name, config.user, config.project.name): value for config, name, value in keys}


def _by_user(inputs: Sequence[Inputs]) -> dict[str, dict[str, str | int | None]]:
    """The users' inputs as a file has them, where a generation is a number."""

    def typed(name: str, value: str | None) -> str | int | None:
        return int(value) if name == "keyGeneration" and value else value

    return {str(config.user): {name: typed(name, own[name]) for name in own} for config, own in inputs if own}
