"""Every user of every stack: two projects in two accounts and two backends, with a stack that can't be read."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_aws.sandbox import PASSPHRASE, PROJECT, Sandbox
from local_aws.server import Aws
from tests.engine.conftest import CUSTOMER, PROGRAM, Ran, Stack
from tests.engine.test_doctor import command

BUCKETS = ("fleet-blog", "fleet-shop")


@pytest.fixture(scope="module")
def fleet(sandbox: Sandbox, aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A stack of two users; beside it one in another account, with its own backend and passphrase; and their list."""
    root = tmp_path_factory.mktemp("fleet")
    for bucket in BUCKETS:
        aws.client("s3").create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced")
    (root / "key.txt").write_text("another-passphrase")
    (root / "wrong.txt").write_text("not-that-passphrase")
    blog = {"userName": "fleet-blog", "buckets": [BUCKETS[0]], "access": "optimizer"}
    shop = {"userName": "fleet-shop", "buckets": [BUCKETS[1]], "previousKey": "active", "keyGeneration": 2}
    sites = made(sandbox, root / "sites", users={"blog": blog, "shop": shop})
    customer = made(
        sandbox,
        root / "customer",
        passphrase="another-passphrase",
        secret={"aws:secretKey": aws.others[CUSTOMER]["secret_access_key"]},
        aws__accessKey=aws.others[CUSTOMER]["access_key_id"],
        userName="fleet-blog",
        access="read-only",
    )
    backend = {"backend": customer.env["PULUMI_BACKEND_URL"], "passphraseFile": "key.txt"}
    listed = ["sites", {"folder": "customer", "stack": "test", **backend}]
    (root / "fleet.yaml").write_text(json.dumps(listed))
    (root / "broken.yaml").write_text(json.dumps(["nowhere", *listed]).replace("key.txt", "wrong.txt"))
    return sites


def made(
    sandbox: Sandbox, folder: Path, passphrase: str = PASSPHRASE, secret: dict[str, str] | None = None, **config: Any
) -> Stack:
    """A stack that is up, with its state beside its project."""
    folder.mkdir()
    state = folder.parent / f"state of {folder.name}"
    state.mkdir()
    (folder / "Pulumi.yaml").write_text((PROJECT / "Pulumi.yaml").read_text())
    (folder / "__main__.py").write_text(PROGRAM)
    env = {"PULUMI_BACKEND_URL": state.as_uri(), "PULUMI_CONFIG_PASSPHRASE": passphrase}
    stack = Stack(sandbox, folder, env)
    stack.run("stack", "init", "test")
    salt = yaml.safe_load((folder / "Pulumi.test.yaml").read_text())
    stack.config(**config)
    config_file = folder / "Pulumi.test.yaml"
    config_file.write_text(json.dumps(salt | json.loads(config_file.read_text())))
    for key, value in (secret or {}).items():
        stack.run("config", "set", "--secret", key, stdin=value)
    stack.up()
    return stack


def said(ran: Ran) -> dict[str, Any]:
    assert "Traceback" not in ran.err
    assert ran.out, ran.err
    return dict(json.loads(ran.out))


def test_the_users_of_two_accounts_side_by_side_and_what_was_done_by_hand(fleet: Stack, aws: Aws) -> None:
    by_hand = aws.client("iam").create_access_key(UserName="fleet-blog")["AccessKey"]["AccessKeyId"]
    try:
        ran = command(fleet, "fleet", "--stacks-from", "../fleet.yaml", "--format", "json", "--older-than", "1")
    finally:
        aws.client("iam").delete_access_key(UserName="fleet-blog", AccessKeyId=by_hand)
    ours, theirs = said(ran)["stacks"]

    assert ran.code == 1, "a key by hand is a finding"
    assert "[2/2]" in ran.err
    assert [(each["stack"], each["folder"]) for each in (ours, theirs)] == [
        ("test", "../sites"),
        ("test", "../customer"),
    ]
    blog, shop = ours["users"]
    assert [(each["account"], each["access"]) for each in (blog, shop, *theirs["users"])] == [
        ("123456789012", "optimizer"),
        ("123456789012", "s3-access"),
        (CUSTOMER, "read-only"),
    ]
    assert [(key["role"], key["generation"], key["inAws"]) for key in blog["keys"]] == [
        ("current", 1, True),
        ("not the stack's", None, True),
    ]
    assert [(key["role"], key["generation"]) for key in shop["keys"]] == [("current", 2), ("previous", 1)]
    assert {key["lastUsed"] for key in shop["keys"]} == {None}
    assert [finding["id"] for finding in blog["findings"]] == ["key-unknown"]
    assert (shop["findings"], theirs["users"][0]["findings"]) == ([], [])
    assert "s3:PutBucketPolicy" in shop["dangers"]
    assert (blog["dangers"], theirs["users"][0]["dangers"]) == ([], [])
    assert shop["due"]["now"] is False


def test_what_can_t_be_read_is_named_and_does_not_end_the_rest(fleet: Stack) -> None:
    ran = command(fleet, "fleet", "--stacks-from", "../broken.yaml", "--format", "json")
    ours, theirs, nowhere = said(ran)["stacks"]

    assert ran.code == 1
    assert ran.err.rstrip().endswith("1 of 3 not looked at: every stack in ../nowhere")
    assert [user["user"] for user in ours["users"]] == ["blog", "shop"]
    assert ours["findings"] == []
    assert nowhere["users"] is None
    (user,) = theirs["users"]
    assert theirs["findings"] is None
    assert "the passphrase is not the one of this stack" in theirs["notLookedAt"][0]
    assert (user["userName"], user["access"], user["findings"], user["keys"][0]["inAws"]) == (
        "fleet-blog",
        "read-only",
        None,
        None,
    )


def test_the_state_alone_lists_them_without_aws_and_without_a_passphrase(fleet: Stack) -> None:
    ran = command(
        fleet,
        "list",
        "--stacks-from",
        "../broken.yaml",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        PULUMI_CONFIG_PASSPHRASE="none-of-them",
    )

    assert ran.code == 1, "a folder is not there"
    assert "3 users in 2 stacks, 4 access keys." in ran.out
    assert CUSTOMER in ran.out
