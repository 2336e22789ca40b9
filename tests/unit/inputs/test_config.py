"""Stack config: one user or many, defaults, and every fault at once; Pulumi.yaml and requirements.txt in step."""

import json
import re
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import yaml

from s3io_user.errors import InputError
from s3io_user.inputs.checks import resolve
from s3io_user.inputs.config import KEYS, OF_THE_COMMAND, Setup, read_setup
from s3io_user.inputs.fields import FIELDS
from s3io_user.testing import deploy
from tests.pyproject import EVERY_DEPENDENCY

PROJECT = Path(__file__).resolve().parents[3]
DECLARED: dict[str, dict[str, Any]] = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]


def in_config(value: Any) -> str:
    """A value as the engine hands it to a program."""
    return value if isinstance(value, str) else json.dumps(value)


def read(config: dict[str, Any], project: str = "s3io-user") -> Setup:
    """What a stack's config describes. Raises what the program raises."""
    found: list[Setup] = []
    texts = {key if ":" in key else f"{project}:{key}": in_config(value) for key, value in config.items()}
    deploy(lambda: found.append(read_setup()), config=texts, project=project)
    return found[0]


# ---- one user --------------------------------------------------------------------------------------------------------


def test_without_config_there_is_one_user_with_the_project_s_name() -> None:
    assert read({}) == Setup({"s3io-user": {}}, many=False)
    assert read({}, project="my-site") == Setup({"my-site": {}}, many=False)


def test_each_key_is_an_input_in_camel_case() -> None:
    config = {
        "userName": "site",
        "tags": {"site": "example"},
        "groups": ["editors"],
        "access": "optimizer",
        "buckets": ["photos/wp"],
        "tlsOnly": True,
        "forceDestroy": False,
        "keyGeneration": 3,
        "previousKey": "active",
        "secretsManager": {"name": "x", "kmsKeyId": "alias/x", "recoveryWindowInDays": 7},
        "parameterStore": {"path": "/x", "kmsKeyId": "alias/x"},
    }

    assert read(config).users == {
        "s3io-user": {
            "user_name": "site",
            "tags": {"site": "example"},
            "groups": ["editors"],
            "access": "optimizer",
            "buckets": ["photos/wp"],
            "tls_only": True,
            "force_destroy": False,
            "key_generation": 3,
            "previous_key": "active",
            "secrets_manager": {"name": "x", "kms_key_id": "alias/x", "recovery_window_in_days": 7},
            "parameter_store": {"path": "/x", "kms_key_id": "alias/x"},
        }
    }


POLICY = "arn:aws:iam::aws:policy/"


@pytest.mark.parametrize(
    ("key", "text", "values"),
    [
        ("buckets", "my-photos", ["my-photos"]),
        ("buckets", "my-photos, media/wp-content , s3://old", ["my-photos", "media/wp-content", "s3://old"]),
        ("buckets", '["a-b", "c-d"]', ["a-b", "c-d"]),
        ("sourceIps", "198.51.100.7,2001:db8::/32", ["198.51.100.7", "2001:db8::/32"]),
        ("groups", "editors,of sites".replace(" ", "-"), ["editors,of-sites"]),
        ("policyArns", f"{POLICY}a,b, {POLICY}c,{POLICY}d", [f"{POLICY}a,b", f"{POLICY}c", f"{POLICY}d"]),
    ],
)
def test_a_list_may_be_one_text(key: str, text: str, values: list[str]) -> None:
    (one,) = read({key: text}).users.values()

    assert getattr(resolve(one), KEYS[key]) == values


@pytest.mark.parametrize("day", ["2026-01-01", "2026-01-01 00:00:00 +0000 UTC", "2026-01-01T00:00:00Z"])
def test_a_day_without_quotes_which_yaml_makes_a_time_is_that_day(day: str) -> None:
    keys = {"rotateEveryDays": 30, "rotateFrom": day}
    both = [*read(keys).users.values(), *read({"users": {"blog": keys}}).users.values()]

    assert [resolve(args).rotate_from for args in both] == ["2026-01-01", "2026-01-01"]


def test_a_tag_s_number_or_truth_value_is_its_text() -> None:
    (args,) = read({"tags": {"cost": 4711, "public": True, "name": "x"}}).users.values()

    assert args == {"tags": {"cost": "4711", "public": "true", "name": "x"}}


