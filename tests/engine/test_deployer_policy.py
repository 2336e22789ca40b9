"""`s3io-user deployer-policy`: enough for up, rotation, refresh and destroy, and nothing of it can be left out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from local_aws.server import Aws
from tests.engine.aws_side import exists, keys_of
from tests.engine.conftest import Stack
from tests.engine.test_doctor import command, doctor, ids
from tests.evaluator import allows

pytestmark = pytest.mark.passphrase  # a key of AWS would be one more thing that the operator needs
NewStack = Callable[..., Stack]
ACCOUNT = "123456789012"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


class Operator:
    """A user who has exactly what a document says, and as whom a stack is worked on from now on."""

    def __init__(self, stack: Stack, aws: Aws, name: str, document: dict[str, Any]) -> None:
        self._iam, self._name, self._log = aws.client("iam"), name, stack.sandbox.root / "aws.log"
        self._iam.create_user(UserName=name)
        self._arns: list[str] = []
        self.give(document)
        key = self._iam.create_access_key(UserName=name)["AccessKey"]
        self._key_id = key["AccessKeyId"]
        stack.env |= {"AWS_ACCESS_KEY_ID": self._key_id, "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        self.forget()

    def give(self, document: dict[str, Any]) -> None:
        """Replace what the operator may do: by managed policies, since one has no room for so many users."""
        for arn in self._arns:
            self._iam.detach_user_policy(UserName=self._name, PolicyArn=arn)
        statements = document["Statement"]
        parts = [{**document, "Statement": part} for start in range(4) if (part := statements[start::4])]
        names = [f"{self._name}-{len(self._arns)}-{number}" for number in range(len(parts))]
        made = [
            self._iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(part))
            for name, part in zip(names, parts, strict=True)
        ]
        self._arns = [policy["Policy"]["Arn"] for policy in made]
        for arn in self._arns:
            self._iam.attach_user_policy(UserName=self._name, PolicyArn=arn)

    def forget(self) -> None:
        """Only what is asked from here on counts."""
        self._from = self._log.stat().st_size

    def asked(self) -> list[dict[str, Any]]:
        """The embedded AWS's own record of what the operator asked for, and what it answered."""
        lines = self._log.read_bytes()[self._from :].decode().splitlines()
        calls = [json.loads(line) for line in lines if line.startswith("{")]
        # Nobody needs a right for that one.
        return [c for c in calls if c["key"] == self._key_id and c["action"] != "sts:GetCallerIdentity"]

    def refused(self) -> set[str]:
        return {call["action"] for call in self.asked() if call["answer"] != "allowed"}


def printed(stack: Stack, *argv: str) -> dict[str, Any]:
    """What the command prints."""
    ran = command(stack, "deployer-policy", *argv)
    assert (ran.code, ran.err.count("\n")) == (0, ran.err.count("has room for 6,144")), ran.err
    return dict(json.loads(ran.out))


def without(document: dict[str, Any], sid: str) -> dict[str, Any]:
    return {**document, "Statement": [s for s in document["Statement"] if s["Sid"] != sid]}


