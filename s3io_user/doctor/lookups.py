"""What `s3io-user doctor` asks AWS: look-ups that change nothing, and the deletion of one key. Errors are AwsError."""

import concurrent.futures
import re
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from s3io_user.aws.answers import AwsError
from s3io_user.aws.buckets import owner_enforced, region_of
from s3io_user.aws.connection import Connection, reworded
from s3io_user.aws.users import keys_of, managed_document, permissions_of
from s3io_user.doctor.facts import UserFacts
from s3io_user.doctor.wanted import Bucket, Wanted
from s3io_user.iam.user_policies import Permissions, alike
from s3io_user.stack.state import UserState

if TYPE_CHECKING:
    from s3io_user.inputs.fields import Inputs

T = TypeVar("T")
R = TypeVar("R")
Note = Callable[[str], None]

_GONE = {"NoSuchEntity", "404", "NoSuchBucket", "NotFound"}
WITHIN, FOR_EACH = 60.0, 1.0
"""Seconds for looking up all users, or all buckets: at least ``WITHIN``, and ``FOR_EACH`` of them."""
_AT_ONCE = 10
_SPEAK_EVERY = 5.0


def account_summary(access: Connection) -> dict[str, int]:
    """The account's quotas, and how much of each is used."""
    iam = access.client("iam")
    return dict(reworded("read the account's quotas", iam.get_account_summary)["SummaryMap"])


def remove_key(access: Connection, user: str, key_id: str) -> None:
    """Delete one access key."""
    iam = access.client("iam")
    reworded(f"remove the key {key_id}", lambda: iam.delete_access_key(UserName=user, AccessKeyId=key_id))


