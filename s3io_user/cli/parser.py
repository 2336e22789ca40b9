"""Parses the command line; wrong usage ends with exit code 2, and suggests the nearest right word."""

import argparse
import difflib
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from s3io_user.cli.help import HelpFormatter, listed
from s3io_user.wording import shown, visible

_LONGEST = 900


class Parser(argparse.ArgumentParser):
    """A parser without abbreviations: --show must not become --show-secrets."""

    def __init__(self, prog: str | None = None, **options: Any) -> None:
        super().__init__(prog, **{"formatter_class": HelpFormatter, "allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """End with 2. Escapes the message: argparse quotes arguments as they are, control characters too."""
        super().error(visible(message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"))

    @property
    def options(self) -> list[str]:
        """All option names of the parser."""
        return [name for action in self._actions for name in action.option_strings]

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError:
            hint = did_you_mean(str(value), map(str, action.choices or ()))
            said = f"invalid choice: {shown(value)}{hint or f' (choose from {listed(action.choices or ())})'}"
            raise argparse.ArgumentError(action, said) from None


def refuse_unknown_options(argv: Sequence[str], parser: Parser, command: Parser | None) -> None:
    """End with 2 at the first unknown option. argparse would report missing options first."""
    known = {*parser.options, *(command.options if command else ())}
    for word in argv:
        if word == "--":
            return
        name = word.partition("=")[0]
        if name.startswith("--") and name not in known:
            (command or parser).error(f"unrecognized arguments: {name}{did_you_mean(name, known)}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` (did you mean 'export'?)``, or nothing where no known word is near."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""
