"""The behaviours of AWS that the product depends on, as questions to ask the embedded AWS or AWS itself.

The answers are those of the IAM, STS and S3 API references and user guides.
"""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from local_aws.world import PATH, Answer, World, answer_of, document_of

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

Questions = Iterator[tuple[Any, ...]]
"""What is asked, the call that asks it, and the right answers."""


def answers(world: World) -> Iterator[Answer]:
    """Ask every question, in an order in which none disturbs the next."""
    for chapter in (_names, _keys, _folder, _bucket, _conditions, _simulation, _inactive, _boundaries, _quotas, _told):
        yield from (world.ask(*question) for question in chapter(world))


def _names(w: World) -> Questions:
    bad = "ValidationError", "InvalidInput"
    yield (
        "name: another case of a taken name",
        lambda: w.iam.create_user(UserName=w.name.upper(), Path=PATH),
        "EntityAlreadyExists",
    )
    yield "name: 65 characters", lambda: w.iam.create_user(UserName=w.name.ljust(65, "x"), Path=PATH), *bad
    yield "name: with a space", lambda: w.iam.create_user(UserName=f"{w.name} b", Path=PATH), *bad


def _keys(w: World) -> Questions:
    unknown, wrong = ("AKIAAAAAAAAAAAAAAAAA", "w" * 40), (w.key["AccessKeyId"], "wrong" * 8)
    listing = {"Bucket": w.name}
    yield "key: no rights, listing", lambda: w.mine.list_objects_v2(**listing), REFUSED
    yield "key: no rights, its own identity", lambda: w.who.get_caller_identity()["Account"], w.account
    yield "key: wrong secret", lambda: w.client("s3", *wrong).list_objects_v2(**listing), "SignatureDoesNotMatch"
    yield "key: unknown, at STS", lambda: w.client("sts", *unknown).get_caller_identity(), "InvalidClientTokenId"
    yield "key: unknown, at S3", lambda: w.client("s3", *unknown).list_objects_v2(**listing), "InvalidAccessKeyId"


def _folder(w: World) -> Questions:
    prefixes = {"StringLike": {"s3:prefix": ["wp/up", "wp/up/", "wp/up/*"]}}
    reads = ["s3:GetBucketLocation", "s3:GetBucketOwnershipControls"]
    w.allow(
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": w.arn, "Condition": prefixes},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{w.arn}/wp/up/*"},
        {"Effect": "Allow", "Action": reads, "Resource": w.arn},
    )
    inside, beside = {"Bucket": w.name, "Key": "wp/up/a.jpg"}, {"Bucket": w.name, "Key": "wp/up-private/b.jpg"}
    put, listed = w.mine.put_object, w.mine.list_objects_v2
    yield "folder: listing it", lambda: listed(Bucket=w.name, Prefix="wp/up/"), "OK"
    yield (
        "folder: listing it, API version 1, no slash",
        lambda: w.mine.list_objects(Bucket=w.name, Prefix="wp/up"),
        "OK",
    )
    yield "folder: listing its sibling", lambda: listed(Bucket=w.name, Prefix="wp/up-private/"), REFUSED
    yield "folder: listing the whole bucket", lambda: listed(Bucket=w.name), REFUSED
    yield "folder: reading in it", lambda: w.mine.get_object(**inside), "OK"
    yield "folder: reading in its sibling", lambda: w.mine.get_object(**beside), REFUSED
    yield "folder: writing in it", lambda: put(Bucket=w.name, Key="wp/up/c.jpg", Body=b"1"), "OK"
    never = {"Bucket": w.name, "Body": b"", "IfMatch": '"0"'}
    yield (
        "probe: put with If-Match on a missing object",
        lambda: put(**never, Key="wp/up/zz.jpg"),
        "NoSuchKey",
        "PreconditionFailed",
    )
    yield "probe: the same beside the folder", lambda: put(**never, Key="wp/up-private/zz.jpg"), REFUSED
    yield (
        "probe: delete with an If-Match that fits nothing, by an admin",
        lambda: w.s3.delete_object(**inside, IfMatch='"0"'),
        "PreconditionFailed",
    )
    yield "folder: deleting", lambda: w.mine.delete_object(**inside), REFUSED


