"""`s3io-user report`: one page on a key, to read and to forward."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from s3io_user import secret_files
from s3io_user.cli.console import note
from s3io_user.cli.options import add_aws, add_stack, add_user, add_wait
from s3io_user.cli.text import markup
from s3io_user.errors import S3IOError
from s3io_user.iam.buckets import parse_bucket
from s3io_user.wording import legible

if TYPE_CHECKING:
    from s3io_user.report.facts import Facts

FORMATS = ("html", "markdown", "json")

EXAMPLES = """\
examples:
  s3io-user report --out key.html                  write a page for a client or an auditor
  s3io-user report --format markdown --out key.md  write it for a wiki or a pull request
  s3io-user report --no-verify --out key.html      write it without trying the key

The report explains the user's policies as AWS has them, tries the key as verify does, and lists what doctor finds. It
changes nothing, and contains no secret. It names what could not be checked.
Exit code: 0 the report is written, whatever it says; 1 a failure, 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--out", metavar="FILE", help="the file to write, or - for standard output")
    parser.add_argument("--format", choices=FORMATS, help="the output format (default: html)")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    parser.add_argument("--no-verify", action="store_true", help="don't try the key on the buckets")
    parser.add_argument(
        "--bucket",
        metavar="NAME[/FOLDER]",
        action="append",
        default=[],
        help="try the key on this bucket instead of the stack's; repeatable",
    )
    add_wait(parser)
    add_user(parser)
    add_stack(parser)
    add_aws(parser)


def run(args: argparse.Namespace) -> int:
    """Collect the facts, and write or print the report. Raises S3IOError."""
    form = args.format or "html"
    if form == "html" and args.out is None:
        args.usage_error("an HTML page goes to a file: add --out FILE, or --out - for standard output")
    try:
        places = tuple(parse_bucket(bucket) for bucket in args.bucket)
    except ValueError as fault:
        args.usage_error(f"--bucket {fault}")
    from s3io_user.report.collect import Options, collect

    options = Options(args.stack, args.cwd, args.user, places, verify=not args.no_verify, wait=args.wait)
    target = None if args.out in (None, "-") else _target(args)
    text = _text(collect(options, note), form)
    if target is None:
        sys.stdout.write(markup(text) if form == "html" else text)
        return 0
    secret_files.write_private(target, text, force=args.force)
    note(f"wrote {legible(target)}")
    return 0


def _target(args: argparse.Namespace) -> Path:
    """The file to write. Raises S3IOError if it exists, before anything is collected."""
    target = secret_files.named(args.out)
    if target.exists() and not args.force:
        raise S3IOError(f"{legible(target)} exists: add --force to replace it, or name another file by --out")
    return target


def _text(facts: "Facts", form: str) -> str:
    from s3io_user.report.facts import as_dict

    if form == "json":
        return json.dumps(as_dict(facts), indent=2) + "\n"
    from s3io_user.report import page

    return page.as_markdown(facts) if form == "markdown" else page.as_html(facts)
