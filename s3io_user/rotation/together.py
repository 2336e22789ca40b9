"""The rotations of many users of one stack: each takes its own steps, and they share the runs of pulumi."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s3io_user.errors import S3IOError, StackLockedError
from s3io_user.handover.credentials import is_unknown
from s3io_user.rotation import config, due, preview, runs, state
from s3io_user.rotation.aftermath import Aftermath
from s3io_user.rotation.runs import AGAIN, RUN_AGAIN, Preview, Steps, Update, Wanted, Write
from s3io_user.rotation.subject import Say
from s3io_user.stack import pulumi_cli
from s3io_user.stack.process import Interrupted

Result = Mapping[str, Any]
Answer = preview.Steps | S3IOError | None


@dataclass
class Member:
    """One user's rotation: its steps, what it wants next, and in the end its result, or why it failed."""

    user: str | None
    steps: Steps[Result]
    wants: Wanted | None = None
    result: Result | None = None
    error: str | None = None

    def go_on(self, answer: Answer = None) -> None:
        """Take the steps up to the next run of pulumi, or to the end."""
        self.wants = None
        try:
            failed = isinstance(answer, S3IOError)
            self.wants = self.steps.throw(answer) if failed else self.steps.send(answer)  # type: ignore[arg-type]
        except StopIteration as end:
            self.result = end.value
        except S3IOError as error:
            self.error = str(error)


def rotate(members: Sequence[Member], say: Say, failed: Callable[[Member], None] = lambda _: None) -> bool:
    """Take all members' steps, each kind of run for all that want it at once. ``failed`` gets each that fails.

    Returns whether every update succeeded in the end: one may fail for something that is none of the members'.
    Raises Interrupted, which ends all: each has noted how far it is.
    """

    def go_on(member: Member, answer: Answer = None) -> None:
        member.go_on(answer)
        if member.error is not None:
            failed(member)

    is_well = True
    for member in members:
        go_on(member)
    while waiting := [(member, member.wants) for member in members if member.wants]:
        turn = min(wants.turn for _, wants in waiting)
        now = [(member, wants) for member, wants in waiting if wants.turn is turn]
        answers, succeeded = _answers([wants for _, wants in now], say)
        is_well &= succeeded
        for member, wants in now:
            go_on(member, answers[wants])
    return is_well


Answers = tuple[dict[Wanted, Answer], bool]
"""The answers, and whether the update succeeded in the end."""


def _answers(wanted: Sequence[Wanted], say: Say) -> Answers:
    try:
        return _served(wanted, say)
    except S3IOError as error:  # the config can't be written, or the state can't be read any more
        return dict.fromkeys(wanted, error), False


def _served(wanted: Sequence[Wanted], say: Say) -> Answers:
    if not wanted[0].rotation.setting.many:
        return {each: _caught(lambda each=each: runs.served(each)) for each in wanted}, True  # type: ignore[misc]
    # All are of one turn, and so of one kind.
    if writes := [each for each in wanted if isinstance(each, Write)]:
        config.write([each.change for each in writes])
        return dict.fromkeys(writes), True
    if updates := [each for each in wanted if isinstance(each, Update)]:
        return _updated(updates, say)
    return _previewed([each for each in wanted if isinstance(each, Preview)]), True


def _caught(run: Callable[[], Answer]) -> Answer:
    try:
        return run()
    except S3IOError as error:
        return error


# ---- previews --------------------------------------------------------------------------------------------------------


def _previewed(wanted: Sequence[Preview]) -> dict[Wanted, Answer]:
    """One preview for all. If it fails, one of each half, so that a user that fails it does not keep out the others.

    After more failures in a row than one user can cause, parts that fail are not halved any more.
    """
    answers: dict[Wanted, Answer] = {}
    ahead, failures, most = [list(wanted)] if wanted else [], 0, len(wanted).bit_length() + 2
    while ahead:
        part = ahead.pop(0)
        try:
            steps, failures = _preview(part), 0
        except S3IOError as error:
            failures += 1
            if len(part) > 1 and failures <= most:
                ahead[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
            else:
                answers.update(dict.fromkeys(part, error))
            continue
        components = {each.rotation.keys.urn for each in part}
        answers.update({each: preview.without(steps, components - {each.rotation.keys.urn}) for each in part})
    return answers


def _preview(wanted: Sequence[Preview]) -> preview.Steps:
    return preview.steps_with(wanted, _targets(wanted))


def _targets(wanted: Iterable[Preview | Update]) -> list[str]:
    """The components to update alone; none if others are unfinished, for an update that leaves those out fails."""
    rotations = [each.rotation for each in wanted]
    reads, names = rotations[0].reads, {str(each.user) for each in rotations}
    done = state.finished_components(reads.exported) | names
    return sorted({each.keys.urn for each in rotations}) if done.issuperset(reads.setting.users) else []


# ---- updates ---------------------------------------------------------------------------------------------------------


def _updated(wanted: Sequence[Update], say: Say) -> Answers:
    """One update for all. If it fails, the state says which are finished. If it failed for some, one more without them
    completes the others: a program that failed deletes nothing, and does not know all outputs.
    """
    answers: dict[Wanted, Answer] = dict.fromkeys(wanted)
    error = _update(wanted, wanted[0].purpose, say)
    if error is None:
        return answers, True
    if isinstance(error, StackLockedError):  # whoever has locked it may be rotating the same keys by the same config
        return dict.fromkeys(wanted, S3IOError(f"pulumi up failed: {error}. {RUN_AGAIN}")), False
    stuck = {each: _stands(each.aftermath) for each in wanted if not each.aftermath.is_finished()}
    others = [each for each in wanted if each not in stuck]
    last: S3IOError | None = error
    # If it failed for none of them, but for something else in the stack, the same would fail again.
    to_complete = stuck and (others or is_unknown(wanted[0].rotation.reads.outputs))
    # In a new period of the calendar, a further update would create the next key.
    if to_complete and not any(due.period_has_ended(each.rotation.inputs) for each in others):
        last = _update(wanted, "again, without what failed", say)
        error = last or error
    for each in wanted:
        if each in stuck or not each.aftermath.is_done():
            what_to_do = stuck.get(each) or f"Correct that, then {AGAIN}"
            answers[each] = S3IOError(f"pulumi up failed: {error}. {what_to_do}")
    return answers, last is None


def _stands(aftermath: Aftermath) -> str:
    try:
        return aftermath.take_back()
    except S3IOError as error:
        return f"The stack's config could not be set back: {error}"


def _update(wanted: Sequence[Update], purpose: str, say: Say) -> S3IOError | None:
    rotation = wanted[0].rotation
    say(f"pulumi up{f' for {len(wanted)} users' if len(wanted) > 1 else ''}: {purpose} …")
    try:
        pulumi_cli.up(
            *rotation.place,
            secrets=rotation.setting.secrets,
            echo=rotation.echo,
            targets=_targets(wanted),
            continue_on_error=True,
        )
    except S3IOError as error:
        say(f"pulumi up failed: {error}.")
        return error
    except Interrupted as interrupt:
        raise Interrupted(f"{interrupt}: {runs.left_by(wanted[0])}. To continue, {AGAIN}") from None
    finally:
        rotation.reads.forget()
    return None
