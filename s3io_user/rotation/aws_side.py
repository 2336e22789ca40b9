"""What AWS says of a user's access keys while one is rotated: whether there is room, and which are in use."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from s3io_user.errors import S3IOError
from s3io_user.rotation import evidence
from s3io_user.rotation.state import Note

if TYPE_CHECKING:
    from s3io_user.aws.connection import Connection
    from s3io_user.aws.users import KeyUses


@dataclass(frozen=True)
class AwsSide:
    """The access keys of a user in AWS."""

    access: "Connection"
    user: str

    def check_account(self) -> None:
        """Raises S3IOError if the credentials are of another account, which may have a user of the same name."""
        from s3io_user.aws.answers import AwsError

        if self.access.account is None:
            return
        try:
            self.access.client("iam")
        except AwsError as error:
            if error.code == "OtherAccount":
                raise

    def check_room(self, known: Collection[str], say: Callable[[str], None], hint: str = "") -> None:
        """Ask AWS whether the user can have another key besides the ``known`` ones. Raises S3IOError if not.

        ``hint`` says what another key may be.
        """
        from s3io_user.aws.answers import AwsError
        from s3io_user.aws.users import keys_of

        try:
            found = keys_of(self.access, self.user)
        except AwsError as error:
            if error.code == "NoSuchEntity":
                raise S3IOError(f"AWS has no user '{self.user}' any more: run s3io-user doctor") from None
            say(f"It is not known whether the user can have another key: {error}.")
            return
        if strangers := [key for key in found if key.id not in known]:
            raise S3IOError(
                f"there is no room for a new key: '{self.user}' has {', '.join(map(str, strangers))}, which the stack "
                f"did not create, and AWS allows two keys.{hint} Run s3io-user doctor, and delete the key that nobody "
                "uses"
            )

    def check_unused(self, key_id: str, quiet_for: timedelta) -> None:
        """Ask AWS whether a key that goes as the new one is created may be in use.

        Raises S3IOError if it may be, or AWS does not say.
        """
        from s3io_user.aws.answers import AwsError

        try:
            uses = self._uses()
        except AwsError as error:
            raise S3IOError(
                f"creating a new key deletes {key_id}, and it is not known whether that is in use: {error}"
            ) from None
        for key in uses.keys:
            if key.id == key_id and evidence.in_use(key, uses.at, quiet_for):
                raise S3IOError(
                    f"creating a new key would delete the one before the last, which may be in use: {key}. Move what "
                    "uses it to the current key, or set previousKey to removed and run pulumi up"
                )

    def old_key(self, old: str) -> str:
        """When the old key was last used, in a sentence."""
        from s3io_user.aws.answers import AwsError
        from s3io_user.aws.users import keys_of

        try:
            found = keys_of(self.access, self.user)
        except AwsError as error:
            return f"The old key is {old} ({error})."
        return next((f"The old key is {key}." for key in found if key.id == old), f"The old key is {old}.")

    def evidence(self, note: Note, quiet_for: timedelta) -> tuple[str, ...]:
        """What the old key still waits for, by what AWS says of the use of both keys."""
        from s3io_user.aws.answers import AwsError

        if note.delivered_at is None or not note.new:
            return ("the new key is not delivered yet",)
        try:
            uses = self._uses()
        except AwsError as error:
            return (f"it is not known whether the keys are in use: {error}",)
        return evidence.weigh(note.old, note.new, note.delivered_at, uses, quiet_for)

    def now(self) -> datetime:
        """AWS's time. This machine's may be before AWS saw our own check of the new key."""
        from s3io_user.aws.answers import AwsError

        try:
            return self._uses().at
        except AwsError:
            return datetime.now(timezone.utc)

    def _uses(self) -> "KeyUses":
        from s3io_user.aws.users import key_uses

        return key_uses(self.access, self.user)
