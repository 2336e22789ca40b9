"""`s3io-user rotate`: creates a new access key, verifies and delivers it, and only then retires the previous one."""

import argparse
import json
import os
import sys
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, TextIO

from s3io_user import secret_files
from s3io_user.cli.checks import print_checks
from s3io_user.cli.console import is_confirmed
from s3io_user.cli.options import add_aws, add_stack, add_user, add_wait, days, seconds
from s3io_user.cli.rotate_all import rotate_all
from s3io_user.cli.selection import add_all, is_for_all
from s3io_user.cli.text import print_text
from s3io_user.errors import S3IOError
from s3io_user.rotation import flow
from s3io_user.rotation.delivery import TIMEOUT, read_command
from s3io_user.rotation.evidence import QUIET_FOR, read_duration
from s3io_user.rotation.flow import Options, Outcome
from s3io_user.rotation.reads import StackReads
from s3io_user.rotation.runs import Steps
from s3io_user.rotation.state import Stage
from s3io_user.rotation.steps import Rotation
from s3io_user.rotation.subject import Target
from s3io_user.rotation.together import Member, rotate
from s3io_user.verify.expected import Check
from s3io_user.wording import legible, visible

EXAMPLES = """\
examples:
  s3io-user rotate                    show what it will do, ask, and ask again before it retires the previous key
  s3io-user rotate --yes --no-retire  create and verify the new key without asking
  s3io-user rotate --yes              continue from there, and retire the previous key
  s3io-user rotate --dry-run          preview the rotation, and change nothing
  s3io-user rotate --deliver ./take-key.sh
                                      give the new key to a command, as JSON on its standard input; retire the
                                      previous key in a later run, when AWS has seen the new one in use
  s3io-user rotate --due              from a schedule: rotate only if the key is due, or continue a rotation
  s3io-user rotate --due --all-stacks
                                      rotate every key that is due, in every stack of the project

The previous key works until the last step. If rotate is interrupted, run it again: it continues where it stopped.
With --all, one update creates the new keys of a stack, and one that fails does not end the rest. No previous key is
retired in the run that creates the new one, unless --deliver or --due waits for the new one to be used: run it again.
Exit code: 0 done, nothing due, or waiting for the new key to be used; 1 a failure or a finding; 2 wrong usage.
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
    _add_schedule(parser)
    _add_delivery(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="the output format (default: text)")
    add_stack(parser)
    add_all(parser, "rotate the key of", jobs=False)
    add_aws(parser, "work with")


def _add_schedule(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("from a schedule")
    group.add_argument(
        "--due",
        action="store_true",
        help="rotate only if the key is due (rotateEveryDays, or --older-than); asks nobody if there is no terminal",
    )
    group.add_argument("--older-than", metavar="DAYS", type=days, help="with --due: the age at which the key is due")


def _add_delivery(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("delivery and retirement")
    group.add_argument(
        "--deliver",
        metavar="COMMAND",
        type=_command,
        help="a shell command that gets the new key as JSON on its standard input (default: deliver in the config)",
    )
    group.add_argument(
        "--deliver-timeout",
        metavar="SECONDS",
        type=seconds,
        default=TIMEOUT,
        help=f"stop the command after this time (default: {TIMEOUT:.0f})",
    )
    group.add_argument(
        "--quiet-for",
        metavar="DURATION",
        type=_duration,
        help="how long the previous key must not have been used before it is retired, such as 48h or 7d "
        f"(default: quietFor in the config, else {QUIET_FOR / timedelta(hours=1):.0f}h)",
    )
    group.add_argument(
        "--retire-now", action="store_true", help="don't wait for AWS to see the new key used: you know that it is"
    )


def run(args: argparse.Namespace) -> int:
    """Do the remaining steps; 1 if the new key is not as expected. Raises S3IOError and Interrupted."""
    if args.older_than is not None and not args.due:
        args.usage_error("--older-than has no effect without --due")
    if args.retire_now and args.no_retire:
        args.usage_error("--retire-now can't be combined with --no-retire")
    secret_files.require_files()
    every = is_for_all(args)
    _for_pulumi(args)
    if every:
        return rotate_all(args, partial(_rotate, args, of_many=True))
    reads = StackReads(args.stack, args.cwd)
    only = Member(args.user, _rotate(args, Target(args.stack, args.cwd, args.user), reads))
    is_well = rotate([only], partial(_say, _out(args), ""))
    if only.error is not None:
        raise S3IOError(only.error)
    if args.format == "json":
        print(json.dumps(only.result, indent=2))
    return 0 if is_well else 1


def _out(args: argparse.Namespace) -> TextIO:
    return sys.stderr if args.format == "json" else sys.stdout


def _rotate(
    args: argparse.Namespace, target: Target, reads: StackReads, *, of_many: bool = False
) -> Steps[dict[str, Any]]:
    """The steps of one user's rotation, alone or together with others.

    Returns how it ended, as JSON values. Raises S3IOError and Interrupted.
    """
    out = _out(args)
    who = f"{legible(target.user)}: " if of_many and target.user else ""
    rotation = Rotation(target, partial(_say, out, who), _progress if sys.stderr.isatty() else None, reads)
    _check_chosen(args, rotation)
    options = _options(args, rotation)
    if of_many and not (options.due or options.deliver):
        options = replace(options, retire=options.retire and _is_new_key_older_than_this_run(rotation))
    outcome = yield from flow.rotate(rotation, options, partial(_agreed, args), partial(print_checks, file=out))
    return _as_json(outcome, rotation)


def _say(out: TextIO, who: str, sentence: str) -> None:
    print_text(f"{who}{sentence}", file=out)


def _is_new_key_older_than_this_run(rotation: Rotation) -> bool:
    """Whether an earlier run created the new key: only then can it be in use on the site, if nothing delivers it.

    Of many sites at once, nobody can hand over every key between two questions.
    """
    begun = rotation.begun()
    return begun is not None and begun[1] in (Stage.MADE, Stage.DELIVERED, Stage.RETIRED)


def _as_json(outcome: Outcome, rotation: Rotation) -> dict[str, Any]:
    note = outcome.note
    about = {"user": note.user, "generation": note.generation, "oldKey": note.old} if note else {"user": rotation.user}
    checks: list[Check] = outcome.checks
    waits = {"waitsFor": list(outcome.waits_for)} if outcome.waits_for else {}
    return {**about, "end": outcome.end.value, **waits, "checks": [check.as_json() for check in checks]}


def _options(args: argparse.Namespace, rotation: Rotation) -> Options:
    """The options of the command line, or where they are left out, of the stack's config. Raises S3IOError."""
    # Zero is a duration, too.
    quiet = (args.quiet_for, rotation.configured_option("quietFor", read_duration), QUIET_FOR)
    return Options(
        due=args.due,
        older_than=args.older_than,
        dry_run=args.dry_run,
        verify=not args.no_verify,
        allow_unknown=args.allow_unknown,
        wait=args.wait,
        deliver=args.deliver or rotation.configured_option("deliver", read_command),
        deliver_timeout=args.deliver_timeout,
        quiet_for=next(each for each in quiet if each is not None),
        retire=not args.no_retire,
        retire_now=args.retire_now,
    )


def _command(text: str) -> Any:
    return _read(read_command, text)


def _duration(text: str) -> Any:
    return _read(read_duration, text)


def _read(read: Any, text: str) -> Any:
    try:
        return read(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


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


def _agreed(args: argparse.Namespace, question: str) -> bool:
    interactive = sys.stdin.isatty()
    if args.yes or (args.due and not interactive):
        return True
    if not interactive:
        raise S3IOError("nobody can be asked here: add --yes")
    return is_confirmed(question)


def _progress(line: str) -> None:
    print(f"  {visible(line.rstrip())}", file=sys.stderr, flush=True)
