"""Generated inputs and stack config: each is refused by a sentence for each fault, or means exactly what it says."""

import json
import string
from collections.abc import Callable
from enum import Enum
from random import Random
from typing import Any

import pulumi as sdk
import pytest

from s3io_user.errors import InputError, S3IOError
from s3io_user.iam.pasted import cleaned
from s3io_user.inputs.checks import resolve
from s3io_user.inputs.config import KEYS, Setup, read_setup
from s3io_user.inputs.fields import FIELDS, Inputs
from s3io_user.testing import deploy
from s3io_user.wording import legible
from tests import bad_inputs
from tests.bad_inputs import TOO_DEEP, any_value, complaint, input_complaint, json_value, spoilt, text, written
from tests.unit.inputs.test_checks import GOOD, WITH

# The first packet of a real public key.
PGP_KEY = "xjMEawZQbBYJKwYBBAHaRw8BAQdAVY+xgMIrARhtQU4vJtKPYL13bb1r4S+vePegF6rtNujC"
POLICY = json.loads(GOOD["policy"])


def test_the_shares_make_the_whole() -> None:
    assert sum(bad_inputs.share(surface) for surface in bad_inputs.SURFACES) == bad_inputs.COUNT
    assert sum(bad_inputs.SURFACES.values()) == 100


# ---- the component's inputs ------------------------------------------------------------------------------------------


def some_args(source: Random) -> Any:
    """Inputs of which at least one is bad."""
    if source.random() < 0.02:
        return any_value(source)
    names = source.sample(list(GOOD), source.choice([1, 1, 1, 2, 3]))
    good = GOOD | {"pgp_key": PGP_KEY} if source.random() < 0.3 else GOOD
    args = {name: spoilt(source, good[name], any_value) for name in names}
    args |= WITH.get(names[0], {}) if source.random() < 0.8 else {}
    if source.random() < 0.15:
        args[text(source, source.choice([*GOOD, "userName"]))] = any_value(source)
    return args


NAME = set(string.ascii_letters + string.digits + "_+=,.@-")
# What must be so of a value that was let through, said in another way than the product says it.
SOUND: dict[str, Callable[[Any], bool]] = {
    "user_name": lambda name: set(name) <= NAME and 0 < len(name) <= 64,
    "existing_user": lambda name: set(name) <= NAME and 0 < len(name) <= 128,
    "policy_name": lambda name: set(name) <= NAME and 0 < len(name) <= 128,
    "copy_permissions_from": lambda name: set(name) <= NAME and 0 < len(name) <= 128,
    "groups": lambda names: len(names) <= 10 and all(set(name) <= NAME and 0 < len(name) <= 128 for name in names),
    "path": lambda path: path[0] == path[-1] == "/" and all("!" <= one <= "~" for one in path) and len(path) <= 512,
    "tags": lambda tags: all(f"{key}{value}".encode() and len(value) <= 256 for key, value in tags.items()),
    "policy": lambda policy: not isinstance(policy, str) or bool(json.loads(cleaned(policy))["Statement"]),
    "buckets": lambda buckets: all("*" not in bucket[:-1] and len(bucket) > 2 for bucket in buckets),
    "key_generation": lambda number: 1 <= number <= 10**6,
    "rotate_every_days": lambda number: 1 <= number <= 3650,
}


def unsound(inputs: Inputs) -> str | None:
    """What is wrong with inputs that were let through."""
    for name, field in FIELDS.items():
        kind, value = field.kind, getattr(inputs, name)
        if value is None:
            continue
        if not isinstance(value, (list, tuple) if kind is list else kind) or (kind is int and isinstance(value, bool)):
            return f"{name} is let through as a {type(value).__name__}"
        if name in SOUND and not SOUND[name](value):
            return f"{name} is let through"
        plain = json.dumps(value, ensure_ascii=False)
        if name not in ("policy", "tags", "buckets") and not (plain.isascii() and plain.isprintable()):
            return f"{name} is let through with {plain[:100]!r}"
        if not issubclass(kind, Enum):
            plain.encode()
    return None


def test_args() -> None:
    def judge(args: Any) -> str | None:
        try:
            values = resolve(args)
        except InputError as error:
            return input_complaint(error, [*FIELDS, *(args if isinstance(args, dict) else ["args"])])
        return unsound(values)

    bad_inputs.run("args", some_args, judge)


# ---- stack config ----------------------------------------------------------------------------------------------------

CAMEL = {name: key for key, name in KEYS.items()}
PARTS = {"kms_key_id": "kmsKeyId", "recovery_window_in_days": "recoveryWindowInDays"}
GOOD_CONFIG = {
    CAMEL[name]: {PARTS.get(k, k): v for k, v in value.items()} if FIELDS[name].parts else value
    for name, value in GOOD.items()
}


def own_keys(source: Random) -> dict[str, Any]:
    """One user's keys, at least one of them bad."""
    names = source.sample(list(GOOD_CONFIG), source.choice([1, 1, 2]))
    keys = {name: spoilt(source, GOOD_CONFIG[name]) for name in names}
    if source.random() < 0.2:
        keys[text(source, source.choice(list(GOOD_CONFIG)))] = json_value(source)
    return keys


