"""Tables: no word of a row is broken, at any width, on a terminal or in a pipe."""

import io

import pytest

from s3io_user.cli.table import print_list, print_rows

HEADS = ("verdict", "may it …", "on", "expected", "observed", "how")
ROWS = [
    ("ok", "key is active", "AKIAIOSFODNN7EXAMPLE", "yes", "yes", "looked up"),
    ("finding", "GetBucketOwnershipControls", "photos/wp-content/uploads-s3io-user-verify", "no", "yes", "tried"),
]
WORDS = {word for row in ROWS for cell in row for word in cell.split()}


def printed(width: int | None, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("COLUMNS", raising=False)
    if width is not None:
        monkeypatch.setenv("COLUMNS", str(width))
    out = io.StringIO()
    print_rows(HEADS, ROWS, out)
    return out.getvalue()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120, 200, None])
def test_every_word_is_whole(width: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(printed(width, monkeypatch).replace(":", " ").split()) >= WORDS


@pytest.mark.parametrize(("width", "is_table"), [(40, False), (80, False), (120, True), (None, True)])
def test_a_narrow_screen_gets_a_list(width: int | None, is_table: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ("─" in printed(width, monkeypatch)) is is_table


def test_a_pipe_gets_each_row_on_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(None, monkeypatch).splitlines()

    assert [line.split() for line in lines if "AKIAIOSFODNN7EXAMPLE" in line] == [
        ["ok", "key", "is", "active", "AKIAIOSFODNN7EXAMPLE", "yes", "yes", "looked", "up"]
    ]
    assert max(map(len, lines)) < 200


def test_a_list_leaves_a_command_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    command = "aws iam delete-access-key --user-name 'site' --access-key-id AKIAIOSFODNN7EXAMPLE"
    out = io.StringIO()
    print_list(("finding", "of", ""), [("key-unknown", "site", f"a sentence\n→ {command}")], out)

    assert out.getvalue().splitlines() == ["key-unknown  site", "  a sentence", f"  → {command}"]
