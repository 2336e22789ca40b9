"""What a rotation writes to the stack's config: the inputs that raise the generation, and its own note."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from s3io_user.errors import S3IOError
from s3io_user.explain import config_key
from s3io_user.rotation import state
from s3io_user.rotation.state import NOTE, Note
from s3io_user.stack import pulumi_cli
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

    def set(self, name: str, value: str | None) -> None:
        """Set one of the user's inputs, or remove it."""
        if value is None:
            self._remove(self.key(name))
        else:
            self._run(["config", "set", "--path", "--plaintext", "--", self.key(name)], value)

    @property
    def note(self) -> str | None:
        """The user's note as the config had it at first; None if there was none."""
        return state.note_of(self.project.config.get(NOTE), self.user)

    @property
    def is_noted(self) -> bool:
        """Whether the config has a note of this one of ``users`` now."""
        return self.user in self.notes.users or self.notes.of_the_stack

    def write_note(self, note: Note) -> None:
        """Write the note. Each of ``users`` has its own."""
        if self.user is None:
            self._run(["config", "set", "--plaintext", "--", NOTE], note.as_text())
            return
        if self.notes.of_the_stack:
            self._remove(NOTE)  # an earlier version's, in the place of the map
            self.notes.of_the_stack = False
        self._run(["config", "set", "--path", "--type", "string", "--", self._path], note.as_text())
        self.notes.users.add(self.user)

    def drop_note(self) -> None:
        """Delete the note."""
        others = self.notes.users - {self.user}
        self._remove(self._path if self.user is not None and others else NOTE)
        self.notes.users.discard(self.user or "")
        self.notes.of_the_stack = False

    @property
    def _path(self) -> str:
        return f"{NOTE}[{json.dumps(self.user)}]"

    def _remove(self, key: str) -> None:
        pulumi_cli.run(["config", "rm", "--path", "--", key], self.stack, self.cwd)

    def _run(self, command: list[str], value: str) -> None:
        pulumi_cli.run(command, self.stack, self.cwd, given=value)
