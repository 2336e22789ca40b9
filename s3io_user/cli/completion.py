"""Shell completion: argcomplete reads the parsers, and completers list the names that they can't know."""

import argparse
import os
from collections.abc import Callable
from typing import Any

Completer = Callable[..., list[str]]
SHELLS = ("bash", "zsh", "fish")
PROGRAM = "s3io-user"


def words() -> list[str] | None:
    """The words of the command line to complete; None if no shell asks for completions."""
    return os.environ.get("COMP_LINE", "").split() if "_ARGCOMPLETE" in os.environ else None


def answer(parser: argparse.ArgumentParser, command: argparse.ArgumentParser | None) -> None:
    """Print the completions and end the process. Parsers know choices; for other values the option's name decides."""
    import argcomplete

    for action in (action for each in (parser, command) if each for action in each._actions):
        for name in action.option_strings:
            if name in _COMPLETERS:
                action.completer = _COMPLETERS[name]  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser, always_complete_options="long")


def script(shell: str) -> str:
    """The completion script of a shell."""
    from argcomplete.shell_integration import shellcode

    return shellcode([PROGRAM], shell=shell)


def stacks(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """The stacks of the project; none if pulumi can't list them."""
    return _stacks(parsed_args, "to_cwd", "cwd", "any_cwd")


def source_stacks(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """The stacks of the project that to-config reads."""
    return _stacks(parsed_args, "cwd", "any_cwd")


def _stacks(parsed_args: argparse.Namespace, *names: str) -> list[str]:
    from s3io_user.errors import S3IOError
    from s3io_user.stack import pulumi_cli

    given = (getattr(parsed_args, name, None) for name in names)
    try:
        return pulumi_cli.stack_names(next((folder for folder in given if folder), None))
    except S3IOError:
        return []


def folders(prefix: str, **_: Any) -> list[str]:
    """The folders that complete a path."""
    from argcomplete.completers import DirectoriesCompleter

    return list(DirectoriesCompleter()(prefix))


def profiles(**_: Any) -> list[str]:
    """The AWS profiles of this machine."""
    from s3io_user.aws import connection
    from s3io_user.errors import S3IOError

    try:
        return connection.known_profiles()
    except S3IOError:
        return []


def regions(**_: Any) -> list[str]:
    """The Regions that boto3 knows."""
    from s3io_user.aws import connection

    return sorted(connection.known_regions())


_COMPLETERS: dict[str, Completer] = {
    "--stack": stacks,
    "--from-stack": source_stacks,
    "--cwd": folders,
    "--from-cwd": folders,
    "--out-dir": folders,
    "--profile": profiles,
    "--region": regions,
}
