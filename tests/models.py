"""Reads AWS's API models once for each process. boto3 reads them for each session, which is most of a client's cost."""

import functools

import botocore.loaders
import botocore.session

SERVICES = ("iam", "s3", "sts", "secretsmanager", "ssm")


def keep() -> None:
    """From now on, all sessions of this process share the models that were read."""
    botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)


def read() -> None:
    """Read the models of each service, so that forked processes have them."""
    for service in SERVICES:
        botocore.session.Session().create_client(
            service, "us-east-1", aws_access_key_id="AKIANOBODYEXAMPLE", aws_secret_access_key="x"
        )
