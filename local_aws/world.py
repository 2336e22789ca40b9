"""The account that is asked how AWS behaves, and the test resources in it.

Whoever asks has an admin's key. What is made for it has one prefix and one path, and ``tidy`` takes it away.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PATH, PREFIX = "/s3io-user-test/", "s3io-user-test-"
_CONFIG = Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=30)


class Answer(NamedTuple):
    """A question, the answer that came, and the answers that AWS documents."""

    question: str
    got: Any
    right: tuple[Any, ...]

    @property
    def is_right(self) -> bool:
        return self.got in self.right

    def __str__(self) -> str:
        expected = "" if self.is_right else f": got {self.got}, AWS says {' or '.join(map(str, self.right))}"
        return f"{'right' if self.is_right else 'WRONG'}  {self.question}{expected}"


@dataclass
class World:
    """The account that is asked, and the test resources in it. ``session`` is a boto3 session of an admin.

    ``patience`` is how long, in seconds, a change may take to have an effect, as it does on AWS.
    """

    session: Any
    endpoint: str | None = None
    patience: float = 0.0
    name: str = field(default_factory=lambda: f"{PREFIX}{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.iam, self.s3, self.sts = map(self.client, ("iam", "s3", "sts"))
        self.account = str(self.sts.get_caller_identity()["Account"])
        self.arn = f"arn:aws:s3:::{self.name}"
        self.user_arn = f"arn:aws:iam::{self.account}:user{PATH}{self.name}"

    @property
    def is_embedded(self) -> bool:
        return self.endpoint is not None

    def client(self, service: str, key: str | None = None, secret: str | None = None) -> Any:
        own = {"aws_access_key_id": key, "aws_secret_access_key": secret} if key else {}
        if key and not self.is_embedded:
            own["aws_session_token"] = ""
        return self.session.client(service, endpoint_url=self.endpoint, config=_CONFIG, **own)

    def prepare(self) -> None:
        """Create a bucket with a folder and a sibling folder, and a user with an access key and no permissions."""
        region = self.session.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.s3.create_bucket(Bucket=self.name, **where)
        for key in ("wp/up/a.jpg", "wp/up-private/b.jpg"):
            self.s3.put_object(Bucket=self.name, Key=key, Body=b"x")
        self.iam.create_user(UserName=self.name, Path=PATH)
        self.key = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        pair = self.key["AccessKeyId"], self.key["SecretAccessKey"]
        self.mine, self.who = self.client("s3", *pair), self.client("sts", *pair)
        self.until_accepted()

    def until_accepted(self) -> None:
        """Wait until AWS accepts the user's key."""
        deadline = time.monotonic() + 10 * self.patience
        while answer_of(self.who.get_caller_identity) != "OK" and time.monotonic() < deadline:
            time.sleep(1)

    def allow(self, *statements: dict[str, Any]) -> None:
        """Replace the user's permissions with these statements."""
        self.iam.put_user_policy(UserName=self.name, PolicyName="p", PolicyDocument=document_of(*statements))
        time.sleep(self.patience)

    def ask(self, question: str, call: Callable[[], Any], *right: Any) -> Answer:
        """Ask, and ask again until the answer is right or the patience ends."""
        deadline = time.monotonic() + self.patience
        while True:
            answer = Answer(question, answer_of(call), right)
            if answer.is_right or time.monotonic() >= deadline:
                return answer
            time.sleep(1)


def answer_of(call: Callable[[], Any]) -> Any:
    """The result of a call: a plain value as it is, any other as OK, and an error as its code."""
    try:
        value = call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    except (BotoCoreError, LookupError) as error:  # an answer that is none of AWS's
        return f"{type(error).__name__}: {str(error)[:60]}"
    return value if isinstance(value, str | int | list) else "OK"


def document_of(*statements: dict[str, Any]) -> str:
    """A policy document, as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def tidy(world: World) -> list[str]:
    """Delete everything that was created for ``world``, found by name and path. Returns what could not be deleted."""
    left = [*_tidied_bucket(world)]
    for name in (
        world.name,
        f"{world.name}-b",
        f"{world.name}-user",
        world.name.upper(),
        world.name.ljust(65, "x"),
        f"{world.name} b",
    ):
        left += _without_user(world.iam, name)
    for number in range(11):
        left += _gone("group", f"{world.name}-g{number}", lambda n: world.iam.delete_group(GroupName=n))
        arn = f"arn:aws:iam::{world.account}:policy{PATH}{world.name}-p{number}"
        left += _gone("policy", arn, lambda a: world.iam.delete_policy(PolicyArn=a))
    return left


def _tidied_bucket(w: World) -> Iterator[str]:
    for bucket in (w.name, f"{w.name}-other"):
        with suppress(ClientError):
            for item in w.s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
                w.s3.delete_object(Bucket=bucket, Key=item["Key"])
        yield from _gone("bucket", bucket, lambda b: w.s3.delete_bucket(Bucket=b))


def _without_user(iam: Any, name: str) -> list[str]:
    """A user of ours, if it is there and on our path, with what it has."""
    try:
        if iam.get_user(UserName=name)["User"]["Path"] != PATH:
            return []
    except ClientError:
        return []
    user = {"UserName": name}
    with suppress(ClientError):
        for key in iam.list_access_keys(**user)["AccessKeyMetadata"]:
            iam.delete_access_key(**user, AccessKeyId=key["AccessKeyId"])
        for policy in iam.list_attached_user_policies(**user)["AttachedPolicies"]:
            iam.detach_user_policy(**user, PolicyArn=policy["PolicyArn"])
        for policy_name in iam.list_user_policies(**user)["PolicyNames"]:
            iam.delete_user_policy(**user, PolicyName=policy_name)
        for group in iam.list_groups_for_user(**user)["Groups"]:
            iam.remove_user_from_group(**user, GroupName=group["GroupName"])
    return _gone("user", name, lambda n: iam.delete_user(UserName=n))


def _gone(kind: str, name: str, delete: Callable[[str], Any]) -> list[str]:
    try:
        delete(name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return [] if code in ("NoSuchEntity", "NoSuchBucket", "404") else [f"{kind} {name} ({code})"]
    return []
