"""What `s3io-user doctor` says: from facts to findings, each with a stable id, a sentence and a remedy. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from s3io_user.holdings import Holding

if TYPE_CHECKING:
    from s3io_user.aws import KeyInfo

FULL_ACCESS = "policy/AmazonS3FullAccess"
UNUSED_DAYS = 90


@dataclass(frozen=True)
class Finding:
    """``user`` is empty where it is about the account. ``key`` is what ``--fix`` removes, ``safe`` without asking."""

    id: str
    user: str
    sentence: str
    remedy: str
    key: str | None = None
    safe: bool = False

    def as_json(self) -> dict[str, object]:
        """The finding as JSON values."""
        return {"id": self.id, "user": self.user or None, "sentence": self.sentence, "remedy": self.remedy,
                "key": self.key}  # fmt: skip


@dataclass(frozen=True)
class UserFacts:
    """What the state holds of a user and what AWS has; ``None`` is what could not be looked up."""

    holding: Holding
    exists: bool = True
    keys: tuple["KeyInfo", ...] | None = None
    attached: frozenset[str] | None = None
    inline: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    console: bool | None = None
    rotate_every_days: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What one user's inputs ask for, and what AWS says of it. A ``None`` in a map is what could not be looked up.

    ``names_taken`` holds the names of users that are the wanted one to IAM. Buckets map to ``""`` where all is well,
    or to one of ``missing``, ``foreign``, ``acls``.
    """

    logical: str
    made: bool
    user: str | None = None
    names_taken: tuple[str, ...] = ()
    exist: Mapping[tuple[str, str], bool | None] = field(default_factory=dict)
    buckets: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Account:
    """Who asks, what of the deployer's policy is not allowed, and what GetAccountSummary counts."""

    denied: tuple[str, ...] = ()
    summary: Mapping[str, int] | None = None


def after(facts: UserFacts, now: datetime, unused_days: int = UNUSED_DAYS) -> Iterator[Finding]:
    """What is to be said of a user that a stack holds, at a time."""
    held = facts.holding
    if not facts.exists:
        yield Finding("user-missing", held.user, "the stack holds this user, and AWS has none of that name",
                      "run pulumi up --refresh to make it again, or pulumi destroy to let it go")  # fmt: skip
        return
    if facts.keys is not None:
        for key in facts.keys:
            yield from _of_key(facts, key, now, timedelta(days=unused_days))
        yield from _gone_keys(held, facts.keys)
        yield from _idle(held, facts.keys)
    yield from _of_rights(facts)


def _of_key(facts: UserFacts, key: "KeyInfo", now: datetime, unused: timedelta) -> Iterator[Finding]:
    held, user = facts.holding, facts.holding.user
    if key.id not in held.keys:
        yield _unknown(held, key)
        return
    if held.keys[key.id] == "Active" and key.status != "Active":
        yield Finding("key-switched-off", user, f"the key {key} is switched off, and the stack has it as Active",
                      "run pulumi up --refresh to switch it on, or set keyStatus to Inactive")  # fmt: skip
    if now - (key.last_used or key.created) >= unused:
        yield Finding("key-unused", user, f"the key {key} has not been used for {unused.days} days or more",
                      "if nobody needs it: set createAccessKey to false, or run pulumi destroy")  # fmt: skip
    due = facts.rotate_every_days
    if due and key.id == held.current and now - key.created >= timedelta(days=due + 1):
        yield Finding("key-old", user, f"the key {key} is older than the {due} days of rotateEveryDays",
                      "run pulumi up, which replaces it, and see why the scheduled one did not")  # fmt: skip


def _unknown(held: Holding, key: "KeyInfo") -> Finding:
    sentence = f"the stack does not hold the key {key}: it counts in the two that AWS allows"
    used = "somebody has its secret, so find out who first; then "
    adopted = "the user is adopted, so it may be another's; if it is nobody's, "
    why = used if key.last_used else "" if held.owned else adopted
    remedy = f"{why}remove it by s3io-user doctor --fix --key {key.id}"
    # What an interrupted update left behind was never used: its secret reached nobody.
    return Finding("key-unknown", held.user, sentence, remedy, key.id, held.owned and key.last_used is None)


def _gone_keys(held: Holding, keys: Iterable["KeyInfo"]) -> Iterator[Finding]:
    there = {key.id for key in keys}
    for key_id in sorted(set(held.keys) - there):
        yield Finding("key-missing", held.user, f"the stack holds the key {key_id}, and AWS does not have it",
                      "run pulumi up --refresh, which makes a new one")  # fmt: skip


def _idle(held: Holding, keys: Iterable["KeyInfo"]) -> Iterator[Finding]:
    """A previous key that nobody used since the current one was made, and the current one is in use."""
    known = {key.id: key for key in keys}
    current, previous = known.get(held.current or ""), known.get(held.previous or "")
    if current is None or previous is None or current.last_used is None:
        return
    if previous.last_used is None or previous.last_used <= current.created:
        yield Finding("two-keys-one-idle", held.user, f"the previous key {previous} is not used since the current "
                      f"one, {current}, was made", "set previousKey to removed and run pulumi up")  # fmt: skip


