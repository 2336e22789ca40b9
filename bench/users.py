"""A user's life, up to destroy, for 1, 50 and 500 users: every contender's time, computing and memory; and growth."""

from collections.abc import Callable, Collection, Sequence
from statistics import median

from bench import contenders
from bench.contenders import BARE, IN_COMPONENT, MANY, MAP, PHASES, TERRAFORM, UP, Life
from bench.lab import Lab, megabytes, say
from bench.measure import Sample, in_turn, ratio
from bench.options import Options
from bench.report import NONE, Table, beside

Lives = dict[str, list[Life]]

# Of many users one round takes minutes, so those have fewer rounds and fewer contenders.
ROUNDS = {1: 3, 50: 2}


def compare(lab: Lab, options: Options) -> list[Table]:
    """Two tables for each number of users, and one of how time, memory and state grow with it."""
    found = {users: _lives(lab, users, options.rounds or ROUNDS.get(users, 1)) for users in options.users}
    tables = [make(users, lives) for users, lives in found.items() for make in (_table, _cpu_table)]
    return [*tables, _growth(found)]


def _lives(lab: Lab, users: int, rounds: int) -> Lives:
    return lives(lab, users, rounds, {IN_COMPONENT, TERRAFORM} if users > MANY else set())


def lives(lab: Lab, users: int, rounds: int, left_out: Collection[str]) -> Lives:
    """Every contender's rounds, for a number of users, in turn."""
    every = contenders.contenders(lab, users).items()
    told = {name: _told(f"{users}, {name}", each.live) for name, each in every if name not in left_out}
    return in_turn(told, rounds)


def _told(what: str, live: Callable[[], Life]) -> Callable[[], Life]:
    def tell() -> Life:
        life = live()
        say(f"{what}: " + ", ".join(f"{phase} {ran.whole.seconds:.1f} s" for phase, ran in life.phases.items()))
        return life

    return tell


def _table(users: int, lives: Lives) -> Table:
    head = [f"{users:,} user{'s' if users > 1 else ''}", *PHASES, "program, CPU", "program, memory", "all, memory"]
    return Table(f"users-{users}", head, [[name, *_cells(own, lives[BARE])] for name, own in lives.items()])


def _cpu_table(users: int, lives: Lives) -> Table:
    """The processor time of each command with all of its processes, which another load changes less than its time."""
    rows = [[name, *_cpu_cells(own, lives[BARE])] for name, own in lives.items() if name != TERRAFORM]
    return Table(f"cpu-{users}", [f"processor time, {users:,} user{'s' if users > 1 else ''}", *PHASES], rows)


def _cpu_cells(own: list[Life], base: list[Life]) -> list[str]:
    return _phases(own, base, lambda sample: sample.cpu)


def _phases(own: list[Life], base: list[Life], value: Callable[[Sample], float]) -> list[str]:
    return [
        _cell(own, base, lambda life, phase=phase: value(life.phases[phase].whole), "{:.1f} s")  # type: ignore[misc]
        if phase in own[0].phases
        else NONE
        for phase in PHASES
    ]


def _cells(own: list[Life], base: list[Life]) -> list[str]:
    """Each cell as a value and its ratio to the same by hand, bare."""
    return [
        *_phases(own, base, lambda sample: sample.seconds),
        _cell(own, base, lambda life: life.phases[UP].program_cpu, "{:.2f} s"),
        _cell(own, base, lambda life: life.phases[UP].program_memory / 2**20, "{:.0f} MB"),
        _cell(own, base, lambda life: life.phases[UP].whole.memory / 2**20, "{:.0f} MB"),
    ]


def _cell(own: Sequence[Life], base: Sequence[Life], value: Callable[[Life], float], form: str) -> str:
    values, bases = [value(life) for life in own], [value(life) for life in base]
    if not all(values) or not all(bases):
        return NONE
    return beside(form.format(median(values)), ratio(values, bases))


def _growth(found: dict[int, Lives]) -> Table:
    head = ["users", "resources", "state", *PHASES, "program, memory", "all, memory"]
    return Table("growth", head, [_grown(users, lives[MAP]) for users, lives in found.items()])


def _grown(users: int, lives: list[Life]) -> list[str]:
    def middle(value: Callable[[Life], float]) -> float:
        return median(value(life) for life in lives)

    seconds = [f"{middle(lambda life, p=phase: life.phases[p].whole.seconds):.1f} s" for phase in PHASES]  # type: ignore[misc]
    return [
        f"{users:,}",
        f"{lives[0].resources:,}",
        f"{middle(lambda life: life.state) / 1000:,.0f} kB",
        *seconds,
        megabytes(middle(lambda life: life.phases[UP].program_memory)),
        megabytes(middle(lambda life: life.phases[UP].whole.memory)),
    ]
