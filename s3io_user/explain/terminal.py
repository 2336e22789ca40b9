"""Shows an explanation on a terminal, or as a picture of one (SVG)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TextIO

from rich import box
from rich.console import Console, ConsoleDimensions, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from s3io_user.explain import LEVELS, Danger, Explanation, Grant, Kind
from s3io_user.explain.grants import Row
from s3io_user.explain.rows import laid_out, paragraph
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
from s3io_user.screen import UNBOUNDED, width_of
from s3io_user.wording import some

Rows = Sequence[Sequence[Text]]

_HEADS = {"Permissions management": "Permissions"}
_FEW_NAMES = 2
_FEW_DANGERS = 8
_SVG_WIDTH = 112
_LINES = 25  # rich assumes 80 columns for a dumb terminal, unless the height is set too


@dataclass(frozen=True)
class _Marks:
    danger: str = "▲"
    condition: str = "◦"
    good: str = "✓"
    nothing: str = "·"
    inside: str = "└ "


_ASCII = _Marks("!", "*", "+", "-", "- ")


def print_table(explanation: Explanation, title: str, file: TextIO, *, every: bool = False) -> None:
    """Write to a terminal in color, or to a pipe as plain text. Heeds NO_COLOR and COLUMNS, and breaks no word."""
    console = Console(file=file, highlight=False, emoji=False, markup=False)
    console.size = ConsoleDimensions(width_of(file), _LINES)
    with console.capture() as captured:
        console.print(_page(explanation, title, console, every), crop=False)
    file.write(re.sub(r" +$", "", captured.get(), flags=re.MULTILINE))


def as_svg(explanation: Explanation, title: str, *, every: bool = False) -> str:
    """Draw it as a picture that loads no font and no file."""
    console = Console(
        file=StringIO(),
        record=True,
        width=_svg_width(explanation),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    console.print(_page(explanation, title, console, every))
    return terminal_svg(console, "s3io-user explain")


def _svg_width(explanation: Explanation) -> int:
    """The width of the picture, which can't be scrolled: enough for the longest name or command."""
    commands = (line for change in explanation.tighter for line in change.config)
    return max(_SVG_WIDTH, *(len(text) + 4 for text in (*commands, *map(row_name, explanation.rows))))


def terminal_svg(console: Console, title: str) -> str:
    """Export what a console recorded as a picture of a terminal that loads no font and no file."""
    svg = re.sub(r"\s*@font-face \{.*?\}", "", console.export_svg(title=title), flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "ui-monospace, 'DejaVu Sans Mono', Menlo, monospace")


def _page(explanation: Explanation, title: str, console: Console, every: bool) -> RenderableType:
    marks = _Marks() if console.encoding.lower().startswith("utf") else _ASCII
    width = console.width
    sections: list[RenderableType] = [
        *paragraph(title, width, "bold"),
        *_line(always_text(explanation), width),
        *_matrix(explanation, marks, console),
        *_line(_legend(explanation, marks), width, "dim"),
        *_section("Conditions", _rows(conditional_text(explanation)), width),
        *_section("May it …" if marks is not _ASCII else "May it ...", _answers(explanation, marks), width, heads=2),
        *_section(f"Dangers ({len(explanation.dangers)})", _dangers(explanation.dangers, marks, every), width),
        *_section("Advice", _dangers(explanation.advice, marks, True), width),
        *_section("AWS's policy validation", _rows(aws_text(explanation)), width),
        *_tighter(explanation, width),
        *(_section("Every action", _all_actions(explanation, marks), width) if every else []),
        *_line("\n" + "\n".join(footnotes(explanation)) if footnotes(explanation) else "", width, "dim"),
    ]
    return Group(*sections)


def _line(text: str, width: int, style: str = "") -> list[RenderableType]:
    return paragraph(text, width, style) if text else []


def _section(title: str, rows: Rows, width: int, heads: int = 1) -> list[RenderableType]:
    return [Text(f"\n{title}", style="bold"), *laid_out(rows, width, heads=heads)] if rows else []


def _rows(pairs: Iterable[tuple[str, str]]) -> Rows:
    return [(Text(name), Text(text)) for name, text in pairs]


def _matrix(explanation: Explanation, marks: _Marks, console: Console) -> list[RenderableType]:
    """A table of names if it fits, else a table of counts, else a list."""
    for most in (_FEW_NAMES, 0):
        table = _matrix_of(explanation, marks, most)
        if Measurement.get(console, console.options.update(width=UNBOUNDED), table).maximum < console.width:
            return [table]
    return ["", *(line for row in explanation.rows for line in _listed(row, explanation, marks, console.width)), ""]


