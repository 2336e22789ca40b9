"""How a set-up asks: once for each answer that neither a flag nor an interrupted run gives."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from s3io_user.setup.answers import Answers, flag
from s3io_user.setup.asker import Asker, Check
from s3io_user.setup.project import name_for
from s3io_user.setup.situation import Situation, StackConfig


@dataclass
class Questions:
    """The answers, and how to ask for one that is missing.

    If ``asker`` is None, nobody can be asked, and ``missing`` collects the flags to add. ``before`` is what the stack's
    config already answers, ``passphrase`` what was typed, and ``you`` the ARN of the caller.
    """

    here: Situation
    answers: Answers
    asker: Asker | None
    say: Callable[[str], None]
    config: StackConfig = field(default_factory=StackConfig)
    before: Answers = field(default_factory=Answers)
    passphrase: str | None = field(default=None, repr=False)
    you: str = ""
    missing: list[str] = field(default_factory=list)

    @property
    def project(self) -> str:
        """The project's name: of the one that is there, or that will be made."""
        return self.here.project or self.answers.project or name_for(self.here.folder)

    @property
    def options(self) -> dict[str, bool | str]:
        """The options that are answered, or else what the config says of them."""
        return {**(self.before.options or {}), **(self.answers.options or {})}

    def put(self, **values: Any) -> None:
        """Set answers."""
        self.answers = replace(self.answers, **values)

    def put_option(self, name: str, value: bool | str) -> None:
        """Set one of the options."""
        self.put(options={**(self.answers.options or {}), name: value})

    def need(self, name: str, ask: Callable[[Asker], Any], default: Any = None) -> Any:
        """An answer. If it is missing, ask for it; if nobody can be asked, take the default, or note its flag."""
        if (answer := getattr(self.answers, name)) is not None:
            return answer
        if self.asker is not None:
            self.put(**{name: ask(self.asker)})
        elif default is not None:
            self.put(**{name: default})
        else:
            self.missing.append(flag(name))
        return getattr(self.answers, name)


def or_nothing(check: Check) -> Check:
    """The same check for an answer that may be empty."""
    return lambda text: check(text) if text else None
