"""Reads the stack config: from the keys of the project's namespace to the inputs of one user, or of many."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple, cast

import pulumi
from pulumi.runtime.config import is_config_secret
from pulumi.runtime.settings import get_root_directory

from s3io_user import wording
from s3io_user.errors import InputError
from s3io_user.inputs import checks
from s3io_user.inputs.args import S3IOUserArgs
from s3io_user.inputs.fields import FIELDS
from s3io_user.inputs.late import ComponentInputError, secret
from s3io_user.inputs.redaction import unquoted
from s3io_user.inputs.users_file import read_users_file
from s3io_user.inputs.written import as_written
from s3io_user.wording import camel_case, legible, shown

USERS = "users"
EVERY_BUCKET = ("*", ["*"])
"""Values of ``buckets`` that stand for every bucket; an empty list or string never does."""

_NAME_LIMIT = 128

KEYS = {camel_case(name): name for name in FIELDS}
"""The input that each config key sets."""

OF_THE_COMMAND = ("deliver", "quietFor")
"""Keys that `s3io-user rotate` reads; the program ignores them."""


class Setup(NamedTuple):
    """A stack's config: the inputs of each user by logical name, and whether it has ``users``."""

    users: dict[str, S3IOUserArgs]
    many: bool


def read_setup(config: pulumi.Config | None = None) -> Setup:
    """Read the stack's config: one user named after the project, or the map ``users``.

    With ``users``, the other keys are defaults for all of them. Raises ComponentInputError with every fault of every
    user, before anything is created.
    """
    config = config or pulumi.Config()
    hidden = [key for key in (*KEYS, USERS) if is_config_secret(f"{config.name}:{key}")]
    faults = _unknown_keys(_keys_of(config.name), f"{config.name}:")
    defaults = {key: value for key in KEYS if (value := _read(config, key, faults)) is not None}
    many = _users(_read(config, USERS, faults), faults)
    faults += _check(defaults, f"{config.name}:") if many is None else _check_users(many, defaults, f"{config.name}:")
    if faults:
        raise ComponentInputError(_without_secrets(name, reason, hidden) for name, reason in faults)
    if plain := [key for key in defaults if key in hidden and not FIELDS[KEYS[key]].secret]:
        pulumi.log.warn(f"{config.name}:{', '.join(plain)}: {_SHOWN_ALL_THE_SAME}")
    users = {pulumi.get_project(): defaults} if many is None else _with_defaults(many, defaults)
    return Setup({name: _with_secrets(_as_args(values), hidden) for name, values in users.items()}, many is not None)


def _users(many: Any, faults: list[tuple[str, str]]) -> Any:
    """The map ``users``, read from a file if the config names one."""
    if not isinstance(many, str):
        return many
    try:
        return read_users_file(many, get_root_directory() or ".")
    except InputError as error:
        faults += error.faults
        return {}


# The user's name, and what decides which resources there are, is in the state in any case.
_SHOWN_ALL_THE_SAME = "set as a secret, but the state and the outputs show it: set it without --secret"


def _with_secrets(args: S3IOUserArgs, hidden: Collection[str]) -> S3IOUserArgs:
    """Make the inputs that are secrets in the config secret; if ``users`` is one, all of them."""
    named = [name for name in args if USERS in hidden or camel_case(name) in hidden]
    return cast(S3IOUserArgs, {**args, **{name: _as_secret(name, args[name]) for name in named}})  # type: ignore[literal-required]


def _as_secret(name: str, value: Any) -> Any:
    value, field = checks.as_list(name, value), FIELDS[name]
    if not field.secret:
        return value
    return secret(value) if field.late else [secret(item) for item in value]


def _without_secrets(name: str, reason: str, hidden: Collection[str]) -> tuple[str, str]:
    place = re.split("[:.]", name)
    return (name, unquoted(reason)) if any(part in hidden for part in place) else (name, reason)


