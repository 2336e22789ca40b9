"""The policy document: ours, policy_sentry's writer of policies, and with --engine pulumi-aws's function, in one run.

    python -m bench.policy_document [--engine]

All write the same rights, those of the preset ``optimizer``; each answer is checked before it is timed. The engine's
column is a call of ``aws.iam.get_policy_document`` in a program under ``pulumi preview``, with the embedded AWS's
stand-in for the provider: what is timed is the call alone, with the provider running already.
"""

import json
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

from s3io_user.actions import catalogue
from s3io_user.policy import s3_policy_document

COUNTS = (1, 1000)
WANTED = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketOwnershipControls")


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
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def names(count: int) -> list[str]:
    return [f"bucket-{number:04}" for number in range(count)]


def seconds(write: Callable[[list[str]], dict[str, Any]], count: int) -> float:
    """The least time of one call, of several rounds: what else the machine does only adds to it."""
    buckets = names(count)
    assert rights(write(buckets)) == rights(ours(buckets))
    timer = timeit.Timer(lambda: write(buckets))
    number, _ = timer.autorange()
    return min(timer.repeat(repeat=3, number=number)) / number


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


def engine_seconds() -> dict[int, float]:
    """The same by pulumi-aws's function, through the engine. Gets the engine first, where it is not there."""
    from local_aws.sandbox import Sandbox

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        sandbox = Sandbox(root / "sandbox")
        sandbox.start(lambda line: print(line, file=sys.stderr, flush=True))
        try:
            return _engine_seconds(sandbox.child_env, root)
        finally:
            sandbox.stop()


def _engine_seconds(child_env: Callable[[dict[str, str]], dict[str, str]], root: Path) -> dict[int, float]:
    (root / "Pulumi.yaml").write_text(json.dumps({"name": "bench", "runtime": "python"}))
    (root / "Pulumi.bench.yaml").write_text(json.dumps({"config": {"aws:region": "us-east-1"}}))
    (root / "__main__.py").write_text(PROGRAM)
    statements = {count: ours(names(count))["Statement"] for count in COUNTS}
    answer = root / "answer.json"
    env = child_env({"BENCH_STATEMENTS": json.dumps(statements), "BENCH_ANSWER": str(answer)})
    for command in (["stack", "init", "bench"], ["preview"]):
        subprocess.run(["pulumi", *command, "--non-interactive"], cwd=root, env=env, check=True, capture_output=True)
    found = json.loads(answer.read_text())
    for count in COUNTS:
        assert rights(json.loads(found[str(count)]["answer"])) == rights(ours(names(count)))
    return {count: found[str(count)]["seconds"] for count in COUNTS}


def main() -> None:
    writers = {"s3_policy_document": ours, "policy_sentry": policy_sentry_s()}
    rows = {name: {count: seconds(write, count) for count in COUNTS} for name, write in writers.items()}
    if "--engine" in sys.argv[1:]:
        rows["get_policy_document, engine"] = engine_seconds()
    print(f"{'':28}" + "".join(f"{f'{count:,} bucket(s)':>18}{'ratio':>8}" for count in COUNTS))
    for name, times in rows.items():
        base = rows["s3_policy_document"]
        cells = (f"{times[count] * 1e6:>15,.1f} µs{times[count] / base[count]:>8,.0f}" for count in COUNTS)
        print(f"{name:28}" + "".join(cells))
    per_bucket = rows["s3_policy_document"][COUNTS[-1]] / COUNTS[-1] * 1e6
    print(f"s3_policy_document: {per_bucket:.1f} µs a bucket where there are {COUNTS[-1]:,}")


if __name__ == "__main__":
    main()
