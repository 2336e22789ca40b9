"""Help pages at every width: no line is longer, and what is to be copied is whole."""

import re
import shlex
from importlib import import_module

import pytest

from s3io_user import cli
from s3io_user.cli import help as help_page
from s3io_user.cli.text import wrapped

PAGES = [[], *([name] for name in cli.COMMANDS)]
WIDTHS = (40, 60, 80, 120)


def page(argv: list[str], width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit) as end:
        cli.main([*argv, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


def commands_of(text: str) -> set[str]:
    """The commands that a page shows, in the words that a shell makes of them."""
    whole = re.sub(r" \\\n +", " ", text)
    return {" ".join(shlex.split(line.split("  ")[0])) for line in re.findall(r"(?m)^  (\S+ .*)$", whole)}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("argv", PAGES, ids=lambda argv: " ".join(argv) or "alone")
def test_no_line_is_wider_than_the_screen(
    argv: list[str], width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = page(argv, width, monkeypatch, capsys).splitlines()

    assert [line for line in lines if len(line) > width] == []


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_a_narrow_page_has_the_words_and_the_commands_of_a_wide_one(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = page([name], 300, monkeypatch, capsys)
    module = import_module(f"s3io_user.cli.commands.{name.replace('-', '_')}")
    examples = {
        command
        for command, _ in help_page._pairs(re.sub(r" *\\\n +", " ", module.EXAMPLES).splitlines())
        if " " in command
    }
    for width in WIDTHS:
        narrow = page([name], width, monkeypatch, capsys)
        assert narrow.replace("\\\n", "").split() == wide.replace("\\\n", "").split()
        assert {" ".join(shlex.split(command)) for command in examples} <= commands_of(narrow)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_command_that_is_too_long_is_continued(width: int) -> None:
    command = "s3io-user export --format ini --profile 'a b' --out ~/.aws/credentials"
    lines = list(help_page.command_lines(command, width))

    assert max(map(len, lines)) <= width
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == shlex.split(command)


def test_a_word_longer_than_the_screen_is_whole() -> None:
    arn = "arn:aws:iam::123456789012:policy/a-long-name-of-a-policy-of-somebody"

    assert wrapped(f"attach {arn} now", 40) == ["attach", arn, "now"]
    assert wrapped("run `pulumi up` or `s3io-user export --help`", 30) == [
        "run `pulumi up` or",
        "`s3io-user export --help`",
    ]


def test_alone_it_shows_its_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error and with 2, for a script whose command was empty has not done what it should."""
    wanted = page([], 80, monkeypatch, capsys)
    with pytest.raises(SystemExit) as end:
        cli.main([])
    assert (end.value.code, capsys.readouterr().err) == (2, wanted)
