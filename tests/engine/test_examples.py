"""The examples, run by the commands in their first lines, as a user would run them."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_aws.sandbox import PROJECT, Sandbox
from local_aws.server import Aws
from s3io_user import cli, s3_policy_document
from tests.engine import test_doctor
from tests.engine.aws_side import keys_of, may
from tests.engine.conftest import PROGRAM, Stack
from tests.images import optimise_first
from tests.patience import PATIENCE

EXAMPLES = PROJECT / "examples"


@dataclass
class Place:
    """A clone of this repository with its program and its examples, and one backend for all of their stacks."""

    sandbox: Sandbox
    root: Path

    def example(self, name: str) -> Stack:
        """An example's project, copied here."""
        shutil.copytree(EXAMPLES / name, self.clone / "examples" / name)
        return self.project(f"examples/{name}")

    @property
    def clone(self) -> Path:
        return self.root / "s3io-user"

    def project(self, name: str = "") -> Stack:
        (self.root / "state").mkdir(exist_ok=True)
        folder = self.clone / name
        folder.mkdir(parents=True, exist_ok=True)
        return Stack(self.sandbox, folder, {"PULUMI_BACKEND_URL": (self.root / "state").as_uri()})

    def producer(self, user_name: str) -> Stack:
        """The program of this repository, with its stack `prod`."""
        stack = self.project()
        (stack.folder / "__main__.py").write_text(PROGRAM)
        (stack.folder / "Pulumi.yaml").write_text((PROJECT / "Pulumi.yaml").read_text())
        config = {"aws:region": "us-east-1", "s3io-user:userName": user_name}
        (stack.folder / "Pulumi.prod.yaml").write_text(json.dumps({"config": config}))
        run(stack, "pulumi stack init prod")
        run(stack, "pulumi up")
        return stack


@pytest.fixture
def place(sandbox: Sandbox, tmp_path: Path) -> Place:
    return Place(sandbox, tmp_path)


def commands(stack: Stack) -> list[str]:
    """What the head of the example's program says to run."""
    (program,) = [path for name in ("__main__.py", "Pulumi.yaml") if commented(path := stack.folder / name)]
    return re.findall(r"^# {5}([^#\n]*[^#\s])", program.read_text(), re.MULTILINE)


def commented(path: Path) -> bool:
    return path.exists() and path.read_text().startswith("# ")


