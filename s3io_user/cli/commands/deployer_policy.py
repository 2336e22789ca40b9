"""`s3io-user deployer-policy`: the least policy for whoever runs `pulumi up` with a stack's inputs."""

import argparse
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from s3io_user.cli.console import note
from s3io_user.cli.options import add_aws, add_stack
from s3io_user.cli.text import counted
from s3io_user.errors import S3IOError
from s3io_user.wording import legible

if TYPE_CHECKING:
    from s3io_user.inputs.project import Project

EXAMPLES = """\
examples:
  s3io-user deployer-policy > deployer.json      print the policy for this folder's stack, in your account
  s3io-user deployer-policy --account 123456789012
                                                 the same without asking AWS for your account

The policy is enough for pulumi up, pulumi refresh, rotation and pulumi destroy with the stack's present inputs, from
what is deployed now on. If you change the inputs, print it again before the update. For a program that does not take
its users from the stack config, it is for those of the stack's state. Users in other accounts are left out, and named.
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
    from s3io_user.policy.packing import MANAGED_LIMIT
    from s3io_user.stack.project_file import takes_users_from_config

    if args.account is not None and (fault := arns.account_id_fault(args.account)):
        args.usage_error(f"--account {fault}")
    setting = project.read_project(args.stack, args.cwd)
    own_program = not takes_users_from_config(args.cwd)
    if own_program:  # its config is not ours to read
        setting = replace(setting, users={}, fault=None)
    if setting.fault is not None:
        raise S3IOError(setting.fault)
    account = args.account or _account(setting)
    found = policy_of(setting, account, project.read_export(args.stack, args.cwd))
    for logical, elsewhere in found.elsewhere.items():
        note(f"left out: {legible(logical)} is in the account {elsewhere}: print its policy with --account {elsewhere}")
    if not found.users:
        raise S3IOError(_NOBODY if own_program and not found.elsewhere else f"the stack has no user in {account}")
    if own_program:
        note(_BY_THE_STATE.format(counted(len(found.users), "user")))
    text = policy.compact(found.document)
    if len(text) > MANAGED_LIMIT:
        note(_TOO_LONG.format(len(text), MANAGED_LIMIT))
    print(text if args.compact else json.dumps(found.document, indent=2))
    return 0


_TOO_LONG = (
    "the policy has {:,} characters, and a managed policy has room for {:,}: put its statements into several policies"
)


_NO_CONFIG = "no file in the program's folder calls read_setup, which takes the users from the stack config, "
_NOBODY = f"{_NO_CONFIG}and the stack's state has no user yet: run pulumi up first, with more permissions"
_BY_THE_STATE = (
    f"{_NO_CONFIG}so the policy is for the {{}} of the stack's state. Print it again when the program has another. The "
    "state may not say which user copy_permissions_from reads"
)


def _account(setting: "Project") -> str:
    from s3io_user.aws.answers import AwsError
    from s3io_user.doctor import caller

    try:
        return caller.identity(setting.access).split(":")[4]
    except AwsError as error:
        note(f"{error}; so the policy is for any account: name yours with --account")
        return "*"
