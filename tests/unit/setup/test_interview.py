"""The questions, at a real pseudo-terminal: what is offered, what is asked again, what comes of it."""

import io
import json
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from s3io_user.setup import account
from tests import fake_pulumi
from tests.person import Person
from tests.pyproject import PROJECT

# The account is one with two buckets, of which one has ACLs, and a user.
DRIVER = """
import sys
from s3io_user import cli
from s3io_user.aws.answers import AwsError
from s3io_user.doctor.wanted import Bucket
from s3io_user.setup import account

def identity(self):
    if self.access.profile == "broken":
        raise AwsError("NoCredentialsError", "can't see who you are: the profile is empty")
    return "arn:aws:iam::123456789012:user/you"

of = {"photos": Bucket(True, "eu-west-1", True), "backups": Bucket(True, "us-east-1", False)}
account.Account.identity = identity
account.Account.buckets = lambda self: ["backups", "photos"]
account.Account.folders = lambda self, bucket: ["wp-content", "wp-content/uploads"] if bucket == "photos" else []
account.Account.users = lambda self: ["old-site"]
account.Account.bucket = lambda self, name: of.get(name, Bucket())
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Person]:
    """Runs `s3io-user init` at a terminal, in an empty folder, where pulumi is logged in to files."""
    (tmp_path / "site").mkdir()
    fake = fake_pulumi.install(tmp_path / "bin", monkeypatch)
    fake.answer("whoami", json.dumps({"user": "you", "url": "file:///srv/state"}))
    fake.answer("stack ls", "[]")
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "driver.py").write_text(DRIVER)

    def sit(*argv: str, profiles: tuple[str, ...] = ()) -> Person:
        (tmp_path / "config").write_text("".join(f"[profile {name}]\n" for name in profiles))
        aws = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}
        env = {**os.environ, **aws, "PYTHONPATH": str(PROJECT), "TERM": "dumb", "COLUMNS": "100"}
        return Person([sys.executable, str(tmp_path / "driver.py"), "init", *argv], tmp_path / "site", env)

    return sit


@pytest.fixture
def script(
    desk: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs the same without a terminal; gives the exit code and what went to standard error."""
    for name in ("identity", "buckets", "folders", "users", "bucket"):  # which are put back afterwards
        monkeypatch.setattr(account.Account, name, getattr(account.Account, name))
    monkeypatch.chdir(tmp_path / "site")
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def run(given: str, **env: str) -> tuple[int, str]:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["driver.py", "init", *shlex.split(given)])
        with pytest.raises(SystemExit) as ended:
            exec(DRIVER, {})  # noqa: S102
        return ended.value.code, capsys.readouterr().err  # type: ignore[return-value]

    return run


def written(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "site").iterdir()]


def test_all_questions_and_no_at_the_end(desk: Callable[..., Person], tmp_path: Path) -> None:
    with desk(profiles=("broken", "infra")) as person:
        person.sees("Where does the application run?")
        person.sees("Number")
        person.types("9")
        person.sees("choose 1 to 6")
        person.types("1")
        assert "file:///srv/state" in person.sees("Where does Pulumi keep its state?") + person.sees("Number")
        person.types("1")
        person.sees("Passphrase")
        person.sees("Number")
        person.types("1")
        for again in ("correct hearse", "correct horse"):
            person.sees("Passphrase: ")
            person.types("correct horse")
            person.sees("The same again: ")
            person.types(again)
        person.sees("Profile broken")
        assert "the two are not the same" in person.seen
        person.sees("Number")
        person.types("2")
        person.sees("the profile is empty")
        person.sees("Number")
        person.types("infra")
        person.sees("AWS: arn:aws:iam::123456789012:user/you")
        person.sees("Which IAM user?")
        person.sees("Number")
        person.types("1")
        person.sees("Its name")
        person.types("a b")
        person.sees("a user name must be 1 to 64")
        person.types("my-site")
        assert "backup: list, read and write files" in person.sees("Number")
        person.types("optimizer")
        person.sees("2  photos")
        person.sees("Buckets")
        person.types("Bad Bucket")
        person.sees("a bucket name must be")
        person.types("2")
        person.sees("2  wp-content/uploads")
        person.sees("Folder (wp-content/uploads)")
        person.types("")
        person.sees("put-bucket-ownership-controls --bucket photos")
        person.sees("(allowAcl)? [y/n]")
        person.types("n")
        person.sees("Region: eu-west-1")
        person.sees("Where does the key go?")
        person.sees("Number (1)")
        person.types("wp-config")
        person.sees("File (wp-config-keys.php)")
        person.types("keys.php")
        shown = person.sees("Do it?")
        for line in (
            '+ site:buckets: ["photos/wp-content/uploads"]',
            "+ site:userName: my-site",
            "+ aws:profile: infra",
        ):
            assert line in shown
        assert "write the key to keys.php" in shown
        assert "Not allowed: Create a bucket" in shown
        person.types("n")
        assert person.ends() == 0
        assert "Stopped: nothing was written, and nothing was created. To continue: s3io-user init --" in person.seen
        assert "correct horse" not in person.seen
    assert written(tmp_path) == []


