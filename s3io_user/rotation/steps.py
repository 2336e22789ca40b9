"""The steps of a rotation: create a new key, prove it, retire the old one. Each is noted before it is taken."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3io_user.errors import S3IOError
from s3io_user.explain import config_key
from s3io_user.handover.credentials import user_outputs
from s3io_user.iam.buckets import Bucket
from s3io_user.inputs import project
from s3io_user.keys.slots import PreviousKey
from s3io_user.rotation import state
from s3io_user.rotation.state import NOTE, Note, Stage, generation_of
from s3io_user.stack import project_file, pulumi_cli
from s3io_user.stack.process import Interrupted
from s3io_user.tokens import ACCESS_KEY
from s3io_user.verify.expected import Check
from s3io_user.verify.stack import verify_stack
from s3io_user.wording import legible

if TYPE_CHECKING:
    from s3io_user.inputs.fields import Inputs

Say = Callable[[str], None]

_AGAIN = "run s3io-user rotate again: it continues where it stopped"
_TAKES_AWAY = ("delete", "delete-replaced", "replace", "discard-replaced", "delete-replacement")


@dataclass(frozen=True)
class Target:
    """The stack, the project's folder, and one of the stack's users."""

    stack: str | None = None
    cwd: str | None = None
    user: str | None = None


class Rotation:
    """The steps for one user of one stack. Raises S3IOError: at once if the stack has no such user or its config fails.

    ``say`` takes a sentence for each step, ``echo`` the lines of pulumi's progress.
    """

    def __init__(self, target: Target, say: Say, echo: Say | None = None) -> None:
        self.target, self.say, self.echo = target, say, echo
        self.setting = project.read_project(target.stack, target.cwd)
        if self.setting.fault is not None:
            raise S3IOError(self.setting.fault)
        self.user = target.user
        if self.setting.many and self.user is None and len(self.setting.users) == 1:
            self.user = next(iter(self.setting.users))
        self._read()

    def _read(self) -> None:
        self.outputs = user_outputs(pulumi_cli.outputs(self.target.stack, self.target.cwd), self.user)
        exported = project.read_export(self.target.stack, self.target.cwd)
        keys = state.keys_in_state(exported, str(self.outputs.get("userName")))
        if keys is None:
            raise S3IOError(f"the stack's state has no S3IOUser with the user '{self.outputs.get('userName')}'")
        self.keys = keys

    @property
    def configured(self) -> int:
        """The generation in the stack's config."""
        return self._inputs().key_generation

    def begun(self) -> tuple[Note, Stage] | None:
        """The unfinished rotation, and how far it is. Raises S3IOError if it is another user's."""
        text = self.setting.config.get(NOTE)
        note = state.read_note(text)
        if note is None:
            if text:
                self.say("The note of an unfinished rotation can't be read, so it is dropped.")
                self.drop_note()
            return None
        if note.user != (self.user if self.setting.many else None):
            raise S3IOError(
                f"a rotation of '{note.user}' is not finished: run s3io-user rotate --user {note.user} first"
            )
        return note, state.stage(note, self.keys, self.configured)

    def plan(self, stale: Note | None = None) -> Note:
        """A new rotation. From a stale note it takes only what ``previousKey`` was before.

        Raises S3IOError if the key can't be rotated.
        """
        inputs = self._inputs()
        if inputs.rotate_every_days:
            raise S3IOError("rotateEveryDays rotates this key: run pulumi up when it is due, or remove rotateEveryDays")
        if not inputs.create_access_key or not self.keys.by_generation:
            raise S3IOError("there is no key to rotate: set createAccessKey to true and run pulumi up")
        latest = self.keys.latest
        if latest < self.configured:
            raise S3IOError(
                f"keyGeneration {self.configured} is not deployed yet: run pulumi up, then s3io-user rotate"
            )
        if latest > self.configured:
            raise S3IOError(
                f"the stack's key has generation {latest}, but its config says {self.configured}: set keyGeneration to "
                f"{latest}. If the program does not read it from config, raise it in the program"
            )
        user = self.user if self.setting.many else None
        previous = self.setting.own(user, "previousKey")
        if stale is not None and previous == PreviousKey.ACTIVE.value:  # as the stale rotation wrote it
            previous = stale.previous
        return Note(user, latest + 1, self.keys.by_generation[latest], previous)

    def check_room(self) -> None:
        """Ask AWS whether the user can have another key. Raises S3IOError if not."""
        from s3io_user.aws.answers import AwsError
        from s3io_user.aws.users import keys_of

        name = str(self.outputs["userName"])
        try:
            found = keys_of(self.setting.access, name)
        except AwsError as error:
            self.say(f"It is not known whether the user can have another key: {error}.")
            return
        known = set(self.keys.by_generation.values())
        if strangers := [key for key in found if key.id not in known]:
            raise S3IOError(
                f"there is no room for a new key: '{name}' has {', '.join(map(str, strangers))}, which the stack did "
                "not create, and AWS allows two keys. Run s3io-user doctor, and delete the key that nobody uses"
            )

    def other_changes(self, note: Note) -> list[str]:
        """Preview the new key without writing anything, and name what else the update would change.

        Raises S3IOError if the program would not create the new key, or would delete the old one.
        """
        steps = self._preview(note)
        made = [s for s in steps if self._makes(s, note.generation)]
        if not made:
            raise S3IOError(
                f"setting keyGeneration to {note.generation} in the stack's config changes no key: the program does "
                "not read it from there. Raise key_generation in the program by one, then run pulumi up"
            )
        gone = [s for s in steps if s.get("op") in _TAKES_AWAY and (s.get("oldState") or {}).get("id") == note.old]
        if gone:
            raise S3IOError(
                f"the key {note.old} would be gone as soon as the new one exists: the program does not read "
                "previousKey from the stack's config. Set previous_key to 'active' there, or rotate with pulumi up"
            )
        left_out = (ACCESS_KEY, "pulumi:pulumi:Stack")
        return [
            f"{s['op']} {str(s['urn']).rpartition('$')[2].rpartition('::')[2]} ({_type(s)})"
            for s in steps
            if s.get("op") != "same" and s.get("urn") != self.keys.urn and _type(s) not in left_out
        ]

    def _makes(self, step: Mapping[str, Any], generation: int) -> bool:
        new = step.get("newState") or {}
        made = step.get("op") in ("create", "create-replacement") and new.get("type") == ACCESS_KEY
        return made and new.get("parent") == self.keys.urn and generation_of(new) == generation

    def _preview(self, note: Note) -> list[dict[str, Any]]:
        """The steps of an update with the generation raised, previewed with a temporary copy of the stack's config."""
        target = self.target
        name = target.stack or pulumi_cli.run(["stack", "--show-name"], None, target.cwd).strip()
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "config.yaml"
            if (own := project_file.config_file(name, target.cwd)).is_file():
                shutil.copyfile(own, copy)
            for key, value in (("previousKey", "active"), ("keyGeneration", str(note.generation))):
                path = ["config", "set", "--path", "--plaintext", "--config-file", str(copy), "--", self._key(key)]
                pulumi_cli.run(path, target.stack, target.cwd, given=value)
            return pulumi_cli.preview(str(copy), target.stack, target.cwd, secrets=self.setting.secrets)

    def what_will_be_done(self, note: Note, at: Stage, others: Sequence[str] = ()) -> str:
        """The steps in words, to show before the first."""
        fate = self._fate(note)
        then = PreviousKey(fate).fate.said
        last = f"set previousKey to {fate} and run pulumi up: the old key, {note.old}, is {then}"
        name = self.outputs["userName"]
        if note.retiring:
            return f"Continuing the rotation of {name}: {last}."
        before = self.keys.by_generation.get(note.generation - 2)
        at_once = f" (the one before it, {before}, is deleted at once)" if before else ""
        old = f"beside {note.old}{at_once}" if at is Stage.BEGUN else "which exists already"
        also = f"\n     the update also changes: {_few(others)}" if others else ""
        return (
            f"Rotation of {name}:\n"
            f"  1. set keyGeneration to {note.generation}, previousKey to active, and run pulumi up: a new key, "
            f"{old}{also}\n"
            "  2. verify the new key\n"
            "  3. wait until you say that it is in use\n"
            f"  4. {last}"
        )

    def make_new(self, note: Note) -> None:
        """Create the new key beside the old one. Raises S3IOError if the stack's key is the same afterwards."""
        self._write(NOTE, note.as_text())
        self._set("previousKey", "active")
        self._set("keyGeneration", str(note.generation))
        self._up("a new key beside the old one")
        self._read()
        new = self.outputs.get("accessKeyId")
        if not new or new == note.old or self.keys.by_generation.get(note.generation) != new:
            raise S3IOError(
                f"the key did not change: the stack's key is {new or 'not there'} after pulumi up. "
                "Check that the program reads keyGeneration from the stack's config"
            )
        self.say(f"The new key is {new}: hand it over with s3io-user export or to-config.")

    def checks(self, wait: float) -> list[Check]:
        """The checks of the new key; none if nobody here can try it."""
        if self.outputs.get("encryptedSecret"):
            self.say("The new key is not verified: only the owner of pgpKey has its secret.")
            return []
        places: list[Bucket] | None = None
        if not self._inputs().buckets:
            self.say("The new key is not tried on a bucket, because the stack names none.")
            places = []
        target = self.target
        return verify_stack(
            target.stack, target.cwd, self.user, places=places, within=wait, setting=self.setting, progress=self.say
        )

    def old_key(self, note: Note) -> str:
        """When the old key was last used, in a sentence."""
        from s3io_user.aws.answers import AwsError
        from s3io_user.aws.users import keys_of

        try:
            found = keys_of(self.setting.access, str(self.outputs["userName"]))
        except AwsError as error:
            return f"The old key is {note.old} ({error})."
        return next((f"The old key is {key}." for key in found if key.id == note.old), f"The old key is {note.old}.")

    def retire(self, note: Note) -> None:
        """Set ``previousKey`` to what it was, and update: the old key is deleted, deactivated or left active."""
        self._write(NOTE, replace(note, retiring=True).as_text())
        if note.previous is None:
            self._remove(self._key("previousKey"))
        else:
            self._set("previousKey", note.previous)
        self._up("retiring the old key")
        self.drop_note()

    def drop_note(self) -> None:
        """Delete the note of the rotation."""
        self._remove(NOTE)

    def _inputs(self) -> "Inputs":
        if not self.setting.many:
            return next(iter(self.setting.users.values()))
        user_outputs({"users": {name: {} for name in self.setting.users}}, self.user)  # names the near miss
        return self.setting.users[str(self.user)]

    def _fate(self, note: Note) -> str:
        """What ``previousKey`` will be in the end: the first step overwrites what the only user has."""
        default = self.setting.own(None, "previousKey") if self.setting.many else None
        return note.previous or default or PreviousKey.REMOVED.value

    def _key(self, key: str) -> str:
        if file := self.setting.users_file:
            raise S3IOError(
                f"the inputs of '{self.user}' are in {legible(file)}, which rotate does not edit: raise its "
                "keyGeneration there by one, then run pulumi up"
            )
        return config_key(key, self.user if self.setting.many else None, self.setting.name)

    def _set(self, key: str, value: str) -> None:
        path = ["config", "set", "--path", "--plaintext", "--", self._key(key)]
        pulumi_cli.run(path, self.target.stack, self.target.cwd, given=value)

    def _write(self, key: str, value: str) -> None:
        pulumi_cli.run(["config", "set", "--plaintext", "--", key], self.target.stack, self.target.cwd, given=value)

    def _remove(self, key: str) -> None:
        pulumi_cli.run(["config", "rm", "--path", "--", key], self.target.stack, self.target.cwd)

    def _up(self, purpose: str) -> None:
        self.say(f"pulumi up: {purpose} …")
        try:
            pulumi_cli.up(self.target.stack, self.target.cwd, secrets=self.setting.secrets, echo=self.echo)
        except S3IOError as error:
            raise S3IOError(f"pulumi up failed: {error}. Correct that, then {_AGAIN}") from None
        except Interrupted as interrupt:
            raise Interrupted(f"{interrupt}: the old key works. To continue, {_AGAIN}") from None


def _type(step: Mapping[str, Any]) -> str:
    return str((step.get("newState") or step.get("oldState") or {}).get("type"))


def _few(changes: Sequence[str]) -> str:
    more = f" and {len(changes) - 5} more" if len(changes) > 5 else ""
    return ", ".join(changes[:5]) + more
