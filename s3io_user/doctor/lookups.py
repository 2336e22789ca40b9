"""What `s3io-user doctor` asks AWS: read-only look-ups, and the removal of one key. Errors are AwsError."""

import concurrent.futures
import re
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from s3io_user.aws.answers import AwsError
from s3io_user.aws.buckets import owner_enforced, region_of
from s3io_user.aws.connection import Connection, reworded
from s3io_user.aws.users import keys_of, permissions_of
from s3io_user.deployer import policy as deployer
from s3io_user.doctor.findings import UserFacts
from s3io_user.doctor.obstacles import Bucket, Wanted
from s3io_user.policy.document import Document
from s3io_user.stack.state import UserState

if TYPE_CHECKING:
    from s3io_user.inputs.fields import Inputs

T = TypeVar("T")
R = TypeVar("R")
Note = Callable[[str], None]

_GONE = {"NoSuchEntity", "404", "NoSuchBucket", "NotFound"}
WITHIN, FOR_EACH = 60.0, 1.0
"""Seconds after which no more users, or buckets, are looked up, and those that each of more than sixty adds."""
_AT_ONCE = 10
_SPEAK_EVERY = 5.0


def identity(access: Connection) -> str:
    """The ARN of whoever asks."""
    sts = access.client("sts")

    def read() -> str:
        arn = str(sts.get_caller_identity()["Arn"])
        if not re.fullmatch(r"arn:[a-z-]+:(iam|sts)::\d{12}:[!-~]{1,600}", arn):
            raise ValueError
        return arn

    return reworded("see who you are", read)


def account_summary(access: Connection) -> dict[str, int]:
    """How much of each of the account's quotas is used."""
    iam = access.client("iam")
    return dict(reworded("read the account's quotas", iam.get_account_summary)["SummaryMap"])


