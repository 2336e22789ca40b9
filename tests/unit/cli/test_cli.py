"""The command: its help, its exit codes, what it shows and what it never shows."""

import json
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli
from s3io_user.cli.commands import export, to_config
from s3io_user.errors import S3IOError
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
CANARY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
FORMATS = ["csv", "env", "ini", "json", "wp-config", "wp-cli", "rclone", "restic", "s3cmd"]


def outputs(name: str = "site-a", secret: str = CANARY) -> dict[str, Any]:
    pair = {"userName": name, "accessKeyId": KEY_ID, "secretAccessKey": secret}
    return {**pair, "credentials": {**pair, "region": "eu-west-1", "buckets": ["photos/wp-content/uploads"]}}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    fake = fake_pulumi.in_project(tmp_path, monkeypatch)
    fake.answer("stack output", json.dumps(outputs()))
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "Pulumi.yaml").write_text("name: site\n")
    fake.answer("config --json", json.dumps(config("s3io:")))
    return fake


def config(prefix: str) -> dict[str, Any]:
    """What `pulumi config --json` prints after to-config."""
    plain = {"userName": "site-a", "region": "eu-west-1", "buckets": '["photos/wp-content/uploads"]'}
    every = {"secretAccessKey": CANARY, "accessKeyId": KEY_ID, **plain}
    return {prefix + key: {"value": value, "secret": key not in plain} for key, value in every.items()}


def command(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "s3io_user", *argv], capture_output=True, text=True, check=False, **options
    )


# ---- help and wrong usage


