"""`s3io-user init` on the real engine: from an empty folder to a key handed over, killed and interrupted on the way."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from local_aws.sandbox import Sandbox
from local_aws.server import Aws
from s3io_user.setup.project import NOTE
from tests.engine.aws_side import keys_of
from tests.engine.conftest import Ran, Stack
from tests.engine.test_doctor import command
from tests.engine.test_verify import FOLDER, bucket
from tests.faults import Fault, proxy
from tests.patience import PATIENCE
from tests.person import Person

__all__ = ["bucket"]


@pytest.fixture
def site(sandbox: Sandbox, tmp_path: Path) -> Stack:
    """An empty folder, where Pulumi keeps its state in files."""
    (tmp_path / "site").mkdir()
    (tmp_path / "state").mkdir()
    return Stack(sandbox, tmp_path / "site", {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri()})


def init(stack: Stack, *argv: str) -> Ran:
    ran = command(stack, "init", *argv)
    assert "Traceback" not in ran.err
    return ran


def at_a_terminal(stack: Stack, *argv: str, **more: str) -> Person:
    env = {**stack.environment(), "TERM": "dumb", "COLUMNS": "120", **more}
    return Person([sys.executable, "-m", "s3io_user", "init", *argv], stack.folder, env)


def test_killed_and_interrupted_it_continues_to_a_key_in_its_file(
    site: Stack, aws: Aws, user_name: str, bucket: str
) -> None:
    with at_a_terminal(site, "--no-install", "--user-name", user_name) as person:
        for asked, typed in {
            "Where does the application run?": "elsewhere",
            "What may the key do?": "optimizer",
            "Buckets": bucket,
            "Folder (": FOLDER,
            "Where does the key go?": "wp-config",
            "File (wp-config-keys.php)": "",
        }.items():
            person.sees(asked)
            person.types(typed)
        assert "Not allowed: Create a bucket" in person.sees("Do it?")
        assert list(site.folder.iterdir()) == []
        person.types("y")
        person.sees("Created the stack prod.")
        os.killpg(person.process.pid, signal.SIGKILL)
        person.ends()
    assert (site.folder / NOTE).stat().st_mode & 0o777 == 0o600

    waited_for = threading.Event()
    with (
        proxy(aws.endpoint, [Fault("CreateUser", "held")]) as between,
        at_a_terminal(site, AWS_ENDPOINT_URL=between.endpoint) as person,
    ):
        between.meanwhile = lambda: (person.presses(b"\x03"), waited_for.wait(PATIENCE))
        person.sees("A set-up was interrupted here: continuing with its answers.")
        person.sees("Do it?")
        person.types("y")
        person.sees("pulumi up …")
        person.sees("waiting for pulumi to finish")
        waited_for.set()
        assert person.ends() == 130
        assert "Traceback" not in person.seen
    assert keys_of(aws, user_name) == {}, "what had begun was finished, and nothing else begun"
    assert list((site.folder.parent / "state").glob(".pulumi/locks/**/*.json")) == []

    done = init(site, "--yes")
    assert done.code == 0, done.text
    (key_id,) = keys_of(aws, user_name)
    handed_over = (site.folder / "wp-config-keys.php").read_text()
    assert key_id in handed_over
    assert f"'{FOLDER}/'" in handed_over
    assert site.outputs()["secretAccessKey"] not in done.text
    assert "put-bucket-versioning" in done.out
    assert not (site.folder / NOTE).exists()
    assert yaml.safe_load((site.folder / "Pulumi.prod.yaml").read_text())["config"] == {
        "aws:region": "us-east-1",
        "site:access": "optimizer",
        "site:buckets": [f"{bucket}/{FOLDER}"],
        "site:userName": user_name,
    }
    assert site.steps() == []


def test_a_stack_that_is_there_is_edited(site: Stack, aws: Aws, user_name: str, bucket: str) -> None:
    given = ["--runs-on", "elsewhere", "--no-install", "--access", "optimizer", "--hand-over", "later", "--yes"]
    first = init(site, *given, "--user-name", user_name, "--bucket", bucket)
    assert first.code == 0, first.text
    key = keys_of(aws, user_name)
    config = site.folder / "Pulumi.prod.yaml"
    site.run("config", "set", "--path", "tags.team", "web")
    site.run("config", "set", "--secret", "other:secret", "kept")

    env = "AWS_PROFILE=none\nAWS_ACCESS_KEY_ID='old'\n"
    (site.folder / ".env").write_text(env)
    second = init(
        site, "--bucket", f"{bucket}/{FOLDER}", "--hand-over", "env", "--out", ".env", "--yes", "--format", "json"
    )
    assert second.code == 0, second.text
    assert f'~ site:buckets: ["{bucket}"] → ["{bucket}/{FOLDER}"]' in second.err
    said = json.loads(second.out)
    assert {check["verdict"] for check in said.pop("checks")} == {"ok"}
    assert said == {
        "end": "done",
        "stack": "prod",
        "folder": str(site.folder),
        "userName": user_name,
        "accessKeyId": next(iter(key)),
        "handOver": "env",
        "out": ".env",
        "storeName": None,
    }
    assert site.outputs()["secretAccessKey"] not in second.text
    held = yaml.safe_load(config.read_text())["config"]
    assert (held["site:tags"], held["site:userName"], list(held["other:secret"])) == (
        {"team": "web"},
        user_name,
        ["secure"],
    )
    assert keys_of(aws, user_name) == key
    assert (site.folder / ".env").read_text().startswith("AWS_PROFILE=none\n")
    assert next(iter(key)) in (site.folder / ".env").read_text()


def test_what_would_take_the_key_away_stops_it(site: Stack, aws: Aws, user_name: str, bucket: str) -> None:
    given = ["--runs-on", "elsewhere", "--no-install", "--access", "optimizer", "--hand-over", "later", "--yes"]
    first = init(site, *given, "--user-name", user_name, "--bucket", bucket)
    assert first.code == 0, first.text
    key = keys_of(aws, user_name)

    config = (site.folder / "Pulumi.prod.yaml").read_bytes()
    renamed = init(site, "--user-name", f"{user_name}-new", "--hand-over", "later", "--yes")
    assert renamed.code == 1
    assert "Another user name means another user" in renamed.out
    assert "This update will" in renamed.out
    assert (site.folder / "Pulumi.prod.yaml").read_bytes() == config
    assert not (site.folder / NOTE).exists()
    assert "--accept-findings" in renamed.err
    assert keys_of(aws, user_name) == key


def test_findings_stop_it_before_anything_is_made(site: Stack, aws: Aws, user_name: str) -> None:
    aws.client("iam").create_user(UserName=user_name)
    given = ["--runs-on", "elsewhere", "--no-install", "--access", "optimizer", "--hand-over", "later", "--yes"]
    ran = init(
        site, *given, "--user-name", user_name.upper(), "--bucket", "no-such-bucket-here", "--region", "us-east-1"
    )
    assert ran.code == 1
    assert "name-taken" in ran.out
    assert "bucket-missing" in ran.out
    assert "correct what doctor found" in ran.err
    assert keys_of(aws, user_name) == {}


def test_a_passphrase_is_kept_where_it_was_said(
    site: Stack, aws: Aws, user_name: str, bucket: str, tmp_path: Path
) -> None:
    env = {name: value for name, value in site.environment().items() if name != "PULUMI_CONFIG_PASSPHRASE"}
    state, name, secret = (tmp_path / "state").as_uri(), f"sites/{user_name}", tmp_path / "passphrase"
    del env["PULUMI_BACKEND_URL"]
    command_ = [sys.executable, "-m", "s3io_user", "init", "--runs-on", "elsewhere", "--no-install", "--state", state]
    command_ += ["--access", "read-only", "--bucket", bucket, "--user-name", user_name, "--stack", "live", "--yes"]
    command_ += ["--hand-over", "secrets-manager", "--store-name", name, "--passphrase-file", str(secret)]
    ran = subprocess.run(
        command_, cwd=site.folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passphrase = secret.read_text().strip()
    assert secret.stat().st_mode & 0o777 == 0o600
    assert passphrase not in ran.stdout + ran.stderr
    assert f"export PULUMI_CONFIG_PASSPHRASE_FILE={secret}" in ran.stdout
    assert yaml.safe_load((site.folder / "Pulumi.yaml").read_text())["backend"] == {"url": state}
    held = json.loads(aws.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    assert held["accessKeyId"] in keys_of(aws, user_name)
    assert not any(passphrase in path.read_text() for path in site.folder.iterdir() if path.is_file())
