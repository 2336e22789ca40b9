"""Checks single answers, by the checks of the inputs and by Pulumi's rules for names."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from s3io_user.handover.formats import RENDERERS, profile_fault
from s3io_user.inputs.fields import FIELDS
from s3io_user.policy.presets import Access, preset_of
from s3io_user.setup.answers import Answers, flag
from s3io_user.setup.origins import ORIGINS
from s3io_user.setup.plan import STORES
from s3io_user.setup.project import name_fault
from s3io_user.wording import legible, shown

EVERY_BUCKET = "*"
LATER = "later"
HAND_OVERS = (*RENDERERS, *STORES, LATER)
STATES = ("current", "cloud", "local")


def faults(answers: Answers) -> Iterator[str]:
    """The faults of the answers: a sentence for each, which begins with the flag."""
    for name, check in _CHECKS.items():
        values = getattr(answers, name)
        for value in values if isinstance(values, tuple) else () if values in (None, "") else (values,):
            if fault := check(value):
                yield f"{flag(name)} {fault}"
    if answers.user_name and answers.existing_user:
        yield "--user-name and --existing-user exclude each other: a new user, or one that exists"
    if (
        answers.store_name
        and answers.hand_over in STORES
        and (fault := store_fault(answers.hand_over, answers.store_name))
    ):
        yield f"--store-name {fault}"
    if (
        answers.buckets
        and answers.access in {each.value for each in Access}
        and not preset_of(Access(answers.access)).has_document
    ):
        yield f"--bucket does not go with --access {answers.access}, which has no policy to narrow"
    for name, value in (answers.options or {}).items():
        if isinstance(value, str) and value and (fault := of_input(name)(value)):
            yield f"{flag(name)} {fault}"
    if answers.out and answers.hand_over in (*STORES, LATER):
        yield f"--out goes with a file's format, not with --hand-over {answers.hand_over}"
    if answers.out_profile and answers.hand_over != "ini":
        yield "--out-profile goes with --hand-over ini"


def of_input(name: str) -> Callable[[Any], str | None]:
    """The check of an input."""
    return FIELDS[name].check or (lambda _: None)


def bucket_fault(text: str) -> str | None:
    """Check a bucket; ``*`` stands for every bucket."""
    return None if text == EVERY_BUCKET else of_input("buckets")(text)


def store_fault(kind: str, name: str) -> str | None:
    """Check the name in a store."""
    return (FIELDS[kind.replace("-", "_")].parts or {})[STORES[kind][1]](name)


def region_fault(region: str) -> str | None:
    """Check a Region."""
    from s3io_user.aws.connection import known_regions

    return None if region in known_regions() else f"must be an AWS Region, such as eu-west-1 (got {shown(region)})"


def stack_fault(name: str) -> str | None:
    """Check a stack's name by Pulumi's rule; an organization and a project may precede it."""
    good = re.fullmatch(r"([A-Za-z0-9_.-]+/){0,2}[A-Za-z0-9_.-]{1,100}", name)
    return None if good else f"must be 1 to 100 letters, digits, '-', '_' and '.' (got {shown(name)})"


def state_fault(state: str) -> str | None:
    """Check where Pulumi is to keep its state."""
    if state in STATES or re.match(r"(https|file|s3|azblob|gs)://\S", state):
        return None
    return f"must be {', '.join(STATES)} or a URL that begins with https, file, s3, azblob or gs (got {shown(state)})"


def out_fault(hand_over: str, out: str, profile: str | None = None, access_key_id: str = "") -> str | None:
    """Check the file for the key. It may exist only to be updated (env, a profile of ini), or with the key in it."""
    if out == "-":
        return None
    try:
        target = Path(out).expanduser()
        if not target.parent.is_dir():
            return f"must be in a folder that exists (got {shown(out)})"
        if hand_over == "env" or (hand_over == "ini" and profile):
            return None
        there = target.exists() or target.is_symlink()
        if there and access_key_id and access_key_id in target.read_text(encoding="utf-8", errors="replace"):
            return None
    except (OSError, RuntimeError, ValueError):
        return f"can't be a file's name (got {shown(out)})"
    return f"must be a new file: {legible(out)} exists already, so delete it or name another" if there else None


def _one_of(*choices: str) -> Callable[[str], str | None]:
    return lambda value: None if value in choices else f"must be one of {', '.join(choices)} (got {shown(value)})"


_CHECKS: dict[str, Callable[[str], str | None]] = {
    "runs_on": _one_of(*ORIGINS),
    "project": name_fault,
    "state": state_fault,
    "stack": stack_fault,
    "user_name": of_input("user_name"),
    "existing_user": of_input("existing_user"),
    "access": _one_of(*(access.value for access in Access)),
    "buckets": bucket_fault,
    "region": region_fault,
    "hand_over": _one_of(*HAND_OVERS),
    "out_profile": profile_fault,
}
