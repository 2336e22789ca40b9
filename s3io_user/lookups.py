"""What `s3io-user doctor` asks AWS: read-only look-ups, and the removal of one key. Errors are AwsError."""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, TypeVar

from s3io_user import deployer
from s3io_user.aws import Access, AwsError, keys_of, permissions_of, reworded
from s3io_user.doctor import UserFacts, Wanted
from s3io_user.holdings import Holding
from s3io_user.policy import Document
from s3io_user.presets import preset_of

T = TypeVar("T")
Note = Callable[[str], None]
"""Takes the sentence of what could not be looked up."""

_GONE = {"NoSuchEntity", "404", "NoSuchBucket", "NotFound"}


def identity(access: Access) -> str:
    """The ARN of whoever asks."""
    sts = access.client("sts")
    return str(reworded("see who you are", sts.get_caller_identity)["Arn"])


def account_summary(access: Access) -> dict[str, int]:
    """How much of each of the account's quotas is used."""
    iam = access.client("iam")
    return dict(reworded("read the account's quotas", iam.get_account_summary)["SummaryMap"])


def denied(access: Access, you: str, document: Document) -> list[str]:
    """Which actions of a deployer's policy AWS says are not allowed to whoever asks. Raises AwsError."""
    principal = _principal(access, you)
    if principal is None:
        return []
    iam = access.client("iam")
    refused: set[str] = set()
    for actions, resources, context in deployer.questions(document):
        asked = {"PolicySourceArn": principal, "ActionNames": actions, "ResourceArns": resources}
        entries = [
            {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": values[:1]}
            for key, values in context.items()
        ]
        found = reworded(
            "see whether you may do what pulumi up needs",
            lambda asked=asked, entries=entries: iam.simulate_principal_policy(**asked, ContextEntries=entries),  # type: ignore[misc]
        )
        refused |= {r["EvalActionName"] for r in found["EvaluationResults"] if r["EvalDecision"] != "allowed"}
    return sorted(refused)


def _principal(access: Access, you: str) -> str | None:
    """Whose policies count: the user, or the role behind a session; none for root, whom none bounds."""
    resource = you.split(":", 5)[5]
    if resource == "root":
        return None
    if not resource.startswith("assumed-role/"):
        return you
    iam, role = access.client("iam"), resource.split("/")[1]
    return str(reworded(f"look up the role '{role}'", lambda: iam.get_role(RoleName=role))["Role"]["Arn"])


def user_facts(access: Access, holding: Holding, rotate_every_days: int | None, note: Note) -> UserFacts:
    """What AWS has of a user that a stack holds."""
    iam, user = access.client("iam"), holding.user
    if _exists(lambda: iam.get_user(UserName=user), f"look up the user '{user}'", note) is False:
        return UserFacts(holding, exists=False)
    keys = _or_note(lambda: keys_of(access, user), note)
    rights = _or_note(lambda: permissions_of(access, user), note)
    return UserFacts(
        holding,
        keys=None if keys is None else tuple(keys),
        attached=None if rights is None else frozenset(rights.attached),
        inline=None if rights is None else frozenset(rights.inline),
        groups=None if rights is None else frozenset(rights.groups),
        console=_exists(lambda: iam.get_login_profile(UserName=user), f"see whether '{user}' has a password", note),
        rotate_every_days=rotate_every_days,
    )


def remove_key(access: Access, user: str, key_id: str) -> None:
    """Delete one access key."""
    iam = access.client("iam")
    reworded(f"remove the key {key_id}", lambda: iam.delete_access_key(UserName=user, AccessKeyId=key_id))


def wanted(
    access: Access, logical: str, values: Mapping[str, Any], made: bool, names: Iterable[str] | None, note: Note
) -> Wanted:
    """What AWS says of what one user's inputs ask for. ``names`` are the account's users, ``None`` if unknown."""
    iam = access.client("iam")
    ask: dict[str, Callable[[str], Any]] = {
        "user": lambda name: iam.get_user(UserName=name),
        "source": lambda name: iam.get_user(UserName=name),
        "group": lambda name: iam.get_group(GroupName=name, MaxItems=1),
        "boundary": lambda arn: iam.get_policy(PolicyArn=arn),
        "policy": lambda arn: iam.get_policy(PolicyArn=arn),
    }
    name = values["user_name"]
    return Wanted(
        logical=logical,
        made=made,
        user=name or values["existing_user"],
        names_taken=() if made or not name else tuple(n for n in names or () if n.lower() == name.lower()),
        exist={
            (kind, one): _exists(lambda kind=kind, one=one: ask[kind](one), f"look up {one}", note)  # type: ignore[misc]
            for kind, one in _named(values)
        },
        buckets=_buckets(access, values, note),
    )


def user_names(access: Access, note: Note) -> list[str] | None:
    """The names of all of the account's users."""
    iam = access.client("iam")

    def read() -> list[str]:
        pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1000})
        return [user["UserName"] for page in pages for user in page["Users"]]

    return _or_note(lambda: reworded("see which names are taken", read), note)


