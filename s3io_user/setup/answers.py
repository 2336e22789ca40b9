"""The answers of `s3io-user init`: from flags, from its questions, or from an interrupted run. Pure."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

AGAIN = "run s3io-user init again: it continues where it stopped"


@dataclass(frozen=True)
class Answers:
    """Each is None until it is given. None is a secret: a passphrase that was typed stays in memory.

    An empty ``user_name`` lets Pulumi choose; an empty ``profile`` leaves the credentials to the environment.
    ``options`` maps each input that adds to a preset to a yes or no, or to its text (``""`` for none). ``state`` is
    ``current``, ``cloud``, ``local`` or a URL.
    """

    runs_on: str | None = None
    key_anyway: bool | None = None
    project: str | None = None
    state: str | None = None
    passphrase_file: str | None = None
    install: bool | None = None
    stack: str | None = None
    profile: str | None = None
    user_name: str | None = None
    existing_user: str | None = None
    access: str | None = None
    options: Mapping[str, bool | str] | None = None
    buckets: tuple[str, ...] | None = None
    region: str | None = None
    hand_over: str | None = None
    out: str | None = None
    out_profile: str | None = None
    store_name: str | None = None

    def over(self, other: "Answers") -> "Answers":
        """These answers, and the other's for the rest. A new user and an existing one exclude each other."""
        mine = self._given()
        if "user_name" in mine:
            other = replace(other, existing_user=None)
        if "existing_user" in mine:
            other = replace(other, user_name=None)
        options = {**(other.options or {}), **(self.options or {})} or None
        return replace(other, **{**mine, "options": options})

    def as_flags(self) -> str:
        """The same as flags of the command, for a shell."""
        return shlex.join(word for name, value in self._given().items() for word in _flags(name, value))

    def as_note(self) -> str:
        """The same as JSON."""
        return json.dumps(self._given(), indent=2) + "\n"

    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def read_note(text: str) -> Answers | None:
    """The answers that a note holds; None if the text is not such a note."""
    try:
        names = {field.name for field in fields(Answers)}
        values: dict[str, Any] = {name: value for name, value in json.loads(text).items() if name in names}
    except (ValueError, AttributeError, RecursionError):
        return None
    if "buckets" in values and isinstance(values["buckets"], list):
        values["buckets"] = tuple(map(str, values["buckets"]))
    return Answers(**values) if all(_fits(name, value) for name, value in values.items()) else None


def _fits(name: str, value: Any) -> bool:
    if name in ("key_anyway", "install"):
        return isinstance(value, bool)
    if name == "options":
        return isinstance(value, dict) and all(isinstance(each, bool | str) for each in value.values())
    return isinstance(value, tuple if name == "buckets" else str)


def _flags(name: str, value: Any) -> list[str]:
    if name == "options":
        return [word for option, given in value.items() for word in _flags(option, given)]
    if name == "buckets":
        return [word for bucket in value for word in ("--bucket", bucket)]
    return [flag(name, value)] if isinstance(value, bool) else [flag(name), value]


def flag(name: str, given: bool = True) -> str:
    """An answer's flag: ``--user-name``, or ``--no-allow-acl``."""
    word = "bucket" if name == "buckets" else name.replace("_", "-")
    return f"--{word}" if given else f"--no-{word}"
