# A bucket, its user, and the key in the parameter that the application reads.
#
#     python -m pytest

import pulumi
import pulumi_aws as aws

from s3io_user import S3IOUser

site = pulumi.Config().require("site")
bucket = aws.s3.Bucket(site)
user = S3IOUser(site, {"access": "optimizer", "buckets": [bucket.bucket]})
aws.ssm.Parameter(site, name=f"/{site}/key", type="SecureString", value=user.secret_access_key)

pulumi.export("accessKeyId", user.access_key_id)
pulumi.export("secretAccessKey", user.secret_access_key)
