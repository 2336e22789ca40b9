"""Finds dangers in a user's policies that no input of the stack names."""

from collections.abc import Iterable, Sequence

from s3io_user.explain import Action, Danger, explain, services
from s3io_user.explain.actions import catalogue
from s3io_user.iam.arns import is_quarantine
from s3io_user.iam.user_policies import Policy, UserPolicies
from s3io_user.stack.declared import Declared
from s3io_user.verify.expected import Beyond
from s3io_user.wording import some

_QUARANTINE = "AWS attaches it to a user whose key was exposed: treat every key as leaked, see s3io-user doctor"


def beyond(in_aws: UserPolicies, gives: Declared) -> tuple[Beyond, ...]:
    """The policies that no input names and that allow dangers that the named policies don't."""
    named = [policy for policy in in_aws.policies if gives.names(policy)]
    strange = [policy for policy in in_aws.policies if policy not in named]
    if not strange:
        return ()
    quarantined = tuple(Beyond(str(p), _QUARANTINE) for p in strange if is_quarantine(p.arn or ""))
    actions = catalogue(services(in_aws.documents))
    meant = {danger.action for danger in _dangers(named, actions, in_aws)}
    extra = {d.action: d for d in _dangers(in_aws.policies, actions, in_aws) if d.action not in meant}
    own = {str(policy): [d.action for d in _dangers([policy], actions, in_aws)] for policy in strange}
    by_policy = {name: [extra[action] for action in dangers if action in extra] for name, dangers in own.items()}
    single = {danger.action for dangers in by_policy.values() for danger in dangers}
    together = [danger for action, danger in extra.items() if action not in single]
    every = {**by_policy, "its policies together": together}
    return quarantined + tuple(_beyond(name, dangers) for name, dangers in every.items() if dangers)


def _dangers(policies: Iterable[Policy], actions: Sequence[Action], in_aws: UserPolicies) -> tuple[Danger, ...]:
    return explain([policy.document for policy in policies], actions, boundary=in_aws.limit).dangers


def _beyond(policy: str, dangers: Sequence[Danger]) -> Beyond:
    certain = [danger for danger in dangers if danger.where]
    names = some([danger.action for danger in certain or dangers])
    return Beyond(policy, f"it allows {names}: see s3io-user explain", bool(certain))
