"""Key rotation on the real engine: generations, previous keys, the schedule, waiting, PGP and stores."""

import base64
import contextlib
import datetime
import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import server
from local_aws.server import Aws
from s3io_user.keys import schedule
from tests.engine.aws_side import exists, keys_of
from tests.engine.conftest import Stack
from tests.patience import until
from tests.programs import require_program

NewStack = Callable[..., Stack]
FATES = ("removed", "inactive", "active")


def works(aws: Aws, key_id: str, secret: str) -> bool:
    """Whether AWS lets the key in."""
    try:
        aws.client("sts", key_id, secret).get_caller_identity()
    except ClientError:
        return False
    return True


def _assert_keys_of_a_generation(aws: Aws, fate: str, now: dict[str, Any], before: dict[str, Any] | None) -> None:
    current, found = now["accessKeyId"], keys_of(aws, now["userName"])
    assert works(aws, current, now["secretAccessKey"])
    if before is not None:
        assert works(aws, before["accessKeyId"], before["secretAccessKey"]) is (fate == "active")
    if before is None or fate == "removed":
        assert found == {current: "Active"}
        assert now.get("previousAccessKeyId") is None
    else:
        assert found == {current: "Active", before["accessKeyId"]: fate.capitalize()}
        assert now["previousAccessKeyId"] == before["accessKeyId"]
    assert before is None or current != before["accessKeyId"]