def _keys_of(namespace: str) -> list[str]:
    # Config has no public list of its keys; it reads this map.
    every = {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    return [key.removeprefix(f"{namespace}:") for key in every if key.startswith(f"{namespace}:")]


def _unknown_keys(keys: list[str], prefix: str) -> list[tuple[str, str]]:
    valid = [*KEYS, *([USERS] if prefix.endswith(":") else ()), *OF_THE_COMMAND]
    unknown = [key for key in keys if key not in valid]
    return [(prefix + legible(key), f"is not a key ({_meant(key, valid)})") for key in unknown]


# Keys of Pulumi's AWS provider.
_OF_AWS = (
    "region",
    "profile",
    "accessKey",
    "secretKey",
    "token",
    "assumeRole",
    "assumeRoles",
    "endpoints",
    "maxRetries",
)


def _meant(key: str, valid: list[str]) -> str:
    of_aws = {name.lower(): name for name in _OF_AWS}.get(re.sub("[^a-z]", "", key.lower()).removeprefix("aws"))
    if of_aws is None:
        return wording.nearest(key, valid)
    secret = " --secret" if of_aws in ("accessKey", "secretKey", "token") else ""
    return f"did you mean 'aws:{of_aws}'? pulumi config set{secret} aws:{of_aws} …"


def _read(config: pulumi.Config, key: str, faults: list[tuple[str, str]]) -> Any:
    """A key's value, or None if it is the default in Pulumi.yaml."""
    kind = dict if key == USERS else FIELDS[KEYS[key]].kind
    readers: dict[type, Callable[[str], Any]] = {
        bool: config.get_bool,
        int: config.get_int,
        list: lambda key: _structure(config.get(key)),
        dict: lambda key: _structure(config.get(key)),
    }
    try:
        value = readers.get(kind, config.get)(key)
    except (pulumi.ConfigTypeError, ValueError, RecursionError):
        if kind in (bool, int):
            return config.get(key)  # as text, which the check of all inputs refuses
        wanted = 'a list like ["one", "two"]' if kind is list else 'a map like {"name": "example"}'
        faults.append((f"{config.name}:{key}", f"must be {wanted}, as JSON (got {shown(config.get(key))})"))
        return None
    return None if _left_out(key, value) else value


def _structure(text: str | None) -> Any:
    """A list or map from JSON; any other string as it is, since it may be a list of one item."""
    return json.loads(text) if text and text.lstrip()[:1] in ("[", "{") else text


def _left_out(key: str, value: Any) -> bool:
    """Whether a value is the default in Pulumi.yaml, where the engine requires one for every key."""
    if key == "buckets":
        return value in EVERY_BUCKET
    default = None if key == USERS else FIELDS[KEYS[key]].default
    return (
        value in ("", [], {})
        or (key == "rotateEveryDays" and value == 0)
        or (default is not None and bool(value == default))
    )


def _check(values: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    faults = _unknown_parts(values, prefix)
    misspelled = {name.rpartition(".")[0] for name, _ in faults}
    try:
        checks.resolve(_as_args(values))
    except InputError as error:
        # Without its misspelled parts a map may lack one, which is no fault of its own.
        named = [(prefix + _as_in_config(name), _as_in_config(reason)) for name, reason in error.faults]
        faults += [(name, reason) for name, reason in named if name not in misspelled]
    return faults


def _as_in_config(text: str) -> str:
    """A sentence with its inputs spelled as in the config."""
    return re.sub(r"\b[a-z]+(_[a-z]+)+\b", lambda word: camel_case(word[0]) if word[0] in _SPELLED else word[0], text)


_SPELLED = {*FIELDS, *(part for field in FIELDS.values() for part in field.parts or ())}


def _unknown_parts(values: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    faults = []
    for key, value in values.items():
        valid = [camel_case(part) for part in FIELDS[KEYS[key]].parts or ()]
        unknown = [part for part in value if part not in valid] if valid and isinstance(value, Mapping) else []
        faults += [
            (f"{prefix}{key}.{legible(part)}", f"is not a key ({wording.nearest(part, valid)})") for part in unknown
        ]
    return faults


_TAKEN_AWAY = (*(("buckets", every) for every in EVERY_BUCKET), ("rotateEveryDays", 0))


def _with_defaults(users: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each user's keys, with the defaults. A key without a value is ignored: ``buckets:`` must not open every bucket.

    ``buckets: ["*"]`` and ``rotateEveryDays: 0`` remove a default.
    """
    every = {}
    for name, own in users.items():
        merged = {**defaults, **{key: value for key, value in (own or {}).items() if value is not None}}
        every[name] = {
            key: value for key, value in merged.items() if (key, value) not in _TAKEN_AWAY and key not in OF_THE_COMMAND
        }
    return every


def _check_users(users: Any, defaults: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    maps = isinstance(users, Mapping) and all(isinstance(own, Mapping | None) for own in users.values())
    if not maps or not all(users):
        return [(USERS, "must be a map from each user's name to that user's keys")]
    # A name goes into URNs, and is printed on the terminal.
    odd = [name for name in users if len(name) > _NAME_LIMIT or not name.isprintable()]
    faults = [(USERS, f"a name must be at most {_NAME_LIMIT} printable characters (got {shown(name)})") for name in odd]
    faults += [
        (f"{USERS}.{legible(name)}.{key}", "has no value, which would not narrow the permissions: set it, or remove it")
        for name, own in users.items()
        for key in (own or {}).keys() & _NARROW - defaults.keys()
        if own[key] is None
    ]
    every = _with_defaults(users, defaults)
    return [*faults, *_faults_of_each(users, every, prefix), *_same_names(users, every, prefix)]


_NARROW = {camel_case(name) for name, field in FIELDS.items() if field.of_document or name == "permissions_boundary"}


def _faults_of_each(
    users: Mapping[str, Any], every: Mapping[str, Mapping[str, Any]], prefix: str
) -> list[tuple[str, str]]:
    """The faults of each user's keys; a fault of a default is reported once, for the default."""
    places_of: dict[tuple[str, str], list[str]] = {}
    for name, values in every.items():
        place, own = f"{USERS}.{legible(name)}.", users[name] or {}
        for fault in _unknown_keys(list(own), place):
            places_of[fault] = []
        for key, reason in _check({key: value for key, value in values.items() if key in KEYS}, ""):
            if own.get(key.split(".")[0]) is not None:
                places_of[(place + key, reason)] = []
            else:
                places_of.setdefault((key, reason), []).append(place)
    return [
        (places[0] + key if len(places) == 1 else f"{prefix}{key}" if places else key, reason)
        for (key, reason), places in places_of.items()
    ]


def _same_names(
    users: Mapping[str, Any], every: Mapping[str, Mapping[str, Any]], prefix: str
) -> Iterator[tuple[str, str]]:
    """A fault for each name that several users would have. IAM ignores case in names."""
    together: dict[str, list[str]] = {}
    for logical, values in every.items():
        if isinstance(name := values.get("userName"), str):
            together.setdefault(name.lower(), []).append(logical)
    for same in together.values():
        first, *others = (shown(every[logical]["userName"]) for logical in same)
        inherited = [logical for logical in same if (users[logical] or {}).get("userName") is None]
        if len(inherited) > 1:
            reason = f"is the name of {len(same)} of the users: remove it here, and give each a userName of its own"
            yield f"{prefix}userName", f"{reason} (got {first})"
        elif others:
            several = f", and of {len(others) - 1} more" if len(others) > 1 else ""
            reason = f"each userName must be unique without regard to case (got {first} and {others[0]}{several})"
            yield USERS, reason


def _as_args(values: Mapping[str, Any]) -> S3IOUserArgs:
    return cast(S3IOUserArgs, {KEYS[key]: _in_snake_case(KEYS[key], value) for key, value in values.items()})


def _in_snake_case(name: str, value: Any) -> Any:
    """A value as it was written; of a nested input the Python names of its parts, without unknown ones."""
    parts = FIELDS[name].parts
    if parts is None or not isinstance(value, Mapping):
        return as_written(name, value)
    names = {camel_case(part): part for part in parts}
    return {names[key]: item for key, item in value.items() if key in names}
