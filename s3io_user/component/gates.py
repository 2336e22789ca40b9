"""Hooks that refuse an update that would lose a key or a user, before it changes anything, and in a preview too.

They run before creates and updates only: with a hook on deletes, a plain ``pulumi destroy`` would fail.
"""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any

import pulumi

from s3io_user import tokens
from s3io_user.component import identity, takeover
from s3io_user.component.lookups import access_of_later, user_arn
from s3io_user.component.own_state import State, resources_in_state
from s3io_user.component.program import unique_in_program
from s3io_user.keys import changes, slots

Ask = Callable[[pulumi.ResourceHookArgs], Awaitable[None] | None]


class Gates:
    """The hooks of a program's components. All share one of each, because the SDK runs a server for each hook.

    A component's hook gets its old inputs, and the hooks of its children use what it noted.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._taken_over: dict[str, str] = {}
        self._given_up: dict[str, str] = {}
        self._rights: dict[pulumi.ProviderResource | None, pulumi.ResourceHookBinding] = {}
        self._adopters: dict[str, list[pulumi.ComponentResource]] = {}
        self._at_start: State = {}
        self.state_unseen = False
        """Whether this preview could not read the state, and so does not know the next scheduled generation."""
        step, named = self._hook("keyGeneration", self._ask_step), self._hook("userName", self._ask_identity)
        self._of_changes: list[Any] = [step, named]
        self.component = pulumi.ResourceHookBinding(before_update=self._of_changes)

    @cached_property
    def adopter(self) -> pulumi.ResourceHookBinding:
        """Refuses what `component` refuses, and to adopt a user that the stack would delete."""
        hook = self._hook("existingUser", self._ask_adoption)
        return pulumi.ResourceHookBinding(before_create=[hook], before_update=[*self._of_changes, hook])

    def adopts(self, component: pulumi.ComponentResource, name: str, state: State) -> None:
        """Note a component that adopts a user, whose hook looks the user up through the component's provider.

        ``state`` is the one before this update: once the update has replaced a user, the state no longer shows the one
        that it deletes at the end.
        """
        self._adopters.setdefault(name, []).append(component)
        self._at_start.update(state)

    @cached_property
    def user(self) -> pulumi.ResourceHookBinding:
        """Refuses to create a user under the name of the one that was adopted."""
        return pulumi.ResourceHookBinding(before_create=[self._hook("the user", self._ask_new_user)])

    def right(self, component: pulumi.ComponentResource) -> pulumi.ResourceHookBinding:
        """Refuses to give an adopted user what it already has, since destroy would remove it. One for each provider."""
        provider = component.get_provider(tokens.USER)
        if provider not in self._rights:

            async def refuse(change: pulumi.ResourceHookArgs) -> None:
                await takeover.refuse(lambda: access_of_later(component), change)

            hook = self._hook("what the user has", refuse)
            self._rights[provider] = pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
        return self._rights[provider]

    def _hook(self, what: str, ask: Ask) -> pulumi.ResourceHook:
        on_dry_run = pulumi.ResourceHookOptions(on_dry_run=True)
        return pulumi.ResourceHook(unique_in_program(what, self._name), ask, on_dry_run)

    async def _ask_step(self, change: pulumi.ResourceHookArgs) -> None:
        if "keyGeneration" not in (change.old_inputs or {}):
            return
        old, new = changes.step_of(change.old_inputs or {}), changes.step_of(change.new_inputs or {})
        # A component has outputs only after an update that succeeded.
        if fault := changes.step_fault(old, new, finished="keyGeneration" in (change.old_outputs or {})):
            if self.state_unseen and old.every_days == new.every_days is not None:
                pulumi.log.warn(_UNSEEN.format(change.name, old.generation))
                return
            raise ValueError(fault)
        if changes.is_taken_back(old, new) or (old.generation == new.generation and old.pgp_key != new.pgp_key):
            await self._ask_key(change, old, new)

    async def _ask_key(self, change: pulumi.ResourceHookArgs, old: changes.Step, new: changes.Step) -> None:
        """Refuse what would need another key in the place of the one that the state has."""
        key = (await resources_in_state()).get(_key_urn(change, new))
        if key is None and new.generation < old.generation:
            raise ValueError(
                f"must not go down: the key of generation {new.generation} was deleted; "
                f"set it to {old.generation} again"
            )
        if key and (fault := changes.pgp_fault(key.get("outputs") or {}, new)):
            raise ValueError(fault)

    def _ask_identity(self, change: pulumi.ResourceHookArgs) -> None:
        old = identity.identity_of(change.old_inputs or {}, change.old_outputs or {})
        new = identity.identity_of(change.new_inputs or {}, {})
        if fault := identity.change_fault(old, new):
            raise ValueError(fault)
        if old.made and not identity.is_same(old.made, new.made or new.adopted or old.made):
            # Once its replacement exists, the engine no longer names the old user, and deletes it at the end.
            self._given_up[old.made.lower()] = change.name
        if name := identity.taken_over(old, new):
            self._taken_over[change.urn] = name

    async def _ask_adoption(self, change: pulumi.ResourceHookArgs) -> None:
        user, before = (change.new_inputs or {}).get("existingUser"), (change.old_inputs or {}).get("existingUser")
        if not user or user == before:
            return
        if owner := self._given_up.get(user.lower()):
            raise ValueError(_MADE_HERE.format(user=user, owner=owner))
        states = (self._at_start, await resources_in_state(maybe_none=change.old_inputs is None))
        found = (made for state in states for made in identity.made_elsewhere(user, change.urn, state))
        for made in {made.urn: made for made in found}.values():
            if not await self._in_account_of(made.arn, user, change.name):
                continue
            if made.by_component:
                raise ValueError(_MADE_HERE.format(user=user, owner=made.name))
            pulumi.log.warn(_MADE_BY_PROGRAM.format(user=user, owner=made.name, urn=made.urn))

    async def _in_account_of(self, arn: str, user: str, name: str) -> bool:
        """Whether a component that adopts the user may mean that ARN: another account may have the same name."""
        adopted = [await user_arn(component, user) for component in self._adopters.get(name, ())]
        return not adopted or arn.split(":")[4:5] in (other.split(":")[4:5] for other in adopted)

    def _ask_new_user(self, creation: pulumi.ResourceHookArgs) -> None:
        adopted = self._taken_over.get(identity.component_of(creation.urn))
        if adopted and identity.is_same(adopted, str((creation.new_inputs or {}).get("name"))):
            raise ValueError(
                f"userName: the user '{adopted}' exists, and the stack adopted it: to let the stack own it, "
                "import it first ('Let the stack own the user' in docs/moving.md)"
            )


_UNSEEN = (
    "rotateEveryDays of '{0}': this preview can't tell which generation is next, and shows what the calendar alone "
    "says. pulumi up reads the state first: it finishes generation {1}, or makes the next one"
)
_MADE_HERE = (
    "existingUser: this stack created the user '{user}' as '{owner}', and deletes it when '{owner}' is removed. Let "
    "'{owner}' adopt it first: there, set existingUser to '{user}' in place of userName, and run pulumi up. Then "
    "rename '{owner}' ('Let the stack let go of the user' in docs/moving.md)"
)
_MADE_BY_PROGRAM = (
    "existingUser: the user '{user}' is the resource '{owner}' of this stack as well: when that leaves the program, "
    "pulumi up deletes the user. To keep it, run first: pulumi state delete '{urn}'"
)


def _key_urn(component: pulumi.ResourceHookArgs, step: changes.Step) -> str:
    stack, project, types, name = component.urn.split("::", 3)
    slot = slots.slots(step.generation, step.previous)[0]
    return "::".join([stack, project, f"{types}${tokens.ACCESS_KEY}", f"{name}-{slot.name}"])
