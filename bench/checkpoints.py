"""Measures what it costs to write the whole state at every step: the same up and destroy, with and without that."""

from bench import contenders
from bench.contenders import DESTROY, UP, WITHOUT_CHECKPOINTS
from bench.lab import Lab, Project, say
from bench.options import Options
from bench.report import Table

COUNTS = (25, 50, 100)


def compare(lab: Lab, _options: Options) -> list[Table]:
    """A table of both, for twice as many users in each row."""
    head = ["users", "state", "up", "destroy", "up, without", "destroy, without"]
    rows = []
    for users in COUNTS:
        say(f"checkpoints: {users} users")
        project = contenders.by_map(lab, f"checkpoints-{users}", users)
        state, *times = _times(project)
        project.env.update(WITHOUT_CHECKPOINTS)
        _, *others = _times(project)
        rows.append([f"{users:,}", f"{state / 1000:,.0f} kB", *(f"{seconds:.1f} s" for seconds in [*times, *others])])
    return [Table("checkpoints", head, rows)]


def _times(project: Project) -> tuple[int, float, float]:
    phases = contenders.of_pulumi(project).phases
    up = phases[UP]()
    state = project.state_file.stat().st_size
    return state, up.whole.seconds, phases[DESTROY]().whole.seconds
