"""What `s3io-user init` was told: by flags, at its questions, or by the run that was interrupted. Pure."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Answers:
    """Each is None until it is known. No secret is among them: a passphrase that is typed stays in memory.

    ``user_name`` and ``profile`` may be ``""``: Pulumi chooses the name, and the environment says which credentials.
    ``options`` maps the inputs that add to a preset to whether they are wanted, or to their text (``""`` for none).
    ``state`` is ``current``, ``cloud``, ``local`` or a URL.
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
        """These answers, and where there is none the other's. A new user and an existing one exclude each other."""
        mine = {name: value for name, value in _known(self).items() if value is not None}
        if "user_name" in mine:
            other = replace(other, existing_user=None)
        if "existing_user" in mine:
            other = replace(other, user_name=None)
        options = {**(other.options or {}), **(self.options or {})} or None
        return replace(other, **{**mine, "options": options})

    def as_flags(self) -> str:
        """The same as flags of the command, for a shell."""
        words: list[str] = []
        for name, value in _known(self).items():
            words += _flags(name, value)
        return shlex.join(words)

    def as_note(self) -> str:
        """The same as JSON."""
        return json.dumps({name: value for name, value in _known(self).items() if value is not None}, indent=2) + "\n"


def read_note(text: str) -> Answers | None:
    """The answers of a note, or None for a text that is none."""
    try:
        found = json.loads(text)
        known = {field.name for field in fields(Answers)}
        values: dict[str, Any] = {name: value for name, value in found.items() if name in known}
    except (ValueError, AttributeError, RecursionError):
        return None
    if "buckets" in values and isinstance(values["buckets"], list):
        values["buckets"] = tuple(map(str, values["buckets"]))
    return Answers(**values) if all(_fits(name, value) for name, value in values.items()) else None


def _known(answers: Answers) -> dict[str, Any]:
    return asdict(answers)


def _fits(name: str, value: Any) -> bool:
    if name in ("key_anyway", "install"):
        return isinstance(value, bool)
    if name == "options":
        return isinstance(value, dict) and all(isinstance(each, bool | str) for each in value.values())
    return isinstance(value, tuple if name == "buckets" else str)


def _flags(name: str, value: Any) -> list[str]:
    if value is None:
        return []
    if name == "options":
        return [word for option, given in value.items() for word in _flags(option, given)]
    if name == "buckets":
        return [word for bucket in value for word in ("--bucket", bucket)]
    return [flag(name, value)] if isinstance(value, bool) else [flag(name), value]


def flag(name: str, given: bool = True) -> str:
    """An answer's flag: ``--user-name``, or ``--no-allow-acl``."""
    word = "bucket" if name == "buckets" else name.replace("_", "-")
    return f"--{word}" if given else f"--no-{word}"
