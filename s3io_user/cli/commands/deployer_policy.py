"""`s3io-user deployer-policy`: the least policy for whoever runs `pulumi up` with a stack's inputs."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from s3io_user.cli.options import add_aws, add_stack
from s3io_user.errors import S3IOError

if TYPE_CHECKING:
    from s3io_user.inputs.project import Project

EXAMPLES = """\
examples:
  s3io-user deployer-policy > deployer.json      print the policy for this folder's stack, in your account
  s3io-user deployer-policy --account 123456789012
                                                 the same without asking AWS for your account

The policy is enough for pulumi up, pulumi refresh, rotation and pulumi destroy with the stack's present inputs. If you
change the inputs, print it again.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--account", metavar="ID", help="the ID of the AWS account (default: yours)")
    parser.add_argument("--compact", action="store_true", help="print it without whitespace, as IAM counts its size")
    parser.add_argument("--format", choices=("json",), default="json", help="a policy document is always JSON")
    add_stack(parser)
    add_aws(parser)


def run(args: argparse.Namespace) -> int:
    """Print the document. Raises S3IOError."""
    from s3io_user.deployer.stack import policy_of
    from s3io_user.iam import arns
    from s3io_user.inputs import project
    from s3io_user.policy import document as policy

    if args.account is not None and (fault := arns.account_id_fault(args.account)):
        args.usage_error(f"--account {fault}")
    setting = project.read_project(args.stack, args.cwd)
    if setting.fault is not None:
        raise S3IOError(setting.fault)
    document = policy_of(setting, args.account or _account(setting))
    print(policy.compact(document) if args.compact else json.dumps(document, indent=2))
    return 0


def _account(setting: "Project") -> str:
    from s3io_user.aws.answers import AwsError
    from s3io_user.doctor import lookups

    try:
        return lookups.identity(setting.access).split(":")[4]
    except AwsError as error:
        print(f"s3io-user: {error}; so the policy is for any account: name yours with --account", file=sys.stderr)
        return "*"
