"""AWS's models, read once for a process: boto3 reads them anew for each session, which is most of a client's cost."""

import functools

import botocore.loaders
import botocore.session

SERVICES = ("iam", "s3", "sts", "secretsmanager", "ssm")


def keep() -> None:
    """From here on every session of this process shares what was read."""
    botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)


def read() -> None:
    """Read what a client of each service needs, so that those who are forked from this process find it."""
    for service in SERVICES:
        botocore.session.Session().create_client(
            service, "us-east-1", aws_access_key_id="AKIANOBODYEXAMPLE", aws_secret_access_key="x"
        )
