"""A rotation from its beginning, or from where an earlier run stopped, to where it ends or waits."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum

from s3io_user.errors import S3IOError
from s3io_user.keys.slots import PreviousKey
from s3io_user.rotation.aftermath import OfNewKey
from s3io_user.rotation.delivery import TIMEOUT, Command
from s3io_user.rotation.evidence import QUIET_FOR, SHORTEST
from s3io_user.rotation.runs import Steps
from s3io_user.rotation.state import Note, Stage
from s3io_user.rotation.steps import Rotation
from s3io_user.verify.expected import Check, unproved

Ask = Callable[[str], bool]
ShowChecks = Callable[[list[Check]], None]


@dataclass(frozen=True)
class Options:
    """How to rotate.

    ``due``: only if the key is due, by rotateEveryDays or by its age of ``older_than`` days. ``deliver`` is the command
    that gets the new key. With either, the old key goes only when it was seen to be unused for ``quiet_for``, unless
    ``retire_now``; without ``retire`` it stays in any case. ``wait`` and ``deliver_timeout`` are in seconds.
    """

    due: bool = False
    older_than: int | None = None
    dry_run: bool = False
    verify: bool = True
    allow_unknown: bool = False
    wait: float = 60.0
    deliver: Command | None = None
    deliver_timeout: float = TIMEOUT
    quiet_for: timedelta = QUIET_FOR
    retire: bool = True
    retire_now: bool = False


class End(str, Enum):
    """How a run ended, as the command's JSON says it."""

    NOTHING_DUE = "nothing-due"
    DRY_RUN = "dry-run"
    DECLINED = "declined"
    MADE = "new-key-made"
    WAITING = "waiting"
    RETIRED = "retired"


@dataclass(frozen=True)
class Outcome:
    """How a run ended; ``note`` is None if nothing was due. ``waits_for`` is what the old key waits for."""

    end: End
    note: Note | None = None
    checks: list[Check] = field(default_factory=list)
    waits_for: tuple[str, ...] = ()


def rotate(rotation: Rotation, options: Options, ask: Ask, show: ShowChecks) -> Steps[Outcome]:
    """The steps that remain. ``ask`` takes a question, ``show`` the checks of the new key.

    Raises S3IOError and Interrupted. Both keys work then, or the old one is gone as it should be.
    """
    found = _where(rotation, options)
    if found is None:
        return Outcome(End.NOTHING_DUE)
    rotation.aws.check_account()
    note, at = found
    if at is Stage.RETIRED:
        rotation.say(
            f"The old key, {note.old}, is gone already: finishing the rotation to generation {note.generation}."
        )
        return Outcome(End.DRY_RUN, note) if options.dry_run else (yield from _retire(rotation, note))
    if at is Stage.DELIVERED and rotation.next_is_due and options.due:
        return (yield from _superseded(rotation, note, options, ask, show))
    return (yield from _go_on(rotation, note, at, options, ask, show))


def _where(rotation: Rotation, options: Options) -> tuple[Note, Stage] | None:
    """The unfinished rotation, or a new one; None if nothing is due. A note that no longer fits is not used."""
    stale = None
    if (begun := rotation.begun()) is not None:
        stale, at = begun
        if at is not Stage.STALE:
            return begun
    if options.due:
        due = rotation.due(options.older_than)
        rotation.say(f"{'Due' if due.now else 'Nothing is due'}: the key of {rotation.name} {due.reason}.")
        if not due.now:  # the next rotation needs of a stale note what previousKey was
            return None
    if stale is not None:
        rotation.say(
            f"A rotation to generation {stale.generation} was begun and not finished, and the stack has changed since: "
            "its note is not used."
        )
    return rotation.plan(stale, when_due=options.due), Stage.BEGUN


def _go_on(rotation: Rotation, note: Note, at: Stage, options: Options, ask: Ask, show: ShowChecks) -> Steps[Outcome]:
    by_evidence = _needs_evidence(note, options)
    if by_evidence and note.delivered is None:
        note = replace(note, delivered="")  # so that a later run without --deliver or --due waits for evidence, too
    others: list[str] = []
    if options.deliver is not None and at is not Stage.DELIVERED:
        rotation.check_deliverable()
    if at is Stage.BEGUN:
        others = yield from _allowed(rotation, note, options, by_evidence)
    rotation.say(rotation.what_will_be_done(note, at, others, how=_how(options) if by_evidence else ""))
    if options.dry_run:
        rotation.say("Stopped: this was a dry run, and no key was changed.")
        return Outcome(End.DRY_RUN, note)
    checks: list[Check] = []
    if at is not Stage.DELIVERED and not note.retiring:
        if not ask("Go on?"):
            rotation.say("Stopped: no key was changed.")
            return Outcome(End.DECLINED, note)
        yield from rotation.make_new(note)
        if options.verify:
            checks = _verified(rotation, options, show)
        if options.deliver is None:
            rotation.say(rotation.how_to_hand_over)
        if by_evidence:
            note = rotation.deliver(note, options.deliver, options.deliver_timeout)
    return (yield from _end(rotation, note, options, ask, checks))


