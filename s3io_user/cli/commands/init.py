"""`s3io-user init`: a guided set-up, from the question whether a key is needed to the key where it belongs."""

import argparse
import json
import shlex
import shutil
import sys
import textwrap
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from s3io_user import secret_files
from s3io_user.cli import set_up_options
from s3io_user.cli.checks import print_checks
from s3io_user.cli.commands import export
from s3io_user.cli.console import note
from s3io_user.errors import S3IOError
from s3io_user.setup.answers import AGAIN, Answers
from s3io_user.setup.checklist import checklist
from s3io_user.setup.plan import STORES
from s3io_user.verify.expected import Check, unproved
from s3io_user.wording import legible, visible

if TYPE_CHECKING:
    from s3io_user.setup.interview import Interview
    from s3io_user.setup.steps import Steps

DONE, DECLINED = "done", "declined"
"""How a set-up ended, in the JSON."""

EXAMPLES = """\
examples:
  s3io-user init                      ask, show what it will do, and do it after your yes
  s3io-user init --runs-on elsewhere --access optimizer --bucket photos/wp-content/uploads --state local \\
      --passphrase-file ~/.s3io-user-passphrase --hand-over wp-config --yes
                                      do the same without questions, in a script

In an empty folder it creates a Pulumi project. In the folder of a project, it edits the stack's config and leaves all
other keys as they are. Nothing is written, and nothing is created in AWS, before the last yes. If it is interrupted
after that, run it again: it continues where it stopped.
Exit code: 0 done, 1 a failure or a finding, 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options: one for each question."""
    parser.epilog = EXAMPLES
    set_up_options.add(parser)


def run(args: argparse.Namespace) -> int:
    """Ask, show, and do it. Raises S3IOError, and KeyboardInterrupt with what to do."""
    if args.format == "text":
        return _run(args, {})
    if args.out == "-":
        args.usage_error("--out - can't be combined with --format json, which has standard output: name a file")
    ended: dict[str, object] = {"end": DECLINED}
    with redirect_stdout(sys.stderr):
        code = _run(args, ended)
    print(json.dumps(ended, indent=2))
    return code


def _run(args: argparse.Namespace, ended: dict[str, object]) -> int:
    """The same; ``ended`` gets what there is to say of the end."""
    from s3io_user.setup import situation, valid
    from s3io_user.setup.asker import Asker
    from s3io_user.setup.interview import Interview

    secret_files.require_files()
    answers = set_up_options.given(args)
    if wrong := list(valid.faults(answers)):
        args.usage_error("; ".join(wrong))
    here = situation.look(args.cwd)
    situation.refuse_other_programs(here)
    if here.under_way:
        _say("A set-up was interrupted here: continuing with its answers.")
        answers = answers.over(here.under_way)
    asked = sys.stdin.isatty() and sys.stderr.isatty()
    interview = Interview(here, answers, Asker() if asked else None, _say)
    if not asked and not args.yes:
        interview.missing.append("--yes")
    try:
        interview.complete()
        steps = _plan(interview)
        if not args.yes and not (interview.asker and interview.asker.agreed("\nDo it?")):
            _say(f"Stopped: {_resume(interview.answers)}")
            return 0
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped: {_resume(interview.answers)}") from None
    try:
        return _do(steps, interview, args, ended)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(str(interrupt) or f"interrupted. To continue, {AGAIN}") from None


def _resume(answers: Answers) -> str:
    flags = visible(answers.as_flags())
    return f"nothing was written, and nothing was created. To continue: s3io-user init {flags}".rstrip()


def _plan(interview: "Interview") -> "Steps":
    """Show what will be done, and give the steps. Raises S3IOError for what can't be."""
    from s3io_user.inputs.project import users_of
    from s3io_user.setup import plan, project, summary
    from s3io_user.setup.permissions import sentences
    from s3io_user.setup.steps import Steps

    here, answers, name = interview.here, interview.answers, interview.project
    files = {} if here.home else project.files(name, interview.url, install=answers.install is not False)
    project.refuse_strangers(here.folder, files)
    wanted = plan.wanted(answers, name, interview.config)
    changes = plan.changes(wanted, interview.config)
    users = users_of(name, plan.merged(wanted, interview.config), str(here.home or here.folder))
    echo = _progress if sys.stderr.isatty() else None
    steps = Steps(here, answers, files, changes, _say, echo, interview.passphrase)
    _say("\ns3io-user init will:")
    for line in summary.lines(steps, name, interview.backend):
        _say(line)
    for line in summary.warnings(changes, name, deployed=bool(interview.config.values)):
        _say(f"  ! {line}")
    _say("\nWhat the access key will be able to do:")
    for line in sentences(next(iter(users.values())), str(answers.region)):
        _say(_wrapped(line))
    return steps


def _wrapped(line: str) -> str:
    """A line as wide as the screen; a name in it is never broken."""
    width = max(40, shutil.get_terminal_size().columns - 2)
    lines = textwrap.wrap(line, width - 4, break_long_words=False, break_on_hyphens=False)
    return "  " + "\n    ".join(lines)


