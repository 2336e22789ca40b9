"""Whether an old key may go: by what AWS says of the use of both keys since the new one was delivered. Pure.

AWS does not say how late `GetAccessKeyLastUsed` may be. Of the same data it says that "recent activity usually appears
within four hours" (GenerateServiceLastAccessedDetails, IAM API Reference), and that of several uses within 15 minutes
only the first is recorded (credential reports, IAM User Guide).
"""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from s3io_user.wording import legible, shown

if TYPE_CHECKING:
    from s3io_user.aws.users import KeyInfo, KeyUses

QUIET_FOR = timedelta(hours=48)
"""How long the old key must not be used: a day, for what runs once a day, and as much again for AWS's delay."""

SHORTEST = timedelta(hours=4, minutes=15)
"""A use may be recorded as one of 15 minutes before, and appear four hours later: less than that can miss one."""

_LONGEST = timedelta(days=3650)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def weigh(old: str, new: str, delivered: datetime, uses: "KeyUses", quiet_for: timedelta) -> tuple[str, ...]:
    """What the old key waits for, a sentence each, by AWS's own clock; none if it may go.

    The times of a note count only where they make it wait longer.
    """
    keys = {key.id: key for key in uses.keys}
    if (made := keys.get(new)) is None or made.status != "Active":
        return (f"the new key, {legible(new)}, is {made.status if made else 'not there'} in AWS",)
    if (going := keys.get(old)) is None or going.status != "Active":
        return ()  # nobody can be using it
    since = max(delivered, made.created)
    return tuple(filter(None, (_unused(made, since), _not_quiet(going, since, uses.at, quiet_for))))


def in_use(key: "KeyInfo", at: datetime, quiet_for: timedelta) -> bool:
    """Whether a key may be in use: it works, and was used or created within ``quiet_for``."""
    return key.status == "Active" and at - max(key.created, key.last_used or key.created) < quiet_for


def _unused(key: "KeyInfo", since: datetime) -> str | None:
    if key.last_used is None or key.last_used <= since:
        return f"AWS has not seen the new key, {legible(key.id)}, used since it was delivered on {moment(since)}"
    if key.service is None:
        return f"AWS does not say with which service the new key, {legible(key.id)}, was used"
    # Whoever only asks whose key it is does not work with it yet.
    if key.service == "sts":
        return f"AWS has seen the new key, {legible(key.id)}, used with sts alone since it was delivered"
    return None


def _not_quiet(key: "KeyInfo", since: datetime, at: datetime, quiet_for: timedelta) -> str | None:
    used = key.last_used if key.last_used and key.last_used > since else None
    until = (used or since) + quiet_for
    if at >= until:
        return None
    seen = f"was last used on {moment(used)}" if used else "has not been used since the delivery"
    return f"the old key, {legible(key.id)}, {seen}: it can go if it stays unused until {moment(until)}"


def moment(at: datetime) -> str:
    """A time as it is said."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def read_duration(text: object) -> timedelta:
    """A duration such as ``48h``, ``2d``, ``90m`` or ``1d12h``, up to ten years. Raises ValueError."""
    parts = re.findall(r"([0-9]{1,6})([smhdw])", text) if isinstance(text, str) else []
    if not parts or "".join(map("".join, parts)) != text:
        raise ValueError(f"must be a duration such as 48h, 7d or 90m (got {shown(text)})")
    total = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
    if total > _LONGEST:
        raise ValueError(f"must be at most {_LONGEST.days} days (got {shown(text)})")
    return total
