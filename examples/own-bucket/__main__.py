# A bucket, and a user that may use it, in one program.
#
#     pulumi stack init prod
#     pulumi config set aws:region us-east-1
#     pulumi up
#
# A new bucket accepts no ACLs (BucketOwnerEnforced), which suits the optimizer. The optimizer overwrites images, so add
# an aws.s3.BucketVersioning with the status Enabled: it keeps the originals.

import pulumi
import pulumi_aws as aws

from s3io_user import S3IOUser

bucket = aws.s3.Bucket("photos")
site = S3IOUser("site", {"access": "optimizer", "buckets": [bucket.bucket]})

pulumi.export("bucket", bucket.bucket)
for name, output in site.exports().items():
    pulumi.export(name, output)
