"""`s3io-user doctor`: what stands in the way of `pulumi up`, and what was left behind in AWS."""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from s3io_user import doctor
from s3io_user.doctor import Finding
from s3io_user.errors import S3IOError
from s3io_user.holdings import Holding, elsewhere, holdings, key_ids, policy_arns

if TYPE_CHECKING:
    from s3io_user.project import Project

EXAMPLES = """\
examples:
  s3io-user doctor                       before a pulumi up, or after it; changes nothing
  s3io-user doctor --fix                 remove keys that the stack does not hold, asking for each
  s3io-user doctor --fix --yes           without asking: only those that were never used
  s3io-user doctor --fix --key AKIA...   this one

It reads the stack's state and config, and asks AWS with the credentials of the stack's aws: config. Don't run --fix
while a pulumi up of the same stack is running. Exit code: 0 nothing found, 1 a finding, 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--user", metavar="NAME", help="of several users only this, by its logical name or its own")
    parser.add_argument(
        "--unused-days",
        metavar="N",
        type=int,
        default=doctor.UNUSED_DAYS,
        help=f"a key is unused after so many days, {doctor.UNUSED_DAYS} when left out",
    )
    parser.add_argument("--fix", action="store_true", help="remove the keys that no state knows, after asking")
    parser.add_argument("--yes", action="store_true", help="with --fix: don't ask, and remove what is safe to")
    parser.add_argument("--key", metavar="ID", action="append", default=[], help="with --fix: this key; repeatable")
    parser.add_argument("--format", choices=("table", "json"), default="table", help="table when left out")
    parser.add_argument("--stack", metavar="NAME", help="the stack; the one that is selected when left out")
    parser.add_argument("--cwd", metavar="DIR", help="the stack's folder; this one when left out")


def run(args: argparse.Namespace) -> int:
    """Look, print, and remove what was asked for; 1 where a finding remains. Raises S3IOError."""
    if (args.yes or args.key) and not args.fix:
        args.usage_error(f"{'--yes' if args.yes else '--key'} goes with --fix")
    if args.unused_days < 0:
        args.usage_error(f"--unused-days must be 0 or more (got {args.unused_days})")
    from s3io_user import lookups, project

    setting, exported = project.read_project(args.stack, args.cwd), project.read_export(args.stack, args.cwd)
    about = {"you": lookups.identity(setting.access)}
    # A user of that name in the account asked is another one, with keys that are not this stack's to remove.
    away = elsewhere(exported, about["you"].split(":")[4])
    held = [each for each in holdings(exported, without=away) if args.user in (None, each.user, each.component)]
    unknown = [f"what AWS has of '{_name(urn)}': it is in the account {there}" for urn, there in away.items()]
    findings = [
        *_before(args, setting, exported, unknown, about),
        *_after(args, setting, held, exported, unknown),
        *_left_over(args, setting, exported, unknown),
    ]
    fixed = _fix(args, setting, findings) if args.fix else []
    left = [finding for finding in findings if finding.key is None or finding.key not in fixed]
    _print(args.format, left, fixed, unknown, about)
    return 1 if left else 0


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[1]


def _after(
    args: argparse.Namespace,
    setting: "Project",
    held: list[Holding],
    exported: Mapping[str, Any],
    unknown: list[str],
) -> list[Finding]:
    """What is to be said of the users that there are; one that a killed update had no time to make is none."""
    from s3io_user import lookups

    now = datetime.now(timezone.utc)
    days = {name: values["rotate_every_days"] for name, values in setting.users.items()}
    facts = [lookups.user_facts(setting.access, each, days.get(each.component or ""), unknown.append) for each in held]
    made = {each.user for each in holdings(exported, pending=False)}
    there = [each for each in facts if each.exists or each.holding.user in made]
    return [finding for each in there for finding in doctor.after(each, now, args.unused_days)]


def _left_over(
    args: argparse.Namespace, setting: "Project", exported: Mapping[str, Any], unknown: list[str]
) -> list[Finding]:
    """What may be left of updates that were cut off, of all of the stack's users together."""
    from s3io_user import lookups

    held = holdings(exported, pending=False)
    logical = {each.component for each in held if each.component} | set(setting.users)
    if args.user is not None or not logical:
        return []
    known = {each.user for each in held} | policy_arns(exported)
    return list(doctor.left_over(*lookups.named_alike(setting.access, sorted(logical), known, unknown.append)))


