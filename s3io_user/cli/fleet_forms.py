"""How `s3io-user fleet` prints its stacks: a table with the findings below it, JSON, or CSV."""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

from s3io_user.cli.spreadsheet import write_rows
from s3io_user.cli.text import counted
from s3io_user.doctor.facts import QUARANTINED, Finding
from s3io_user.fleet.facts import JSON_VERSION, Due, FleetKey, FleetStack, FleetUser, as_dict
from s3io_user.fleet.inventory import NONE, UNKNOWN
from s3io_user.fleet.places import Place
from s3io_user.fleet.side_by_side import Outcome

_HEADS = ("user", "account", "access", "key", "is", "gen.", "age", "last used", "due", "dangers", "findings")
_COLUMNS = ("stack", "folder", "user", "userName", "account", "access", "keyId", "keyRole", "keyGeneration",
            "keyStatus", "keyCreated", "keyLastUsed", "due", "dangers", "findings", "notLookedAt")  # fmt: skip
Outcomes = Sequence[Outcome[Place, FleetStack]]


def stacks_of(outcomes: Outcomes) -> list[FleetStack]:
    """The stacks that were looked at."""
    return [each.value for each in outcomes if each.value is not None]


def print_json(outcomes: Outcomes) -> None:
    """One object with every stack."""
    now = datetime.now(timezone.utc)
    nothing = {"users": None, "findings": None}
    stacks = [
        {**_named(each), **(as_dict(each.value, now) if each.value else {**nothing, "notLookedAt": [each.error]})}
        for each in outcomes
    ]
    print(
        json.dumps({"version": JSON_VERSION, "madeAt": now.isoformat(timespec="seconds"), "stacks": stacks}, indent=2)
    )


def _named(each: Outcome[Place, FleetStack]) -> dict[str, Any]:
    return {**each.item.as_json(), **({"stack": each.value.stack} if each.value else {})}


def print_table(outcomes: Outcomes) -> None:
    """A row for each key, then the findings, the sums, and what was not looked at."""
    from s3io_user.cli.table import print_list, print_rows
    from s3io_user.cli.text import print_text

    now, stacks = datetime.now(timezone.utc), stacks_of(outcomes)
    if rows := [(str(each.item), *row) for each in outcomes if each.value for row in _rows(each.value, now)]:
        print_rows(("stack", *_HEADS), rows, sys.stdout)
    found = [
        (finding.id, finding.of(each.value.accounts), f"{finding.sentence}\n→ {finding.remedy}", str(each.item))
        for each in outcomes
        if each.value
        for finding in each.value.every_finding
    ]
    if found:
        found.sort(key=lambda row: row[0] != QUARANTINED)
        print_list(("finding", "of", "", "stack"), found, sys.stdout)
    print_text(_summary(stacks), sys.stdout)
    for sentence in _not_looked_at(outcomes):
        print_text(f"Not looked at: {sentence}", sys.stdout)


def _summary(stacks: Sequence[FleetStack]) -> str:
    users = [user for stack in stacks for user in stack.users]
    accounts = {user.user.account for user in users} - {None}
    due = sum(user.due is not None and user.due.now for user in users)
    dangerous = sum(bool(user.dangers) for user in users)
    findings = counted(sum(len(stack.every_finding) for stack in stacks), "finding")
    seen = "" if all(stack.is_seen for stack in stacks) else " in what was looked at"
    keys = sum(len(user.keys) for user in users)
    return (
        f"{_exposed(stacks)}{counted(len(users), 'user')} in {counted(len(stacks), 'stack')} "
        f"and {counted(len(accounts), 'account')}: "
        f"{counted(keys, 'access key')}, {due:,} due for rotation; "
        f"{counted(dangerous, 'user')} with dangerous permissions; {findings}{seen}."
    )


def _exposed(stacks: Sequence[FleetStack]) -> str:
    """How many users are in AWS's quarantine. Two stacks may have the same user."""
    found = [finding for stack in stacks for finding in stack.every_finding if finding.id == QUARANTINED]
    users = {(finding.account, finding.user) for finding in found}
    return f"{counted(len(users), 'user')} in AWS's quarantine: treat the access keys as leaked.\n" if users else ""


