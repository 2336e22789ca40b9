"""Consumers that read the stores and use what they read, all through two rotations."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.server import Aws
from tests.engine.conftest import Stack
from tests.engine.test_rotation import FATES, sites

pytestmark = [pytest.mark.long, pytest.mark.passphrase]


class Reader(threading.Thread):
    """Fetches the pair and uses it, again and again; counts what AWS says to it."""

    def __init__(self, aws: Aws, user: str, store: str) -> None:
        super().__init__(daemon=True)
        self.aws, self.user, self.store = aws, user, store
        self.seen: Counter[str] = Counter()
        self.pairs: set[tuple[str, str]] = set()
        self.done = threading.Event()

    def fetch(self) -> dict[str, Any]:
        if self.store == "secret":
            secret = self.aws.client("secretsmanager").get_secret_value(SecretId=f"sites/{self.user}")
            return dict(json.loads(secret["SecretString"]))
        named = {"Name": f"/sites/{self.user}/credentials", "WithDecryption": True}
        return dict(json.loads(self.aws.client("ssm").get_parameter(**named)["Parameter"]["Value"]))

    def run(self) -> None:
        while not self.done.is_set():
            pair = self.fetch()
            self.pairs.add((pair["accessKeyId"], pair["secretAccessKey"]))
            try:
                self.aws.client("sts", pair["accessKeyId"], pair["secretAccessKey"]).get_caller_identity()
                self.seen["accepted"] += 1
            except ClientError as error:
                self.seen[error.response["Error"]["Code"]] += 1


def test_a_reader_never_gets_a_mixed_pair_and_with_an_active_previous_key_is_never_refused(
    new_stack: Callable[..., Stack], aws: Aws, user_name: str
) -> None:
    users = sites(user_name)
    stack = new_stack(users=users)
    stack.up()
    real = {fate: {_pair(user)} for fate, user in stack.outputs()["users"].items()}
    readers = {
        (fate, store): Reader(aws, users[fate]["userName"], store)
        for fate in FATES
        for store in ("secret", "parameter")
    }
    for reader in readers.values():
        reader.start()
    for generation in (2, 3):
        stack.config(users=users, keyGeneration=generation)
        stack.up()
        for fate, user in stack.outputs()["users"].items():
            real[fate].add(_pair(user))
    for reader in readers.values():
        reader.done.set()
        reader.join()

    print({f"{fate} {store}": dict(reader.seen) for (fate, store), reader in readers.items()})
    for (fate, store), reader in readers.items():
        assert reader.pairs <= real[fate], (fate, store)
        assert reader.seen["accepted"] > 10, (fate, store)
        assert fate != "active" or set(reader.seen) == {"accepted"}, (store, reader.seen)


def _pair(user: dict[str, Any]) -> tuple[str, str]:
    return user["accessKeyId"], user["secretAccessKey"]
