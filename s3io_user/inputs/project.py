"""Reads a stack's config as its program does: the AWS settings, and the inputs of each user."""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from s3io_user.iam.arns import PARTITIONS
from s3io_user.iam.user_policies import alike
from s3io_user.inputs.users_file import read_users_file
from s3io_user.policy.document import s3_policy_document
from s3io_user.stack import pulumi_cli
from s3io_user.stack.project_file import project_name, read_project_file, takes_users_from_config

if TYPE_CHECKING:
    from s3io_user.aws.connection import Connection
    from s3io_user.inputs.fields import Inputs
    from s3io_user.stack.state import UserState


_PULUMIS_OWN = threading.Lock()
"""Held while a config is read: Pulumi's library keeps one for the whole process, and stacks are read side by side."""


@dataclass(frozen=True)
class Project:
    """``users`` maps each user's logical name to its inputs, without Outputs.

    If they can't be read, ``users`` is empty and ``fault`` says why.
    """

    name: str
    access: "Connection"
    region: str | None
    users: Mapping[str, "Inputs"]
    fault: str | None
    many: bool
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    users_file: str | None = None
    """The file that ``users`` names, relative to ``folder``; None if it is a map."""
    folder: str = "."

    def own(self, user: str | None, key: str) -> str | None:
        """A key's own value for one of ``users``, or for the only user; None if it is not set there."""
        value = self._own(user, key)
        return None if value is None else str(value)

    def of_the_command(self, user: str | None, key: str) -> Any:
        """A key that only the command reads (`config.OF_THE_COMMAND`): the user's own, or else the stack's; or None."""
        value = self._own(user, key)
        if value is None and user is not None:
            value = self._own(None, key)
        return json.loads(value) if isinstance(value, str) and value.startswith("[") else value

    def lost_its_inputs(self, users: "Iterable[UserState]") -> bool:
        """Whether the config has no input, and the state's users do not have what the defaults give."""
        if any(key.startswith(f"{self.name}:") for key in self.config):
            return False
        defaults = [s3_policy_document(partition=partition) for partition in PARTITIONS]
        kept = [any(alike(d, default) for d in user.documents.values() for default in defaults) for user in users]
        return not all(kept) and takes_users_from_config(self.folder)

    def _own(self, user: str | None, key: str) -> Any:
        if user is None:
            return self.config.get(f"{self.name}:{key}")
        if self.users_file:
            users = read_users_file(self.users_file, self.folder)
        else:
            users = json.loads(self.config.get(f"{self.name}:users") or "{}")
        return (users.get(user) or {}).get(key)


def read_project(stack_name: str | None = None, cwd: str | None = None) -> Project:
    """Read a stack's config; secret values stay in memory. Raises S3IOError."""
    from s3io_user.errors import InputError
    from s3io_user.inputs import aws_config, config

    name = project_name(cwd)
    entries = {key: each for key, each in pulumi_cli.config(stack_name, cwd).items() if isinstance(each, Mapping)}
    values = {key: _text(entry) for key, entry in entries.items()}
    hidden = tuple(values[key] for key, entry in entries.items() if entry.get("secret"))
    folder = str(read_project_file(cwd)[0].parent)
    with _PULUMIS_OWN:
        _configure(name, values, folder)
        access = aws_config.stack_access()
        try:
            users, many = _users(name)
        except InputError as error:
            return Project(name, access, access.region, {}, str(error), False, values, hidden, folder=folder)
    named = values.get(f"{name}:{config.USERS}", "").strip()
    file = None if named.startswith(("{", "[")) else named or None
    return Project(name, access, access.region, users, None, many, values, hidden, file, folder)


def connection_of(values: Mapping[str, str]) -> "Connection":
    """How AWS is reached by a config that is not written yet. Raises InputError."""
    import pulumi

    from s3io_user.inputs import aws_config

    pulumi.runtime.set_all_config(dict(values))
    return aws_config.stack_access()


def users_of(name: str, values: Mapping[str, str], folder: str) -> Mapping[str, "Inputs"]:
    """The users of a config that is not written yet, as ``Project.users``. Raises InputError with every fault of it.

    ``name`` is the project's, ``values`` are its config as pulumi hands it to a program.
    """
    _configure(name, values, folder)
    return _users(name)[0]


def _configure(name: str, values: Mapping[str, str], folder: str) -> None:
    """Set the config and the project that the SDK reads in this process."""
    from pulumi.runtime import set_all_config
    from pulumi.runtime.settings import Settings, configure

    set_all_config(dict(values))
    configure(Settings(project=name, stack="stack", root_directory=folder))


def _users(name: str) -> "tuple[dict[str, Inputs], bool]":
    """The users of that config, and whether it has the map ``users``. Raises InputError."""
    import pulumi

    from s3io_user.inputs import checks, config

    setup = config.read_setup(pulumi.Config(name))
    return {logical: checks.resolve(args) for logical, args in setup.users.items()}, setup.many


def read_export(stack_name: str | None = None, cwd: str | None = None, *, show_secrets: bool = False) -> dict[str, Any]:
    """A stack's state, secrets encrypted unless ``show_secrets``. Raises S3IOError."""
    if show_secrets:
        pulumi_cli.forbid_core_dumps()
    return pulumi_cli.run_object(["stack", "export", *(["--show-secrets"] if show_secrets else [])], stack_name, cwd)


def _text(entry: Mapping[str, Any]) -> str:
    value = entry.get("value", "")
    return value if isinstance(value, str) else json.dumps(value)