def test_every_change_between_fates_keeps_the_key_in_use(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    """One user for each change; the generation is raised with it, and then the fate is changed back alone."""
    changes = {f"{old}-{new}": (old, new) for old, new in product(FATES, FATES)}

    def users(generation: int, which: int) -> dict[str, Any]:
        return {
            name: {"userName": f"{user_name}-{name}", "keyGeneration": generation, "previousKey": fates[which]}
            for name, fates in changes.items()
        }

    stack = new_stack()
    before: dict[str, Any] = {}
    for generation, which in ((1, 0), (2, 0), (3, 1), (3, 0)):
        stack.config(users=users(generation, which))
        stack.up()
        now = stack.open_outputs()["users"]
        for name, fates in changes.items():
            found = keys_of(aws, now[name]["userName"])
            current, last = now[name]["accessKeyId"], before.get(name, {}).get("accessKeyId")
            assert len(found) <= 2, (name, generation)
            assert found[current] == "Active", (name, generation)
            if (generation, which) == (3, 1):
                assert found.get(last) == (None if fates[1] == "removed" else fates[1].capitalize()), name
            if (generation, which) == (3, 0):
                assert current == last, name
        before = now


def test_a_step_that_would_take_the_key_in_use_is_refused_before_anything_is_touched(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(userName=user_name, keyGeneration=2, previousKey="active")
    stack.up()
    before = keys_of(aws, user_name)
    jump = {"keyGeneration": 4, "previousKey": "active"}
    for config, command, sentence in (
        (jump, "preview", "must go up by one at a time while the previous key is kept"),
        (jump, "up", "must go up by one at a time while the previous key is kept"),
        (jump, "up --continue-on-error", "must go up by one at a time while the previous key is kept"),
        ({"keyGeneration": 1}, "preview", "must not go down (from 2 to 1)"),
    ):
        stack.config(userName=user_name, **config)
        ran = stack.preview(check=False) if command == "preview" else stack.up(*command.split()[1:], check=False)
        assert ran.code != 0
        assert sentence in ran.text
        assert "Traceback" not in ran.text
        assert keys_of(aws, user_name) == before
    stack.config(userName=user_name, keyGeneration=3, previousKey="active")
    stack.up()
    assert stack.open_outputs()["previousAccessKeyId"] in before


def test_the_key_is_switched_off_and_on_in_place_and_taken_away_and_given_back(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    stack = new_stack(userName=user_name, keyStatus="Inactive")
    stack.up()
    key = stack.open_outputs()["accessKeyId"]
    assert keys_of(aws, user_name) == {key: "Inactive"}
    stack.config(userName=user_name)
    stack.up()
    assert keys_of(aws, user_name) == {key: "Active"}
    stack.config(userName=user_name, createAccessKey=False)
    stack.up()
    assert keys_of(aws, user_name) == {}
    assert stack.open_outputs().get("accessKeyId") is None
    stack.config(userName=user_name)
    stack.up()
    assert list(keys_of(aws, user_name)) == [stack.open_outputs()["accessKeyId"]]


def test_by_the_calendar_a_preview_says_what_is_due_and_an_up_does_it(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    def since(days: int) -> dict[str, Any]:
        day = schedule.today() - datetime.timedelta(days=days)
        return {"userName": user_name, "rotateEveryDays": 30, "rotateFrom": str(day), "previousKey": "active"}

    stack = new_stack(**since(29))
    stack.up()
    first = stack.outputs()["accessKeyId"]
    assert "key generation 1, due since" in stack.preview("--expect-no-changes").text
    stack.config(**since(30))
    assert stack.steps() == stack.steps() != []
    stack.up()
    assert stack.outputs()["previousAccessKeyId"] == first


def test_a_scheduled_job_that_missed_periods_goes_on_by_itself(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    """One stack for it all: an active previous key and none, preview and update, a failure that lasts into the next."""
    names = {"kept": f"{user_name}-kept", "removed": f"{user_name}-removed"}

    def after(days: int) -> None:
        first = str(schedule.today() - datetime.timedelta(days=days))
        users = {"kept": {"previousKey": "active"}, "removed": {}}
        users = {logical: {**given, "userName": names[logical]} for logical, given in users.items()}
        stack.config(users=users, rotateEveryDays=30, rotateFrom=first)

    def keys(logical: str) -> list[str]:
        return sorted(keys_of(aws, names[logical]))

    stack = new_stack()
    after(0)
    stack.up()
    first = stack.open_outputs()["users"]

    after(100)  # the fourth generation is due: three are missing
    said = stack.preview()
    assert "key generation 2, due since" in said.text
    with watching(aws, names["removed"]) as moments:
        stack.up()
    second = stack.open_outputs()["users"]
    assert all(moments), "a moment without a key"
    assert keys("kept") == sorted([first["kept"]["accessKeyId"], second["kept"]["accessKeyId"]])
    assert keys("removed") == [second["removed"]["accessKeyId"]] != [first["removed"]["accessKeyId"]]
    stack.preview("--expect-no-changes")
    after(119)
    assert stack.steps() == [], "what was missed is not made up for: the old key stays for its time"

    after(120)
    stack.up()
    third = stack.open_outputs()["users"]
    assert third["kept"]["previousAccessKeyId"] == second["kept"]["accessKeyId"]

    by_hand = aws.client("iam").create_access_key(UserName=names["removed"])["AccessKey"]["AccessKeyId"]
    for days in (150, 180):
        after(days)
        said = stack.up(check=False)
        assert "has the two keys that AWS allows" in said.text
        assert keys("removed") == sorted([by_hand, third["removed"]["accessKeyId"]])
    assert "key generation 4, due since" in stack.preview().text
    aws.client("iam").delete_access_key(UserName=names["removed"], AccessKeyId=by_hand)
    stack.up()
    fourth = stack.open_outputs()["users"]
    assert keys("removed") == [fourth["removed"]["accessKeyId"]] != [third["removed"]["accessKeyId"]]
    assert fourth["kept"]["previousAccessKeyId"] == third["kept"]["accessKeyId"]
    assert stack.steps() == [], "what was interrupted is the rotation of this period"
    after(210)
    stack.up()
    assert stack.open_outputs()["users"]["kept"]["previousAccessKeyId"] == fourth["kept"]["accessKeyId"]


@contextlib.contextmanager
def watching(aws: Aws, user: str) -> Iterator[list[set[str]]]:
    """The keys that the user has at each moment."""
    moments: list[set[str]] = [set(keys_of(aws, user))]
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            moments.append(set(keys_of(aws, user)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield moments
    finally:
        over.set()
        watcher.join()


def test_the_secret_goes_to_its_pgp_key_s_owner_alone(
    new_stack: NewStack, aws: Aws, user_name: str, tmp_path: Path
) -> None:
    gpg = require_program("gpg", "gnupg")
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)

    def run(*args: str, stdin: bytes = b"") -> bytes:
        command = [gpg, "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        return subprocess.run([*command, *args], input=stdin, capture_output=True, check=True).stdout

    run("--quick-gen-key", "site@example.com", "default", "default", "never")
    public = base64.b64encode(run("--export", "site@example.com")).decode()
    stack = new_stack(userName=user_name, pgpKey=public)
    stack.up()
    outputs = stack.outputs()
    secret = run("--decrypt", stdin=base64.b64decode(outputs["encryptedSecret"])).decode()

    assert works(aws, outputs["accessKeyId"], secret)
    assert outputs["secretAccessKey"] is None
    assert secret not in stack.run("stack", "export", "--show-secrets").out
    assert "only the owner of pgp_key" in outputs["credentials"]["note"]

    # Without it, or with another, the provider would delete this key before it creates one.
    stack.config(userName=user_name)
    for refused in (stack.preview(check=False), stack.up(check=False)):
        assert refused.code != 0
        assert "leave pgpKey as it was, or also set keyGeneration to 2" in refused.text
    assert works(aws, outputs["accessKeyId"], secret)
    stack.config(userName=user_name, keyGeneration=2, previousKey="active")
    stack.up()
    assert works(aws, outputs["accessKeyId"], secret)
    assert works(aws, stack.outputs()["accessKeyId"], stack.outputs()["secretAccessKey"])
    assert stack.steps() == []


STORES = {
    "secretsManager": {"name": "sites/{}", "recoveryWindowInDays": 0},
    "parameterStore": {"path": "/sites/{}"},
}


def stores(user_name: str) -> dict[str, Any]:
    return dict(json.loads(json.dumps(STORES).replace("{}", user_name)))


def stored(aws: Aws, user_name: str) -> list[dict[str, Any]]:
    """The credentials that a consumer reads from each of the two stores."""
    secret = aws.client("secretsmanager").get_secret_value(SecretId=f"sites/{user_name}")["SecretString"]
    parameter = aws.client("ssm").get_parameter(Name=f"/sites/{user_name}/credentials", WithDecryption=True)
    return [json.loads(secret), json.loads(parameter["Parameter"]["Value"])]


def sites(user_name: str) -> dict[str, Any]:
    """A user for each fate, each with stores of its own."""
    return {
        fate: {"userName": f"{user_name}-{fate}", "previousKey": fate, **stores(f"{user_name}-{fate}")}
        for fate in FATES
    }


NOT_YET = b"""<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>
<Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>"""


@pytest.fixture
def sts_that_knows_no_key() -> Iterator[str]:
    """An STS that does not know any access key yet."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(403)
            self.send_header("Content-Length", str(len(NOT_YET)))
            self.end_headers()
            self.wfile.write(NOT_YET)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.long
def test_five_generations_in_every_fate_and_a_sixth_that_aws_does_not_accept(
    new_stack: NewStack, aws: Aws, user_name: str, sts_that_knows_no_key: str
) -> None:
    stack = new_stack()
    before: dict[str, dict[str, Any]] = {}
    lives: dict[str, list[str]] = {fate: [] for fate in FATES}
    for generation in range(1, 6):
        stack.config(users=sites(user_name), keyGeneration=generation)
        stack.up()
        now = stack.outputs()["users"]
        for fate in FATES:
            _assert_keys_of_a_generation(aws, fate, now[fate], before.get(fate))
            assert stored(aws, now[fate]["userName"]) == [now[fate]["credentials"]] * 2
            lives[fate].append(now[fate]["accessKeyId"])
        before = now
    # With the one before alone, generation 3 could hand back the key of generation 1.
    assert all(len(set(life)) == 5 for life in lives.values())
    assert stack.steps() == []

    _assert_that_a_key_must_be_accepted(stack, aws, sites(user_name), sts_that_knows_no_key)
    last = stack.open_outputs()["users"]["removed"]
    assert last["parameterNames"] == [f"/sites/{last['userName']}/credentials"]
    assert f":secret:sites/{last['userName']}" in last["secretArn"]
    stack.destroy()
    assert not any(exists(aws, f"{user_name}-{fate}") for fate in FATES)
    with pytest.raises(ClientError):
        stored(aws, last["userName"])


def _assert_that_a_key_must_be_accepted(stack: Stack, aws: Aws, users: dict[str, Any], sts: str) -> None:
    """While AWS does not accept the key of generation 6, the keys and the stores of generation 5 stay."""
    old = stack.open_outputs()["users"]
    stack.config(users=users, waitUntilUsable=True, keyGeneration=6)
    stack.env |= {"S3IO_USER_USABLE_WITHIN": "1", "AWS_ENDPOINT_URL_STS": sts}
    for options in ((), ("--continue-on-error",)):
        ran = stack.up(*options, check=False)
        assert ran.code != 0
        assert "was not accepted by AWS within 1 seconds" in ran.text
        assert "The previous key is as it was; run pulumi up again" in ran.text
        assert "Traceback" not in ran.text
        for user in old.values():
            assert keys_of(aws, user["userName"])[user["accessKeyId"]] == "Active", options
            assert [pair["accessKeyId"] for pair in stored(aws, user["userName"])] == [user["accessKeyId"]] * 2

    del stack.env["AWS_ENDPOINT_URL_STS"], stack.env["S3IO_USER_USABLE_WITHIN"]
    stack.up()
    for fate, new in stack.open_outputs()["users"].items():
        found = keys_of(aws, new["userName"])
        assert found[new["accessKeyId"]] == "Active"
        assert found.get(old[fate]["accessKeyId"]) == (None if fate == "removed" else fate.capitalize())
        assert [pair["accessKeyId"] for pair in stored(aws, new["userName"])] == [new["accessKeyId"]] * 2


@pytest.fixture
def settling(tmp_path: Path) -> Iterator[Aws]:
    """An AWS that refuses a new access key, and does not find a new user, for two seconds."""
    slow = server.begin(tmp_path / "aws.log", print, settling=2.0).wait()
    until(slow.answers)
    yield slow
    slow.stop()


@pytest.mark.passphrase  # the other AWS has not the key of this one
def test_where_aws_settles_late_a_new_key_is_accepted_before_the_old_one_goes(
    new_stack: NewStack, settling: Aws, user_name: str, tmp_path: Path
) -> None:
    stack = new_stack(userName=user_name, waitUntilUsable=True)
    stack.env |= settling.env()
    keys = []
    for generation in (1, 2):
        stack.config(userName=user_name, waitUntilUsable=True, keyGeneration=generation)
        said = stack.up().text
        keys.append(stack.open_outputs()["accessKeyId"])
        assert f"AWS does not accept the key {keys[-1]} yet" in said
        assert f"the key {keys[-1]} is accepted by AWS" in said
    assert list(keys_of(settling, user_name)) == keys[1:]
    assert stack.steps() == []

    calls = [json.loads(line) for line in (tmp_path / "aws.log").read_text().splitlines() if line.startswith("{")]
    accepted = [place for place, call in enumerate(calls) if call["key"] == keys[1]]
    (gone,) = [place for place, call in enumerate(calls) if call["action"] == "iam:DeleteAccessKey"]
    assert len([place for place in accepted if place < gone]) >= 3, calls


def test_a_full_quota_names_the_keys_that_fill_it(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName=user_name)
    ids = [iam.create_access_key(UserName=user_name)["AccessKey"]["AccessKeyId"] for _ in range(2)]
    ran = new_stack(existingUser=user_name).up(check=False)

    assert ran.code != 0
    assert f"the user '{user_name}' has the two keys that AWS allows" in ran.text
    assert all(key in ran.text for key in ids)
    assert "s3io-user doctor" in ran.text
    assert "Traceback" not in ran.text


def test_keys_made_by_hand_of_an_adopted_user_are_named(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName=user_name)
    by_hand = iam.create_access_key(UserName=user_name)["AccessKey"]["AccessKeyId"]
    stack = new_stack(existingUser=user_name)
    stack.up()
    ran = stack.up()

    assert f"the user '{user_name}' has {by_hand}, which this stack does not hold" in ran.text
    assert list(keys_of(aws, user_name)) != [by_hand]


def test_a_raise_that_failed_on_the_quota_is_taken_back(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    stack.up()
    key = stack.outputs()["accessKeyId"]
    aws.client("iam").create_access_key(UserName=user_name)
    found = keys_of(aws, user_name)
    stack.config(userName=user_name, keyGeneration=2)
    for options in ((), ("--continue-on-error",)):
        ran = stack.up(*options, check=False)
        assert ran.code != 0
        assert "has the two keys that AWS allows" in ran.text
        assert "Traceback" not in ran.text
        assert keys_of(aws, user_name) == found, options
    stack.config(userName=user_name, keyGeneration=3)
    assert "run pulumi up with 2 again, or set 1 to undo the raise" in stack.up(check=False).text
    stack.config(userName=user_name)
    stack.up()

    assert stack.outputs()["accessKeyId"] == key
    assert keys_of(aws, user_name) == found
    assert stack.steps() == []


def test_a_key_that_is_gone_is_not_taken_back(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    """An update that failed for another reason than a raise: the generation before is gone."""
    stack = new_stack(userName=user_name, keyGeneration=2)
    stack.up()
    found = keys_of(aws, user_name)
    stack.config(userName=user_name, keyGeneration=2, previousKey="inactive", groups=["no-such-group"])
    assert stack.up(check=False).code != 0
    found = keys_of(aws, user_name)
    stack.config(userName=user_name, keyGeneration=1)
    for _ in range(2):
        ran = stack.up(check=False)
        assert ran.code != 0
        assert "must not go down: the key of generation 1 was deleted; set it to 2 again" in ran.text
        assert keys_of(aws, user_name) == found


def test_the_calendar_s_other_days_are_refused_with_a_first_day_that_can_be_followed(
    new_stack: NewStack, aws: Aws, user_name: str
) -> None:
    def by_days(every: int, first: str) -> None:
        stack.config(userName=user_name, rotateEveryDays=every, rotateFrom=first)

    stack = new_stack(userName=user_name, keyGeneration=5)
    stack.up()
    key = stack.outputs()["accessKeyId"]
    by_days(30, str(schedule.today()))
    for every in (30, 90):
        by_days(every, str(schedule.today() - datetime.timedelta(days=1)))
        ran = stack.preview(check=False)
        first = re.search(r"set rotateFrom to (\S+) to keep the key in use", ran.text)
        assert ran.code != 0
        assert first is not None, ran.text
        by_days(every, first[1])
        stack.up()
        assert stack.open_outputs()["accessKeyId"] == key
    stack.config(userName=user_name)
    assert "set keyGeneration to 5 to keep the key in use, or to 6 to replace it" in stack.preview(check=False).text
    stack.config(userName=user_name, keyGeneration=5)
    stack.up()
    assert list(keys_of(aws, user_name)) == [key]


def test_a_jump_within_a_slot_is_refused_in_a_preview(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    stack = new_stack(userName=user_name)
    stack.up()
    found = keys_of(aws, user_name)
    stack.config(userName=user_name, keyGeneration=3)
    for ran in (stack.preview(check=False), stack.up(check=False)):
        assert ran.code != 0
        assert "must go up by one, or by another odd number (from 1 to 3)" in ran.text
    assert keys_of(aws, user_name) == found
    stack.config(userName=user_name, keyGeneration=4)
    stack.up()
    assert len(keys_of(aws, user_name)) == 1


def test_a_key_is_given_back_within_the_secret_s_recovery_window(new_stack: NewStack, aws: Aws, user_name: str) -> None:
    config = {"userName": user_name, "secretsManager": {"name": f"sites/{user_name}"}}

    def in_vault() -> dict[str, Any]:
        found = aws.client("secretsmanager").get_secret_value(SecretId=f"sites/{user_name}")["SecretString"]
        return dict(json.loads(found))

    stack = new_stack(**config)
    stack.up()
    arn = stack.outputs()["secretArn"]
    stack.config(**config, createAccessKey=False)
    stack.up()
    assert keys_of(aws, user_name) == {}
    assert (in_vault()["accessKeyId"], in_vault()["secretAccessKey"]) == (None, None)
    assert stack.outputs()["secretArn"] == arn
    stack.config(**config)
    stack.up()
    assert list(keys_of(aws, user_name)) == [in_vault()["accessKeyId"]]
    assert stack.outputs()["secretArn"] == arn
