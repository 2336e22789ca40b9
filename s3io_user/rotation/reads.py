"""What a rotation reads of a stack, each part once until an update changes it: for one user, or for all of them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from s3io_user.inputs import project
from s3io_user.rotation import state
from s3io_user.stack import pulumi_cli
from s3io_user.stack.state import outputs_in, user_states
from s3io_user.verify.stack import StackRead

if TYPE_CHECKING:
    from s3io_user.inputs.project import Project


@dataclass
class StackReads:
    """A stack and its project's folder. Each read raises S3IOError."""

    stack: str | None = None
    cwd: str | None = None
    _parts: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    @cached_property
    def setting(self) -> "Project":
        """The stack's config, as it was at first."""
        return project.read_project(self.stack, self.cwd)

    @cached_property
    def notes(self) -> "Notes":
        """The notes in the stack's config, as this run leaves them."""
        text = self.setting.config.get(state.NOTE)
        return Notes(state.users_of_notes(text), state.is_of_the_only_user(text))

    @cached_property
    def lost_its_inputs(self) -> bool:
        """Whether the stack's config had none of its inputs at first."""
        return self.setting.lost_its_inputs(user_states(self.exported))

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack's outputs in its state, with secrets masked."""
        if "outputs" not in self._parts:
            outputs = outputs_in(self.exported)
            is_hidden = outputs.get("users") == pulumi_cli.HIDDEN  # as a whole: YAML exports it so
            self._parts["outputs"] = pulumi_cli.outputs(self.stack, self.cwd) if is_hidden else outputs
        return self._parts["outputs"]

    @property
    def exported(self) -> dict[str, Any]:
        """The stack's state, with secrets encrypted."""
        if "exported" not in self._parts:
            self._parts["exported"] = project.read_export(self.stack, self.cwd)
        return self._parts["exported"]

    @property
    def opened(self) -> dict[str, Any]:
        """The stack's outputs with their secrets."""
        if "opened" not in self._parts:
            self._parts["opened"] = pulumi_cli.outputs(self.stack, self.cwd, show_secrets=True)
        return self._parts["opened"]

    def whole(self) -> StackRead:
        """All of it, to verify keys with."""
        return StackRead(self.opened, self.exported, self.setting)

    def forget(self) -> None:
        """Read the outputs and the state again, for an update may have changed them."""
        self._parts.clear()


@dataclass
class Notes:
    """Which ``users`` have a note now, and whether there is one of a stack's only user in the place of the map."""

    users: set[str]
    is_of_the_only_user: bool = False
