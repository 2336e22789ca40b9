"""Rotates one stack's key many times: checks that state and memory do not grow, and measures Pulumi's history.

    python -m bench.soak [--rotations 200] [--write]

Each rotation raises keyGeneration by one, with the previous key's fates in turn. Exit code 1 where the state or a
process grows out of bounds, or a user had more keys than AWS allows.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench import programs, report
from bench.lab import Lab, Project, megabytes, say
from bench.measure import MB, CommandError, memory_of
from bench.report import Table
from s3io_user.keys.slots import PreviousKey

FATES = tuple(fate.value for fate in PreviousKey)
WINDOW = 20
KEYS_ALLOWED = 2
USER = "soak"
# The most that the last rotations may take relative to the first. The state grows by a few digits of the generation.
STATE_BOUND, MEMORY_BOUND = 1.05, 1.2

# Variables of the CLI that make Pulumi keep less.
WITHOUT_BACKUPS = {"PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true"}
COMPRESSED = {**WITHOUT_BACKUPS, "PULUMI_DIY_BACKEND_GZIP": "true"}


@dataclass(frozen=True)
class Step:
    """One rotation: what it took, and what there was after it. Sizes are in bytes."""

    seconds: float
    program: float
    pulumi: float
    aws: float
    state: int
    kept: int
    keys: int


def main(argv: Sequence[str] | None = None) -> int:
    """Rotate, print what grew, and check that it is within bounds."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parser = argparse.ArgumentParser("python -m bench.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rotations", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    args = parser.parse_args(argv)
    try:
        with Lab() as lab:
            steps, kept = _soak(lab, args.rotations)
            tables = [growth(steps), kept]
            print("\n\n".join(table.markdown() for table in tables), f"\n\n{report.where()}")
    except CommandError as error:
        say(f"error: {error}")
        return 1
    if args.write:
        report.write(tables)
    faults = out_of_bounds(steps)
    for fault in faults:
        say(f"out of bounds: {fault}")
    return 1 if faults else 0


def _soak(lab: Lab, rotations: int) -> tuple[list[Step], Table]:
    project = lab.project("soak", programs.ROOT, programs.root_settings(), userName=USER)
    project.pulumi("up", "--yes", "--skip-preview")
    steps = []
    for number in range(rotations):
        steps.append(_rotate(lab, project, number + 2))
        if (number + 1) % 10 == 0:
            say(f"{number + 1} rotations: {steps[-1]}")
    return steps, _kept(lab, project, rotations + 2)


def _rotate(lab: Lab, project: Project, generation: int, **env: str) -> Step:
    project.configure(userName=USER, keyGeneration=generation, previousKey=FATES[generation % len(FATES)])
    ran = project.pulumi("up", "--yes", "--skip-preview", **env)
    aws = lab.sandbox.running()
    return Step(
        seconds=ran.whole.seconds,
        program=ran.program_memory,
        pulumi=ran.whole.memory,
        aws=memory_of(aws.pid, "VmRSS"),
        state=project.state_file.stat().st_size,
        kept=_piled(project),
        keys=len(aws.client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]),
    )


def _kept(lab: Lab, project: Project, generation: int) -> Table:
    """What an update adds to history and backups, by default and with each setting that limits it, on average."""
    rows = []
    ways = {"as it comes": {}, "without backups": WITHOUT_BACKUPS, "and compressed": COMPRESSED}
    for name, env in ways.items():
        before = _piled(project)
        for _ in FATES:
            last = _rotate(lab, project, generation, **env)
            generation += 1
        rows.append([name, f"{(last.kept - before) / len(FATES) / 1000:,.1f} kB"])
    return Table("kept", ["an update of one user", "adds to history and backups"], rows)


def _piled(project: Project) -> int:
    """What every update adds to: Pulumi's history and its backups of the state."""
    folders = [project.state_folder / ".pulumi" / name for name in ("history", "backups")]
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())


def growth(steps: Sequence[Step]) -> Table:
    """A table of the first and the last rotations."""
    rows = [
        _row(steps, "time of a rotation", lambda step: step.seconds, lambda seconds: f"{seconds:.2f} s"),
        _row(steps, "state", lambda step: step.state, lambda size: f"{size / 1000:,.1f} kB"),
        _row(steps, "program, memory", lambda step: step.program, megabytes),
        _row(steps, "Pulumi's processes, memory", lambda step: step.pulumi, megabytes),
        _row(steps, "the embedded AWS, memory", lambda step: step.aws, megabytes),
        _row(steps, "history and backups", lambda step: step.kept, lambda size: f"{size / MB:,.1f} MB"),
        ["keys of the user, at most", *[str(max(step.keys for step in part)) for part in ends(steps)], report.NONE],
    ]
    first = min(WINDOW, len(steps))
    return Table("soak", [f"{len(steps)} rotations", f"the first {first}", f"the last {first}", "ratio"], rows)


def _row(steps: Sequence[Step], name: str, value: Callable[[Step], float], shown: Callable[[float], str]) -> list[str]:
    first, last = (median(value(step) for step in part) for part in ends(steps))
    return [name, shown(first), shown(last), f"{last / first:.2f}" if first else report.NONE]


def ends(steps: Sequence[Step]) -> tuple[Sequence[Step], Sequence[Step]]:
    """The first and the last rotations."""
    return steps[:WINDOW], steps[-WINDOW:]


def out_of_bounds(steps: Sequence[Step]) -> list[str]:
    """What grew beyond its bound, as sentences. Time is not checked, since it depends on the machine."""
    bounds: dict[str, tuple[Callable[[Step], float], float]] = {
        "the state": (lambda step: step.state, STATE_BOUND),
        "the program's memory": (lambda step: step.program, MEMORY_BOUND),
        "the memory of Pulumi's processes": (lambda step: step.pulumi, MEMORY_BOUND),
    }
    faults = []
    for name, (value, bound) in bounds.items():
        first, last = (median(value(step) for step in part) for part in ends(steps))
        if last > first * bound:
            faults.append(f"{name} became {last / first:.2f} times what it was (at most {bound})")
    if (most := max(step.keys for step in steps)) > KEYS_ALLOWED:
        faults.append(f"the user had {most} keys (at most {KEYS_ALLOWED})")
    return faults


if __name__ == "__main__":
    sys.exit(main())
