"""Who owns an access key that is in no state: the proof that an interrupted update of this stack created it. Pure.

That a key of our user was never used proves nothing: a colleague's key, or another stack's, looks the same until it is
used. The proof takes all of these: the stack created the user, and the unique ID shows that AWS's user is that one; an
update was interrupted while it created a key for the user; this key was created at that time, and no other was; nobody
used it; nobody else gave the user permissions; and CloudTrail shows that whoever runs doctor created it, with Pulumi.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from s3io_user.stack.state import UserState

if TYPE_CHECKING:
    from s3io_user.aws.users import KeyInfo

JUST_THEN = timedelta(seconds=30)
"""How far a key's CreateDate may be from when the interrupted update last saved the state. Requests are retried."""


@dataclass(frozen=True)
class Maker:
    """Who created a key, from CloudTrail: the ARN of the principal, and its user agent."""

    arn: str
    agent: str

    @property
    def by_pulumi(self) -> bool:
        """Whether it was Pulumi's AWS provider, which names Pulumi in its user agent."""
        return "pulumi" in self.agent.lower()

    def __str__(self) -> str:
        return f"{self.arn} created it{'' if self.by_pulumi else ', and not'} with Pulumi"


@dataclass(frozen=True)
class Circumstances:
    """The facts about a key beside the key itself. ``unknown_keys``: how many of the user's keys are not in the state.

    ``same_user``: AWS's user has the unique ID that is in the state. ``saved``: when the state was last saved.
    ``others_at_work``: the user has permissions that are not from the stack, or that could not be looked up. ``you``:
    the ARN of the caller. ``maker``: who created the key; None if CloudTrail does not show it, or was not asked.
    """

    same_user: bool
    unknown_keys: int
    saved: datetime | None
    others_at_work: bool
    you: str
    maker: Maker | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether a key is proved to be the stack's own, and a sentence that says why or why not."""

    proved: bool
    reason: str


def judge(state: UserState, key: "KeyInfo", about: Circumstances) -> Verdict:
    """Judge a key that is not in the state, of a user that is."""
    seen = f"; CloudTrail shows that {about.maker}" if about.maker else ""
    if doubt := _doubt(state, key, about):
        return Verdict(False, doubt + seen)
    return Verdict(
        True, f"an update of this stack was interrupted just after it created the key: nobody has its secret{seen}"
    )


def _doubt(state: UserState, key: "KeyInfo", about: Circumstances) -> str | None:
    """The first reason for which somebody may be using the key; None if there is none."""
    if key.last_used is not None:
        return "it has been used, so somebody has its secret: find out who"
    if not state.owned:
        return "the stack did not create this user, so the key may be its owner's or another stack's: ask them"
    if not about.same_user:
        return "whether AWS's user is the one that the stack created is not known: ask who created the key"
    return _doubt_by_time(state, key, about) or _doubt_by_maker(about)


def _doubt_by_time(state: UserState, key: "KeyInfo", about: Circumstances) -> str | None:
    if not state.keys_begun or about.saved is None:
        return "nothing shows that this stack created it: it may be a colleague's or another stack's, so ask them"
    begun = (
        f"an update of this stack was interrupted at {about.saved:%H:%M:%S} UTC while it created a key for this user"
    )
    if abs(key.created - about.saved) > JUST_THEN:
        return (
            f"{begun} on {about.saved:%Y-%m-%d}, but this key was created at {key.created:%H:%M:%S}: ask who created it"
        )
    if about.unknown_keys > state.keys_begun:
        return f"{begun}, but it can't have created all of these keys: ask who created them"
    if about.others_at_work:
        return f"{begun}, but somebody else gives this user permissions, so the key may be theirs: ask them"
    return None


def _doubt_by_maker(about: Circumstances) -> str | None:
    if about.maker is None:
        return (
            "an update of this stack was interrupted while it created a key for this user, and this key was created at "
            "that time, so it is most likely that update's. CloudTrail does not show yet who created it: that can take "
            "up to 15 minutes. Make sure that nobody else created a key for this user at that time"
        )
    if about.maker.by_pulumi and _principal(about.maker.arn) == _principal(about.you):
        return None
    return f"it was not created by you ({about.you}) with Pulumi: ask whoever created it"


def _principal(arn: str) -> str:
    """The ARN without the session's name, which differs from run to run."""
    head, _, session = arn.rpartition("/")
    return head if ":assumed-role/" in arn and session else arn
