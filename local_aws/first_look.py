"""What `make up` shows: the stack's users, and what their keys can do with the bucket of images, each thing tried."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from local_aws import photos
from local_aws.server import Aws

SHOWN = 3  # users that are tried; more would fill the screen

NEXT = """
  Next   make shell                  a shell in which pulumi and aws work on it; exit leaves it
         pulumi stack output secretAccessKey --show-secrets
         s3io-user explain           what the key may do; s3io-user verify tries it
         make down                   take it all down
  With an account of yours, outside that shell:
         .venv/bin/s3io-user init    asks what is needed, and sets it up
"""


def lines(aws: Aws, outputs: dict[str, Any]) -> Iterator[str]:
    """Describe a stack, from its outputs with secrets. Each line that says what a key may do was tried."""
    users = list(outputs["users"].values()) if "users" in outputs else [outputs]
    for user in users[:SHOWN]:
        yield from _user(aws, user)
    if users[SHOWN:]:
        yield f"\n  and {len(users) - SHOWN} more users: pulumi stack output users --show-secrets"
    yield NEXT.rstrip()


def _user(aws: Aws, user: dict[str, Any]) -> Iterator[str]:
    key, secret = user.get("accessKeyId"), user.get("secretAccessKey")
    yield f"\n  user        {user['userName']}"
    yield f"  ARN         {user['userArn']}"
    yield f"  access key  {key or 'none: createAccessKey is false'}"
    if key and not secret:
        yield "  secret      encrypted for the pgpKey: only its owner can try the access key"
    if key and secret:
        yield f"  secret      {'•' * 12}  (an encrypted output of the stack)"
        yield f"\n  With this key, on the bucket '{photos.BUCKET}':"
        yield from (f"    {line}" for line in _trials(aws, aws.client("s3", key, secret)))


def _trials(aws: Aws, s3: Any) -> Iterator[str]:
    """Try what the plugin does with a key, and what a key should not be allowed to do."""
    images, refusal = _try(lambda: photos.images(s3))
    if refusal:
        yield f"✗ {refusal.of('list')} {photos.FOLDER}: {refusal.code}"
    else:
        yield f"✓ listed {len(images)} images under {photos.FOLDER}"
    yield from _optimise(s3, images[0] if images else photos.FIRST)
    beside = photos.BESIDE.rpartition("/")[0]
    calls: dict[str, Callable[[], Any]] = {
        f"read {photos.BESIDE}": lambda: s3.get_object(Bucket=photos.BUCKET, Key=photos.BESIDE),
        f"list {beside}": lambda: s3.list_objects(Bucket=photos.BUCKET, Prefix=f"{beside}/"),
        "delete an image": lambda: _delete_nothing(aws, s3),
        "create a bucket": lambda: _create_bucket(aws, s3),
    }
    for what, call in calls.items():
        _, refusal = _try(call)
        yield f"! may {what}" if not refusal else f"{'✓' if refusal.denied else '✗'} {refusal.of(what)}: {refusal.code}"


def _optimise(s3: Any, key: str) -> Iterator[str]:
    name = key.rpartition("/")[2]
    image, refusal = _try(lambda: photos.read(s3, key))
    if refusal:
        yield f"✗ {refusal.of('read')} {name}: {refusal.code}"
        return
    smaller = photos.smaller(image)
    _, refusal = _try(lambda: photos.write(s3, key, image, smaller or image.body))
    if refusal:
        yield f"✗ read {name}, and {refusal.of('write')} it: {refusal.code}"
    elif smaller:
        yield f"✓ optimised {name}: {len(image.body):,} → {len(smaller):,} bytes"
    else:
        yield f"✓ read {name} and wrote it back: it was optimised before"


def _delete_nothing(aws: Aws, s3: Any) -> None:
    """Delete an image that does not exist: AWS checks the same permission, and nothing is lost."""
    name = {"Bucket": photos.BUCKET, "Key": f"{photos.FOLDER}/{uuid.uuid4().hex}.jpg"}
    marker = s3.delete_object(**name).get("VersionId")
    if marker:
        aws.client("s3").delete_object(**name, VersionId=marker)


def _create_bucket(aws: Aws, s3: Any) -> None:
    name = f"not-for-this-key-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    aws.client("s3").delete_bucket(Bucket=name)


class Refusal(NamedTuple):
    """The error code that AWS answered with, and whether it means that a permission is missing."""

    code: str
    denied: bool

    def of(self, what: str) -> str:
        """What was refused, in words."""
        return f"{'may' if self.denied else 'could'} not {what}"


def _try(call: Callable[[], Any]) -> tuple[Any, Refusal | None]:
    """What a call returned, or how it was refused."""
    try:
        return call(), None
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return None, Refusal(str(error.response["Error"]["Code"]), status in (401, 403))
