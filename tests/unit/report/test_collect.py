"""Collecting a report: each part that fails is named, the others are there, and the file is nobody else's."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli
from s3io_user.aws import users
from s3io_user.aws.users import KeyInfo
from s3io_user.doctor import examination
from s3io_user.doctor.examination import Report
from s3io_user.errors import S3IOError
from s3io_user.report import collect
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi
from tests.unit.report.facts import KEY, NOW

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
TRIED = "what the key can do when it is tried"
PARTS = ("what the policies allow", TRIED, "what doctor finds", "the keys that AWS has")


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    fake = fake_pulumi.in_project(tmp_path, monkeypatch)
    arn = "arn:aws:iam::123456789012:user/site"
    outputs = {"userName": "site", "userArn": arn, "accessKeyId": KEY, "policyDocument": POLICY}
    fake.answer("stack output", json.dumps({**outputs, "secretAccessKey": SECRET}))
    fake.answer("stack export", json.dumps({"deployment": {"resources": []}}))
    fake.answer("stack --show-name", "prod\n")
    fake.answer("config --json", "{}")
    return fake


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """All parts of it, but the policies, which the stack holds."""
    monkeypatch.setattr(collect, "verify_stack", lambda *_, **__: [])
    monkeypatch.setattr(examination, "examine", lambda *_: Report("arn", (), ("a part of doctor's",)))
    monkeypatch.setattr(users, "keys_of", lambda *_: [KeyInfo(KEY, "Active", NOW, None)])


def refused(*_: Any, **__: Any) -> Any:
    raise S3IOError("AWS does not answer")


@pytest.mark.usefixtures("pulumi")
def test_a_part_that_fails_is_named_and_the_others_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name in ((collect, "of_stack"), (collect, "verify_stack"), (examination, "examine"), (users, "keys_of")):
        monkeypatch.setattr(place, name, refused)
    facts = collect.collect(collect.Options(), lambda _: None)

    assert (facts.explanation, facts.checks, facts.findings, facts.keys) == (None, None, None, None)
    assert facts.unknown == tuple(f"{part}: AWS does not answer" for part in PARTS)
    assert (facts.user, facts.stack, facts.account) == ("site", "prod", "123456789012")


@pytest.mark.usefixtures("pulumi", "looked_at")
def test_what_doctor_and_explain_could_not_see_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = collect.collect(collect.Options(verify=False), lambda _: None)

    assert facts.explanation is not None
    assert facts.explanation.dangers
    assert facts.checks is None
    assert f"{TRIED}: --no-verify left that out" in facts.unknown
    assert "a part of doctor's" in facts.unknown
    assert set(facts.explanation.unread) <= set(facts.unknown)


@pytest.mark.usefixtures("pulumi", "looked_at")
@pytest.mark.parametrize("form", ["html", "markdown", "json"])
def test_it_is_written_for_its_owner_and_replaces_nothing(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["report", "--format", form, "--out", "key"]
    assert cli.main(argv) == 0
    written = (tmp_path / "key").read_text()
    assert KEY in written
    assert SECRET not in written + "".join(capsys.readouterr())
    assert stat.S_IMODE(os.stat(tmp_path / "key").st_mode) == 0o600

    (tmp_path / "key").write_text("mine")
    assert cli.main(argv) == 1
    assert "key exists: add --force" in capsys.readouterr().err
    assert (tmp_path / "key").read_text() == "mine"
    assert cli.main([*argv, "--force"]) == 0


@pytest.mark.usefixtures("pulumi")
def test_a_page_needs_a_file_to_go_to(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["report"])
    assert end.value.code == 2
    assert "add --out FILE" in capsys.readouterr().err