def named_alike(
    access: Access, logical: Iterable[str], known: Container[str], note: Note
) -> tuple[list[str], list[str]]:
    """Users without a key, and ARNs of policies without a user, whose names Pulumi made of these; without the known."""
    iam, stems = access.client("iam"), "|".join(map(re.escape, logical))
    alike = re.compile(rf"(?:{stems})(?:-policy-\d+)?-[0-9a-f]{{7}}")

    def find_users() -> list[str]:
        names = [name for name in user_names(access, note) or () if alike.fullmatch(name) and name not in known]
        return [name for name in names if not keys_of(access, name)]

    def find_policies() -> list[str]:
        pages = iam.get_paginator("list_policies").paginate(Scope="Local", PaginationConfig={"PageSize": 1000})
        free = [p for page in pages for p in page["Policies"] if not p["AttachmentCount"] and p["Arn"] not in known]
        return [policy["Arn"] for policy in free if alike.fullmatch(policy["PolicyName"])]

    users = _or_note(find_users, note)
    policies = _or_note(lambda: reworded("see which policies were left behind", find_policies), note)
    return users or [], policies or []


def _named(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    single = {"user": "existing_user", "source": "copy_permissions_from", "boundary": "permissions_boundary"}
    return [
        *((kind, values[name]) for kind, name in single.items() if values[name]),
        *(("group", group) for group in values["groups"] or ()),
        *(("policy", arn) for arn in values["policy_arns"] or ()),
    ]


def _buckets(access: Access, values: Mapping[str, Any], note: Note) -> dict[str, str | None]:
    from s3io_user import names

    found = sorted({names.parse_bucket(bucket).name for bucket in values["buckets"] or ()})
    s3 = access.client("s3") if found else None
    return {bucket: _bucket(s3, bucket, values, note) for bucket in found if "*" not in bucket}


def _bucket(s3: Any, bucket: str, values: Mapping[str, Any], note: Note) -> str | None:
    there = _exists(lambda: s3.head_bucket(Bucket=bucket), f"look up the bucket '{bucket}'", note)
    if not there:
        return None if there is None else "missing"
    if not preset_of(values["access"]).writes_without_acls or values["allow_acl"]:
        return ""
    enforced = _or_note(lambda: owner_enforced(s3, bucket), note)
    return None if enforced is None else "" if enforced else "acls"


def owner_enforced(s3: Any, bucket: str) -> bool:
    """Whether a bucket takes no ACLs at all. Raises AwsError."""
    try:
        found = reworded(
            f"read the object ownership of the bucket '{bucket}'",
            lambda: s3.get_bucket_ownership_controls(Bucket=bucket),
        )
    except AwsError as error:
        if error.code == "OwnershipControlsNotFoundError":
            return False
        raise
    return bool(found["OwnershipControls"]["Rules"][0]["ObjectOwnership"] == "BucketOwnerEnforced")


def _exists(call: Callable[[], Any], purpose: str, note: Note) -> bool | None:
    try:
        reworded(purpose, call)
    except AwsError as error:
        if error.code in _GONE:
            return False
        note(str(error))
        return None
    return True


def _or_note(call: Callable[[], T], note: Note) -> T | None:
    try:
        return call()
    except AwsError as error:
        note(str(error))
        return None
