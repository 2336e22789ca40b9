"""What the commands print at every width, on a plain terminal and in a pipe: words and commands stay whole."""

import io
import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from s3io_user import s3_policy_document
from s3io_user.cli import text
from s3io_user.cli.checks import print_checks
from s3io_user.cli.commands import doctor, rotate
from s3io_user.cli.commands.explain import add_arguments, run
from s3io_user.doctor.examination import Report
from s3io_user.doctor.facts import Finding
from s3io_user.explain.stack import explained as explained_document
from s3io_user.explain.terminal import print_table
from s3io_user.verify.expected import Check

WIDTHS = (40, 60, 80, 120)
KEY = "AKIAIOSFODNN7EXAMPLE"
USER = "a-site-with-a-rather-long-name-of-its-own"
COMMANDS = [
    f"aws iam delete-access-key --user-name '{USER}' --access-key-id {KEY}",
    f"s3io-user doctor --fix --key {KEY} --yes",
    "pulumi config set --path 'buckets[0]' photos/wp-content/uploads",
]
CHECKS = [
    Check("key is active", KEY, True, True, "looked up"),
    Check("GetBucketOwnershipControls", "photos/wp-content/uploads", True, False, "tried", "AWS refuses it"),
    Check("PutObject", "photos/wp-content/uploads-s3io-user-verify", False, None, "simulated", "no right to simulate"),
]
FINDINGS = [
    Finding("key-unknown", USER, f"the stack does not hold the key {KEY}", f"remove it by {c}") for c in COMMANDS
]
REPORT = Report(f"arn:aws:iam::123456789012:user/{USER}", tuple(FINDINGS), ("whether the stack is locked",))


def verified(_: Any) -> None:
    print_checks(CHECKS)


def doctored(_: Any) -> None:
    doctor._print_table(REPORT, list(REPORT.findings), [])


def rotated(_: Any) -> None:
    import sys

    text.print_text(f"The old key, {KEY}, works until then. Afterwards {COMMANDS[1]}, or run {COMMANDS[0]}", sys.stdout)


def explained(arguments: list[str]) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args(arguments)) == 0


LONG = f"a-bucket-with-{'a-long-' * 4}name"
EXPLAIN = [
    ["--access", "full"],
    ["--access", "optimizer", "--bucket", f"{LONG}/wp-content/uploads", "--allow-acl", "--tls-only"],
    ["--access", "s3-access", "--all"],
]
SCREENS: list[Any] = [
    pytest.param(verified, None, id="verify"),
    pytest.param(doctored, None, id="doctor"),
    pytest.param(rotated, None, id="rotate"),
    *(pytest.param(explained, arguments, id=" ".join(arguments[:2])) for arguments in EXPLAIN),
]


def printed(
    screen: Callable[[Any], None],
    arguments: Any,
    width: int | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    if width is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", str(width))
    screen(arguments)
    return capsys.readouterr().out


def words(shown: str) -> set[str]:
    return {word.strip("─·,;:.│") for word in shown.split()}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("screen", "arguments"), SCREENS)
def test_every_word_is_whole_and_no_line_is_wider_than_it_must(
    screen: Callable[[Any], None],
    arguments: Any,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    narrow = printed(screen, arguments, width, monkeypatch, capsys)
    wide = printed(screen, arguments, 400, monkeypatch, capsys)
    # Where there is no room for names, explain's table counts them.
    named = wide.partition("Conditions")[2] if screen is explained else wide
    identifiers = {word for word in words(named) if len(word) > 12 and not re.search(r"[▲◦─]", word)}

    assert identifiers <= words(narrow) | {"Permissions"}
    for line in narrow.splitlines():
        whole = text.wrapped(line.strip(" →"), 1)  # what can't be broken: words, commands
        assert len(line) <= width or len(whole) <= 2 or line.startswith("  pulumi config"), line


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("screen", [doctored, rotated])
def test_a_command_is_on_one_line(
    screen: Callable[[Any], None], width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = printed(screen, None, width, monkeypatch, capsys)

    for command in COMMANDS if screen is doctored else COMMANDS[:2]:
        assert any(command in line for line in shown.splitlines()), command


@pytest.mark.parametrize("width", [*WIDTHS, None])
def test_every_yes_and_no_is_there(
    width: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = printed(verified, None, width, monkeypatch, capsys)
    rows = shown.partition("Unknown (")[0]
    assert len(re.findall(r"\b(yes|no|unknown)\b(?! right)", rows)) == 2 * len(CHECKS) + 1  # and a verdict

    shown = printed(explained, EXPLAIN[1], width, monkeypatch, capsys)
    answers = shown.partition("May it")[2].partition("Dangers")[0]
    assert len(re.findall(r"\b(?:yes|no)\b", answers)) >= answers.count("?")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_a_narrow_terminal_is_narrow_whatever_its_kind(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    checks, policy = _Terminal(), _Terminal()
    print_checks(CHECKS, checks)
    print_table(explained_document([s3_policy_document(["photos"], access="optimizer")]), "t", policy)

    assert "─" not in checks.getvalue()  # a list
    lines = re.sub(r"\x1b\[[0-9;]*m", "", policy.getvalue()).splitlines()
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize("setting", [{"TERM": "dumb"}, {"TERM": "xterm-256color", "NO_COLOR": "1"}])
def test_a_plain_terminal_gets_no_colour(setting: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    out = _Terminal()
    print_checks(CHECKS, out)

    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", out.getvalue())


def test_a_pipe_gets_a_sentence_on_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    out = io.StringIO()
    text.print_text("word " * 100, out)

    assert "COLUMNS" not in os.environ
    assert len(out.getvalue().splitlines()) == 1


def test_a_screen_of_another_encoding_gets_what_it_can_show() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1")
    text.speak_plainly(stream)
    print("may it … → é \u0142", file=stream, flush=True)

    assert raw.getvalue() == b"may it ... -> \xe9 \\u0142\n"


def test_the_locale_c_has_a_screen_that_shows_ascii_alone() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="surrogateescape")
    text.speak_plainly(stream)
    print("may it … → é", file=stream, flush=True)

    assert raw.getvalue() == b"may it ... -> \\xe9\n"


def test_a_page_for_such_a_screen_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))

    assert text.markup("<p>é …</p>") == "<p>&#233; &#8230;</p>"


def test_rotate_speaks_through_it() -> None:
    assert rotate.print_text is text.print_text