def _bucket(w: World) -> Questions:
    controls = {"Bucket": w.name}
    acl = {"Bucket": w.name, "Key": "wp/up/a.jpg", "ACL": "public-read"}
    yield "bucket: its location", lambda: w.mine.get_bucket_location(**controls), "OK"
    yield (
        "bucket: its ownership controls, by their own action",
        lambda: w.mine.get_bucket_ownership_controls(**controls),
        "OK",
        "OwnershipControlsNotFoundError",
    )
    yield "bucket: HeadBucket is ListBucket without a prefix", lambda: w.mine.head_bucket(**controls), "403"
    yield "object: setting an ACL", lambda: w.mine.put_object_acl(**acl), REFUSED
    yield "account: listing all buckets", lambda: w.mine.list_buckets(), REFUSED
    yield "account: making a bucket", lambda: w.mine.create_bucket(Bucket=f"{w.name}-other"), REFUSED
    rules = w.s3.get_bucket_ownership_controls
    yield (
        "bucket: a new one takes no ACLs",
        lambda: rules(**controls)["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
        "BucketOwnerEnforced",
    )
    yield (
        "bucket: an ACL where none are taken",
        lambda: w.s3.put_object_acl(**acl),
        "AccessControlListNotSupported",
        REFUSED,
    )


def _conditions(w: World) -> Questions:
    def listed() -> Any:
        return w.mine.list_objects_v2(Bucket=w.name)

    def denied_unless(operator: str, key: str, value: Any) -> dict[str, Any]:
        return {**EVERYTHING, "Effect": "Deny", "Condition": {operator: {key: value}}}

    # Whoever asks AWS itself comes from an address that is not known here, but not from these; and by https.
    here = "127.0.0.0/8" if w.is_embedded else "0.0.0.0/0"
    for block, right in (("198.51.100.0/24", REFUSED), (here, "OK")):
        w.allow(EVERYTHING, denied_unless("NotIpAddress", "aws:SourceIp", [block]))
        yield f"condition: denied but from {block}", listed, right
    w.allow(EVERYTHING, denied_unless("Bool", "aws:SecureTransport", "false"))
    yield "condition: TLS only", listed, REFUSED if w.is_embedded else "OK"
    own = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
    w.allow({**EVERYTHING, "Condition": own})
    yield "condition: the key's own account, by a policy variable", listed, "OK"
    w.allow(EVERYTHING, ANOTHER_ACCOUNT_DENIED)
    yield "condition: any other account denied", listed, "OK"
    yield "condition: any other account denied, and all buckets listed", w.mine.list_buckets, "OK"


def _simulation(w: World) -> Questions:
    w.allow(EVERYTHING)
    asked = {"PolicySourceArn": w.user_arn, "ActionNames": ["s3:PutBucketPolicy", "iam:CreateUser"]}

    def decided() -> list[str]:
        results = w.iam.simulate_principal_policy(**asked, ResourceArns=[w.arn])["EvaluationResults"]
        return [result["EvalDecision"] for result in results]

    yield "simulation: the verdicts", decided, ["allowed", "implicitDeny"]

    def decided_without_a_context(action: str, *resources: str) -> list[str]:
        of = {"PolicySourceArn": w.user_arn, "ActionNames": [action], "ResourceArns": list(resources)}
        (result,) = w.iam.simulate_principal_policy(**of)["EvaluationResults"]
        of_resources = result.get("ResourceSpecificResults") or [result]
        return [result["EvalDecision"], *of_resources[0].get("MissingContextValues", [])]

    # `verify` relies on a simulation that fills in aws:ResourceAccount itself.
    w.allow(EVERYTHING, ANOTHER_ACCOUNT_DENIED)
    for action, resource in (("s3:ListBucket", w.arn), ("s3:ListAllMyBuckets", "*")):
        question = f"simulation: {action} where any other account is denied"
        yield question, partial(decided_without_a_context, action, resource), ["allowed"]


def _inactive(w: World) -> Questions:
    key = {"UserName": w.name, "AccessKeyId": w.key["AccessKeyId"]}
    w.iam.update_access_key(**key, Status="Inactive")
    yield "inactive key: at S3", lambda: w.mine.list_objects_v2(Bucket=w.name), "InvalidAccessKeyId", REFUSED
    yield "inactive key: at STS", w.who.get_caller_identity, "InvalidClientTokenId"
    w.iam.update_access_key(**key, Status="Active")
    w.until_accepted()


def _boundaries(w: World) -> Questions:
    other = {"UserName": f"{w.name}-b"}
    w.iam.create_user(**other, Path=PATH, PermissionsBoundary=READ_ONLY)
    yield (
        "boundary: kept from a create",
        lambda: w.iam.get_user(**other)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"],
        READ_ONLY,
    )
    bounded = {"UserName": w.name, "PermissionsBoundary": READ_ONLY}
    yield "boundary: set later", lambda: w.iam.put_user_permissions_boundary(**bounded), "OK"
    yield "boundary: enforced", lambda: w.mine.put_object(Bucket=w.name, Key="wp/up/d.jpg", Body=b"1"), REFUSED
    w.iam.delete_user_permissions_boundary(UserName=w.name)


def _quotas(w: World) -> Questions:
    user = {"UserName": w.name}
    w.iam.create_access_key(**user)
    yield "quota: a third key", lambda: w.iam.create_access_key(**user), "LimitExceeded"
    many = [f"arn:aws:s3:::{'b' * 60}{number}/*" for number in range(40)]
    large = document_of({"Effect": "Allow", "Action": "s3:GetObject", "Resource": many})
    inline = {**user, "PolicyName": "q"}
    yield (
        "quota: an inline policy over 2,048 characters",
        lambda: w.iam.put_user_policy(**inline, PolicyDocument=large),
        "LimitExceeded",
    )
    yield (
        "policy: one that is none",
        lambda: w.iam.put_user_policy(**inline, PolicyDocument='{"Statement":[{"Effect":"Allow"}]}'),
        "MalformedPolicyDocument",
    )
    for number in range(11):
        w.iam.create_group(GroupName=f"{w.name}-g{number}", Path=PATH)
    joined = [lambda n=n: w.iam.add_user_to_group(**user, GroupName=f"{w.name}-g{n}") for n in range(11)]
    yield "quota: ten groups, and an eleventh", lambda: [*map(answer_of, joined)], ["OK"] * 10 + ["LimitExceeded"]
    one = document_of({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    arns = [
        w.iam.create_policy(PolicyName=f"{w.name}-p{number}", Path=PATH, PolicyDocument=one)["Policy"]["Arn"]
        for number in range(11)
    ]
    # An account may have asked for a higher quota of attached policies than AWS's default of ten.
    attached = [lambda arn=arn: w.iam.attach_user_policy(**user, PolicyArn=arn) for arn in arns]
    yield (
        "quota: ten attached policies, and an eleventh",
        lambda: [*map(answer_of, attached)],
        ["OK"] * 10 + ["LimitExceeded"],
    )


def _told(w: World) -> Questions:
    user, used = {"UserName": w.name}, {"AccessKeyId": w.key["AccessKeyId"]}
    full = {"UserName": f"{w.name}-b", "PolicyArn": FULL}
    yield "managed: AmazonS3FullAccess attaches", lambda: w.iam.attach_user_policy(**full), "OK"
    yield "user: deleted while it has keys", lambda: w.iam.delete_user(**user), "DeleteConflict"
    year = str(time.gmtime().tm_year)
    yield (
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
    yield "key: a second one is not used by the first one's use", uses, ["never, N/A", "sts"], ["never, N/A", "s3"]
    quota = w.iam.get_account_summary
    yield "account: its quotas", lambda: quota()["SummaryMap"]["UsersQuota"], 5000
    yield "user: no password", lambda: w.iam.get_login_profile(**user), "NoSuchEntity"
    credentials = w.iam.list_service_specific_credentials
    yield "user: its service credentials", lambda: credentials(**user), "OK"
