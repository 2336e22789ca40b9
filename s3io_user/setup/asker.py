"""Asks questions on a terminal with rich's prompts, a line each, which every terminal and screen reader can show."""

from collections.abc import Callable, Mapping, Sequence
from getpass import getpass
from typing import Any

from s3io_user.errors import S3IOError

Check = Callable[[str], str | None]
"""Why an answer is refused, or None."""


class Asker:
    """Asks a person. Raises KeyboardInterrupt at the end of input (Ctrl-D)."""

    def __init__(self) -> None:
        from rich.console import Console

        self.console = Console(stderr=True, highlight=False, emoji=False, markup=False)

    def say(self, text: str = "") -> None:
        """Write a line. It wraps between words, never within a name."""
        self.console.print(text, overflow="ignore", crop=False)

    def choose(self, question: str, choices: Mapping[str, str], default: str | None = None) -> str:
        """Ask for one of several, by its number or its value. ``choices`` maps each value to its label."""
        self.say(f"\n{question}")
        values = self._numbered(choices)
        shown = next((number for number, value in values.items() if value == default), None)

        def check(answer: str) -> str | None:
            return None if answer in values or answer in choices else f"choose 1 to {len(choices)}"

        answer = self.text("Number", check, shown)
        return answer if answer in choices else values[answer]

    def _numbered(self, choices: Mapping[str, str]) -> dict[str, str]:
        """Write a numbered line for each choice. Returns the choices by their numbers."""
        for number, (value, label) in enumerate(choices.items(), 1):
            self.say(f"  {number:>2}  {label or value}")
        return {str(number): value for number, value in enumerate(choices, 1)}

    def text(self, question: str, check: Check = lambda _: None, default: str | None = None) -> str:
        """Ask for a line of text until ``check`` accepts it."""
        while True:
            answer = self._prompt(question, default).strip()
            if fault := check(answer):
                self.say(f"  {fault}")
            else:
                return answer

    def several(self, question: str, choices: Sequence[str], check: Check, default: str | None = None) -> list[str]:
        """Ask for one or more, separated by commas: numbers of the choices, or other text."""
        values = self._numbered(dict.fromkeys(choices, ""))

        def read(answer: str) -> list[str]:
            return [values.get(part.strip(), part.strip()) for part in answer.split(",") if part.strip()]

        def every(answer: str) -> str | None:
            return next(filter(None, map(check, read(answer) or [""])), None)

        return read(self.text(question, every, default))

    def secret(self, question: str, *, twice: bool) -> str:
        """Ask for a text that is not shown while it is typed; ``twice`` if a typing error would be costly."""
        while True:
            answer = _hidden(question)
            if not answer:
                self.say("  it must not be empty")
            elif twice and _hidden("The same again") != answer:
                self.say("  the two are not the same")
            else:
                return answer

    def agreed(self, question: str, *, default: bool = False) -> bool:
        """Ask for yes or no."""
        answer = self.text(f"{question} [y/n]", _yes_or_no, "y" if default else "n")
        return answer.lower() in ("y", "yes")

    def _prompt(self, question: str, default: str | None) -> str:
        from rich.prompt import Prompt
        from rich.text import Text

        fallback: Any = default if default is not None else ""
        try:
            return str(
                Prompt.ask(
                    Text(question, style="bold"),
                    console=self.console,
                    default=fallback,
                    show_default=bool(default),
                )
            )
        except EOFError:
            raise KeyboardInterrupt from None
        except UnicodeDecodeError:
            raise S3IOError("the terminal sent text in another encoding: set LANG to a UTF-8 locale") from None


def _hidden(question: str) -> str:
    """What is typed, without an echo: with rich, the terminal would show what is typed before the prompt."""
    try:
        return getpass(f"{question}: ")
    except EOFError:
        raise KeyboardInterrupt from None


def _yes_or_no(answer: str) -> str | None:
    return None if answer.lower() in ("y", "yes", "n", "no") else "answer y or n"
