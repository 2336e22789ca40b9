"""The sentences of an explanation, the same in every output.

Pure.
"""

from collections.abc import Iterable, Sequence

from s3io_user.explain.decide import Verdict
from s3io_user.explain.explanation import Explanation
from s3io_user.explain.grants import Row
from s3io_user.explain.questions import Answer
from s3io_user.explain.tighter import Tighter
from s3io_user.wording import some

_MOST = 10


def short(action: str) -> str:
    """An action without the prefix ``s3:``."""
    return action.removeprefix("s3:")


def row_name(row: Row) -> str:
    """A row's name. Of an ARN, the service and the resource."""
    if not row.name.startswith("arn:"):
        return row.name
    service, resource = row.name.split(":", 5)[2::3]
    return f"{service} {resource}"


def own(conditions: Iterable[str], explanation: Explanation) -> tuple[str, ...]:
    """The conditions without those that hold for everything on S3, which are shown once."""
    return tuple(condition for condition in conditions if condition not in explanation.always)


def together(phrases: Iterable[str]) -> str:
    """Join ``only a``, ``only b`` and ``not c`` to ``only a, b, and not c``."""
    first, *rest = phrases
    shorter = [phrase.removeprefix("only ") for phrase in rest] if first.startswith("only ") else rest
    return ", and ".join(part for part in (", ".join([first, *shorter[:-1]]), *shorter[-1:]))


def _but(conditions: Sequence[str]) -> str:
    text = together(conditions)
    return f"but {text}" if text.startswith("not ") else text


def always_text(explanation: Explanation) -> str:
    """The conditions that hold for everything on S3, as a sentence; empty if there are none."""
    if not explanation.always:
        return ""
    text = together(explanation.always)
    return f"Everything on S3 is allowed{', but' if text.startswith('not ') else ''} {text}."


def answer_text(answer: Answer, explanation: Explanation) -> str:
    """``no``, ``yes``, or ``only under wp-content/uploads``."""
    if answer.verdict is Verdict.NO:
        return "no"
    if answer.verdict is Verdict.UNDECIDED:
        return f"not decided: {some(answer.actions) or 'not every policy was read'}"
    conditions = own(answer.conditions, explanation)
    return f"yes, {_but(conditions)}" if conditions else "yes"


def conditional_text(explanation: Explanation) -> list[tuple[str, str]]:
    """The rows with conditions of their own, and which of their actions are allowed only under which of these."""
    conditional: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for row in explanation.rows:
        for grant in row.grants:
            if conditions := own(grant.conditions, explanation):
                conditional.setdefault((row_name(row), conditions), []).append(short(grant.action))
    return [(name, f"{some(actions)} {_but(conditions)}") for (name, conditions), actions in conditional.items()]


def tighter_text(change: Tighter, explanation: Explanation) -> str:
    """What a change takes away, in one sentence."""
    if not change.access:
        return change.note
    actions = {grant.action for row in explanation.rows for grant in row.grants}
    taken = _of(len(change.removes), len(actions), "action") if change.removes else f"all of {some(change.closes)}"
    dangers = _of(change.dangers_removed, len(explanation.dangers), "danger")
    return "".join(
        [
            f"removes {taken}",
            f" and with {'them' if len(change.removes) > 1 else 'it'} {dangers}" if change.dangers_removed else "",
            f", adds {some([short(action) for action in change.adds])}" if change.adds else "",
            f"; {change.note}",
        ]
    )


def _of(part: int, whole: int, noun: str) -> str:
    if part < whole:
        return f"{part} of {whole} {noun}s"
    return {1: f"the {noun}", 2: f"both {noun}s"}.get(whole, f"all {whole} {noun}s")


def aws_text(explanation: Explanation) -> list[tuple[str, str]]:
    """The findings of AWS's own validator: the kind, and the text with the places."""
    return [
        (f"{finding.kind} {finding.code}", finding.text + (f" ({some(finding.where)})" if finding.where else ""))
        for finding in explanation.aws or ()
    ]


def footnotes(explanation: Explanation) -> list[str]:
    """What else to know: what could not be read or decided, Deny statements, and unknown actions."""
    notes = [f"Not read, so it may allow more, or deny it: {each}." for each in explanation.unread]
    if explanation.source:
        notes.append(explanation.source)
    if explanation.deny_statements:
        are = "statements are" if explanation.deny_statements > 1 else "statement is"
        notes.append(f"{explanation.deny_statements} Deny {are} counted in.")
    if explanation.unknown:
        notes.append(f"Not in AWS's list of actions, so new or misspelled: {', '.join(explanation.unknown)}.")
    if explanation.unknown_keys:
        keys = ", ".join(explanation.unknown_keys)
        notes.append(f"Not in AWS's list of condition keys, so new or misspelled, and then in no request: {keys}.")
    notes += explanation.meant
    if explanation.aws == ():
        notes.append("AWS's policy validation has no findings.")
    if explanation.undecided:
        texts = [each.text for each in explanation.undecided]
        notes.append(f"Not decided, so perhaps allowed: {some(texts, _MOST)}.")
    notes += [f"{each.text} {each.reason}." for each in explanation.idle[:_MOST]]
    if len(explanation.idle) > _MOST:
        notes.append(f"{len(explanation.idle) - _MOST} more actions have no effect.")
    if explanation.unshown:
        notes.append(f"Resources on which nothing is known to be allowed: {some(explanation.unshown, _MOST)}.")
    return notes