def _allowed(rotation: Rotation, note: Note, options: Options, by_evidence: bool) -> Steps[list[str]]:
    """What else the update would change. Raises S3IOError if no new key can be created."""
    try:
        rotation.check_room(note, options.quiet_for if by_evidence and not options.retire_now else None)
        return (yield from rotation.other_changes(note))
    except S3IOError as error:
        # What an earlier run wrote for this user would fail the update of the others.
        if rotation.setting.many and rotation.config.is_noted and not options.dry_run:
            raise S3IOError(f"{error}. {OfNewKey(rotation, note).take_back()}") from None
        raise


def _end(rotation: Rotation, note: Note, options: Options, ask: Ask, checks: list[Check]) -> Steps[Outcome]:
    """Retire the old key, if it may go."""
    if not options.retire:
        rotation.say("Stopped: the old key works; run s3io-user rotate again to retire it.")
        return Outcome(End.MADE, note, checks)
    wanted = _needs_evidence(note, options) and not options.retire_now
    if wanted and (waits := rotation.evidence(note, options.quiet_for)):
        if note.retiring:
            rotation.keep_old(note)
        rotation.say(_waiting(waits))
        return Outcome(End.WAITING, note, checks, waits)
    if wanted and options.quiet_for < SHORTEST and rotation.fate(note) != PreviousKey.ACTIVE.value:
        rotation.say(
            "AWS can take four hours to show a use, and the old key was only required to be unused for less than that: "
            "a use of it may have been missed."
        )
    if not ask(f"{rotation.aws.old_key(note.old)} Retire it?"):
        rotation.say("Stopped: the old key works; run s3io-user rotate again to retire it.")
        return Outcome(End.MADE, note, checks)
    return (yield from _retire(rotation, note, checks))


def _retire(rotation: Rotation, note: Note, checks: list[Check] | None = None) -> Steps[Outcome]:
    yield from rotation.retire(note)
    rotation.say("Done.")
    return Outcome(End.RETIRED, note, checks or [])


def _superseded(rotation: Rotation, note: Note, options: Options, ask: Ask, show: ShowChecks) -> Steps[Outcome]:
    """The next key is due by the calendar: an update would make it, and delete the old key then."""
    waits = () if options.retire_now else rotation.evidence(note, options.quiet_for)
    if waits:
        rotation.say(f"The next key is due, and can't be created while {note.old} may be in use.\n{_waiting(waits)}")
        return Outcome(End.WAITING, note, [], waits)
    rotation.say(f"The next key is due: the old key, {note.old}, is deleted when it is created.")
    if options.dry_run or not options.retire:
        rotation.say("Stopped: no key was changed.")
        return Outcome(End.DRY_RUN if options.dry_run else End.MADE, note)
    return (yield from _go_on(rotation, rotation.plan(note, when_due=True), Stage.BEGUN, options, ask, show))


def _needs_evidence(note: Note, options: Options) -> bool:
    return options.due or options.deliver is not None or note.delivered is not None


def _how(options: Options) -> str:
    delivered = "deliver it, and " if options.deliver is not None else ""
    return f"{delivered}wait until AWS has seen it used, and the old key unused: run rotate again, or on a schedule"


def _waiting(waits: tuple[str, ...]) -> str:
    listed = "\n".join(f"  - {each}" for each in waits)
    return (
        f"Both keys work. The old key is not retired yet:\n{listed}\n"
        "Run s3io-user rotate again later; it continues from here by the note in the stack's config file. AWS can take "
        "four hours to show a use. If you know that the new key is in use everywhere, add --retire-now."
    )


def _verified(rotation: Rotation, options: Options, show: ShowChecks) -> list[Check]:
    """Verify the new key. Raises S3IOError unless it did everything that it must."""
    checks = rotation.checks(options.wait)
    if checks:
        show(checks)
    wrong = [check for check in unproved(checks) if check.verdict == "finding" or not options.allow_unknown]
    if wrong:
        kinds = "not as it should be" if any(check.verdict == "finding" for check in wrong) else "not proved"
        accept = "" if kinds == "not as it should be" else ", or add --allow-unknown"
        raise S3IOError(
            f"the new key is {kinds}, so the previous one stays and works: correct what is reported above, then "
            f"run s3io-user rotate again{accept}"
        )
    return checks