def denied(access: Connection, you: str, document: Document) -> list[str]:
    """Which actions of a deployer's policy AWS says are not allowed to whoever asks. Raises AwsError."""
    principal = _principal(access, you)
    if principal is None:
        return []
    iam = access.client("iam")
    refused: set[str] = set()
    for actions, resources, context in deployer.questions(document):
        asked = {"PolicySourceArn": principal, "ActionNames": actions, "ResourceArns": resources}
        entries = [
            {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": values[:1]}
            for key, values in context.items()
        ]
        found = reworded(
            "see whether you may do what pulumi up needs",
            lambda asked=asked, entries=entries: iam.simulate_principal_policy(**asked, ContextEntries=entries),  # type: ignore[misc]
        )
        refused |= {r["EvalActionName"] for r in found["EvaluationResults"] if r["EvalDecision"] != "allowed"}
    return sorted(refused)


def _principal(access: Connection, you: str) -> str | None:
    """Whose policies count: the user, or the role behind a session; none for root, whom none bounds."""
    resource = you.split(":", 5)[5]
    if resource == "root":
        return None
    if not resource.startswith("assumed-role/"):
        return you
    iam, role = access.client("iam"), resource.split("/")[1]
    return str(reworded(f"look up the role '{role}'", lambda: iam.get_role(RoleName=role))["Role"]["Arn"])


def remove_key(access: Connection, user: str, key_id: str) -> None:
    """Delete one access key."""
    iam = access.client("iam")
    reworded(f"remove the key {key_id}", lambda: iam.delete_access_key(UserName=user, AccessKeyId=key_id))


@dataclass
class Lookups:
    """Look-ups of which each may fail by itself: its answer is None then, and ``unknown`` has a sentence of it."""

    access: Connection
    progress: Note
    within: float | None = None
    unknown: list[str] = field(default_factory=list)
    _spoke: float = field(default_factory=time.monotonic)

    def attempt(self, call: Callable[[], T]) -> T | None:
        """What a look-up gives, None where it fails."""
        try:
            return call()
        except AwsError as error:
            self.unknown.append(str(error))
            return None

    def exists(self, call: Callable[[], Any], purpose: str) -> bool | None:
        """Whether a look-up finds anything; None where it fails otherwise."""
        try:
            reworded(purpose, call)
        except AwsError as error:
            if error.code in _GONE:
                return False
            self.unknown.append(str(error))
            return None
        return True

    def each(self, what: str, items: Sequence[T], look: Callable[[T], R]) -> list[R]:
        """Look each up, several at a time. After ``within`` seconds the rest is left, and named as unknown."""
        within = max(WITHIN, len(items) * FOR_EACH) if self.within is None else self.within
        end, found = time.monotonic() + within, list[R]()
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            futures = [pool.submit(look, item) for item in items]
            while len(found) < len(items) and (left := end - time.monotonic()) > 0:
                waited_for = futures[len(found)]
                if concurrent.futures.wait([waited_for], min(left, max(_SPEAK_EVERY, 0.1))).done:
                    found.append(waited_for.result())
                self.speak(f"looked up {sum(future.done() for future in futures):,} of {len(items):,} {what}")
        finally:
            pool.shutdown(wait=len(found) == len(items), cancel_futures=True)
        if len(found) < len(items):
            left_out = len(items) - len(found)
            self.unknown.append(f"{left_out:,} of {len(items):,} {what}: {within:.0f} seconds were not enough")
        return found

    def speak(self, sentence: str) -> None:
        """Say how far it is, but for a few seconds after the last word."""
        if time.monotonic() - self._spoke > _SPEAK_EVERY:
            self._spoke = time.monotonic()
            self.progress(f"{sentence} …")

    def user_facts(self, holding: UserState, rotate_every_days: int | None) -> UserFacts:
        """What AWS has of a user that a stack holds."""
        iam, user = self.access.client("iam"), holding.user
        found: dict[str, Any] = {}
        if self.exists(lambda: found.update(iam.get_user(UserName=user)), f"look up the user '{user}'") is False:
            return UserFacts(holding, exists=False)
        keys = self.attempt(lambda: keys_of(self.access, user))
        rights = self.attempt(lambda: permissions_of(self.access, user))
        has_password = f"see whether '{user}' has a password"
        return UserFacts(
            holding,
            unique_id=found.get("User", {}).get("UserId"),
            keys=None if keys is None else tuple(keys),
            attached=None if rights is None else frozenset(rights.attached),
            inline=None if rights is None else frozenset(rights.inline),
            groups=None if rights is None else frozenset(rights.groups),
            console=self.exists(lambda: iam.get_login_profile(UserName=user), has_password),
            rotate_every_days=rotate_every_days,
        )

    def users(self) -> dict[str, datetime] | None:
        """The names of all of the account's users, and when each was made."""
        iam = self.access.client("iam")

        def read() -> dict[str, datetime]:
            pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1000})
            return {user["UserName"]: user["CreateDate"] for page in pages for user in page["Users"]}

        return self.attempt(lambda: reworded("see which names are taken", read))

    def wanted(self, about: Wanted, users: Mapping[str, datetime]) -> Wanted:
        """What AWS says of what one user's inputs name, but for buckets and keys. ``users`` are the account's."""
        iam = self.access.client("iam")
        ask: dict[str, Callable[[str], Any]] = {
            "user": lambda name: iam.get_user(UserName=name),
            "source": lambda name: iam.get_user(UserName=name),
            "group": lambda name: iam.get_group(GroupName=name, MaxItems=1),
            "boundary": lambda arn: iam.get_policy(PolicyArn=arn),
            "policy": lambda arn: iam.get_policy(PolicyArn=arn),
        }
        name = about.inputs.user_name if about.is_new else None
        return replace(
            about,
            names_taken={n: made for n, made in users.items() if isinstance(name, str) and n.lower() == name.lower()},
            exist={
                (kind, one): self.exists(lambda kind=kind, one=one: ask[kind](one), f"look up {one}")  # type: ignore[misc]
                for kind, one in _named(about.inputs)
            },
        )

    def buckets(self, acls_matter: Mapping[str, bool]) -> dict[str, Bucket]:
        """What AWS says of buckets, by name; of those where it matters, whether they use ACLs as well."""
        wanted = sorted(acls_matter)
        s3 = self.access.client("s3") if wanted else None
        found = self.each("buckets", wanted, lambda name: self._bucket(s3, name, acls_matter[name]))
        # Answers come in the order of the questions, and where time ran out the last ones are missing.
        return dict(zip(wanted, found, strict=False))

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
        """Of the account's users those without a key, and ARNs of policies without a user, that Pulumi may have named.

        ``logical`` are the names that it makes its own of. Those that are ``known`` are left out.
        """
        iam, stems = self.access.client("iam"), "|".join(map(re.escape, logical))
        alike = re.compile(rf"(?:{stems})(?:-policy-\d+)?-[0-9a-f]{{7}}")

        def find_users() -> list[str]:
            found = [name for name in users if alike.fullmatch(name) and name not in known]
            return [name for name in found if not keys_of(self.access, name)]

        def find_policies() -> list[str]:
            pages = iam.get_paginator("list_policies").paginate(Scope="Local", PaginationConfig={"PageSize": 1000})
            free = [p for page in pages for p in page["Policies"] if not p["AttachmentCount"] and p["Arn"] not in known]
            return [policy["Arn"] for policy in free if alike.fullmatch(policy["PolicyName"])]

        policies = self.attempt(lambda: reworded("see which policies were left behind", find_policies))
        return self.attempt(find_users) or [], policies or []


def _named(inputs: "Inputs") -> list[tuple[str, str]]:
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
