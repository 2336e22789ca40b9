"""Which statements speak of which actions and which resources, for many of both at once.

Pure.
"""

from collections.abc import Container, Iterator, Sequence
from functools import cached_property

from s3io_user.explain.catalogue import Action, Catalogue
from s3io_user.explain.decide import NO, Decision, bounded, combined
from s3io_user.explain.lookup import Patterns
from s3io_user.explain.statements import Statement

Covering = tuple[tuple[int, tuple[str, ...]], ...]
"""The statements that cover a resource, each with the variables that decide whether it does."""


class _AllBut(Container[str]):
    """Every action but those of a NotAction."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def __contains__(self, name: object) -> bool:
        return name not in self.names


class Reach:
    """The statements of documents, indexed by what they cover.

    ``limits`` are those of a permissions boundary, None where there is none: they allow nothing by themselves. They
    are numbered on after ``statements``; ``every`` has both.
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
        """The statements that cover a resource, whatever the action."""
        if arn not in self._covering:
            self._covering[arn] = tuple(self._find(arn))
        return self._covering[arn]

    def _find(self, arn: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        found: dict[int, list[str]] = {}
        for number, text in self._patterns.matching(arn):
            found.setdefault(number, []).append(text)
        for number in sorted({*found, *self._spare_some}):
            variables = self.every[number].reach(found.get(number, ()))
            if variables is not None:
                yield number, variables

    def texts(self, arn: str) -> Iterator[str]:
        """The resources, as documents have them, that match an ARN."""
        return (text for _, text in self._patterns.matching(arn))

    @cached_property
    def _spare_some(self) -> list[int]:
        """The statements with NotResource, which cover what none of their patterns matches."""
        return [number for number, statement in enumerate(self.every) if statement.other_resources]

    @cached_property
    def names(self) -> list[Container[str]]:
        """The actions that each statement speaks of, by their names in the catalogue."""
        return [self._names(statement) for statement in self.every]

    def _names(self, statement: Statement) -> Container[str]:
        if not statement.other_actions and any(text.strip("*") == "" for text in statement.actions):
            return self.catalogue.names
        named = frozenset(name for text in statement.actions for name in self.catalogue.expand(text))
        return _AllBut(named) if statement.other_actions else named

    def decide(self, action: Action, covering: Covering) -> Decision:
        """What the statements that cover a resource say of an action on it."""
        key = (action.name, covering)
        if key not in self._decided:
            self._decided[key] = self._decide(action, covering)
        return self._decided[key]

    def _decide(self, action: Action, covering: Covering) -> Decision:
        if self.limits is None:
            return self._combined(action, covering)
        own = self._combined(action, [each for each in covering if each[0] < len(self.statements)])
        if own is NO:
            return own
        return bounded(own, self._combined(action, [each for each in covering if each[0] >= len(self.statements)]))

    def _combined(self, action: Action, covering: Sequence[tuple[int, tuple[str, ...]]]) -> Decision:
        allows: list[tuple[str, ...]] = []
        denies: list[tuple[str, ...]] = []
        for number, variables in covering:
            if action.name not in self.names[number]:
                continue
            statement = self.every[number]
            conditions = statement.conditions(action.lacks, variables)
            if conditions is not None:
                (allows if statement.allow else denies).append(conditions)
        return combined(tuple(allows), tuple(denies)) if allows else NO

    def everywhere(self, action: str) -> bool:
        """Whether a statement allows an action on ``*``, by itself and whatever its conditions."""
        for names in self._everywhere:  # noqa: SIM110  # asked of each of AWS's actions, and any() takes far longer
            if action in names:
                return True
        return False

    @cached_property
    def _everywhere(self) -> list[Container[str]]:
        return [
            self.names[number]
            for number, each in enumerate(self.statements)
            if each.allow and (each.other_resources or any(not text.strip("*") for text in each.resources))
        ]

    def actions(self, service: str, coverings: Sequence[Covering]) -> list[Action]:
        """The actions of a service that any Allow among the covering statements speaks of, by name."""
        own = {n for covering in coverings for n, _ in covering if n < len(self.statements)}
        numbers = {number for number in own if self.statements[number].allow}
        names = [self.names[number] for number in sorted(numbers)]
        every = self.catalogue.by_service[service]
        if len(names) == 1:
            return [action for action in every if action.name in names[0]]
        return [action for action in every if any(action.name in each for each in names)]
