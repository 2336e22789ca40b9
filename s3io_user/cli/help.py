"""Help pages for every width: text wraps at words, and a command to copy is never cut."""

import argparse
import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from s3io_user.cli import text as screen
from s3io_user.screen import NARROWEST

_USAGE = "usage: "
_WIDEST = 110
_NARROW = 60
_EXAMPLE = re.compile(r"  (?P<command>\S.*?)(?:\s{2,}(?P<about>\S.*))?")


class HelpFormatter(argparse.HelpFormatter):
    """Formats help: a short usage line, choices within an option's text, examples laid out by ``layout``."""

    def __init__(self, prog: str, **options: Any) -> None:
        width = max(min(shutil.get_terminal_size().columns, _WIDEST), NARROWEST) - 1
        super().__init__(prog, **{"max_help_position": 26 if width >= _NARROW else 6, "width": width, **options})

    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action], groups: Iterable[Any], prefix: str | None = None
    ) -> None:
        """Show only required arguments: the options follow below."""
        actions = list(actions)
        needed = [self._required(action) for action in actions if action.required or not action.option_strings]
        lines = _wrapped(" ".join([self._prog, "[options]", *needed]), self._width, " " * len(_USAGE), " " * 9)
        super().add_usage(usage or "\n".join(lines).strip().replace("%", "%%"), actions, [], prefix or _USAGE)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, argparse.BooleanOptionalAction):
            return f"--[no-]{action.option_strings[0].removeprefix('--')}"
        return super()._format_action_invocation(action)

    def _required(self, action: argparse.Action) -> str:
        name = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{action.option_strings[0]} {name}" if action.option_strings else str(action.metavar or action.dest)

    def _metavar_formatter(self, action: argparse.Action, default_metavar: str) -> Any:
        name = action.metavar or (action.dest.upper() if action.choices is not None else default_metavar)
        return lambda size: name if isinstance(name, tuple) else (name,) * size

    def _expand_help(self, action: argparse.Action) -> str:
        text = super()._expand_help(action)
        return f"{listed(action.choices)}; {text}" if action.choices is not None and action.nargs is None else text

    def _split_lines(self, text: str, width: int) -> list[str]:
        return _wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return textwrap.indent(layout(text, width), indent)


def listed(choices: Iterable[Any]) -> str:
    """``a, b or c``."""
    *first, last = map(str, choices)
    return f"{', '.join(first)} or {last}" if first else last


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Wrap help text. It may break commands within sentences; examples to copy go through ``command_lines``."""
    return screen.wrapped(text, width, first, rest, commands=False)


def layout(text: str, width: int) -> str:
    """Lay out paragraphs and examples (``  command   what it does``; the latter may be on deeper-indented lines)."""
    blocks = re.split(r"\n\s*\n", re.sub(r" *\\\n +", " ", text.strip("\n")))
    return "\n\n".join("\n".join(_block(block.splitlines(), width)) for block in blocks)


def _block(lines: Sequence[str], width: int) -> Iterator[str]:
    prose = [line for line in lines if not line.startswith("  ")]
    examples = [line for line in lines if line.startswith("  ")]
    for paragraph in re.split(" (?=Exit code: )", " ".join(prose)) if prose else ():
        yield from _wrapped(paragraph, width)
    yield from _examples(_pairs(examples), width)


def _pairs(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Each command, and what it does."""
    pairs: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith("   ") and pairs:
            command, about = pairs[-1]
            pairs[-1] = (command, f"{about} {line.strip()}".strip())
        elif match := _EXAMPLE.fullmatch(line):
            pairs.append((match["command"], match["about"] or ""))
    return pairs


def _examples(pairs: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Two columns if everything fits, else each explanation below its command."""
    column = max((len(command) for command, _ in pairs), default=0)
    if all(column + 4 + len(about) <= width for _, about in pairs):
        yield from (f"  {command.ljust(column)}  {about}".rstrip() for command, about in pairs)
        return
    for command, about in pairs:
        yield from command_lines(command, width)
        yield from _wrapped(about, width, "      ", "      ")


def command_lines(command: str, width: int) -> Iterator[str]:
    """A shell command, continued with backslashes if it is too long; it can be copied either way."""
    indent, line = "  ", ""
    for word in re.findall(r"(?:'[^']*'|\"[^\"]*\"|\S)+", command):
        if line and len(indent) + len(line) + len(word) + 3 > width:
            yield f"{indent}{line} \\"
            indent, line = "    ", word
        else:
            line = f"{line} {word}".strip()
    yield f"{indent}{line}"
