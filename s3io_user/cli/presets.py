"""Options that describe a policy by the inputs of the stack's config, for `explain` and `policy`."""

import argparse
from collections.abc import Mapping
from typing import Any

from s3io_user.cli import given_file
from s3io_user.errors import InputError
from s3io_user.policy.document import OWN_ACCOUNT, s3_policy_document
from s3io_user.policy.presets import OPTIONS, accesses_with

_NARROWING = ("kms_key_arns", "tls_only", "source_ips", "source_vpc_endpoints", "same_account_only", "partition")
INPUTS = ("access", "buckets", *OPTIONS, *_NARROWING, "extra_statements")
"""The names of their values in the arguments."""
_ONE_OF_MANY = ("buckets", "kms_key_arns", "source_ips", "source_vpc_endpoints")


def add_inputs(group: argparse._ActionsContainer, accesses: list[str]) -> None:
    """Add the options; ``accesses`` are the presets that the command takes."""
    group.add_argument("--access", choices=accesses, help="the access preset (default: s3-access)")
    group.add_argument(
        "--bucket",
        metavar="NAME[/FOLDER]",
        action="append",
        dest="buckets",
        help="a bucket, or a folder in one; repeatable (default: every bucket)",
    )
    for name, option in OPTIONS.items():
        how: dict[str, Any] = {"metavar": "FOLDER"} if option.by_prefix else {"action": "store_true"}
        group.add_argument(flag(name), **how, help=f"with --access {accesses_with(name)}")
    group.add_argument(
        "--kms-key-arn", metavar="ARN", action="append", dest="kms_key_arns", help="the KMS key of a bucket; repeatable"
    )
    group.add_argument("--tls-only", action="store_true", help="deny every request without TLS")
    group.add_argument(
        "--source-ip",
        metavar="BLOCK",
        action="append",
        dest="source_ips",
        help="deny other source addresses; repeatable",
    )
    group.add_argument(
        "--source-vpc-endpoint",
        metavar="ID",
        action="append",
        dest="source_vpc_endpoints",
        help="deny other VPC endpoints; repeatable",
    )
    group.add_argument("--same-account-only", action="store_true", help="deny buckets of other AWS accounts")
    group.add_argument(
        "--extra-statements",
        metavar="FILE",
        help="add the policy statements of a JSON file, or of - for standard input, to the preset's",
    )
    group.add_argument("--partition", metavar="NAME", help="the AWS partition (default: aws)")


def flag(name: str) -> str:
    """The command-line form of an input; repeatable ones are singular there."""
    return "--" + (name.removesuffix("s") if name in _ONE_OF_MANY else name).replace("_", "-")


def document_of(args: argparse.Namespace, access: str) -> Mapping[str, Any]:
    """The document that the options describe. Ends with 2 if they are invalid; raises S3IOError for a file."""
    extra = args.extra_statements
    try:
        return s3_policy_document(
            args.buckets,
            access=access,
            partition=args.partition or "aws",
            allow_acl=args.allow_acl,
            allow_delete=args.allow_delete,
            allow_bucket_listing=args.allow_bucket_listing,
            lock_prefix=args.lock_prefix,
            kms_key_arns=args.kms_key_arns or (),
            tls_only=args.tls_only,
            source_ips=args.source_ips or (),
            source_vpc_endpoints=args.source_vpc_endpoints or (),
            account_id=OWN_ACCOUNT if args.same_account_only else None,
            extra_statements=extra and given_file.read("--extra-statements", extra),
        )
    except InputError as error:
        args.usage_error("; ".join(f"{flag(name)}: {reason}" for name, reason in error.faults))
        raise