@dataclass
class Lookups:
    """Look-ups that may each fail. The result is None then, and a sentence about it is added to ``unknown``."""

    access: Connection
    progress: Note
    unknown: list[str] = field(default_factory=list)
    _spoke: float = field(default_factory=time.monotonic)

    def attempt(self, call: Callable[[], T]) -> T | None:
        """The result of a look-up; None if it fails."""
        try:
            return call()
        except AwsError as error:
            self.unknown.append(str(error))
            return None

    def exists(self, call: Callable[[], Any], purpose: str) -> bool | None:
        """Whether AWS has what a look-up asks for; None if the look-up fails."""
        try:
            reworded(purpose, call)
        except AwsError as error:
            if error.code in _GONE:
                return False
            self.unknown.append(str(error))
            return None
        return True

    def each(self, what: str, items: Sequence[T], look: Callable[[T], R]) -> list[R]:
        """Look items up, several at a time. Those that there is no time for are added to ``unknown``."""
        within = max(WITHIN, len(items) * FOR_EACH)
        end, results = time.monotonic() + within, list[R]()
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            futures = [pool.submit(look, item) for item in items]
            while len(results) < len(items) and (left := end - time.monotonic()) > 0:
                next_one = futures[len(results)]
                if concurrent.futures.wait([next_one], min(left, max(_SPEAK_EVERY, 0.1))).done:
                    results.append(next_one.result())
                self.speak(f"looked up {sum(future.done() for future in futures):,} of {len(items):,} {what}")
        finally:
            pool.shutdown(wait=len(results) == len(items), cancel_futures=True)
        if len(results) < len(items):
            left_out = len(items) - len(results)
            self.unknown.append(f"{left_out:,} of {len(items):,} {what}: {within:.0f} seconds were not enough")
        return results

    def speak(self, sentence: str) -> None:
        """Report progress, but not more often than every few seconds."""
        if time.monotonic() - self._spoke > _SPEAK_EVERY:
            self._spoke = time.monotonic()
            self.progress(f"{sentence} …")

    def user_facts(self, state: UserState, rotate_every_days: int | None) -> UserFacts:
        """A user of the stack's state, as AWS has it."""
        iam, user = self.access.client("iam"), state.user
        answer: dict[str, Any] = {}
        if self.exists(lambda: answer.update(iam.get_user(UserName=user)), f"look up the user '{user}'") is False:
            return UserFacts(state, exists=False, renamed=self._name_of(state.unique_id))
        keys = self.attempt(lambda: tuple(keys_of(self.access, user)))
        permissions = self.attempt(lambda: permissions_of(self.access, user))
        has_password = f"see whether '{user}' has a password"
        return UserFacts(
            state,
            unique_id=answer.get("User", {}).get("UserId"),
            keys=keys,
            attached=frozenset(permissions.attached) if permissions else None,
            inline=frozenset(permissions.inline) if permissions else None,
            groups=frozenset(permissions.groups) if permissions else None,
            changed=self._changed(state, permissions) if permissions else frozenset(),
            boundary=permissions.boundary if permissions else state.boundary,
            console=self.exists(lambda: iam.get_login_profile(UserName=user), has_password),
            rotate_every_days=rotate_every_days,
        )

    def _changed(self, state: UserState, in_aws: Permissions) -> frozenset[str]:
        """The stack's policies that AWS has with another document, by name or ARN."""
        readable = state.documents
        if hidden := sorted((state.inline & in_aws.inline.keys()) - readable.keys()):
            self.unknown.append(f"whether AWS has the policy '{hidden[0]}' as the stack made it: the state hides it")
        there = {name: document for name, document in in_aws.inline.items() if name in readable}
        for arn in sorted(readable.keys() & set(in_aws.attached)):
            if (document := self.attempt(lambda arn=arn: managed_document(self.access, arn))) is not None:  # type: ignore[misc]
                there[arn] = document
        return frozenset(name for name, document in there.items() if not alike(document, readable[name]))

    def _name_of(self, unique_id: str | None) -> str | None:
        """The name that a user has now, if it is still in the account."""
        if unique_id is None:
            return None
        iam = self.access.client("iam")

        def read() -> str | None:
            pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1000})
            return next((u["UserName"] for page in pages for u in page["Users"] if u["UserId"] == unique_id), None)

        return self.attempt(lambda: reworded("see whether the user has another name now", read))

    def users(self) -> dict[str, datetime] | None:
        """The names of all users of the account, and when each was created."""
        iam = self.access.client("iam")

        def read() -> dict[str, datetime]:
            pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1000})
            return {user["UserName"]: user["CreateDate"] for page in pages for user in page["Users"]}

        return self.attempt(lambda: reworded("see which names are taken", read))

    def wanted(self, about: Wanted, users: Mapping[str, datetime]) -> Wanted:
        """Look up what a user's inputs name, except buckets and keys. ``users`` are the account's."""
        iam = self.access.client("iam")
        read: dict[str, Callable[[str], Any]] = {
            "user": lambda name: iam.get_user(UserName=name),
            "source": lambda name: iam.get_user(UserName=name),
            "group": lambda name: iam.get_group(GroupName=name, MaxItems=1),
            "boundary": lambda arn: iam.get_policy(PolicyArn=arn),
            "policy": lambda arn: iam.get_policy(PolicyArn=arn),
        }
        new = about.inputs.user_name if about.is_new else None
        return replace(
            about,
            names_taken={n: made for n, made in users.items() if isinstance(new, str) and n.lower() == new.lower()},
            exist={
                (kind, name): self.exists(partial(read[kind], name), f"look up {name}")
                for kind, name in _named(about.inputs)
            },
        )

    def buckets(self, acls_matter: Mapping[str, bool]) -> dict[str, Bucket]:
        """Look buckets up, by name. ``acls_matter``: whether to look up if the bucket uses ACLs."""
        names = sorted(acls_matter)
        s3 = self.access.client("s3") if names else None
        results = self.each("buckets", names, lambda name: self._bucket(s3, name, acls_matter[name]))
        # Results come in the order of the names. If time ran out, the last ones are missing.
        return dict(zip(names, results, strict=False))

    def _bucket(self, s3: Any, name: str, acls_matter: bool) -> Bucket:
        head: dict[str, Any] = {}
        purpose = f"look up the bucket '{name}'"
        exists = self.exists(lambda: head.update(s3.head_bucket(Bucket=name)), purpose)
        if not exists:
            return Bucket(exists)
        headers = head.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = head.get("BucketRegion") or headers.get("x-amz-bucket-region")
        region = region or self.attempt(lambda: region_of(s3, name))
        enforced = self.attempt(lambda: owner_enforced(s3, name)) if acls_matter else True
        return Bucket(True, region, None if enforced is None else not enforced)

    def named_alike(
        self, logical: Iterable[str], users: Iterable[str], known: Container[str]
    ) -> tuple[list[str], list[str]]:
        """The account's users without a key, and ARNs of policies that are not attached, that Pulumi may have named.

        ``logical`` are the names that Pulumi makes its own from. Names and ARNs that are ``known`` are left out.
        """
        iam, stems = self.access.client("iam"), "|".join(map(re.escape, logical))
        alike = re.compile(rf"(?:{stems})(?:-policy-\d+)?-[0-9a-f]{{7}}")

        def find_users() -> list[str]:
            unknown = [name for name in users if alike.fullmatch(name) and name not in known]
            return [name for name in unknown if not keys_of(self.access, name)]

        def find_policies() -> list[str]:
            pages = iam.get_paginator("list_policies").paginate(Scope="Local", PaginationConfig={"PageSize": 1000})
            free = [p for page in pages for p in page["Policies"] if not p["AttachmentCount"] and p["Arn"] not in known]
            return [policy["Arn"] for policy in free if alike.fullmatch(policy["PolicyName"])]

        policies = self.attempt(lambda: reworded("see which policies were left behind", find_policies))
        return self.attempt(find_users) or [], policies or []


def _named(inputs: "Inputs") -> list[tuple[str, str]]:
    """The users, groups and policies that inputs name, each with its kind."""
    single = {
        "user": inputs.existing_user,
        "source": inputs.copy_permissions_from,
        "boundary": inputs.permissions_boundary,
    }
    return [
        *((kind, name) for kind, name in single.items() if isinstance(name, str)),
        *(("group", group) for group in inputs.known_groups),
        *(("policy", arn) for arn in inputs.policy_arns or ()),
    ]
