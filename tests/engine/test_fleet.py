"""Every user of every stack: two projects in two accounts and two backends, with a stack that can't be read."""

import csv
import io
import json
import os
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_aws.sandbox import PASSPHRASE, PROJECT, Sandbox
from local_aws.server import Aws
from tests.engine.aws_side import keys_of
from tests.engine.conftest import CUSTOMER, PROGRAM, Ran, Stack
from tests.engine.test_doctor import command
from tests.pages import commands
from tests.shebang import shebang

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
    shop = {"userName": "fleet-shop", "buckets": [BUCKETS[1]], "keyGeneration": 2}
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
    assert [(key["role"], key["generation"]) for key in shop["keys"]] == [("current", 2)]
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
    assert "3 users in 2 stacks, 3 access keys." in ran.out
    assert CUSTOMER in ran.out


def test_the_commands_of_the_page_work_on_all_of_them(fleet: Stack) -> None:
    (fleet.folder / "fleet.yaml").write_text((fleet.folder / "../fleet.yaml").read_text().replace('"sites"', '"."'))
    given = [
        line
        for line in commands("many-sites.md")
        if re.match("s3io-user (list|fleet|doctor|verify|export --all) ", line + " ")
    ]
    for line in given:
        ran = command(fleet, *shlex.split(line)[1:], PULUMI_CONFIG_PASSPHRASE=PASSPHRASE)
        # The customer's project is in another folder than the list says from here.
        assert ran.code == ("fleet.yaml" in line), (line, ran.text)
        assert "Traceback" not in ran.err

    assert {file.name for file in (fleet.folder / "keys").iterdir()} == {"fleet-blog.env", "fleet-shop.env"}
    pairs = json.loads((fleet.folder / "keys.json").read_text())
    assert {name: pair["buckets"] for name, pair in pairs.items()} == {"blog": [BUCKETS[0]], "shop": [BUCKETS[1]]}
    assert len(given) >= 9


def test_all_keys_of_two_accounts_are_verified_and_exported(fleet: Stack) -> None:
    ran = command(fleet, "verify", "--stacks-from", "../fleet.yaml", "--format", "json")
    ours, theirs = said(ran)["stacks"]
    assert {user["user"]: user["verdict"] for user in ours["users"]} == {"blog": "ok", "shop": "ok"}
    assert "the stack names no bucket for the key" in theirs["users"][0]["notLookedAt"]
    assert ran.code == 1

    ran = command(fleet, "export", "--stacks-from", "../fleet.yaml", "--format", "json", "--out", "-")
    assert ran.code == 0, ran.err
    assert {stack: list(users) for stack, users in said(ran).items()} == {
        "test in ../sites": ["blog", "shop"],
        "test in ../customer": ["fleet-blog"],
    }
    ran = command(fleet, "export", "--stacks-from", "../fleet.yaml", "--format", "csv", "--out", "-")
    assert ran.code == 0, ran.err
    called = ["fleet-blog@123456789012", "fleet-shop", f"fleet-blog@{CUSTOMER}"]
    assert [row["User name"] for row in csv.DictReader(io.StringIO(ran.out))] == called


def test_a_stack_that_is_locked_is_a_finding_and_the_others_are_examined(fleet: Stack) -> None:
    (states,) = (fleet.folder.parent / "state of sites").glob(".pulumi/stacks/*")
    locks = fleet.folder.parent / "state of sites/.pulumi/locks/organization" / states.name / "test"
    locks.mkdir(parents=True, exist_ok=True)
    lock = {"pid": 1, "username": "her", "hostname": "elsewhere", "timestamp": "2026-01-02T03:04:05Z"}
    (locks / "one.json").write_text(json.dumps(lock))
    try:
        ran = command(fleet, "doctor", "--stacks-from", "../fleet.yaml", "--format", "json")
    finally:
        (locks / "one.json").unlink()
    ours, theirs = said(ran)["stacks"]

    assert ran.code == 1
    assert "stack-locked" in [finding["id"] for finding in ours["findings"]]
    assert theirs["findings"] == []
    assert theirs["identity"].split(":")[4] == CUSTOMER