def test_other_namespaces_are_left_alone() -> None:
    assert read({"aws:region": "eu-west-1", "other:userName": "x", "s3io-user-2:x": "y"}).users == {"s3io-user": {}}


def test_what_the_engine_fills_in_is_left_out() -> None:
    filled = {key: declared["default"] for key, declared in DECLARED.items()}

    assert read(filled) == Setup({"s3io-user": {}}, many=False)


def test_every_bucket_is_written_as_a_star_so_that_an_empty_list_is_a_fault() -> None:
    assert read({"buckets": ["*"]}).users == read({"buckets": "*"}).users == {"s3io-user": {}}
    with pytest.raises(InputError) as raised:
        read({"buckets": ""})
    with pytest.raises(InputError) as raised:
        read({"buckets": []})
    assert str(raised.value) == (
        "s3io-user:buckets: must name at least one bucket, or be left out for every bucket (got none)"
    )


# ---- many users ------------------------------------------------------------------------------------------------------


def test_users_have_their_own_keys_and_the_others_as_defaults() -> None:
    setup = read(
        {
            "access": "optimizer",
            "tlsOnly": True,
            "secretsManager": {"name": "x"},
            "users": {
                "blog": {"buckets": ["blog"]},
                "shop": {
                    "access": "read-only",
                    "tlsOnly": False,
                    "secretsManager": {"name": "y", "kmsKeyId": "alias/z"},
                },
                "wiki": None,
            },
        }
    )
    defaults = {"access": "optimizer", "tls_only": True, "secrets_manager": {"name": "x"}}

    assert setup == Setup(
        {
            "blog": {**defaults, "buckets": ["blog"]},
            "shop": {
                "access": "read-only",
                "tls_only": False,
                "secrets_manager": {"name": "y", "kms_key_id": "alias/z"},
            },
            "wiki": defaults,
        },
        many=True,
    )


def test_a_user_may_take_a_narrow_default_away_by_saying_so() -> None:
    setup = read({"buckets": ["photos"], "users": {"all": {"buckets": ["*"]}, "one": None}})

    assert setup.users == {"all": {}, "one": {"buckets": ["photos"]}}


def test_a_user_s_key_without_a_value_is_the_default_and_opens_nothing() -> None:
    setup = read({"buckets": ["photos"], "users": {"blog": {"buckets": None, "access": None}}})

    assert setup.users == {"blog": {"buckets": ["photos"]}}


def test_an_empty_map_of_users_is_no_map_of_users() -> None:
    assert read({"users": {}}) == Setup({"s3io-user": {}}, many=False)


NO_FILE = "users: must be a map, or the name of a file that ends in .json, .yaml or .yml (got '{}')"
WHOLE = "must be a whole number of at most 1,000,000"
NOT_USERS = "users: must be a map from each user's name to that user's keys"


