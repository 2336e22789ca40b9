"""From a command to its first resource: `make up`, warm, against `pulumi up` alone on an AWS that runs already."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from statistics import median

from bench import programs
from bench.lab import Lab, Project, say
from bench.measure import CommandError, in_turn, ratio
from bench.options import Options
from bench.report import Table, beside
from local_aws.sandbox import PROJECT

FIRST = re.compile(r"aws:iam:User .* created")
ROUNDS = 3
# All that `make up` needs of the tree: a copy, so that a stack which someone has up stays untouched.
PARTS = ("Makefile", "Pulumi.yaml", "__main__.py", "pyproject.toml", "requirements-up.txt")
PACKAGES = ("s3io_user", "local_aws")

Times = tuple[float, float]


def compare(lab: Lab, options: Options) -> list[Table]:
    """A table of both commands: the time to the first resource, and to the end."""
    say("first resource")
    tree = _copy(lab.root / "tree")
    alone = lab.project("first", programs.ROOT, programs.root_settings())
    ways = {"`make up`, warm": partial(_make_up, tree, lab.env()), "`pulumi up` alone": partial(_pulumi_up, alone)}
    for way in ways.values():  # the first is not warm
        way()
    found = in_turn(ways, options.rounds or ROUNDS)
    return [_table(found)]


def _table(found: dict[str, list[Times]]) -> Table:
    base = found["`pulumi up` alone"]
    rows = [[name, *(_cell(times, base, part) for part in (0, 1))] for name, times in found.items()]
    return Table("first", ["one user", "to the first resource", "to the end"], rows)


def _cell(times: list[Times], base: list[Times], part: int) -> str:
    own = [each[part] for each in times]
    return beside(f"{median(own):.1f} s", ratio(own, [each[part] for each in base]))


def _copy(tree: Path) -> Path:
    tree.mkdir()
    for part in PARTS:
        shutil.copy2(PROJECT / part, tree)
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, tree / package)
    _share_environment(tree / ".venv")
    return tree


def _share_environment(folder: Path) -> None:
    """An environment of the copy's own, as `make` knows it, whose programs are ours."""
    folder.mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (folder / part).symlink_to(PROJECT / ".venv" / part)
    (folder / "up").touch()


def _make_up(tree: Path, env: dict[str, str]) -> Times:
    # As in a shell of the user's: the engine is on no PATH, and no AWS is set.
    own = {name: value for name, value in env.items() if not name.startswith(("AWS_", "PULUMI_", "PYTHONPATH"))}
    try:
        return _timed(["make", "--no-print-directory", "up"], tree, own)
    finally:
        subprocess.run(["make", "down"], cwd=tree, env=own, capture_output=True, check=True)


def _pulumi_up(project: Project) -> Times:
    times = _timed(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"], project.folder, project.env)
    project.pulumi("destroy", "--yes", "--skip-preview")
    return times


def _timed(command: list[str], cwd: Path, env: dict[str, str]) -> Times:
    start = time.perf_counter()
    env = {**env, "BENCH_REPORT": str(cwd / "report.json")}
    process = subprocess.Popen(command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with process:
        first, said = _first(process.stdout or (), start)
    if process.returncode or first is None:
        raise CommandError(f"{' '.join(command)} failed:\n{said[-3000:]}")
    return first, time.perf_counter() - start


def _first(lines: Iterable[str], start: float) -> tuple[float | None, str]:
    """When the first user was said to be made, and all that was said."""
    first, said = None, []
    for line in lines:
        said.append(line)
        if first is None and FIRST.search(line):
            first = time.perf_counter() - start
    return first, "".join(said)
