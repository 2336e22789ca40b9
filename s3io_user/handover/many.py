"""The credentials of many users: together in one text, or in a file for each. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials
from s3io_user.handover.formats import RENDERERS, render_csv, render_ini, render_json
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
    """One user's credentials: its stack, None where there is one stack, and its name in that stack's outputs."""

    stack: str | None
    name: str
    pair: Credentials = field(repr=False)

    def __str__(self) -> str:
        return f"{legible(self.name)} in {self.stack}" if self.stack else legible(self.name)


def together(form: str, every: Sequence[Handed]) -> str:
    """One text with every user. Raises S3IOError for two users that it could not tell apart.

    JSON is an object by stack, where there are several, and by user; CSV has a line for each user, and ini a profile,
    called by the user's name in AWS.
    """
    if form == "json":
        return json.dumps(_by_name(every), indent=2) + "\n"
    refuse_same_names(every)
    if form == "ini":
        return "\n".join(render_ini(each.pair, each.pair.user_name) for each in every)
    head = render_csv(every[0].pair).splitlines()[0]
    return "\n".join([head, *(render_csv(each.pair).splitlines()[1] for each in every), ""])


def _by_name(every: Sequence[Handed]) -> Mapping[str, object]:
    stacks: dict[str | None, dict[str, object]] = {}
    for each in every:
        stacks.setdefault(each.stack, {})[each.name] = json.loads(render_json(each.pair))
    return stacks[None] if None in stacks else {str(stack): users for stack, users in stacks.items()}


def apart(form: str, every: Sequence[Handed]) -> dict[str, str]:
    """The text of a file for each user, by the file's name. Raises S3IOError for two users of one name."""
    refuse_same_names(every)
    return {f"{each.pair.user_name}.{ENDINGS[form]}": _text(form, each.pair) for each in every}


def _text(form: str, pair: Credentials) -> str:
    return RENDERERS[form](pair)


def refuse_same_names(every: Sequence[Handed]) -> None:
    """Raise S3IOError if two users, of two accounts, have one name in AWS."""
    known: dict[str, Handed] = {}
    for each in every:
        other = known.setdefault(each.pair.user_name.lower(), each)
        if other is not each:
            raise S3IOError(
                f"two users are called {each.pair.user_name}: {other} and {each}. Export one stack at a time, or use "
                "--format json --out FILE, which keeps stacks apart"
            )
