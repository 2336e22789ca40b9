"""An explanation as JSON, as Markdown, on a terminal and as a picture."""

import io
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from s3io_user.explain import LEVELS
from s3io_user.explain.output import as_dict, as_json, as_markdown
from s3io_user.explain.terminal import as_svg, print_table
from s3io_user.policy.document import s3_policy_document
from tests.unit.explain.policies import (
    DOCS,
    explained,
    table,
)


def test_the_json_has_every_field_that_the_docs_name() -> None:
    explanation = explained(s3_policy_document(["photos/up"], access="optimizer", allow_acl=True))
    found = json.loads(as_json(explanation))
    assert list(found) == [
        "version",
        "always",
        "resources",
        "answers",
        "dangers",
        "advice",
        "tighter",
        "denyStatements",
        "unknownActions",
        "unknownConditionKeys",
        "unshownResources",
        "undecided",
        "withoutEffect",
        "policies",
        "boundary",
        "notRead",
        "awsFindings",
    ]
    assert found["version"] == 1
    photos = next(each for each in found["resources"] if each["name"] == "photos")
    assert photos["kind"] == "bucket"
    assert list(photos["levels"]) == list(LEVELS)
    assert photos["levels"]["List"] == [
        {"action": "s3:ListBucket", "verdict": "conditional", "conditions": ["only under up"], "danger": False}
    ]
    assert found["answers"][0] == {
        "id": "list-images",
        "question": "List the images?",
        "verdict": "conditional",
        "wanted": True,
        "good": True,
        "actions": ["s3:ListBucket"],
        "resources": ["photos"],
        "conditions": ["only under up"],
    }
    assert found["dangers"][0] == {
        "action": "s3:PutObjectAcl",
        "level": "Permissions management",
        "reason": "can make an object public or hand it to another account, where ACLs are on",
        "resources": ["photos/up"],
        "conditions": [],
        "categories": ["resource-exposure", "infrastructure-modification"],
    }
    assert found["tighter"][0] == {
        "access": "optimizer",
        "config": ["pulumi config set allowAcl false"],
        "removes": ["s3:PutObjectAcl"],
        "closes": [],
        "adds": [],
        "dangersRemoved": 1,
        "note": "the plugin keeps working, where the bucket's ACLs are off (BucketOwnerEnforced)",
    }


def _documented_fields() -> set[str]:
    return set(re.findall(r"`([a-zA-Z]+)`", DOCS.partition("## The JSON")[2].partition("\n## ")[0]))


def _fields(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for part in value for name in _fields(part)}
    if isinstance(value, dict):
        return {n for name, part in value.items() for n in ({name} if name not in LEVELS else set()) | _fields(part)}
    return set()


def test_the_docs_name_every_field_of_the_json() -> None:
    assert _fields(as_dict(explained(s3_policy_document()))) <= _documented_fields()


def test_a_pipe_gets_plain_text_without_trailing_spaces() -> None:
    text = table(explained(s3_policy_document()))
    assert "\x1b" not in text
    assert not re.search(r" +$", text, re.MULTILINE)
    assert "A title" in text
    assert "every bucket" in text


def test_a_narrow_terminal_gets_counts_and_a_wide_one_names(monkeypatch: pytest.MonkeyPatch) -> None:
    explanation = explained(s3_policy_document(["photos/wp-content/uploads"], access="optimizer"))
    monkeypatch.setenv("COLUMNS", "80")
    assert "GetBucketOwnershipControls" not in table(explanation)
    monkeypatch.setenv("COLUMNS", "140")
    assert "GetBucketOwnershipControls" in table(explanation)


def test_a_command_stays_on_one_line_however_narrow_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    explanation = explained(s3_policy_document(), user="a-user-with-a-long-name")
    lines = table(explanation).splitlines()
    for change in explanation.tighter:
        assert f"  {change.config[0]}" in lines


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured, plain = _Terminal(), _Terminal()
    print_table(explained(s3_policy_document()), "t", coloured)
    monkeypatch.setenv("NO_COLOR", "1")
    print_table(explained(s3_policy_document()), "t", plain)
    assert "\x1b[32m" in coloured.getvalue()
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain.getvalue())


def test_a_stream_that_is_not_unicode_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    policy = s3_policy_document(["photos/up"], access="optimizer", allow_acl=True)
    print_table(explained(policy), "t", stream, every=True)
    stream.flush()
    assert b"- photos/up" in raw.getvalue()


def test_all_names_every_action_and_every_danger() -> None:
    explanation = explained(s3_policy_document())
    short = table(explanation)
    full = table(explanation, every=True)
    assert "PutBucketRequestPayment" not in short
    assert "--all shows them" in short
    every = {grant.action.removeprefix("s3:") for each in explanation.rows for grant in each.grants}
    assert {name for name in every if name in full} == every
    markdown = as_markdown(explanation, "t", every=True)
    assert {name for name in every if f"`{name}`" in markdown} == every


def test_markdown_is_a_table_that_no_name_can_break() -> None:
    policy = s3_policy_document(["photos/a|b`c"], access="optimizer", tls_only=True)
    text = as_markdown(explained(policy), "A *title*")
    assert "## A \\*title\\*" in text
    assert "photos/a\\|b\\`c" in text
    cells = [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in text.splitlines() if line.startswith("| ")]
    assert set(cells[: cells.index(3)]) == {1 + len(LEVELS)}
    assert set(cells[cells.index(3) :]) == {3}


def test_the_svg_has_the_whole_of_a_long_name() -> None:
    place = f"photos/{'a-long-folder/' * 12}uploads"
    root = ElementTree.fromstring(as_svg(explained(s3_policy_document([place], access="optimizer")), "t"))  # noqa: S314
    assert place in "".join(root.itertext()).replace("\xa0", " ")


def test_the_svg_is_one_picture_that_loads_nothing() -> None:
    policy = s3_policy_document(["photos/<&>"], access="optimizer")
    text = as_svg(explained(policy), "What it may do")
    root = ElementTree.fromstring(text)  # noqa: S314  # our own output
    words = "".join(root.itertext()).replace("\xa0", " ")
    assert "What it may do" in words
    assert "photos/<&>" in words
    assert "url(http" not in text
    assert "@font-face" not in text