def _before(
    args: argparse.Namespace,
    setting: "Project",
    exported: Mapping[str, Any],
    unknown: list[str],
    about: dict[str, Any],
) -> list[Finding]:
    """What stands in the way; nothing where a program of one's own does not take its inputs from the config."""
    from s3io_user import lookups

    # A user whose making was cut off is to be made again.
    every = {each.component: each for each in holdings(exported, pending=False) if each.component}
    if every and not set(every) <= set(setting.users or every):
        unknown.append("what the next pulumi up needs: the program's users are not those of the stack's config")
        return []
    if setting.fault is not None:
        return [Finding("inputs-invalid", "", setting.fault.replace("\n", "; "), "correct the stack's config")]
    users = {name: values for name, values in setting.users.items() if args.user in (None, name, values["user_name"])}
    made = {name for name, each in every.items() if each.owned}
    new = [name for name, values in users.items() if name not in made and not values["existing_user"]]
    names = lookups.user_names(setting.access, unknown.append) if new else []
    wanted = [
        lookups.wanted(setting.access, name, values, name in made, names, unknown.append)
        for name, values in users.items()
    ]
    about["quotas"] = summary = _summary(setting, unknown)
    standing = [finding for each in wanted for finding in doctor.before(each)]
    # What copies from a user that is not there can't be planned.
    refused = () if any(f.id == "copy-source-missing" for f in standing) else _denied(setting, about["you"], unknown)
    return [*doctor.of_account(doctor.Account(refused, summary), len(new)), *standing]


def _summary(setting: "Project", unknown: list[str]) -> dict[str, int] | None:
    from s3io_user import lookups
    from s3io_user.aws import AwsError

    try:
        return lookups.account_summary(setting.access)
    except AwsError as error:
        unknown.append(str(error))
        return None


def _denied(setting: "Project", you: str, unknown: list[str]) -> tuple[str, ...]:
    from s3io_user import lookups
    from s3io_user.aws import AwsError
    from s3io_user.commands.deployer_policy import policy_of

    try:
        return tuple(lookups.denied(setting.access, you, policy_of(setting, you.split(":")[4])))
    except AwsError as error:
        unknown.append(str(error))
        return ()


def _fix(args: argparse.Namespace, setting: "Project", findings: list[Finding]) -> list[str]:
    """Remove the keys that were chosen, and return their IDs."""
    from s3io_user import lookups, project

    offered = {finding.key: finding for finding in findings if finding.key}
    for key_id in args.key:
        if key_id not in offered:
            raise S3IOError(
                f"the key {key_id} was not removed: it is not one that the stack's users have unknown to it"
            )
    chosen = [offered[key_id] for key_id in args.key] or list(offered.values())
    removed = []
    for finding in chosen:
        if not _agreed(args, finding):
            continue
        # Asked again at the last moment: an update may have run since.
        if finding.key in key_ids(project.read_export(args.stack, args.cwd)):
            raise S3IOError(f"the key {finding.key} was not removed: the stack holds it by now")
        lookups.remove_key(setting.access, finding.user, str(finding.key))
        _note(f"removed the key {finding.key} of '{finding.user}'")
        removed.append(str(finding.key))
    return removed


def _agreed(args: argparse.Namespace, finding: Finding) -> bool:
    if args.yes and (finding.safe or finding.key in args.key):
        return True
    if args.yes:
        _note(f"left the key {finding.key}: it may be in use; --key {finding.key} removes it all the same")
        return False
    if not sys.stdin.isatty():
        _note(f"left the key {finding.key}: nobody can be asked here, so add --yes")
        return False
    print(f"{finding.user}: {finding.sentence}. Remove it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _print(how: str, findings: list[Finding], fixed: list[str], unknown: list[str], about: Mapping[str, Any]) -> None:
    summary = about.get("quotas") or {}
    if how == "json":
        said = {"identity": about["you"], "findings": [f.as_json() for f in findings], "fixed": fixed,
                "unknown": unknown, "quotas": doctor.quotas(summary)}  # fmt: skip
        print(json.dumps(said, indent=2))
        return
    from s3io_user.render_table import print_rows

    print(f"You are {about['you']}." + (f" Quotas: {'; '.join(doctor.quotas(summary))}." if summary else ""))
    if findings:
        rows = [(f.id, f.user or "the account", f"{f.sentence}\n→ {f.remedy}") for f in findings]
        print_rows(("finding", "of", "what, and what to do"), rows, sys.stdout)
    else:
        print("Nothing found.")
    for sentence in unknown:
        print(f"Unknown: {sentence}")


def _note(sentence: str) -> None:
    print(f"s3io-user: {sentence}", file=sys.stderr)
