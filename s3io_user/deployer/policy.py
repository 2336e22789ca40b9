"""The least policy for whoever runs `pulumi up`, rotates and destroys with a stack's inputs. Pure.

The actions are the calls that the AWS provider makes to create, read, update and delete the resources that the inputs
lead to, and to remove what else a user has before it is destroyed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from s3io_user.iam.arns import managed_policy_arn
from s3io_user.iam.wildcards import matches, wild
from s3io_user.keys.slots import KeyStatus
from s3io_user.policy.document import VERSION, Document, Statement
from s3io_user.policy.presets import preset_of

if TYPE_CHECKING:
    from s3io_user.inputs.fields import Inputs

_READ_RIGHTS = ["iam:ListUserPolicies", "iam:ListAttachedUserPolicies"]
# What forceDestroy looks for and removes, besides policies and access keys.
_STRIP = [
    "iam:ListSSHPublicKeys",
    "iam:DeleteSSHPublicKey",
    "iam:ListMFADevices",
    "iam:DeactivateMFADevice",
    "iam:DeleteLoginProfile",
    "iam:ListSigningCertificates",
    "iam:DeleteSigningCertificate",
    "iam:ListServiceSpecificCredentials",
    "iam:DeleteServiceSpecificCredential",
]


@dataclass(frozen=True)
class Deployed:
    """One user's part: its inputs with defaults in place, and what of its rights is not in them.

    ``inline`` and ``managed`` count its own policies; ``groups``, ``attached`` and ``copied_inline`` are those that
    are copied from another user. ``policies`` are the ARNs of its own managed policies that exist, and ``region`` is
    that of its stores, if it is not the stack's. ``moves``: the next update gives the user another path, in place.
    """

    logical: str
    inputs: "Inputs"
    inline: int = 0
    managed: int = 0
    groups: Sequence[str] = ()
    attached: Sequence[str] = ()
    copied_inline: int = 0
    policies: Sequence[str] = ()
    region: str = ""
    moves: bool = False


@dataclass(frozen=True)
class Where:
    """The account (``*`` if it is not known), the Region and the partition that the policy is for."""

    account: str = "*"
    region: str = "*"
    partition: str = "aws"

    def iam(self, resource: str) -> str:
        """The ARN of an IAM resource."""
        return f"arn:{self.partition}:iam::{self.account}:{resource}"

    def of(self, service: str, resource: str) -> str:
        """The ARN of a resource in the Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass
class _Statements:
    """Statements by Sid: their actions, their resources, and the policies that they may attach. Users share them."""

    by_sid: dict[str, tuple[set[str], set[str], set[str]]] = field(default_factory=dict)

    def add(self, sid: str, actions: Iterable[str], resources: Iterable[str], policies: Iterable[str] = ()) -> None:
        """Allow actions on resources, if given for some policies only. Adds to the Sid's statement, if there is one."""
        parts = self.by_sid.setdefault(sid, (set(), set(), set()))
        for part, more in zip(parts, (actions, resources, policies), strict=True):
            part.update(more)

    def document(self) -> Document:
        statements = [
            _allow(sid, sorted(actions), _fewest(resources), _fewest(policies))
            for sid, (actions, resources, policies) in self.by_sid.items()
        ]
        return {"Version": VERSION, "Statement": statements}


def _fewest(arns: set[str]) -> list[str]:
    """The ARNs without those that the pattern of another covers."""
    patterns = list(filter(wild, arns))
    return sorted(arn for arn in arns if not any(matches(each, arn) for each in patterns if each != arn))


def _allow(sid: str, actions: list[str], resources: list[str], policies: list[str]) -> Statement:
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": {"ArnLike": {"iam:PolicyARN": policies}}} if policies else statement


def deployer_policy(users: Iterable[Deployed], where: Where) -> Document:
    """The policy for one stack's users. The same inputs give the same policy."""
    statements = _Statements()
    for each in users:
        there = replace(where, region=each.region or where.region)
        _user(statements, each, where)
        _keys(statements, each, where)
        _rights(statements, each, where)
        _stores(statements, each, there)
    return statements.document()


def questions(document: Document) -> list[tuple[list[str], list[str], Mapping[str, list[str]]]]:
    """What to simulate of a deployer's policy: actions, resources and condition keys, for each statement.

    What only `s3io-user rotate` needs is left out: it does not stand in the way of `pulumi up`.
    """
    return [
        # What is there under any path is asked for as it is without one.
        (s["Action"], [arn for arn in s["Resource"] if "/*/" not in arn], s.get("Condition", {}).get("ArnLike", {}))
        for s in document["Statement"]
        if s["Sid"] != _OF_ROTATE
    ]


