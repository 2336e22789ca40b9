"""Policy evaluation where AWS differs from MiniStack: policy variables, and the resource that a call is checked on."""

import json
import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import EvalContext, ParsedStatement
from ministack.core.responses import get_account_id
from ministack.services import iam, s3

from local_aws.emulator.parameters import caller_name

_VARIABLE = re.compile(r"\$\{([^*?$}][^}]*)\}")
# In a pattern ``${*}`` and the like stand for the character itself.
_PIECE = re.compile(r"\$\{([*?$])\}|(\*)|(\?)|(.)", re.DOTALL)


def install() -> None:
    """Replace MiniStack's functions with these."""
    first_match, resolve = iam_evaluator._first_match, iam_evaluator._resolve_condition_key
    resource_arn, tag_context = iam_actions.extract_resource_arn, iam_actions.request_tag_context

    def first_match_filled(ctx: EvalContext, statements: list[ParsedStatement], effect: str) -> Any:
        return first_match(ctx, [found for s in statements if (found := _filled(s, ctx))], effect)

    def resource_arn_of_aws(service: str, method: str, path: str, headers: Any, body: bytes, params: Any,
                            region: str, account_id: str) -> str:  # fmt: skip
        if service == "iam":
            return iam_resource(params)
        if service == "s3" and not path.strip("/"):
            return "arn:aws:s3:::*"
        found = resource_arn(service, method, path, headers, body, params, region, account_id)
        # AWS checks a secret that is yet to be made as if its six random characters were known.
        creates = service == "secretsmanager" and headers.get("x-amz-target", "").endswith(".CreateSecret")
        return f"{found}-AbCdEf" if creates and found.endswith(f":{json.loads(body)['Name']}") else found

    def context_of_aws(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        context = dict(tag_context(service, action, body, params))
        return {**context, **_iam_context(action, params)} if service == "iam" else context

    def value_of(key: str, ctx: EvalContext) -> Any:
        # A simulated request has no transport of its own.
        absent = key.lower() == "aws:securetransport" and ctx.secure_transport is None
        return None if absent else resolve(key, ctx)

    iam_evaluator.enforce = _existing_buckets_first(iam_evaluator.enforce)
    iam_evaluator._resolve_condition_key = value_of
    iam_evaluator._first_match = first_match_filled
    iam_evaluator._fnmatch_compile = _compiled
    iam_actions.extract_resource_arn = resource_arn_of_aws
    iam_actions.request_tag_context = context_of_aws
    _seed_quarantine()


def _seed_quarantine() -> None:
    """The policy that AWS attaches to a user whose credentials were exposed: what it denies of the services here."""
    services = {
        "iam": "AttachUserPolicy CreateAccessKey CreateUser DeleteAccessKey DetachUserPolicy ListUsers PutUserPolicy "
        "UpdateAccessKey UpdateUser",
        "s3": "CreateBucket DeleteBucket DeleteBucketPolicy DeleteObject DeleteObjectVersion GetObject "
        "ListAllMyBuckets ListBucket PutBucketAcl PutBucketCors PutBucketOwnershipControls PutBucketPolicy "
        "PutEncryptionConfiguration PutLifecycleConfiguration",
        "sts": "GetFederationToken GetSessionToken",
    }
    actions = [f"{service}:{action}" for service, named in services.items() for action in named.split()]
    statement = {"Effect": "Deny", "Action": actions, "Resource": ["*"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    name = "AWSCompromisedKeyQuarantineV3"
    arn = f"arn:aws:iam::aws:policy/{name}"
    iam._aws_managed_policies[arn] = iam._make_aws_managed_record(name, document, "After an exposure of credentials")


def _existing_buckets_first(enforce: Any) -> Any:
    """S3 looks for the bucket before it checks permissions: any valid caller learns that a bucket does not exist."""

    def checked(key: str, action: str, service: str, region: str, resource_arn: str = "*", **more: Any) -> Any:
        name = resource_arn.removeprefix("arn:aws:s3:::").partition("/")[0]
        if service == "s3" and action != "s3:CreateBucket" and name not in ("*", *s3._buckets):
            return iam_evaluator.check_credentials(key, service)
        return enforce(key, action, service, region, resource_arn=resource_arn, **more)

    return checked


def iam_resource(params: Any) -> str:
    """The resource that an IAM call is checked on, with its path, by the Service Authorization Reference."""
    account = get_account_id()

    def given(name: str) -> str:
        return str(iam._p(params, name))

    action, nothing = given("Action"), dict[str, Any]()
    if arn := given("PolicySourceArn") or (given("PolicyArn") if "Policy" in action and not given("UserName") else ""):
        return arn
    for kind, name, stored in (
        ("group", given("GroupName"), iam._groups),
        ("role", given("RoleName"), iam._roles),
        ("policy", given("PolicyName") if action == "CreatePolicy" else "", nothing),
        ("user", given("UserName") or _owner(given("AccessKeyId")) or caller_name(action), iam._users),
    ):
        if name:
            known = stored.get(name) or {}
            return str(known.get("Arn") or f"arn:aws:iam::{account}:{kind}{given('Path') or '/'}{name}")
    return "*"


def _owner(key_id: str) -> str:
    return str((iam._access_keys.get(key_id) or {}).get("UserName", "")) if key_id else ""


def _iam_context(action: str, params: Any) -> dict[str, str]:
    """The condition keys ``iam:PolicyARN`` and ``iam:PermissionsBoundary``, for the calls that have them."""
    context = {}
    if "tach" in action and (arn := iam._p(params, "PolicyArn")):
        context["iam:PolicyARN"] = arn
    boundary = iam._p(params, "PermissionsBoundary")
    user = iam._users.get(iam._p(params, "UserName")) or {}
    if boundary := boundary or user.get("PermissionsBoundary"):
        context["iam:PermissionsBoundary"] = boundary
    return context


def _filled(statement: ParsedStatement, ctx: EvalContext) -> ParsedStatement | None:
    """The statement with its policy variables replaced; None if the request has no value for one."""
    if "${" not in f"{statement.resources}{statement.not_resources}{statement.conditions}":
        return statement
    try:
        return replace(
            statement,
            resources=[_fill(text, ctx) for text in statement.resources],
            not_resources=[_fill(text, ctx) for text in statement.not_resources],
            conditions={
                operator: {key: _fill_condition(operator, values, ctx) for key, values in keys.items()}
                for operator, keys in statement.conditions.items()
            },
        )
    except LookupError:
        return None


def _fill_condition(operator: str, values: Any, ctx: EvalContext) -> list[str]:
    filled = [_fill(str(value), ctx) for value in (values if isinstance(values, list) else [values])]
    patterns = re.search("like|arn", operator, re.IGNORECASE)
    return filled if patterns else [re.sub(r"\$\{([*?$])\}", r"\1", text) for text in filled]


def _fill(text: str, ctx: EvalContext) -> str:
    def value(match: re.Match[str]) -> str:
        name, _, default = match[1].partition(",")
        found = iam_evaluator._resolve_condition_key(name.strip(), ctx)
        if found is None and not default:
            raise LookupError(name)
        text = str(found) if found is not None else default.strip().strip("'")
        return re.sub(r"[*?$]", lambda special: f"${{{special[0]}}}", text)

    return _VARIABLE.sub(value, text)


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    regex = "".join(
        re.escape(literal or other) if literal or other else ".*" if many else "."
        for literal, many, _, other in _PIECE.findall(pattern)
    )
    return re.compile(rf"{regex}\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))
