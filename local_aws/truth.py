"""The behaviours of AWS that the product depends on, as questions to ask the embedded AWS or AWS itself.

The answers are those of the IAM, STS and S3 API references and user guides. Whoever asks has an admin's key; what is
made for it has one prefix and one path, and ``tidy`` takes it away.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PATH, PREFIX = "/s3io-user-test/", "s3io-user-test-"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
REFUSED = "AccessDenied"
EVERYTHING = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
ANOTHER_ACCOUNT_DENIED = {
    **EVERYTHING,
    "Effect": "Deny",
    "Condition": {"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
}
"""The statement of sameAccountOnly."""
_CONFIG = Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=30)


class Answer(NamedTuple):
    """A question, the answer that came, and the answers that AWS documents."""

    question: str
    got: Any
    right: tuple[Any, ...]

    @property
    def is_right(self) -> bool:
        return self.got in self.right

    def __str__(self) -> str:
        expected = "" if self.is_right else f": got {self.got}, AWS says {' or '.join(map(str, self.right))}"
        return f"{'right' if self.is_right else 'WRONG'}  {self.question}{expected}"


@dataclass
class World:
    """The account that is asked, and the test resources in it. ``session`` is a boto3 session of an admin.

    ``patience`` is how long, in seconds, a change may take to have an effect, as it does on AWS.
    """

    session: Any
    endpoint: str | None = None
    patience: float = 0.0
    name: str = field(default_factory=lambda: f"{PREFIX}{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.iam, self.s3, self.sts = map(self.client, ("iam", "s3", "sts"))
        self.account = str(self.sts.get_caller_identity()["Account"])
        self.arn = f"arn:aws:s3:::{self.name}"
        self.user_arn = f"arn:aws:iam::{self.account}:user{PATH}{self.name}"

    @property
    def is_embedded(self) -> bool:
        return self.endpoint is not None

    def client(self, service: str, key: str | None = None, secret: str | None = None) -> Any:
        own = {"aws_access_key_id": key, "aws_secret_access_key": secret} if key else {}
        if key and not self.is_embedded:
            own["aws_session_token"] = ""
        return self.session.client(service, endpoint_url=self.endpoint, config=_CONFIG, **own)

    def prepare(self) -> None:
        """Create a bucket with a folder and a sibling folder, and a user with an access key and no permissions."""
        region = self.session.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.s3.create_bucket(Bucket=self.name, **where)
        for key in ("wp/up/a.jpg", "wp/up-private/b.jpg"):
            self.s3.put_object(Bucket=self.name, Key=key, Body=b"x")
        self.iam.create_user(UserName=self.name, Path=PATH)
        self.key = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        pair = self.key["AccessKeyId"], self.key["SecretAccessKey"]
        self.mine, self.who = self.client("s3", *pair), self.client("sts", *pair)
        self._until_accepted()

    def _until_accepted(self) -> None:
        deadline = time.monotonic() + 10 * self.patience
        while _answer(self.who.get_caller_identity) != "OK" and time.monotonic() < deadline:
            time.sleep(1)

    def allow(self, *statements: dict[str, Any]) -> None:
        """Replace the user's permissions with these statements."""
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.iam.put_user_policy(UserName=self.name, PolicyName="p", PolicyDocument=document)
        time.sleep(self.patience)

    def ask(self, question: str, call: Callable[[], Any], *right: Any) -> Answer:
        """Ask, and ask again until the answer is right or the patience ends."""
        deadline = time.monotonic() + self.patience
        while True:
            answer = Answer(question, _answer(call), right)
            if answer.is_right or time.monotonic() >= deadline:
                return answer
            time.sleep(1)


def _answer(call: Callable[[], Any]) -> Any:
    """The result of a call: a plain value as it is, any other as OK, and an error as its code."""
    try:
        value = call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    except (BotoCoreError, LookupError) as error:  # an answer that is none of AWS's
        return f"{type(error).__name__}: {str(error)[:60]}"
    return value if isinstance(value, str | int | list) else "OK"


