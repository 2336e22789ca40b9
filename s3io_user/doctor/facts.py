"""The facts that `s3io-user doctor` has about a user, and the findings that it makes of them. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from s3io_user.doctor.ownership import Circumstances, Maker
from s3io_user.iam.arns import is_quarantine
from s3io_user.stack.state import UserState

if TYPE_CHECKING:
    from s3io_user.aws.users import KeyInfo

UNUSED_DAYS = 90
QUARANTINED = "quarantined"
"""The ID of the finding that comes before all others."""


@dataclass(frozen=True)
class Finding:
    """A finding and its remedy. ``user`` is empty if the finding is about the account or the stack.

    ``key`` is the access key that ``--fix`` can delete, ``proved`` whether it is proved to be the stack's own.
    ``account`` is the number of the user's account: a stack may have users of one name in several.
    """

    id: str
    user: str
    sentence: str
    remedy: str
    key: str | None = None
    proved: bool = False
    account: str = ""

    def of(self, accounts: Collection[str | None]) -> str:
        """What it is about, for people. ``accounts`` are those of all users that were looked at."""
        if not self.user:
            return "the stack"
        return f"{self.user} in {self.account}" if self.account and len(set(accounts)) > 1 else self.user

    def as_json(self) -> dict[str, object]:
        """The finding as JSON values."""
        return {"id": self.id, "user": self.user or None, "account": self.account or None, "sentence": self.sentence,
                "remedy": self.remedy, "key": self.key}  # fmt: skip


@dataclass(frozen=True)
class UserFacts:
    """A user as it is in the state and in AWS. None is what could not be looked up."""

    state: UserState
    exists: bool = True
    unique_id: str | None = None
    keys: tuple["KeyInfo", ...] | None = None
    attached: frozenset[str] | None = None
    inline: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    changed: frozenset[str] = frozenset()
    """The stack's policies that have another document in AWS, by name or ARN."""
    boundary: str | None = None
    renamed: str | None = None
    """The name that the user of the stack has in AWS now, if it ``exists`` under its own no more."""
    console: bool | None = None
    rotate_every_days: int | None = None
    rotates_itself: bool = False
    """Whether ``self_service`` lets the user replace its own key."""
    exclusive: bool = False
    """Whether the stack detaches what it did not attach, when it looks at AWS."""
    one_of_several: bool = False
    """Whether the stack has other users, so that a command has to name this one."""
    makers: Mapping[str, Maker] = field(default_factory=dict)

    @property
    def not_seen(self) -> tuple[str, ...]:
        """What could not be looked up, in words."""
        looked_for = {
            "its keys in AWS": self.keys,
            "its permissions in AWS": self.attached,
            "whether it has a password": self.console,
        }
        return tuple(what for what, found in looked_for.items() if found is None) if self.exists else ()

    @property
    def quarantines(self) -> list[str]:
        """The ARNs of the policies by which AWS has quarantined the user."""
        return sorted(filter(is_quarantine, self.attached or ()))

    @property
    def unknown_keys(self) -> list["KeyInfo"]:
        """The user's access keys that are not in the state."""
        return [key for key in self.keys or () if key.id not in self.state.keys]

    def circumstances(self, key: "KeyInfo", now: "Moment") -> Circumstances:
        """The facts by which to tell who owns a key that is not in the state."""
        ours = self.state
        rights = (self.attached, ours.attached), (self.inline, ours.inline), (self.groups, ours.groups)
        return Circumstances(
            same_user=ours.unique_id is not None and ours.unique_id == self.unique_id,
            unknown_keys=len(self.unknown_keys),
            saved=now.saved,
            others_at_work=any(in_aws is None or in_aws - in_state for in_aws, in_state in rights),
            you=now.you,
            maker=self.makers.get(key.id),
        )


@dataclass(frozen=True)
class Moment:
    """When the facts were looked up, by whom (an ARN), and when the state was last saved."""

    now: datetime
    you: str = ""
    saved: datetime | None = None
    unused_days: int = UNUSED_DAYS


def urgent_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in their order, but those about exposed credentials before all others."""
    return sorted(findings, key=lambda finding: finding.id != QUARANTINED)
