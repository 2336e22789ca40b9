"""Addresses of S3: each reads as the bucket that it means, and what is none stays a name."""

import pytest

from s3io_user.iam.addresses import is_of_aws
from s3io_user.iam.buckets import Bucket, parse_bucket

MEANT = {
    # The bucket in the host's name
    "my-photos.s3.amazonaws.com": ("my-photos", "", None),
    "my-photos.s3-eu-west-1.amazonaws.com/wp-content/uploads": ("my-photos", "wp-content/uploads", "aws"),
    "https://my-photos.s3.eu-west-1.amazonaws.com/": ("my-photos", "", "aws"),
    "https://my.photos.s3.dualstack.eu-west-1.amazonaws.com/a%20b/": ("my.photos", "a b", "aws"),
    "my-photos.s3-fips.us-gov-west-1.amazonaws.com": ("my-photos", "", "aws-us-gov"),
    "my-photos.s3-fips.dualstack.us-east-1.amazonaws.com": ("my-photos", "", "aws"),
    "my-photos.s3-accelerate.amazonaws.com": ("my-photos", "", None),
    "my-photos.s3-accelerate.dualstack.amazonaws.com": ("my-photos", "", None),
    "my-photos.s3.cn-north-1.amazonaws.com.cn": ("my-photos", "", "aws-cn"),
    "my-photos.s3.us-isob-east-1.sc2s.sgov.gov": ("my-photos", "", "aws-iso-b"),
    "my-photos.s3.eusc-de-east-1.amazonaws.eu": ("my-photos", "", "aws-eusc"),
    "https://my-photos.s3.eu-west-1.amazonaws.com./wp": ("my-photos", "wp", "aws"),
    "http://my-photos.s3.eu-west-1.amazonaws.com:80/X/wp/X": ("my-photos", "X/wp/X", "aws"),
    "https://my-photos.s3.eu-west-1.amazonaws.com:443/": ("my-photos", "", "aws"),
    # In the path
    "s3.amazonaws.com/my-photos": ("my-photos", "", None),
    "HTTPS://S3.Amazonaws.com/my-photos/wp?list-type=2": ("my-photos", "wp", None),
    "https://s3.dualstack.us-west-2.amazonaws.com/my-photos/a/b/": ("my-photos", "a/b", "aws"),
    "https://s3.cn-northwest-1.amazonaws.com.cn/my-photos": ("my-photos", "", "aws-cn"),
    "s3-external-1.amazonaws.com/my-photos": ("my-photos", "", "aws"),
    # Websites, and the console
    "http://my-photos.s3-website-us-east-1.amazonaws.com": ("my-photos", "", "aws"),
    "http://www.example.com.s3-website.eu-central-1.amazonaws.com/": ("www.example.com", "", "aws"),
    "https://s3.console.aws.amazon.com/s3/buckets/my-photos?region=eu-west-1&prefix=a/b/": ("my-photos", "a/b", None),
    "https://eu-west-1.console.aws.amazon.com/s3/buckets/my-photos": ("my-photos", "", None),
    "eu-west-1.console.aws.amazon.com/s3/buckets/my-photos?prefix=a%2Fb%2F": ("my-photos", "a/b", None),
    "https://eusc-de-east-1.console.amazonaws-eusc.eu/s3/buckets/my-photos": ("my-photos", "", None),
    # Other ways to write a URI
    "s3n://my-photos/wp": ("my-photos", "wp", None),
    "S3://my-photos/wp": ("my-photos", "wp", None),
    "s3a://my-photos": ("my-photos", "", None),
    "s3://my-photos.s3.eu-west-1.amazonaws.com/wp": ("my-photos", "wp", "aws"),
    "s3://https://s3.amazonaws.com/my-photos/wp": ("my-photos", "wp", None),
    # The names of such buckets go by their ARN
    "arn:aws:s3:::my-photos.nyc3.digitaloceanspaces.com": ("my-photos.nyc3.digitaloceanspaces.com", "", "aws"),
    "arn:aws:s3:::your-bucket/wp": ("your-bucket", "wp", "aws"),
    # No addresses
    "photos.example.com/wp": ("photos.example.com", "wp", None),
    "my-photos": ("my-photos", "", None),
    "amazonaws.com": ("amazonaws.com", "", None),
    "s3-prod-data-1": ("s3-prod-data-1", "", None),
    "logs.s3-prod-data-1": ("logs.s3-prod-data-1", "", None),
    "assets.s3.example.com": ("assets.s3.example.com", "", None),
    "my-bucket/you@example.com": ("my-bucket", "you@example.com", None),
}


