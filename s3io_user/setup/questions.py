"""How a set-up asks: once for each answer that no flag, no interrupted run and no default gives."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from s3io_user.setup.answers import Answers, flag
from s3io_user.setup.asker import Asker, Check
from s3io_user.setup.project import name_for
from s3io_user.setup.situation import Situation, StackConfig


@dataclass
class Questions:
    """Answers, and how one that is not known yet is asked for.

    Without an ``asker`` nobody can be asked: what is missing is named, all at once. ``before`` is what the stack's
    config says already, ``passphrase`` what was typed, and ``you`` the ARN of whoever asks AWS.
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

    def put(self, **values: Any) -> None:
        """Answer something."""
        self.answers = replace(self.answers, **values)

    def need(self, name: str, ask: Callable[[Asker], Any], default: Any = None) -> Any:
        """An answer: the one that is there; else asked for; else the default, or it is missing."""
        if (held := getattr(self.answers, name)) is not None:
            return held
        if self.asker is not None:
            self.put(**{name: ask(self.asker)})
        elif default is not None:
            self.put(**{name: default})
        else:
            self.missing.append(flag(name))
        return getattr(self.answers, name)


def or_nothing(check: Check) -> Check:
    """The check of an answer that may be empty."""
    return lambda text: check(text) if text else None
