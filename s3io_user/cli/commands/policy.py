"""`s3io-user policy`: the policy document of an access preset, ready to paste."""

import argparse
import json

from s3io_user.cli.console import note
from s3io_user.cli.presets import add_inputs, document_of
from s3io_user.policy.document import compact
from s3io_user.policy.packing import INLINE_LIMIT, MANAGED_LIMIT, size
from s3io_user.policy.presets import Access, preset_of

EXAMPLES = """\
examples:
  s3io-user policy --access optimizer --bucket photos/wp-content/uploads
      for the policy editor of the IAM console
  s3io-user policy --access read-only --bucket photos --compact > policy.json
      for aws iam put-user-policy --policy-document file://policy.json

You need neither AWS nor a stack. Without options it prints the policy of the plugin's help page, for every bucket.
`s3io-user explain` takes the same options and explains what the policy allows. The access preset full has no document:
attach the AWS managed policy AmazonS3FullAccess.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    add_inputs(parser, [access.value for access in Access if preset_of(access).has_document])
    parser.add_argument("--compact", action="store_true", help="print it without whitespace, as IAM counts its size")
    parser.add_argument("--format", choices=("json",), default="json", help="a policy document is always JSON")


def run(args: argparse.Namespace) -> int:
    """Print the document, and on standard error what to know before it is pasted."""
    document = dict(document_of(args, args.access or Access.S3_ACCESS.value))
    print(compact(document) if args.compact else json.dumps(document, indent=2))
    if not args.buckets:
        note("this policy is for every bucket: --bucket narrows it to yours")
    if (characters := size(document)) > MANAGED_LIMIT:
        note(f"the policy is too long for AWS ({characters:,} of {MANAGED_LIMIT:,} characters): use fewer buckets")
    elif characters > INLINE_LIMIT:
        note(
            f"the policy is too long for an inline policy of a user ({characters:,} of {INLINE_LIMIT:,} characters): "
            "create a managed policy with it"
        )
    return 0
