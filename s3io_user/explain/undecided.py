"""What the rows do not show although a policy allows it: decided to be nothing, or not decided at all.

Pure. A "no" is only said where each Allow was followed to its end: to a row, to a Deny that takes all of it away, to
a condition that never holds, or to resources that its actions do not work on.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from s3io_user.explain.catalogue import Action, Catalogue, template_tokens
from s3io_user.explain.dangers import OWN
from s3io_user.explain.decide import Verdict
from s3io_user.explain.places import Sample, generic, samples_of
from s3io_user.explain.reach import Covering, Reach
from s3io_user.explain.statements import Statement
from s3io_user.iam.wildcards import Token, common, fill, matches, tokens

_LISTING = "s3:ListAllMyBuckets"


@dataclass(frozen=True)
class Undecided:
    """An Action of a document, as it stands there, that may be allowed where no row shows it.

    ``actions``: the actions that it stands for, as far as they are known. ``other_buckets``: whether it may be
    allowed on a bucket that the document does not name.
    """

    text: str
    actions: frozenset[str]
    other_buckets: bool


@dataclass(frozen=True)
class Idle:
    """An Action of a document that allows nothing, and why."""

    text: str
    reason: str


class Rest:
    """What of the Allow statements is not on any row."""

    def __init__(self, reach: Reach, granted: frozenset[str], partition: str) -> None:
        self.reach = reach
        self.catalogue: Catalogue = reach.catalogue
        self.granted = granted
        self.partition = partition
        self.actions = {each.name: each for actions in self.catalogue.by_service.values() for each in actions}
        found = [each for number, one in enumerate(reach.statements) if one.allow for each in self._of(number, one)]
        self.undecided = tuple(dict.fromkeys(each for each in found if isinstance(each, Undecided)))
        self.idle = tuple(dict.fromkeys(each for each in found if isinstance(each, Idle)))

    def _of(self, number: int, statement: Statement) -> Iterator[Undecided | Idle]:
        everywhere = statement.other_resources or any(not text.strip("*") for text in statement.resources)
        samples = [] if everywhere else self._samples(statement)
        wide = everywhere or any("*" in sample.split("/")[0] for sample in statement.resources if ":s3:" in sample)
        possible = self._possible(number, statement, samples, everywhere)
        yield from self._idle(statement, possible, wide)
        within = self._within(number)
        for action in self._hidden(number, possible, samples, everywhere):
            if not self._denied(action, number) and any(action.name in names for names in within):
                yield Undecided(action.name, frozenset({action.name}), wide)

    def _samples(self, statement: Statement) -> list[Sample]:
        return [each for text in statement.resources for each in samples_of(text, self.partition, self.catalogue)]

    def _possible(
        self, number: int, statement: Statement, samples: Sequence[Sample], everywhere: bool
    ) -> dict[str, Action]:
        """The statement's actions that work on any of its resources."""
        names = self.reach.names[number]
        if everywhere:
            return {name: action for name, action in self.actions.items() if name in names}
        kinds = dict.fromkeys((sample.service, sample.kind) for sample in samples)
        found = {name for kind in kinds for name in self.catalogue.with_type(*kind) if name in names}
        if _LISTING in names and self.reach.statements[number].reaches(f"arn:{self.partition}:s3:::*") is not None:
            found.add(_LISTING)
        return {name: self.actions[name] for name in sorted(found) if name in self.actions}

    def _idle(self, statement: Statement, possible: dict[str, Action], wide: bool) -> Iterator[Undecided | Idle]:
        """An Action of which nothing works on the resources, or under the conditions, that the statement names."""
        for text in () if statement.other_actions else statement.actions:
            names = list(self.catalogue.expand(text))
            if not self._may_be_within(text, names):
                yield Idle(text, _OUT_OF_BOUNDS)
                continue
            reason = _why_idle([self.actions[name] for name in names], statement, possible)
            # Which resources S3's actions work on is certain; the reference may be behind for another service's.
            certain = all(name.partition(":")[0] in OWN or name in possible for name in names)
            if not names or (reason and not certain):
                yield Undecided(text, frozenset(names), wide)
            elif reason:
                yield Idle(text, reason)

    def _hidden(
        self, number: int, possible: dict[str, Action], samples: Sequence[Sample], everywhere: bool
    ) -> Iterator[Action]:
        """The actions that none of the statement's own samples is allowed for, although its conditions may hold."""
        statement = self.reach.statements[number]
        limits = [each for each in self._limit_samples if statement.reaches(each.arn) is not None]
        shown = self.granted if everywhere else self._allowed(possible, [*samples, *limits])
        for name, action in possible.items():
            hidden = name not in shown and not (name == _LISTING and name in self.granted)
            if hidden and statement.conditions(action.lacks) is not None:
                yield action

    def _allowed(self, possible: dict[str, Action], samples: Sequence[Sample]) -> set[str]:
        coverings: dict[tuple[str, str, Covering], None] = dict.fromkeys(
            (sample.service, sample.kind, self.reach.covering(sample.arn)) for sample in samples
        )
        return {
            name
            for service, kind, covering in coverings
            for name in self.catalogue.with_type(service, kind)
            if name in possible and self.reach.decide(possible[name], covering).verdict is not Verdict.NO
        }

    def _denied(self, action: Action, number: int) -> bool:
        """Whether a Deny without conditions takes away all that the statement allows of an action."""
        return any(
            not deny.allow
            and action.name in self.reach.names[at]
            and deny.conditions(action.lacks) == ()
            and all(self._covers(deny, text, action) for text in self._texts(number))
            for at, deny in enumerate(self.reach.every)
        )

    def _within(self, number: int) -> list[Container[str]]:
        """What a permissions boundary allows on any of the statement's resources; everything where there is none."""
        if self.reach.limits is None:
            return [self.reach.names[number]]
        texts = self._texts(number)
        first = len(self.reach.statements)
        return [
            self.reach.names[first + at]
            for at, limit in enumerate(self.reach.limits)
            if limit.allow and (limit.other_resources or _overlap(limit.resources, texts))
        ]

    def _may_be_within(self, text: str, names: Sequence[str]) -> bool:
        """Whether a permissions boundary allows any of the actions that a text stands for."""
        if self.reach.limits is None:
            return True
        allowing = [each for each in self.reach.limits if each.allow]
        if not names:  # which AWS may know all the same
            return any(
                each.other_actions or _overlap(map(str.lower, each.actions), [text.lower()]) for each in allowing
            )
        return any(each.speaks_of(name) for each in allowing for name in names)

    @cached_property
    def _limit_samples(self) -> list[Sample]:
        """Samples of what a permissions boundary allows: where it is narrower, its own places show what is left."""
        return [each for limit in self.reach.limits or () if limit.allow for each in self._samples(limit)]

    def _texts(self, number: int) -> Sequence[str]:
        statement = self.reach.statements[number]
        return ("*",) if statement.other_resources else statement.resources

    def _covers(self, deny: Statement, text: str, action: Action) -> bool:
        """Whether a Deny covers every resource of an action's types that a pattern matches."""
        if not action.resources and deny.other_resources:
            # Its requests are about "*"; and ListAllMyBuckets is allowed on the pattern of all buckets, too.
            requests = ("*", f"arn:{self.partition}:s3:::*")
            return not any(matches(spared, request) for spared in deny.resources for request in requests)
        return all(self._covers_type(deny, text, action.templates.get(kind, "*")) for kind in action.resources or ("",))

    def _covers_type(self, deny: Statement, text: str, template: str) -> bool:
        arns = template_tokens(template, self.partition)
        if common(tuple(tokens(text)), arns) is None:
            return True
        if deny.other_resources:
            return not any(self._spares(tuple(tokens(spared)), text, arns) for spared in deny.resources)
        # A ? may match one character of a sample and not another, and what a variable stands for is not known.
        certain = [pattern for pattern in deny.resources if "?" not in pattern and "${" not in pattern]
        return any(
            matches(pattern, fill(text)) or matches(pattern, generic(template, self.partition)) for pattern in certain
        )

    @staticmethod
    def _spares(spared: tuple[Token, ...], text: str, arns: tuple[Token, ...]) -> bool:
        """Whether a NotResource may match a resource of a type that a pattern matches, too."""
        return common(spared, arns) is not None and common(spared, tuple(tokens(text))) is not None


_OUT_OF_BOUNDS = "has no effect here: the permissions boundary does not allow it"


def _overlap(some: Iterable[str], others: Sequence[str]) -> bool:
    """Whether any pattern of the one and any of the other match a text in common."""
    return any(common(tuple(tokens(one)), tuple(tokens(other))) is not None for one in some for other in others)


def _why_idle(actions: Sequence[Action], statement: Statement, possible: dict[str, Action]) -> str:
    """Why a statement allows none of these actions; empty where it may."""
    fitting = [action for action in actions if action.name in possible]
    if fitting and all(statement.conditions(action.lacks) is None for action in fitting):
        keys = dict.fromkeys(test.key for test in statement.clauses)
        return f"has no effect here: no request for it meets the condition on {', '.join(keys)}"
    if fitting:
        return ""
    objects = actions and all("object" in action.resources for action in actions)
    hint = ": an object's ARN ends in /*, as in arn:aws:s3:::my-bucket/*" if objects else ""
    return f"has no effect here: it does not work on {_some(statement.resources)}{hint}"


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:3]) + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")
