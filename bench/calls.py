"""Counts what one user needs with each contender: resources, and calls to AWS."""

import json
from collections import Counter
from pathlib import Path

from bench import contenders
from bench.contenders import DESTROY, PREVIEW, UP, Contender
from bench.lab import Lab, say
from bench.options import Options
from bench.report import NONE, Table

COUNTED = {UP: "calls to create", PREVIEW: "for nothing", DESTROY: "to destroy"}
INVOKES = ("Invoke", "Call")


def compare(lab: Lab, _: Options) -> list[Table]:
    """A table of counts. They are the same in every round, so one round is enough."""
    head = ["one user", "resources", "invokes", *COUNTED.values(), "the calls that create"]
    return [Table("calls", head, [_row(lab, *each) for each in contenders.contenders(lab, 1).items()])]


def _row(lab: Lab, name: str, contender: Contender) -> list[str]:
    say(f"calls: {name}")
    asked = lab.root / f"asked-{len(list(lab.root.iterdir()))}.jsonl"
    if contender.project:
        contender.project.env["PULUMI_DEBUG_GRPC"] = str(asked)
    found, resources = {}, NONE
    for phase, run in contender.phases.items():
        before = lab.calls.stat().st_size
        run()
        found[phase] = _actions(lab.calls.read_text()[before:])
        if phase == UP and contender.project:
            resources = str(len(contender.project.resources()))
    created = ", ".join(f"{action} {count}" if count > 1 else action for action, count in sorted(found[UP].items()))
    counts = [str(found[phase].total()) for phase in COUNTED]
    return [name, resources, _invokes(asked), *counts, created]


def _actions(log: str) -> Counter[str]:
    """How often each action was called, from the embedded AWS's log."""
    calls = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return Counter(call["action"].partition(":")[2] for call in calls)


def _invokes(asked: Path) -> str:
    """How many functions (invokes) the program called, from the engine's log of requests."""
    if not asked.exists():
        return NONE
    methods = [json.loads(line).get("method", "") for line in asked.read_text().splitlines()]
    return str(sum(method in [f"/pulumirpc.ResourceMonitor/{name}" for name in INVOKES] for method in methods))
