"""`s3io-user rotate`: a new key beside the old, verified and taken over, and only then the old one retired."""

import argparse
import sys

from s3io_user.cli.commands.verify import print_checks, seconds
from s3io_user.errors import S3IOError
from s3io_user.rotation.state import Note, Stage
from s3io_user.rotation.steps import Rotation, Target
from s3io_user.verify.expected import unproved
from s3io_user.wording import visible

EXAMPLES = """\
examples:
  s3io-user rotate                    says what it will do, asks, and asks again before the old key goes
  s3io-user rotate --yes --no-retire  without asking, as far as the verified new key
  s3io-user rotate --yes              continues from there, and retires the old key

  s3io-user rotate --dry-run          previews it, and changes nothing

Stop it anywhere: the old key works until the last step, and the same command continues where it stopped.
Exit code: 0 done, 1 a failure or a finding, 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--user", metavar="NAME", help="which user of the stack's `users`, by its logical name")
    parser.add_argument("--yes", action="store_true", help="don't ask: the new key is in use wherever it must be")
    parser.add_argument("--no-retire", action="store_true", help="stop before the old key is retired")
    parser.add_argument("--dry-run", action="store_true", help="preview the rotation, and change nothing")
    parser.add_argument("--no-verify", action="store_true", help="don't try the new key on the buckets")
    parser.add_argument("--allow-unknown", action="store_true", help="go on although something could not be tried")
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=seconds,
        default=60.0,
        help="how long to ask again for what the new key is refused; 60",
    )
    parser.add_argument("--stack", metavar="NAME", help="the stack; the one that is selected when left out")
    parser.add_argument("--cwd", metavar="DIR", help="the stack's folder; this one when left out")


def run(args: argparse.Namespace) -> int:
    """Take the steps that are left; 1 where the new key is not as it should be. Raises S3IOError and Interrupted."""
    rotation = Rotation(Target(args.stack, args.cwd, args.user), _say, _progress if sys.stderr.isatty() else None)
    note, at = _where(rotation, args.dry_run)
    if at is Stage.RETIRED:
        _say(f"The old key, {note.old}, is gone already: finishing the rotation to generation {note.generation}.")
        return 0 if args.dry_run else _finish(rotation, note)
    others: list[str] = []
    if at is Stage.BEGUN:
        rotation.check_room()
        others = rotation.other_changes(note)
    _say(rotation.what_will_be_done(note, at, others))
    if args.dry_run:
        return _stopped("this was a dry run, and no key was changed")
    if not note.retiring:
        if not _agreed(args, "Go on?"):
            return _stopped("no key was changed")
        rotation.make_new(note)
        if not args.no_verify:
            _verify(rotation, args)
    if args.no_retire or not _agreed(args, f"{rotation.old_key(note)} Retire it?"):
        return _stopped("the old key works; run s3io-user rotate again to retire it")
    return _finish(rotation, note)


def _where(rotation: Rotation, dry_run: bool) -> tuple[Note, Stage]:
    """The rotation that is under way, or a new one; a note that does not fit the stack any more is dropped."""
    if (begun := rotation.begun()) is None:
        return rotation.plan(), Stage.BEGUN
    note, at = begun
    if at is not Stage.STALE:
        return note, at
    _say(
        f"A rotation to generation {note.generation} was begun and not finished, and the stack has changed since: "
        "its note is dropped."
    )
    if not dry_run:
        rotation.drop_note()
    return rotation.plan(note), Stage.BEGUN


def _verify(rotation: Rotation, args: argparse.Namespace) -> None:
    """Raises S3IOError where the new key was not seen to do all that it must."""
    checks = rotation.checks(args.wait)
    if checks:
        print_checks(checks)
    wrong = [c for c in unproved(checks) if c.verdict == "finding" or not args.allow_unknown]
    if wrong:
        kinds = "not as it should be" if any(c.verdict == "finding" for c in wrong) else "not proved"
        accept = "" if kinds == "not as it should be" else ", or add --allow-unknown"
        raise S3IOError(
            f"the new key is {kinds}, so the old one stays and works: mend what is said above, then run s3io-user "
            f"rotate again{accept}"
        )


def _finish(rotation: Rotation, note: Note) -> int:
    rotation.retire(note)
    _say("Done.")
    return 0


def _agreed(args: argparse.Namespace, question: str) -> bool:
    if args.yes:
        return True
    if not sys.stdin.isatty():
        raise S3IOError("nobody can be asked here: add --yes")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _stopped(where: str) -> int:
    _say(f"Stopped: {where}.")
    return 0


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _progress(line: str) -> None:
    print(f"  {visible(line.rstrip())}", file=sys.stderr, flush=True)