def some_config(source: Random) -> dict[str, str]:
    """A stack's config: the keys of one user, or the map of many, or anything in its place."""
    keys = own_keys(source) if source.random() < 0.6 else {}
    kind = source.randrange(10)
    if kind < 5:
        users = {(text(source, "blog") if source.random() < 0.4 else f"s{n}"): own_keys(source) for n in range(kind)}
        keys["users"] = spoilt(source, users) if source.random() < 0.3 else users
    elif kind == 5:
        keys["users"] = json_value(source)
    return {f"s3io-user:{key}": written(source, value) for key, value in (keys or own_keys(source)).items()}


def read_config(config: dict[str, str]) -> Setup:
    """What a program reads of a stack's config."""
    sdk.runtime.set_all_config(config)
    return read_setup(sdk.Config("s3io-user"))


def left_out(key: str, value: str) -> bool:
    """Whether a key may be missed among the inputs, for it says no more than its absence."""
    field = FIELDS[KEYS[key]]
    default = field.default.value if isinstance(field.default, Enum) else field.default
    return value in ("", "[]", "{}", "null", "*", '["*"]', "0", str(default), str(default).lower())


@pytest.fixture
def _no_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk.runtime.config.CONFIG, "get", dict)


def test_setup() -> None:
    def judge(config: dict[str, str]) -> str | None:
        try:
            setup = read_config(config)
        except InputError as error:
            own = [legible(key.removeprefix("s3io-user:")) for key in config]
            return input_complaint(error, [*(f"s3io-user:{key}" for key in [*KEYS, *own]), "users"])
        for name, given in setup.users.items():
            if fault := unsound(resolve(given)):
                return f"{name}: {fault}"
            keys = (
                {}
                if setup.many
                else {key.removeprefix("s3io-user:"): text for key, text in config.items() if key[10:] in KEYS}
            )
            if lost := [key for key, held in keys.items() if KEYS[key] not in given and not left_out(key, held)]:
                return f"{lost} is lost"
        return None

    bad_inputs.run("setup", some_config, judge)


# ---- what such runs have found ---------------------------------------------------------------------------------------

DEEP = bad_inputs.deep(100_000, list)


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        pytest.param(lambda: resolve([]), "args: must be a map of inputs by name (got [])", id="no-map"),
        pytest.param(lambda: resolve({"a\n\x1b[2J": 1}), r"a\n\x1b[2J: is not an input", id="unknown-input"),
        pytest.param(lambda: resolve({"x" * 999: 1}), f"{'x' * 240}…: is not an input", id="long-input"),
        pytest.param(lambda: resolve({"tls_only": DEEP}), "must be true or false (got <list>)", id="deep"),
        pytest.param(lambda: resolve({"access": DEEP}), "access: must be one of", id="deep-choice"),
        pytest.param(lambda: resolve({"policy_arns": [DEEP]}), "(got <list>)", id="deep-arn"),
        pytest.param(lambda: resolve({"tls_only": 10**5000}), "(got <int>)", id="digits"),
        pytest.param(
            lambda: resolve({"key_generation": 10**5000}), "of at most 1,000,000 (got <int>)", id="generation"
        ),
        pytest.param(lambda: resolve({"tls_only": bad_inputs.RUDE}), r"(got \x1b[31m\n", id="rude"),
        pytest.param(lambda: resolve({"tls_only": bad_inputs.MUTE}), "(got <_Mute>)", id="mute"),
        pytest.param(lambda: resolve({"tags": {"a": "\ud800"}}), r"the tag 'a' must hold letters", id="surrogate-tag"),
        pytest.param(lambda: resolve({"tags": {"a\n": "b"}}), r"the tag 'a\n' must hold letters", id="newline-tag"),
        pytest.param(lambda: resolve({"tags": {"a": DEEP}}), "as its value (got <list>)", id="deep-tag"),
        pytest.param(
            lambda: deploy(lambda: resolve({"secrets_manager": {"name": [sdk.Output.from_input("a")]}})),
            "secrets_manager.name: must be 1 to 512",
            id="output-within-a-list",
        ),
        pytest.param(
            lambda: resolve({"parameter_store": {"path": "/a", "\n": 1}}),
            r"parameter_store.\n: is not",
            id="unknown-part",
        ),
        pytest.param(
            lambda: read_config({"s3io-user:\u202e": "1"}), r"s3io-user:\u202e: is not a key", id="config-key"
        ),
        pytest.param(
            lambda: read_config({"s3io-user:tags": TOO_DEEP[0]}), "s3io-user:tags: must be a map", id="config"
        ),
        pytest.param(
            lambda: read_config({"s3io-user:users": '{"\\n": {"userName": "a"}}'}),
            r"users: a name must be at most 128 printable characters (got '\n')",
            id="users-name",
        ),
        pytest.param(
            lambda: read_config({"s3io-user:users": json.dumps({"x" * 129: {"userName": "a"}})}),
            "users: a name must be at most 128 printable characters",
            id="users-long-name",
        ),
        pytest.param(
            lambda: read_config({"s3io-user:users": '{"\\n": {"path": "x"}}'}),
            r"users.\n.path: a path must",
            id="users-key",
        ),
        pytest.param(
            lambda: read_config({"s3io-user:users": '{"a": {"userName": "\\u001b"}, "b": {"userName": "\\u001b"}}'}),
            r"(got '\x1b' and '\x1b')",
            id="users-alike",
        ),
    ],
)
def test_found(refuse: Callable[[], object], said: str) -> None:
    with pytest.raises(S3IOError) as raised:
        refuse()
    assert said in str(raised.value)
    assert complaint(str(raised.value)) is None
