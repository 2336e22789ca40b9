"""What AWS says when it refuses, as people have reported it, and what is made of it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from s3io_user.aws.answers import AwsError, refused_by
from s3io_user.aws.connection import reworded

WHO = "User: arn:aws:iam::123456789012:user/site is not authorized to perform: "
LIST = f'{WHO}s3:ListBucket on resource: "arn:aws:s3:::photos/wp/Secret.jpg" '
KMS = "on resource: arn:aws:kms:eu-west-1:123456789012:key/1"


# The forms of the IAM User Guide's "Troubleshoot access denied error messages", of noobaa/noobaa-core#10060, and of
# cloud-custodian/cloud-custodian#4736.
@pytest.mark.parametrize(
    ("message", "why"),
    [
        *(
            pytest.param(f"{LIST}because no {kind} allows the s3:ListBucket action", f"no {kind} allows s3:ListBucket")
            for kind in ("identity-based policy", "permissions boundary", "VPC endpoint policy", "session policy")
        ),
        *(
            pytest.param(f"{LIST}with an explicit deny in a {kind}", f"an explicit deny in the {kind}")
            for kind in ("service control policy", "resource control policy", "resource-based policy")
        ),
        (f"{LIST}with an explicit deny in an identity-based policy", "an explicit deny in the identity-based policy"),
        (
            f"{LIST}with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/p-1",
            "an explicit deny in the service control policy",
        ),
        (f"{LIST}with an explicit deny", "an explicit deny"),
        (
            f"{WHO}kms:GenerateDataKey {KMS} because no identity-based policy allows the kms:GenerateDataKey action",
            "no identity-based policy allows kms:GenerateDataKey",
        ),
        (
            f"{WHO}kms:Decrypt {KMS} with an explicit deny in a resource-based policy",
            "an explicit deny in the resource-based policy of kms:Decrypt",
        ),
        ("Access Denied", ""),
        ("because no magic policy allows <script>", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_policy_that_refuses_is_named_and_nothing_else_of_the_message(message: str | None, why: str) -> None:
    assert refused_by({"Error": {"Code": "AccessDenied", "Message": message}}, "s3:ListBucket") == why


def said(code: str, message: str) -> AwsError:
    def call() -> Any:
        about = {"HTTPStatusCode": 403, "Service": "s3"}
        raise ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": about}, "ListObjectsV2")  # type: ignore[typeddict-item]

    with pytest.raises(AwsError) as raised:
        reworded("try the key", call)
    return raised.value


def test_a_refusal_says_by_which_policy() -> None:
    error = said("AccessDenied", f"{LIST}with an explicit deny in a service control policy")
    assert error.why == "an explicit deny in the service control policy"
    assert str(error) == f"can't try the key: s3:ListBucket is not allowed to these credentials: {error.why}"


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("RequestTimeTooSkewed", "the clock of this machine is wrong"),
        ("ExpiredToken", "the session of these credentials has ended"),
        ("InvalidClientTokenId", "AWS does not know the access key, or it is inactive"),
        ("SignatureDoesNotMatch", "the secret access key is not that of the access key, or the clock is wrong"),
        ("SlowDown", "AWS throttles these requests: try again later"),
    ],
)
def test_what_to_do_is_said_beside_the_code(code: str, advice: str) -> None:
    assert str(said(code, "wJalrXUtnFEMI")) == f"can't try the key: {advice} (AWS answered {code} to ListObjectsV2)"