def _user(statements: _Statements, each: Deployed, where: Where) -> None:
    inputs, arns = each.inputs, user_arns(each, where)
    if inputs.existing_user:
        statements.add("FindUser", ["iam:GetUser"], arns)
    else:
        tagging = ["iam:TagUser", "iam:UntagUser"] if inputs.tags else []
        bounded = inputs.permissions_boundary
        bounding = ["iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary"] if bounded else []
        making = ["iam:CreateUser", "iam:GetUser", "iam:DeleteUser", "iam:ListGroupsForUser"]
        moving = ["iam:UpdateUser"] if each.moves else []
        statements.add("MakeUser", [*making, *tagging, *bounding, *moving], arns)
        if inputs.force_destroy:
            taking = ["iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:ListAccessKeys", "iam:DeleteAccessKey"]
            statements.add("StripUser", [*_READ_RIGHTS, *taking, *_STRIP], arns)
            # This one has no resource to narrow it to.
            statements.add("FindVirtualDevices", ["iam:ListVirtualMFADevices"], ["*"])
    if source := inputs.copy_permissions_from:
        reading = ["iam:GetUser", "iam:ListGroupsForUser", "iam:GetUserPolicy", *_READ_RIGHTS]
        statements.add("CopyRights", reading, _named("user", source, where))


def user_arns(each: Deployed, where: Where) -> list[str]:
    """The ARNs that a user may have: one, if its name and path are known."""
    if existing := each.inputs.existing_user:
        return _named("user", existing, where)
    name = each.inputs.user_name or f"{each.logical}-*"
    return [where.iam(f"user{each.inputs.path or '/'}{name}")]


def _named(kind: str, name: str, where: Where) -> list[str]:
    """The ARNs of something that exists already, under any path."""
    return [where.iam(f"{kind}/{name}"), where.iam(f"{kind}/*/{name}")]


_OF_ROTATE = "SeeKeyUse"
"""The old key is retired only when AWS says that it is not used any more."""


def _keys(statements: _Statements, each: Deployed, where: Where) -> None:
    inputs = each.inputs
    if not inputs.create_access_key:
        return
    off = inputs.previous_key.fate.kept is KeyStatus.INACTIVE or inputs.key_status is KeyStatus.INACTIVE
    switching = ["iam:UpdateAccessKey"] if off else []
    making = ["iam:CreateAccessKey", "iam:ListAccessKeys", "iam:DeleteAccessKey"]
    statements.add("MakeKeys", [*making, *switching], user_arns(each, where))
    statements.add(_OF_ROTATE, ["iam:GetAccessKeyLastUsed"], user_arns(each, where))


def _rights(statements: _Statements, each: Deployed, where: Where) -> None:
    inputs, arns = each.inputs, user_arns(each, where)
    stripped = inputs.force_destroy and not inputs.existing_user  # StripUser allows what is left out here
    groups = sorted({*inputs.known_groups, *each.groups})
    if groups:
        joining = ["iam:AddUserToGroup", "iam:RemoveUserFromGroup"]
        statements.add("JoinGroups", joining, [arn for group in groups for arn in _named("group", group, where)])
        if inputs.existing_user:  # of a made user MakeUser says it
            statements.add("SeeGroups", ["iam:ListGroupsForUser"], arns)
    if each.inline or each.copied_inline:
        statements.add("WriteInline", ["iam:PutUserPolicy", "iam:GetUserPolicy", "iam:DeleteUserPolicy"], arns)
    own = [*([where.iam(f"policy/{each.logical}-*")] if each.managed else []), *each.policies]
    if own:
        statements.add("MakePolicies", _MANAGE, own)
    attached = [*own, *(inputs.policy_arns or ()), *each.attached, *_full_access(inputs, where)]
    if attached:
        statements.add("AttachPolicies", ["iam:AttachUserPolicy", "iam:DetachUserPolicy"], arns, attached)
        if not (stripped or inputs.exclusive):
            statements.add("SeeAttached", ["iam:ListAttachedUserPolicies"], arns)
    if inputs.exclusive and not stripped:
        taking = ["iam:DetachUserPolicy", "iam:DeleteUserPolicy", *_READ_RIGHTS]
        statements.add("TakeOthersAway", taking, arns)


_MANAGE = [
    "iam:CreatePolicy",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:ListPolicyVersions",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicyVersion",
    "iam:DeletePolicy",
]


def _full_access(inputs: "Inputs", where: Where) -> list[str]:
    managed = preset_of(inputs.access).managed_policy
    return [managed_policy_arn(managed, where.partition)] if managed else []


def _stores(statements: _Statements, each: Deployed, where: Where) -> None:
    if secret := each.inputs.secrets_manager:
        changing = ["secretsmanager:UpdateSecret"] if secret.get("kms_key_id") else []
        # Six characters that AWS adds to a secret's name.
        statements.add(
            "KeepSecret", [*_SECRET, *changing], [where.of("secretsmanager", f"secret:{secret['name']}-??????")]
        )
        _key_of(statements, secret, where)
    if parameter := each.inputs.parameter_store:
        path = str(parameter["path"]).strip("/")
        statements.add("KeepParameter", _PARAMETER, [where.of("ssm", f"parameter/{path}/credentials")])
        statements.add("FindParameters", ["ssm:DescribeParameters"], ["*"])
        _key_of(statements, parameter, where)


_SECRET = [
    "secretsmanager:CreateSecret",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:DeleteSecret",
    "secretsmanager:PutSecretValue",
    "secretsmanager:GetSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
]
_PARAMETER = [
    "ssm:PutParameter",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:ListTagsForResource",
    "ssm:DeleteParameter",
]


def _key_of(statements: _Statements, store: Mapping[str, Any], where: Where) -> None:
    key = store.get("kms_key_id")
    if not key:
        return
    using = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"]
    statements.add("UseKmsKey", using, [key if key.startswith("arn:") else where.of("kms", "key/*")])