BEFORE_THE_FIRST_UP = """\
{shebang}import os, sys
if sys.argv[1] == "up":
    with open({log!r}, "a") as log:
        log.write("up\\n")
    if open({log!r}).read() == "up\\n":
        import boto3
        boto3.client("iam", region_name="us-east-1").create_access_key(UserName={user!r})
os.execv({real!r}, [{real!r}, *sys.argv[1:]])
"""
"""A pulumi that notes each update, and before the first of them somebody creates a key by hand."""


@dataclass
class BeforeUp:
    """That pulumi, first on the PATH of a command."""

    folder: Path
    path: str

    @property
    def ups(self) -> int:
        log = self.folder / "log"
        return log.read_text().count("up") if log.exists() else 0


def before_up(stack: Stack, user: str) -> BeforeUp:
    path = stack.environment()["PATH"]
    folder = stack.folder.parent / "before-up"
    folder.mkdir()
    real, log = str(shutil.which("pulumi", path=path)), str(folder / "log")
    program = folder / "pulumi"
    program.write_text(BEFORE_THE_FIRST_UP.format(shebang=shebang(), log=log, user=user, real=real))
    program.chmod(0o755)
    return BeforeUp(folder, os.pathsep.join([str(folder), path]))


def ends(ran: Ran) -> dict[str, str]:
    return {user["user"]: user.get("end", "failed") for user in said(ran)["stacks"][0]["users"]}


def test_every_key_of_a_stack_is_rotated_by_two_runs(new_stack: Callable[..., Stack], aws: Aws, user_name: str) -> None:
    aws.client("s3").create_bucket(Bucket=user_name, ObjectOwnership="BucketOwnerEnforced")
    names = {name: f"{user_name}-{name}" for name in ("blog", "full", "shop")}
    idle = {"idle": {"userName": f"{user_name}-idle", "createAccessKey": False}}
    users = {**{name: {"userName": user} for name, user in names.items()}, **idle}
    stack = new_stack(users=users, access="read-only", buckets=[user_name])
    stack.up()
    before = {name: set(keys_of(aws, user)) for name, user in names.items()}
    nobody = command(stack, "rotate", "--all")
    assert (nobody.code, "nobody can be asked here: add --yes, or --due" in nobody.err) == (1, True)

    # Between the question whether there is room and the update, one of them gets a second key.
    pulumi = before_up(stack, names["full"])
    ran = command(stack, "rotate", "--all", "--yes", "--format", "json", PATH=pulumi.path)
    assert ends(ran) == {"blog": "new-key-made", "full": "failed", "shop": "new-key-made"}, ran.err
    full = next(user for user in said(ran)["stacks"][0]["users"] if user["user"] == "full")
    assert "No new key was created, the old one works, and the stack's config is set back" in full["error"]
    assert (ran.code, pulumi.ups) == (1, 2), "one update for all, and one that completes the outputs"
    assert "idle in the selected stack: skipped: it has no access key" in ran.err
    both = {name: keys_of(aws, user) for name, user in names.items()}
    assert all(before[name] < set(keys) and len(keys) == 2 for name, keys in both.items()), "the sites have the old"
    assert {status for keys in both.values() for status in keys.values()} == {"Active"}
    (by_hand,) = set(both["full"]) - before["full"]
    assert set(stack.outputs()["users"]) == {*names, "idle"}
    assert stack.outputs()["users"]["full"]["accessKeyId"] in before["full"]
    assert stack.steps() == []

    aws.client("iam").delete_access_key(UserName=names["full"], AccessKeyId=by_hand)
    ran = command(stack, "rotate", "--all", "--yes", "--format", "json", PATH=pulumi.path)
    assert ends(ran) == {"blog": "retired", "full": "new-key-made", "shop": "retired"}, ran.err
    assert pulumi.ups == 4, "one creates, one retires"
    for name in ("blog", "shop"):
        assert set(keys_of(aws, names[name])) == set(both[name]) - before[name]
    assert before["full"] < set(keys_of(aws, names["full"]))
    alone = command(stack, "rotate", "--yes", "--user", "full")
    assert alone.code == 0, alone.text
    assert len(keys_of(aws, names["full"])) == 1
    assert not before["full"] & set(keys_of(aws, names["full"]))
    assert "underway" not in (stack.folder / "Pulumi.test.yaml").read_text()
    assert stack.steps() == []
    ran = command(stack, "rotate", "--all", "--due", "--older-than", "1", "--format", "json")
    assert (ran.code, said(ran)["stacks"][0]["users"]) == (0, [])
