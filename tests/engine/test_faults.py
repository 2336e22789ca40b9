"""AWS or the connection fails at every call of up, rotation and destroy; docs/when-things-go-wrong.md recovers from it.

Each run is one faulted command, the page's commands, and then everything as it should be. Three seeded runs each time:
a lost answer, a kill, and a destroy that fails. ``S3IO_USER_FAULTS=200`` makes it as many as that, and
``S3IO_USER_FAULTS_FIRST`` is the first seed.
"""

import datetime
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.sandbox import PROJECT
from local_aws.server import Aws
from s3io_user.keys import schedule
from tests import faults
from tests.engine.aws_side import attached, groups, inline, keys_of
from tests.engine.conftest import Ran, Stack
from tests.engine.test_doctor import command
from tests.engine.test_rotation import stored, stores
from tests.patience import PATIENCE

pytestmark = [pytest.mark.long, pytest.mark.passphrase]

RUNS = int(os.environ.get("S3IO_USER_FAULTS", "3"))
FIRST = int(os.environ.get("S3IO_USER_FAULTS_FIRST", "904"))
PLACES = ("up", "rotation", "destroy", "up", "rotation", "command", "rotation", "destroy")
ATTEMPTS = 3
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

MORE_INPUTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "stores": stores("@"),
    "waiting": {"waitUntilUsable": True},
    "unnamed": {},
    "rights": {"policyType": "managed", "policyArns": [READ_ONLY], "groups": ["@"]},
    "adopted": {},
    "calendar": {},
}
"""What a site is like: more inputs, its user's name for ``@``."""

# What is asked of AWS, and so what can fail: what matters most more than once.
_KEYS = "CreateAccessKey CreateAccessKey CreateAccessKey ListAccessKeys"
_USER = "CreateUser CreateUser GetUser"
_POLICY = "PutUserPolicy GetUserPolicy"
_STORES = "PutSecretValue GetSecretValue PutParameter GetParameter"
_GONE = (
    "DeleteAccessKey DeleteAccessKey DeleteUser ListGroupsForUser ListUserPolicies ListAttachedUserPolicies "
    "ListAccessKeys DeleteLoginProfile"
)
_TRIED = "GetCallerIdentity GET"
ASKED: dict[tuple[str, str], str] = {
    ("up", ""): f"{_USER} {_KEYS} {_POLICY}",
    ("up", "stores"): f"{_USER} {_KEYS} {_STORES} CreateSecret DescribeSecret",
    ("up", "waiting"): f"{_KEYS} {_TRIED}",
    (
        "up",
        "rights",
    ): f"{_USER} {_KEYS} CreatePolicy GetPolicy AttachUserPolicy ListAttachedUserPolicies AddUserToGroup",
    ("up", "adopted"): f"GetUser {_KEYS} {_POLICY}",
    ("rotation", "stores"): f"{_KEYS} {_STORES} UpdateAccessKey DeleteAccessKey",
    ("rotation", "waiting"): f"{_KEYS} {_TRIED} UpdateAccessKey DeleteAccessKey",
    ("rotation", ""): f"{_KEYS} UpdateAccessKey DeleteAccessKey",
    ("command", ""): f"{_KEYS} {_TRIED} UpdateAccessKey DeleteAccessKey GetAccessKeyLastUsed PUT HEAD",
    ("destroy", "adopted"): "DeleteAccessKey DeleteUserPolicy",
    ("destroy", "stores"): f"{_GONE} DeleteSecret DeleteParameter",
    ("destroy", "rights"): f"{_GONE} DetachUserPolicy DeletePolicy ListPolicyVersions RemoveUserFromGroup",
    ("destroy", ""): f"{_GONE} DeleteUserPolicy",
}


def _blocks() -> list[str]:
    """The page's commands after an update that failed, and after one that was killed."""
    page = (PROJECT / "docs" / "when-things-go-wrong.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def _kill(group: int) -> None:
    """Kill a command, and the pulumi that it runs in a group of its own."""
    said = subprocess.run(["pgrep", "--parent", str(group)], capture_output=True, text=True, check=False).stdout
    for each in [group, *map(int, said.split())]:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL) if each != group else os.killpg(each, signal.SIGKILL)


