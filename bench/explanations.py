"""How long `explain` takes, in processor time: AWS's own policies, all of them, and documents of very many buckets."""

import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.lab import Lab, milliseconds, say
from bench.options import Options
from bench.report import NONE, Table
from s3io_user.explain import explain, services
from s3io_user.explain.actions import catalogue

NAMED = ("AdministratorAccess", "ReadOnlyAccess", "SecurityAudit", "AmazonS3FullAccess")
BUCKETS = (50, 500, 5000)


def compare(_: Lab, options: Options) -> list[Table]:
    """A table of the time of one explanation, and of that of the slowest of all."""
    say("explanations")
    loading = _seconds(lambda: catalogue(["s3"]))
    managed = {name: _explain(policy) for name, policy in _managed().items()}
    again = range((options.rounds or 3) - 1)
    named = {name: min(managed[name], *(_explain(_managed()[name]) for _ in again)) for name in NAMED}
    slowest = max(managed, key=lambda name: managed[name])
    rows = [
        ["loading", milliseconds(loading), NONE],
        *[[name, milliseconds(seconds), NONE] for name, seconds in named.items()],
        [f"the slowest of AWS's {len(managed):,} ({slowest})", milliseconds(managed[slowest]), NONE],
        ["the middle one of them", milliseconds(median(managed.values())), NONE],
    ]
    for count in BUCKETS:
        seconds = min(_explain(_document(count)) for _ in range(options.rounds or 3))
        rows.append([f"{count:,} buckets", milliseconds(seconds), f"{seconds / count * 1e6:,.0f} µs"])
    return [Table("explain", ["document", "processor time", "for each bucket"], rows)]


def _managed() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return {name: policy["Document"] for name, policy in json.loads(aws_managed_policies_data).items()}


def _document(count: int) -> dict[str, Any]:
    arns = [f"arn:aws:s3:::bucket-{number}{part}" for number in range(count) for part in ("", "/*")]
    statement = {"Effect": "Allow", "Action": ["s3:Get*", "s3:Put*", "s3:List*"], "Resource": arns}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _explain(document: dict[str, Any]) -> float:
    return _seconds(lambda: explain([document], catalogue(services([document]))))


def _seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start