@pytest.mark.parametrize("text", MEANT)
def test_an_address_is_the_bucket_that_it_means(text: str) -> None:
    assert parse_bucket(text) == Bucket(*MEANT[text])


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/photos",
        "http://127.0.0.1:5000/photos",
        "https://d111.cloudfront.net/",
        "s3.eu-west-1.amazonaws.com",
        "https://s3.amazonaws.com/",
        "https://console.aws.amazon.com/s3/home",
        "https://s3.console.aws.amazon.com/s3/home?bucket=my-photos",
        "us-east-1.console.aws.amazon.com/s3/buckets/my-photos/properties",
        "https://us-east-1.console.aws.amazon.com/s3/bucket/my-photos/property/policy/edit",
        # The hosts of other services, without https://
        "d111111abcdef8.cloudfront.net",
        "my-photos.s3.eu-central-1.api.aws",
        "my-photos.nyc3.digitaloceanspaces.com/wp",
        "s3.eu-central-1.wasabisys.com/my-photos",
        "my-photos.s3.fr-par.scw.cloud",
        "storage.googleapis.com/my-photos",
        "account.r2.cloudflarestorage.com/my-photos",
        "my-photos.s3.us-west-002.backblazeb2.com",
        "my-photos.fsn1.your-objectstorage.com",
        "s3://my-photos.t3.storage.dev",
        # Half an address, and the endpoint of whoever it is
        "my-photos.s3.eu-west-1",
        "my-photos.s3-eu-west-1.amazonaws.co",
        "my-photos.s3.amazonaws",
        "s3.us-east-1.example.com/my-photos",
        "my-photos.op-01ac5d28a6a232904.123456789012.s3-outposts.us-west-2.amazonaws.com",
        "bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com/my-photos",
        "my-photos.s3-object-lambda.us-east-1.amazonaws.com",
        "site-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
        "my--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com",
        "https://my-photos.s3.amazonaws.com:9000/",
        "https://[::1",
        "my-photos.s3.amazonaws.com\n",
        "https://my-photos.s3.amazonaws.com/*/x",
    ],
)
def test_what_means_no_bucket_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|a bucket|a folder)") as raised:
        parse_bucket(text)

    assert "\n" not in str(raised.value)


SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    "text",
    [
        f"https://AKIAIOSFODNN7EXAMPLE:{SECRET[:12]}@my-photos.s3.amazonaws.com/",
        f"s3://AKIAIOSFODNN7EXAMPLE:{SECRET}@my-photos/wp-content/uploads/2026/11",
        f"AKIAIOSFODNN7EXAMPLE:{SECRET}@s3.amazonaws.com/my-photos",
        f"https://photos.blob.core.windows.net/wp?sig={SECRET}",
    ],
)
def test_a_password_in_an_address_is_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="must be a bucket's name or its S3 address") as raised:
        parse_bucket(text)

    assert "wJalr" not in str(raised.value)
    assert "windows.net" in str(raised.value) or "…@" in str(raised.value)


@pytest.mark.parametrize("name", ["my-photos.nyc3.digitaloceanspaces.com", "your-bucket/wp"])
def test_a_bucket_that_a_stack_has_is_known(name: str) -> None:
    assert str(parse_bucket(name, known=True)) == name


@pytest.mark.parametrize(
    ("url", "of_aws"),
    [
        ("https://s3.eu-west-1.amazonaws.com", True),
        ("https://s3.cn-north-1.amazonaws.com.cn", True),
        ("https://s3.eusc-de-east-1.amazonaws.eu/", True),
        ("https://s3.us-isob-east-1.sc2s.sgov.gov", True),
        ("http://127.0.0.1:5000", False),
        ("https://s3.eu-central-1.wasabisys.com", False),
        ("https://amazonaws.com.example.com", False),
    ],
)
def test_an_endpoint_is_aws_s_in_every_partition(url: str, of_aws: bool) -> None:
    assert is_of_aws(url) is of_aws
