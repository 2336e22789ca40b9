"""The keys beyond their slots, under mocks: the calendar, the proof that they work, PGP, and the stores."""

import base64
import datetime
import json
from types import SimpleNamespace
from typing import Any

import pulumi
import pulumi_aws as aws
import pysequoia
import pytest

from s3io_user import InputError, S3IOUser, S3IOUserArgs
from s3io_user.keys import schedule
from s3io_user.testing import Deployment, deploy

KEY = "aws:iam/accessKey:AccessKey"
STASH = "pulumi:index:Stash"
SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
PARAMETER = "aws:ssm/parameter:Parameter"
GIVES_RIGHTS = (
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/userGroupMembership:UserGroupMembership",
)


def make(args: S3IOUserArgs) -> Deployment:
    return deploy(lambda: S3IOUser("site", args), config={"aws:region": "eu-west-1"})


@pytest.fixture(scope="module")
def public_key() -> str:
    return base64.b64encode(bytes(pysequoia.Tsk.generate("Site <site@example.com>").extract_certificate())).decode()


def days_ago(days: int) -> str:
    return str(schedule.today() - datetime.timedelta(days=days))


@pytest.mark.parametrize(
    ("ago", "current"), [(0, "site-b"), (29, "site-b"), (30, "site-a"), (59, "site-a"), (60, "site-b")]
)
def test_the_generation_follows_from_the_days(ago: int, current: str) -> None:
    made = make({"rotate_every_days": 30, "rotate_from": days_ago(ago)})

    assert [key.name for key in made.of(KEY)] == [current]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        pytest.param(
            {"rotate_every_days": 30},
            r"rotate_from: is required with rotate_every_days, .* set it to 20\d\d-",
            id="no-first-day",
        ),
        pytest.param(
            {"rotate_from": "2026-01-01"}, "rotate_from: has no effect without rotate_every_days", id="no-days"
        ),
        pytest.param(
            {"rotate_every_days": 30, "rotate_from": "2026-01-01", "key_generation": 2},
            "rotate_every_days: can't be combined with key_generation",
            id="both",
        ),
        pytest.param({"rotate_every_days": 0, "rotate_from": "2026-01-01"}, "rotate_every_days: must be", id="zero"),
        pytest.param({"rotate_every_days": 1, "rotate_from": "1.1.2026"}, "rotate_from: must be a day like", id="date"),
        pytest.param({"rotate_every_days": 1, "rotate_from": days_ago(-2)}, "must not be in the future", id="future"),
        pytest.param({"pgp_key": "garbage!"}, "pgp_key: must be a public PGP key itself, in base64", id="pgp-garbage"),
        pytest.param({"pgp_key": "Z2FyYmFnZQ=="}, "pgp_key: must be a public PGP key itself", id="pgp-other-bytes"),
        pytest.param(
            {"pgp_key": "-----BEGIN PGP"},
            "pgp_key: must be a public PGP key itself, in base64",
            id="pgp-armour-cut-off",
        ),
        pytest.param({"pgp_key": "keybase:"}, "pgp_key: must name a Keybase user", id="keybase"),
        pytest.param({"secrets_manager": {}}, "secrets_manager: must be a map with 'name'", id="no-secret-name"),
        pytest.param({"secrets_manager": {"name": "a b"}}, r"secrets_manager.name: must be 1 to 512", id="secret-name"),
        pytest.param(
            {"secrets_manager": {"name": "a", "recovery_window_in_days": 3}},
            r"secrets_manager.recovery_window_in_days: must be 0, or 7 to 30",
            id="recovery",
        ),
        pytest.param(
            {"secrets_manager": {"name": "a", "kmsKey": "x"}},
            r"secrets_manager.kmsKey: is not a key",
            id="part",
        ),
        pytest.param({"parameter_store": {"path": "x"}}, r"parameter_store.path: must be a path like", id="path"),
        pytest.param({"parameter_store": {"path": "/aws/x"}}, "must not begin with 'aws'", id="aws-path"),
    ],
)
def test_a_bad_input_is_one_sentence(args: S3IOUserArgs, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as raised:
        make(args)

    assert len(raised.value.faults) == 1


def test_a_private_pgp_key_is_refused_and_not_repeated() -> None:
    key = base64.b64encode(bytes(pysequoia.Tsk.generate("Site <site@example.com>"))).decode()
    with pytest.raises(InputError, match="this one is private") as raised:
        make({"pgp_key": key})

    assert key[:40] not in str(raised.value)


def test_with_a_pgp_key_the_secret_is_nowhere_and_the_outputs_say_so(public_key: str) -> None:
    made = make({"pgp_key": public_key})
    outputs = {name: output.value for name, output in made.outputs.items()}

    assert made.one(KEY).inputs["pgpKey"] == public_key
    assert outputs["secret_access_key"] is None
    assert outputs["encrypted_secret"] == "encrypted-site-b"
    assert outputs["credentials"]["secretAccessKey"] is None
    assert "only the owner of pgp_key can read the secret" in outputs["credentials"]["note"]


def test_a_previous_key_keeps_the_pgp_key_that_it_was_made_with(public_key: str) -> None:
    made = make({"pgp_key": public_key, "key_generation": 2, "previous_key": "active"})
    ignored = {key.name: list(key.request.ignoreChanges) for key in made.of(KEY)}

    assert ignored == {"site-a": [], "site-b": ["pgpKey"]}


def test_a_folded_key_reaches_aws_without_white_space(public_key: str) -> None:
    folded = " ".join(public_key[start : start + 76] for start in range(0, len(public_key), 76))

    assert make({"pgp_key": folded + "\n"}).one(KEY).inputs["pgpKey"] == public_key


def test_a_pgp_key_does_not_go_with_stores(public_key: str) -> None:
    with pytest.raises(InputError) as raised:
        make({"pgp_key": public_key, "secrets_manager": {"name": "a"}, "wait_until_usable": True})

    assert [name for name, _ in raised.value.faults] == ["secrets_manager", "wait_until_usable"]


def test_the_stores_hold_the_pair_as_one_value() -> None:
    made = make(
        {
            "buckets": ["photos"],
            "secrets_manager": {"name": "sites/example", "kms_key_id": "alias/mine", "recovery_window_in_days": 7},
            "parameter_store": {"path": "/sites/example", "kms_key_id": "alias/mine"},
        }
    )
    credentials: Any = made.outputs["credentials"].value

    assert json.loads(made.one(VERSION).inputs["secretString"]) == credentials
    assert json.loads(made.one(PARAMETER).inputs["value"]) == credentials
    assert made.one(SECRET).inputs["recoveryWindowInDays"] == 7
    assert made.one(SECRET).inputs["description"] == "The access key of an application outside AWS"
    assert made.one(SECRET).inputs["kmsKeyId"] == made.one(PARAMETER).inputs["keyId"] == "alias/mine"
    assert made.one(PARAMETER).inputs["type"] == "SecureString"
    assert made.outputs["parameter_names"].value == ["/sites/example/credentials"]
    assert str(made.outputs["secret_arn"].value).endswith(":secret:sites/example-AbCdEf")


def test_what_must_wait_for_the_new_key_waits() -> None:
    made = make(
        {
            "key_generation": 2,
            "previous_key": "inactive",  # type: ignore[typeddict-item]
            "wait_until_usable": True,
            "secrets_manager": {"name": "a"},
            "parameter_store": {"path": "/a"},
        }
    )
    current, previous = made.of(KEY)
    proof = made.one(STASH)

    assert proof.inputs["input"] == made.outputs["access_key_id"].value, "changes with the key"
    assert current.urn in proof.request.dependencies
    assert {current.urn, proof.urn} <= set(made.one(VERSION).request.dependencies)
    assert {current.urn, proof.urn} <= set(made.one(PARAMETER).request.dependencies)
    assert {current.urn, proof.urn, made.one(VERSION).urn, made.one(PARAMETER).urn} <= set(
        previous.request.dependencies
    )


@pytest.mark.parametrize(
    ("args", "number"),
    [
        pytest.param({}, 1, id="inline"),
        pytest.param({"policy_type": "managed", "groups": ["editors"]}, 2, id="managed-and-group"),
        pytest.param(
            {"access": "full", "policy_arns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]}, 2, id="full"
        ),
    ],
)
def test_a_key_waits_for_all_that_gives_the_rights(args: S3IOUserArgs, number: int) -> None:
    made = make(args)
    rights = [resource.urn for token in GIVES_RIGHTS for resource in made.of(token)]

    assert len(rights) == number
    assert set(rights) <= set(made.one(KEY).request.dependencies)


def test_each_generation_replaces_the_key_in_its_slot_and_no_other() -> None:
    triggers = {}
    for generation in range(1, 5):
        made = make({"key_generation": generation, "previous_key": "active"})  # type: ignore[typeddict-item]
        keys = made.of(KEY)
        assert all(each.request.deleteBeforeReplace for each in keys), "AWS allows two"
        triggers[generation] = {each.name: each.request.replacement_trigger.number_value for each in keys}

    assert triggers == {
        1: {"site-b": 1},
        2: {"site-a": 2, "site-b": 1},
        3: {"site-b": 3, "site-a": 2},
        4: {"site-a": 4, "site-b": 3},
    }


def test_a_full_quota_is_explained_for_each_way_to_aws() -> None:
    def program() -> None:
        here, there = pulumi.ResourceOptions(), pulumi.ResourceOptions(provider=aws.Provider("x", region="eu-west-1"))
        for name, options in (("site", here), ("blog", here), ("customer", there)):
            S3IOUser(name, {}, options)

    advice = {
        each.name: list(each.request.hooks.on_error)
        for each in deploy(program, config={"aws:region": "eu-west-1"}).of(KEY)
    }
    assert advice["site-b"] == advice["blog-b"] == ["key quota"], "one for all: each is a server of its own"
    assert len(advice["customer-b"]) == 1
    assert advice["customer-b"] != advice["site-b"], "that one does not ask the stack's own account"


def test_without_a_key_the_secret_s_name_is_kept_and_holds_no_key() -> None:
    made = make({"create_access_key": False, "secrets_manager": {"name": "a"}, "parameter_store": {"path": "/a"}})
    held = json.loads(made.one(VERSION).inputs["secretString"])

    assert (held["userName"], held["accessKeyId"], held["secretAccessKey"]) == ("site-1234567", None, None)
    assert str(made.outputs["secret_arn"].value).endswith(":secret:a-AbCdEf")
    assert made.of(PARAMETER) == []
    assert made.outputs["parameter_names"].value == []


def test_without_a_pgp_key_no_output_says_that_there_is_one() -> None:
    answers = {KEY: lambda name, inputs: {"secret": "s", "encryptedSecret": "unasked"}}
    made = deploy(lambda: S3IOUser("site", {}), config={"aws:region": "eu-west-1"}, resources=answers)

    assert made.outputs["encrypted_secret"].value is None


def test_when_the_calendar_rotates_next_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda sentence, *_: said.append(sentence))
    make({"rotate_every_days": 30, "rotate_from": days_ago(1), "access": "optimizer"})  # type: ignore[typeddict-item]

    assert said == [str(schedule.due(days_ago(1), 30, schedule.today()))]


def test_a_key_that_is_off_is_not_waited_for() -> None:
    assert make({"wait_until_usable": True, "key_status": "Inactive"}).of(STASH) == []  # type: ignore[typeddict-item]


def test_the_proof_is_asked_for_when_a_key_is_made_and_when_it_is_replaced() -> None:
    hooks = make({"wait_until_usable": True}).one(STASH).request.hooks

    assert list(hooks.before_create) == list(hooks.before_update) == ["waitUntilUsable of site"]


ENDPOINT = "http://127.0.0.1:1"


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", None])
def test_the_new_key_itself_is_tried_where_it_is_known(region: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: list[Any] = []
    tried: list[tuple[Any, ...]] = []
    made = pulumi.ResourceHook.__init__

    def note(self: pulumi.ResourceHook, name: str, func: Any, opts: pulumi.ResourceHookOptions | None = None) -> None:
        hooks.extend([func] if name.startswith("waitUntilUsable") else [])
        made(self, name, func, opts)

    def wait(mine: Any, progress: Any, within: float) -> None:
        tried.append((mine.region, mine.endpoints, mine.access_key, mine.secret_key, mine.profile, within))

    async def program() -> S3IOUser:
        # boto3 is not given that file, and does not need it for the key that it tries.
        where: Any = {"endpoints": [{"sts": ENDPOINT}], "shared_credentials_files": ["theirs"]}
        provider = aws.Provider("customer", region=region, profile="customer", **where)
        site = S3IOUser("site", {"wait_until_usable": True}, pulumi.ResourceOptions(provider=provider))
        await hooks[0](None)
        return site

    monkeypatch.setattr(pulumi.ResourceHook, "__init__", note)
    monkeypatch.setattr("s3io_user.aws.waiting.wait_until_usable", wait)
    monkeypatch.setattr("s3io_user.aws.connection.Connection.default_region", lambda access: f"of {access.profile}")
    monkeypatch.setenv("S3IO_USER_USABLE_WITHIN", "7")
    outputs = deploy(program, config={"aws:region": "us-east-1"}).outputs

    key, secret = outputs["access_key_id"].value, outputs["secret_access_key"].value
    assert tried == [(region or "of customer", {"sts": ENDPOINT}, key, secret, None, 7.0)]


@pytest.mark.parametrize("own_provider", [False, True])
@pytest.mark.parametrize(
    ("error", "full"), [("LimitExceeded: AccessKeysPerUser: 2", True), ("AccessDenied: iam:CreateAccessKey", False)]
)
def test_a_full_quota_is_said_with_the_keys_that_fill_it(
    error: str, full: bool, own_provider: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    hooks: list[Any] = []
    made = pulumi.ErrorHook.__init__

    def note(self: pulumi.ErrorHook, name: str, func: Any) -> None:
        hooks.append(func)
        made(self, name, func)

    async def program() -> None:
        provider = aws.Provider("customer", region="eu-west-1", profile="customer") if own_provider else None
        S3IOUser("site", {}, pulumi.ResourceOptions(provider=provider))
        failure = SimpleNamespace(errors=["pulumi", error], new_inputs={"user": "old"})
        assert await hooks[0](failure) is False, "to try again would fail again"

    monkeypatch.setattr(pulumi.ErrorHook, "__init__", note)
    monkeypatch.setattr("s3io_user.aws.users.keys_of", lambda access, user: [f"{access.profile}'s key of {user}"])
    monkeypatch.setattr(pulumi.log, "error", lambda sentence, *_: said.append(sentence))
    deploy(program, config={"aws:region": "eu-west-1", "aws:profile": "ours"})

    assert len(said) == full
    # Another account's user of that name has other keys, which the stack's credentials can't see.
    whose = "customer" if own_provider else "ours"
    assert all(f"the two keys that AWS allows: {whose}'s key of old. " in sentence for sentence in said)


def test_no_hook_of_a_delete_is_ever_left_in_state() -> None:
    made = make({"key_generation": 2, "previous_key": "active", "wait_until_usable": True})  # type: ignore[typeddict-item]

    for resource in made.resources:
        hooks = resource.request.hooks
        assert not hooks.before_delete
        assert not hooks.after_delete
