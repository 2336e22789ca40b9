"""`s3io-user rotate`: creates a new access key, verifies it, and only then retires the previous one."""

import argparse
import json
import os
import sys
from functools import partial

from s3io_user import secret_files
from s3io_user.cli.checks import print_checks
from s3io_user.cli.console import is_confirmed
from s3io_user.cli.options import add_aws, add_stack, add_user, add_wait
from s3io_user.cli.text import print_text
from s3io_user.errors import S3IOError
from s3io_user.rotation.state import Note, Stage
from s3io_user.rotation.steps import Rotation, Say, Target
from s3io_user.verify.expected import Check, unproved
from s3io_user.wording import legible, visible

DRY_RUN, DECLINED, MADE, RETIRED = "dry-run", "declined", "new-key-made", "retired"
"""The values of ``end`` in the command's JSON."""

EXAMPLES = """\
examples:
  s3io-user rotate                    show what it will do, ask, and ask again before it retires the previous key
  s3io-user rotate --yes --no-retire  create and verify the new key without asking
  s3io-user rotate --yes              continue from there, and retire the previous key
  s3io-user rotate --dry-run          preview the rotation, and change nothing

The previous key works until the last step. If rotate is interrupted, run it again: it continues where it stopped.
Exit code: 0 done, 1 a failure or a finding, 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    add_user(parser)
    parser.add_argument("--yes", action="store_true", help="don't ask: the new key is in use everywhere")
    parser.add_argument("--no-retire", action="store_true", help="stop before the previous key is retired")
    parser.add_argument("--dry-run", action="store_true", help="preview the rotation, and change nothing")
    parser.add_argument("--no-verify", action="store_true", help="don't try the new key on the buckets")
    parser.add_argument("--allow-unknown", action="store_true", help="continue although some checks are unknown")
    add_wait(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="the output format (default: text)")
    add_stack(parser)
    add_aws(parser, "work with")


def run(args: argparse.Namespace) -> int:
    """Do the remaining steps; 1 if the new key is not as expected. Raises S3IOError and Interrupted."""
    secret_files.require_files()
    _for_pulumi(args)
    say = partial(print_text, file=sys.stderr if args.format == "json" else sys.stdout)
    rotation = Rotation(Target(args.stack, args.cwd, args.user), say, _progress if sys.stderr.isatty() else None)
    _check_chosen(args, rotation)
    checks: list[Check] = []
    note, end = _rotate(rotation, args, say, checks)
    if args.format == "json":
        about = {"user": note.user, "generation": note.generation, "oldKey": note.old, "end": end}
        print(json.dumps({**about, "checks": [check.as_json() for check in checks]}, indent=2))
    return 0


def _rotate(rotation: Rotation, args: argparse.Namespace, say: Say, checks: list[Check]) -> tuple[Note, str]:
    """Rotate, and return the rotation and how it ended. Appends the checks of the new key to ``checks``."""
    note, at = _where(rotation, args.dry_run, say)
    if at is Stage.RETIRED:
        say(f"The old key, {note.old}, is gone already: finishing the rotation to generation {note.generation}.")
        return note, DRY_RUN if args.dry_run else _finish(rotation, note, say)
    others: list[str] = []
    if at is Stage.BEGUN:
        rotation.check_room()
        others = rotation.other_changes(note)
    say(rotation.what_will_be_done(note, at, others))
    if args.dry_run:
        say("Stopped: this was a dry run, and no key was changed.")
        return note, DRY_RUN
    if not note.retiring:
        if not _agreed(args, "Go on?"):
            say("Stopped: no key was changed.")
            return note, DECLINED
        rotation.make_new(note)
        if not args.no_verify:
            checks += _verify(rotation, args)
    if args.no_retire or not _agreed(args, f"{rotation.old_key(note)} Retire it?"):
        say("Stopped: the old key works; run s3io-user rotate again to retire it.")
        return note, MADE
    return note, _finish(rotation, note, say)


def _for_pulumi(args: argparse.Namespace) -> None:
    """Pass the chosen profile and Region to pulumi, which reads them from the environment."""
    if args.aws_profile:
        os.environ["AWS_PROFILE"] = args.aws_profile
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)  # they come before a profile
    if args.aws_region:
        os.environ["AWS_REGION"] = args.aws_region


def _check_chosen(args: argparse.Namespace, rotation: Rotation) -> None:
    """Raises S3IOError if the stack's config contradicts them: pulumi up follows the config."""
    config = rotation.setting.config
    for option, chosen in (("profile", args.aws_profile), ("region", args.aws_region)):
        configured = config.get(f"aws:{option}")
        if chosen and configured and chosen != configured:
            raise S3IOError(
                f"--{option} {legible(chosen)} is not the stack's aws:{option}, {legible(configured)}, which pulumi up "
                f"uses: leave --{option} out, or change aws:{option}"
            )
    if args.aws_profile and config.get("aws:accessKey"):
        raise S3IOError("the stack's config has aws:accessKey, which pulumi up uses: leave --profile out, or remove it")


def _where(rotation: Rotation, dry_run: bool, say: Say) -> tuple[Note, Stage]:
    """The unfinished rotation, or a new one. Drops a note that no longer fits the stack."""
    if (begun := rotation.begun()) is None:
        return rotation.plan(), Stage.BEGUN
    note, at = begun
    if at is not Stage.STALE:
        return note, at
    say(
        f"A rotation to generation {note.generation} was begun and not finished, and the stack has changed since: "
        "its note is dropped."
    )
    if not dry_run:
        rotation.drop_note()
    return rotation.plan(note), Stage.BEGUN


def _verify(rotation: Rotation, args: argparse.Namespace) -> list[Check]:
    """Verify the new key. Raises S3IOError unless it did everything that it must."""
    checks = rotation.checks(args.wait)
    if checks:
        print_checks(checks, sys.stderr if args.format == "json" else sys.stdout)
    wrong = [c for c in unproved(checks) if c.verdict == "finding" or not args.allow_unknown]
    if wrong:
        kinds = "not as it should be" if any(c.verdict == "finding" for c in wrong) else "not proved"
        accept = "" if kinds == "not as it should be" else ", or add --allow-unknown"
        raise S3IOError(
            f"the new key is {kinds}, so the previous one stays and works: correct what is reported above, then "
            f"run s3io-user rotate again{accept}"
        )
    return checks


def _finish(rotation: Rotation, note: Note, say: Say) -> str:
    rotation.retire(note)
    say("Done.")
    return RETIRED


def _agreed(args: argparse.Namespace, question: str) -> bool:
    if args.yes:
        return True
    if not sys.stdin.isatty():
        raise S3IOError("nobody can be asked here: add --yes")
    return is_confirmed(question)


def _progress(line: str) -> None:
    print(f"  {visible(line.rstrip())}", file=sys.stderr, flush=True)
