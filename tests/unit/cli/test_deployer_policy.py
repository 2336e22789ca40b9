"""`s3io-user deployer-policy`: for whom it prints the policy, and what it says of users whom it leaves out."""

import json
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli
from tests import fake_pulumi
from tests.evaluator import allows
from tests.fake_pulumi import FakePulumi
from tests.unit.fleet.states import component, exported

OURS, THEIRS = "123456789012", "210987654321"


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    fake = fake_pulumi.in_project(tmp_path, monkeypatch, "sites")
    fake.answer("config", json.dumps({"sites:userName": {"value": "of-config"}, "aws:region": {"value": "eu-west-1"}}))
    fake.answer("stack export", json.dumps(exported(*component("blog"), *component("shop", THEIRS))))
    return fake


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict[str, Any] | None, str]:
    code = cli.main(["deployer-policy", *argv])
    out, err = capsys.readouterr()
    return code, json.loads(out) if out else None, err


def may_delete(document: dict[str, Any] | None, user: str, account: str = OURS) -> bool:
    assert document
    return allows(document, "iam:DeleteUser", f"arn:aws:iam::{account}:user/{user}")


def test_a_program_that_reads_the_config_has_the_users_of_both(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("__main__.py").write_text("from s3io_user import read_setup")
    code, document, err = run(capsys, "--account", OURS)

    assert code == 0
    assert may_delete(document, "of-config")
    assert may_delete(document, "blog-user")
    assert err == (f"s3io-user: left out: shop is in the account {THEIRS}: print its policy with --account {THEIRS}\n")


def test_of_another_program_the_state_alone_counts(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    Path("__main__.py").write_text("from s3io_user import S3IOUser")
    code, document, err = run(capsys, "--account", THEIRS)

    assert code == 0
    assert may_delete(document, "shop-user", THEIRS)
    assert not may_delete(document, "of-config", THEIRS)
    assert "left out: blog is in the account 123456789012" in err
    assert "no file in the program's folder calls read_setup" in err
    assert "the policy is for the 1 user of the stack's state" in err


def test_a_policy_that_is_too_long_for_iam_is_printed_and_said(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("__main__.py").write_text("from s3io_user import read_setup")
    users = {f"site-{number}": {"userName": f"photos-of-site-{number}"} for number in range(40)}
    pulumi.answer("config", json.dumps({"sites:users": {"value": json.dumps(users)}}))
    code, document, err = run(capsys, "--account", THEIRS)

    assert (code, may_delete(document, "photos-of-site-39", THEIRS)) == (0, True)
    assert " characters, and a managed policy has room for 6,144: put its statements into several policies" in err


def test_where_there_is_nobody_nothing_is_printed(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    pulumi.answer("stack export", json.dumps(exported()))
    code, document, err = run(capsys, "--account", OURS)
    assert (code, document, "the stack's state has no user yet: run pulumi up" in err) == (1, None, True)

    pulumi.answer("stack export", json.dumps(exported(*component("shop", THEIRS))))
    code, document, err = run(capsys, "--account", OURS)
    assert (code, document, f"the stack has no user in {OURS}" in err) == (1, None, True)
