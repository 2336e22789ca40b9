"""Whose an access key is that no state holds: what proves that an interrupted update of this stack made it. Pure.

"Never used, of a user of ours" proves nothing: a colleague's key, or that of another stack, looks the same until it is
used. It takes all of these: the stack made the user, and AWS's user is that one by its unique ID; an update was
interrupted while it made a key for the user; this key was made just then, and no other could be meant; nobody used it;
nobody else gave the user rights; and CloudTrail has that whoever asks made it, by Pulumi.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from s3io_user.stack.state import UserState

if TYPE_CHECKING:
    from s3io_user.aws.users import KeyInfo

JUST_THEN = timedelta(seconds=30)
"""How far a key's CreateDate may be from when the interrupted update last wrote the state: requests are retried."""


@dataclass(frozen=True)
class Maker:
    """Who made a key, as CloudTrail has it: the ARN of the principal, and its user agent."""

    arn: str
    agent: str

    @property
    def by_pulumi(self) -> bool:
        """Whether it was AWS's provider for Pulumi, which says so in its user agent."""
        return "pulumi" in self.agent.lower()

    def __str__(self) -> str:
        return f"{self.arn} made it{'' if self.by_pulumi else ', and not'} by Pulumi"


@dataclass(frozen=True)
class Circumstances:
    """What is known beside the key itself: ``unknown_keys`` counts the user's keys that the state does not hold.

    ``same_user``: AWS's user has the unique ID that the state has. ``saved`` is when the state was last written,
    ``others_at_work`` whether the user has rights that are not the stack's, or that could not be looked up. ``maker``
    is what CloudTrail has of the key (``None``: nothing, or it was not asked), ``you`` the ARN of whoever asks.
    """

    same_user: bool
    unknown_keys: int
    saved: datetime | None
    others_at_work: bool
    you: str
    maker: Maker | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether a key is proved to be the stack's own, and why or why not, as a sentence."""

    proved: bool
    reason: str


def judge(holding: UserState, key: "KeyInfo", about: Circumstances) -> Verdict:
    """What is proved of a key that the state does not hold, of a user that it does."""
    seen = f"; CloudTrail has that {about.maker}" if about.maker else ""
    if doubt := _doubt(holding, key, about):
        return Verdict(False, doubt + seen)
    return Verdict(True, f"an update of this stack was interrupted when it had made it: nobody has its secret{seen}")


def _doubt(holding: UserState, key: "KeyInfo", about: Circumstances) -> str | None:
    """Why a key may be somebody's: the first reason that there is."""
    if key.last_used is not None:
        return "somebody has its secret: find out who uses it"
    if not holding.owned:
        return "the stack did not make this user, so the key may be its owner's, or another stack's: ask them"
    if not about.same_user:
        return "it is not known whether AWS's user is the one that the stack made: ask who made the key"
    return _doubt_by_time(holding, key, about) or _doubt_by_maker(about)


def _doubt_by_time(holding: UserState, key: "KeyInfo", about: Circumstances) -> str | None:
    if not holding.keys_begun or about.saved is None:
        return "nothing shows that this stack made it, so it may be a colleague's or another stack's: ask who made it"
    begun = f"an update of this stack was interrupted at {about.saved:%H:%M:%S} UTC while it made a key for this user"
    if abs(key.created - about.saved) > JUST_THEN:
        return f"{begun} on {about.saved:%Y-%m-%d}, and this one was made at {key.created:%H:%M:%S}: ask who made it"
    if about.unknown_keys > holding.keys_begun:
        return f"{begun}, but not all of these keys can be that update's: ask who made them"
    if about.others_at_work:
        return f"{begun}, but somebody else gives this user rights, so the key may be theirs: ask them"
    return None


def _doubt_by_maker(about: Circumstances) -> str | None:
    if about.maker is None:
        return (
            "an update of this stack was interrupted while it made a key for this user, and this one was made just "
            "then, so it is most likely that update's; who made it can't be seen in CloudTrail, which shows it after "
            "up to 15 minutes. See that nobody else made a key for this user at that time"
        )
    if about.maker.by_pulumi and _principal(about.maker.arn) == _principal(about.you):
        return None
    return f"whoever made it is not you ({about.you}) with Pulumi: ask them"


def _principal(arn: str) -> str:
    """The ARN without a session's name, which differs from run to run."""
    head, _, session = arn.rpartition("/")
    return head if ":assumed-role/" in arn and session else arn
