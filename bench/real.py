"""A user's life on the real AWS provider: this component, the same by hand, and Terraform, all on the same provider."""

import os
from collections.abc import Callable
from statistics import median

from bench.contenders import BARE, BOTO3, IN_COMPONENT, MANY, PHASES, PLUGINS, TERRAFORM, Life, has_terraform
from bench.lab import Lab, say
from bench.measure import Sample, ratio
from bench.options import Options
from bench.report import NONE, Table
from bench.users import Lives, lives
from local_aws.plugin import BINARY

ROUNDS = {1: 5, 50: 5}


def is_set() -> bool:
    """Whether Pulumi's provider is the real one. All that a lab measures is then measured with it."""
    return bool(os.environ.get(BINARY))


def compare(lab: Lab, options: Options) -> list[Table]:
    """A table of the time and one of the processor time for each number of users; none without both providers."""
    if not (is_set() and has_terraform()):
        say(f"real: left out, because {BINARY} and {PLUGINS} do not name a provider each")
        return []
    found = {users: _lives(lab, users, options) for users in options.users}
    return [make(users, each) for users, each in found.items() for make in (_of_time, _of_cpu)]


def _lives(lab: Lab, users: int, options: Options) -> Lives:
    left_out = {BOTO3, IN_COMPONENT} if users > MANY else {BOTO3}
    return lives(lab, users, options.rounds or ROUNDS.get(users, 1), left_out)


def _of_time(users: int, found: Lives) -> Table:
    return _table(
        f"real-{users}", f"real provider, {users:,} user{'s' if users > 1 else ''}", found, lambda s: s.seconds
    )


def _of_cpu(users: int, found: Lives) -> Table:
    return _table(f"real-cpu-{users}", "and its processor time", found, lambda sample: sample.cpu)


def _table(name: str, title: str, found: Lives, value: Callable[[Sample], float]) -> Table:
    rows = [[who, *(_cell(found, own, phase, value) for phase in PHASES)] for who, own in found.items()]
    return Table(name, [title, *PHASES], rows)


def _cell(found: Lives, own: list[Life], phase: str, value: Callable[[Sample], float]) -> str:
    """The median, and beside it the ratios to Terraform and to the same by hand, bare."""

    def of(lives: list[Life]) -> list[float]:
        return [value(life.phases[phase].whole) for life in lives]

    if phase not in own[0].phases:
        return NONE
    ratios = ", ".join(f"{ratio(of(own), of(found[base])):.2f}" for base in (TERRAFORM, BARE))
    return f"{median(of(own)):.1f} s ({ratios})"
