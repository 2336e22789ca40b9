"""`s3io-user verify` on the embedded AWS: the right verdict for each preset and for broken set-ups; no objects stay."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from local_aws.server import Aws
from s3io_user import s3_policy_document
from s3io_user.aws.connection import Connection
from s3io_user.explain import FULL_ACCESS
from s3io_user.handover.credentials import Credentials
from s3io_user.policy.document import OWN_ACCOUNT
from s3io_user.verify.expected import Check
from s3io_user.verify.probes import verify
from tests.engine.conftest import Stack
from tests.engine.test_doctor import command
from tests.pages import PROJECT, snippets
from tests.patience import PATIENCE

NewStack = Callable[..., Stack]
FOLDER = "wp-content/uploads"
DENY = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}


def make_bucket(aws: Aws, region: str = "us-east-1", *, enforced: bool = True) -> str:
    """A versioned bucket with three images, one of them twice, and one outside the folder."""
    s3, name = aws.client("s3"), f"photos-{uuid.uuid4().hex[:12]}"
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    ownership = "BucketOwnerEnforced" if enforced else "ObjectWriter"
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})
    for key, body in (("a.jpg", b"1"), ("a.jpg", b"2"), ("b.jpg", b"3")):
        s3.put_object(Bucket=name, Key=f"{FOLDER}/{key}", Body=body)
    s3.put_object(Bucket=name, Key="elsewhere/c.jpg", Body=b"4")
    return name


def contents(aws: Aws, bucket: str) -> list[Any]:
    """Everything that a bucket holds: every version and delete marker, and each version's bytes."""
    s3 = aws.client("s3")
    found = s3.list_object_versions(Bucket=bucket)
    return [
        found.get("DeleteMarkers"),
        found.get("Versions"),
        [
            s3.get_object(Bucket=bucket, Key=v["Key"], VersionId=v["VersionId"])["Body"].read()
            for v in found["Versions"]
        ],
    ]


@pytest.fixture(scope="session")
def bucket(aws: Aws) -> str:
    return make_bucket(aws)


def operator(aws: Aws, region: str = "us-east-1") -> Connection:
    endpoints = dict.fromkeys(("iam", "sts", "s3"), aws.endpoint)
    return Connection(region, access_key=aws.access_key_id, secret_key=aws.secret_access_key, endpoints=endpoints)


