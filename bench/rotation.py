"""Measures `s3io-user rotate` for one of a stack's users: what the others cost it."""

from statistics import median

from bench import contenders, measure
from bench.contenders import UP
from bench.lab import STACK, Lab, Project, say
from bench.measure import Sample, ratio
from bench.options import Options
from bench.report import Table, beside

COUNTS = (1, 100, 200)
ROUNDS = 2


def compare(lab: Lab, options: Options) -> list[Table]:
    """A table of the time and the processor time, with the ratios to a stack of one user."""
    head = ["users", "the `up` that creates them", "`rotate` of one", "its processor time"]
    rows: list[list[str]] = []
    base: list[Sample] = []
    for users in COUNTS:
        say(f"rotate: {users} users")
        project = contenders.by_map(lab, f"rotate-{users}", users)
        created = contenders.of_pulumi(project).phases[UP]().whole
        rotated = [_rotate(project) for _ in range(options.rounds or ROUNDS)]
        base = base or rotated
        cells = [
            _cell([getattr(each, what) for each in rotated], [getattr(each, what) for each in base])
            for what in ("seconds", "cpu")
        ]
        rows.append([f"{users:,}", f"{created.seconds:.1f} s", *cells])
    return [Table("rotate", head, rows)]


def _rotate(project: Project) -> Sample:
    # The buckets are only named, so there is nothing to try the key on.
    command = ["s3io-user", "rotate", "--yes", "--no-verify", "--stack", STACK, "--user", "site-0"]
    return measure.run(command, project.folder, project.env)


def _cell(values: list[float], base: list[float]) -> str:
    return beside(f"{median(values):.1f} s", ratio(values, base))
