"""The credentials of many users: together in one text, or in a file for each. Pure."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials
from s3io_user.handover.formats import RENDERERS, csv_rows, render_ini, render_json
from s3io_user.wording import legible

ENDINGS = {
    "csv": "csv",
    "env": "env",
    "ini": "ini",
    "json": "json",
    "wp-config": "php",
    "wp-cli": "sh",
    "rclone": "conf",
    "restic": "env",
    "s3cmd": "s3cfg",
}
"""How the name of a user's file ends, by its format."""
TOGETHER = ("csv", "ini", "json")
"""The formats of which one text holds many users."""


@dataclass(frozen=True)
class Handed:
    """One user's credentials: its stack, None where there is one stack, and its name in that stack's outputs.

    ``account`` is the number of its account, None if the outputs do not say.
    """

    stack: str | None
    name: str
    pair: Credentials = field(repr=False)
    account: str | None = None

    def __str__(self) -> str:
        return f"{legible(self.name)} in {self.stack}" if self.stack else legible(self.name)


def together(form: str, every: Sequence[Handed]) -> str:
    """One text with every user. Raises S3IOError for two users that it could not tell apart.

    JSON is an object by stack, where there are several, and by user; CSV has a line for each user, and ini a profile,
    called as ``names`` says.
    """
    if form == "json":
        return json.dumps(_by_name(every), indent=2) + "\n"
    named = list(zip(names(every), (each.pair for each in every), strict=True))
    if form == "ini":
        return "\n".join(render_ini(pair, name) for name, pair in named)
    return csv_rows(named)


def _by_name(every: Sequence[Handed]) -> Mapping[str, object]:
    stacks: dict[str | None, dict[str, object]] = {}
    for each in every:
        stacks.setdefault(each.stack, {})[each.name] = json.loads(render_json(each.pair))
    return stacks[None] if None in stacks else {str(stack): users for stack, users in stacks.items()}


def apart(form: str, every: Sequence[Handed]) -> dict[str, str]:
    """The text of a file for each user, by the file's name. Raises S3IOError for two that it could not tell apart."""
    return {
        f"{name}.{ENDINGS[form]}": RENDERERS[form](each.pair) for name, each in zip(names(every), every, strict=True)
    }


def names(every: Sequence[Handed]) -> list[str]:
    """What each user's file, profile or line is called: its name in AWS, and NAME@ACCOUNT if others have that name.

    Raises S3IOError if these are not different, without regard to case.
    """
    taken = Counter(each.pair.user_name.lower() for each in every)
    found: dict[str, tuple[str, Handed]] = {}
    for each in every:
        name = each.pair.user_name
        if taken[name.lower()] > 1 and each.account:
            name = f"{name}@{each.account}"
        _, other = found.setdefault(name.lower(), (name, each))
        if other is not each:
            raise S3IOError(
                f"two users are called {name}: {other} and {each}. Export one stack at a time, or use --format json "
                "--out FILE, which keeps stacks apart"
            )
    return [name for name, _ in found.values()]
