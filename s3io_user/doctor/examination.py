"""Examines a stack for `s3io-user doctor`: reads its state and config, and asks AWS. Changes nothing."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from s3io_user import wording
from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection
from s3io_user.doctor import caller, lookups, obstacles, stack_itself
from s3io_user.doctor.account import Account
from s3io_user.doctor.facts import UNUSED_DAYS, Finding, UserFacts, urgent_first
from s3io_user.errors import S3IOError
from s3io_user.inputs import accounts, project
from s3io_user.stack.state import read_state

if TYPE_CHECKING:
    from s3io_user.inputs.fields import Inputs


@dataclass(frozen=True)
class Options:
    """What to examine. ``user`` is a logical name or a name in AWS; None is every user of the stack."""

    stack: str | None = None
    cwd: str | None = None
    user: str | None = None
    unused_days: int = UNUSED_DAYS


@dataclass(frozen=True)
class Report:
    """The findings, and in ``unknown`` what could not be examined.

    ``you`` is the ARN of the caller, ``""`` if it is not known. ``users`` are those of the state as AWS has them, by
    account and name, ``inputs`` those of the stack's config, by logical name.
    """

    you: str
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]
    quotas: Mapping[str, int] = field(default_factory=dict)
    users: Mapping[tuple[str, str], UserFacts] = field(default_factory=dict, compare=False)
    inputs: "Mapping[str, Inputs]" = field(default_factory=dict, compare=False)

    @property
    def accounts(self) -> set[str]:
        """The accounts of the users that were looked at."""
        return {account for account, _ in self.users}

    @property
    def keys(self) -> dict[str, Finding]:
        """The findings about keys that may be deleted, by key ID."""
        return {finding.key: finding for finding in self.findings if finding.key}


def examine(options: Options, progress: Callable[[str], None], exported: Mapping[str, Any] | None = None) -> Report:
    """Examine a stack. ``exported`` is its state, if it was already read. Raises S3IOError."""
    return Examination(options, progress, exported).report()


class Examination:
    """One examination of a stack. Raises S3IOError if it can't be read, or has no such user."""

    def __init__(
        self, options: Options, progress: Callable[[str], None], exported: Mapping[str, Any] | None = None
    ) -> None:
        self.options = options
        self.setting = project.read_project(options.stack, options.cwd)
        self.exported = project.read_export(options.stack, options.cwd) if exported is None else exported
        self.state = read_state(self.exported)
        self.aws = lookups.Lookups(self.setting.access, progress)
        self.accounts: dict[str, Account] = {}
        """The accounts that were asked, by their number."""
        self._check_user()

    def _check_user(self) -> None:
        names = {name for each in self.state.users for name in (each.component, each.user) if name}
        names |= {*self.setting.users, *(str(each.user_name) for each in self.setting.users.values() if each.user_name)}
        if self.options.user is not None and self.options.user not in names:
            there = ", ".join(sorted(names)[:20]) or "none"
            raise S3IOError(f"the stack has no user {wording.shown(self.options.user)}. It has: {there}")

    def report(self) -> Report:
        """Examine everything. Raises S3IOError if no account could be asked, and nothing was found either."""
        results = self._of_stack()
        home, why_not = None, None
        try:
            home = self._home(results)
        except AwsError as error:
            why_not = error
            self.aws.unknown.append(f"what AWS has in the account of the stack's aws: config: {error}")
        for account in self._elsewhere("none" if home is None else home.id):
            results += account.after()
        if home is not None:
            results += obstacles.of_elsewhere(home.state.elsewhere, home.id)
            results += home.named(obstacles.of_owners(self.setting.users, home.state.users))
            results += [*home.before(), *home.after(), *home.left_over()]
        users = {(account.id, each.state.user): each for account in self.accounts.values() for each in account.users}
        if why_not and not users and not results:
            raise why_not
        return Report(
            home.you if home else "",
            tuple(urgent_first(results)),
            tuple(dict.fromkeys(self.aws.unknown)),
            home.quotas if home else {},
            users,
            self.setting.users,
        )

    def access_to(self, finding: Finding) -> Connection:
        """How the account that a finding is about is asked. The connection refuses to ask another."""
        return replace(self.accounts[finding.account].aws.access, account=finding.account)

    def _of_stack(self) -> list[Finding]:
        """What is found without AWS."""
        name, cwd, unknown = self.options.stack, self.options.cwd, self.aws.unknown
        return [
            *stack_itself.of_lock(name or self.state.stack, cwd, self.setting.name, unknown),
            *stack_itself.of_secrets(name, cwd, self.exported),
            *obstacles.of_state(self.state),
            *stack_itself.of_config(self.setting, self.state, cwd, unknown),
        ]

    def _home(self, results: list[Finding]) -> Account | None:
        """The account of the stack's ``aws:`` config. None for a wrong region or profile, which is a finding.

        Raises AwsError if it can't be asked for another reason.
        """
        try:
            if not any(finding.id == "region-unknown" for finding in results):
                return self._account(self.aws)
        except AwsError as error:
            if error.code not in ("ProfileNotFound", "NoRegionError"):
                raise
            profile = self.setting.access.profile or os.environ.get("AWS_PROFILE") or "default"
            results.append(obstacles.of_profile(profile) if error.code == "ProfileNotFound" else obstacles.NO_REGION)
        self.aws.unknown.append("what AWS has: it can't be asked until that is corrected")
        return None

    def _elsewhere(self, home: str) -> Iterator[Account]:
        """The other accounts, each asked as the provider is that created the users there."""
        elsewhere = read_state(self.exported, home).elsewhere
        for first in {each.account: each for each in reversed(elsewhere) if not each.by_config}.values():
            try:
                access = accounts.access_to(
                    self.setting, self.exported, first.arn, self.options.stack, self.options.cwd
                )
                yield self._account(replace(self.aws, access=access))
            except S3IOError as error:
                names = ", ".join(f"'{each.name}'" for each in elsewhere if each.account == first.account)
                self.aws.unknown.append(f"what AWS has of {names} in the account {first.account}: {error}")

    def _account(self, aws: lookups.Lookups) -> Account:
        """The account of a connection. Raises AwsError."""
        you = caller.identity(aws.access)
        number = you.split(":")[4]
        state = read_state(self.exported, number)
        found = Account(aws, you, self.setting, self.exported, state, self.options.user, self.options.unused_days)
        self.accounts[number] = found
        return found