def test_help_teaches_every_command() -> None:
    done = command("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"    {name} " in done.stdout for name in cli.COMMANDS)
    assert "pulumi up" in done.stdout


def test_version() -> None:
    assert command("--version").stdout.startswith("s3io-user ")


@pytest.mark.parametrize("argv", [["--help"], ["export", "--help"], ["to-config", "--help"]], ids=" ".join)
def test_help_needs_nothing_that_is_slow(argv: list[str]) -> None:
    script = f"""
import sys
from s3io_user.cli import main
try:
    main({argv!r})
except SystemExit as end:
    print(end.code, sorted({{"pulumi", "boto3", "botocore", "policy_sentry", "rich"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_its_two_functions(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    assert "usage: s3io-user" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param([], "commands:", id="nothing"),
        pytest.param(["exprot"], "invalid choice: 'exprot' (did you mean 'export'?)", id="no-such-command"),
        pytest.param(["zzz"], "(choose from init, ", id="nothing-like-a-command"),
        pytest.param(["export", "--formt", "env"], "--formt (did you mean '--format'?)", id="near-an-option"),
        pytest.param(["--stak", "a", "export"], "--stak (did you mean '--stack'?)", id="near-an-option-before"),
        pytest.param(["export", "--format", "evn"], "(did you mean 'env'?)", id="near-a-format"),
        pytest.param(["policy", "--access", "optimiser"], "(did you mean 'optimizer'?)", id="near-a-preset"),
        pytest.param(["policy", "--access", "full"], "choose from s3-access, ", id="no-document"),
        pytest.param(["policy", "--bucket", "a b"], "--bucket", id="no-bucket"),
        pytest.param(["export"], "--format", id="no-format"),
        pytest.param(["export", "--format", "xml"], "invalid choice: 'xml'", id="no-such-format"),
        pytest.param(["export", "--format", "env", "--show"], "unrecognized arguments: --show", id="abbreviated"),
        pytest.param(["export", "--format", "env", "--credential-process"], "--format json", id="process-env"),
        pytest.param(["export", "--format", "json", "--credential-process"], "add --out -", id="process-masked"),
        pytest.param(["export", "--format", "env", "--profile", "a"], "--format ini", id="profile-env"),
        pytest.param(["export", "--format", "ini", "--profile", "a]"], "--profile must be", id="profile-bad"),
        pytest.param(["export", "--format", "env", "--force"], "--out FILE", id="force-nothing"),
        pytest.param(["to-config"], "--stack", id="no-target"),
        pytest.param(["to-config", "--stack", "s", "--key-prefix", "a.b"], "--key-prefix", id="prefix-dot"),
        pytest.param(["to-config", "--stack", "s", "--key-prefix", "a:b:c"], "--key-prefix", id="prefix-colons"),
    ],
)
def test_wrong_usage_ends_with_2(
    argv: list[str], said: str, pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    assert end.value.code == 2
    assert said in capsys.readouterr().err
    assert pulumi.calls == []


# ---- the end of a run


def _raises(error: BaseException) -> Any:
    def run(_: Any) -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        pytest.param(S3IOError("one sentence"), 1, "s3io-user: one sentence\n", id="ours"),
        pytest.param(KeyboardInterrupt(), 130, "", id="interrupted"),
        pytest.param(ValueError(CANARY), 1, "a fault of s3io-user itself (ValueError in test_cli.py", id="fault"),
        pytest.param(RecursionError(CANARY), 1, "(RecursionError in test_cli.py", id="recursion"),
    ],
)
def test_every_end_is_a_code_and_a_sentence(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(export, "run", _raises(error))
    assert cli.main(["export", "--format", "env"]) == code
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") <= 1
    assert CANARY not in shown


def test_a_reader_that_had_enough(pulumi: FakePulumi) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer) as closed:
        argv = [sys.executable, "-m", "s3io_user", "export", "--format", "env", "--out", "-"]
        done = subprocess.run(argv, stdout=closed, stderr=subprocess.PIPE, text=True, check=False, env=_environ())
    assert (done.returncode, done.stderr) == (1, "")


def test_a_full_standard_output(pulumi: FakePulumi) -> None:
    with open("/dev/full", "w") as full:
        argv = [sys.executable, "-m", "s3io_user", "export", "--format", "env", "--out", "-"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=_environ())
    assert (done.returncode, done.stderr) == (1, "s3io-user: the output can't be written: No space left on device\n")


@pytest.mark.parametrize("argv", [["--help"], ["export", "--help"], ["--version"], ["policy"]])
def test_a_full_or_closed_standard_output_of_what_asks_nobody(argv: list[str]) -> None:
    run = f"{shlex.quote(sys.executable)} -m s3io_user {' '.join(argv)}"
    for where, why in ((">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")):
        done = subprocess.run(
            ["sh", "-c", f"{run} {where}"], capture_output=True, text=True, check=False, env=_environ()
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-1] == f"s3io-user: the output can't be written: {why}"


@pytest.mark.parametrize("argv", [["--help"], ["policy", "--help"], ["nope"], ["policy", "--access", "read-only"]])
def test_a_terminal_of_no_width(argv: list[str]) -> None:
    done = command(*argv, env={**_environ(), "COLUMNS": "1"})

    assert (done.returncode, "a fault of" in done.stderr) == (2 if argv == ["nope"] else 0, False)


@pytest.mark.parametrize("form", FORMATS)
def test_a_screen_that_has_no_letters_for_a_folder_gets_nothing(form: str, pulumi: FakePulumi) -> None:
    named = outputs()
    named["credentials"]["buckets"] = ["photos/caf\u00e9"]
    pulumi.answer("stack output", json.dumps(named))
    done = command("export", "--format", form, "--out", "-", env={**_environ(), "PYTHONIOENCODING": "ascii"})

    if form not in ("wp-config", "wp-cli"):  # without a folder, or with escapes of its own
        assert (done.returncode, done.stderr) == (0, "")
    else:
        assert (done.returncode, done.stdout) == (1, "")
        assert "can't show the name or a folder" in done.stderr


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, "PYTHONPATH": str(Path(cli.__file__).parents[2])}


# ---- export


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("options", [["--show-secrets"], ["--out", "-"]], ids=" ".join)
def test_a_pipe_has_the_secret_when_asked(
    form: str, options: list[str], pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", "--format", form, *options]) == 0
    shown = capsys.readouterr()
    assert CANARY in shown.out
    assert KEY_ID in shown.out
    assert CANARY not in shown.err


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("to", ["file", "pipe"])
def test_no_mask_goes_to_a_file_or_a_pipe(form: str, to: str, pulumi: FakePulumi, tmp_path: Path) -> None:
    """`export --format env > .env` must not leave asterisks in it, and say that all is well."""
    argv = [sys.executable, "-m", "s3io_user", "export", "--format", form]
    with open(tmp_path / "out", "w") as file:
        out = file if to == "file" else subprocess.PIPE
        done = subprocess.run(argv, stdout=out, stderr=subprocess.PIPE, text=True, check=False, env=_environ())
    assert (done.returncode, done.stdout or "", (tmp_path / "out").read_text()) == (2, "", "")
    assert "--out FILE" in done.stderr
    assert "--show-secrets" in done.stderr
    assert pulumi.calls == []


@pytest.mark.parametrize(
    ("options", "there"), [pytest.param([], False, id="plain"), pytest.param(["--show-secrets"], True, id="asked-for")]
)
def test_a_terminal_is_no_exception(options: list[str], there: bool, pulumi: FakePulumi) -> None:
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "s3io_user", "export", "--format", "env", *options]
    subprocess.run(argv, stdout=theirs, stderr=theirs, check=True, env=_environ())
    shown = os.read(ours, 4096).decode()
    os.close(ours)
    os.close(theirs)
    assert (CANARY in shown) is there
    assert KEY_ID in shown


def holding_the_secret(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and CANARY in path.read_text()
    }


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_has_the_secret_and_nothing_else_has(
    form: str, pulumi: FakePulumi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", "--format", form, "--out", "file"]) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"s3io-user: file: key {KEY_ID} of site-a, readable by you alone\n")
    assert CANARY in (tmp_path / "file").read_text()
    assert holding_the_secret(tmp_path) == {"bin/answers", "file"}
    if form != "env":  # which updates a file
        assert cli.main(["export", "--format", form, "--out", "file"]) == 1
        assert "--force" in capsys.readouterr().err
    assert cli.main(["export", "--format", form, "--out", "file", "--force"]) == 0


def test_a_profile_is_merged_and_the_rest_stays(pulumi: FakePulumi, tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text("# mine\n[default]\naws_access_key_id = x\n")
    for _ in range(2):
        assert cli.main(["export", "--format", "ini", "--profile", "blog", "--out", "credentials"]) == 0
    assert file.read_text() == (
        "# mine\n[default]\naws_access_key_id = x\n\n"
        f"[blog]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {CANARY}\nregion = eu-west-1\n"
    )


def test_an_env_file_is_merged_and_the_rest_stays(pulumi: FakePulumi, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("APP_ENV=production\nAWS_ACCESS_KEY_ID=old\n")
    for _ in range(2):
        assert cli.main(["export", "--format", "env", "--out", ".env"]) == 0
    pair = f"AWS_ACCESS_KEY_ID={KEY_ID}\nAWS_SECRET_ACCESS_KEY={CANARY}\n"
    region = "AWS_REGION=eu-west-1\nAWS_DEFAULT_REGION=eu-west-1\n"
    assert (tmp_path / ".env").read_text() == f"APP_ENV=production\n{pair}{region}"
    assert cli.main(["export", "--format", "env", "--out", ".env", "--force"]) == 0
    assert (tmp_path / ".env").read_text() == pair + region


def test_a_profile_with_force_is_all_that_is_left(pulumi: FakePulumi, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("not even an ini file")
    assert cli.main(["export", "--format", "ini", "--profile", "blog", "--out", "credentials", "--force"]) == 0
    assert (tmp_path / "credentials").read_text().startswith("[blog]\n")


def test_without_a_profile_an_existing_file_is_not_merged(pulumi: FakePulumi, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("[default]\n")
    assert cli.main(["export", "--format", "ini", "--out", "credentials"]) == 1
    assert (tmp_path / "credentials").read_text() == "[default]\n"


def test_a_home_folder_in_quotes_is_found(pulumi: FakePulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cli.main(["export", "--format", "env", "--out", "~/here"]) == 0
    assert (tmp_path / "here").exists()


def test_credential_process(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["export", "--format", "json", "--credential-process", "--out", "-"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert read == {"Version": 1, "AccessKeyId": KEY_ID, "SecretAccessKey": CANARY}


@pytest.mark.parametrize(
    ("name", "said"),
    [pytest.param("=a", "formula", id="formula"), pytest.param("a,b", "comma", id="comma")],
)
def test_a_name_that_a_spreadsheet_changes_is_warned_of(
    name: str, said: str, pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi.answer("stack output", json.dumps(outputs(name)))
    assert cli.main(["export", "--format", "csv", "--out", "-"]) == 0
    assert said in capsys.readouterr().err


def test_one_of_several_users(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    pulumi.answer("stack output", json.dumps({"users": {"blog": outputs("b"), "shop": outputs("s")}}))
    assert cli.main(["export", "--format", "json", "--out", "-", "--user", "shop"]) == 0
    assert json.loads(capsys.readouterr().out)["userName"] == "s"
    assert cli.main(["export", "--format", "json", "--out", "-"]) == 1
    assert "--user (blog, shop)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "stacks"),
    [
        pytest.param(["export", "--format", "env", "--out", "-"], [None], id="selected"),
        pytest.param(["export", "--format", "env", "--out", "-", "--stack", "a"], ["a"], id="after"),
        pytest.param(["--stack", "a", "export", "--format", "env", "--out", "-"], ["a"], id="before"),
        pytest.param(
            ["--stack", "a", "export", "--format", "env", "--out", "-", "--stack", "b"], ["b"], id="after-wins"
        ),
        pytest.param(["to-config", "--stack", "t"], [None, "t"], id="target"),
        pytest.param(["to-config", "--stack", "t", "--from-stack", "a"], ["a", "t"], id="from"),
        pytest.param(["--stack", "a", "to-config", "--stack", "t"], ["a", "t"], id="before-is-from"),
    ],
)
def test_which_stack(argv: list[str], stacks: list[str | None], pulumi: FakePulumi) -> None:
    assert cli.main(argv) == 0
    seen = [call["argv"] for call in pulumi.calls]
    named = [call[call.index("--stack") + 1] if "--stack" in call else None for call in seen]
    assert list(dict.fromkeys(named)) == stacks


# ---- to-config


def test_to_config_writes_the_pair_as_secrets_and_says_which_keys(
    pulumi: FakePulumi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["to-config", "--stack", "prod", "--cwd", "site"]) == 0
    _, *calls, last = pulumi.calls
    assert last["argv"][:3] == ["config", "--json", "--show-secrets"]
    assert [(call["argv"][-1], "--secret" in call["argv"], call["stdin"]) for call in calls] == [
        ("s3io:secretAccessKey", True, CANARY),
        ("s3io:accessKeyId", True, KEY_ID),
        ("s3io:userName", False, "site-a"),
        ("s3io:region", False, "eu-west-1"),
        ("s3io:buckets", False, ""),
        ("s3io:buckets[0]", False, "photos/wp-content/uploads"),
    ]
    assert {call["cwd"] for call in calls} == {str(tmp_path / "site")}
    shown = capsys.readouterr()
    assert all(f"  s3io:{key}" in shown.out for key in ("secretAccessKey (encrypted)", "accessKeyId", "userName"))
    assert CANARY not in shown.out + shown.err


@pytest.mark.parametrize(
    ("prefix", "key"),
    [("", "accessKeyId"), ("blog", "blogAccessKeyId"), ("ns:", "ns:accessKeyId"), ("ns:x", "ns:xAccessKeyId")],
)
def test_the_prefix_of_a_key(prefix: str, key: str) -> None:
    assert to_config.prefixed(prefix, "accessKeyId") == key


def test_the_targets_own_environment(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "source")
    monkeypatch.setenv("S3IO_TARGET_PULUMI_CONFIG_PASSPHRASE", "target")
    assert cli.main(["to-config", "--stack", "prod"]) == 0
    first, *rest = [call["environ"]["PULUMI_CONFIG_PASSPHRASE"] for call in pulumi.calls]
    assert (first, set(rest)) == ("source", {"target"})


# ---- the secret goes nowhere else

FAILURES = {
    "export-refused": ["export", "--format", "env", "--out", "missing/file"],
    "export-unreadable-file": ["export", "--format", "ini", "--profile", "a", "--out", "broken"],
    "export-no-such-user": ["export", "--format", "env", "--out", "-", "--user", "nobody"],
    "to-config-refused": ["to-config", "--stack", "prod"],
}


@pytest.mark.parametrize("argv", [pytest.param(argv, id=name) for name, argv in FAILURES.items()])
def test_a_failure_never_has_the_secret(argv: list[str], pulumi: FakePulumi, tmp_path: Path) -> None:
    (tmp_path / "broken").write_text(f"[a]\n{CANARY}\n")
    pulumi.answer("config set", complaint=f"error: {CANARY}", code=1)
    done = command(*argv, cwd=tmp_path, env=_environ())
    assert done.returncode == 1
    assert done.stderr.startswith("s3io-user: ")
    assert done.stderr.count("\n") == 1
    assert CANARY not in done.stdout + done.stderr
    assert not list(tmp_path.glob("*prod*"))
    given = {"bin/log"} if argv[0] == "to-config" else set()  # the fake notes its standard input there
    assert holding_the_secret(tmp_path) == {"bin/answers", "broken"} | given


@pytest.mark.parametrize("secret", ["[secret]", "canary'; rm -rf /", "canary\n[default]", "canary?>", 'canary"'])
@pytest.mark.parametrize("form", FORMATS)
def test_what_would_break_out_of_its_place_is_refused(
    form: str, secret: str, pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi.answer("stack output", json.dumps(outputs(secret=secret)))
    assert cli.main(["export", "--format", form, "--out", "-"]) == 1
    shown = capsys.readouterr()
    assert "secretAccessKey: must be" in shown.err
    assert "canary" not in shown.out + shown.err
