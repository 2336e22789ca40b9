"""What a policy allows and no row shows: either it has no effect, or it is not decided.

Pure. The answer "no" needs every Allow to be followed to its end: to a row, to a Deny that takes all of it away, to a
condition that can't hold, or to resources that its actions do not work on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from s3io_user.explain.catalogue import Action, template_tokens
from s3io_user.explain.dangers import OWN
from s3io_user.explain.decide import Verdict
from s3io_user.explain.hints import as_written, hint
from s3io_user.explain.places import Sample, generic, samples_of
from s3io_user.explain.reach import Covering, Reach
from s3io_user.explain.statements import Statement
from s3io_user.iam.wildcards import Token, common, fill, matches, tokens
from s3io_user.wording import some

_LISTING = "s3:ListAllMyBuckets"


@dataclass(frozen=True)
class Undecided:
    """An Action of a document, as written there, that may be allowed on something that no row shows.

    ``actions``: the actions that it stands for, if AWS's list has any. ``other_buckets``: whether it may be allowed on
    a bucket that the document does not name.
    """

    text: str
    actions: frozenset[str]
    other_buckets: bool


@dataclass(frozen=True)
class Idle:
    """An Action of a document that allows nothing, and why."""

    text: str
    reason: str


def what_no_row_shows(
    reach: Reach, granted: frozenset[str], partition: str
) -> tuple[tuple[Undecided, ...], tuple[Idle, ...]]:
    """What is not decided, and what has no effect. ``granted`` are the actions that any row shows as allowed."""
    # Where the boundary is narrower than a statement, the boundary's own resources show what is left.
    limits = [sample for limit in reach.limits or () if limit.allow for sample in _samples(limit, partition, reach)]
    ends = [
        each
        for number, statement in enumerate(reach.statements)
        if statement.allow
        for each in _Allow(number, statement, reach, granted, partition, limits).find()
    ]
    return (
        tuple(dict.fromkeys(each for each in ends if isinstance(each, Undecided))),
        tuple(dict.fromkeys(each for each in ends if isinstance(each, Idle))),
    )


def _samples(statement: Statement, partition: str, reach: Reach) -> list[Sample]:
    return [each for text in statement.resources for each in samples_of(text, partition, reach.catalogue)]


@dataclass
class _Allow:
    """An Allow statement, followed to its end."""

    number: int
    statement: Statement
    reach: Reach
    granted: frozenset[str]
    partition: str
    limits: Sequence[Sample]

    def find(self) -> Iterator[Undecided | Idle]:
        """What of it has no effect, and what is not decided."""
        wide = self.statement.everywhere or any(
            "*" in resource.split("/")[0] for resource in self.statement.resources if ":s3:" in resource
        )
        yield from self._idle(wide)
        for name, action in self._hidden():
            if not self._is_denied(action) and self._may_be_in_bounds(name):
                yield Undecided(name, frozenset({name}), wide)

    @cached_property
    def samples(self) -> list[Sample]:
        """Its own samples; none if it covers ``*``, whose samples are the rows."""
        return [] if self.statement.everywhere else _samples(self.statement, self.partition, self.reach)

    @cached_property
    def possible(self) -> dict[str, Action]:
        """Its actions that work on any of its resources, by name."""
        names, by_name = self.reach.names[self.number], self.reach.catalogue.by_name
        if self.statement.everywhere:
            return {name: action for name, action in by_name.items() if name in names}
        types = dict.fromkeys((sample.service, sample.kind) for sample in self.samples)
        working = {name for each in types for name in self.reach.catalogue.with_type(*each)}
        if self.statement.variables_for(f"arn:{self.partition}:s3:::*") is not None:
            working.add(_LISTING)
        return {name: by_name[name] for name in sorted(working & by_name.keys()) if name in names}

    def _idle(self, wide: bool) -> Iterator[Undecided | Idle]:
        """Its Actions that allow nothing on its resources, or under its conditions."""
        for text in () if self.statement.other_actions else self.statement.actions:
            names = list(self.reach.catalogue.expand(text))
            if not self._may_be_in_bounds_as(text, names):
                yield Idle(text, _OUT_OF_BOUNDS)
                continue
            reason = self._why_idle(names)
            # Which resources S3's actions work on is certain. For another service, AWS's list may be out of date.
            certain = all(name.partition(":")[0] in OWN or name in self.possible for name in names)
            if not names or (reason and not certain):
                yield Undecided(text, frozenset(names), wide)
            elif reason:
                yield Idle(text, reason)

    def _why_idle(self, names: Sequence[str]) -> str:
        """Why it allows none of these actions; empty if it may allow any."""
        working = [self.possible[name] for name in names if name in self.possible]
        if working:
            if any(self.statement.conditions(action.lacks) is not None for action in working):
                return ""
            keys = dict.fromkeys(clause.key for clause in self.statement.clauses)
            return f"has no effect here: no request for it meets the condition on {', '.join(keys)}"
        actions = [self.reach.catalogue.by_name[name] for name in names]
        where = some([as_written(text) for text in self.statement.resources])
        return f"has no effect here: it does not work on {where}{hint(actions, self.statement.resources)}"

    def _hidden(self) -> Iterator[tuple[str, Action]]:
        """The actions that are allowed on none of its samples, although its conditions may hold."""
        shown = self.granted if self.statement.everywhere else self._allowed_on_samples()
        for name, action in self.possible.items():
            hidden = name not in shown and not (name == _LISTING and name in self.granted)
            if hidden and self.statement.conditions(action.lacks) is not None:
                yield name, action

    def _allowed_on_samples(self) -> set[str]:
        in_bounds = [each for each in self.limits if self.statement.variables_for(each.arn) is not None]
        coverings: dict[tuple[str, str, Covering], None] = dict.fromkeys(
            (sample.service, sample.kind, self.reach.covering(sample.arn)) for sample in [*self.samples, *in_bounds]
        )
        return {
            name
            for service, kind, covering in coverings
            for name in self.reach.catalogue.with_type(service, kind) & self.possible.keys()
            if self.reach.decide(self.possible[name], covering).verdict is not Verdict.NO
        }

    @property
    def _resources(self) -> Sequence[str]:
        return ("*",) if self.statement.other_resources else self.statement.resources

    def _is_denied(self, action: Action) -> bool:
        """Whether a Deny without conditions takes away all that it allows of an action."""
        return any(
            not deny.allow
            and action.name in self.reach.names[number]
            and deny.conditions(action.lacks) == ()
            and all(_covers(deny, resource, action, self.partition) for resource in self._resources)
            for number, deny in enumerate(self.reach.every)
        )

    def _may_be_in_bounds(self, name: str) -> bool:
        """Whether the permissions boundary, if there is one, allows an action on any of its resources."""
        if self.reach.limits is None:
            return True
        names = self.reach.names[len(self.reach.statements) :]
        return any(
            limit.allow and name in own and (limit.other_resources or _overlap(limit.resources, self._resources))
            for own, limit in zip(names, self.reach.limits, strict=True)
        )

    def _may_be_in_bounds_as(self, text: str, names: Sequence[str]) -> bool:
        """Whether the permissions boundary, if there is one, allows any of the actions that an Action stands for."""
        if self.reach.limits is None:
            return True
        allowing = [limit for limit in self.reach.limits if limit.allow]
        if not names:  # AWS may know an action of that name all the same
            return any(
                each.other_actions or _overlap(map(str.lower, each.actions), [text.lower()]) for each in allowing
            )
        return any(each.covers_action(name) for each in allowing for name in names)


_OUT_OF_BOUNDS = "has no effect here: the permissions boundary does not allow it"


def _covers(deny: Statement, resource: str, action: Action, partition: str) -> bool:
    """Whether a Deny covers every resource of an action's types that a pattern matches."""
    if not action.resources and deny.other_resources:
        # The resource of such a request is "*"; of ListAllMyBuckets it may also be the pattern of every bucket.
        requests = ("*", f"arn:{partition}:s3:::*")
        return not any(matches(spared, request) for spared in deny.resources for request in requests)
    types = action.resources or ("",)
    return all(_covers_type(deny, resource, action.templates.get(kind, "*"), partition) for kind in types)


def _covers_type(deny: Statement, resource: str, template: str, partition: str) -> bool:
    arns, pattern = template_tokens(template, partition), tuple(tokens(resource))
    if common(pattern, arns) is None:
        return True
    if deny.other_resources:
        spared = [tuple(tokens(each)) for each in deny.resources]
        return not any(common(each, arns) is not None and common(each, pattern) is not None for each in spared)
    # A ? may match one character of a sample and not another, and a variable's value is not known.
    certain = [each for each in deny.resources if "?" not in each and "${" not in each]
    return any(matches(each, fill(resource)) or matches(each, generic(template, partition)) for each in certain)


def _overlap(some_patterns: Iterable[str], others: Sequence[str]) -> bool:
    """Whether any of the patterns and any of the others match a text in common."""
    parsed: list[tuple[Token, ...]] = [tuple(tokens(other)) for other in others]
    return any(common(tuple(tokens(one)), other) is not None for one in some_patterns for other in parsed)