def run(stack: Stack, command: str) -> str:
    """Run a command as it stands, but for the question that pulumi would ask, and the preview before it."""
    line = command.replace("pulumi up", "pulumi up --yes --skip-preview")
    ran = subprocess.run(
        shlex.split(line), cwd=stack.folder, env=stack.environment(), capture_output=True, text=True, timeout=PATIENCE
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    return ran.stdout + ran.stderr


def run_all(stack: Stack, **instead: str) -> str:
    """Run the example's commands. ``instead`` has words to put in place of an example's own, such as a user's name."""
    said = ""
    for command in commands(stack):
        for word, other in instead.items():
            command = re.sub(rf"\b{word.replace('_', '-')}\b", other, command)
        said += run(stack, command)
    return said


def shown(stack: Stack) -> dict[str, Any]:
    """The outputs, with secrets hidden."""
    return dict(json.loads(run(stack, "pulumi stack output --json")))


def assert_hidden(place: Place, stack: Stack, secret: str, said: str) -> None:
    """It is in nothing that was printed, nor in any file of the place: state, its history, config."""
    files = [path for path in place.root.rglob("*") if path.is_file()]
    assert secret not in said + run(stack, "pulumi stack output --json")
    assert [path for path in files if secret.encode() in path.read_bytes()] == []


def test_a_consumer_gets_the_secret_as_a_secret(place: Place, user_name: str) -> None:
    made = place.producer(user_name).outputs()

    for name in ("consuming-stack", "consuming-stack-yaml", "consuming-config"):
        consumer = place.example(name)
        said = run_all(consumer)

        assert consumer.outputs() == {
            "accessKeyId": made["accessKeyId"],
            "environment": f"AWS_SECRET_ACCESS_KEY={made['secretAccessKey']}",
        }
        assert_hidden(place, consumer, made["secretAccessKey"], said)


def test_many_sites_have_a_key_for_their_own_bucket_each(place: Place, aws: Aws) -> None:
    stack = place.example("many-sites")
    run_all(stack)
    users = shown(stack)["users"]

    sites = yaml.safe_load((stack.folder / "sites.yaml").read_text())
    assert {name: user["userName"] for name, user in users.items()} == {n: s["user_name"] for n, s in sites.items()}
    for name, user in users.items():
        others = {bucket for other in sites if other != name for bucket in sites[other]["buckets"]}
        assert list(keys_of(aws, user["userName"])) == [user["accessKeyId"]]
        assert all(bucket in user["policyDocument"] for bucket in sites[name]["buckets"])
        assert not any(bucket in user["policyDocument"] for bucket in others)
    assert users["blog"]["secretAccessKey"] == "[secret]"
    assert users["blog"]["accessKeyId"] in (stack.folder / "blog.php").read_text()
    assert users["shop"]["parameterNames"] == ["/sites/shop/credentials"]


def test_a_bucket_and_its_user_are_made_in_one_program(place: Place, aws: Aws) -> None:
    stack = place.example("own-bucket")
    program = stack.folder / "__main__.py"
    assert '{"Bool": {"aws:SecureTransport": "false"}}' in program.read_text()
    # The embedded AWS speaks plain HTTP, and lets nobody into the bucket as it is: here it must not come over TLS.
    program.write_text(program.read_text().replace('"aws:SecureTransport": "false"', '"aws:SecureTransport": "true"'))
    run_all(stack)
    made, s3 = stack.outputs(), aws.client("s3")
    bucket = {"Bucket": made["bucket"]}

    assert f"arn:aws:s3:::{made['bucket']}/*" in made["policyDocument"]
    assert set(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    assert s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    (rule,) = s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    assert (rule["Status"], rule["NoncurrentVersionExpiration"]) == ("Enabled", {"NoncurrentDays": 90})
    aws.client("s3", made["accessKeyId"], made["secretAccessKey"]).put_object(**bucket, Key="a", Body=b"")
    verified, examined = test_doctor.command(stack, "verify"), test_doctor.command(stack, "doctor")
    assert verified.code == 0, verified.text
    assert "no findings, 0 unknown" in verified.out
    # What the next update of a program of one's own needs, doctor does not know, and says so.
    assert (examined.code, "Nothing found in what could be looked at." in examined.out) == (0, True), examined.text
    assert stack.steps() == []

    policy = s3.get_bucket_policy(**bucket)["Policy"]
    s3.put_bucket_policy(**bucket, Policy=policy.replace('"true"', '"false"'))
    assert not may(lambda: s3.list_objects_v2(**bucket))


def test_an_adopted_user_keeps_what_it_had_after_a_destroy_too(place: Place, aws: Aws, user_name: str) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName=user_name)
    by_hand = iam.create_access_key(UserName=user_name)["AccessKey"]["AccessKeyId"]
    iam.put_user_policy(UserName=user_name, PolicyName="S3Access", PolicyDocument=json.dumps(s3_policy_document()))
    stack = place.example("adopting")
    said = run_all(stack, my_site=user_name)
    made = stack.outputs()

    assert set(keys_of(aws, user_name)) == {by_hand, made["accessKeyId"]}
    assert f"the user '{user_name}' has {by_hand}, which this stack does not hold" in said
    assert optimise_first(aws, made["accessKeyId"], made["secretAccessKey"]) > 0
    stack.destroy()
    assert list(keys_of(aws, user_name)) == [by_hand]
    assert iam.list_user_policies(UserName=user_name)["PolicyNames"] == ["S3Access"]


def test_a_yaml_program_makes_a_user(place: Place, aws: Aws) -> None:
    stack = place.example("yaml")
    add, *rest = commands(stack)
    assert add == "pulumi package add ../../plugin"
    # The Python language host that can be built here is too old for `package add`: the folder is named by hand.
    plugin = stack.folder / "pulumi-resource-s3io-user"
    plugin.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROJECT / "plugin" / "__main__.py"}" "$@"\n')
    plugin.chmod(0o755)
    with (stack.folder / "Pulumi.yaml").open("a") as program:
        program.write("plugins: {providers: [{name: s3io-user, path: .}]}\n")
    for command in rest:
        run(stack, command)
    made = shown(stack)

    assert list(keys_of(aws, made["userName"])) == [made["accessKeyId"]]
    assert made["secretAccessKey"] == "[secret]"


