"""A report as an HTML page and as Markdown, from templates that escape every value."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from s3io_user.explain.explanation import Explanation
from s3io_user.explain.grants import LEVELS, Grant, Row
from s3io_user.explain.output import markdown_safe
from s3io_user.explain.wording import (
    always_text,
    answer_text,
    conditional_text,
    footnotes,
    own,
    row_name,
    short,
    tighter_text,
    together,
)
from s3io_user.report.facts import Facts, age

_TEMPLATES = Path(__file__).parent
WORDS = {True: "yes", False: "no", None: "unknown"}


def as_html(facts: Facts) -> str:
    """The report as one HTML page that loads nothing and runs nothing."""
    return _rendered("page.html.j2", facts, autoescape=True)


def as_markdown(facts: Facts) -> str:
    """The report for a pull request, a wiki or an email."""
    return _rendered("page.md.j2", facts, autoescape=False)


def _rendered(template: str, facts: Facts, *, autoescape: bool) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=autoescape,  # noqa: S701  # `finalize` escapes each value for Markdown
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=None if autoescape else _safe_in_markdown,
    )
    return environment.get_template(template).render(facts=facts, words=WORDS, **_sentences(facts.explanation), age=age)


def _safe_in_markdown(value: Any) -> Any:
    """Escape a value for Markdown, unless the template marks it as markup."""
    return value if isinstance(value, Markup) else markdown_safe(str(value))


def _sentences(explanation: Explanation | None) -> dict[str, Any]:
    """The sentences of an explanation, as on a terminal."""
    if explanation is None:
        return {"explanation": None}
    return {
        "explanation": explanation,
        "always": always_text(explanation),
        "answers": [(each, answer_text(each, explanation)) for each in explanation.answers],
        "rows": [(row_name(row), _levels(row, explanation)) for row in explanation.rows],
        "conditions": conditional_text(explanation),
        "tighter": [(change.config, tighter_text(change, explanation)) for change in explanation.tighter],
        "notes": footnotes(explanation),
        "short": short,
    }


def _levels(row: Row, explanation: Explanation) -> list[tuple[str, list[tuple[Grant, str]]]]:
    """What is allowed on a row by access level, each action with its own conditions."""
    return [
        (level, [(grant, _conditions(grant, explanation)) for grant in row.at(level)])
        for level in LEVELS
        if row.at(level)
    ]


def _conditions(grant: Grant, explanation: Explanation) -> str:
    conditions = own(grant.conditions, explanation)
    return together(conditions) if conditions else ""
