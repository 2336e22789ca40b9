"""The contenders: this component, the same resources by hand, Terraform, and boto3 as the lower bound."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench import measure, programs
from bench.lab import Lab, Project, Ran

OURS, MAP = "`S3IOUser`, in a program", "`S3IOUser`, by the map `users`"
WITH_RUN = "the same, with `run`"
IN_COMPONENT, BARE = "by hand, in a component", "by hand, bare"
SAME_OUTPUTS = "the same, with the map's outputs"
TERRAFORM, BOTO3 = "Terraform", "boto3 alone"

UP, PREVIEW, REFRESH, DESTROY = PHASES = ("up", "no-op preview", "refresh", "destroy")
PLUGINS = "S3IO_USER_TERRAFORM_PLUGINS"

# With this the engine writes the state only at the end. Don't use it: an update that is killed leaves no state. Here it
# lets many users be compared in minutes, where writing the state would take most of an hour.
WITHOUT_CHECKPOINTS = {"PULUMI_SKIP_CHECKPOINTS": "true"}
MANY = 200


@dataclass
class Life:
    """One round of one contender: what each phase took, and the resources and size of the state after the up."""

    phases: dict[str, Ran] = field(default_factory=dict)
    resources: int = 0
    state: int = 0


@dataclass(frozen=True)
class Contender:
    """A contender: a function for each phase and, with Pulumi, its project."""

    phases: Mapping[str, Callable[[], Ran]]
    project: Project | None = None

    def live(self) -> Life:
        """Run all phases in order."""
        life = Life()
        for phase, run in self.phases.items():
            life.phases[phase] = run()
            if phase == UP and self.project:
                life.state = self.project.state_file.stat().st_size
                life.resources = len(self.project.resources())
        return life


def contenders(lab: Lab, users: int) -> dict[str, Contender]:
    """The contenders that this machine can run, for a number of users, by their names in the tables."""
    projects = {
        OURS: _counted(lab, "ours", programs.OURS, users),
        WITH_RUN: _counted(lab, "with-run", programs.WITH_RUN, users),
        MAP: by_map(lab, f"map-{users}", users),
        IN_COMPONENT: _counted(lab, "in-component", programs.IN_COMPONENT, users),
        BARE: _counted(lab, "bare", programs.BARE, users),
        SAME_OUTPUTS: _counted(lab, "same-outputs", programs.SAME_OUTPUTS, users),
    }
    for project in projects.values():
        project.env.update(WITHOUT_CHECKPOINTS if users > MANY else {})
    found = {**{name: of_pulumi(project) for name, project in projects.items()}, BOTO3: _boto3(lab, users)}
    if has_terraform():
        found[TERRAFORM] = _terraform(lab, users)
    return found


def has_terraform() -> bool:
    """Whether Terraform is on PATH and a folder with its aws provider is set."""
    return bool(os.environ.get(PLUGINS) and shutil.which("terraform"))


def _counted(lab: Lab, name: str, program: str, users: int) -> Project:
    project = lab.project(f"{name}-{users}", program)
    project.env["BENCH_USERS"] = str(users)
    return project


def by_map(lab: Lab, name: str, users: int) -> Project:
    """The root program, with this many entries in `users`."""
    return lab.project(name, programs.ROOT, programs.root_settings(), users=programs.users_map(users))


def of_pulumi(project: Project) -> Contender:
    commands = {
        UP: ("up", "--yes", "--skip-preview"),
        # Fails if there is something to do.
        PREVIEW: ("preview", "--expect-no-changes"),
        REFRESH: ("refresh", "--yes", "--skip-preview"),
        DESTROY: ("destroy", "--yes", "--skip-preview"),
    }
    return Contender({phase: partial(project.pulumi, *command) for phase, command in commands.items()}, project)


def _commands(folder: Path, env: Mapping[str, str], phases: Mapping[str, list[str]]) -> Contender:
    def ran(command: list[str]) -> Ran:
        return Ran(measure.run(command, folder, env), 0, 0)

    return Contender({phase: partial(ran, command) for phase, command in phases.items()})


def _boto3(lab: Lab, users: int) -> Contender:
    folder = lab.folder(f"boto3-{users}")
    script = folder / "script.py"
    script.write_text(programs.BOTO3)
    commands = {UP: "create", PREVIEW: "read", DESTROY: "delete"}
    phases = {phase: [sys.executable, str(script), command] for phase, command in commands.items()}
    return _commands(folder, lab.env(BENCH_USERS=str(users)), phases)


def _terraform(lab: Lab, users: int) -> Contender:
    folder = lab.folder(f"terraform-{users}")
    (folder / "main.tf").write_text(programs.TERRAFORM)
    settings = folder / "terraform.rc"
    settings.write_text(programs.terraform_settings(os.environ[PLUGINS]))
    env = lab.env(TF_CLI_CONFIG_FILE=str(settings), TF_IN_AUTOMATION="1", TF_VAR_users=str(users))
    measure.run(["terraform", "init", "-no-color"], folder, env)
    commands = {
        UP: ["apply", "-auto-approve"],
        PREVIEW: ["plan", "-detailed-exitcode"],
        REFRESH: ["apply", "-refresh-only", "-auto-approve"],
        DESTROY: ["destroy", "-auto-approve"],
    }
    return _commands(folder, env, {phase: ["terraform", *args, "-no-color"] for phase, args in commands.items()})