def _listed(row: Row, explanation: Explanation, marks: _Marks, width: int) -> list[RenderableType]:
    """A row of the table as a list: its name, and what each access level allows."""
    lines = paragraph(row_name(row), width, "" if row.grants else "dim")
    for level in LEVELS:
        if grants := row.at(level):
            cell = _cell(grants, explanation, marks, _FEW_NAMES)
            cell = Text(", ").join(cell.split("\n"))
            lines += paragraph(Text.assemble((f"{_HEADS.get(level, level)}: ", "dim"), cell), width, indent=2)
    return lines if row.grants else [*lines, Text("  nothing", style="dim")]


def _matrix_of(explanation: Explanation, marks: _Marks, most: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", border_style="dim", padding=(0, 1), pad_edge=False)
    table.add_column("", overflow="fold")
    for level in LEVELS:
        table.add_column(_HEADS.get(level, level), no_wrap=True)
    for row in explanation.rows:
        style = "" if row.grants else "dim"
        name = (marks.inside if row.kind is Kind.FOLDER else "") + row_name(row)
        table.add_row(Text(name, style=style), *(_cell(row.at(level), explanation, marks, most) for level in LEVELS))
    return table


def _cell(grants: tuple[Grant, ...], explanation: Explanation, marks: _Marks, most: int) -> Text:
    if not grants:
        return Text(marks.nothing, style="dim")
    if len(grants) <= most:
        return Text("\n").join(_named(grant, explanation, marks) for grant in grants)
    dangers = sum(grant.dangerous for grant in grants)
    condition = any(own(grant.conditions, explanation) for grant in grants)
    return _marked(f"{len(grants):,}", marks.condition * condition, f"{marks.danger}{dangers}" if dangers else "")


def _named(grant: Grant, explanation: Explanation, marks: _Marks) -> Text:
    """An action without its service, which the row names."""
    condition = bool(own(grant.conditions, explanation))
    return _marked(grant.action.partition(":")[2], marks.condition * condition, marks.danger * grant.dangerous)


def _marked(text: str, condition: str, danger: str) -> Text:
    # The space before a mark belongs to the word, since some SVG viewers drop it at the start of a run.
    parts = [(text, ""), (condition, "cyan"), (danger, "yellow")]
    shown = [(part, style) for part, style in parts if part]
    return Text.assemble(*((f"{part} ", style) for part, style in shown[:-1]), shown[-1])


def _legend(explanation: Explanation, marks: _Marks) -> str:
    grants = [grant for row in explanation.rows for grant in row.grants]
    parts = [
        f"{marks.danger} dangerous" if any(grant.dangerous for grant in grants) else "",
        f"{marks.condition} only under a condition" if any(own(g.conditions, explanation) for g in grants) else "",
    ]
    return "   ".join(part for part in parts if part)


def _answers(explanation: Explanation, marks: _Marks) -> Rows:
    rows = []
    for answer in explanation.answers:
        style = "green" if answer.good else "yellow"
        where = [row_name(row) for row in explanation.rows if row.name in answer.where]
        text = Text.assemble((f"{answer_text(answer, explanation)}  ", style), (some(where), "dim"))
        text.rstrip()
        rows.append((Text(marks.good if answer.good else marks.danger, style=style), Text(answer.question), text))
    return rows


def _dangers(dangers: tuple[Danger, ...], marks: _Marks, every: bool) -> Rows:
    shown = dangers if every or len(dangers) <= _FEW_DANGERS + 1 else dangers[:_FEW_DANGERS]
    rows = [(Text(short(danger.action)), Text(danger.reason)) for danger in shown]
    if len(shown) < len(dangers):
        more = f"and {len(dangers) - len(shown)} more"
        rows.append((Text(more, style="dim"), Text("--all shows them", style="dim")))
    return rows


def _tighter(explanation: Explanation, width: int) -> list[RenderableType]:
    """Each command on one line, however long, so that you can copy it."""
    lines: list[RenderableType] = [Text("\nTighter", style="bold")] if explanation.tighter else []
    for change in explanation.tighter:
        lines += [Text(f"  {line}", style="cyan", no_wrap=True, overflow="ignore") for line in change.config]
        lines += paragraph(tighter_text(change, explanation), width, indent=4)
    return lines


def _all_actions(explanation: Explanation, marks: _Marks) -> Rows:
    rows = []
    for row in explanation.rows:
        for index, (level, grants) in enumerate((at, row.at(at)) for at in LEVELS if row.at(at)):
            name = Text(row_name(row) if index == 0 else "")
            rows.append((name, Text(level, style="dim"), Text("\n").join(_full(grants, explanation, marks))))
    return rows


def _full(grants: Iterable[Grant], explanation: Explanation, marks: _Marks) -> Iterable[Text]:
    for grant in grants:
        conditions = own(grant.conditions, explanation)
        text = _named(grant, explanation, marks)
        yield text.append(f"  {together(conditions)}" if conditions else "", style="dim")
