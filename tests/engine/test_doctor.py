"""`s3io-user doctor` on the real engine: what it finds, what it removes, and what it leaves alone."""

import json
import shlex
import subprocess
from collections.abc import Callable
from typing import Any

from local_aws.server import Aws
from tests.engine.aws_side import attached, keys_of
from tests.engine.conftest import Ran, Stack
from tests.patience import PATIENCE

NewStack = Callable[..., Stack]
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"


def command(stack: Stack, *argv: str, **env: str) -> Ran:
    """Run `s3io-user` on a stack."""
    done = subprocess.run(
        [stack.python, "-m", "s3io_user", *argv],
        cwd=stack.folder,
        env={**stack.environment(), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def doctor(stack: Stack, *argv: str, **env: str) -> tuple[int, dict[str, Any]]:
    """Run doctor; returns its exit code and its JSON output."""
    ran = command(stack, "doctor", "--format", "json", *argv, **env)
    assert "Traceback" not in ran.err
    assert ran.code in (0, 1), ran.text
    return ran.code, json.loads(ran.out)


def ids(said: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(finding["id"], finding["key"]) for finding in said["findings"]]


def test_a_key_that_no_state_knows_is_named_and_removed_when_told_to(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(userName=user_name, buckets=["photos"])
    stack.up()
    assert doctor(stack)[1]["findings"] == []
    mine = stack.open_outputs()["accessKeyId"]
    by_hand = aws.client("iam").create_access_key(UserName=user_name)["AccessKey"]

    code, said = doctor(stack)
    assert (code, ids(said)) == (1, [("key-unknown", by_hand["AccessKeyId"])])
    assert "0 days old, never used" in said["findings"][0]["sentence"]
    assert "nothing shows that this stack created it" in said["findings"][0]["remedy"]

    assert doctor(stack, "--fix")[0] == 1, "nobody there to say yes"
    assert doctor(stack, "--fix", "--yes")[1]["fixed"] == [], "a colleague made it just now"
    aws.client("sts", by_hand["AccessKeyId"], by_hand["SecretAccessKey"]).get_caller_identity()
    assert doctor(stack, "--fix", "--yes")[1]["fixed"] == [], "somebody has its secret"
    refused = command(stack, "doctor", "--fix", "--yes", "--key", mine)
    assert (refused.code, refused.out, "nothing was removed" in refused.err) == (1, "", True)
    assert set(keys_of(aws, user_name)) == {mine, by_hand["AccessKeyId"]}

    code, said = doctor(stack, "--fix", "--yes", "--key", by_hand["AccessKeyId"])
    assert (code, said["findings"], said["fixed"]) == (0, [], [by_hand["AccessKeyId"]])
    assert set(keys_of(aws, user_name)) == {mine}


def test_what_was_done_by_hand_is_found(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    iam, group = aws.client("iam"), f"{user_name}-others"
    stack = new_stack(userName=user_name, policyArns=[READ_ONLY])
    stack.up()
    mine = stack.open_outputs()["accessKeyId"]
    iam.attach_user_policy(UserName=user_name, PolicyArn=FULL)
    iam.put_user_policy(UserName=user_name, PolicyName="Mine", PolicyDocument=json.dumps(ANYTHING))
    iam.create_group(GroupName=group)
    iam.add_user_to_group(UserName=user_name, GroupName=group)
    iam.create_login_profile(UserName=user_name, Password="Passw0rd-EXAMPLE")
    iam.update_access_key(UserName=user_name, AccessKeyId=mine, Status="Inactive")

    found = {finding_id for finding_id, _ in ids(doctor(stack, "--unused-days", "0")[1])}
    assert found == {
        "full-access-attached", "policy-by-hand", "group-by-hand", "console-access", "key-switched-off", "key-unused",
    }  # fmt: skip

    aws.client("iam").delete_access_key(UserName=user_name, AccessKeyId=mine)
    assert ("key-missing", None) in ids(doctor(stack)[1])


def test_after_a_quarantine_by_aws_its_own_command_replaces_the_key_and_nothing_detaches_the_policy(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(userName=user_name, exclusive=True)
    stack.up()
    leaked = stack.open_outputs()["accessKeyId"]
    aws.client("iam").attach_user_policy(UserName=user_name, PolicyArn=QUARANTINE)

    code, said = doctor(stack, "--fix", "--yes")
    assert (code, ids(said), attached(aws, user_name)) == (1, [("quarantined", None)], {QUARANTINE})
    finding = said["findings"][0]
    assert leaked in finding["sentence"]
    replace, *_, detach = finding["remedy"].split("; ")
    ran = command(stack, *shlex.split(replace.partition(": s3io-user ")[2]), "--yes")
    assert ran.code == 0, ran.text
    (new,) = keys_of(aws, user_name)
    assert new != leaked
    assert attached(aws, user_name) == {QUARANTINE}

    fleet = command(stack, "fleet")
    assert (fleet.code, "1 user in AWS's quarantine: treat" in fleet.out) == (1, True), fleet.text
    report = json.loads(command(stack, "report", "--format", "json", "--no-verify").out)
    assert report["attention"][0].startswith("The user is in AWS's quarantine")
    argv = shlex.split(detach.rpartition(": aws ")[2])
    assert argv == ["iam", "detach-user-policy", "--user-name", user_name, "--policy-arn", QUARANTINE]
    aws.client("iam").detach_user_policy(UserName=user_name, PolicyArn=QUARANTINE)
    assert doctor(stack) == (0, {**said, "findings": []})


ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def test_before_an_up_it_says_what_stands_in_the_way(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    aws.client("iam").create_user(UserName=user_name.upper())
    aws.client("s3").create_bucket(Bucket=f"{user_name}-acls", ObjectOwnership="ObjectWriter")
    stack = new_stack(
        userName=user_name,
        access="optimizer",
        buckets=[f"{user_name}-acls", f"{user_name}-none/folder"],
        groups=["no-such-group"],
        policyArns=["arn:aws:iam::123456789012:policy/none"],
        permissionsBoundary="arn:aws:iam::123456789012:policy/no-boundary",
    )
    code, said = doctor(stack)
    assert code == 1
    assert [finding["id"] for finding in said["findings"]] == [
        "name-taken", "boundary-missing", "group-missing", "policy-missing", "bucket-acls", "bucket-missing",
    ]  # fmt: skip
    assert said["identity"].endswith(":user/admin")
    assert any(line.startswith("users: ") for line in said["quotas"])

    stack.config(userNam=user_name)
    code, said = doctor(stack)
    assert [finding["id"] for finding in said["findings"]] == ["inputs-invalid"]
    assert "did you mean 'userName'?" in said["findings"][0]["sentence"]
    table = command(stack, "doctor")
    assert (table.code, "inputs-invalid" in table.out) == (1, True)


def test_wrong_usage_and_wrong_credentials(new_stack: NewStack, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    assert command(stack, "doctor", "--yes").code == 2
    refused = command(stack, "doctor", AWS_ACCESS_KEY_ID="AKIANOBODYEXAMPLE0")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.count("\n") == 1
