"""Exports a real key in each format, and uses it in the programs that the format is for."""

import csv
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws.sandbox import PROJECT, Sandbox
from local_aws.server import Aws
from tests.patience import PATIENCE
from tests.programs import require_aws_cli_2, require_program

USER = "site,a=b@c+d"
FOLDER = "wp-content/uploads"
Env = dict[str, str]
Done = subprocess.CompletedProcess[str]
FORMATS = ["csv", "env", "ini", "json", "wp-config"]


@dataclass
class Project:
    """A Pulumi project's folder with one stack, and the environment in which commands work on it."""

    folder: Path
    stack: str
    env: Env

    def pulumi(self, *argv: str) -> str:
        return run(["pulumi", *argv, "--non-interactive", "--color=never"], self.folder, self.env).stdout

    def export(self, *argv: str, check: bool = True, env: Env | None = None) -> Done:
        return self.command("export", *argv, check=check, env=env)

    def command(self, *argv: str, check: bool = True, env: Env | None = None) -> Done:
        python = str(shutil.which("python", path=self.env["PATH"]))
        return run([python, "-m", "s3io_user", *argv], self.folder, {**self.env, **(env or {})}, check=check)


def run(argv: list[str], cwd: Path, env: Env, *, check: bool = True) -> Done:
    done = subprocess.run(
        argv, cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds everything these tests create."""
    folder = tmp_path_factory.mktemp("hand-over")
    for name in ("home", "state", "tmp", "site", "many", "target"):
        (folder / name).mkdir()
    return folder


@pytest.fixture(scope="session")
def env(root: Path, sandbox: Sandbox) -> Env:
    own = {"PULUMI_BACKEND_URL": (root / "state").as_uri(), "HOME": str(root / "home"), "TMPDIR": str(root / "tmp")}
    made = sandbox.child_env({**own, "PYTHONPATH": str(PROJECT)})
    return {**made, "PATH": os.pathsep.join([str(sandbox.root / "bin"), made["PATH"]])}


def up(folder: Path, env: Env, config: dict[str, Any], stack: str) -> Project:
    shutil.copy(PROJECT / "__main__.py", folder)
    shutil.copy(PROJECT / "Pulumi.yaml", folder)
    project = Project(folder, stack, env)
    project.pulumi("stack", "init", stack)
    file = folder / f"Pulumi.{stack}.yaml"
    salt = file.read_text() if file.exists() else ""
    keys = {"aws:region": "us-east-1", **{f"s3io-user:{key}": value for key, value in config.items()}}
    file.write_text(f"{salt}config: {json.dumps(keys)}\n")
    project.pulumi("up", "--yes", "--skip-preview")
    return project


@pytest.fixture(scope="session")
def site(root: Path, env: Env) -> Project:
    """A stack of one user, whose name has every character that some format could take amiss."""
    return up(root / "site", env, {"userName": USER, "buckets": [f"photos/{FOLDER}"]}, "one")


@pytest.fixture(scope="session")
def pair(site: Project) -> dict[str, Any]:
    """The user's credentials, as Pulumi itself shows them."""
    return dict(json.loads(site.pulumi("stack", "output", "credentials", "--json", "--show-secrets")))


@pytest.fixture
def bare(env: Env) -> Env:
    """An environment without credentials, as on a machine that is about to get some."""
    return {name: value for name, value in env.items() if not name.startswith("AWS_") or "METADATA" in name}


def lists_the_folder(session: Any, endpoint: str) -> bool:
    client = session.client("s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"}))
    return bool(client.list_objects_v2(Bucket="photos", Prefix=f"{FOLDER}/")["Contents"])


