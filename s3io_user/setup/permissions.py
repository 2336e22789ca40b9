"""What the key of a planned user will be able to do, in the short sentences of `explain`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from s3io_user.explain import FULL_ACCESS, explain, services
from s3io_user.explain.wording import answer_text, row_name
from s3io_user.iam.arns import partition_of_region
from s3io_user.inputs import plan
from s3io_user.policy.presets import preset_of
from s3io_user.wording import some

if TYPE_CHECKING:
    from s3io_user.explain import Answer, Explanation
    from s3io_user.inputs.fields import Inputs

_BESIDE = {
    "groups": "the groups that config names",
    "policy_arns": "the policies that config attaches",
    "copy_permissions_from": "what is copied from another user",
    "self_service": "selfService (rights on the user's own key)",
    "existing_user": "what the existing user has already",
}


def sentences(inputs: "Inputs", region: str) -> list[str]:
    """What the key may do, what it may not do, and what other policies may add. Raises InputError."""
    beside = [text for name, text in _BESIDE.items() if getattr(inputs, name)]
    more = [f"Beside that, {' and '.join(beside)} may allow more."] if beside else []
    document = _document(inputs, region)
    if document is None:
        return [f"Nothing of its own: {preset_of(inputs.access).purpose}.", *more]
    from s3io_user.explain.actions import catalogue

    explanation = explain([document], catalogue(services([document])))
    return [*_answers(explanation), *more]


def _document(inputs: "Inputs", region: str) -> Mapping[str, Any] | None:
    if preset_of(inputs.access).managed_policy:
        return FULL_ACCESS
    if not plan.has_document(inputs):
        return None
    return plan.build(partition_of_region(region), **plan.document_inputs(inputs))


def _answers(explanation: "Explanation") -> list[str]:
    """A line for each thing that is allowed, one for all that is not, and a few for dangers."""
    texts = [(answer, answer_text(answer, explanation)) for answer in explanation.answers]
    names = {row.name: row_name(row) for row in explanation.rows}
    allowed = [f"{_what(answer)}: {text}{_on(answer, names)}" for answer, text in texts if text != "no"]
    refused = [_what(answer) for answer, text in texts if text == "no"]
    dangers = [f"Dangerous: {danger.action} {danger.reason}" for danger in explanation.dangers[:3]]
    more = len(explanation.dangers) - len(dangers)
    dangers += [f"… and {more} more dangers: see s3io-user explain"] if more > 0 else []
    return [*allowed, *([f"Not allowed: {'; '.join(refused)}"] if refused else []), *dangers]


def _on(answer: "Answer", names: Mapping[str, str]) -> str:
    where = [names[name] for name in answer.where if name in names]
    return f", on {some(where)}" if where else ""


def _what(answer: "Answer") -> str:
    return answer.question.rstrip("?")
