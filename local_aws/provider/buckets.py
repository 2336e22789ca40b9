"""What the S3 row of the table does at AWS: create, read, tag and delete a bucket."""

from typing import Any

from .aws import Aws, AwsError, from_aws_tags, given, saying, to_aws_tags, unless_gone
from .values import Props


def _s3(aws: Aws, props: Props) -> Any:
    return aws.client("s3", props.get("region"))


def create_bucket(aws: Aws, new: Props) -> tuple[str, Props]:
    bucket, region = new["bucket"], new["region"]
    with saying(f"creating S3 Bucket ({bucket})"):
        # In us-east-1 AWS says yes to the owner's second CreateBucket: the real provider looks first, too.
        if region == "us-east-1" and _exists(aws, new):
            raise AwsError(f"creating S3 Bucket ({bucket}): BucketAlreadyExists")
        abroad = {"LocationConstraint": region} if region != "us-east-1" else None
        _s3(aws, new).create_bucket(**given(Bucket=bucket, CreateBucketConfiguration=abroad))
        if new["tagsAll"]:
            _tag_bucket(aws, new, new["tagsAll"])
    return bucket, {}


def _exists(aws: Aws, props: Props) -> bool:
    with unless_gone():
        _s3(aws, props).head_bucket(Bucket=props["bucket"])
        return True
    return False


def read_bucket(aws: Aws, id_: str, state: Props) -> Props | None:
    """What the bucket itself has. Not read, because it is not served: grants, versioning, policy and the like."""
    s3, bucket = _s3(aws, state), state["bucket"]
    with saying(f"reading S3 Bucket ({bucket})"):
        if not _exists(aws, state):
            return None
        region = s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1"
        return {
            "arn": f"arn:{aws.partition}:s3:::{bucket}",
            "bucket": bucket,
            "bucketDomainName": f"{bucket}.s3.{aws.dns_suffix}",
            "bucketPrefix": "",
            "bucketRegion": region,
            "bucketRegionalDomainName": f"{bucket}.s3.{region}.{aws.dns_suffix}",
            "hostedZoneId": {"us-east-1": "Z3AQBSTGFYJSTF"}.get(region),
            "region": region,
            "tagsAll": _tags(s3, bucket),
        }


def _tags(s3: Any, bucket: str) -> dict[str, str]:
    from botocore.exceptions import ClientError

    try:
        return from_aws_tags(s3.get_bucket_tagging(Bucket=bucket)["TagSet"])
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:  # which means that there are none
            raise
        return {}


def _tag_bucket(aws: Aws, props: Props, tags: dict[str, str]) -> None:
    _s3(aws, props).put_bucket_tagging(Bucket=props["bucket"], Tagging={"TagSet": to_aws_tags(tags)})


def tag_bucket(aws: Aws, id_: str, new: Props, removed: list[str], added: dict[str, str]) -> None:
    with saying(f"updating tags for S3 Bucket ({id_})"):
        if new["tagsAll"]:
            _tag_bucket(aws, new, new["tagsAll"])
        else:
            _s3(aws, new).delete_bucket_tagging(Bucket=new["bucket"])


def delete_bucket(aws: Aws, id_: str, old: Props) -> None:
    s3, bucket = _s3(aws, old), old["bucket"]
    if old.get("forceDestroy"):
        with saying(f"emptying S3 Bucket ({bucket})"), unless_gone():
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                for item in page.get("Versions", []) + page.get("DeleteMarkers", []):
                    s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
    with saying(f"deleting S3 Bucket ({bucket})"), unless_gone():
        s3.delete_bucket(Bucket=bucket)
