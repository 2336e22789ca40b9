"""The README says what there is: every input, every output, every command, and snippets that run."""

import re
from pathlib import Path

from s3io_user import cli
from s3io_user.args import FIELDS
from s3io_user.component import OUTPUTS, camel_case

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text()


def test_every_input_has_a_row() -> None:
    table = README.split("## Inputs")[1].split("## Outputs")[0]

    assert [name for name in FIELDS if f"`{name}`" not in table] == []


def test_every_output_is_named() -> None:
    section = README.split("## Outputs")[1].split("## The command")[0]

    assert [name for name in OUTPUTS if f"`{camel_case(name)}`" not in section] == []


def test_every_command_named_exists() -> None:
    named = set(re.findall(r"^    s3io-user ([a-z-]+)", README, re.MULTILINE)) - {"--help"}

    assert named <= set(cli.COMMANDS)


def test_the_policy_snippet_runs() -> None:
    snippet = README.split("## The policy alone")[1].split("```python")[1].split("```")[0]

    exec(snippet, {})  # noqa: S102 - the README's own lines


def test_links_lead_somewhere() -> None:
    for page in [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_two_commands_are_make_targets() -> None:
    makefile = (PROJECT / "Makefile").read_text()

    for target in re.findall(r"^    make ([a-z]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