def test_the_tests_of_a_program_pass(place: Place) -> None:
    assert "4 passed" in run_all(place.example("testing-your-program"))


# ---- workflows: GitHub runs them, so they are held to what the actions take ----

# The inputs that are used here, as each action's action.yml has them in its newest version.
ACTIONS: dict[str, set[str]] = {
    "actions/checkout@v7": set(),
    "actions/setup-python@v7": {"python-version"},
    "aws-actions/configure-aws-credentials@v6": {"role-to-assume", "aws-region"},
    "pulumi/actions@v7": {"command", "stack-name"},
}


def the_job(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    workflow = yaml.safe_load((EXAMPLES / path).read_text())
    (job,) = workflow["jobs"].values()
    return workflow, job


@pytest.mark.parametrize(
    ("path", "contents"),
    [
        pytest.param("scheduled-rotation/rotate.yml", "write", id="scheduled-rotation"),
        pytest.param("fan-out/deploy.yml", "read", id="fan-out"),
    ],
)
def test_a_workflow_signs_in_without_a_key_and_is_never_cancelled(path: str, contents: str) -> None:
    workflow, job = the_job(path)
    steps = job["steps"]
    used = {step["uses"]: set() for step in steps if "uses" in step}
    for step in steps:
        used.get(step.get("uses"), set()).update(step.get("with", {}))

    assert {name for name, given in used.items() if not given <= ACTIONS.get(name, set())} == set()
    assert set(used) <= set(ACTIONS)
    assert "pulumi install" in [step.get("run") for step in steps]
    assert workflow["permissions"] == {"contents": contents, "id-token": "write"}
    assert not (job.get("concurrency") or workflow["concurrency"])["cancel-in-progress"]
    assert "aws-access-key-id" not in (EXAMPLES / path).read_text()


def test_the_fan_out_has_a_stack_an_account_and_a_region_a_job() -> None:
    _, job = the_job("fan-out/deploy.yml")
    entries = job["strategy"]["matrix"]["include"]

    assert all(set(entry) == {"stack", "account", "region"} for entry in entries)
    # Unquoted, YAML would take an account that begins with a zero for another number.
    assert all(isinstance(entry["account"], str) and len(entry["account"]) == 12 for entry in entries)
    assert job["strategy"]["fail-fast"] is False
    assert "${{ matrix.stack }}" in job["concurrency"]["group"]


def test_the_nightly_job_keeps_what_the_rotation_notes() -> None:
    _, job = the_job("scheduled-rotation/rotate.yml")
    (rotates,) = [step for step in job["steps"] if "s3io-user" in step.get("run", "")]
    (commits,) = [step for step in job["steps"] if "git commit" in step.get("run", "")]
    words = shlex.split(rotates["run"])
    args = cli.parse(words[1:])

    assert (args.due, args.stack, args.deliver) == (True, "prod", "./deliver/github.sh example/site")
    assert "Pulumi.prod.yaml" in commits["run"]
    assert commits["if"] == "always()", "also where the rotation was interrupted"


def test_a_command_that_delivers_can_be_run() -> None:
    scripts = list((EXAMPLES / "deliver").iterdir())  # test_delivery.py runs each

    assert all(script.stat().st_mode & 0o111 and script.suffix == ".sh" for script in scripts)


# ---- nothing is left out ----


def folders() -> list[str]:
    return sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


def test_every_example_is_tested_here_and_in_the_index() -> None:
    here = Path(__file__).read_text() + '"thousand-users": test_thousand_users.py'
    index = (EXAMPLES / "README.md").read_text()

    assert [name for name in folders() if f'"{name}' not in here] == []
    assert [name for name in folders() if f"]({name}" not in index] == []
    assert [link for link in re.findall(r"\]\(([^)]+)\)", index) if not (EXAMPLES / link).exists()] == []
