"""Two accounts through the plugin: a YAML program with a provider for each, and a user of the same name in both."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_aws.server import Aws
from tests.engine.aws_side import keys_of
from tests.engine.conftest import CUSTOMER, Stack
from tests.engine.test_accounts import RIGHTS, their
from tests.engine.test_doctor import command
from tests.engine.test_plugin import plugin, write, yaml_stack

__all__ = ["plugin"]
NewStack = Callable[..., Stack]
Clients = dict[str, Callable[[str], Any]]
OURS = "123456789012"
ACCOUNTS = {"ours": OURS, "theirs": CUSTOMER}
EXPORTED = ("userName", "userArn", "accessKeyId", "previousAccessKeyId", "secretAccessKey", "credentials")


def program(aws: Aws, user_name: str, generation: int) -> dict[str, Any]:
    """A provider with an access key of its own for each account."""
    admin = {"access_key_id": aws.access_key_id, "secret_access_key": aws.secret_access_key}
    resources: dict[str, Any] = {}
    for name, key in (("ours", admin), ("theirs", aws.others[CUSTOMER])):
        secret = {"accessKey": key["access_key_id"], "secretKey": {"fn::secret": key["secret_access_key"]}}
        resources[f"by-{name}"] = {"type": "pulumi:providers:aws", "properties": {"region": "us-east-1", **secret}}
        site = {
            "userName": user_name,
            "access": "read-write",
            "buckets": [f"{user_name}-{name}"],
            "copyPermissionsFrom": f"{user_name}-source",
            "waitUntilUsable": True,
            "keyGeneration": generation,
            "previousKey": "active",
        }
        given = {"providers": [f"${{by-{name}}}"]}
        resources[name] = {"type": "s3io-user:S3IOUser", "properties": site, "options": given}
    users = {name: {output: f"${{{name}.{output}}}" for output in EXPORTED} for name in ACCOUNTS}
    return {"name": "two", "runtime": "yaml", "resources": resources, "outputs": {"users": users}}


@pytest.fixture
def clients(aws: Aws, user_name: str) -> Clients:
    """A client of a service in each account; each has a bucket, and a user to copy a group from."""
    clients: Clients = {"ours": aws.client, "theirs": lambda service: their(aws, service)}
    for name, client in clients.items():
        iam, s3, group = client("iam"), client("s3"), f"{user_name}-{name}-only"
        iam.create_user(UserName=f"{user_name}-source")
        iam.create_group(GroupName=group)
        iam.put_group_policy(GroupName=group, PolicyName="rights", PolicyDocument=RIGHTS)
        iam.add_user_to_group(UserName=f"{user_name}-source", GroupName=group)
        s3.create_bucket(Bucket=f"{user_name}-{name}")
        s3.put_object(Bucket=f"{user_name}-{name}", Key="a.jpg", Body=b"1")
    return clients


def test_each_user_is_asked_about_in_its_own_account(
    new_stack: NewStack,
    plugin: Path,
    aws: Aws,
    user_name: str,
    clients: Clients,
    tmp_path: Path,
) -> None:
    stack = yaml_stack(new_stack, "two")
    write(stack, plugin, program(aws, user_name, 1))
    stack.preview()
    said = stack.up().text
    users = stack.outputs()["users"]
    assert {name: user["userArn"].split(":")[4] for name, user in users.items()} == ACCOUNTS

    # copyPermissionsFrom and waitUntilUsable
    for name, client in clients.items():
        groups = client("iam").list_groups_for_user(UserName=user_name)["Groups"]
        assert [group["GroupName"] for group in groups] == [f"{user_name}-{name}-only"]
        assert f"the key {users[name]['accessKeyId']} is accepted by AWS" in said

    # The export has one output, `users`, which is a secret as a whole.
    assert stack.open_outputs()["users"].keys() >= {"ciphertext"}
    tried = json.loads(command(stack, "verify", "--all", "--format", "json").out)["stacks"][0]["users"]
    assert {user["user"]: user["verdict"] for user in tried} == {"ours": "ok", "theirs": "ok"}
    explained = command(stack, "explain", "--user", "theirs", "--ask-aws")
    assert (f"{user_name}-theirs-only" in explained.text, "ours-only" in explained.text) == (True, False)
    page = command(stack, "report", "--user", "theirs", "--format", "json", "--no-verify")
    assert users["theirs"]["accessKeyId"] in json.dumps(json.loads(page.out)["keys"])
    assert users["ours"]["accessKeyId"] not in page.out
    keys = [user["secretAccessKey"] for user in users.values()]
    assert not any(key in ran.text for key in keys for ran in (explained, page))

    # A key by hand in each account: the findings of two users with one name are told apart, and one is removed.
    stray = {n: client("iam").create_access_key(UserName=user_name)["AccessKey"] for n, client in clients.items()}
    strays = {name: key["AccessKeyId"] for name, key in stray.items()}
    found = json.loads(command(stack, "doctor", "--all", "--format", "json").out)["findings"]
    assert {each["account"]: each["key"] for each in found} == {ACCOUNTS[name]: key for name, key in strays.items()}
    (whole,) = json.loads(command(stack, "fleet", "--format", "json").out)["stacks"]
    assert {user["account"]: user["findings"][0]["key"] for user in whole["users"]} == {
        ACCOUNTS[name]: key for name, key in strays.items()
    }
    assert whole["findings"] == []
    table = command(stack, "fleet").out
    assert all(f"key-unknown  {user_name} in {account}" in table for account in ACCOUNTS.values())
    rows = csv.DictReader(io.StringIO(command(stack, "list", "--format", "csv").out))
    assert [(row["user"], row["userName"], row["account"]) for row in rows] == [
        (name, user_name, account) for name, account in ACCOUNTS.items()
    ]
    fixed = command(stack, "doctor", "--fix", "--yes", "--key", strays["theirs"])
    assert f"removed the key {strays['theirs']}" in fixed.text
    clients["ours"]("iam").delete_access_key(UserName=user_name, AccessKeyId=strays["ours"])
    assert list(keys_of(aws, user_name)) == [users["ours"]["accessKeyId"]]

    # Rotate: `s3io-user rotate` writes stack config, which this program does not read.
    for argv in (("rotate", "--user", "theirs", "--yes"), ("rotate", "--all", "--yes")):
        refused = command(stack, *argv)
        assert (refused.code, "aise key_generation in the program" in refused.text) == (1, True), refused.text
    write(stack, plugin, program(aws, user_name, 2))
    stack.up()
    after = stack.outputs()["users"]
    for name, client in clients.items():
        there = {k["AccessKeyId"] for k in client("iam").list_access_keys(UserName=user_name)["AccessKeyMetadata"]}
        assert there == {after[name]["accessKeyId"], users[name]["accessKeyId"]}
        assert after[name]["previousAccessKeyId"] == users[name]["accessKeyId"]
    exported = command(stack, "export", "--all", "--format", "env", "--out-dir", str(tmp_path / "keys"))
    assert exported.code == 0, exported.text
    for name, account in ACCOUNTS.items():
        assert after[name]["accessKeyId"] in (tmp_path / "keys" / f"{user_name}@{account}.env").read_text()
    assert stack.steps() == []
