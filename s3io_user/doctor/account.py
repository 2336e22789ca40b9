"""Examines a stack's users in one AWS account: what an update left there, and what stands in the way of the next."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property
from typing import Any

from s3io_user.aws.answers import AwsError
from s3io_user.aws.users import KeyInfo, keys_of
from s3io_user.deployer.stack import policy_of
from s3io_user.doctor import caller, findings, lookups, obstacles
from s3io_user.doctor.facts import Finding, Moment, UserFacts
from s3io_user.doctor.lookups import Lookups
from s3io_user.doctor.ownership import Maker
from s3io_user.doctor.stack_itself import NOT_KNOWN_HERE, region_of
from s3io_user.doctor.trail import maker_of
from s3io_user.doctor.wanted import Wanted, buckets_of
from s3io_user.errors import InputError
from s3io_user.iam import arns
from s3io_user.inputs import self_service
from s3io_user.inputs.project import Project
from s3io_user.stack.state import State, UserState


@dataclass
class Account:
    """An account, asked as the caller with the ARN ``you``. ``state`` is the stack's, with the users of this account.

    ``user`` is the logical name, or the name in AWS, of the one user to examine; None is every user.
    """

    aws: Lookups
    you: str
    setting: Project
    exported: Mapping[str, Any]
    state: State
    user: str | None
    unused_days: int

    @property
    def id(self) -> str:
        """The account's number."""
        return self.you.split(":")[4]

    def named(self, found: Iterable[Finding]) -> list[Finding]:
        """The findings, those about a user with the account."""
        return [replace(each, account=self.id) if each.user else each for each in found]

    def after(self) -> list[Finding]:
        """What is not as the last update left it."""
        moment = Moment(datetime.now(timezone.utc), self.you, self.state.saved, self.unused_days)
        return self.named(finding for each in self.users for finding in findings.after(each, moment))

    def before(self) -> list[Finding]:
        """What stands in the way of the next update. Unknown if the program's inputs are not from the config."""
        there = {each.component: each for each in self.state.existing_users if each.component}
        if there and not set(there) <= set(self.setting.users or there):
            self.aws.unknown.append(NOT_KNOWN_HERE)
            return []
        if self.setting.fault is not None:
            return []
        wanted = self._wanted(there)
        standing = [finding for each in wanted for finding in obstacles.of_user(each, region_of(self.setting))]
        # To plan what is copied from a user, the user has to exist.
        planned = [] if any(f.id == "copy-source-missing" for f in standing) else self._rights()
        new = sum(each.is_new for each in wanted)
        return self.named([*planned, *obstacles.of_account(self.quotas, new), *standing])

    def left_over(self) -> list[Finding]:
        """What interrupted updates may have left behind, for all of the stack's users together."""
        there = self.state.existing_users
        logical = {each.component for each in there if each.component} | set(self.setting.users)
        if self.user is not None or not logical:
            return []
        known = {each.user for each in there} | self.state.policy_arns
        self.aws.speak("looking for what interrupted updates left behind")
        return self.named(findings.left_over(*self.aws.named_alike(sorted(logical), self._names, known)))

    @cached_property
    def quotas(self) -> Mapping[str, int]:
        """The account's quotas, and how much of each is used; empty if they can't be read."""
        return self.aws.attempt(lambda: lookups.account_summary(self.aws.access)) or {}

    @cached_property
    def users(self) -> list[UserFacts]:
        """The users of the state, as AWS has them."""
        # One that an interrupted update was creating has no key.
        users = [each for each in self.state.users if not each.being_made and self._is_chosen(each)]
        looked_up = self.aws.each("users", users, self._looked_up)
        return [self._with_makers(each) for each in looked_up if each.exists or not each.state.begun_only]

    @cached_property
    def _names(self) -> Mapping[str, datetime]:
        """The account's users, and when each was created; empty if they can't be listed."""
        return self.aws.users() or {}

    def _is_chosen(self, user: UserState) -> bool:
        return self.user in (None, user.user, user.component)

    def _looked_up(self, user: UserState) -> UserFacts:
        inputs = self.setting.users.get(user.component or "")
        facts = self.aws.user_facts(user, inputs.rotate_every_days if inputs else None)
        several = len(self.state.users) + len(self.state.elsewhere) > 1
        if inputs is None:
            return replace(facts, one_of_several=several)
        itself = self_service.rotates(inputs)
        return replace(facts, rotates_itself=itself, exclusive=bool(inputs.exclusive), one_of_several=several)

    def _with_makers(self, facts: UserFacts) -> UserFacts:
        """Look up who created the keys that are not in the state."""
        return replace(facts, makers={key.id: maker for key in facts.unknown_keys if (maker := self._maker(key))})

    def _maker(self, key: KeyInfo) -> Maker | None:
        return self.aws.attempt(lambda: maker_of(self.aws.access, arns.partition_of_arn(self.you), key))

    def _wanted(self, there: Mapping[str, UserState]) -> list[Wanted]:
        elsewhere = {each.name for each in self.state.elsewhere}
        wanted = [
            Wanted(logical, inputs.after(obstacles.last_rotation(there.get(logical))), there.get(logical))
            for logical, inputs in self.setting.users.items()
            if logical not in elsewhere and self.user in (None, logical, inputs.user_name)
        ]
        buckets = self.aws.buckets(buckets_of(wanted))
        keys, names = {each.state.user: each.keys for each in self.users}, self._names

        def look(each: Wanted) -> Wanted:
            looked_up = self.aws.wanted(each, names)
            own_buckets = {name: buckets[name] for name in sorted(each.bucket_names & buckets.keys())}
            own_keys = keys[each.user] if each.user in keys else self._keys(looked_up)
            return replace(looked_up, buckets=own_buckets, keys=own_keys)

        return self.aws.each("users of the config", wanted, look)

    def _keys(self, wanted: Wanted) -> tuple[KeyInfo, ...] | None:
        """The keys of an existing user that the next update adopts."""
        if not wanted.exist.get(("user", wanted.user)):
            return None
        return self.aws.attempt(lambda: tuple(keys_of(self.aws.access, wanted.user)))

    def _rights(self) -> Iterator[Finding]:
        """Whether the users' permissions can be planned, and whether the caller may create them."""
        self.aws.speak("asking AWS whether you may do what pulumi up needs")
        try:
            document = policy_of(self.setting, self.id, self.exported).document
            yield from obstacles.of_deployer(caller.denied(self.aws.access, self.you, document))
        except InputError as error:
            yield obstacles.of_inputs(str(error))
        except AwsError as error:
            self.aws.unknown.append(str(error))