@dataclass
class Site:
    """One site's user through its life; ``run`` is one faulted command and the recovery from it."""

    stack: Stack
    aws: Aws
    kind: str
    chance: Random
    user: str = field(default_factory=lambda: f"user-{uuid.uuid4().hex[:12]}")
    generation: int = 1
    fate: str = "removed"
    secrets: set[str] = field(default_factory=set, repr=False)
    heard: list[str] = field(default_factory=list, repr=False)
    done: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        iam = self.aws.client("iam")
        if self.kind == "adopted":
            iam.create_user(UserName=self.user)
        if self.kind == "rights":
            iam.create_group(GroupName=self.user)
        self.before = self.everything()

    def configure(self) -> None:
        inputs = json.loads(json.dumps(MORE_INPUTS[self.kind]).replace("@", self.user))
        name = {"adopted": {"existingUser": self.user}, "unnamed": {}}.get(self.kind, {"userName": self.user})
        steps = {"keyGeneration": self.generation, "previousKey": self.fate}
        if self.kind == "calendar":  # with a period missed before each rotation
            first = schedule.today() - datetime.timedelta(days=70 * (self.generation - 1))
            steps = {"rotateEveryDays": 30, "rotateFrom": str(first), "previousKey": self.fate}
        rights = {"access": "optimizer", "buckets": ["photos"]}
        self.stack.config(**name, **rights, **inputs, **steps, aws__maxRetries=str(ATTEMPTS))

    def run(self, place: str, seed: int) -> None:
        if place == "command" and self.kind == "calendar":
            place = "rotation"
        if place == "rotation":
            self.fate = self.chance.choice(("removed", "inactive", "active"))
        asked = (ASKED.get((place, self.kind)) or ASKED[(place, "")]).split()
        never = set() if self.fate == "inactive" else {"UpdateAccessKey"}
        planned = faults.plan(seed, [action for action in asked if action not in never], ATTEMPTS)
        self.generation += place in ("rotation", "command")
        print(f"seed {seed}: {place} of a site with {self.kind}, {self.fate}: {' and '.join(map(str, planned))}")
        self.done = {"seed": seed, "place": place, "site": self.kind, "doctor": [], "by hand": []}
        getattr(self, f"_{place}")(planned)
        self.assert_no_secret_was_said()

    def _up(self, planned: list[faults.Fault]) -> None:
        self.configure()
        self.faulted(planned, "pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
        self.recover()
        self.assert_as_wanted()

    _rotation = _up

    def _command(self, planned: list[faults.Fault]) -> None:
        rotate = ("rotate", "--yes", "--wait", "5")
        self.faulted(planned, sys.executable, "-m", "s3io_user", *rotate)
        self.recover()
        if self.is_unfinished():
            ran = self.said(command(self.stack, *rotate))
            assert ran.code == 0, ran.text
        self.assert_as_wanted()

    def _destroy(self, planned: list[faults.Fault]) -> None:
        ran = self.faulted(planned, "pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive")
        if ran.code < 0:
            self.said(self.stack.run("cancel", "--yes"))
        if ran.code != 0:
            self.said(self.stack.destroy())
        self.assert_nothing_left()

    def faulted(self, planned: list[faults.Fault], *argv: str) -> Ran:
        """Run a command whose way to AWS is faulty."""
        started = time.monotonic()
        with faults.proxy(self.aws.endpoint, planned) as between:
            own = {"AWS_ENDPOINT_URL": between.endpoint, "AWS_MAX_ATTEMPTS": str(ATTEMPTS)}
            process = subprocess.Popen(
                argv,
                cwd=self.stack.folder,
                env={**self.stack.environment(), **own, "S3IO_USER_USABLE_WITHIN": "4"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            between.meanwhile = lambda: _kill(process.pid)
            out, _ = process.communicate(timeout=PATIENCE)
        self.secrets |= between.secrets
        ran = self.said(Ran(process.returncode, out, ""))
        self.done |= {"met": [str(f) for f in between.done], "code": ran.code}
        self.done |= {"seconds": round(time.monotonic() - started, 1)}
        return ran

    def recover(self) -> None:
        """Give the page's commands, and say yes to each."""
        for line in _blocks()[self.done["code"] < 0].splitlines():
            if line == "s3io-user doctor --fix":
                for finding in self.doctor("--yes")["findings"]:
                    self.heed(finding)
            elif line == "pulumi up":
                self.up()
            else:
                self.said(self.stack.run(*line.split()[1:], "--yes"))

    def up(self) -> None:
        ran = self.said(self.stack.up(check=False))
        while ran.code != 0 and self.remove_namesakes(ran.text):
            ran = self.said(self.stack.up(check=False))
        assert ran.code == 0, ran.text

    def heed(self, finding: dict[str, Any]) -> None:
        """What doctor says to do, where it does not do it itself."""
        iam, user = self.aws.client("iam"), finding["user"]
        if finding["id"] == "key-unknown":  # of an adopted user, whose key may be another's
            self.doctor("--yes", "--key", finding["key"])
        elif finding["id"] in ("name-taken", "user-left-over"):
            assert f"aws iam delete-user --user-name '{user}'" in finding["remedy"]
            iam.delete_user(UserName=user)
        elif finding["id"] == "policy-left-over":
            iam.delete_policy(PolicyArn=finding["remedy"].partition("aws iam delete-policy --policy-arn ")[2])
        self.done["by hand"] += [finding["id"]]

    def doctor(self, *args: str) -> dict[str, Any]:
        ran = self.said(command(self.stack, "doctor", "--fix", *args, "--format", "json"))
        said = dict(json.loads(ran.out))
        self.done["doctor"] += said["fixed"]
        return said

    def remove_namesakes(self, text: str) -> bool:
        """What the page says to do where something of that name exists already; whether there was anything."""
        secrets, parameters = self.aws.client("secretsmanager"), self.aws.client("ssm")
        secret = re.search(r"creating Secrets Manager Secret \((.+?)\).*ResourceExists", text)
        parameter = re.search(r"creating SSM Parameter \((.+?)\).*ParameterAlreadyExists", text)
        if secret:
            secrets.delete_secret(SecretId=secret[1], ForceDeleteWithoutRecovery=True)
        if parameter:
            parameters.delete_parameter(Name=parameter[1])
        self.done["by hand"] += [match[0] for match in (secret, parameter) if match]
        return bool(secret or parameter)

    def said(self, ran: Ran) -> Ran:
        """What a command said: never a traceback, and, looked at in the end, no secret."""
        assert "Traceback" not in ran.text, ran.text
        self.heard.append(ran.text)
        return ran

    def assert_no_secret_was_said(self) -> None:
        assert self.secrets
        assert not [secret for secret in self.secrets if any(secret in text for text in self.heard)]
        self.done |= {"commands": len(self.heard)}
        self.heard.clear()

    def is_unfinished(self) -> bool:
        """Whether `s3io-user rotate` has steps before it."""
        config = json.loads(self.stack.run("config", "--json").out)
        return "s3io-rotate:underway" in config or int(config["s3io-user:keyGeneration"]["value"]) != self.generation

    def assert_as_wanted(self) -> None:
        outputs = self.stack.outputs()
        self.user = outputs["userName"]
        found = keys_of(self.aws, self.user)
        current, previous = outputs["accessKeyId"], outputs.get("previousAccessKeyId")
        kept = {previous: self.fate.capitalize()} if previous else {}
        assert found == {current: "Active", **kept}
        assert bool(previous) == (self.fate != "removed" and self.generation > 1)
        key = current, outputs["secretAccessKey"]
        self.secrets.add(key[1])
        assert self.aws.client("sts", *key).get_caller_identity()["Arn"] == outputs["userArn"]
        managed = self.kind == "rights"
        assert list(inline(self.aws, self.user)) == ([] if managed else ["S3Access"])
        assert groups(self.aws, self.user) == ({self.user} if managed else set())
        assert len(attached(self.aws, self.user)) == (2 if managed else 0)
        if self.kind == "stores":
            assert stored(self.aws, self.user) == [outputs["credentials"]] * 2
        assert self.stack.steps() == []
        assert not self.pending()

    def assert_nothing_left(self) -> None:
        assert keys_of(self.aws, self.user) == {}
        if self.kind == "stores":
            with suppress(ClientError):
                raise AssertionError(stored(self.aws, self.user))
        assert self.everything() == self.before
        assert self.stack.state() == []
        assert not self.pending()

    def pending(self) -> list[Any]:
        """What Pulumi holds for not finished."""
        return json.loads(self.stack.run("stack", "export").out)["deployment"].get("pending_operations") or []

    def everything(self) -> set[str]:
        """The account's users and its own policies."""
        iam = self.aws.client("iam")
        users = (u["Arn"] for page in iam.get_paginator("list_users").paginate() for u in page["Users"])
        policies = iam.get_paginator("list_policies").paginate(Scope="Local")
        return {*users, *(p["Arn"] for page in policies for p in page["Policies"])}


def test_whatever_fails_the_recipe_recovers(new_stack: Callable[..., Stack], aws: Aws) -> None:
    stack = new_stack()
    for number in range(RUNS):
        seed, place = FIRST + number, PLACES[number % len(PLACES)]
        if place == "up":
            kind = sorted(MORE_INPUTS)[seed % len(MORE_INPUTS)]
            site = Site(stack, aws, kind, Random(seed))  # noqa: S311 - fates, not secrets
        site.run(place, seed)
        print(json.dumps(site.done))
