"""Examines a stack for `s3io-user doctor`: reads its state and config, asks AWS, and deletes a key that you chose."""

import os
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from s3io_user import wording
from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection, known_regions
from s3io_user.aws.users import KeyInfo, keys_of
from s3io_user.deployer.stack import policy_of
from s3io_user.doctor import findings, locks, lookups, obstacles
from s3io_user.doctor.findings import Finding, Moment, UserFacts
from s3io_user.doctor.obstacles import Wanted
from s3io_user.doctor.trail import maker_of
from s3io_user.errors import InputError, S3IOError
from s3io_user.iam import arns
from s3io_user.inputs import accounts, project, self_service
from s3io_user.stack.state import Elsewhere, UserState, read_state

NOT_KNOWN_HERE = "what the next pulumi up needs: the program's users are not those of the stack's config"


@dataclass(frozen=True)
class Options:
    """What to examine. ``user`` is a user's logical name or its name in AWS, None for all users of the stack."""

    stack: str | None = None
    cwd: str | None = None
    user: str | None = None
    unused_days: int = findings.UNUSED_DAYS


@dataclass(frozen=True)
class Report:
    """The findings, and what could not be examined. ``you`` is the ARN of the caller, ``""`` if not known.

    ``users`` are those of the state, as AWS has them.
    """

    you: str
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]
    quotas: Mapping[str, int] = field(default_factory=dict)
    users: tuple[UserFacts, ...] = field(default=(), compare=False)

    @property
    def keys(self) -> dict[str, Finding]:
        """The findings of the keys that may be deleted, by key ID."""
        return {finding.key: finding for finding in self.findings if finding.key}


def examine(options: Options, progress: Callable[[str], None]) -> Report:
    """Examine a stack, changing nothing. Raises S3IOError."""
    return Examination(options, progress).report()


