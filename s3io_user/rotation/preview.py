"""What `pulumi up` would do with the generation raised, previewed with a temporary copy of the stack's config."""

import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3io_user.errors import S3IOError
from s3io_user.rotation.config import write_copy
from s3io_user.rotation.state import Keys, Note, generation_of
from s3io_user.stack import project_file, pulumi_cli
from s3io_user.tokens import ACCESS_KEY

if TYPE_CHECKING:
    from s3io_user.rotation.runs import Preview

_TAKES_AWAY = ("delete", "delete-replaced", "replace", "discard-replaced", "delete-replacement")
# Of a replacement, `pulumi preview --json` shows "replace" alone.
_MAKES = ("create", "create-replacement", "replace")
_NO_CHANGE = ("same", "read", "refresh")
Steps = list[dict[str, Any]]


def steps_with(wanted: Sequence["Preview"], only: Sequence[str] = ()) -> Steps:
    """The steps of an update with the inputs that each preview wants set.

    ``only`` are URNs of resources that are updated with what depends on them, none for all.
    """
    rotation = wanted[0].rotation
    stack, cwd = rotation.place
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "config.yaml"
        if (own := project_file.config_file(rotation.stack_name, cwd)).is_file():
            shutil.copyfile(own, copy)
        write_copy([(each.rotation.config, each.inputs) for each in wanted], copy)
        return pulumi_cli.preview(str(copy), stack, cwd, secrets=rotation.setting.secrets, targets=only)


def check_new_key(steps: Steps, note: Note, keys: Keys, by_calendar: bool) -> None:
    """Raises S3IOError if the program would not create the new key, or would delete the old one."""
    if not any(_makes(step, note.generation, keys) for step in steps):
        if by_calendar:
            raise S3IOError(
                f"pulumi up would not create generation {note.generation} of the key, which rotateEveryDays makes due: "
                "run pulumi preview to see what it would do"
            )
        raise S3IOError(
            f"setting keyGeneration to {note.generation} in the stack's config changes no key: the program does "
            "not read it from there. Raise key_generation in the program by one, then run pulumi up"
        )
    if note.old in _taken_away(steps):
        raise S3IOError(
            f"the key {note.old} would be gone as soon as the new one exists: the program does not read "
            "previousKey from the stack's config. Set previous_key to 'active' there, or rotate with pulumi up"
        )


def check_retirement(steps: Steps, note: Note) -> None:
    """Raises S3IOError if the update would create a key, or delete another than the old one."""
    made = [step for step in steps if step.get("op") in _MAKES and type_of(step) == ACCESS_KEY]
    if made or _taken_away(steps) - {note.old}:
        raise S3IOError(
            f"pulumi up would do more than to retire the old key, {note.old}: run s3io-user rotate --due again"
        )


def other_changes(steps: Steps, component: str) -> list[str]:
    """What else than the keys and the component the update changes, in words."""
    left_out = (ACCESS_KEY, "pulumi:pulumi:Stack")
    return [
        f"{s['op']} {str(s['urn']).rpartition('$')[2].rpartition('::')[2]} ({type_of(s)})"
        for s in steps
        if s.get("op") not in _NO_CHANGE and s.get("urn") != component and type_of(s) not in left_out
    ]


def without(steps: Steps, components: Collection[str]) -> Steps:
    """The steps but for those of some components, by their URNs, and of what is in them."""
    parents = {step.get("urn"): (step.get("newState") or step.get("oldState") or {}).get("parent") for step in steps}

    def is_of_them(urn: Any) -> bool:
        while urn and urn not in components:
            urn = parents.get(urn)
        return bool(urn)

    # The URN of a step does not name its parent.
    return [s for s in steps if not (s.get("urn") in components or is_of_them(parents.get(s.get("urn"))))]


def few(changes: Sequence[str]) -> str:
    """The first changes of a list, and how many more there are."""
    more = f" and {len(changes) - 5} more" if len(changes) > 5 else ""
    return ", ".join(changes[:5]) + more


def type_of(step: Mapping[str, Any]) -> str:
    """The type of the resource that a step is of."""
    return str((step.get("newState") or step.get("oldState") or {}).get("type"))


def _makes(step: Mapping[str, Any], generation: int, keys: Keys) -> bool:
    new = step.get("newState") or {}
    made = step.get("op") in _MAKES and new.get("type") == ACCESS_KEY
    return made and new.get("parent") == keys.urn and generation_of(new) == generation


def _taken_away(steps: Steps) -> set[str]:
    """The IDs of the access keys that an update deletes."""
    old = [step.get("oldState") or {} for step in steps if step.get("op") in _TAKES_AWAY]
    return {str(state["id"]) for state in old if state.get("type") == ACCESS_KEY and state.get("id")}