def test_up_rotation_changes_and_destroy_need_all_of_it_and_no_more(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    iam = aws.client("iam")
    for name in ("adopted", "source"):
        iam.create_user(UserName=f"{user_name}-{name}")
    for name in ("group", "other"):
        iam.create_group(GroupName=f"{user_name}-{name}")
    iam.add_user_to_group(GroupName=f"{user_name}-other", UserName=f"{user_name}-source")
    own = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
    iam.put_user_policy(UserName=f"{user_name}-source", PolicyName="Own", PolicyDocument=json.dumps(own))
    limit = iam.create_policy(PolicyName=f"{user_name}-limit", PolicyDocument=json.dumps(own))["Policy"]["Arn"]
    own_key = {"selfService": "rotate-key"}
    secret = {"name": f"{user_name}-secret", "recoveryWindowInDays": 0}
    users: dict[str, dict[str, Any]] = {
        "plain": {"userName": f"{user_name}-plain", "path": "/sites/", "tags": {"site": "a"}, "exclusive": True},
        "bounded": {"userName": f"{user_name}-bounded", "permissionsBoundary": limit, "policyType": "managed"},
        "managed": {"userName": f"{user_name}-managed", "policyType": "managed", "policyArns": [READ_ONLY], **own_key},
        "auto": {"policyType": "managed"},
        "grouped": {"userName": f"{user_name}-grouped", "groups": [f"{user_name}-group"], "access": "full"},
        "copied": {"userName": f"{user_name}-copied", "copyPermissionsFrom": f"{user_name}-source"},
        "adopted": {"existingUser": f"{user_name}-adopted", "groups": [f"{user_name}-group"], "exclusive": True},
        "kept": {"userName": f"{user_name}-kept", "forceDestroy": False, "policyArns": [READ_ONLY]},
        "stored": {
            "userName": f"{user_name}-stored",
            "secretsManager": secret,
            "parameterStore": {"path": f"/{user_name}/site"},
        },
        **{
            access: {"userName": f"{user_name}-{access}", "access": access, "buckets": ["photos"]}
            for access in ("optimizer", "read-only", "read-write", "write-only", "backup")
        },
        "none": {"userName": f"{user_name}-none", "access": "none"},
    }
    config = {"previousKey": "inactive"}
    stack = new_stack(**config, users=users)
    document = printed(stack)
    operator = Operator(stack, aws, f"{user_name}-operator", document)

    assert ids(doctor(stack)[1]) == []
    operator.forget()
    stack.up()
    tried = command(stack, "rotate", "--dry-run", "--user", "plain")
    assert tried.code == 0, tried.text
    stack.config(**config, users=users, keyGeneration=2)
    stack.up("--refresh")
    assert set(keys_of(aws, f"{user_name}-plain").values()) == {"Active", "Inactive"}
    assert operator.refused() == set()
    before = operator.asked()

    # Another name and path, without tags, policies and stores that it had, with others in their place; one user goes.
    users["plain"] = {"userName": f"{user_name}-renamed"}
    users["bounded"] |= {"path": "/moved/", "buckets": ["photos"]}
    del users["bounded"]["permissionsBoundary"]
    users["managed"] = {"userName": f"{user_name}-managed", "keyStatus": "Inactive"}
    users["auto"] = {"policyType": "managed", "createAccessKey": False, "buckets": ["photos"]}
    users["grouped"] = {"userName": f"{user_name}-grouped", "secretsManager": {**secret, "name": f"{user_name}-new"}}
    users["stored"] = {"userName": f"{user_name}-stored", "secretsManager": {**secret, "kmsKeyId": "alias/aws/s3"}}
    del users["copied"]
    stack.config(users=users, keyGeneration=3)
    after_it = printed(stack)
    operator.give(after_it)
    operator.forget()
    stack.up()
    assert not exists(aws, f"{user_name}-plain")
    stack.config(users=users, keyGeneration=3)
    stack.destroy()
    assert not exists(aws, f"{user_name}-renamed")
    assert operator.refused() == set()

    needed: set[str] = set()
    for given, calls in ((document, before), (after_it, operator.asked())):
        asked = [(call["action"], call["on"], call["with"]) for call in calls]
        sids = {statement["Sid"] for statement in given["Statement"]}
        needed |= {sid for sid in sids if not all(allows(without(given, sid), *request) for request in asked)}
    # The embedded AWS asks nothing of the key that encrypts a secret.
    assert {each["Sid"] for each in (*document["Statement"], *after_it["Statement"])} - needed == {"UseKmsKey"}


def test_an_up_without_a_statement_fails(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name, buckets=["photos"])
    document = printed(stack, "--account", ACCOUNT)
    operator = Operator(stack, aws, f"{user_name}-operator", without(document, "MakeKeys"))
    ran = stack.up(check=False)
    assert ran.code != 0
    assert "AccessDenied" in ran.text
    assert operator.refused() == {"iam:CreateAccessKey"}
