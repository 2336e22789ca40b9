"""The steps of a rotation: create a new key, prove it, deliver it, retire the old one. Each is noted beforehand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import from_outputs, user_outputs
from s3io_user.iam.buckets import Bucket
from s3io_user.inputs import self_service
from s3io_user.keys.slots import PreviousKey
from s3io_user.rotation import delivery, preview
from s3io_user.rotation.aftermath import OfNewKey, OfRetirement
from s3io_user.rotation.delivery import Command, Parcel
from s3io_user.rotation.runs import AGAIN, Preview, Steps, Turn, Update, Write
from s3io_user.rotation.state import Note, Stage
from s3io_user.rotation.subject import Subject
from s3io_user.stack.process import Interrupted
from s3io_user.verify.expected import Check
from s3io_user.verify.stack import verify_stack

_ITSELF = " selfService lets the application create keys, so it may be using one of them."


class Rotation(Subject):
    """The steps for one user of one stack."""

    def plan(self, stale: Note | None = None, *, when_due: bool = False) -> Note:
        """A new rotation. From a stale note it takes only what ``previousKey`` was before.

        Raises S3IOError if the key can't be rotated. One that rotateEveryDays rotates can be when it is due.
        """
        inputs = self.inputs
        if self.by_calendar and not when_due:
            raise S3IOError(
                "rotateEveryDays rotates this key: run s3io-user rotate --due, or remove rotateEveryDays to rotate now"
            )
        if not inputs.create_access_key or not self.keys.by_generation:
            raise S3IOError("there is no key to rotate: set createAccessKey to true and run pulumi up")
        if self.reads.lost_its_inputs:
            raise S3IOError(
                "the stack's config has no input any more, so the update would also give the user the default "
                "permissions: restore the config file from Git or a backup"
            )
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
        previous = self.setting.own(self.config.user, "previousKey")
        if stale is not None and previous == PreviousKey.ACTIVE.value:  # as the stale rotation wrote it
            previous = stale.previous
        return Note(self.config.user, latest + 1, self.keys.by_generation[latest], previous)

    def check_room(self, note: Note, quiet_for: timedelta | None) -> None:
        """Ask AWS whether the user can have another key, and if ``quiet_for`` is given, whether one in use would go.

        Raises S3IOError if it can't, or one would.
        """
        itself = _ITSELF if self_service.rotates(self.inputs) else ""
        self.aws.check_room(set(self.keys.by_generation.values()), self.say, itself)
        before = self.keys.by_generation.get(note.generation - 2)
        if before is not None and quiet_for is not None:
            self.aws.check_unused(before, quiet_for)

    def other_changes(self, note: Note) -> Steps[list[str]]:
        """Preview the new key without writing anything, and name what else the update would change.

        Raises S3IOError if the program would not create the new key, or would delete the old one.
        """
        steps = yield Preview(Turn.CHECK_NEW, self, self._raised(note))
        preview.check_new_key(steps, note, self.keys, self.by_calendar)
        return preview.other_changes(steps, self.keys.urn)

    def _raised(self, note: Note) -> dict[str, str | None]:
        """The inputs that make the new key."""
        kept: dict[str, str | None] = {"previousKey": PreviousKey.ACTIVE.value}
        return kept if self.by_calendar else {**kept, "keyGeneration": str(note.generation)}

    def what_will_be_done(self, note: Note, at: Stage, others: Sequence[str] = (), *, how: str = "") -> str:
        """The steps in words, to show before the first. ``how`` says what the old key waits for."""
        fate = self.fate(note)
        then = PreviousKey(fate).fate.description
        last = f"set previousKey to {fate} and run pulumi up: the old key, {note.old}, is {then}"
        name = self.outputs["userName"]
        if note.retiring or at is Stage.DELIVERED:
            return f"Continuing the rotation of {name}: {last}."
        before = self.keys.by_generation.get(note.generation - 2)
        at_once = f" (the one before it, {before}, is deleted at once)" if before else ""
        old = f"beside {note.old}{at_once}" if at is Stage.BEGUN else "which exists already"
        also = f"\n     the update also changes: {preview.few(others)}" if others else ""
        raised = ", ".join(f"{key} to {value}" for key, value in reversed(self._raised(note).items()))
        return (
            f"Rotation of {name}:\n"
            f"  1. set {raised}, and run pulumi up: a new key, {old}{also}\n"
            "  2. verify the new key\n"
            f"  3. {how or 'ask whether the new key is in use and the old one may go; --yes says so'}\n"
            f"  4. {last}"
        )

    def make_new(self, note: Note) -> Steps[None]:
        """Create the new key beside the old one. Raises S3IOError if the stack's key is the same afterwards."""
        yield Write(Turn.NOTE_NEW, self, note, self._raised(note))
        # By the calendar, a further update in a later period would make the next key.
        if not self._is_made(note):
            yield Update(Turn.MAKE, self, "a new key beside the old one", OfNewKey(self, note))
            self.read()
        new = self.outputs.get("accessKeyId")
        if not new or new == note.old or self.keys.by_generation.get(note.generation) != new:
            raise S3IOError(
                f"the key did not change: the stack's key is {new or 'not there'} after pulumi up. "
                "Check that the program reads keyGeneration from the stack's config"
            )
        self.say(f"The new key is {new}.")

    def _is_made(self, note: Note) -> bool:
        """Whether an earlier update finished the component with the new key, and the stack's outputs have it."""
        made = self.keys.by_generation.get(note.generation)
        is_finished = self.keys.finished.get("keyGeneration") == note.generation
        return is_finished and made is not None and made == self.outputs.get("accessKeyId")

    def checks(self, wait: float) -> list[Check]:
        """The checks of the new key; none if nobody here can try it. Raises S3IOError and Interrupted."""
        if self.outputs.get("encryptedSecret"):
            self.say("The new key is not verified: only the owner of pgpKey has its secret.")
            return []
        places: list[Bucket] | None = None
        if not self.inputs.buckets:
            self.say("The new key is not tried on a bucket, because the stack names none.")
            places = []
        try:
            return verify_stack(
                *self.place,
                self.user,
                places=places,
                within=wait,
                setting=self.setting,
                progress=self.say,
                read=self.reads.whole(),
            )
        except KeyboardInterrupt:
            raise Interrupted(
                f"interrupted while the new key was verified: the old key works. To continue, {AGAIN}"
            ) from None

    @property
    def how_to_hand_over(self) -> str:
        """What you do with the new key, if no command delivers it."""
        if self.outputs.get("encryptedSecret"):
            return (
                "Give its owner the user's outputs accessKeyId and encryptedSecret: only pgpKey's private key opens it."
            )
        return "Hand the new key over with s3io-user export or to-config."

    def deliver(self, note: Note, command: Command | None, timeout: float) -> Note:
        """Hand the new key to a command, and note the time. Without one only the time is noted.

        Raises S3IOError and Interrupted; both keys work then.
        """
        if command is not None:
            self.say("Delivering the new key …")
            try:
                delivery.deliver(
                    command, self._parcel(note), cwd=self.setting.folder, timeout=timeout, echo=self._quote
                )
            except S3IOError as error:
                raise S3IOError(
                    f"{error}. Both keys work. Correct that, then run s3io-user rotate again in the same way: it "
                    "delivers the key again"
                ) from None
            except Interrupted as interrupt:
                raise Interrupted(f"{interrupt}: both keys work. To continue, {AGAIN}") from None
            self.say("The new key is delivered.")
        at = self.aws.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        delivered = replace(note, new=self.keys.by_generation[note.generation], delivered=at)
        self.config.write(delivered)
        return delivered

    def _parcel(self, note: Note) -> Parcel:
        pair = from_outputs(user_outputs(self.reads.opened, self.user))
        return Parcel(pair, {"previousAccessKeyId": note.old, "keyGeneration": note.generation, "user": self.user})

    def _quote(self, line: str) -> None:
        self.say(f"  {line}")

    def check_deliverable(self) -> None:
        """Raises S3IOError if nobody here has the secret that is to be delivered."""
        if self.inputs.pgp_key:
            raise S3IOError("the new key can't be delivered, because only the owner of pgpKey can read its secret")

    def evidence(self, note: Note, quiet_for: timedelta) -> tuple[str, ...]:
        """What the old key still waits for. Nothing if it stays as it is."""
        return () if self.fate(note) == PreviousKey.ACTIVE.value else self.aws.evidence(note, quiet_for)

    def keep_old(self, note: Note) -> None:
        """Take back what a retirement that was interrupted wrote, for the old key is in use."""
        self.config.write(replace(note, retiring=False), {"previousKey": PreviousKey.ACTIVE.value})

    def retire(self, note: Note) -> Steps[None]:
        """Set ``previousKey`` to what it was, and update: the old key is deleted, deactivated or left active."""
        if self.by_calendar:
            steps = yield Preview(Turn.CHECK_RETIREMENT, self, {"previousKey": note.previous})
            preview.check_retirement(steps, note)
        yield Write(Turn.NOTE_RETIREMENT, self, replace(note, retiring=True), {"previousKey": note.previous})
        yield Update(Turn.RETIRE, self, "retiring the old key", OfRetirement(self, note))
        yield Write(Turn.END, self, None)
