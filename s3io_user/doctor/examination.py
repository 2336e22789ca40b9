"""Examines a stack for `s3io-user doctor`: reads its state and config, asks AWS, and deletes a key that you named."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from s3io_user.doctor.facts import UNUSED_DAYS, Finding, Moment, UserFacts, urgent_first
from s3io_user.doctor.obstacles import Wanted
from s3io_user.doctor.trail import maker_of
from s3io_user.errors import InputError, S3IOError
from s3io_user.iam import arns
from s3io_user.inputs import accounts, project, self_service
from s3io_user.stack import pulumi_cli
from s3io_user.stack.project_file import config_file, takes_users_from_config
from s3io_user.stack.state import Elsewhere, UserState, read_state

NOT_KNOWN_HERE = "what the next pulumi up needs: the program's users are not those of the stack's config"


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

    ``you`` is the ARN of the caller, ``""`` if it is not known. ``users`` are those of the state as AWS has
    them, by account and name.
    """

    you: str
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]
    quotas: Mapping[str, int] = field(default_factory=dict)
    users: Mapping[tuple[str, str], UserFacts] = field(default_factory=dict, compare=False)

    @property
    def accounts(self) -> set[str]:
        """The accounts of the users that were looked at."""
        return {account for account, _ in self.users}

    @property
    def keys(self) -> dict[str, Finding]:
        """The findings about keys that may be deleted, by key ID."""
        return {finding.key: finding for finding in self.findings if finding.key}


def examine(options: Options, progress: Callable[[str], None]) -> Report:
    """Examine a stack, changing nothing. Raises S3IOError."""
    return Examination(options, progress).report()