class Examination:
    """One examination of a stack, and what could not be examined."""

    def __init__(
        self, options: Options, progress: Callable[[str], None], exported: Mapping[str, Any] | None = None
    ) -> None:
        """``exported`` is the stack's state, if it was read already. Raises S3IOError."""
        self.options = options
        self.setting = project.read_project(options.stack, options.cwd)
        self.exported = project.read_export(options.stack, options.cwd) if exported is None else exported
        self.access = self.setting.access
        self.aws = lookups.Lookups(self.access, progress)
        self.you = ""
        self.account = ""
        self.state = read_state(self.exported)
        self.holders: dict[str, Connection] = {}
        """As whom AWS is asked about a key that is found in another account, by its ID."""
        self._check_user()

    def _check_user(self) -> None:
        """Check that the stack has the user. Raises S3IOError."""
        known = {name for each in self.state.holdings for name in (each.component, each.user) if name}
        known |= {*self.setting.users, *(str(each.user_name) for each in self.setting.users.values() if each.user_name)}
        if self.options.user is not None and self.options.user not in known:
            there = ", ".join(sorted(known)[:20]) or "none"
            raise S3IOError(f"the stack has no user {wording.shown(self.options.user)}. It has: {there}")

    def report(self) -> Report:
        """Examine everything."""
        found = [*self._locks(), *obstacles.of_state(self.state), *self._inputs(), *self._region()]
        if not self._reach(found):
            return Report("", (*found, *self._elsewhere()), tuple(self.aws.unknown))
        found += self._elsewhere()
        found += obstacles.of_elsewhere(self.state.elsewhere, self.account)
        found += obstacles.of_owners(self.setting.users, self.state.holdings)
        facts = self._facts()
        users = self.aws.users()
        quotas = self.aws.attempt(lambda: lookups.account_summary(self.access))
        found += self._before(facts, users or {}, quotas)
        found += [finding for each in facts for finding in findings.after(each, self._moment())]
        found += self._left_over(users or {})
        return Report(self.you, tuple(found), tuple(dict.fromkeys(self.aws.unknown)), quotas or {}, tuple(facts))

    def access_to_key(self, key: str) -> Connection:
        """As whom AWS is asked about a key of the report, in the account that has it."""
        return self.holders.get(key) or replace(self.access, account=self.account)

    def _locks(self) -> list[Finding]:
        try:
            name = self.options.stack or self.state.stack
            found = locks.read_locks(name, self.options.cwd, self.setting.name)
        except S3IOError as error:
            self.aws.unknown.append(f"whether the stack is locked: {error}")
            return []
        return [lock.finding() for lock in found]

    def _inputs(self) -> list[Finding]:
        return [] if self.setting.fault is None else [_invalid(self.setting.fault)]

    def _region(self) -> list[Finding]:
        if self.setting.config.get("aws:skipRegionValidation") == "true":
            return []
        return list(obstacles.of_region(self._region_name(), known_regions()))

    def _region_name(self) -> str | None:
        try:
            return self.setting.region or self.access.default_region()
        except AwsError:  # of the profile, which is a finding by itself
            return None

    def _reach(self, found: list[Finding]) -> bool:
        """Find out who the caller is. A wrong region or profile is a finding; other errors are raised."""
        wrong = any(finding.id == "region-unknown" for finding in found)
        try:
            if not wrong:
                self.you = lookups.identity(self.access)
        except AwsError as error:
            if error.code != "ProfileNotFound":
                self._only_elsewhere(error)
                return False
            found.append(obstacles.of_profile(self.access.profile or os.environ.get("AWS_PROFILE") or "default"))
        if not self.you:
            self.aws.unknown.append("what AWS has: it can't be asked until that is corrected")
            return False
        self.account = self.you.split(":")[4]
        self.state = read_state(self.exported, self.account)
        return True

    def _only_elsewhere(self, error: AwsError) -> None:
        """Leave out the stack's own account. Raises the error if the stack has no users of other providers."""
        state = read_state(self.exported, "none")
        if all(each.by_config for each in state.elsewhere):
            raise error
        self.state = state
        self.aws.unknown.append(f"what AWS has in the account of the stack's aws: config: {error}")

    def _elsewhere(self) -> list[Finding]:
        """What there is of the users in other accounts, asked as the providers do that made them."""
        by_account = {each.account: each for each in reversed(self.state.elsewhere) if not each.by_config}
        return [finding for each in by_account.values() for finding in self._there(each)]

    def _there(self, first: Elsewhere) -> list[Finding]:
        there = copy(self)
        try:
            options = self.options
            there.access = accounts.access_to(self.setting, self.exported, first.arn, options.stack, options.cwd)
            there.you = lookups.identity(there.access)
        except S3IOError as error:
            names = [f"'{each.name}'" for each in self.state.elsewhere if each.account == first.account]
            self.aws.unknown.append(f"what AWS has of {', '.join(names)} in the account {first.account}: {error}")
            return []
        there.aws = replace(self.aws, access=there.access)
        there.state = read_state(self.exported, first.account)
        found = [finding for each in there._facts() for finding in findings.after(each, there._moment())]
        self.holders |= {finding.key: there.access for finding in found if finding.key}
        return found

    def _moment(self) -> Moment:
        return Moment(datetime.now(timezone.utc), self.you, self.state.saved, self.options.unused_days)

    def _facts(self) -> list[UserFacts]:
        """What there is to know of the users of the state; one that was never finished has no key of the stack's."""
        days = {name: inputs.rotate_every_days for name, inputs in self.setting.users.items()}
        asked = [each for each in self.state.holdings if not each.being_made and self._chosen(each)]
        facts = self.aws.each("users", asked, lambda each: self.aws.user_facts(each, days.get(each.component or "")))
        alone = {name for name, inputs in self.setting.users.items() if self_service.rotates(inputs)}
        facts = [replace(each, rotates_itself=each.holding.component in alone) for each in facts]
        there = [each for each in facts if each.exists or not each.holding.begun_only]
        return [self._with_makers(each) for each in there]

    def _chosen(self, held: UserState) -> bool:
        return self.options.user in (None, held.user, held.component)

    def _with_makers(self, facts: UserFacts) -> UserFacts:
        """Who made the keys that the state does not hold, where that can be seen."""
        partition = arns.partition_of_arn(self.you)
        makers = {
            key.id: maker
            for key in facts.unknown_keys
            if (maker := self.aws.attempt(lambda key=key: maker_of(self.access, partition, key)))  # type: ignore[misc]
        }
        return replace(facts, makers=makers)

    def _before(
        self, facts: list[UserFacts], users: Mapping[str, datetime], quotas: Mapping[str, int] | None
    ) -> list[Finding]:
        """What stands in the way; unknown where a program of one's own does not take its inputs from the config."""
        every: dict[str | None, UserState] = {each.component: each for each in self.state.held if each.component}
        if every and not set(every) <= set(self.setting.users or every):
            self.aws.unknown.append(NOT_KNOWN_HERE)
            return []
        if self.setting.fault is not None:
            self.aws.unknown.append("what the next pulumi up needs: the config has to be corrected first")
            return []
        wanted = self._wanted(every, facts, users)
        standing = [finding for each in wanted for finding in obstacles.of_user(each, self._region_name())]
        # What copies from a user that is not there can't be planned.
        planned = [] if any(f.id == "copy-source-missing" for f in standing) else self._rights()
        new = sum(each.is_new for each in wanted)
        return [*planned, *obstacles.of_account(quotas or {}, new), *standing]

    def _wanted(
        self, every: Mapping[str | None, UserState], facts: list[UserFacts], users: Mapping[str, datetime]
    ) -> list[Wanted]:
        away = {each.name for each in self.state.elsewhere}
        asked = [
            Wanted(logical, inputs.after(obstacles.last_rotation(every.get(logical))), every.get(logical))
            for logical, inputs in self.setting.users.items()
            if logical not in away and self.options.user in (None, logical, inputs.user_name)
        ]
        buckets = self.aws.buckets(obstacles.buckets_of(asked))
        keys = {each.holding.user: each.keys for each in facts}

        def look(each: Wanted) -> Wanted:
            found = self.aws.wanted(each, users)
            there = keys[each.user] if each.user in keys else self._keys(found)
            return replace(
                found, buckets={name: buckets[name] for name in sorted(each.bucket_names & set(buckets))}, keys=there
            )

        return self.aws.each("users of the config", asked, look)

    def _keys(self, wanted: Wanted) -> tuple[KeyInfo, ...] | None:
        """The keys of a user that is to be adopted."""
        if not wanted.exist.get(("user", wanted.user)):
            return None
        found = self.aws.attempt(lambda: keys_of(self.access, wanted.user))
        return None if found is None else tuple(found)

    def _rights(self) -> list[Finding]:
        """Whether the users' rights can be planned, and whether these credentials may make them."""
        self.aws.speak("asking AWS whether you may do what pulumi up needs")
        try:
            document = policy_of(self.setting, self.account)
            return list(obstacles.of_deployer(lookups.denied(self.access, self.you, document)))
        except InputError as error:
            return [_invalid(str(error))]
        except AwsError as error:
            self.aws.unknown.append(str(error))
            return []

    def _left_over(self, users: Mapping[str, datetime]) -> list[Finding]:
        """What may be left of updates that were cut off, of all of the stack's users together."""
        held = self.state.held
        logical = {each.component for each in held if each.component} | set(self.setting.users)
        if self.options.user is not None or not logical:
            return []
        known = {each.user for each in held} | self.state.policy_arns
        self.aws.speak("looking for what interrupted updates left behind")
        return list(findings.left_over(*self.aws.named_alike(sorted(logical), users, known)))


def _invalid(fault: str) -> Finding:
    return Finding("inputs-invalid", "", fault.replace("\n", "; "), "correct the stack's config")


def remove(options: Options, finding: Finding, *, named: bool) -> None:
    """Delete the key of a finding, after a last look at the state and at AWS; ``named``: a person said so.

    Raises S3IOError, with the key as it was, where anything speaks against it by now.
    """
    examination = Examination(replace(options, user=finding.user), lambda _: None)
    again = examination.report()
    refused = f"the key {finding.key} was not removed"
    if busy := [f for f in again.findings if f.id in ("update-running", "stack-locked")]:
        raise S3IOError(f"{refused}: {busy[0].sentence}; {busy[0].remedy}")
    now = again.keys.get(str(finding.key))
    if now is None or finding.key in examination.state.key_ids:
        raise S3IOError(f"{refused}: by now the stack holds it, or AWS does not have it any more")
    if not (named or now.proved):
        raise S3IOError(f"{refused}: {now.remedy}")
    lookups.remove_key(examination.access_to_key(str(finding.key)), finding.user, str(finding.key))
