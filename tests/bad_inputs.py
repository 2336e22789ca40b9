"""Bad inputs by the thousand: seeded generators of what is hostile to a reader, and the judge of what is said of it.

S3IO_USER_BAD_INPUTS=5000 runs so many instead of a few hundred, S3IO_USER_BAD_INPUTS_SEED=7 others than CI's. Number
n of a surface is the same input whatever their number, so a failure's seed and number bring it back.
"""

import json
import os
import random
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

from s3io_user.errors import InputError
from s3io_user.wording import legible

COUNT = int(os.environ.get("S3IO_USER_BAD_INPUTS", "400"))
SEED = os.environ.get("S3IO_USER_BAD_INPUTS_SEED", "0")
CANARY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
"""A secret that no sentence may hold."""

# How many of a hundred inputs go to each surface.
SURFACES = {
    "args": 20,
    "setup": 18,
    "policy": 16,
    "preset": 12,
    "deploy": 3,
    "late": 4,
    "export": 10,
    "profile": 4,
    "path": 3,
    "explain": 5,
    "argv": 3,
    "pulumi": 2,
}


def share(surface: str) -> int:
    """How many inputs a surface gets, so that all together are COUNT exactly."""
    ends = [COUNT * end // 100 for end in accumulate(SURFACES.values())]
    at = list(SURFACES).index(surface)
    return ends[at] - (ends[at - 1] if at else 0)


Random = random.Random


def run(surface: str, generate: Callable[[Random], Any], judge: Callable[[Any], str | None]) -> None:
    """Judge a surface's share of distinct inputs; at the end say every one that was not dealt with well, and its seed.

    The judge returns what is wrong, or None; what it raises is wrong too.
    """
    seen: set[str] = set()
    wrong = []
    for number in range(share(surface)):
        source = Random(f"{SEED}:{surface}:{number}")
        value = next(value for value in iter(partial(generate, source), run) if spell(value) not in seen)
        seen.add(spell(value))
        if fault := _judged(judge, value):
            wrong.append(f"seed {SEED}, number {number}: {fault}\n  of {_cut(spell(value), 700)}")
    assert len(seen) == share(surface)
    assert not wrong, f"{len(wrong)} of {len(seen)}:\n" + "\n".join(wrong[:40])


def _judged(judge: Callable[[Any], str | None], value: Any) -> str | None:
    try:
        return judge(value)
    except Exception as error:
        at = error.__traceback__
        while at and at.tb_next:
            at = at.tb_next
        place = f"{os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}" if at else ""
        return f"{type(error).__name__} at {place}: {_cut(ascii(str(error)), 300)}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text)})"


# ---- what is said ----------------------------------------------------------------------------------------------------


def complaint(said: str) -> str | None:
    """What is wrong with an error's text: each line must be one sentence that can be shown on any terminal."""
    if not said.strip():
        return "nothing is said"
    for line in said.split("\n"):
        if not line.strip():
            return f"an empty line in {said[:200]!r}"
        if not line.isprintable():
            return f"a character that a terminal acts on in {line[:200]!r}"
        if len(line) > 1000:
            return f"a line of {len(line)} characters: {line[:100]!r}…"
    if found := re.search(rf"Traceback|a fault of s3io-user itself|Error\(|{_PIECES}", said):
        return f"{found[0]!r} in {said[:300]!r}"
    return None


# Not even a part of the secret.
_PIECES = "|".join(re.escape(CANARY[at : at + 12]) for at in range(len(CANARY) - 11))


def input_complaint(error: InputError, known: Iterable[Any] | None = None) -> str | None:
    """The same of an InputError, whose faults must name inputs, a sentence each."""
    if len(error.faults) != len(str(error).split("\n")):
        return f"{len(error.faults)} faults in {str(error)[:300]!r}"
    if unnamed := [name for name, _ in error.faults if known is not None and not _names_one(name, known)]:
        return f"names no input: {unnamed[:3]!r}"
    if hollow := [fault for fault in error.faults if len(fault[1]) < 10]:
        return f"says too little: {hollow[:3]!r}"
    return complaint(str(error))


def _names_one(name: str, known: Iterable[Any]) -> bool:
    return any(name in (str(key), legible(key)) or name.startswith(f"{key}.") for key in known)


# ---- values ----------------------------------------------------------------------------------------------------------

CONTROLS = [
    *("\0", "\a", "\b", "\t", "\n", "\r", "\r\n", "\v", "\f", "\x1b[2J\x1b[H", "\x1b]0;owned\a", "\x7f", "\x85"),
    *("\x9b31m", "\x90q\x9c", "\u2028", "\u2029", "\n\n\n", "\x1b[31mred"),
]
INVISIBLE = ["\u200b", "\u200d", "\u202e", "\u2066", "\u2069", "\ufeff", "\u00ad", "\u061c", "\U000e0041", "\u3164"]
LOOKALIKES = ["\u0430", "\uff21\uff37\uff33", "\u0440hotos", "\u2170", "\u0661", "\u017f", "\u212a", "\u00df", "\u0130"]
LOOKALIKES += ["\u2215", "\uff0f", "\u2024", "\uff1a", "\u2010", "\u00e9", "e\u0301", "\U0001f511", "\u00a0", "\u3000"]
SURROGATES = ["\ud800", "\udfff", "\udc80", "\udce9x", "\ude00\ud83d"]
INJECTIONS = [
    *('"', "'", "\\", "\\'", '\\"', "?>", "<?php system('id');", "' ); system('id'); //", "*/", "/*", "//", "#", ";#"),
    *(
        "$(id)",
        "`id`",
        "${IFS}",
        "$HOME",
        "&& id",
        "| id",
        "; id",
        "%s",
        "%n",
        "%00",
        "%(key)s",
        "%0a",
        "{0}",
        "{{7*7}}",
    ),
    *("=1+1", "+1", "-1", "@SUM(1)", "\t=1", ",", ",,", "]", "[", "]\n[default]", "\n[default]\naws_access_key_id = x"),
    *("\nAWS_PROFILE=x", "=", ":", "::", "$", "*", "?", "${aws:username}", "${*}", "..", "../..", "/", "//", "/*", "~"),
    *(
        '", "Action": "*',
        '"}],"x":[{"',
        "\\u0041",
        "\\n",
        "\\x1b[31m",
        "<script>",
        "&amp;",
        "null",
        "--",
        "-",
        " ",
        "  ",
    ),
]
ATOMS = [*CONTROLS, *INVISIBLE, *LOOKALIKES, *SURROGATES, *INJECTIONS]


def deep(levels: int, kind: type) -> Any:
    """A list or a map in itself, so many times."""
    value: Any = kind()
    for _ in range(levels):
        value = [value] if kind is list else {"a": value}
    return value


class _Rude:
    """A value whose own description is hostile."""

    def __repr__(self) -> str:
        return "\x1b[31m\n" * 50


class _Mute:
    """A value that can't be described."""

    def __repr__(self) -> str:
        raise ValueError(CANARY)


# What repr can't spell, or not in the same way twice.
_NAMED: dict[str, Any] = {
    **{f"{kind.__name__}s {levels} deep": deep(levels, kind) for kind in (list, dict) for levels in (60, 400, 5000)},
    "10**5000": 10**5000,
    "-(10**5000)": -(10**5000),
}
RUDE, MUTE = _Rude(), _Mute()
_ODD: dict[str, Any] = {"rude": RUDE, "mute": MUTE, "an object's type": object, "bytes": b"\xff\n", "a set": {1}}
_SPELLED = {id(value): name for name, value in (_NAMED | _ODD).items()}


def spell(value: Any) -> str:
    """A value in ASCII, the same for equal ones and for no others."""
    if id(value) in _SPELLED:
        return f"<{_SPELLED[id(value)]}>"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{spell(key)}: {spell(held)}" for key, held in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(spell(held) for held in value) + "]"
    return ascii(value)