class Examination:
    """One examination of a stack."""

    def __init__(
        self, options: Options, progress: Callable[[str], None], exported: Mapping[str, Any] | None = None
    ) -> None:
        """``exported`` is the stack's state, if it was already read. Raises S3IOError."""
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
        self.users: dict[tuple[str, str], UserFacts] = {}
        """The users that were looked up, by account and name."""
        self.unreached: AwsError | None = None
        """Why the account of the stack's ``aws:`` config could not be asked."""
        self._check_user()

    def _check_user(self) -> None:
        """Check that the stack has the user to examine. Raises S3IOError."""
        names = {name for each in self.state.users for name in (each.component, each.user) if name}
        names |= {*self.setting.users, *(str(each.user_name) for each in self.setting.users.values() if each.user_name)}
        if self.options.user is not None and self.options.user not in names:
            there = ", ".join(sorted(names)[:20]) or "none"
            raise S3IOError(f"the stack has no user {wording.shown(self.options.user)}. It has: {there}")

    def report(self) -> Report:
        """Examine everything."""
        results = [*self._locks(), *self._secrets(), *obstacles.of_state(self.state), *self._config()]
        if not self._reach(results):
            results += self._elsewhere()
            if self.unreached and not self.users and not results:
                raise self.unreached  # no account could be asked
            return Report("", tuple(urgent_first(results)), tuple(self.aws.unknown), users=self.users)
        results += self._elsewhere()
        results += obstacles.of_elsewhere(self.state.elsewhere, self.account)
        results += self._here(obstacles.of_owners(self.setting.users, self.state.users))
        facts = self._facts()
        users = self.aws.users()
        quotas = self.aws.attempt(lambda: lookups.account_summary(self.access))
        results += self._here(self._before(facts, users or {}, quotas))
        results += self._after(facts)
        results += self._here(self._left_over(users or {}))
        unknown = tuple(dict.fromkeys(self.aws.unknown))
        return Report(self.you, tuple(urgent_first(results)), unknown, quotas or {}, self.users)

    def _here(self, found: Iterable[Finding]) -> list[Finding]:
        """The findings, those about a user with the account that was asked."""
        return [replace(each, account=self.account) if each.user else each for each in found]

    def _after(self, facts: Iterable[UserFacts]) -> list[Finding]:
        return self._here(finding for each in facts for finding in findings.after(each, self._moment()))

    def access_to_key(self, key: str) -> Connection:
        """The connection for a key of the report, in the account that has the key."""
        return self.holders.get(key) or replace(self.access, account=self.account)

    def _locks(self) -> list[Finding]:
        try:
            name = self.options.stack or self.state.stack
            return [lock.finding() for lock in locks.read_locks(name, self.options.cwd, self.setting.name)]
        except S3IOError as error:
            self.aws.unknown.append(f"whether the stack is locked: {error}")
            return []

    def _secrets(self) -> Iterator[Finding]:
        """Whether pulumi can decrypt the state here. Of Pulumi Cloud's own encryption, being logged in is enough."""
        deployment = self.exported.get("deployment") or {}
        if (deployment.get("secrets_providers") or {}).get("type", "service") == "service":
            return
        try:
            pulumi_cli.outputs(self.options.stack, self.options.cwd, show_secrets=True)
        except S3IOError as error:
            yield obstacles.of_secrets(str(error))

    def _config(self) -> Iterator[Finding]:
        """Invalid or missing inputs, and a region that does not exist."""
        if self.setting.lost_its_inputs(self.state.existing_users):
            yield obstacles.of_no_config(config_file(str(self.state.stack), self.options.cwd).name)
        if self.setting.fault is not None:
            if takes_users_from_config(self.options.cwd):
                yield _invalid(self.setting.fault)
                self.aws.unknown.append("what the next pulumi up needs: the config has to be corrected first")
            else:  # its config is not ours to judge
                self.aws.unknown.append(NOT_KNOWN_HERE)
        if self.setting.config.get("aws:skipRegionValidation") != "true":
            yield from obstacles.of_region(self._region_name(), known_regions())

    def _region_name(self) -> str | None:
        try:
            return self.setting.region or self.access.default_region()
        except AwsError:  # there is no such profile, which is a finding of its own
            return None

    def _reach(self, results: list[Finding]) -> bool:
        """Look up who the caller is. A wrong region or profile is a finding; others are raised if nothing is found."""
        wrong = any(finding.id == "region-unknown" for finding in results)
        try:
            if not wrong:
                self.you = lookups.identity(self.access)
        except AwsError as error:
            if error.code == "ProfileNotFound":
                results.append(obstacles.of_profile(self.access.profile or os.environ.get("AWS_PROFILE") or "default"))
            elif error.code == "NoRegionError":
                results.append(obstacles.NO_REGION)
            else:
                self._only_elsewhere(error, results)
                return False
        if not self.you:
            self.aws.unknown.append("what AWS has: it can't be asked until that is corrected")
            return False
        self.account = self.you.split(":")[4]
        self.state = read_state(self.exported, self.account)
        return True

    def _only_elsewhere(self, error: AwsError, results: list[Finding]) -> None:
        """Examine other accounts only. Raises the error if there are none, and nothing else was found."""
        state = read_state(self.exported, "none")
        if all(each.by_config for each in state.elsewhere) and not results:
            raise error
        self.state, self.unreached = state, error
        self.aws.unknown.append(f"what AWS has in the account of the stack's aws: config: {error}")

    def _elsewhere(self) -> list[Finding]:
        """The findings about users in other accounts, looked up through the providers that created them."""
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
        there.state, there.account = read_state(self.exported, first.account), first.account
        found = there._after(there._facts())
        self.holders |= {finding.key: there.access for finding in found if finding.key}
        return found

    def _moment(self) -> Moment:
        return Moment(datetime.now(timezone.utc), self.you, self.state.saved, self.options.unused_days)

    def _facts(self) -> list[UserFacts]:
        """Look up the users of the state, except those that an interrupted update was creating: they have no key."""
        days = {name: inputs.rotate_every_days for name, inputs in self.setting.users.items()}
        users = [each for each in self.state.users if not each.being_made and self._is_chosen(each)]
        facts = self.aws.each("users", users, lambda each: self.aws.user_facts(each, days.get(each.component or "")))
        alone = {name for name, inputs in self.setting.users.items() if self_service.rotates(inputs)}
        exclusive = {name for name, inputs in self.setting.users.items() if inputs.exclusive}
        facts = [
            replace(
                each,
                rotates_itself=each.state.component in alone,
                exclusive=each.state.component in exclusive,
                one_of_several=len(self.state.users) + len(self.state.elsewhere) > 1,
            )
            for each in facts
        ]
        there = [self._with_makers(each) for each in facts if each.exists or not each.state.begun_only]
        self.users |= {(self.account, each.state.user): each for each in there}
        return there

    def _is_chosen(self, user: UserState) -> bool:
        return self.options.user in (None, user.user, user.component)

    def _with_makers(self, facts: UserFacts) -> UserFacts:
        """Look up who created the keys that are not in the state."""
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
        """What stands in the way of the next update. Unknown if the program's inputs are not from the config."""
        there = [each for each in self.state.existing_users if each.component]
        every: dict[str | None, UserState] = {each.component: each for each in there}
        if every and not set(every) <= set(self.setting.users or every):
            self.aws.unknown.append(NOT_KNOWN_HERE)
            return []
        if self.setting.fault is not None:
            return []
        wanted = self._wanted(every, facts, users)
        standing = [finding for each in wanted for finding in obstacles.of_user(each, self._region_name())]
        # To plan what is copied from a user, the user has to exist.
        planned = [] if any(f.id == "copy-source-missing" for f in standing) else self._rights()
        new = sum(each.is_new for each in wanted)
        return [*planned, *obstacles.of_account(quotas or {}, new), *standing]

    def _wanted(
        self, every: Mapping[str | None, UserState], facts: list[UserFacts], users: Mapping[str, datetime]
    ) -> list[Wanted]:
        elsewhere = {each.name for each in self.state.elsewhere}
        wanted = [
            Wanted(logical, inputs.after(obstacles.last_rotation(every.get(logical))), every.get(logical))
            for logical, inputs in self.setting.users.items()
            if logical not in elsewhere and self.options.user in (None, logical, inputs.user_name)
        ]
        buckets = self.aws.buckets(obstacles.buckets_of(wanted))
        keys = {each.state.user: each.keys for each in facts}

        def look(each: Wanted) -> Wanted:
            looked_up = self.aws.wanted(each, users)
            own_buckets = {name: buckets[name] for name in sorted(each.bucket_names & buckets.keys())}
            own_keys = keys[each.user] if each.user in keys else self._keys(looked_up)
            return replace(looked_up, buckets=own_buckets, keys=own_keys)

        return self.aws.each("users of the config", wanted, look)

    def _keys(self, wanted: Wanted) -> tuple[KeyInfo, ...] | None:
        """The keys of an existing user that the next update adopts."""
        if not wanted.exist.get(("user", wanted.user)):
            return None
        return self.aws.attempt(lambda: tuple(keys_of(self.access, wanted.user)))

    def _rights(self) -> list[Finding]:
        """Whether the users' permissions can be planned, and whether the caller may create them."""
        self.aws.speak("asking AWS whether you may do what pulumi up needs")
        try:
            document = policy_of(self.setting, self.account, self.exported).document
            return list(obstacles.of_deployer(lookups.denied(self.access, self.you, document)))
        except InputError as error:
            return [_invalid(str(error))]
        except AwsError as error:
            self.aws.unknown.append(str(error))
            return []

    def _left_over(self, users: Mapping[str, datetime]) -> list[Finding]:
        """What interrupted updates may have left behind, for all of the stack's users together."""
        in_state = self.state.existing_users
        logical = {each.component for each in in_state if each.component} | set(self.setting.users)
        if self.options.user is not None or not logical:
            return []
        known = {each.user for each in in_state} | self.state.policy_arns
        self.aws.speak("looking for what interrupted updates left behind")
        return list(findings.left_over(*self.aws.named_alike(sorted(logical), users, known)))


def _invalid(fault: str) -> Finding:
    return Finding("inputs-invalid", "", fault.replace("\n", "; "), "correct the stack's config")


def remove(options: Options, finding: Finding, *, named: bool) -> None:
    """Delete the key of a finding, after another look at the state and at AWS. ``named``: a person named the key.

    Raises S3IOError, and leaves the key as it is, if anything now speaks against it.
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
