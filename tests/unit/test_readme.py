"""The README and the docs say what there is, and what they tell to do is done by a test."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from s3io_user import cli
from s3io_user.cli import set_up_options
from s3io_user.inputs.fields import FIELDS
from s3io_user.setup import valid
from s3io_user.setup.answers import Answers
from s3io_user.setup.checklist import checklist
from s3io_user.setup.origins import ORIGINS
from s3io_user.testing import deploy
from tests.pages import PAGES, PROJECT, commands, snippets

README = PAGES["README.md"].read_text()


def test_the_inputs_that_it_names_exist() -> None:
    table = README.split("## The inputs that matter most")[1].split("## The command")[0]
    rows = [cell for line in table.splitlines() if line.startswith("| `") for cell in line.split("|")[1:2]]

    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} <= {*FIELDS, "users"}


def test_it_is_read_in_three_minutes() -> None:
    assert len(README.split()) < 900


def test_every_command_named_exists() -> None:
    named = set(re.findall(r"^    s3io-user ([a-z-]+)", README, re.MULTILINE)) - {"--help"}

    assert named <= set(cli.COMMANDS)


@pytest.mark.parametrize(
    "snippet",
    [pytest.param(snippets("README.md")[1], id="policy"), pytest.param(snippets("explain.md")[0], id="explain")],
)
def test_the_snippets_run(snippet: str) -> None:
    exec(snippet, {})  # noqa: S102 - the pages' own lines


def test_the_program_makes_a_user_that_may_do_what_the_plugin_does() -> None:
    made = deploy(lambda: exec(snippets("README.md")[0], {}))  # noqa: S102 - the README's own lines

    assert "PutObject" in made.one("aws:iam/userPolicy:UserPolicy").inputs["policy"]
    assert made.one("aws:iam/accessKey:AccessKey")
    # Without the name no command finds the user.
    assert {"userName", "accessKeyId", "secretAccessKey", "credentials"} <= made.exports.keys()


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page) or snippets(page)])
def test_every_page_with_commands_or_snippets_is_run_by_a_test(page: str) -> None:
    tests = [path for path in (PROJECT / "tests").rglob("test_*.py") if path != Path(__file__) or page == "README.md"]

    assert any(page in path.read_text(encoding="utf-8") for path in tests)


def test_links_lead_somewhere() -> None:
    for page in PAGES.values():
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_two_commands_are_make_targets() -> None:
    makefile = (PROJECT / "Makefile").read_text()

    for target in re.findall(r"^    make ([a-z]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_flags_of_init_are_those_that_its_page_names() -> None:
    parser = argparse.ArgumentParser()
    set_up_options.add(parser)
    page = PAGES["getting-started.md"].read_text()
    questions = page.split("| it asks |")[1].split("\n\n")[0]

    named = set(re.findall(r"`(--[a-z-]+)`", page.split("## By questions")[1].split("## By hand")[0]))
    assert named <= {option for action in parser._actions for option in action.option_strings}
    for place in ORIGINS:
        assert set_up_options.given(cli.parse(["init", "--runs-on", place])).runs_on == place
    assert all(f"`{form}`" in questions for form in valid.HAND_OVERS)


def test_the_set_up_without_questions_is_complete() -> None:
    page = PAGES["getting-started.md"].read_text().replace("\\\n", " ")
    (script,) = re.findall(r"^s3io-user (init --runs-on .*)$", page, re.MULTILINE)
    args = cli.parse(shlex.split(script))

    assert args.yes
    assert list(valid.faults(set_up_options.given(args))) == []


def test_the_checklist_of_init_is_on_its_page() -> None:
    page = " ".join(PAGES["getting-started.md"].read_text().replace("\\\n", " ").split())
    answers = Answers(access="optimizer", buckets=("my-photos/up",), hand_over="wp-config", out="keys.php")

    for command in (line.strip() for line in checklist(answers, "") if line.strip().startswith("aws ")):
        assert command in page
