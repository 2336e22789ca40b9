"""What every part of the component uses: its name, its inputs, and the component itself as the parent."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pulumi

from s3io_user.component.gates import Gates
from s3io_user.component.own_state import State
from s3io_user.inputs import checks
from s3io_user.inputs.fields import Inputs
from s3io_user.inputs.late import checked


@dataclass(frozen=True)
class Context:
    """One component: its logical name, its resolved inputs, the parent of its resources, and the gates."""

    name: str
    inputs: Inputs
    parent: pulumi.ComponentResource
    gates: Gates
    state: State = field(default_factory=dict, repr=False)
    """The stack's state before this update, with secrets, if the component adopts a user and the state is known."""

    def options(self, **more: Any) -> pulumi.ResourceOptions:
        """The options of a child."""
        return pulumi.ResourceOptions(parent=self.parent, **more)

    def is_renamed(self, kind: str, resource: str, name: Any) -> bool:
        """Whether this update gives a child another name in AWS. ``resource`` is its logical name."""
        children = (
            each for urn, each in self.state.items() if each.get("type") == kind and urn.endswith(f"::{resource}")
        )
        before = {(child.get("outputs") or {}).get("name") for child in children}
        return bool(before) and isinstance(name, str) and name not in before

    def checked(self, name: str) -> Any:
        """An input's value, which is checked as soon as it is known."""
        return checked(name, getattr(self.inputs, name), checks.check)

    def checked_part(self, name: str, part: str) -> Any:
        """A part of a nested input, which is checked as soon as it is known."""
        return checked(part, getattr(self.inputs, name).get(part), partial(checks.check_part, name))
