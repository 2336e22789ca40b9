"""An explanation as JSON, for programs, and as Markdown, for a pull request.

Pure. docs/explain.md documents the JSON. ``version`` changes if a field changes or is removed.
"""

import json
from typing import Any

from s3io_user.explain.dangers import Grade
from s3io_user.explain.explanation import AwsFinding, Explanation
from s3io_user.explain.grants import LEVELS, Grant, Row
from s3io_user.explain.marked import Danger
from s3io_user.explain.questions import Answer
from s3io_user.explain.tighter import Tighter
from s3io_user.explain.wording import (
    always_text,
    answer_text,
    aws_text,
    conditional_text,
    footnotes,
    own,
    row_name,
    short,
    tighter_text,
    together,
)
from s3io_user.wording import some

JSON_VERSION = 1
_FEW_NAMES = 2


def as_json(explanation: Explanation) -> str:
    """The whole explanation, indented."""
    return json.dumps(as_dict(explanation), indent=2, ensure_ascii=False)


def as_dict(explanation: Explanation) -> dict[str, Any]:
    """The whole explanation as JSON values."""
    return {
        "version": JSON_VERSION,
        "always": list(explanation.always),
        "resources": [_row(row) for row in explanation.rows],
        "answers": [_answer(answer) for answer in explanation.answers],
        "dangers": [_danger(danger) for danger in explanation.dangers],
        "advice": [_danger(danger) for danger in explanation.advice],
        "tighter": [_tighter(change) for change in explanation.tighter],
        "denyStatements": explanation.deny_statements,
        "unknownActions": list(explanation.unknown),
        "unknownConditionKeys": list(explanation.unknown_keys),
        "unshownResources": list(explanation.unshown),
        "undecided": [each.text for each in explanation.undecided],
        "withoutEffect": [{"action": each.text, "reason": each.reason} for each in explanation.idle],
        "policies": list(explanation.policies),
        "boundary": explanation.boundary,
        "notRead": list(explanation.unread),
        "awsFindings": None if explanation.aws is None else [_aws_finding(each) for each in explanation.aws],
    }


def _row(row: Row) -> dict[str, Any]:
    levels = {level: [_grant(grant) for grant in row.at(level)] for level in LEVELS}
    return {"kind": row.kind.value, "name": row.name, "levels": levels}


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "action": grant.action,
        "verdict": grant.verdict.value,
        "conditions": list(grant.conditions),
        "danger": grant.dangerous,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.id,
        "question": answer.question,
        "verdict": answer.verdict.value,
        "wanted": answer.wanted,
        "good": answer.good,
        "actions": list(answer.actions),
        "resources": list(answer.where),
        "conditions": list(answer.conditions),
    }


def _danger(danger: Danger) -> dict[str, Any]:
    return {
        "action": danger.action,
        "level": danger.level,
        "reason": danger.reason,
        "resources": list(danger.where),
        "conditions": list(danger.conditions),
        "categories": list(danger.categories),
    }


def _aws_finding(finding: AwsFinding) -> dict[str, Any]:
    return {"kind": finding.kind, "code": finding.code, "text": finding.text, "where": list(finding.where)}


def _tighter(change: Tighter) -> dict[str, Any]:
    return {
        "access": change.access or None,
        "config": list(change.config),
        "removes": list(change.removes),
        "closes": list(change.closes),
        "adds": list(change.adds),
        "dangersRemoved": change.dangers_removed,
        "note": change.note,
    }


def as_markdown(explanation: Explanation, title: str, every: bool = False) -> str:
    """A page with the table, the answers, the dangers and tighter presets. ``every`` adds every action by name."""
    parts = [
        f"## {markdown_safe(title)}",
        always_text(explanation),
        _table(["", *LEVELS], [[row_name(row), *(_cell(row, level) for level in LEVELS)] for row in explanation.rows]),
        *_listed(
            "Conditions",
            [f"{markdown_safe(name)}: {markdown_safe(text)}" for name, text in conditional_text(explanation)],
        ),
        "### May it …",
        _table(
            ["Question", "Answer", "Where"],
            [[a.question, _mark(a) + answer_text(a, explanation), some(a.where)] for a in explanation.answers],
        ),
        *_listed("Dangers", [_sentence(danger) for danger in explanation.dangers]),
        *_listed("Advice", [_sentence(danger) for danger in explanation.advice]),
        *_listed("AWS's policy validation", [markdown_safe(" ".join(line)) for line in aws_text(explanation)]),
        *_listed("Tighter", [_change(change, explanation) for change in explanation.tighter]),
        *(_all_actions(explanation) if every else []),
        *footnotes(explanation),
    ]
    return "\n\n".join(part for part in parts if part)


def _cell(row: Row, level: str) -> str:
    """Up to two names, else their number. The row names the service."""
    grants = row.at(level)
    if len(grants) <= _FEW_NAMES:
        return ", ".join(grant.action.partition(":")[2] + " ⚠" * grant.dangerous for grant in grants) or "·"
    dangers = sum(grant.dangerous for grant in grants)
    return f"{len(grants):,}" + (f", ⚠ {dangers:,}" if dangers else "")


def _mark(answer: Answer) -> str:
    return "" if answer.good else "⚠ "


def _sentence(danger: Danger) -> str:
    mark = "⚠ " if danger.grade is Grade.DANGER else ""
    return f"{mark}`{danger.action}` {markdown_safe(danger.reason)}"


def _change(change: Tighter, explanation: Explanation) -> str:
    commands = "; ".join(f"`{line}`" for line in change.config)
    return f"{commands} {markdown_safe(tighter_text(change, explanation))}"


def _all_actions(explanation: Explanation) -> list[str]:
    parts = ["### Every action"]
    for row in explanation.rows:
        for level in LEVELS:
            names = [_with_conditions(grant, explanation) for grant in row.at(level)]
            if names:
                parts.append(f"**{markdown_safe(row_name(row))}**, {level}: {', '.join(names)}")
    return parts


def _with_conditions(grant: Grant, explanation: Explanation) -> str:
    conditions = own(grant.conditions, explanation)
    return f"`{short(grant.action)}`" + (f" ({markdown_safe(together(conditions))})" if conditions else "")


def _listed(title: str, lines: list[str]) -> list[str]:
    return [f"### {title}", "\n".join(f"- {line}" for line in lines)] if lines else []


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *([markdown_safe(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown_safe(text: str) -> str:
    """Escape the special characters of Markdown, which a folder's name may contain."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>|" else " " if one in "\r\n" else one for one in text)