def _do(steps: "Steps", interview: "Interview", args: argparse.Namespace, ended: dict[str, object]) -> int:
    steps.begin()
    steps.make_project()
    steps.use_passphrase()
    steps.install()
    steps.make_stack()
    _check_losses(steps, interview, args)
    steps.write_config()
    _examine(steps, interview, args)
    steps.up()
    sealed = interview.config.own(interview.project, "pgpKey") is not None
    if sealed:
        note("only the owner of pgpKey has the secret, so the key is neither tried nor handed over here")
    checks = [] if sealed else steps.checks(args.wait)
    proved = sealed or _is_proved(checks, args)
    if not sealed:
        _hand_over(steps)
    steps.end()
    ended |= {**_made(steps), "end": DONE, "checks": [check.as_json() for check in checks]}
    _say("")
    for line in checklist(steps.answers, _passphrase(interview)):
        _say(line)
    return 0 if proved else 1


def _check_losses(steps: "Steps", interview: "Interview", args: argparse.Namespace) -> None:
    """Say what the update takes away. Raises S3IOError where that stops the set-up."""
    losses = steps.losses()
    for loss in losses:
        _say(f"  This update will {loss}.")
    if not _accepted(losses, interview, args):
        steps.end()
        raise S3IOError("the stack is left as it was: --accept-findings goes on although that is deleted or replaced")


def _examine(steps: "Steps", interview: "Interview", args: argparse.Namespace) -> None:
    """Say what doctor finds. Raises S3IOError where that stops the set-up."""
    from s3io_user.doctor.examination import Options, examine

    _say("s3io-user doctor …")
    report = examine(Options(steps.stack, steps.cwd), note)
    for sentence in report.unknown:
        _say(f"  Not known: {sentence}")
    found = [f"{finding.id}: {finding.sentence}\n    → {finding.remedy}" for finding in report.findings]
    for sentence in found:
        _say(f"  {sentence}")
    if not found and not report.unknown:
        _say("  Nothing found.")
    if not _accepted(found, interview, args):
        raise S3IOError(
            f"nothing was created in AWS: correct what doctor found, then {AGAIN}; --accept-findings goes on anyway"
        )


def _accepted(found: list[str], interview: "Interview", args: argparse.Namespace) -> bool:
    if not found or args.accept_findings:
        return True
    return bool(interview.asker and interview.asker.agreed("Go on all the same?"))


def _made(steps: "Steps") -> dict[str, object]:
    """What was made, and where the key went; nothing of it is secret."""
    made, answers = steps.outputs(), steps.answers
    return {
        "stack": steps.stack,
        "folder": str(steps.home),
        "userName": made.get("userName"),
        "accessKeyId": made.get("accessKeyId"),
        "handOver": answers.hand_over,
        "out": answers.out,
        "storeName": answers.store_name,
    }


def _is_proved(checks: Sequence[Check], args: argparse.Namespace) -> bool:
    """Whether the key was seen to do what it must. Raises S3IOError where it does something else."""
    print_checks(list(checks))
    wrong = unproved(checks)
    if any(check.verdict == "finding" for check in wrong):
        raise S3IOError(f"verify found that the key is not as it should be: correct what it says above, then {AGAIN}")
    if wrong:
        note("not everything could be tried: see above, and run s3io-user verify later")
    return not wrong or bool(args.allow_unknown)


def _hand_over(steps: "Steps") -> None:
    """Give the key away as it was asked for; what holds it already stays."""
    answers = steps.answers
    if answers.hand_over in STORES:
        _say(f"The key is in {answers.hand_over}: {legible(answers.store_name)}.")
        return
    if answers.hand_over == "later":
        return
    out, profile, form = str(answers.out), answers.out_profile, str(answers.hand_over)
    key_id = steps.credentials().access_key_id
    if out != "-" and form not in ("env", "ini") and secret_files.named(out).exists():
        from s3io_user.setup.valid import out_fault

        if fault := out_fault(form, out, profile, key_id):
            raise S3IOError(f"--out {fault}: give another name, and {AGAIN}")
        return
    argv = ["--format", form, "--out", out, "--stack", steps.stack, "--cwd", steps.cwd]
    parser = argparse.ArgumentParser()
    export.add_arguments(parser)
    export.run(parser.parse_args([*argv, *(["--profile", profile] if profile else [])]))


def _passphrase(interview: "Interview") -> str:
    if interview.answers.passphrase_file and interview.passphrase is None:
        file = secret_files.named(interview.answers.passphrase_file).absolute()
        return f"export PULUMI_CONFIG_PASSPHRASE_FILE={shlex.quote(str(file))}"
    return "export PULUMI_CONFIG_PASSPHRASE=…    (the one that you typed)" if interview.passphrase is not None else ""


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _progress(line: str) -> None:
    print(f"  {visible(line.rstrip())}", file=sys.stderr, flush=True)
