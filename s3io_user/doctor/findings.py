"""What `s3io-user doctor` reports about a user: findings, each with an ID that never changes. Pure."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from s3io_user.doctor.facts import Finding, Moment, UserFacts
from s3io_user.doctor.ownership import judge
from s3io_user.doctor.quarantine import of_quarantine
from s3io_user.iam.arns import account_of_arn, is_full_access
from s3io_user.stack.state import UserState

if TYPE_CHECKING:
    from s3io_user.aws.users import KeyInfo


def after(facts: UserFacts, moment: Moment) -> Iterator[Finding]:
    """The findings about a user in the stack's state."""
    ours = facts.state
    if facts.renamed:
        back = f"aws iam update-user --user-name '{facts.renamed}' --new-user-name '{ours.user}'"
        yield Finding("user-renamed", ours.user, f"the user that the stack created is called '{facts.renamed}' in AWS "
                      "now, and has kept its access keys",
                      f"rename it back, or pulumi up --refresh creates a second user: {back}")  # fmt: skip
        return
    if not facts.exists:
        yield _missing(ours, moment)
        return
    if ours.owned and None not in (ids := (ours.unique_id, facts.unique_id)) and ids[0] != ids[1]:
        yield Finding("user-replaced", ours.user, f"AWS has another user of this name than the one that the stack "
                      f"created (its unique ID is {ids[1]}, and the stack's was {ids[0]}): it is somebody else's",
                      "find out who created it. Until then run no pulumi up and no pulumi destroy, which could change "
                      "or delete that user. To leave it alone, take the stack's own out of the state (pulumi stack "
                      "--show-urns, pulumi state delete URN --target-dependents), set another userName and run "
                      "pulumi up")  # fmt: skip
        return
    yield from of_quarantine(facts)
    if facts.keys is not None:
        for key in facts.keys:
            yield from _of_key(facts, key, moment)
        yield from _gone_keys(facts, facts.keys)
        yield from _idle(ours, facts.keys)
    yield from _lost(facts)
    yield from _of_rights(facts)


def _missing(ours: UserState, moment: Moment) -> Finding:
    if ours.owned:
        return Finding("user-missing", ours.user, "the stack created this user, but AWS has no user of that name",
                       "run pulumi up --refresh, which creates it again with a new key: hand that over")  # fmt: skip
    return Finding("user-missing", ours.user, "the stack adopted this user, but the account "
                   f"{account_of_arn(moment.you)} has no user of that name",
                   "correct existingUser; if the user is in another account, export its userArn beside userName, so "
                   "that doctor asks there")  # fmt: skip


def _of_key(facts: UserFacts, key: "KeyInfo", moment: Moment) -> Iterator[Finding]:
    ours, user, unused = facts.state, facts.state.user, timedelta(days=moment.unused_days)
    if key.id not in ours.keys:
        yield _unknown(facts, key, moment)
        return
    if ours.keys[key.id] == "Active" and key.status != "Active":
        remedy = "set keyStatus to Inactive" if facts.quarantines else _SWITCH
        sentence = f"the key {key} is inactive, but the stack's state has it as Active"
        yield Finding("key-switched-off", user, sentence, remedy)
    if moment.now - (key.last_used or key.created) >= unused:
        yield Finding("key-unused", user, f"the key {key} has not been used for {unused.days} days or more",
                      "if nobody needs it, set createAccessKey to false and run pulumi up")  # fmt: skip
    due = facts.rotate_every_days
    if due and key.id == ours.current and moment.now - key.created >= timedelta(days=due + 1):
        yield Finding("key-old", user, f"the key {key} is older than the {due} days of rotateEveryDays",
                      "run pulumi up, which replaces it, and find out why the scheduled update did not")  # fmt: skip


_SWITCH = "run pulumi up --refresh to make it active, or set keyStatus to Inactive"


def _unknown(facts: UserFacts, key: "KeyInfo", moment: Moment) -> Finding:
    sentence = f"the key {key} is not in the stack's state, and counts as one of the two that AWS allows"
    verdict = judge(facts.state, key, facts.circumstances(key, moment))
    then = "to delete it" if verdict.proved else "if nobody needs it, delete it"
    itself = "" if verdict.proved or not facts.rotates_itself else _MAY_BE_ITS_OWN
    remedy = f"{itself}{verdict.reason}; {then}: s3io-user doctor --fix --key {key.id}"
    return Finding("key-unknown", facts.state.user, sentence, remedy, key.id, verdict.proved)


_MAY_BE_ITS_OWN = "selfService lets the user create keys, so the application may be using this one. Otherwise: "


def _gone_keys(facts: UserFacts, keys: Iterable["KeyInfo"]) -> Iterator[Finding]:
    there = {key.id for key in keys}
    remedy = (
        _REPLACED_ITSELF if facts.rotates_itself else "run pulumi up --refresh, which creates a new one: hand it over"
    )
    for key_id in sorted(set(facts.state.keys) - there):
        sentence = f"the key {key_id} is in the stack's state, but not in AWS"
        yield Finding("key-missing", facts.state.user, sentence, remedy)


