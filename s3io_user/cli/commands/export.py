"""`s3io-user export`: writes one user's credentials in the form that a site, a shell or a client reads."""

import argparse
import sys
from functools import partial
from pathlib import Path

from s3io_user import secret_files
from s3io_user.cli.console import note
from s3io_user.cli.export_all import check_all, export_all
from s3io_user.cli.options import add_stack, add_user
from s3io_user.cli.selection import add_all, is_for_all
from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials, from_outputs, user_outputs
from s3io_user.handover.formats import RENDERERS, csv_warning, profile_fault, render_ini, render_process
from s3io_user.handover.profiles import merge_profile
from s3io_user.stack import pulumi_cli
from s3io_user.wording import legible

EXAMPLES = """\
examples:
  s3io-user export --format wp-config --out -            print the lines for wp-config.php, with the secret
  s3io-user export --format csv --out ~/site.csv         write the file that the AWS console offers
  s3io-user export --format ini --profile site --out ~/.aws/credentials
                                                         add or update one profile, and keep the rest
  s3io-user export --format env --user blog --out .env   update .env with the key of one of several users
  s3io-user export --format restic --out backup.env      write a form for restic; rclone and s3cmd have theirs
  s3io-user export --all --format env --out-dir keys     write a file for each user into a folder
  s3io-user export --all --format json --out keys.json   write every user of the stack into one file

An existing .env file, and with --profile a credentials or config file, is updated: everything else in it stays. Other
files are replaced only with --force. Files are written completely or not at all, and only you can read them (0600).
On a terminal the secret is masked unless you add --show-secrets. To print to a pipe, add --out - or --show-secrets.

With --all every user is read before anything is written. One file holds many users in the formats json (an object by
user), csv (a line each) and ini (a profile each). --out-dir writes a file for each user, in every format. Profiles and
files are called as the user in AWS. A new folder is written completely or not at all.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--format", choices=RENDERERS, required=True, help="the form to write")
    parser.add_argument(
        "--credential-process", action="store_true", help="with json: write the form that credential_process expects"
    )
    parser.add_argument("--profile", metavar="NAME", help="with ini: the profile to add or update in the file")
    add_user(parser)
    parser.add_argument(
        "--out", metavar="FILE", help="the file to write, or - for standard output, including the secret"
    )
    parser.add_argument("--out-dir", metavar="DIR", help="with --all: the folder for a file for each user")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    parser.add_argument("--show-secrets", action="store_true", help="print the secret instead of masking it")
    add_stack(parser)
    add_all(parser, "export")


def run(args: argparse.Namespace) -> int:
    """Read the stack, then write or print. Raises S3IOError."""
    if is_for_all(args):
        check_all(args)
        _check(args)
        return export_all(args)
    if args.out_dir is not None:
        args.usage_error("--out-dir writes a file for each user: add --all")
    _check(args)
    pair = from_outputs(user_outputs(pulumi_cli.outputs(args.stack, args.cwd, show_secrets=True), args.user))
    if args.format == "csv" and (warning := csv_warning(pair)):
        note(warning)
    if args.out in (None, "-"):
        _print(args, pair)
        return 0
    target = secret_files.named(args.out)
    if args.format == "ini":
        _write_profile(target, pair, args.profile, force=args.force)
    elif args.format == "env" and not args.force:
        _write_env(target, pair)
    else:
        secret_files.write_private(target, _text(args, pair), force=args.force)
    note(f"{legible(target)}: key {pair.access_key_id} of {pair.user_name}, readable by you alone")
    return 0


def _print(args: argparse.Namespace, pair: Credentials) -> None:
    if args.out is None and not args.show_secrets:
        pair = pair.masked()
        note("the secret is masked: add --out FILE, or --show-secrets to see it")
    text = _text(args, pair)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # where the screen shows something else, the site would get something else
        raise S3IOError(
            f"the encoding of standard output ({sys.stdout.encoding}) can't show the name or a folder: add --out FILE, "
            "or set PYTHONIOENCODING=utf-8"
        ) from None
    sys.stdout.write(text)


def _write_profile(target: Path, pair: Credentials, profile: str | None, *, force: bool) -> None:
    """Write the profile into a config or credentials file, if botocore then uses the access key for it."""
    from s3io_user.handover import shared_files

    name = profile or "default"

    def merged(text: str) -> str:
        return merge_profile(text, name, pair, config=shared_files.is_config(target, text))

    def check(written: Path) -> None:
        text = written.read_text(encoding="utf-8", errors="surrogateescape")
        shared_files.check_profile(target, written, name, pair, config=shared_files.is_config(target, text))

    if profile and not force:
        secret_files.update_private(target, merged, check)
    else:
        secret_files.write_private(target, merged(""), force=force, check=check)


def _write_env(target: Path, pair: Credentials) -> None:
    from s3io_user.handover import env_file

    secret_files.update_private(target, partial(env_file.merge_env, pair=pair), env_file.check_shell)


def _check(args: argparse.Namespace) -> None:
    """End with 2 if the options contradict each other, before the stack is read."""
    if args.credential_process and args.format != "json":
        args.usage_error(f"--credential-process goes with --format json (got {args.format})")
    if args.credential_process and args.out is None and not args.show_secrets:
        args.usage_error("--credential-process needs the secret: add --out -, where an SDK reads it")
    if args.profile is not None and args.format != "ini":
        args.usage_error(f"--profile goes with --format ini (got {args.format})")
    if args.force and args.out in (None, "-") and args.out_dir is None:
        args.usage_error("--force goes with --out FILE")
    if args.profile is not None and (fault := profile_fault(args.profile)):
        args.usage_error(f"--profile {fault}")
    if args.out not in (None, "-"):
        secret_files.require_files()
    if args.out is None and args.out_dir is None and not args.show_secrets and not sys.stdout.isatty():
        args.usage_error(
            "the output goes to a file or a program, and the secret would be masked: add --out FILE to write a file, "
            "or --show-secrets to print the secret"
        )


def _text(args: argparse.Namespace, pair: Credentials) -> str:
    if args.credential_process:
        return render_process(pair)
    if args.format == "ini":
        return render_ini(pair, args.profile or "default")
    return RENDERERS[args.format](pair)
