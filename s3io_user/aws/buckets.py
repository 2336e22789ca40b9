"""What a key may ask of a bucket as a whole: its region, and whether it still uses ACLs."""

from typing import Any

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import reworded
from s3io_user.wording import legible


def region_of(s3: Any, bucket: str) -> str:
    """A bucket's region. Raises AwsError."""
    answer = reworded(f"see the region of the bucket '{bucket}'", lambda: s3.get_bucket_location(Bucket=bucket))
    # The first region has no name here, and the oldest buckets of Ireland its old one.
    location = answer.get("LocationConstraint") or "us-east-1"
    return "eu-west-1" if location == "EU" else legible(location)


def owner_enforced(s3: Any, bucket: str) -> bool:
    """Whether a bucket has ACLs disabled (BucketOwnerEnforced). Raises AwsError."""
    purpose = f"read the object ownership of the bucket '{bucket}'"

    def read() -> bool:
        rules = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
        return "BucketOwnerEnforced" in [rule["ObjectOwnership"] for rule in rules]

    try:
        return reworded(purpose, read)
    except AwsError as error:
        if error.code == "OwnershipControlsNotFoundError":
            return False
        raise
