"""Checks that a key can use self-service on itself and on no other key. It never creates, changes or deletes a key.

Actions that only read are tried with the key, on the user's own resources and on others. The rest is simulated.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection, reworded
from s3io_user.verify import expected
from s3io_user.verify.expected import Check, Rights
from s3io_user.verify.observed import REFUSED, TOO_EARLY, Observed, Patience, simulated

_NOBODY = "s3io-user-verify"
"""The name of a user, a secret and a parameter that do not exist. AWS checks the permission before it looks them up."""
_NOT_THERE = {"NoSuchEntity", "ResourceNotFoundException", "ParameterNotFound"}


@dataclass(frozen=True)
class _Action:
    """An action on a resource, whether the policies allow it, and whether the resource is the user's own."""

    action: str
    arn: str
    expected: bool | None
    note: str
    own: bool


def checks(
    rights: Rights, user_arn: str | None, mine: Connection, operator: Connection, patience: Patience
) -> list[Check]:
    """The checks of what ``self_service`` allows. ``mine`` is a connection with the key."""
    actions = list(_actions(rights))
    seen = {each: _try_own(each, mine, patience) for each in actions if each.own and each.action in _TRIES}
    # A refusal counts only if the same action is already permitted on the user's own resource.
    works = {each.action for each, (observed, _) in seen.items() if observed}
    for each in (each for each in actions if each.action in _TRIES and not each.own):
        observed, note = _try(each, mine)
        early = observed is False and each.action not in works
        seen[each] = (None, TOO_EARLY) if early else (observed, note)
    return [_check(each, seen[each]) if each in seen else _simulated(each, user_arn, operator) for each in actions]


def _actions(rights: Rights) -> Iterator[_Action]:
    """Each action on the user's own resource, and on another. Reading a secret also tries to decrypt it."""
    statements = (rights.self_service or {}).get("Statement", ())
    pairs = [(action, each["Resource"][0]) for each in statements for action in each["Action"] if not _kms(action)]
    for action, arn in pairs:
        yield _Action(action, arn, *expected.allowed_on(rights, action, arn), own=True)
    for action, arn in pairs:
        other = _another(arn)
        allowed, note = expected.allowed_on(rights, action, other)
        yield _Action(action, other, None if rights.other_rights and not allowed else allowed, note, own=False)


def _kms(action: str) -> bool:
    return action.startswith("kms:")


def _another(arn: str) -> str:
    """The ARN of a resource of the same kind that is not the user's."""
    kind = arn.split(":")[2]
    # A secret that does not exist has no random characters after its name.
    resource = {"iam": "user/{}", "secretsmanager": "secret:{}", "ssm": "parameter/{}/credentials"}[kind]
    return ":".join([*arn.split(":")[:5], resource.format(_NOBODY)])


def _try_own(each: _Action, mine: Connection, patience: Patience) -> Observed:
    if each.expected is not True:
        return _try(each, mine)
    return patience.until_permitted(each.action, lambda: _try(each, mine))


def _try(each: _Action, mine: Connection) -> Observed:
    service, region = each.arn.split(":")[2:4]
    there = replace(mine, region=region or mine.region).client(service)
    try:
        reworded("try the key", lambda: _TRIES[each.action](there, each.arn))
    except AwsError as error:
        if error.code in REFUSED:
            return False, error.why if each.expected else ""
        if error.code in _NOT_THERE:
            return (None, "it does not exist: run pulumi up --refresh") if each.own else (True, "")
        return None, f"AWS answered {error.code}"
    return True, ""


def _name(arn: str, after: str) -> str:
    return arn.partition(after)[2]


_TRIES: dict[str, Callable[[Any, str], Any]] = {
    "iam:ListAccessKeys": lambda iam, arn: iam.list_access_keys(UserName=arn.rpartition("/")[2], MaxItems=1),
    "secretsmanager:GetSecretValue": lambda client, arn: client.get_secret_value(SecretId=arn),
    "ssm:GetParameter": lambda ssm, arn: ssm.get_parameter(Name=_name(arn, ":parameter"), WithDecryption=True),
}
"""The actions that are tried. They only read, and the value is thrown away."""


def _simulated(each: _Action, user_arn: str | None, operator: Connection) -> Check:
    if user_arn is None:
        return _check(each, (None, "the user's ARN is not known"), "simulated")
    return _check(each, simulated(operator.client("iam"), user_arn, each.action, each.arn), "simulated")


def _check(each: _Action, observed: Observed, how: str = "tried") -> Check:
    allowed, note = observed
    return Check(each.action, each.arn, each.expected, allowed, how, note or each.note)