def answers(world: World) -> Iterator[Answer]:
    """Ask every question, in an order in which none disturbs the next."""
    for chapter in (_names, _keys, _folder, _bucket, _conditions, _simulation, _inactive, _boundaries, _quotas, _told):
        yield from chapter(world)


def _names(w: World) -> Iterator[Answer]:
    bad = "ValidationError", "InvalidInput"
    yield w.ask(
        "name: another case of a taken name",
        lambda: w.iam.create_user(UserName=w.name.upper(), Path=PATH),
        "EntityAlreadyExists",
    )
    yield w.ask("name: 65 characters", lambda: w.iam.create_user(UserName=w.name.ljust(65, "x"), Path=PATH), *bad)
    yield w.ask("name: with a space", lambda: w.iam.create_user(UserName=f"{w.name} b", Path=PATH), *bad)


def _keys(w: World) -> Iterator[Answer]:
    unknown, wrong = ("AKIAAAAAAAAAAAAAAAAA", "w" * 40), (w.key["AccessKeyId"], "wrong" * 8)
    listing = {"Bucket": w.name}
    yield w.ask("key: no rights, listing", lambda: w.mine.list_objects_v2(**listing), REFUSED)
    yield w.ask("key: no rights, its own identity", lambda: w.who.get_caller_identity()["Account"], w.account)
    yield w.ask("key: wrong secret", lambda: w.client("s3", *wrong).list_objects_v2(**listing), "SignatureDoesNotMatch")
    yield w.ask("key: unknown, at STS", lambda: w.client("sts", *unknown).get_caller_identity(), "InvalidClientTokenId")
    yield w.ask(
        "key: unknown, at S3", lambda: w.client("s3", *unknown).list_objects_v2(**listing), "InvalidAccessKeyId"
    )


def _folder(w: World) -> Iterator[Answer]:
    prefixes = {"StringLike": {"s3:prefix": ["wp/up", "wp/up/", "wp/up/*"]}}
    reads = ["s3:GetBucketLocation", "s3:GetBucketOwnershipControls"]
    w.allow(
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": w.arn, "Condition": prefixes},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{w.arn}/wp/up/*"},
        {"Effect": "Allow", "Action": reads, "Resource": w.arn},
    )
    inside, beside = {"Bucket": w.name, "Key": "wp/up/a.jpg"}, {"Bucket": w.name, "Key": "wp/up-private/b.jpg"}
    put, listed = w.mine.put_object, w.mine.list_objects_v2
    yield w.ask("folder: listing it", lambda: listed(Bucket=w.name, Prefix="wp/up/"), "OK")
    yield w.ask(
        "folder: listing it, API version 1, no slash",
        lambda: w.mine.list_objects(Bucket=w.name, Prefix="wp/up"),
        "OK",
    )
    yield w.ask("folder: listing its sibling", lambda: listed(Bucket=w.name, Prefix="wp/up-private/"), REFUSED)
    yield w.ask("folder: listing the whole bucket", lambda: listed(Bucket=w.name), REFUSED)
    yield w.ask("folder: reading in it", lambda: w.mine.get_object(**inside), "OK")
    yield w.ask("folder: reading in its sibling", lambda: w.mine.get_object(**beside), REFUSED)
    yield w.ask("folder: writing in it", lambda: put(Bucket=w.name, Key="wp/up/c.jpg", Body=b"1"), "OK")
    never = {"Bucket": w.name, "Body": b"", "IfMatch": '"0"'}
    yield w.ask(
        "probe: put with If-Match on a missing object",
        lambda: put(**never, Key="wp/up/zz.jpg"),
        "NoSuchKey",
        "PreconditionFailed",
    )
    yield w.ask("probe: the same beside the folder", lambda: put(**never, Key="wp/up-private/zz.jpg"), REFUSED)
    yield w.ask(
        "probe: delete with an If-Match that fits nothing, by an admin",
        lambda: w.s3.delete_object(**inside, IfMatch='"0"'),
        "PreconditionFailed",
    )
    yield w.ask("folder: deleting", lambda: w.mine.delete_object(**inside), REFUSED)


