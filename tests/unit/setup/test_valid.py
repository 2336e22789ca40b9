"""Single answers: each bad one is told by its flag."""

from pathlib import Path
from typing import Any

import pytest

from s3io_user.handover.formats import RENDERERS
from s3io_user.iam.buckets import parse_bucket
from s3io_user.policy.presets import Access, preset_of
from s3io_user.setup import valid
from s3io_user.setup.answers import Answers
from s3io_user.setup.checklist import checklist
from s3io_user.setup.origins import ORIGINS


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"user_name": "a b"}, "--user-name a user name must be"),
        ({"existing_user": "ä"}, "--existing-user an existing user's name"),
        ({"user_name": "a", "existing_user": "b"}, "exclude each other"),
        ({"buckets": ("photos", "Bad Bucket")}, "--bucket a bucket name must be"),
        ({"region": "eu-west-99"}, "--region must be an AWS Region, such as"),
        ({"stack": "a b"}, "--stack must be"),
        ({"project": "a b"}, "--project must be"),
        ({"state": "ftp://x"}, "--state must be current, cloud, local or a URL"),
        ({"options": {"lock_prefix": "a*"}}, "--lock-prefix "),
        ({"hand_over": "fax"}, "--hand-over must be one of"),
        ({"hand_over": "secrets-manager", "store_name": "a b"}, "--store-name must be"),
        ({"hand_over": "parameter-store", "store_name": "site"}, "--store-name must be a path"),
        ({"hand_over": "later", "out": "x"}, "--out goes with a file's format"),
        ({"buckets": ("photos",), "access": "full"}, "--bucket does not go with --access full"),
        ({"hand_over": "env", "out_profile": "x"}, "--out-profile goes with --hand-over ini"),
        ({"hand_over": "ini", "out_profile": "a]"}, "--out-profile must be"),
    ],
)
def test_a_bad_answer_is_told(answers: dict[str, Any], said: str) -> None:
    (fault,) = valid.faults(Answers(**answers))

    assert said in fault


def test_good_answers_are_let_through() -> None:
    for state in ("current", "cloud", "local", "s3://a?region=b", "file:///srv/state"):
        assert (
            list(valid.faults(Answers(state=state, buckets=("*",), stack="org/site/prod", region="cn-north-1"))) == []
        )


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    there = tmp_path / "keys.php"
    there.write_text("mine, AKIAIOSFODNN7EXAMPLE\n")

    assert "exists already" in str(valid.out_fault("wp-config", str(there)))
    assert valid.out_fault("wp-config", str(there), None, "AKIAIOSFODNN7EXAMPLE") is None
    assert valid.out_fault("env", str(there)) is None
    assert "exists already" in str(valid.out_fault("ini", str(there)))
    assert valid.out_fault("ini", str(there), "site") is None
    assert "a folder that exists" in str(valid.out_fault("env", str(tmp_path / "no" / ".env")))
    assert valid.out_fault("csv", "-") is None


def test_every_format_and_preset_can_be_chosen() -> None:
    assert set(RENDERERS) < set(valid.HAND_OVERS)
    assert all(preset_of(access).purpose for access in Access)


# ---- the texts around it


@pytest.mark.parametrize("name", ORIGINS)
def test_an_origin_that_needs_no_key_says_what_to_do_instead(name: str) -> None:
    origin = ORIGINS[name]

    assert origin.needs_key == (name == "elsewhere")
    assert origin.needs_key or ("role" in origin.advice and "explain" in origin.advice)


def test_the_checklist_is_the_plugins_own() -> None:
    answers = Answers(stack="prod", access="optimizer", buckets=("photos/up",), hand_over="wp-config", out="keys.php")
    said = "\n".join(checklist(answers, "export PULUMI_CONFIG_PASSPHRASE_FILE=x"))

    for text in ("AS3CF_AWS_", "'up/'", "keys.php", "S3 URL Optimizer", "PULUMI_CONFIG_PASSPHRASE_FILE=x"):
        assert text in said
    assert f"put-bucket-ownership-controls --bucket {parse_bucket('photos/up').name} " in said
    assert "put-bucket-versioning --bucket photos --versioning-configuration Status=Enabled" in said


def test_a_key_for_no_plugin_has_no_steps_of_wordpress() -> None:
    answers = Answers(stack="prod", access="read-only", buckets=("photos",), hand_over="env", out=".env")

    assert "WordPress" not in "\n".join(checklist(answers, ""))
