"""Every command that the README and the docs give, given on the real engine; and their Python snippets."""

import json
import os
import subprocess
from pathlib import Path

import boto3
import pytest

from local_aws.sandbox import PASSPHRASE, PROJECT, Sandbox
from local_aws.server import Aws
from s3io_user import s3_policy_document
from tests.engine.conftest import PROGRAM, Stack
from tests.pages import commands
from tests.patience import PATIENCE
from tests.programs import require_aws_cli_2, require_program

pytestmark = pytest.mark.long

REGION = "eu-west-1"
DOCUMENT = json.dumps(s3_policy_document())
# In this order, in one folder: each goes on from where the page before it ended.
GIVEN = ["getting-started.md", "README.md", "verify.md", "explain.md", "hand-over.md", "doctor.md"]
GIVEN += ["deployer-policy.md", "rotation.md", "report.md", "commands.md", "rights.md", "security.md"]
GIVEN += ["comparison.md", "shared-state.md"]
# The suite and the embedded AWS, which this runs in; and a rotation, which test_rotate.py gives step by step.
NOT_HERE = {"s3io-user explain --document policy.json --ask-aws", "make up", "make down", "s3io-user rotate"}
# Which test_delivery.py and test_rotate_due.py give; and a key of a user that this stack does not have.
NOT_HERE |= {"s3io-user rotate --deliver 'examples/deliver/wordpress.sh site@example.com /var/www/site'"}
NOT_HERE |= {"pulumi config set --path 'users.blog.deliver' './deliver-blog.sh'"}
# Which asks: test_init.py answers.
NOT_HERE |= {"s3io-user init"}
# Where a person would be asked, and what an AWS on loopback needs to be told.
CHANGED = {
    "s3io-user doctor --fix": "s3io-user doctor --fix --yes",
    "s3io-user export --format env --user blog --out .env": (
        "(cd ../infra; s3io-user export --format env --user blog --out .env)"
    ),
    "pulumi login 's3://my-pulumi-state?region=eu-west-1'": (
        "pulumi login 's3://my-pulumi-state?region=eu-west-1&s3ForcePathStyle=true'"
    ),
}
# What a reader has done before that a page need not say.
BEFORE = {
    "pulumi config set rotateEveryDays 90": f"pulumi stack init calendar; pulumi config set aws:region {REGION}",
    'pulumi config set pgpKey "$(gpg --export you@example.com | base64 -w0)"': (
        f"pulumi stack init pgp; pulumi config set aws:region {REGION}"
    ),
    "pulumi stack output encryptedSecret | base64 -d | gpg --decrypt": "pulumi up",
    "pulumi config set --path secretsManager.name sites/example": (
        "pulumi config rm pgpKey; pulumi config set keyGeneration 2"
    ),
    "pulumi login 's3://my-pulumi-state?region=eu-west-1'": (
        "pulumi up; unset PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE"
    ),
}


def script() -> str:
    """All of it as one shell script, which ends at the first command that fails."""
    before, lines, given = dict(BEFORE), list[str](), set(NOT_HERE)
    for page in GIVEN:
        lines.append(f": {page}")
        for command in (line.split("  # ")[0].strip() for line in commands(page)):
            if command not in given:
                lines += [before.pop(command, ""), CHANGED.get(command, command)]
            # What reads or hands over is given once; an update does another thing each time.
            given |= {command} if command.startswith("s3io-user") else set()
    return "\n".join(lines)


@pytest.fixture
def desk(sandbox: Sandbox, aws: Aws, tmp_path: Path) -> Stack:
    """What the pages take for granted: projects side by side, a bucket, a deployer and a user, and a PGP key."""
    one = Stack(sandbox, tmp_path / "clone", {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri()})
    one.env["HOME"] = str(tmp_path)
    for name in ("clone", "infra", "site", "state", ".aws"):
        (tmp_path / name).mkdir()
    for name in ("clone", "infra"):
        settings = (PROJECT / "Pulumi.yaml").read_text()
        (tmp_path / name / "Pulumi.yaml").write_text(settings.replace("s3io-user", name, name == "infra"))
        (tmp_path / name / "__main__.py").write_text(PROGRAM)
    users = {"aws:region": REGION, "infra:users": {"blog": {"buckets": ["my-photos"]}}}
    (tmp_path / "infra" / "Pulumi.prod.yaml").write_text(json.dumps({"config": users}))
    (tmp_path / "site" / "Pulumi.yaml").write_text("name: site\nruntime: python\n")
    (tmp_path / "site" / "passphrase").write_text(PASSPHRASE)
    for name in ("policy.json", "other.json"):
        (one.folder / name).write_text(DOCUMENT)
    _on_aws(aws)
    return one


def _on_aws(aws: Aws) -> None:
    there = {"endpoint_url": aws.endpoint, "region_name": REGION}
    session = boto3.Session(aws.access_key_id, aws.secret_access_key)
    for bucket in ("my-photos", "my-pulumi-state"):
        session.client("s3", **there).create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": REGION},
            ObjectOwnership="BucketOwnerEnforced",
        )
    kms = session.client("kms", **there)
    kms.create_alias(AliasName="alias/pulumi", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    iam = aws.client("iam")
    for name in ("deployer", "site"):
        iam.create_user(UserName=name)
    iam.put_user_policy(UserName="site", PolicyName="S3Access", PolicyDocument=DOCUMENT)


PRELUDE = """\
gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key you@example.com default default never
(cd ../infra; pulumi stack init prod; pulumi up)
(cd ../site; pulumi stack init prod)
"""


def test_every_command_of_the_pages_does_what_it_says(desk: Stack, tmp_path: Path, aws: Aws) -> None:
    require_program("gpg", "gnupg")
    (tmp_path / "bin").mkdir()
    # Versions before 2.13 don't read AWS_ENDPOINT_URL.
    (tmp_path / "bin" / "aws").write_text(f'#!/bin/sh\nexec {require_aws_cli_2()} --endpoint-url {aws.endpoint} "$@"\n')
    (tmp_path / "bin" / "aws").chmod(0o755)
    env = desk.environment()
    said = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", PRELUDE + script()],
        cwd=desk.folder,
        env={
            **env,
            "PATH": os.pathsep.join([str(tmp_path / "bin"), env["PATH"]]),
            "PULUMI_SKIP_CONFIRMATIONS": "true",
            "AWS_REGION": REGION,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert said.returncode == 0, said.stdout[-4000:]
    assert "Traceback" not in said.stdout
    assert "DBI_AWS_SECRET_ACCESS_KEY" in (desk.folder / "keys.php").read_text()
    assert "AWS_SECRET_ACCESS_KEY" in (tmp_path / "infra" / ".env").read_text()
    assert "[site]" in (tmp_path / ".aws" / "credentials").read_text()
    assert "s3io:secretAccessKey" in (tmp_path / "site" / "Pulumi.prod.yaml").read_text()
    assert aws.client("iam").get_user_policy(UserName="deployer", PolicyName="s3io-user")
    assert "awskms://" in (desk.folder / "Pulumi.prod.yaml").read_text()