GIVEN = "--runs-on elsewhere --state local --passphrase-file secret --access optimizer --hand-over later --user-name a"


@pytest.mark.parametrize("key", [b"\x03", b"\x04"], ids=["ctrl-c", "ctrl-d"])
def test_what_was_answered_is_not_lost(desk: Callable[..., Person], tmp_path: Path, key: bytes) -> None:
    with desk(*shlex.split(GIVEN)) as person:
        person.sees("Buckets")
        person.types("1")
        person.sees("Folder")
        person.types("daily")
        person.sees("Do it?")
        person.presses(key)
        assert person.ends() == 130
        resume = person.seen.split("To continue: s3io-user ")[1].replace("\n", " ")
        assert "Traceback" not in person.seen
    with desk(*shlex.split(resume)[1:]) as person:
        assert '+ site:buckets: ["backups/daily"]' in person.sees("Do it?")
        assert "Number" not in person.seen
    assert written(tmp_path) == []


def test_where_no_key_is_needed_it_says_what_to_do_instead(desk: Callable[..., Person], tmp_path: Path) -> None:
    with desk() as person:
        person.sees("Number")
        person.types("ec2")
        assert "DBI_AWS_USE_EC2_IAM_ROLE" in person.sees("Create an access key all the same?")
        person.types("n")
        assert person.ends() == 1
        assert "--key-anyway" in person.seen
    assert written(tmp_path) == []


def test_an_existing_user_is_named(desk: Callable[..., Person]) -> None:
    given = GIVEN.replace("--user-name a", "--bucket backups")
    with desk(*shlex.split(given)) as person:
        person.sees("Which IAM user?")
        person.sees("Number")
        person.types("2")
        person.sees("old-site")
        person.sees("Its name")
        person.types("old-site")
        assert "+ site:existingUser: old-site" in person.sees("Do it?")


def test_a_stack_that_is_there_offers_what_it_has(desk: Callable[..., Person], tmp_path: Path) -> None:
    folder = tmp_path / "site"
    (folder / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    (folder / "__main__.py").write_text("from s3io_user import read_setup\n")
    config = "config:\n  aws:region: eu-west-1\n  mine:userName: shop\n  mine:access: s3-access\n  mine:tags: {a: b}\n"
    config += "  mine:allowBucketListing: true\n  mine:policyName: {secure: v1:x}\n"
    (folder / "Pulumi.prod.yaml").write_text(f"encryptionsalt: v1:x\n{config}")
    with desk() as person:
        person.sees("The stack's passphrase: ")
        person.types("old one")
        person.sees("Number (1)")
        person.types("")
        person.sees("Its name (shop)")
        person.types("")
        person.sees("Number (2)")
        person.types("optimizer")
        person.sees("Buckets")
        person.types("backups")
        person.sees("Folder")
        person.types("/")
        person.sees("Number")
        person.types("later")
        shown = person.sees("Do it?")
    assert "~ mine:access: s3-access → optimizer" in shown
    assert '+ mine:buckets: ["backups"]' in shown
    assert not any(key in shown for key in ("tags", "allowBucketListing", "policyName"))
    assert "userName" not in shown
    assert "gets the permissions below in place of" in shown
    assert "where the application runs" not in person.seen


# ---- without a terminal


ALL = "--runs-on elsewhere --state local --access optimizer --bucket backups --hand-over later --yes"


@pytest.mark.parametrize(
    ("given", "env", "said"),
    [
        pytest.param(
            "",
            {},
            "nobody can be asked here: add --yes, --runs-on, --passphrase-file (or set PULUMI_CONFIG_PASSPHRASE), "
            "--access, --bucket and --hand-over",
            id="everything",
        ),
        pytest.param(ALL, {}, "add --passphrase-file (or set PULUMI_CONFIG_PASSPHRASE)", id="passphrase"),
        pytest.param(f"{ALL} --passphrase-file a", {"PULUMI_CONFIG_PASSPHRASE": "b"}, "unset one of them", id="two"),
        pytest.param(ALL.replace("elsewhere", "lambda"), {}, "or add --key-anyway", id="no-key-needed"),
        pytest.param(
            ALL.replace("later", "csv --out a/b.csv"), {"PULUMI_CONFIG_PASSPHRASE": "b"}, "--out must be in a", id="out"
        ),
        pytest.param(
            f"{ALL} --state s3://b", {"PULUMI_BACKEND_URL": "file:///srv/state"}, "--state can't be", id="state"
        ),
    ],
)
def test_what_is_missing_or_at_odds_is_one_sentence(
    script: Callable[..., tuple[int, str]], tmp_path: Path, given: str, env: dict[str, str], said: str
) -> None:
    code, err = script(given, **env)

    assert code == 1
    assert said in err
    assert len(err.splitlines()) == 1
    assert written(tmp_path) == []


def test_a_bad_flag_is_wrong_usage(script: Callable[..., tuple[int, str]]) -> None:
    code, err = script(f"{ALL} --user-name 'a b'")

    assert (code, "--user-name a user name must be" in err) == (2, True)
