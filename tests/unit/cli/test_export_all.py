"""`s3io-user export --all`: nothing is written before everything was read, and never a part of a new folder."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli, secret_files
from s3io_user.errors import S3IOError
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi

CANARY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def outputs(name: str, **more: Any) -> dict[str, Any]:
    pair = {"userName": f"{name}-user", "accessKeyId": f"AKIA{name.upper():0<8}EXAMPLE", "secretAccessKey": CANARY}
    return {**pair, "credentials": {**pair, "region": "eu-west-1", "buckets": ["photos"]}, **more}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    fake = fake_pulumi.in_project(tmp_path, monkeypatch)
    answer(fake, {"blog": outputs("blog"), "shop": outputs("shop")})
    return fake


def answer(fake: FakePulumi, users: dict[str, Any], stack: str = "") -> None:
    command = "stack output --json --show-secrets"
    fake.answer(f"{command} --non-interactive --color=never --stack {stack}" if stack else command,
                json.dumps({"users": users}))  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = cli.main(["export", *argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_file_for_each_in_a_folder_that_only_you_can_read(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "--all", "--format", "env", "--out-dir", "keys")

    assert (code, out) == (0, "")
    assert "keys: 2 files, readable by you alone" in err
    folder = Path("keys")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = {file.name: file for file in folder.iterdir()}
    assert set(files) == {"blog-user.env", "shop-user.env"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o600}
    assert f"AWS_SECRET_ACCESS_KEY={CANARY}" in files["shop-user.env"].read_text()
    assert CANARY not in err


def test_users_of_one_name_in_two_accounts_are_told_apart_by_the_account(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    arns = {name: f"arn:aws:iam::{account}:user/blog-user" for name, account in (("a", "1" * 12), ("b", "2" * 12))}
    answer(pulumi, {name: outputs("blog", userArn=arn) for name, arn in arns.items()})
    code, _, err = run(capsys, "--all", "--format", "env", "--out-dir", "keys")

    assert code == 0
    assert {file.name for file in Path("keys").iterdir()} == {
        "blog-user@111111111111.env",
        "blog-user@222222222222.env",
    }
    assert "a: called blog-user@111111111111, since another user is called blog-user too" in err
    assert run(capsys, "--all", "--format", "json", "--show-secrets")[2] == ""


def test_a_new_folder_is_there_with_all_files_or_not_at_all(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = secret_files.write_private

    def full(path: Path, text: str, **more: Any) -> None:
        if "shop" in path.name:
            raise S3IOError("no space left")
        write(path, text, **more)

    monkeypatch.setattr(secret_files, "write_private", full)
    code, _, err = run(capsys, "--all", "--format", "env", "--out-dir", "keys")

    assert (code, "no space left" in err) == (1, True)
    assert [path.name for path in Path().iterdir() if "keys" in path.name] == []


def test_nothing_in_a_folder_that_is_there_is_replaced_without_force(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("keys").mkdir()
    Path("keys/shop-user.env").write_text("somebody's")
    Path("keys/other").write_text("stays")
    code, _, err = run(capsys, "--all", "--format", "env", "--out-dir", "keys")
    assert (code, "'keys/shop-user.env' exists already, so nothing was written" in err) == (1, True)
    assert {file.name: file.read_text() for file in Path("keys").iterdir()} == {
        "shop-user.env": "somebody's",
        "other": "stays",
    }

    assert run(capsys, "--all", "--format", "env", "--out-dir", "keys", "--force")[0] == 0
    assert CANARY in Path("keys/shop-user.env").read_text()
    assert Path("keys/other").read_text() == "stays"


def test_a_folder_is_not_written_through_a_link(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    Path("there").mkdir()
    Path("keys").symlink_to("there")
    code, _, err = run(capsys, "--all", "--format", "env", "--out-dir", "keys", "--force")

    assert (code, "'keys' is there, and is not a folder" in err) == (1, True)
    assert list(Path("there").iterdir()) == []


def test_one_file_with_every_user(pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--all", "--format", "json", "--out", "keys.json")[0] == 0
    assert set(json.loads(Path("keys.json").read_text())) == {"blog", "shop"}
    assert stat.S_IMODE(Path("keys.json").stat().st_mode) == 0o600


def test_to_a_screen_secrets_are_masked(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert CANARY not in "".join(map(str, run(capsys, "--all", "--format", "json")))
    assert CANARY in run(capsys, "--all", "--format", "csv", "--show-secrets")[1]


def test_a_user_without_a_key_is_left_out_and_one_whose_secret_is_not_known_is_a_failure(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    idle = {"userName": "idle-user", "accessKeyId": None, "secretAccessKey": None}
    answer(pulumi, {"blog": outputs("blog"), "idle": idle})
    code, out, err = run(capsys, "--all", "--format", "json", "--out", "-")
    assert (code, list(json.loads(out))) == (0, ["blog"])
    assert "idle has no access key: skipped" in err

    lost = {"userName": "lost-user", "accessKeyId": "AKIALOST0000EXAMPLE", "secretAccessKey": None}
    answer(pulumi, {"blog": outputs("blog"), "lost": lost})
    code, out, err = run(capsys, "--all", "--format", "json", "--out", "-")
    assert (code, list(json.loads(out))) == (1, ["blog"])
    assert "not exported: lost: the stack does not know the secret of 'lost-user'" in err

    answer(pulumi, {"lost": lost})
    code, out, err = run(capsys, "--all", "--format", "json", "--out", "keys.json")
    assert (code, out, Path("keys.json").exists()) == (1, "", False)


def test_a_stack_that_can_t_be_read_does_not_end_the_rest(
    pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi.answer("stack ls", json.dumps([{"name": "dev"}, {"name": "prod"}]))
    answer(pulumi, {"blog": outputs("blog")}, "prod")
    command = "stack output --json --show-secrets --non-interactive --color=never --stack dev"
    pulumi.answer(command, "", "error: incorrect passphrase", 255)
    code, out, err = run(capsys, "--all-stacks", "--format", "json", "--out", "-")

    assert code == 1
    assert {stack: list(users) for stack, users in json.loads(out).items()} == {"prod": ["blog"]}
    assert "dev: not looked at: the passphrase is not the one of this stack" in err
    assert err.splitlines()[-1] == "s3io-user: 1 of 2 not looked at: dev"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--all", "--user", "blog", "--format", "json"], "--all takes every user: leave --user out"),
        (["--all-stacks", "--user", "blog", "--format", "json"], "--all-stacks takes every user: leave --user out"),
        (["--all", "--format", "env", "--out", "f"], "--format env holds one user: add --out-dir DIR"),
        (["--all", "--format", "json", "--out", "f", "--out-dir", "d"], "choose one of them"),
        (["--all", "--format", "ini", "--profile", "a"], "--profile is for one user"),
        (["--all", "--format", "json", "--credential-process"], "--credential-process is for one user"),
        (["--all", "--format", "json"], "the secret would be masked"),
        (["--format", "json", "--out-dir", "d"], "--out-dir writes a file for each user: add --all"),
    ],
    ids=lambda case: " ".join(case) if isinstance(case, list) else "",
)
def test_what_makes_no_sense_is_wrong_usage(
    argv: list[str], said: str, pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["export", *argv])
    assert end.value.code == 2
    assert said in capsys.readouterr().err
    assert pulumi.calls == []
