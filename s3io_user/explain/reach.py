"""Which statements cover which actions and which resources, for many of both at once.

Pure.
"""

from collections.abc import Container, Iterator, Sequence
from functools import cached_property

from s3io_user.explain.catalogue import Action, Catalogue
from s3io_user.explain.decide import NO, Decision, bounded, decide_by
from s3io_user.explain.lookup import Patterns
from s3io_user.explain.statements import Statement, Variables

Covering = tuple[tuple[int, Variables], ...]
"""The numbers of the statements that cover a resource, each with the variables that decide whether it does."""


class _AllBut(Container[str]):
    """Every action but those of a NotAction."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def __contains__(self, name: object) -> bool:
        return name not in self.names


class Reach:
    """The statements of documents, indexed by what they cover.

    ``limits`` are the statements of the permissions boundary, which allow nothing by themselves; None if there is no
    boundary. ``every`` has both, and their numbers count through it: first ``statements``, then ``limits``.
    """

    def __init__(
        self, statements: Sequence[Statement], catalogue: Catalogue, limits: Sequence[Statement] | None = None
    ) -> None:
        self.statements = statements
        self.catalogue = catalogue
        self.limits = limits
        self.every = (*statements, *(limits or ()))
        self._patterns = Patterns((number, text) for number, each in enumerate(self.every) for text in each.resources)
        self._covering: dict[str, Covering] = {}
        self._decided: dict[tuple[str, Covering], Decision] = {}

    def covering(self, arn: str) -> Covering:
        """The statements that cover a resource, for any action."""
        if arn not in self._covering:
            self._covering[arn] = tuple(self._find_covering(arn))
        return self._covering[arn]

    def _find_covering(self, arn: str) -> Iterator[tuple[int, Variables]]:
        matching: dict[int, list[str]] = {}
        for number, pattern in self._patterns.matching(arn):
            matching.setdefault(number, []).append(pattern)
        for number in sorted({*matching, *self._with_not_resource}):
            variables = self.every[number].variables_in(matching.get(number, ()))
            if variables is not None:
                yield number, variables

    def patterns(self, arn: str) -> Iterator[str]:
        """The resources of the documents that match an ARN."""
        return (pattern for _, pattern in self._patterns.matching(arn))

    @cached_property
    def _with_not_resource(self) -> list[int]:
        """The statements that cover what none of their patterns matches."""
        return [number for number, statement in enumerate(self.every) if statement.other_resources]

    @cached_property
    def names(self) -> list[Container[str]]:
        """The names of the actions that each statement covers."""
        return [self._names(statement) for statement in self.every]

    def _names(self, statement: Statement) -> Container[str]:
        names = frozenset(name for pattern in statement.actions for name in self.catalogue.expand(pattern))
        return _AllBut(names) if statement.other_actions else names

    def decide(self, action: Action, covering: Covering) -> Decision:
        """Decide an action on a resource by the statements that cover the resource."""
        key = (action.name, covering)
        if key not in self._decided:
            self._decided[key] = self._decide(action, covering)
        return self._decided[key]

    def _decide(self, action: Action, covering: Covering) -> Decision:
        if self.limits is None:
            return self._decide_by(action, covering)
        own = self._decide_by(action, [each for each in covering if each[0] < len(self.statements)])
        if own is NO:
            return own
        return bounded(own, self._decide_by(action, [each for each in covering if each[0] >= len(self.statements)]))

    def _decide_by(self, action: Action, covering: Sequence[tuple[int, Variables]]) -> Decision:
        covers = [
            (self.every[number], variables) for number, variables in covering if action.name in self.names[number]
        ]
        return decide_by(covers, action.lacks)

    def everywhere(self, action: str) -> bool:
        """Whether any statement by itself allows an action on ``*``, under any conditions."""
        for names in self._everywhere:  # noqa: SIM110  # asked of each of AWS's actions, and any() takes far longer
            if action in names:
                return True
        return False

    @cached_property
    def _everywhere(self) -> list[Container[str]]:
        return [self.names[number] for number, each in enumerate(self.statements) if each.allow and each.everywhere]

    def actions(self, service: str, coverings: Sequence[Covering]) -> list[Action]:
        """A service's actions that any Allow among the covering statements covers, by name."""
        numbers = {number for covering in coverings for number, _ in covering}
        names = [self.names[n] for n in sorted(numbers) if n < len(self.statements) and self.statements[n].allow]
        every = self.catalogue.by_service[service]
        if len(names) == 1:
            return [action for action in every if action.name in names[0]]
        return [action for action in every if any(action.name in each for each in names)]