def _of_rights(facts: UserFacts) -> Iterator[Finding]:
    held, user = facts.holding, facts.holding.user
    for arn in sorted((facts.attached or frozenset()) - held.attached):
        if arn.endswith(FULL_ACCESS):
            yield Finding("full-access-attached", user, "AmazonS3FullAccess is attached, and the stack does not "
                          "attach it: whatever the stack's own policy narrows, this opens",
                          _detach(user, arn))  # fmt: skip
        elif held.owned:
            yield Finding("policy-by-hand", user, f"the policy {arn} is attached, and the stack does not attach it",
                          _detach(user, arn))  # fmt: skip
    if facts.console:
        yield Finding("console-access", user, "the user has a password for the console, and a key is all it needs",
                      f"aws iam delete-login-profile --user-name '{user}'")  # fmt: skip
    if not held.owned:  # an adopted user's own policies and groups are its owner's business
        return
    for name in sorted((facts.inline or frozenset()) - held.inline):
        yield Finding("policy-by-hand", user, f"the inline policy '{name}' is not the stack's",
                      f"set exclusive to true and run pulumi up --refresh, or: aws iam delete-user-policy --user-name "
                      f"'{user}' --policy-name '{name}'")  # fmt: skip
    for group in sorted((facts.groups or frozenset()) - held.groups):
        yield Finding("group-by-hand", user, f"the user is in the group '{group}', where the stack did not put it",
                      f"aws iam remove-user-from-group --user-name '{user}' --group-name '{group}'")  # fmt: skip


def _detach(user: str, arn: str) -> str:
    return (
        "set exclusive to true and run pulumi up --refresh, or: "
        f"aws iam detach-user-policy --user-name '{user}' --policy-arn {arn}"
    )


_MISSING = {
    "user": ("user-missing", "existingUser names '{}', and AWS has no such user", "correct existingUser"),
    "source": ("copy-source-missing", "copyPermissionsFrom names '{}', and AWS has no such user", "correct it"),
    "group": ("group-missing", "the group '{}' does not exist", "make it, or correct groups"),
    "boundary": ("boundary-missing", "the permissions boundary {} does not exist", "make it, or correct it"),
    "policy": ("policy-missing", "the policy {} does not exist", "make it, or correct policyArns"),
}

_BUCKETS = {
    "missing": ("bucket-missing", "the bucket '{}' does not exist", "make it, or correct buckets"),
    "acls": (
        "bucket-acls",
        "the bucket '{}' still uses ACLs, and the key may not set them: images that it overwrites go private",
        "set the bucket's object ownership to BucketOwnerEnforced, or allowAcl to true",
    ),
}


def before(wanted: Wanted) -> Iterator[Finding]:
    """What stands in the way of what one user's inputs ask for."""
    user = wanted.user or wanted.logical
    for taken in wanted.names_taken:
        yield Finding("name-taken", user, f"the account has a user '{taken}' already, which IAM holds for the same",
                      "choose another userName, or adopt that one by existingUser; if an update that was cut off left "
                      f"it behind, it has nothing, and this removes it: {_delete_user(taken)}")  # fmt: skip
    for (kind, name), there in wanted.exist.items():
        if there is False:
            id_, sentence, remedy = _MISSING[kind]
            yield Finding(id_, user, sentence.format(name), remedy)
    for bucket, state in wanted.buckets.items():
        if state in _BUCKETS:
            id_, sentence, remedy = _BUCKETS[state]
            yield Finding(id_, user, sentence.format(bucket), remedy)


def left_over(users: Iterable[str], policies: Iterable[str]) -> Iterator[Finding]:
    """What an update that was cut off may have made under a name of Pulumi's choice, which the next one can't know."""
    for user in users:
        yield Finding("user-left-over", user, "the user is named as this stack names its own and has no key, and the "
                      "stack does not hold it", f"if no other stack does: {_delete_user(user)}")  # fmt: skip
    for arn in policies:
        yield Finding("policy-left-over", "", f"the policy {arn} is named as this stack names its own and is attached "
                      "to nobody, and the stack does not hold it",
                      f"if no other stack does: aws iam delete-policy --policy-arn {arn}")  # fmt: skip


def _delete_user(name: str) -> str:
    return f"aws iam delete-user --user-name '{name}'"  # AWS refuses it of a user who has anything


def of_account(account: Account, new_users: int) -> Iterator[Finding]:
    """What stands in the way for all of the stack's users together."""
    if account.denied:
        yield Finding("not-allowed", "", f"these credentials may not: {', '.join(account.denied)}",
                      "give them what s3io-user deployer-policy prints")  # fmt: skip
    counts = account.summary or {}
    if "UsersQuota" in counts and (left := counts["UsersQuota"] - counts.get("Users", 0)) < new_users:
        sentence = f"the stack needs {new_users} more users, and the account has room for {left}"
        yield Finding("quota-users", "", sentence, "ask AWS for more (Service Quotas), or remove some")


def quotas(summary: Mapping[str, int]) -> list[str]:
    """How much of each quota is left, a line each."""
    return [
        f"{what.lower()}: {summary[f'{what}Quota'] - summary[what]:,} of {summary[f'{what}Quota']:,} left"
        for what in ("Users", "Groups", "Policies")
        if what in summary and f"{what}Quota" in summary
    ]