def user(aws: Aws, name: str, document: dict[str, Any], places: list[str], region: str = "us-east-1") -> Credentials:
    """A user with one inline policy and one key."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="S3Access", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(name, key["AccessKeyId"], key["SecretAccessKey"], region, places)


def tried(aws: Aws, pair: Credentials, document: dict[str, Any], **more: Any) -> list[Check]:
    """The checks, by the operator of the embedded AWS."""
    arn = aws.client("iam").get_user(UserName=pair.user_name)["User"]["Arn"]
    return verify(pair, [document], user_arn=arn, operator=operator(aws), within=0, **more)


def verdicts(checks: list[Check]) -> dict[str, tuple[bool | None, str]]:
    """The result and the verdict of each call in the bucket or folder itself."""
    aside = ("s3io-user-verify", "/locks")
    return {c.call: (c.observed, c.verdict) for c in checks if ":" not in c.call and not c.where.endswith(aside)}


YES, NO = (True, "ok"), (False, "ok")
MISSING, EXTRA = (False, "finding"), (True, "finding")


PRESETS = {
    "optimizer": ("optimizer", {}, YES, NO),
    "optimizer-delete": ("optimizer", {"allow_delete": True}, YES, YES),
    "optimizer-acl": ("optimizer", {"allow_acl": True}, YES, NO),
    "own-account": ("optimizer", {"account_id": OWN_ACCOUNT}, YES, NO),
    "s3-access": ("s3-access", {}, YES, NO),
    "read-only": ("read-only", {}, NO, NO),
    "read-write": ("read-write", {}, YES, YES),
    "write-only": ("write-only", {}, YES, NO),
    "backup": ("backup", {"lock_prefix": "locks"}, YES, NO),
    "full": ("full", {}, YES, YES),
}


@pytest.mark.parametrize("folder", ["", f"/{FOLDER}"], ids=["bucket", "folder"])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_as_it_says_with_nothing_unknown_and_the_bucket_is_untouched(
    aws: Aws, user_name: str, bucket: str, preset: str, folder: str
) -> None:
    access, options, put, delete = PRESETS[preset]
    place = f"{bucket}{folder}"
    document = FULL_ACCESS if access == "full" else s3_policy_document([place], access=access, **options)
    before = contents(aws, bucket)
    checks = tried(aws, user(aws, user_name, dict(document), [place]), dict(document))
    found = verdicts(checks)

    assert [c for c in checks if c.verdict != "ok"] == []
    reads = NO if access == "write-only" else YES
    asks = YES if access in ("optimizer", "s3-access", "read-only", "full") else NO
    assert (found["GetBucketLocation"], found["GetBucketOwnershipControls"]) == (reads, asks)
    assert (found["ListObjects"], found["GetObject"]) == (reads, reads)
    assert (found["PutObject"], found["DeleteObject"]) == (put, delete)
    assert contents(aws, bucket) == before


def test_a_delete_is_tried_among_the_locks_and_not_taken_for_one_elsewhere(aws: Aws, user_name: str) -> None:
    bucket, s3 = make_bucket(aws), aws.client("s3")
    # The first object of the bucket, which the key may delete.
    s3.put_object(Bucket=bucket, Key="a/locks/1", Body=b"lock")
    document = s3_policy_document([bucket], access="backup", lock_prefix="a/locks")
    checks = tried(aws, user(aws, user_name, document, [bucket]), document)
    deletes = [(c.where, c.observed, c.how) for c in checks if c.call == "DeleteObject"]

    assert [c for c in checks if c.verdict != "ok"] == []
    assert deletes == [(bucket, False, "simulated"), (f"{bucket}/a/locks", True, "tried")]
    assert s3.get_object(Bucket=bucket, Key="a/locks/1")["Body"].read() == b"lock"


def test_a_key_without_rights_is_refused_all_and_nothing_is_unknown(aws: Aws, user_name: str, bucket: str) -> None:
    aws.client("iam").create_user(UserName=user_name)
    key = aws.client("iam").create_access_key(UserName=user_name)["AccessKey"]
    pair = Credentials(user_name, key["AccessKeyId"], key["SecretAccessKey"], "us-east-1", [bucket])
    arn = aws.client("iam").get_user(UserName=user_name)["User"]["Arn"]
    checks = verify(pair, [], user_arn=arn, operator=operator(aws), within=0)
    assert {c.verdict for c in checks} == {"ok"}
    # An early refusal proves nothing, and so nothing was tried in vain: it is simulated.
    assert {c.how for c in checks if c.expected is False} == {"simulated"}


def _deny_in_a_group(iam: Any, name: str) -> None:
    iam.create_group(GroupName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": [DENY]})
    iam.put_group_policy(GroupName=name, PolicyName="deny", PolicyDocument=document)
    iam.add_user_to_group(GroupName=name, UserName=name)


def _full_access_by_hand(iam: Any, name: str) -> None:
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")


def _policy_gone(iam: Any, name: str) -> None:
    iam.delete_user_policy(UserName=name, PolicyName="S3Access")


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        # Where no write shows that If-Match is heeded, a delete is not tried, but simulated.
        pytest.param(_deny_in_a_group, {"PutObject": MISSING}, id="deny-in-a-group"),
        pytest.param(_full_access_by_hand, {"DeleteObject": EXTRA}, id="policy-by-hand"),
        pytest.param(
            _policy_gone,
            dict.fromkeys(
                ("GetBucketLocation", "GetBucketOwnershipControls", "ListObjects", "GetObject", "PutObject"), MISSING
            ),
            id="policy-gone",
        ),
    ],
)
def test_what_was_spoilt_is_found_and_nothing_else(
    aws: Aws, user_name: str, bucket: str, spoil: Callable[[Any, str], None], wrong: dict[str, Any]
) -> None:
    document = s3_policy_document([bucket], access="optimizer")
    pair = user(aws, user_name, document, [bucket])
    spoil(aws.client("iam"), user_name)
    before = contents(aws, bucket)
    found = verdicts(tried(aws, pair, document))

    assert {call: result for call, result in found.items() if result not in (YES, NO)} == wrong
    assert contents(aws, bucket) == before


def test_a_key_that_is_switched_off_is_one_finding(aws: Aws, user_name: str, bucket: str) -> None:
    document = s3_policy_document([bucket], access="optimizer")
    pair = user(aws, user_name, document, [bucket])
    aws.client("iam").update_access_key(UserName=user_name, AccessKeyId=pair.access_key_id, Status="Inactive")
    (check,) = tried(aws, pair, document)
    assert (check.verdict, check.note) == ("finding", "it is Inactive")


def test_the_pair_of_another_user_is_a_finding(aws: Aws, user_name: str, bucket: str) -> None:
    document = s3_policy_document([bucket], access="optimizer")
    pair = user(aws, user_name, document, [bucket])
    checks = verify(pair, [document], user_arn="arn:aws:iam::123456789012:user/x", operator=operator(aws), within=0)
    assert [c.call for c in checks if c.verdict == "finding"] == ["key is the user's"]


def test_buckets_that_a_site_would_stumble_over(aws: Aws, user_name: str) -> None:
    far, acls = make_bucket(aws, "eu-west-1"), make_bucket(aws, enforced=False)
    absent = "no-such-bucket-of-anybody"
    document = s3_policy_document([far, acls, absent], access="optimizer")
    checks = tried(aws, user(aws, user_name, document, [far, acls, absent]), document)
    found = [(c.call, c.where) for c in checks if c.verdict == "finding"]
    assert found == [("bucket exists", absent), ("bucket is in us-east-1", far), ("bucket takes no ACLs", acls)]
    of_absent = [c for c in checks if c.where == absent and c.how == "tried" and c.call != "bucket exists"]
    assert {c.verdict for c in of_absent} == {"unknown"}


def test_outside_its_folder_a_key_may_not_write(aws: Aws, user_name: str, bucket: str) -> None:
    place = f"{bucket}/{FOLDER}"
    document = s3_policy_document([place], access="optimizer")
    before = contents(aws, bucket)
    checks = tried(aws, user(aws, user_name, document, [place]), document)
    outside = {c.call: c for c in checks if c.where == f"{place}-s3io-user-verify"}
    assert (outside["PutObject"].expected, outside["PutObject"].observed) == (False, False)
    assert (outside["ListObjects"].expected, outside["ListObjects"].observed) == (False, False)
    assert {check.verdict for check in checks} == {"ok"}
    assert contents(aws, bucket) == before


def test_the_command_on_a_stack(new_stack: NewStack, aws: Aws, user_name: str, bucket: str) -> None:
    stack = new_stack(userName=user_name, access="optimizer", buckets=[bucket])
    stack.up()
    secret = stack.outputs()["secretAccessKey"]
    before = contents(aws, bucket)
    good = command(stack, "verify", "--format", "json")
    assert good.code == 0, good.text
    assert {check["verdict"] for check in json.loads(good.out)["checks"]} == {"ok"}
    aws.client("iam").attach_user_policy(UserName=user_name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    bad = command(stack, "verify", "--wait", "0")
    assert (bad.code, "9 findings, 0 unknown" in bad.out) == (1, True), bad.text
    assert contents(aws, bucket) == before
    assert secret not in good.text + bad.text


def test_what_is_unknown_fails_unless_it_is_allowed(new_stack: NewStack, aws: Aws, user_name: str, bucket: str) -> None:
    stack = new_stack(userName=user_name, access="read-only", buckets=[bucket])
    stack.up()
    # Somebody who may not have anything simulated.
    all_but = {"Effect": "Allow", "NotAction": "iam:SimulatePrincipalPolicy", "Resource": "*"}
    pair = user(aws, f"{user_name}-operator", {"Version": "2012-10-17", "Statement": [all_but]}, [])
    stack.env |= {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    unknown, allowed = command(stack, "verify"), command(stack, "verify", "--allow-unknown")
    assert (unknown.code, "--allow-unknown accepts" in unknown.err) == (1, True), unknown.text
    assert allowed.code == 0, allowed.text


def test_the_snippet_of_the_page_runs(aws: Aws, user_name: str) -> None:
    bucket = make_bucket(aws)
    document = s3_policy_document([bucket], access="optimizer")
    pair = user(aws, user_name, document, [bucket])
    arn = aws.client("iam").get_user(UserName=user_name)["User"]["Arn"]
    known = {"key_id": pair.access_key_id, "secret": pair.secret_access_key, "user_arn": arn}
    given = json.dumps({**known, "policy_document": document})
    (snippet,) = snippets("verify.md")
    snippet = (
        snippet.replace('"site"', f'"{user_name}"').replace("photos/uploads", bucket).replace("eu-west-1", aws.region)
    )
    program = f"import json, sys\nglobals().update(json.load(sys.stdin))\n{snippet}\nprint(len(checks))"
    # By the environment's credentials alone, as the page's reader would.
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**os.environ, **aws.env()},
        input=given,
        text=True,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
