"""The facts that `s3io-user fleet` shows of each stack and each user. Pure.

What could not be looked at is None, or named in ``not_looked_at``. It is never shown as nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from s3io_user.doctor.facts import Finding
from s3io_user.fleet.inventory import StackUser

if TYPE_CHECKING:
    from s3io_user.aws.users import KeyInfo

JSON_VERSION = 1
FOREIGN = "not the stack's"
"""The role of a key in AWS that the state does not have."""


@dataclass(frozen=True)
class FleetKey:
    """An access key of the state, of AWS, or of both. ``in_aws`` is None where AWS was not asked.

    ``last_used`` is None for a key that was never used, and where AWS was not asked.
    """

    id: str
    role: str
    generation: int | None
    status: str
    created: datetime | None
    last_used: datetime | None = None
    in_aws: bool | None = None

    def days(self, now: datetime) -> int | None:
        """How many whole days old it is."""
        return None if self.created is None else (now - self.created).days


@dataclass(frozen=True)
class Due:
    """When a key is to be replaced: ``on`` is None where nothing says so. ``now``: that day has come."""

    on: date | None = None
    now: bool = False


@dataclass(frozen=True)
class FleetUser:
    """One user. ``dangers`` are the dangerous actions that its policy allows. None is what is not known."""

    user: StackUser
    keys: tuple[FleetKey, ...]
    dangers: tuple[str, ...] | None
    due: Due | None
    findings: tuple[Finding, ...] | None = None
    not_looked_at: tuple[str, ...] = ()


@dataclass(frozen=True)
class FleetStack:
    """One stack: its name (None: never updated), its users, and the findings that are about no single user of them.

    ``findings`` is None where doctor could not examine it; a stack without users has none.
    """

    stack: str | None
    users: tuple[FleetUser, ...]
    findings: tuple[Finding, ...] | None = ()
    not_looked_at: tuple[str, ...] = ()

    @property
    def is_seen(self) -> bool:
        """Whether the stack and each of its users were examined, but for what ``not_looked_at`` names one by one."""
        return self.findings is not None and all(user.findings is not None for user in self.users)

    @property
    def accounts(self) -> set[str | None]:
        """The accounts of its users."""
        return {each.user.account for each in self.users}

    @property
    def every_finding(self) -> tuple[Finding, ...]:
        """The findings of the stack and of its users."""
        return (*(self.findings or ()), *(finding for user in self.users for finding in user.findings or ()))


def keys_of(user: StackUser, found: "Sequence[KeyInfo] | None") -> tuple[FleetKey, ...]:
    """A user's keys, the newest first: those of the state, with what AWS has of them, then those of AWS alone.

    ``found`` is None where AWS was not asked.
    """
    state = {key.id: key for key in user.keys}
    if found is None:
        return tuple(FleetKey(key.id, key.role, key.generation, key.status, key.created) for key in user.keys)
    there = {key.id: key for key in found}
    ours = [
        FleetKey(key.id, key.role, key.generation, there[key.id].status, there[key.id].created, there[key.id].last_used,
                 in_aws=True)
        if key.id in there
        else FleetKey(key.id, key.role, key.generation, "not in AWS", key.created, in_aws=False)
        for key in user.keys
    ]  # fmt: skip
    others = [
        FleetKey(key.id, FOREIGN, None, key.status, key.created, key.last_used, in_aws=True)
        for key in found
        if key.id not in state
    ]
    return (*ours, *others)


def due_by_age(user: StackUser, keys: Iterable[FleetKey], older_than: int | None, today: date) -> Due | None:
    """When the key in use is as old as it may be: by ``rotateEveryDays`` or ``older_than`` days, whichever is less."""
    most = min(days for days in (user.every_days, older_than, None) if days) if user.every_days or older_than else None
    key = next((key for key in keys if key.role == "current"), None)
    if most is None or (key is None and user.finished):
        return Due()
    if key is None or key.created is None:
        return None
    on = (key.created + timedelta(days=most)).date()
    return Due(on, now=on <= today)


def of_user(user: StackUser, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings about one user, by its name in AWS and its account: users of a stack may share a name."""
    name = user.user_name or user.name
    return tuple(each for each in findings if each.user == name and user.account in (None, each.account))


def as_dict(stack: FleetStack, now: datetime) -> dict[str, Any]:
    """A stack as JSON values; docs/many-sites.md has the shape."""
    return {
        "users": [_user(user, now) for user in stack.users],
        "findings": None if stack.findings is None else [finding.as_json() for finding in stack.findings],
        "notLookedAt": list(stack.not_looked_at),
    }


def _user(each: FleetUser, now: datetime) -> dict[str, Any]:
    user = each.user
    return {
        **user.as_json(),
        "due": None if each.due is None else _due(each.due),
        "dangers": None if each.dangers is None else list(each.dangers),
        "keys": [_key(key, now) for key in each.keys],
        "findings": None if each.findings is None else [finding.as_json() for finding in each.findings],
        "notLookedAt": list(each.not_looked_at),
    }


def _due(due: Due) -> dict[str, Any]:
    return {"on": due.on.isoformat() if due.on else None, "now": due.now}


def _key(key: FleetKey, now: datetime) -> dict[str, Any]:
    return {
        "id": key.id,
        "role": key.role or None,
        "generation": key.generation,
        "status": key.status or None,
        "created": key.created.isoformat(timespec="seconds") if key.created else None,
        "ageDays": key.days(now),
        "lastUsed": key.last_used.isoformat(timespec="seconds") if key.last_used else None,
        "inAws": key.in_aws,
    }
