"""What to do about a user that AWS has quarantined, because its credentials were exposed. Pure."""

from collections.abc import Iterator

from s3io_user.doctor.facts import QUARANTINED, Finding, UserFacts


def of_quarantine(facts: UserFacts) -> Iterator[Finding]:
    """The finding about it. AWS asks you not to detach its policy, and to do what its support case says."""
    if not facts.quarantines:
        return
    names = " and ".join(arn.rpartition("/")[2] for arn in facts.quarantines)
    keys = "not known, because they could not be looked up" if facts.keys is None else ", ".join(map(str, facts.keys))
    sentence = (
        f"the user is in AWS's quarantine: it has {names}, which AWS attaches when a user's credentials were exposed. "
        f"Treat every access key that the user had by then as leaked. Its keys now: {keys or 'none'}"
    )
    yield Finding(QUARANTINED, facts.state.user, sentence, "; ".join(_steps(facts)))


def _steps(facts: UserFacts) -> Iterator[str]:
    """A step each. The policy denies a new key some calls as well, so that it can't pass its checks."""
    ours, key = facts.state, facts.keys[0].id if facts.keys else "ID"
    if ours.every_days:
        yield f"in place of rotateEveryDays set keyGeneration to {ours.generation}"
    if ours.keys:
        named = f" --user '{ours.component}'" if facts.one_of_several else ""
        yield f"replace the stack's key now: s3io-user rotate --no-verify --retire-now{named}"
    yield "delete or deactivate every other key that may be leaked"
    yield (
        "look up in each Region what they were used for: aws cloudtrail lookup-events --lookup-attributes "
        f"AttributeKey=AccessKeyId,AttributeValue={key}"
    )
    if facts.exclusive:
        yield "set exclusive to false: with it, pulumi up --refresh detaches the policy"
    detach = (f"aws iam detach-user-policy --user-name '{ours.user}' --policy-arn {arn}" for arn in facts.quarantines)
    yield f"do what AWS's support case says, and detach the policy only then: {'; '.join(detach)}"
