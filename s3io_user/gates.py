"""What the engine asks before it touches anything, in a preview too: hooks that refuse to lose or take a thing.

Only hooks of creates and updates: one of a delete would make a plain ``pulumi destroy`` fail.
"""

from collections.abc import Awaitable, Callable
from functools import cached_property

import pulumi

from s3io_user import identity, keys, steps, takeover
from s3io_user.runtime import resources_in_state, unique_in_program

Ask = Callable[[pulumi.ResourceHookArgs], Awaitable[None] | None]


class Gates:
    """The hooks of a program's components: one of each serves them all, for to the SDK each is a server of its own.

    What a component's hook learns of the old inputs, the hooks of its children go by.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._taken_over: dict[str, str] = {}
        step, named = self._hook("keyGeneration", self._ask_step), self._hook("userName", self._ask_identity)
        self.component = pulumi.ResourceHookBinding(before_update=[step, named])

    @cached_property
    def user(self) -> pulumi.ResourceHookBinding:
        """Refuses to make a user in place of the one of that name that was adopted."""
        return pulumi.ResourceHookBinding(before_create=[self._hook("the user", self._ask_new_user)])

    @cached_property
    def right(self) -> pulumi.ResourceHookBinding:
        """Refuses to give an adopted user what it has already, and what would go with the stack."""
        hook = self._hook("what the user has", takeover.refuse)
        return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])

    @cached_property
    def unseen(self) -> pulumi.ResourceHookBinding:
        """Refuses to put a policy of a chosen name, where the user can't be looked at."""
        return pulumi.ResourceHookBinding(before_create=[self._hook("policyName", takeover.refuse_unseen)])

    def _hook(self, what: str, ask: Ask) -> pulumi.ResourceHook:
        on_dry_run = pulumi.ResourceHookOptions(on_dry_run=True)
        return pulumi.ResourceHook(unique_in_program(f"{what} of {self._name}"), ask, on_dry_run)

    async def _ask_step(self, change: pulumi.ResourceHookArgs) -> None:
        if "keyGeneration" not in (change.old_inputs or {}):
            return
        old, new = steps.step_of(change.old_inputs or {}), steps.step_of(change.new_inputs or {})
        # The outputs are there only after an update that went through to its end.
        if fault := steps.step_fault(old, new, finished="keyGeneration" in (change.old_outputs or {})):
            raise ValueError(fault)
        if steps.is_taken_back(old, new) and _key_urn(change, new) not in await resources_in_state():
            raise ValueError(
                f"must not go down: the key of generation {new.generation} is gone; set it to {old.generation} again"
            )

    def _ask_identity(self, change: pulumi.ResourceHookArgs) -> None:
        old = identity.identity_of(change.old_inputs or {}, change.old_outputs or {})
        new = identity.identity_of(change.new_inputs or {}, {})
        if fault := identity.change_fault(old, new):
            raise ValueError(fault)
        if name := identity.taken_over(old, new):
            self._taken_over[change.urn] = name

    def _ask_new_user(self, creation: pulumi.ResourceHookArgs) -> None:
        adopted = self._taken_over.get(_component(creation.urn))
        if adopted and identity.is_same(adopted, str((creation.new_inputs or {}).get("name"))):
            raise ValueError(
                f"userName: the user '{adopted}' exists, and the stack adopted it: to let the stack own it, "
                "import it first ('Let the stack own the user' in docs/moving.md)"
            )


def _key_urn(component: pulumi.ResourceHookArgs, step: steps.Step) -> str:
    stack, project, types, name = component.urn.split("::", 3)
    slot = keys.slots(step.generation, step.previous)[0]
    return "::".join([stack, project, f"{types}$aws:iam/accessKey:AccessKey", f"{name}-{slot.name}"])


def _component(child: str) -> str:
    """The URN of a child's component: a URN holds the types of all parents, and the name of the resource alone."""
    stack, project, types, name = child.split("::", 3)
    return "::".join([stack, project, types.rsplit("$", 1)[0], name])