def text(source: Random, good: str = "photos") -> str:
    """A hostile text: a good one with something put into it, or something alone, or one that is far too long."""
    atom = source.choice(ATOMS)
    at = source.randint(0, len(good))
    kind = source.randrange(12)
    if kind < 6:
        return good[:at] + atom + good[at:]
    if kind < 8:
        return atom.join(source.choices([good, *ATOMS], k=source.randint(1, 4)))
    if kind == 8:
        return good + atom
    if kind == 9:
        return source.choice([atom, good.upper(), f" {good}", f"{good} ", f"{good}\n", good[:1], ""])
    if kind == 10:
        return (good or "x") * source.choice([9, 17, 65, 129, 513])
    piece = source.choice(["x", atom, good or "x"])
    return piece * min(source.choice([63, 64, 65, 128, 129, 600, 5000, 40_000]), 100_000 // len(piece))


def scalar(source: Random) -> Any:
    """A JSON value of no depth, odd numbers among them."""
    kind = source.randrange(8)
    if kind < 3:
        return text(source, source.choice(["photos", "", "true", "5", "1e5", "2026-01-31"]))
    if kind < 5:
        return source.choice([0, -1, 1, 2, 7, 10**9, 2**63, 10**30, source.randint(-(10**6), 10**6)])
    if kind == 5:
        return source.choice([0.5, -0.0, 1e308, float("nan"), float("inf"), float("-inf"), source.random()])
    return source.choice([True, False, None, "", "true", "no", "[]", "{}"])


def json_value(source: Random, depth: int = 0) -> Any:
    """Any JSON value, and what Python's reader takes for JSON (NaN, lone surrogates)."""
    kind = source.randrange(10)
    if kind < 5 or depth > 3:
        return scalar(source)
    if kind < 7:
        return [json_value(source, depth + 1) for _ in range(source.randrange(4))]
    if kind < 9:
        return {text(source, "name"): json_value(source, depth + 1) for _ in range(source.randrange(4))}
    return source.choice(list(_NAMED.values())) if depth == 0 else [[scalar(source)]]


def any_value(source: Random) -> Any:
    """Any value that a Python program can pass."""
    return source.choice(list(_ODD.values())) if source.random() < 0.1 else json_value(source)


def spoilt(source: Random, good: Any, anything: Callable[[Random], Any] = json_value) -> Any:
    """A good value made bad, somewhere within it or as a whole."""
    if source.random() < 0.35 or id(good) in _SPELLED:
        return anything(source)
    if isinstance(good, str):
        return text(source, good)
    if isinstance(good, list):
        items = [*good, spoilt(source, source.choice(good or [""]), anything)]
        source.shuffle(items)
        return items * source.choice([1, 1, 1, 1, 12, 400])
    if isinstance(good, dict) and good:
        key = source.choice(list(good))
        new = text(source, key) if source.random() < 0.4 else key
        rest = {other: held for other, held in good.items() if other != key}
        return {**rest, new: good[key] if new != key else spoilt(source, good[key], anything)}
    return anything(source)


BROKEN = ["", "9" * 5000, "{", '["a",]', "{'a': 1}", "NaN", "[1e999]", "\ufeff[]", "true false", "\0", "{}\n{}"]
TOO_DEEP = ["[" * 5000, '{"a":' * 3000]


def written(source: Random, value: Any, broken: Sequence[str] = (*BROKEN, *TOO_DEEP)) -> str:
    """A value as JSON, but a text as it is; or something that no reader takes."""
    if source.random() < 0.06:
        return source.choice(broken) + source.choice(["", " ", "\n"])
    try:
        return value if isinstance(value, str) else json.dumps(value)
    except (RecursionError, ValueError):
        return source.choice(broken)
