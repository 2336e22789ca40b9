"""Gathers the facts of one stack from its state, doctor and explain. Changes nothing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from s3io_user.doctor.facts import UNUSED_DAYS, Finding, UserFacts
from s3io_user.errors import S3IOError
from s3io_user.fleet.facts import Due, FleetKey, FleetStack, FleetUser, due_by_age, keys_of, of_user
from s3io_user.fleet.inventory import FULL, NONE, StackUser, stack_users
from s3io_user.fleet.places import Place
from s3io_user.iam.arns import account_of_arn
from s3io_user.keys import schedule
from s3io_user.stack.declared import Declared, declared
from s3io_user.stack.state import UserState, in_account, read_state, user_states

if TYPE_CHECKING:
    from s3io_user.doctor.examination import Report
    from s3io_user.inputs.fields import Inputs


@dataclass(frozen=True)
class Options:
    """``older_than`` is the age in days at which a key is due, where nothing sooner says so."""

    unused_days: int = UNUSED_DAYS
    older_than: int | None = None


def gather(place: Place, options: Options, progress: Callable[[str], None]) -> FleetStack:
    """Gather everything about one stack. It names what failed. Raises S3IOError if the state can't be read."""
    from s3io_user.inputs.project import read_export

    exported = read_export(place.stack, place.cwd)
    users = stack_users(exported)
    name = place.stack or read_state(exported).stack
    if not users:
        return FleetStack(name, ())
    try:
        report = _examined(place, options, exported, progress)
    except S3IOError as error:
        unseen = f"the keys in AWS, and what doctor finds: {error}"
        alone = _Stack(exported, options, None)
        return FleetStack(name, tuple(map(alone.user, users)), None, (unseen,))
    whole = _Stack(exported, options, report)
    told = tuple(map(whole.user, users))
    of_users = {id(finding) for user in told for finding in user.findings or ()}
    rest = tuple(finding for finding in report.findings if id(finding) not in of_users)
    return FleetStack(name, told, rest, report.unknown)


def _examined(place: Place, options: Options, exported: Mapping[str, Any], progress: Callable[[str], None]) -> "Report":
    from s3io_user.doctor import examination

    asked = examination.Options(place.stack, place.cwd, unused_days=options.unused_days)
    return examination.examine(asked, progress, exported)


class _Stack:
    """A stack that was read, for the facts of each of its users. Without a report, AWS was not asked."""

    def __init__(self, exported: Mapping[str, Any], options: Options, report: "Report | None") -> None:
        self.exported, self.options, self.report = exported, options, report
        self.account = account_of_arn(report.you) if report else None
        self.facts = report.users if report else {}
        self.users = stack_users(exported)
        self.of_account = {account: _in_account(exported, account) for account in {each.account for each in self.users}}
        states = [(account, state) for account, own in self.of_account.items() for state in user_states(own)]
        self.user_states = {(account, state.user): state for account, state in states}
        self.components = {str(r.get("urn")): r for r in exported["deployment"]["resources"]}
        self.inputs = _inputs(report, {each.name for each in self.users})

    def user(self, user: StackUser) -> FleetUser:
        """All about one user."""
        facts, findings, unseen = self._examined(user)
        keys = keys_of(user, facts.keys if facts else None)
        dangers, undecided = self._dangers(user)
        return FleetUser(user, keys, dangers, self._due(user, keys), findings, (*unseen, *undecided))

    def _examined(self, user: StackUser) -> tuple[UserFacts | None, tuple[Finding, ...] | None, tuple[str, ...]]:
        """What AWS has of a user and doctor finds, None where that is not known; and what was not looked at of it.

        What is so of the stack as a whole is not repeated.
        """
        if self.report is None:
            return None, None, ()
        # Doctor looks for a user whose account the state does not say where the stack's own credentials are.
        facts = self.facts.get((str(user.account or self.account), str(user.user_name)))
        if facts is not None:
            found = of_user(user, self.report.findings)
            return facts, None if facts.not_seen and not found else found, facts.not_seen
        if not user.finished:  # there is nothing to look at yet
            return None, (), ()
        if not self.report.you and user.account is None:
            return None, None, ()
        where = f" in the account {user.account}" if user.account not in (None, self.account) else ""
        return None, None, (f"its keys{where}, and what doctor finds",)

    def _dangers(self, user: StackUser) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        """The dangerous actions of the stack's own policy, and what else its user has, which was not looked at."""
        from s3io_user.explain import FULL_ACCESS
        from s3io_user.explain.stack import explained

        gives = self._gives(user)
        own = (user.document, FULL_ACCESS if user.access == FULL else None, gives.self_service if gives else None)
        documents = [each for each in own if each]
        if user.document is None and user.access not in (FULL, NONE):
            return None, ("its permissions: the state does not show its policy",)
        beyond = _beyond(gives)
        try:
            found = tuple(each.action for each in explained(documents).dangers) if documents else ()
        except S3IOError as error:
            return None, (f"its permissions: {'; '.join(str(error).splitlines())}", *beyond)
        return found, beyond

    def _gives(self, user: StackUser) -> Declared | None:
        """What the stack gives a user; a component that a program made has no document among its outputs."""
        state = self.user_states.get((user.account, str(user.user_name)))
        document = {"policyDocument": json.dumps(user.document)} if user.document else {}
        outputs = {**(self.components[user.urn].get("outputs") or {}), **document}
        return declared(self.of_account[user.account], state, outputs) if state else None

    def _due(self, user: StackUser, keys: tuple[FleetKey, ...]) -> Due | None:
        today = schedule.today()
        by_age = due_by_age(user, keys, self.options.older_than, today)
        inputs, state = self.inputs.get(user.name), self.user_states.get((user.account, str(user.user_name)))
        if inputs is None or state is None or not inputs.rotate_every_days or not inputs.rotate_from:
            return by_age
        return _sooner(_due_by_calendar(inputs, state), by_age if self.options.older_than else None)


def _in_account(exported: Mapping[str, Any], account: str | None) -> Mapping[str, Any]:
    """A stack's state with the users of one account, or all of it where that is not known."""
    return in_account(exported, account) if account else exported


def _beyond(gives: Declared | None) -> tuple[str, ...]:
    """What a user has beside the stack's own policies."""
    more = gives.elsewhere if gives else ()
    return (f"what is dangerous beside the stack's own policy: {', '.join(more)}",) if more else ()


def _inputs(report: "Report | None", components: set[str]) -> "Mapping[str, Inputs]":
    """The users' inputs, where the program takes its users from the stack's config."""
    users = report.inputs if report else {}
    return users if components <= set(users) else {}


def _due_by_calendar(inputs: "Inputs", state: UserState) -> Due:
    from s3io_user.doctor.obstacles import last_rotation

    due = schedule.due(str(inputs.rotate_from), inputs.rotate_every_days or 1, schedule.today())
    now = inputs.after(last_rotation(state)).key_generation > (state.generation or 0)
    return Due(due.since if now else due.following, now)


def _sooner(one: Due, other: Due | None) -> Due:
    return min((each for each in (one, other) if each and each.on), key=lambda due: str(due.on), default=one)
