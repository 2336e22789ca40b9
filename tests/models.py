"""Makes AWS's clients cheap in tests: boto3 prepares for each session what is the same for all of a process.

Its API models are most of a first client's cost, and its handlers' signatures and event names half of every other's.
"""

import functools
import inspect
from typing import Any

import botocore.hooks
import botocore.loaders
import botocore.session

SERVICES = ("iam", "s3", "sts", "secretsmanager", "ssm")


def keep() -> None:
    """From now on, all sessions of this process share what was prepared."""
    botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)
    botocore.hooks.accepts_kwargs = _accepts_kwargs
    aliases = botocore.hooks.EventAliaser(botocore.hooks.HierarchicalEmitter())
    alias = functools.lru_cache(10_000)(aliases._alias_event_name)
    botocore.hooks.EventAliaser._alias_event_name = lambda self, name: alias(name)


def _accepts_kwargs(function: Any) -> bool:
    """botocore's own reads the whole signature, 130 of them for a session."""
    code = getattr(function, "__code__", None)
    return bool(code.co_flags & inspect.CO_VARKEYWORDS) if code else bool(inspect.getfullargspec(function)[2])


def read() -> None:
    """Read the models of each service, so that forked processes have them."""
    for service in SERVICES:
        botocore.session.Session().create_client(
            service, "us-east-1", aws_access_key_id="AKIANOBODYEXAMPLE", aws_secret_access_key="x"
        )
