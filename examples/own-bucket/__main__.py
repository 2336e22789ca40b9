# A bucket, and a user that may use it, in one program.
#
#     pulumi stack init prod
#     pulumi config set aws:region us-east-1
#     pulumi up
#
# The bucket is private and accepts no ACLs, which suits the optimizer. Because the optimizer overwrites images, the
# bucket keeps old versions for 90 days. Objects are encrypted, and every request must come over TLS.

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from s3io_user import S3IOUser, run


def program() -> dict[str, Any]:
    """Make the bucket, its settings, and the user."""
    bucket = aws.s3.Bucket("photos")
    name = bucket.bucket

    # S3 may refuse a setting while it works on another of the same bucket, hence depends_on.
    block = aws.s3.BucketPublicAccessBlock(
        "photos",
        bucket=name,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    aws.s3.BucketOwnershipControls(
        "photos",
        bucket=name,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=pulumi.ResourceOptions(depends_on=[block]),
    )
    versioning = aws.s3.BucketVersioning("photos", bucket=name, versioning_configuration={"status": "Enabled"})
    aws.s3.BucketLifecycleConfiguration(
        "photos",
        bucket=name,
        rules=[
            {
                "id": "old-versions",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "noncurrent_version_expiration": {"noncurrent_days": 90},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
            }
        ],
        opts=pulumi.ResourceOptions(depends_on=[versioning]),
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        "photos", bucket=name, rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
    )
    aws.s3.BucketPolicy(
        "photos",
        bucket=name,
        policy=bucket.arn.apply(
            lambda arn: json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "OnlyOverTLS",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": [arn, f"{arn}/*"],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                }
            )
        ),
        opts=pulumi.ResourceOptions(depends_on=[block]),
    )

    site = S3IOUser("site", {"access": "optimizer", "buckets": [name]})
    return {"bucket": name, **site.exports()}


run(program)