def _not_looked_at(outcomes: Outcomes) -> Iterator[str]:
    for each in outcomes:
        if each.value is None:
            yield f"{each.item}: {each.error}"
            continue
        yield from (f"{each.item}: {sentence}" for sentence in each.value.not_looked_at)
        for user in each.value.users:
            yield from (f"{user.user.name} in {each.item}: {sentence}" for sentence in user.not_looked_at)


def _rows(stack: FleetStack, now: datetime) -> Iterator[tuple[str, ...]]:
    """A row for each key, or one without."""
    for user in stack.users:
        about = (user.user.name, user.user.account or UNKNOWN, user.user.access)
        findings = _ids(user.findings).replace(" ", ", ")
        dangers = UNKNOWN if user.dangers is None else str(len(user.dangers) or NONE)
        for key in user.keys:
            due = _due(user.due) if key.role == "current" else "-"
            generation = UNKNOWN if key.generation is None else str(key.generation)
            age = UNKNOWN if (old := key.days(now)) is None else f"{old} d"
            yield (*about, key.id, _is(key), generation, age, _last_used(key), due, dangers, findings)
        if not user.keys:
            yield (*about, NONE, "-", "-", "-", "-", _due(user.due), dangers, findings)


def _is(key: FleetKey) -> str:
    return ", ".join([key.role or UNKNOWN, *([] if key.status == "Active" else [key.status or UNKNOWN])])


def _last_used(key: FleetKey) -> str:
    if key.in_aws:
        return f"{key.last_used:%Y-%m-%d}" if key.last_used else "never"
    return UNKNOWN if key.in_aws is None else "-"


def _due(due: Due | None) -> str:
    if due is None:
        return UNKNOWN
    if due.on is None:
        return "no schedule"
    return f"now, since {due.on}" if due.now else str(due.on)


def print_csv(outcomes: Outcomes) -> None:
    """A line for each key; a user without one, a stack's own findings, and a stack that was not read have one, too."""
    write_rows(_COLUMNS, (row for each in outcomes for row in _csv_rows(each)), sys.stdout)


def _csv_rows(each: Outcome[Place, FleetStack]) -> Iterator[list[Any]]:
    place, stack = (_named(each)["stack"] or UNKNOWN, each.item.cwd or "."), each.value
    if stack is None:
        yield [*place, *[UNKNOWN] * (len(_COLUMNS) - 3), each.error]
        return
    if stack.findings or stack.not_looked_at:
        unseen = "; ".join(stack.not_looked_at) or NONE
        yield [*place, "(the stack)", *["-"] * (len(_COLUMNS) - 5), _ids(stack.findings), unseen]
    for user in stack.users:
        yield from ([*place, *row] for row in _user_rows(stack, user))


def _ids(findings: Sequence[Finding] | None) -> str:
    if findings is None:
        return UNKNOWN
    return " ".join(dict.fromkeys(finding.id for finding in findings)) or NONE


def _user_rows(stack: FleetStack, each: FleetUser) -> Iterator[list[str]]:
    user = each.user
    about = [user.name, user.user_name or NONE, user.account or UNKNOWN, user.access]
    dangers = UNKNOWN if each.dangers is None else " ".join(each.dangers) or NONE
    unseen = [*(stack.not_looked_at if each.findings is None else ()), *each.not_looked_at]
    end = [_due(each.due), dangers, _ids(each.findings), "; ".join(unseen) or NONE]
    for key in each.keys:
        created = key.created.isoformat(timespec="seconds") if key.created else UNKNOWN
        generation = UNKNOWN if key.generation is None else str(key.generation)
        yield [*about, key.id, key.role or UNKNOWN, generation, key.status or UNKNOWN, created, _last_used(key), *end]
    if not each.keys:
        yield [*about, NONE, *["-"] * 5, *end]
