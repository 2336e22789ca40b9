"""The policy document: ours, policy_sentry's writer of policies, and pulumi-aws's function through the engine.

All write the same rights, those of the preset ``optimizer``; each answer is checked before it is timed. The engine's
row is a call of ``aws.iam.get_policy_document`` in a program under ``pulumi preview``: what is timed is the call alone,
with the provider running already.
"""

import json
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
OURS, SENTRY, ENGINE = "`s3_policy_document`", "policy_sentry", "`get_policy_document`, engine"


def compare(lab: Lab, _: Options) -> list[Table]:
    """A table of the time of one call, for one bucket and for a thousand."""
    say("policy document")
    writers = {OURS: ours, SENTRY: policy_sentry_s()}
    times = {name: {count: seconds(write, count) for count in COUNTS} for name, write in writers.items()}
    times[ENGINE] = engine_seconds(lab)
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


PROGRAM = """
import json, os, timeit
import pulumi_aws as aws

def ask(statements):
    given = [aws.iam.GetPolicyDocumentStatementArgs(actions=s["Action"], resources=s["Resource"]) for s in statements]
    return aws.iam.get_policy_document(statements=given).json

found = {}
for count, statements in json.loads(os.environ["BENCH_STATEMENTS"]).items():
    answer = ask(statements)
    found[count] = {"seconds": min(timeit.repeat(lambda: ask(statements), number=1, repeat=9)), "answer": answer}
with open(os.environ["BENCH_ANSWER"], "w") as file:
    json.dump(found, file)
"""


def engine_seconds(lab: Lab) -> dict[int, float]:
    """The same by pulumi-aws's function, through the engine."""
    statements = {count: ours(_names(count))["Statement"] for count in COUNTS}
    project = lab.project("policy", PROGRAM)
    answer = project.folder / "answer.json"
    project.pulumi("preview", BENCH_STATEMENTS=json.dumps(statements), BENCH_ANSWER=str(answer))
    found = json.loads(answer.read_text())
    for count in COUNTS:
        assert rights(json.loads(found[str(count)]["answer"])) == rights(ours(_names(count)))
    return {count: found[str(count)]["seconds"] for count in COUNTS}
