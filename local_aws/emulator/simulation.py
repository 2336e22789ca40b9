"""iam:SimulatePrincipalPolicy: every action on every resource, with permissions boundaries and context keys."""

from collections.abc import Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext
from ministack.core.responses import get_account_id
from ministack.services import iam

from local_aws.emulator.parameters import Answer

_DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}
# Set by the request or the principal themselves, and so never missing.
_KNOWN = {"aws:principalaccount", "aws:principalarn", "aws:principaltype", "aws:userid", "aws:username",
          "aws:currenttime", "aws:epochtime", "aws:resourceaccount", "s3:resourceaccount"}  # fmt: skip


def simulate(params: Any) -> Answer:
    """Answer one call. Only users can be simulated here."""
    arn, account = iam._p(params, "PolicySourceArn"), get_account_id()
    name = arn.rsplit("/", 1)[-1]
    user = iam._users.get(name) if ":user/" in arn else None
    if user is None or user["Arn"] != arn:
        return iam._error(404, "NoSuchEntity", f"The user with name {iam._xml_escape(name)} cannot be found.")
    policies = iam_evaluator._gather_user_policies(name, account)
    limits = iam_evaluator._permissions_boundary(iam._users, name, account)
    given = {key.lower(): values if len(values) > 1 else values[0] for key, values in _context_entries(params)}
    actions, resources = (list(_members(params, name)) for name in ("ActionNames", "ResourceArns"))
    results = ""
    for action in actions:
        for resource in resources or ["*"]:
            ctx = _context(user, account, action, resource, given)
            decision = _DECISIONS[iam_evaluator.evaluate(ctx, policies, *limits).decision]
            results += _result(action, resource, decision, _missing(policies, action, given), bool(resources))
    inner = f"<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>"
    root = "SimulatePrincipalPolicy"
    return iam._xml(200, f"{root}Response", f"<{root}Result>{inner}</{root}Result>")


def _context(user: Any, account: str, action: str, resource: str, given: dict[str, Any]) -> EvalContext:
    return EvalContext(
        principal_arn=user["Arn"],
        principal_type="User",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=given.get("aws:requestedregion"),
        source_ip=given.get("aws:sourceip"),
        secure_transport=given.get("aws:securetransport"),
        service_context=given,
        principal_keys={"aws:username": user["UserName"], "aws:userid": user["UserId"]},
    )


def _missing(policies: Any, action: str, given: dict[str, Any]) -> list[str]:
    """The condition keys that statements on the action use and the caller did not provide."""
    keys = {
        key
        for statements in policies
        for statement in statements
        if iam_evaluator._action_matches(action, statement.actions, statement.not_actions)
        for block in statement.conditions.values()
        for key in block
    }
    return sorted(key for key in keys if key.lower() not in _KNOWN | set(given))


def _result(action: str, resource: str, decision: str, missing: list[str], specific: bool) -> str:
    """One result. AWS lists missing context values for each resource, or once if no resource was given."""
    escape = iam._xml_escape
    lacking = "".join(f"<member>{escape(key)}</member>" for key in missing)
    resource_results = (
        f"<ResourceSpecificResults><member><EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalResourceDecision>{decision}</EvalResourceDecision><MatchedStatements/>"
        f"<MissingContextValues>{lacking}</MissingContextValues></member></ResourceSpecificResults>"
    )
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>{escape(resource)}"
        f"</EvalResourceName><EvalDecision>{decision}</EvalDecision><MatchedStatements/>"
        f"<MissingContextValues>{'' if specific else lacking}</MissingContextValues>"
        f"{resource_results if specific else ''}</member>"
    )


def _context_entries(params: Any) -> Iterator[tuple[str, list[str]]]:
    number = 1
    while key := iam._p(params, f"ContextEntries.member.{number}.ContextKeyName"):
        yield key, list(_members(params, f"ContextEntries.member.{number}.ContextKeyValues")) or [""]
        number += 1


def _members(params: Any, name: str) -> Iterator[str]:
    number = 1
    while value := iam._p(params, f"{name}.member.{number}"):
        yield value
        number += 1