_REPLACED_ITSELF = (
    "if the application replaced it (selfService), set createAccessKey to false and run pulumi up: the stack then has "
    "no key of its own. If it was deleted by mistake, run pulumi up --refresh, which creates a new one: hand it over"
)


def _idle(ours: UserState, keys: Iterable["KeyInfo"]) -> Iterator[Finding]:
    """A previous key that has not been used since the current key was created, while the current key is in use."""
    by_id = {key.id: key for key in keys}
    current, previous = by_id.get(ours.current or ""), by_id.get(ours.previous or "")
    if current is None or previous is None or current.last_used is None:
        return
    if previous.last_used is None or previous.last_used <= current.created:
        yield Finding("two-keys-one-idle", ours.user, f"the previous key {previous} has not been used since the "
                      f"current key, {current}, was created", "set previousKey to removed and run pulumi "
                      "up")  # fmt: skip


def _lost(facts: UserFacts) -> Iterator[Finding]:
    """What the stack gave the user, and AWS no longer has as the stack made it."""
    ours, gone = facts.state, "is the stack's, and the user no longer has it"
    given = {
        "the policy": (ours.attached, facts.attached),
        "the inline policy": (ours.inline, facts.inline),
        "the membership in the group": (ours.groups, facts.groups),
    }
    for what, (in_state, in_aws) in given.items():
        for name in sorted(in_state - in_aws - ours.unsure) if in_aws is not None else ():
            yield Finding("permission-gone", ours.user, f"{what} '{name}' {gone}", _PUT_BACK)
    for name in sorted(facts.changed):
        yield Finding("policy-changed", ours.user, f"the stack's policy '{name}' was changed in AWS, so the key may do "
                      "more or less than the stack says", _PUT_BACK)  # fmt: skip
    if ours.owned and facts.boundary != ours.boundary:
        yield Finding("boundary-changed", ours.user, f"the user's permissions boundary is {facts.boundary or 'none'}, "
                      f"and the stack set {ours.boundary or 'none'}", _PUT_BACK)  # fmt: skip


_PUT_BACK = "run pulumi up --refresh, which puts it back"


def _of_rights(facts: UserFacts) -> Iterator[Finding]:
    ours, user = facts.state, facts.state.user
    for arn in sorted((facts.attached or frozenset()) - ours.attached - set(facts.quarantines)):
        if is_full_access(arn):
            yield Finding("full-access-attached", user, "AmazonS3FullAccess is attached, and not by the stack: it "
                          "allows everything in S3, whatever the stack's own policy allows",
                          _detach(facts, f"detach-user-policy --user-name '{user}' --policy-arn {arn}"))  # fmt: skip
        elif ours.owned:
            yield Finding("policy-by-hand", user, f"the policy {arn} is attached, and not by the stack",
                          _detach(facts, f"detach-user-policy --user-name '{user}' --policy-arn {arn}"))  # fmt: skip
    if facts.console:
        yield Finding("console-access", user, "the user has a console password, and needs an access key only",
                      f"aws iam delete-login-profile --user-name '{user}'")  # fmt: skip
    if not ours.owned:  # an adopted user's own policies and groups are its owner's business
        return
    for name in sorted((facts.inline or frozenset()) - ours.inline):
        yield Finding("policy-by-hand", user, f"the inline policy '{name}' is not the stack's",
                      _detach(facts, f"delete-user-policy --user-name '{user}' --policy-name '{name}'"))  # fmt: skip
    for group in sorted((facts.groups or frozenset()) - ours.groups):
        yield Finding("group-by-hand", user, f"the user is in the group '{group}', and the stack did not add it",
                      f"aws iam remove-user-from-group --user-name '{user}' --group-name '{group}'")  # fmt: skip


def _detach(facts: UserFacts, command: str) -> str:
    """How to take a policy off the user. ``exclusive`` would take off AWS's quarantine as well."""
    return f"{'' if facts.quarantines else 'set exclusive to true and run pulumi up --refresh, or: '}aws iam {command}"


def left_over(users: Iterable[str], policies: Iterable[str]) -> Iterator[Finding]:
    """What an interrupted update may have created under a name that Pulumi chose, and that is not in the state."""
    for user in users:
        yield Finding("user-left-over", user, "the user has a name as Pulumi chooses it for this stack, has no key, "
                      "and is not in the stack's state", "if it is in no other stack: "
                      f"{delete_user(user)}")  # fmt: skip
    for arn in policies:
        yield Finding("policy-left-over", "", f"the policy {arn} has a name as Pulumi chooses it for this stack, is "
                      "attached to nobody, and is not in the stack's state",
                      f"if it is in no other stack: aws iam delete-policy --policy-arn {arn}")  # fmt: skip


def delete_user(name: str) -> str:
    """The command that deletes a user. AWS refuses it for a user that has a key, a policy or a group."""
    return f"aws iam delete-user --user-name '{name}'"
