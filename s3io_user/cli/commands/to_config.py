"""`s3io-user to-config`: put one user's credentials into the config of another project's stack, the pair encrypted."""

import argparse
import json
import os
import re
from collections.abc import Mapping

from s3io_user import secret_files
from s3io_user.cli.options import add_user
from s3io_user.handover.credentials import Credentials, from_outputs, user_outputs
from s3io_user.stack import config, pulumi_cli
from s3io_user.stack.config import ConfigValue
from s3io_user.wording import legible

DEFAULT_PREFIX = "s3io:"
_PREFIX = re.compile(r"([A-Za-z0-9][\w-]*:)?[\w-]*", re.ASCII)
# The other project may keep its state and its secrets elsewhere: S3IO_TARGET_PULUMI_BACKEND_URL is its alone.
_TARGET = "S3IO_TARGET_"

EXAMPLES = f"""\
examples:
  s3io-user to-config --stack prod --cwd ../site
      write this folder's key into stack prod of ../site, as s3io:accessKeyId, s3io:secretAccessKey, …
  s3io-user to-config --stack prod --cwd ../site --user blog --key-prefix blog
      write the key of one of several users, as blogAccessKeyId, blogSecretAccessKey, …

The config is written completely or not at all, also if the command is interrupted. The other stack's secrets provider
encrypts the access key; userName, region and buckets are plain text. Values go through standard input, never through a
command line. To set an environment variable only for the other stack's pulumi, put {_TARGET} before its name:
{_TARGET}PULUMI_CONFIG_PASSPHRASE, {_TARGET}PULUMI_BACKEND_URL, {_TARGET}AWS_PROFILE, …
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options; --stack and --cwd name the target."""
    parser.epilog = EXAMPLES
    target = parser.add_argument_group("into")
    target.add_argument("--stack", metavar="NAME", dest="to_stack", required=True, help="the stack to write to")
    target.add_argument("--cwd", metavar="DIR", dest="to_cwd", help="the folder of its project (default: this one)")
    target.add_argument(
        "--key-prefix",
        metavar="P",
        default=DEFAULT_PREFIX,
        help=f"what the config keys begin with: a namespace, a word, or '' for nothing (default: {DEFAULT_PREFIX})",
    )
    source = parser.add_argument_group("from")
    source.add_argument(
        "--from-stack", metavar="NAME", dest="stack", help="the stack to read (default: the selected one)"
    )
    source.add_argument("--from-cwd", metavar="DIR", dest="cwd", help="the folder of its project (default: this one)")
    add_user(source)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="the output format (default: text)")


def run(args: argparse.Namespace) -> int:
    """Read one stack, write the other's config, and list the keys. Raises S3IOError."""
    if not _PREFIX.fullmatch(args.key_prefix):
        args.usage_error("--key-prefix must be a namespace with a ':', a word of letters, digits, _ and -, or both")
    secret_files.require_files()
    pair = from_outputs(user_outputs(pulumi_cli.outputs(args.stack, args.cwd, show_secrets=True), args.user))
    values = config_values(pair, args.key_prefix)
    config.write_config(values, args.to_stack, args.to_cwd, environ=target_environ(os.environ))
    (_print_json if args.format == "json" else _print)(args, pair, values)
    return 0


def _print(args: argparse.Namespace, pair: Credentials, values: list[ConfigValue]) -> None:
    where = f"stack {legible(args.to_stack)}" + (f" in {legible(args.to_cwd)}" if args.to_cwd else "")
    print(f"Wrote to the config of {where} (key {pair.access_key_id} of {pair.user_name}):")
    for each in values:
        print(f"  {each.key}{' (encrypted)' if each.secret else ''}{' (removed)' if not each.value else ''}")


def _print_json(args: argparse.Namespace, pair: Credentials, values: list[ConfigValue]) -> None:
    keys = [{"key": each.key, "secret": each.secret, "removed": not each.value} for each in values]
    said = {"stack": args.to_stack, "folder": args.to_cwd, "user": pair.user_name, "accessKeyId": pair.access_key_id}
    print(json.dumps({**said, "keys": keys}, indent=2))


def config_values(pair: Credentials, prefix: str) -> list[ConfigValue]:
    """The access key as secrets, the rest as plain text. Unknown values are removed: no old one may stay."""
    return [
        ConfigValue(prefixed(prefix, "secretAccessKey"), pair.secret_access_key, secret=True),
        ConfigValue(prefixed(prefix, "accessKeyId"), pair.access_key_id, secret=True),
        ConfigValue(prefixed(prefix, "userName"), pair.user_name),
        ConfigValue(prefixed(prefix, "region"), pair.region or None),
        ConfigValue(prefixed(prefix, "buckets"), pair.buckets),
    ]


def prefixed(prefix: str, key: str) -> str:
    """``blog`` + ``accessKeyId`` → ``blogAccessKeyId``; after ``:``, ``-`` or ``_``, and after nothing, as it is."""
    return prefix + (key[0].upper() + key[1:] if prefix[-1:].isalnum() else key)


def target_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for the target's pulumi."""
    plain = {name: value for name, value in environ.items() if not name.startswith(_TARGET)}
    return plain | {name.removeprefix(_TARGET): value for name, value in environ.items() if name.startswith(_TARGET)}