def _bucket(w: World) -> Iterator[Answer]:
    controls = {"Bucket": w.name}
    acl = {"Bucket": w.name, "Key": "wp/up/a.jpg", "ACL": "public-read"}
    yield w.ask("bucket: its location", lambda: w.mine.get_bucket_location(**controls), "OK")
    yield w.ask(
        "bucket: its ownership controls, by their own action",
        lambda: w.mine.get_bucket_ownership_controls(**controls),
        "OK",
        "OwnershipControlsNotFoundError",
    )
    yield w.ask("bucket: HeadBucket is ListBucket without a prefix", lambda: w.mine.head_bucket(**controls), "403")
    yield w.ask("object: setting an ACL", lambda: w.mine.put_object_acl(**acl), REFUSED)
    yield w.ask("account: listing all buckets", lambda: w.mine.list_buckets(), REFUSED)
    yield w.ask("account: making a bucket", lambda: w.mine.create_bucket(Bucket=f"{w.name}-other"), REFUSED)
    rules = w.s3.get_bucket_ownership_controls
    yield w.ask(
        "bucket: a new one takes no ACLs",
        lambda: rules(**controls)["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
        "BucketOwnerEnforced",
    )
    yield w.ask(
        "bucket: an ACL where none are taken",
        lambda: w.s3.put_object_acl(**acl),
        "AccessControlListNotSupported",
        REFUSED,
    )


def _conditions(w: World) -> Iterator[Answer]:
    def listed() -> Any:
        return w.mine.list_objects_v2(Bucket=w.name)

    def denied_unless(operator: str, key: str, value: Any) -> dict[str, Any]:
        return {**EVERYTHING, "Effect": "Deny", "Condition": {operator: {key: value}}}

    # Whoever asks AWS itself comes from an address that is not known here, but not from these; and by https.
    here = "127.0.0.0/8" if w.is_embedded else "0.0.0.0/0"
    for block, right in (("198.51.100.0/24", REFUSED), (here, "OK")):
        w.allow(EVERYTHING, denied_unless("NotIpAddress", "aws:SourceIp", [block]))
        yield w.ask(f"condition: denied but from {block}", listed, right)
    w.allow(EVERYTHING, denied_unless("Bool", "aws:SecureTransport", "false"))
    yield w.ask("condition: TLS only", listed, REFUSED if w.is_embedded else "OK")
    own = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
    w.allow({**EVERYTHING, "Condition": own})
    yield w.ask("condition: the key's own account, by a policy variable", listed, "OK")
    w.allow(EVERYTHING, ANOTHER_ACCOUNT_DENIED)
    yield w.ask("condition: any other account denied", listed, "OK")
    yield w.ask("condition: any other account denied, and all buckets listed", w.mine.list_buckets, "OK")


def _simulation(w: World) -> Iterator[Answer]:
    w.allow(EVERYTHING)
    asked = {"PolicySourceArn": w.user_arn, "ActionNames": ["s3:PutBucketPolicy", "iam:CreateUser"]}

    def decided() -> list[str]:
        results = w.iam.simulate_principal_policy(**asked, ResourceArns=[w.arn])["EvaluationResults"]
        return [result["EvalDecision"] for result in results]

    yield w.ask("simulation: the verdicts", decided, ["allowed", "implicitDeny"])

    def decided_without_a_context(action: str, *resources: str) -> list[str]:
        of = {"PolicySourceArn": w.user_arn, "ActionNames": [action], "ResourceArns": list(resources)}
        (result,) = w.iam.simulate_principal_policy(**of)["EvaluationResults"]
        of_resources = result.get("ResourceSpecificResults") or [result]
        return [result["EvalDecision"], *of_resources[0].get("MissingContextValues", [])]

    # `verify` relies on a simulation that fills in aws:ResourceAccount itself.
    w.allow(EVERYTHING, ANOTHER_ACCOUNT_DENIED)
    for action, resource in (("s3:ListBucket", w.arn), ("s3:ListAllMyBuckets", "*")):
        question = f"simulation: {action} where any other account is denied"
        yield w.ask(question, partial(decided_without_a_context, action, resource), ["allowed"])


def _inactive(w: World) -> Iterator[Answer]:
    key = {"UserName": w.name, "AccessKeyId": w.key["AccessKeyId"]}
    w.iam.update_access_key(**key, Status="Inactive")
    yield w.ask("inactive key: at S3", lambda: w.mine.list_objects_v2(Bucket=w.name), "InvalidAccessKeyId", REFUSED)
    yield w.ask("inactive key: at STS", w.who.get_caller_identity, "InvalidClientTokenId")
    w.iam.update_access_key(**key, Status="Active")
    w._until_accepted()


def _boundaries(w: World) -> Iterator[Answer]:
    other = {"UserName": f"{w.name}-b"}
    w.iam.create_user(**other, Path=PATH, PermissionsBoundary=READ_ONLY)
    yield w.ask(
        "boundary: kept from a create",
        lambda: w.iam.get_user(**other)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"],
        READ_ONLY,
    )
    bounded = {"UserName": w.name, "PermissionsBoundary": READ_ONLY}
    yield w.ask("boundary: set later", lambda: w.iam.put_user_permissions_boundary(**bounded), "OK")
    yield w.ask("boundary: enforced", lambda: w.mine.put_object(Bucket=w.name, Key="wp/up/d.jpg", Body=b"1"), REFUSED)
    w.iam.delete_user_permissions_boundary(UserName=w.name)


def _quotas(w: World) -> Iterator[Answer]:
    user = {"UserName": w.name}
    w.iam.create_access_key(**user)
    yield w.ask("quota: a third key", lambda: w.iam.create_access_key(**user), "LimitExceeded")
    many = [f"arn:aws:s3:::{'b' * 60}{number}/*" for number in range(40)]
    large = _document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": many})
    inline = {**user, "PolicyName": "q"}
    yield w.ask(
        "quota: an inline policy over 2,048 characters",
        lambda: w.iam.put_user_policy(**inline, PolicyDocument=large),
        "LimitExceeded",
    )
    yield w.ask(
        "policy: one that is none",
        lambda: w.iam.put_user_policy(**inline, PolicyDocument='{"Statement":[{"Effect":"Allow"}]}'),
        "MalformedPolicyDocument",
    )
    for number in range(11):
        w.iam.create_group(GroupName=f"{w.name}-g{number}", Path=PATH)
    joined = [lambda n=n: w.iam.add_user_to_group(**user, GroupName=f"{w.name}-g{n}") for n in range(11)]
    yield w.ask("quota: ten groups, and an eleventh", lambda: [*map(_answer, joined)], ["OK"] * 10 + ["LimitExceeded"])
    one = _document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    arns = [
        w.iam.create_policy(PolicyName=f"{w.name}-p{number}", Path=PATH, PolicyDocument=one)["Policy"]["Arn"]
        for number in range(11)
    ]
    # An account may have asked for a higher quota of attached policies than AWS's default of ten.
    attached = [lambda arn=arn: w.iam.attach_user_policy(**user, PolicyArn=arn) for arn in arns]
    yield w.ask(
        "quota: ten attached policies, and an eleventh",
        lambda: [*map(_answer, attached)],
        ["OK"] * 10 + ["LimitExceeded"],
    )


def _told(w: World) -> Iterator[Answer]:
    user, used = {"UserName": w.name}, {"AccessKeyId": w.key["AccessKeyId"]}
    full = {"UserName": f"{w.name}-b", "PolicyArn": FULL}
    yield w.ask("managed: AmazonS3FullAccess attaches", lambda: w.iam.attach_user_policy(**full), "OK")
    yield w.ask("user: deleted while it has keys", lambda: w.iam.delete_user(**user), "DeleteConflict")
    year = str(time.gmtime().tm_year)
    yield w.ask(
        "key: when it was last used",
        lambda: str(w.iam.get_access_key_last_used(**used)["AccessKeyLastUsed"]["LastUsedDate"].year),
        year,
    )

    def uses() -> list[str]:
        """With which service each of the user's keys was last used."""
        keys = [key["AccessKeyId"] for key in w.iam.list_access_keys(**user)["AccessKeyMetadata"]]
        seen = [w.iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"] for key in keys]
        return sorted(use["ServiceName"] if "LastUsedDate" in use else f"never, {use['ServiceName']}" for use in seen)

    # The last use that counts was of the first key, to ask who it is; the second was made and not used.
    yield w.ask(
        "key: a second one is not used by the first one's use", uses, ["never, N/A", "sts"], ["never, N/A", "s3"]
    )
    quota = w.iam.get_account_summary
    yield w.ask("account: its quotas", lambda: quota()["SummaryMap"]["UsersQuota"], 5000)
    yield w.ask("user: no password", lambda: w.iam.get_login_profile(**user), "NoSuchEntity")
    credentials = w.iam.list_service_specific_credentials
    yield w.ask("user: its service credentials", lambda: credentials(**user), "OK")


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def tidy(world: World) -> list[str]:
    """Delete everything that was created for ``world``, found by name and path. Returns what could not be deleted."""
    left = [*_tidied_bucket(world)]
    for name in (
        world.name,
        f"{world.name}-b",
        f"{world.name}-user",
        world.name.upper(),
        world.name.ljust(65, "x"),
        f"{world.name} b",
    ):
        left += _without_user(world.iam, name)
    for number in range(11):
        left += _gone("group", f"{world.name}-g{number}", lambda n: world.iam.delete_group(GroupName=n))
        arn = f"arn:aws:iam::{world.account}:policy{PATH}{world.name}-p{number}"
        left += _gone("policy", arn, lambda a: world.iam.delete_policy(PolicyArn=a))
    return left


def _tidied_bucket(w: World) -> Iterator[str]:
    for bucket in (w.name, f"{w.name}-other"):
        with suppress(ClientError):
            for item in w.s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
                w.s3.delete_object(Bucket=bucket, Key=item["Key"])
        yield from _gone("bucket", bucket, lambda b: w.s3.delete_bucket(Bucket=b))


def _without_user(iam: Any, name: str) -> list[str]:
    """A user of ours, if it is there and on our path, with what it has."""
    try:
        if iam.get_user(UserName=name)["User"]["Path"] != PATH:
            return []
    except ClientError:
        return []
    user = {"UserName": name}
    with suppress(ClientError):
        for key in iam.list_access_keys(**user)["AccessKeyMetadata"]:
            iam.delete_access_key(**user, AccessKeyId=key["AccessKeyId"])
        for policy in iam.list_attached_user_policies(**user)["AttachedPolicies"]:
            iam.detach_user_policy(**user, PolicyArn=policy["PolicyArn"])
        for policy_name in iam.list_user_policies(**user)["PolicyNames"]:
            iam.delete_user_policy(**user, PolicyName=policy_name)
        for group in iam.list_groups_for_user(**user)["Groups"]:
            iam.remove_user_from_group(**user, GroupName=group["GroupName"])
    return _gone("user", name, lambda n: iam.delete_user(UserName=n))


def _gone(kind: str, name: str, delete: Callable[[str], Any]) -> list[str]:
    try:
        delete(name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return [] if code in ("NoSuchEntity", "NoSuchBucket", "404") else [f"{kind} {name} ({code})"]
    return []