def key_of(session: boto3.Session) -> tuple[str, str]:
    found = session.get_credentials()
    assert found
    return found.access_key, found.secret_key


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, bare: Env) -> pytest.MonkeyPatch:
    """Removes the credentials from this process's environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in bare.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


AWS_LIST = ["s3api", "list-objects-v2", "--bucket", "photos", "--prefix", f"{FOLDER}/", "--query", "length(Contents)"]


def test_ini_with_boto3(site: Project, aws: Aws, tmp_path: Path, clean: pytest.MonkeyPatch) -> None:
    file = tmp_path / "credentials"
    file.write_text("# mine\n[default]\naws_access_key_id = x\naws_secret_access_key = y\n")
    site.export("--format", "ini", "--profile", "site", "--out", str(file))
    clean.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    assert lists_the_folder(boto3.Session(profile_name="site"), aws.endpoint)
    assert boto3.Session(profile_name="site").region_name == "us-east-1"
    assert key_of(boto3.Session()) == ("x", "y")


def test_ini_with_the_aws_cli(site: Project, aws: Aws, tmp_path: Path, bare: Env) -> None:
    cli = require_aws_cli_2()
    site.export("--format", "ini", "--out", str(tmp_path / "credentials"))
    there = {**bare, "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}
    done = run([cli, *AWS_LIST, "--endpoint-url", aws.endpoint], tmp_path, there)
    assert int(done.stdout) > 0


def test_ini_with_rclone(site: Project, aws: Aws, tmp_path: Path, bare: Env) -> None:
    rclone = require_program("rclone", "rclone")
    site.export("--format", "ini", "--profile", USER, "--out", str(tmp_path / "credentials"))
    there = {
        **bare,
        "RCLONE_CONFIG_SITE_TYPE": "s3",
        "RCLONE_CONFIG_SITE_PROVIDER": "Other",
        "RCLONE_CONFIG_SITE_ENV_AUTH": "true",
        "RCLONE_CONFIG_SITE_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "RCLONE_CONFIG_SITE_PROFILE": USER,
        "RCLONE_CONFIG_SITE_ENDPOINT": aws.endpoint,
        "RCLONE_CONFIG_SITE_REGION": "us-east-1",
    }
    done = run([rclone, "--retries=1", "--low-level-retries=1", "lsf", "-R", f"site:photos/{FOLDER}"], tmp_path, there)
    assert ".jpg" in done.stdout


def in_a_shell_with(file: Path, then: str) -> list[str]:
    return ["sh", "-euc", f'set -a; . "$0"; {then}', str(file)]


def test_env_with_boto3(site: Project, aws: Aws, tmp_path: Path, bare: Env) -> None:
    site.export("--format", "env", "--out", str(tmp_path / ".env"))
    (tmp_path / "list.py").write_text(
        f"import boto3; s3 = boto3.client('s3', endpoint_url='{aws.endpoint}')\n"
        f"print(s3.list_objects_v2(Bucket='photos', Prefix='{FOLDER}/')['KeyCount'])\n"
    )
    done = run(in_a_shell_with(tmp_path / ".env", f'"{sys.executable}" list.py'), tmp_path, bare)
    assert int(done.stdout) > 0


def test_env_with_the_aws_cli(site: Project, aws: Aws, tmp_path: Path, bare: Env) -> None:
    cli = require_aws_cli_2()
    site.export("--format", "env", "--out", str(tmp_path / ".env"))
    then = shlex.join([cli, *AWS_LIST, "--endpoint-url", aws.endpoint])
    assert int(run(in_a_shell_with(tmp_path / ".env", then), tmp_path, bare).stdout) > 0


def test_credential_process_with_boto3(site: Project, aws: Aws, tmp_path: Path, clean: pytest.MonkeyPatch) -> None:
    line = f"{sys.executable} -m s3io_user export --format json --credential-process --out - --cwd {site.folder}"
    (tmp_path / "config").write_text(f"[profile site]\nregion = us-east-1\ncredential_process = {line}\n")
    clean.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert lists_the_folder(boto3.Session(profile_name="site"), aws.endpoint)


def test_csv_with_the_aws_cli(
    site: Project, pair: dict[str, Any], tmp_path: Path, bare: Env, clean: pytest.MonkeyPatch
) -> None:
    cli = require_aws_cli_2()
    warned = site.export("--format", "csv", "--out", str(tmp_path / "keys.csv")).stderr
    there = {**bare, "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}
    run([cli, "configure", "import", "--csv", f"file://{tmp_path}/keys.csv"], tmp_path, there)
    clean.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    # It takes the name up to the comma, of which the export warned; the pair comes through.
    read = key_of(boto3.Session(profile_name=USER.split(",")[0]))
    assert read == (pair["accessKeyId"], pair["secretAccessKey"])
    assert "comma" in warned
    rows = list(csv.reader((tmp_path / "keys.csv").open(newline="")))
    assert rows[1] == [pair["accessKeyId"], pair["secretAccessKey"], *USER.split(",")]


def test_wp_config_with_php(site: Project, pair: dict[str, Any], tmp_path: Path, bare: Env) -> None:
    php = require_program("php", "php-cli")
    lines = site.export("--format", "wp-config", "--out", "-").stdout
    show = "echo json_encode( get_defined_constants( true )['user'] );"
    (tmp_path / "wp-config.php").write_text(f"<?php\n{lines}{show}\n")
    assert json.loads(run([php, "wp-config.php"], tmp_path, bare).stdout) == {
        "DBI_AWS_ACCESS_KEY_ID": pair["accessKeyId"],
        "DBI_AWS_SECRET_ACCESS_KEY": pair["secretAccessKey"],
        "S3_IMAGE_OPTIMIZER_BUCKET": "photos",
        "S3_IMAGE_OPTIMIZER_FOLDER": f"{FOLDER}/",
        "S3_IMAGE_OPTIMIZER_REGION": "us-east-1",
    }


def test_json_is_what_pulumi_shows(site: Project, pair: dict[str, Any]) -> None:
    assert json.loads(site.export("--format", "json", "--show-secrets").stdout) == pair


@pytest.fixture(scope="session")
def many(root: Path, env: Env) -> Project:
    """A stack of three users, one of which has no key."""
    users = {"blog": {"userName": "blog-user"}, "shop": {}, "idle": {"createAccessKey": False}}
    return up(root / "many", env, {"users": users}, "three")


def test_one_of_several_users(many: Project) -> None:
    assert json.loads(many.export("--format", "json", "--out", "-", "--user", "blog").stdout)["userName"] == "blog-user"
    none = many.export("--format", "json", "--out", "-", check=False)
    assert (none.returncode, none.stderr) == (
        1,
        "s3io-user: the stack has 3 users: choose one by --user (blog, idle, shop)\n",
    )
    idle = many.export("--format", "json", "--out", "-", "--user", "idle", check=False)
    assert idle.returncode == 1
    assert "has no access key in the stack's outputs: set createAccessKey to true" in idle.stderr


@pytest.mark.parametrize(
    ("argv", "variables", "said"),
    [
        pytest.param(["--stack", "oen"], {}, "no stack 'oen' in this folder: did you mean 'one'?", id="stack"),
        pytest.param(["--cwd", "/"], {}, "'/' holds no Pulumi project", id="folder"),
        pytest.param([], {"PULUMI_CONFIG_PASSPHRASE": "x"}, "the passphrase is not the one", id="passphrase"),
        pytest.param([], {"PULUMI_BACKEND_URL": "file:///no/such"}, "can't be reached", id="backend"),
        pytest.param([], {"PULUMI_BACKEND_URL": "https://127.0.0.1:9"}, "not logged in", id="login"),
        pytest.param([], {"PATH": "/nowhere"}, "pulumi is not on PATH", id="no-pulumi"),
    ],
)
def test_what_the_real_pulumi_complains_of_is_said_in_a_sentence(
    argv: list[str], variables: Env, said: str, site: Project
) -> None:
    done = site.export("--format", "env", "--out", "-", *argv, check=False, env=variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


# ---- into another stack's config


@pytest.fixture(params=["passphrase", "awskms"])
def target(request: pytest.FixtureRequest, root: Path, env: Env, aws: Aws, tmp_path: Path) -> Project:
    """Another project, whose state, passphrase and secrets provider are its own."""
    (tmp_path / "state").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: consumer\nruntime: python\n")
    own = {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(), "PULUMI_CONFIG_PASSPHRASE": "its own"}
    project = Project(tmp_path, "prod", {**env, **own})
    provider = "passphrase"
    if request.param == "awskms":
        provider = f"awskms://{aws.client('kms').create_key()['KeyMetadata']['KeyId']}?region=us-east-1"
    project.pulumi("stack", "init", "prod", "--secrets-provider", provider)
    return project


def test_to_config(site: Project, target: Project, pair: dict[str, Any]) -> None:
    others = {f"S3IO_TARGET_{name}": value for name, value in target.env.items() if name.startswith("PULUMI_")}
    target.pulumi("config", "set", "--path", "s3io:buckets[1]", "an-older-one", "--plaintext")
    done = site.command("to-config", "--stack", "prod", "--cwd", str(target.folder), env=others)
    assert pair["secretAccessKey"] not in done.stdout + done.stderr
    assert "  s3io:secretAccessKey (encrypted)\n" in done.stdout
    text = (target.folder / "Pulumi.prod.yaml").read_text()
    assert pair["secretAccessKey"] not in text
    assert pair["accessKeyId"] not in text
    held = json.loads(target.pulumi("config", "--json", "--show-secrets"))
    plain = {"s3io:userName": USER, "s3io:region": "us-east-1", "s3io:buckets": json.dumps([f"photos/{FOLDER}"])}
    assert {key: value["value"] for key, value in held.items()} == {
        **plain,
        "s3io:accessKeyId": pair["accessKeyId"],
        "s3io:secretAccessKey": pair["secretAccessKey"],
    }
    assert {key for key, value in held.items() if value["secret"]} == {"s3io:accessKeyId", "s3io:secretAccessKey"}


CONSUMER = """\
import pulumi
config = pulumi.Config("s3io")
pulumi.export("secret", config.require_secret("secretAccessKey"))
pulumi.export("buckets", config.require_object("buckets"))
"""


@pytest.mark.parametrize("target", ["passphrase"], indirect=True)
def test_the_other_project_reads_it_as_a_secret(site: Project, target: Project, pair: dict[str, Any]) -> None:
    others = {f"S3IO_TARGET_{name}": value for name, value in target.env.items() if name.startswith("PULUMI_")}
    site.command("to-config", "--stack", "prod", "--cwd", str(target.folder), env=others)
    (target.folder / "__main__.py").write_text(CONSUMER)
    shown = target.pulumi("up", "--yes", "--skip-preview")
    assert pair["secretAccessKey"] not in shown
    outputs = json.loads(target.pulumi("stack", "output", "--json"))
    assert outputs == {"secret": "[secret]", "buckets": [f"photos/{FOLDER}"]}
    seen = json.loads(target.pulumi("stack", "output", "--json", "--show-secrets"))
    assert seen["secret"] == pair["secretAccessKey"]


KILLER = """\
#!/bin/sh
{pulumi} "$@" <&0
code=$?
echo >> {log}
[ "$(wc -l < {log})" -lt "$STEP" ] || kill -9 $PPID
exit $code
"""


def target_pair(target: Project) -> tuple[str, str]:
    held = json.loads(target.pulumi("config", "--json", "--show-secrets"))
    return held["s3io:accessKeyId"]["value"], held["s3io:secretAccessKey"]["value"]


@pytest.mark.long
@pytest.mark.parametrize("target", ["passphrase"], indirect=True)
def test_killed_after_any_step_the_other_project_has_one_pair_or_the_other(
    site: Project, many: Project, target: Project, pair: dict[str, Any], tmp_path: Path
) -> None:
    others = {f"S3IO_TARGET_{name}": value for name, value in target.env.items() if name.startswith("PULUMI_")}
    into = ["to-config", "--stack", "prod", "--cwd", str(target.folder)]
    old = json.loads(many.export("--format", "json", "--out", "-", "--user", "blog").stdout)
    many.command(*into, "--user", "blog", env=others)
    before, after = [(each["accessKeyId"], each["secretAccessKey"]) for each in (old, pair)]
    assert target_pair(target) == before
    (tmp_path / "bin").mkdir()
    killer = tmp_path / "bin" / "pulumi"
    killer.write_text(KILLER.format(pulumi=shutil.which("pulumi", path=site.env["PATH"]), log=tmp_path / "log"))
    killer.chmod(0o755)
    seen = []
    for step in range(1, 20):
        (tmp_path / "log").write_text("")
        env = {**others, "STEP": str(step), "PATH": f"{killer.parent}{os.pathsep}{site.env['PATH']}"}
        done = site.command(*into, check=False, env=env)
        seen.append(target_pair(target))
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    # The outputs are read, each key is set, the bucket too; then comes the new pair, whole, and it is read back.
    assert seen == [before] * (len(seen) - 2) + [after, after]
    assert len(seen) > 7
    assert sorted(file.name for file in target.folder.glob("*s3io-user*")) == []


@pytest.mark.parametrize("target", ["passphrase"], indirect=True)
def test_of_two_at_once_the_other_project_has_one_pair(
    site: Project, many: Project, target: Project, pair: dict[str, Any]
) -> None:
    others = {f"S3IO_TARGET_{name}": value for name, value in target.env.items() if name.startswith("PULUMI_")}
    into = ["to-config", "--stack", "prod", "--cwd", str(target.folder)]
    with ThreadPoolExecutor() as pool:
        runs = [(site, []), (many, ["--user", "blog"]), (site, []), (many, ["--user", "blog"])]
        done = list(pool.map(lambda run: run[0].command(*into, *run[1], check=False, env=others), runs))
    old = json.loads(many.export("--format", "json", "--out", "-", "--user", "blog").stdout)
    pairs = [(each["accessKeyId"], each["secretAccessKey"]) for each in (old, pair)]
    assert target_pair(target) in pairs
    # What another has replaced before it was read back is said.
    assert all(each.returncode == 0 or "does not read" in each.stderr for each in done)
    assert any(each.returncode == 0 for each in done)


# ---- the canary: the real secret is found only where it was asked for

SPY = """\
#!/bin/sh
{{ tr '\\0' ' ' < /proc/$PPID/cmdline; tr '\\0' ' ' < /proc/$PPID/environ; echo "$@"; env; }} >> {log}
exec {pulumi} "$@"
"""


def test_the_secret_is_nowhere_but_where_it_was_asked_for(
    root: Path, site: Project, sandbox: Sandbox, pair: dict[str, Any], tmp_path: Path
) -> None:
    spies = tmp_path / "spies"
    spies.mkdir()
    pulumi = shutil.which("pulumi", path=site.env["PATH"])
    (spies / "pulumi").write_text(SPY.format(log=tmp_path / "seen", pulumi=pulumi))
    (spies / "pulumi").chmod(0o755)
    path = {"PATH": f"{spies}{os.pathsep}{site.env['PATH']}"}
    asked = {f"asked-{form}" for form in FORMATS}
    said = []
    for form in FORMATS:
        said.append(site.export("--format", form, "--out", str(root / f"asked-{form}"), env=path))
    said.append(site.export("--format", "env", check=False, env=path))
    said.append(site.export("--format", "env", "--out", str(root / "asked-env"), check=False, env=path))
    said.append(site.export("--format", "csv", "--out", str(root / "no" / "where"), check=False, env=path))
    said.append(site.command("to-config", "--stack", "one", "--key-prefix", "other:", env=path))
    said.append(site.command("to-config", "--stack", "none", check=False, env=path))
    secret = pair["secretAccessKey"]
    assert not any(secret in each.stdout + each.stderr for each in said)
    assert secret not in (tmp_path / "seen").read_text()
    assert (tmp_path / "seen").read_text().count("PULUMI_SKIP_UPDATE_CHECK") > len(said)
    files = [file for folder in (root, sandbox.root, tmp_path) for file in folder.rglob("*") if file.is_file()]
    holding = {file.name for file in files if secret.encode() in file.read_bytes() and file.name != "aws.log"}
    assert holding == asked
