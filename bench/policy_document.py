"""The policy document: ours, and policy_sentry's writer of policies.

Both write the same rights, those of the preset ``optimizer``; each answer is checked before it is timed.
"""

import timeit
from collections.abc import Callable
from typing import Any

from bench.lab import Lab, say
from bench.options import Options
from bench.report import Table, beside
from s3io_user.explain.actions import catalogue
from s3io_user.policy.document import s3_policy_document

COUNTS = (1, 1000)
WANTED = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketOwnershipControls")
OURS, SENTRY = "`s3_policy_document`", "policy_sentry"


def compare(_lab: Lab, _options: Options) -> list[Table]:
    """A table of the time of one call, for one bucket and for a thousand."""
    say("policy document")
    writers = {OURS: ours, SENTRY: policy_sentry_s()}
    times = {name: {count: seconds(write, count) for count in COUNTS} for name, write in writers.items()}
    head = ["one call", *(f"{count:,} bucket{'s' if count > 1 else ''}" for count in COUNTS)]
    return [Table("policy", head, [[name, *_cells(own, times[OURS])] for name, own in times.items()])]


def _cells(own: dict[int, float], base: dict[int, float]) -> list[str]:
    return [beside(f"{own[count] * 1e6:,.0f} µs", own[count] / base[count], 0) for count in COUNTS]


def ours(buckets: list[str]) -> dict[str, Any]:
    """The document by the function of this package."""
    return s3_policy_document(buckets, access="optimizer")


def policy_sentry_s() -> Callable[[list[str]], dict[str, Any]]:
    """A function that has policy_sentry write the document: by access levels, without the actions not wanted."""
    from policy_sentry.writing.sid_group import SidGroup

    unwanted = [action.name for action in catalogue(["s3"]) if action.name not in WANTED]

    def write(buckets: list[str]) -> dict[str, Any]:
        whole = [f"arn:aws:s3:::{bucket}" for bucket in buckets]
        objects = [f"{arn}/*" for arn in whole]
        template = {"mode": "crud", "read": whole + objects, "list": whole, "write": objects}
        document: dict[str, Any] = SidGroup().process_template({**template, "exclude-actions": unwanted})
        return document

    return write


def rights(document: dict[str, Any]) -> set[tuple[str, str]]:
    """What a document without conditions allows: pairs of action and resource."""
    return {
        (action, resource)
        for statement in document["Statement"]
        for action in _as_list(statement["Action"])
        for resource in _as_list(statement["Resource"])
    }


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _names(count: int) -> list[str]:
    return [f"bucket-{number:04}" for number in range(count)]


def seconds(write: Callable[[list[str]], dict[str, Any]], count: int) -> float:
    """The least time of one call, of several rounds: what else the machine does only adds to it."""
    buckets = _names(count)
    assert rights(write(buckets)) == rights(ours(buckets))
    timer = timeit.Timer(lambda: write(buckets))
    number, taken = timer.autorange()
    again = timer.repeat(repeat=3, number=number) if taken < 1 else []
    return min([taken, *again]) / number
