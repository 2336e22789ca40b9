"""The facts of a report on one user's key, from explain, verify and doctor. Pure.

Nothing in it is a secret. What could not be looked up is named, and never counts as good.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from s3io_user.doctor.facts import QUARANTINED
from s3io_user.explain.explanation import Explanation
from s3io_user.explain.output import as_dict as explanation_as_dict
from s3io_user.verify.expected import Check
from s3io_user.wording import some

if TYPE_CHECKING:
    from s3io_user.aws.users import KeyInfo
    from s3io_user.doctor.facts import Finding

JSON_VERSION = 1


@dataclass(frozen=True)
class Facts:
    """One user at one time, in UTC. None is what could not be looked up; ``unknown`` says why.

    ``current`` and ``previous`` are the IDs of the stack's access keys.
    """

    user: str
    arn: str
    stack: str
    made_at: datetime
    version: str
    current: str | None
    previous: str | None
    keys: tuple["KeyInfo", ...] | None
    explanation: Explanation | None
    checks: tuple[Check, ...] | None
    findings: tuple["Finding", ...] | None
    unknown: tuple[str, ...]

    @property
    def account(self) -> str:
        """The ID of the user's account; empty if it is not known."""
        return self.arn.split(":")[4] if self.arn.count(":") >= 5 else ""

    @property
    def attention(self) -> tuple[str, ...]:
        """What needs attention, a line each, in the order of the page."""
        return tuple(self._attention())

    def _attention(self) -> Iterator[str]:
        if any(finding.id == QUARANTINED for finding in self.findings or ()):
            yield "The user is in AWS's quarantine, so its credentials were exposed: treat its access keys as leaked"
        if self.explanation and (dangers := self.explanation.dangers):
            yield f"{_count(len(dangers), 'dangerous permission')}: {some([each.action for each in dangers])}"
        if wrong := [check for check in self.checks or () if check.verdict == "finding"]:
            yield f"{_count(len(wrong), 'check')} not as expected: {some([check.call for check in wrong])}"
        if self.findings:
            yield f"{_count(len(self.findings), 'finding')} of doctor: {some([each.id for each in self.findings])}"

    @property
    def untold(self) -> tuple[str, ...]:
        """Everything that is not known, a sentence each."""
        checks = [
            f"whether it may {check.call} on {check.where}: {check.note or 'not tried'}"
            for check in self.checks or ()
            if check.verdict == "unknown"
        ]
        undecided = self.explanation.undecided if self.explanation else ()
        return (*self.unknown, *(f"whether the policies allow {each.text}" for each in undecided), *checks)

    def role(self, key_id: str) -> str:
        """What one of the user's keys is in the stack."""
        roles = {self.current: "the current key", self.previous: "the previous key"}
        return roles.get(key_id, "not a key of this stack")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def age(days: int) -> str:
    """``1 day``, ``90 days``."""
    return _count(days, "day")


def as_dict(facts: Facts) -> dict[str, Any]:
    """The report as JSON values. docs/report.md documents their shape."""
    return {
        "version": JSON_VERSION,
        "madeAt": facts.made_at.isoformat(timespec="seconds"),
        "madeBy": f"s3io-user {facts.version}",
        "user": facts.user,
        "userArn": facts.arn or None,
        "stack": facts.stack,
        "attention": list(facts.attention),
        "keys": None if facts.keys is None else [_key(facts, key) for key in facts.keys],
        "explanation": None if facts.explanation is None else explanation_as_dict(facts.explanation),
        "checks": None if facts.checks is None else [check.as_json() for check in facts.checks],
        "findings": None if facts.findings is None else [each.as_json() for each in facts.findings],
        "unknown": list(facts.untold),
    }


def _key(facts: Facts, key: "KeyInfo") -> dict[str, Any]:
    return {
        "id": key.id,
        "status": key.status,
        "created": key.created.isoformat(timespec="seconds"),
        "lastUsed": key.last_used.isoformat(timespec="seconds") if key.last_used else None,
        "role": {facts.current: "current", facts.previous: "previous"}.get(key.id),
    }
