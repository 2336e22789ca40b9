"""Reads what a stack has deployed, for its deployer's policy, from the stack's state."""

from collections.abc import Iterable, Mapping
from typing import Any

from s3io_user import tokens
from s3io_user.deployer.policy import Deployed
from s3io_user.iam.arns import account_of_arn
from s3io_user.inputs.fields import Inputs
from s3io_user.keys.slots import KeyStatus
from s3io_user.policy.presets import Access
from s3io_user.stack.exported import Resource, children_in, name_of, resources_in, value_of

_SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105  # a type, not a secret
_PARAMETER = "aws:ssm/parameter:Parameter"
_EXCLUSIVE = "aws:iam/userPoliciesExclusive:UserPoliciesExclusive"
_AWS_S_KEY = "alias/aws/ssm"
"""What a parameter says that has no KMS key of its own."""


def deployed(exported: Mapping[str, Any]) -> dict[str, list[Deployed]]:
    """The users of a stack's export by their accounts, ``""`` where it is not known, in the order of the state.

    Their inputs are those that shape the deployer's policy. What is being deleted still counts: it is not gone yet.
    """
    resources = resources_in(exported)
    below = children_in(resources)
    found: dict[str, list[Deployed]] = {}
    for component in (r for r in resources if r.get("type") == tokens.COMPONENT):
        children = below.get(str(component.get("urn")), [])
        found.setdefault(_account(component, children), []).append(_deployed(component, children))
    return found


def _account(component: Resource, children: Iterable[Resource]) -> str:
    users = (r for r in children if r.get("type") == tokens.USER)
    arns = [value_of(component, "userArn"), *(value_of(user, "arn") for user in users)]
    return next((account for arn in arns if (account := account_of_arn(arn))), "")


def _deployed(component: Resource, children: Iterable[Resource]) -> Deployed:
    of: dict[str, list[Resource]] = {}
    for child in children:
        of.setdefault(str(child.get("type")), []).append(child)
    keys, secrets, parameters = (of.get(kind, ()) for kind in (tokens.ACCESS_KEY, _SECRET, _PARAMETER))
    off = any(value_of(key, "status") == KeyStatus.INACTIVE.value for key in keys)
    given = component.get("inputs") or {}  # of a component that the plugin made, all
    adopted = given.get("existingUser")
    return Deployed(
        logical=name_of(component),
        inputs=Inputs(
            **({"existing_user": adopted} if adopted else _made(component, of)),
            copy_permissions_from=given.get("copyPermissionsFrom"),
            groups=sorted({name for each in of.get(tokens.MEMBERSHIP, ()) for name in value_of(each, "groups") or ()}),
            access=Access.NONE,
            policy_arns=sorted({str(value_of(each, "policyArn")) for each in of.get(tokens.ATTACHMENT, ())}),
            exclusive=bool(of.get(_EXCLUSIVE)),
            create_access_key=bool(keys),
            key_status=KeyStatus.INACTIVE if off else KeyStatus.ACTIVE,
            secrets_manager=next(map(_secret, secrets), None),
            parameter_store=next(map(_parameter, parameters), None),
        ),
        inline=len(of.get(tokens.INLINE_POLICY, ())),
        policies=[str(arn) for each in of.get(tokens.POLICY, ()) if (arn := value_of(each, "arn"))],
        region=next((region for each in (*secrets, *parameters) if (region := _region(each))), ""),
    )


def _made(component: Resource, of: Mapping[str, list[Resource]]) -> dict[str, Any]:
    """The inputs of the user that the stack made."""
    user = next(iter(of.get(tokens.USER, ())), {})
    return {
        "user_name": value_of(user, "name") or value_of(component, "userName"),
        "path": value_of(user, "path"),
        "tags": value_of(user, "tags"),
        "permissions_boundary": value_of(user, "permissionsBoundary"),
        "force_destroy": bool(value_of(user, "forceDestroy")),
    }


def _secret(secret: Resource) -> Any:
    return {"name": value_of(secret, "name"), "kms_key_id": value_of(secret, "kmsKeyId")}


def _parameter(parameter: Resource) -> Any:
    key = value_of(parameter, "keyId")
    return {
        "path": str(value_of(parameter, "name")).rpartition("/")[0],
        "kms_key_id": None if key == _AWS_S_KEY else key,
    }


def _region(store: Resource) -> str:
    arn = value_of(store, "arn")
    return arn.split(":")[3] if account_of_arn(arn) else ""
