"""Stacks: how the pulumi command is run, and what is said when it fails."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from s3io_user.errors import S3IOError
from s3io_user.stack import pulumi_cli
from s3io_user.stack.config import ConfigValue, set_config
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi

CANARY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
PAIR = [ConfigValue("s3io:secret", CANARY, secret=True), ConfigValue("s3io:name", "-a=b")]


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    return fake_pulumi.install(tmp_path / "bin", monkeypatch)


@pytest.mark.parametrize(
    ("options", "argv"),
    [
        pytest.param({}, [], id="selected"),
        pytest.param({"stack": "prod"}, ["--stack", "prod"], id="named"),
        pytest.param({"stack": "--help"}, ["--stack", "--help"], id="a-dash"),
    ],
)
@pytest.mark.parametrize("show", [False, True])
def test_outputs(options: dict[str, str], argv: list[str], show: bool, pulumi: FakePulumi, tmp_path: Path) -> None:
    pulumi.answer("stack output", '{"userName": "é"}')
    assert pulumi_cli.outputs(cwd=str(tmp_path), show_secrets=show, **options) == {"userName": "é"}
    (call,) = pulumi.calls
    shown = ["--show-secrets"] if show else []
    assert call["argv"] == ["stack", "output", "--json", *shown, "--non-interactive", "--color=never", *argv]
    assert (call["cwd"], call["stdin"]) == (str(tmp_path), "")


def test_of_users_that_are_a_secret_as_a_whole_only_the_secrets_stay_hidden(pulumi: FakePulumi, tmp_path: Path) -> None:
    """As a YAML program exports them."""
    user = {"userName": "blog", "accessKeyId": "AKIAEXAMPLE", "previousAccessKeyId": None, "secretAccessKey": CANARY}
    whole = {"url": "[secret]", "users": {"blog": {**user, "credentials": {"secretAccessKey": CANARY}}}}
    pulumi.answer("stack output --json --show-secrets", json.dumps(whole))
    pulumi.answer("stack output --json --non-interactive", json.dumps({"url": "[secret]", "users": "[secret]"}))

    masked = {**user, "secretAccessKey": "[secret]", "credentials": "[secret]"}
    assert pulumi_cli.outputs(cwd=str(tmp_path)) == {"url": "[secret]", "users": {"blog": masked}}
    assert pulumi_cli.outputs(cwd=str(tmp_path), show_secrets=True) == whole


def test_why_an_installation_failed_is_its_last_error(pulumi: FakePulumi) -> None:
    pulumi.answer("install", "Collecting x\n", "ERROR: No matching distribution for x\nbye\n", 1)
    with pytest.raises(S3IOError, match=r"^ERROR: No matching distribution for x$"):
        pulumi_cli.install()


def test_why_a_stack_was_not_made(pulumi: FakePulumi) -> None:
    pulumi.answer("stack init", complaint="error: stack 'prod' already exists\n", code=255)
    with pytest.raises(S3IOError, match="already exists"):
        pulumi_cli.make_stack("prod")


def test_an_ignored_interrupt_is_not_passed_on(pulumi: FakePulumi) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_config(PAIR[:1], "file")
    signal.signal(signal.SIGINT, before)
    assert not pulumi.calls[0]["sigint_ignored"]


@pytest.mark.parametrize("call", ["outputs(show_secrets=True)", "set_config([ConfigValue('k', 'v')], 'f')"])
def test_no_core_dumps_while_a_secret_is_held(call: str, pulumi: FakePulumi) -> None:
    pulumi.answer("stack output", "{}")
    limit = "resource.getrlimit(resource.RLIMIT_CORE)"
    imports = "import resource; from s3io_user.stack.config import *; from s3io_user.stack.pulumi_cli import *"
    script = f"{imports}; {call}; print({limit})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "(0, 0)\n"
    assert [each["core"] for each in pulumi.calls] == [[0, 0]]


# The left column is what pulumi 3.274.1 was seen to write; the last three are its service's.
COMPLAINTS = [
    ("no Pulumi.yaml project file found (searching upwards from /x).: no project file found", "no Pulumi project"),
    ("no stack selected; please use `pulumi stack select` to choose one", "no stack is selected in this folder"),
    ("a stack name may not be empty", "can't be a stack's name"),
    ("failed to decrypt: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE", "passphrase is not the one"),
    ("incorrect passphrase", "passphrase is not the one"),
    (
        'constructing secrets manager of type "passphrase": constructing secrets manager: passphrase must be set with '
        "PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
        "set PULUMI_CONFIG_PASSPHRASE",
    ),
    (
        'constructing secrets manager of type "passphrase": constructing secrets manager: unable to read '
        "PULUMI_CONFIG_PASSPHRASE_FILE: open /nope: no such file or directory",
        "can't be read: correct the variable",
    ),
    ("PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions", "run pulumi login"),
    ('unable to open state directory "file:///nope/x": stat /nope/x: no such file', "correct PULUMI_BACKEND_URL"),
    ('read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): x', "correct PULUMI_BACKEND_URL"),
    ('constructing secrets manager of type "cloud": AccessDenied', "secrets provider can't be used"),
    ("could not unmarshal '/x/Pulumi.prod.yaml': yaml: line 1: did not find", "a YAML file"),
    ("[401] Unauthorized: No credentials provided or are invalid.", "run pulumi login"),
    ("invalid access token", "run pulumi login"),
    ("something new", "can't tell why"),
]


@pytest.mark.parametrize(("complaint", "said"), [pytest.param(*each, id=each[0][:40]) for each in COMPLAINTS])
def test_a_failure_is_said_in_other_words(complaint: str, said: str, pulumi: FakePulumi) -> None:
    pulumi.answer("stack output", complaint=f"error: {complaint} {CANARY}\n", code=255)
    with pytest.raises(S3IOError, match=said) as caught:
        pulumi_cli.outputs(show_secrets=True)
    assert CANARY not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("begin", [pulumi_cli.up, lambda: pulumi_cli.preview("config.yaml")])
def test_a_missing_passphrase_is_said_alike_of_an_update(begin: Callable[[], object], pulumi: FakePulumi) -> None:
    cause = (
        "getting stack configuration: get stack secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE"
    )
    for command in ("up", "preview"):
        pulumi.answer(command, complaint=f"error: {cause}\n", code=255)
    with pytest.raises(S3IOError, match="the stack's secrets need their passphrase: set PULUMI_CONFIG_PASSPHRASE or"):
        begin()


@pytest.mark.parametrize(
    ("stacks", "hint"),
    [
        pytest.param('[{"name": "prod"}, {"name": "dev"}]', "did you mean 'prod'?", id="near"),
        pytest.param('[{"name": "dev"}, {"name": "live"}]', "there are dev, live", id="far"),
        pytest.param(
            "[]",
            "the state has none. If it is kept elsewhere, run pulumi login there first; if not, pulumi stack init",
            id="none",
        ),
        pytest.param("oops", "see pulumi stack ls", id="unreadable"),
    ],
)
def test_the_nearest_stack_is_named(stacks: str, hint: str, pulumi: FakePulumi) -> None:
    pulumi.answer("config set", complaint="error: no stack named 'prd' found", code=6)
    pulumi.answer("stack ls", stacks)
    with pytest.raises(S3IOError) as caught:
        set_config(PAIR, "file", "prd", environ={**os.environ, "MARK": "target"})
    assert str(caught.value) == f"s3io:secret was not written: there is no stack 'prd' in this folder: {hint}"
    assert {call["environ"]["MARK"] for call in pulumi.calls} == {"target"}


@pytest.mark.parametrize("out", ["", "text", "[]", f'{{"a": {CANARY}'])
def test_outputs_that_are_no_json_object(out: str, pulumi: FakePulumi) -> None:
    pulumi.answer("stack output", out)
    with pytest.raises(S3IOError, match="printed no JSON object") as caught:
        pulumi_cli.outputs()
    assert CANARY not in str(caught.value)


def test_a_missing_folder() -> None:
    with pytest.raises(S3IOError, match="there is no folder '/no/such'"):
        pulumi_cli.outputs(cwd="/no/such")


def test_no_pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(S3IOError, match="pulumi is not on PATH: install it"):
        pulumi_cli.outputs()


def test_a_pulumi_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pulumi").write_text("no program")
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(S3IOError, match=r"can't be started \(Exec format error\)"):
        pulumi_cli.outputs()
