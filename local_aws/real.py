"""`make test-aws`: ask an AWS account of yours the same questions, run the main job there, and always clean up."""

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local_aws import engine, truth
from local_aws.sandbox import PROJECT
from local_aws.world import PATH, PREFIX, World, tidy

STACK = "test"
Say = Callable[[str], None]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the policy that it needs, ask for confirmation, and run.

    Returns 0 if AWS answered as the embedded AWS does, 1 if it did not, and 2 if nothing was run.
    """
    parser = argparse.ArgumentParser("make test-aws", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("--profile", required=True, help="the profile of an account that is meant for tests")
    parser.add_argument("--region", default="us-east-1")
    args = parser.parse_args(argv)
    if os.environ.get("CI"):
        print(
            "error: make test-aws never runs in CI: run it yourself, on an account that is meant for tests",
            file=sys.stderr,
        )
        return 2
    import boto3

    session = boto3.Session(profile_name=args.profile, region_name=args.region)
    account = str(session.client("sts").get_caller_identity()["Account"])
    print(f"This makes users, groups, policies and a bucket named {PREFIX}… in the account {account}, and")
    print("deletes them at the end. S3 bills a few requests, less than a cent. The least policy that it needs:\n")
    print(json.dumps(least_policy(account), indent=2))
    if not sys.stdin.isatty() or input(f"\nType the account ID to continue ({account}): ").strip() != account:
        print("nothing was done", file=sys.stderr)
        return 2
    # SIGTERM raises an exception, so that the clean-up runs.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    env = {**os.environ, "AWS_PROFILE": args.profile, "AWS_REGION": args.region}
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), str(engine.ensure().bin), env["PATH"]])
    return check(World(session, patience=15.0), env, print)


def least_policy(account: str) -> dict[str, Any]:
    """The least policy for a run: the IAM and S3 actions that it calls, on its own names and path only."""
    named = [f"arn:aws:iam::{account}:{kind}{PATH}{PREFIX}*" for kind in ("user", "group", "policy")]
    # Some names that AWS must refuse are in capitals or have a space.
    named.append(f"arn:aws:iam::{account}:user{PATH}{PREFIX.upper()}*")
    buckets = [f"arn:aws:s3:::{PREFIX}*"]
    asking = ["iam:GetAccountSummary", "iam:ListVirtualMFADevices", "iam:GetAccessKeyLastUsed"]
    ours = [truth.READ_ONLY, truth.FULL, named[2]]
    kinds = ["*User*", "*AccessKey*", "*Group*", "*Policy*", "*Policies*", "*LoginProfile", "*Credential*", "*MFA*"]
    kinds += ["*SSHPublicKey*", "*SigningCertificate*"]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": [f"iam:{kind}" for kind in kinds], "Resource": named},
            {"Effect": "Deny", "Action": ["iam:AttachUserPolicy"], "Resource": "*",
             "Condition": {"ArnNotLike": {"iam:PolicyARN": ours}}},
            {"Effect": "Allow", "Action": asking, "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:*", "Resource": [*buckets, f"{buckets[0]}/*"]},
        ],
    }  # fmt: skip


def check(world: World, env: Mapping[str, str], say: Say) -> int:
    """Ask every question, run the main job, always clean up, and report where AWS and the embedded AWS differ."""
    differences: list[str] = []
    try:
        world.prepare()
        for answer in truth.answers(world):
            say(str(answer))
            if not answer.is_right:
                differences.append(str(answer))
        with _project(world, env) as run:
            differences += _main_job(world, run, say)
    finally:
        left = tidy(world)
        for what in left:
            say(f"LEFT  {what}: delete it by hand")
    say(report(world, differences))
    return 1 if differences or left else 0


def report(world: World, differences: Sequence[str]) -> str:
    """The report to paste into an issue, without account IDs, keys or names."""
    if not differences:
        return "AWS answers every question as the embedded AWS does."
    lines = [line.replace(world.account, "123456789012").replace(world.name, "NAME") for line in differences]
    return "\n".join(["", "### AWS and the embedded AWS differ", "", "```", *lines, "```"])


Run = Callable[..., subprocess.CompletedProcess[str]]


@contextmanager
def _project(world: World, env: Mapping[str, str]) -> Iterator[Run]:
    """Yields a function that runs commands in a copy of the root program; its stack is destroyed at the end."""
    with TemporaryDirectory(prefix="s3io-user-") as folder:
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(PROJECT / name, folder)
        Path(folder, "state").mkdir()
        own = {
            "PULUMI_BACKEND_URL": Path(folder, "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(16),
            "PULUMI_STACK": STACK,
            "PYTHONPATH": str(PROJECT),
        }

        def run(*command: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                command, cwd=folder, env={**env, **own}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                check=False,
            )  # fmt: skip

        run("pulumi", "stack", "init", STACK)
        try:
            yield run
        finally:
            run("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive")


def _main_job(world: World, run: Run, say: Say) -> Iterator[str]:
    """Create a user, verify it, rotate its key, verify that and destroy it all. Yields what went wrong."""
    settings = {
        "aws:region": world.session.region_name,
        "s3io-user:userName": f"{world.name}-user",
        "s3io-user:path": PATH,
        "s3io-user:access": "optimizer",
        "s3io-user:waitUntilUsable": "true",
    }
    for key, value in settings.items():
        run("pulumi", "config", "set", key, str(value))
    run("pulumi", "config", "set", "--path", "s3io-user:buckets[0]", f"{world.name}/wp/up")
    up = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
    verify = (sys.executable, "-m", "s3io_user", "verify", "--format", "json")
    for name, command in (
        ("up", up),
        ("verify", verify),
        ("a new generation", ("pulumi", "config", "set", "s3io-user:keyGeneration", "2")),
        ("rotation", up),
        ("verify the new key", verify),
        ("nothing left to do", ("pulumi", "preview", "--expect-no-changes", "--non-interactive")),
        ("destroy", ("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive")),
    ):
        done = run(*command)
        say(f"{'done ' if done.returncode == 0 else 'WRONG'}  {name}")
        if done.returncode:
            yield f"WRONG  {name}: {_gist(done)}"
            return


def _gist(done: subprocess.CompletedProcess[str]) -> str:
    """Why a command failed: the findings of verify, or the errors that pulumi printed. Neither holds a secret."""
    try:
        checks = json.loads(done.stdout)["checks"]
        return "; ".join(f"{c['call']}: {c['verdict']} {c['note']}" for c in checks if c["verdict"] != "ok")
    except (ValueError, LookupError, TypeError):
        said = (done.stdout + done.stderr).splitlines()
        return "; ".join(line.strip() for line in said if "error" in line.lower())[:600]


if __name__ == "__main__":
    sys.exit(main())
