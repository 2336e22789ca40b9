"""The stand-in's settings of a bucket: what was put is read back without a difference, and is gone when deleted."""

import json
import uuid
from typing import Any

import pytest

from local_aws.server import Aws
from tests.asker import Asker

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::BUCKET"}],
}
RULE = {
    "id": "old",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "noncurrentVersionExpiration": {"noncurrentDays": 9},
}
ENCRYPTED = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {
    "BucketPublicAccessBlock": (
        {"blockPublicAcls": True, "blockPublicPolicy": True},
        {"blockPublicAcls": True, "restrictPublicBuckets": True},
        None,
    ),
    "BucketOwnershipControls": (
        {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "ObjectWriter"}},
        None,
    ),
    "BucketVersioning": (
        {"versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
        {"versioningConfiguration": {"status": "Suspended"}},
    ),
    "BucketLifecycleConfiguration": ({"rules": [RULE]}, {"rules": [{**RULE, "status": "Disabled"}]}, None),
    # S3 encrypts every new object since 2023, and so reads back its own rule where there is none.
    "BucketServerSideEncryptionConfiguration": (
        {"rules": [{**ENCRYPTED, "bucketKeyEnabled": True}]},
        {"rules": [{**ENCRYPTED, "bucketKeyEnabled": False}]},
        {"rules": [{**ENCRYPTED, "bucketKeyEnabled": False}]},
    ),
    "BucketPolicy": (
        {"policy": json.dumps(POLICY)},
        {"policy": json.dumps(POLICY).replace("DeleteBucket", "DeleteObject").replace("BUCKET", "BUCKET/*")},
        None,
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_setting_lives(kind: str, aws: Aws) -> None:
    settings = {"region": aws.region, "accessKey": aws.access_key_id, "secretKey": aws.secret_access_key}
    there = json.dumps([dict.fromkeys(("s3", "sts"), aws.endpoint)])
    ask, bucket = Asker({**settings, "endpoints": there}), f"settings-{uuid.uuid4().hex[:12]}"
    aws.client("s3").create_bucket(Bucket=bucket)
    first, second = (json.loads(json.dumps(each).replace("BUCKET", bucket)) for each in CASES[kind][:2])
    left = CASES[kind][2]
    made = ask.create(kind, {"bucket": bucket, **first})

    assert made.id == bucket
    again = ask.read(made)
    assert again is not None
    assert again.outputs == made.outputs
    assert not ask.diff(again, {"bucket": bucket, **first}).changes
    assert ask.diff(again, {"bucket": bucket, **second}) == (True, [], False)
    changed = ask.update(made, {"bucket": bucket, **second})
    assert not ask.diff(changed, {"bucket": bucket, **second}).changes
    ask.delete(changed)
    gone = ask.read(changed)
    assert (gone and {name: gone.outputs[name] for name in left or {}}) == left