@pytest.mark.parametrize(
    ("config", "sentences"),
    [
        pytest.param({"bucket": ["x"]}, ["s3io-user:bucket: is not a key (did you mean 'buckets'?)"], id="unknown-key"),
        pytest.param(
            {"Users": {}}, ["s3io-user:Users: is not a key (did you mean 'users'?)"], id="users-in-another-case"
        ),
        pytest.param(
            {"user_name": "x"}, ["s3io-user:user_name: is not a key (did you mean 'userName'?)"], id="snake-case"
        ),
        pytest.param(
            {"zzz": "x"},
            [f"s3io-user:zzz: is not a key (known: {', '.join([*KEYS, 'users', *OF_THE_COMMAND])})"],
            id="nothing-near",
        ),
        pytest.param(
            {"secretsManager": {"name": "x", "kmsKeyID": "y", "kms_key_id": "z", "zzz": 1}},
            [
                "s3io-user:secretsManager.kmsKeyID: is not a key (did you mean 'kmsKeyId'?)",
                "s3io-user:secretsManager.kms_key_id: is not a key (did you mean 'kmsKeyId'?)",
                "s3io-user:secretsManager.zzz: is not a key (known: name, kmsKeyId, recoveryWindowInDays)",
            ],
            id="unknown-part",
        ),
        pytest.param(
            {"secretsManager": {"Name": "x"}},
            ["s3io-user:secretsManager.Name: is not a key (did you mean 'name'?)"],
            id="unknown-part-alone",
        ),
        pytest.param(
            {"users": {"blog": {"buckets": None, "sourceIps": None, "path": None}}, "sourceIps": ["198.51.100.7"]},
            ["users.blog.buckets: has no value, which would not narrow the permissions: set it, or remove it"],
            id="a-narrow-key-without-a-value",
        ),
        pytest.param(
            {"tags": {"version": 1.1}},
            ["s3io-user:tags: the tag 'version' must have a string as its value (got 1.1)"],
            id="a-fraction-in-a-tag",
        ),
        pytest.param(
            {"users": {"blog": {"parameterStore": {"path": "/x", "kmsKey": "y"}}}},
            ["users.blog.parameterStore.kmsKey: is not a key (did you mean 'kmsKeyId'?)"],
            id="unknown-part-of-a-user",
        ),
        pytest.param(
            {"rotateFrom": "2026-01-31"},
            ["s3io-user:rotateFrom: has no effect without rotateEveryDays"],
            id="another-key-named",
        ),
        pytest.param(
            {"users": {"blog": {"existingUser": "x", "path": "/x/"}}},
            ["users.blog.path: applies to a new user, so it can't be combined with existingUser"],
            id="another-key-of-a-user-named",
        ),
        pytest.param(
            {"users": {"blog": {"bucket": ["x"]}, "shop": {"Tags": {}, "users": {}}}},
            [
                "users.blog.bucket: is not a key (did you mean 'buckets'?)",
                "users.shop.Tags: is not a key (did you mean 'tags'?)",
                "users.shop.users: is not a key (did you mean 'userName'?)",
            ],
            id="unknown-key-of-a-user",
        ),
        pytest.param({"users": {"blog": []}}, [NOT_USERS], id="user-is-a-list"),
        pytest.param({"users": {"blog": "x"}}, [NOT_USERS], id="user-is-a-string"),
        pytest.param({"users": ["blog"]}, [NOT_USERS], id="users-are-a-list"),
        pytest.param({"users": 5}, [NO_FILE.format(5)], id="users-are-a-number"),
        pytest.param({"users": {"": {}}}, [NOT_USERS], id="user-without-a-name"),
        pytest.param({"users": "blog"}, [NO_FILE.format("blog")], id="users-are-a-string"),
        pytest.param({"tlsOnly": "yes"}, ["s3io-user:tlsOnly: must be true or false (got 'yes')"], id="bool"),
        pytest.param({"keyGeneration": "x"}, [f"s3io-user:keyGeneration: {WHOLE} (got 'x')"], id="int"),
        pytest.param(
            {"rotateEveryDays": "90d", "rotateFrom": "2026-01-01"},
            [f"s3io-user:rotateEveryDays: {WHOLE} (got '90d')"],
            id="a-number-that-is-none-is-still-given",
        ),
        pytest.param({"keyGeneration": 1.5}, [f"s3io-user:keyGeneration: {WHOLE} (got '1.5')"], id="fraction"),
        pytest.param(
            {"buckets": "["},
            ["""s3io-user:buckets: must be a list like ["one", "two"], as JSON (got '[')"""],
            id="list-as-text",
        ),
        pytest.param(
            {"buckets": " , "},
            ["s3io-user:buckets: must name at least one bucket, or be left out for every bucket (got none)"],
            id="no-bucket",
        ),
        pytest.param(
            {"region": "eu-west-1"},
            ["s3io-user:region: is not a key (did you mean 'aws:region'? pulumi config set aws:region …)"],
            id="region",
        ),
        pytest.param(
            {"aws_secret_key": "x"},
            [
                "s3io-user:aws_secret_key: is not a key (did you mean 'aws:secretKey'? "
                "pulumi config set --secret aws:secretKey …)"
            ],
            id="secret-key",
        ),
        pytest.param({"buckets": {"a": 1}}, ["s3io-user:buckets: must be a list (got {'a': 1})"], id="list-as-map"),
        pytest.param(
            {"tags": "{"},
            ["""s3io-user:tags: must be a map like {"name": "example"}, as JSON (got '{')"""],
            id="map-as-text",
        ),
        pytest.param(
            {"tags": ["x"]}, ["s3io-user:tags: must be a map of keys to values (got ['x'])"], id="map-as-list"
        ),
        pytest.param(
            {"secretsManager": {"name": "a b"}},
            ["s3io-user:secretsManager.name: must be 1 to 512 letters, digits and / _ + = . @ - (got 'a b')"],
            id="part",
        ),
        pytest.param(
            {"users": {"blog": {"keyGeneration": float("inf")}}},
            ["users.blog.keyGeneration: must be a whole number from 1 (got inf)"],
            id="infinity",
        ),
        pytest.param(
            {"users": {"blog": {"userName": 5}}},
            ["users.blog.userName: must be a string (got 5)"],
            id="name-is-a-number",
        ),
        pytest.param(
            {"users": {"blog": {"userName": "Site"}, "shop": {"userName": "site"}}},
            ["users: each userName must be unique without regard to case (got 'Site' and 'site')"],
            id="same-name",
        ),
        pytest.param(
            {"userName": "site", "users": {f"site{number}": {} for number in range(11)}},
            [
                "s3io-user:userName: is the name of 11 of the users: remove it here, and give each a userName of its "
                "own (got 'site')"
            ],
            id="same-name-by-default",
        ),
        pytest.param(
            {"users": {f"site{number}": {"userName": "site"} for number in range(5)}},
            ["users: each userName must be unique without regard to case (got 'site' and 'site', and of 3 more)"],
            id="same-name-five-times",
        ),
        pytest.param(
            {"path": "sites", "users": {"blog": {}, "shop": {"userName": "a b"}, "wiki": {"path": "/wiki/"}}},
            [
                "s3io-user:path: a path must begin and end with '/' and hold printable ASCII without spaces in between "
                "(got 'sites')",
                "users.shop.userName: a user name must be 1 to 64 of letters, digits and _ + = , . @ - (got 'a b')",
            ],
            id="a-default-that-is-wrong-for-several",
        ),
        pytest.param(
            {"allowAcl": True, "users": {"blog": {"access": "optimizer"}, "shop": {}}},
            ["users.shop.allowAcl: has no effect unless access is 'optimizer' (got 's3-access')"],
            id="a-default-that-does-not-go-with-one",
        ),
        pytest.param(
            {
                "tlsOnly": "yes",
                "bucket": "x",
                "users": {
                    "blog": {"path": f"/{'x' * 511}/", "bucket": "y", "tls_only": True},
                    "shop": {"groups": [""]},
                    "wiki": {"userName": "a b"},
                },
            },
            [
                "s3io-user:bucket: is not a key (did you mean 'buckets'?)",
                "users.blog.bucket: is not a key (did you mean 'buckets'?)",
                "users.blog.tls_only: is not a key (did you mean 'tlsOnly'?)",
                "users.blog.path: a path must have at most 512 characters (got 513)",
                "s3io-user:tlsOnly: must be true or false (got 'yes')",
                "users.shop.groups: a group name must be 1 to 128 of letters, digits and _ + = , . @ - (got '')",
                "users.wiki.userName: a user name must be 1 to 64 of letters, digits and _ + = , . @ - (got 'a b')",
            ],
            id="all-at-once",
        ),
    ],
)
def test_a_fault_names_the_key_as_the_stack_s_config_does(config: dict[str, Any], sentences: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        read(config)
    assert str(raised.value).split("\n") == sentences


# ---- Pulumi.yaml and requirements.txt --------------------------------------------------------------------------------

TYPES = {str: "string", bool: "boolean", int: "integer"}


def test_pulumi_yaml_declares_every_input_and_users_in_order() -> None:
    assert list(DECLARED) == [*KEYS, "users"]


@pytest.mark.parametrize("key", [*KEYS, "users"])
def test_pulumi_yaml_says_each_key_s_type_and_meaning(key: str) -> None:
    declared = DECLARED[key]
    kind = dict if key == "users" else FIELDS[KEYS[key]].kind

    # A key with a type is refused by Pulumi where it has another; the other kinds come as text too.
    typed = str if issubclass(kind, Enum) else kind
    assert declared.get("type") == TYPES.get(typed)
    assert type(declared["default"]) is (typed if typed in TYPES else str)
    assert len(declared["description"]) > 15
    assert declared["description"].endswith((".", ")"))


def test_requirements_are_the_package_s_dependencies() -> None:
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    required = [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    assert required == EVERY_DEPENDENCY
    assert all(re.fullmatch(r"[a-z0-9-]+>=[\d.]+,<[\d.]+", each) for each in required)
