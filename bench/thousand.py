"""The example of a thousand users, for real: `python -m bench.thousand [--stacks 20] [--users 50] [--write]`.

It runs the example's own scripts on the embedded AWS, with a state in a bucket, and looks at what AWS has at the end.
"""

import argparse
import csv
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import measure, report
from bench.lab import say
from bench.measure import MB, CommandError, Sample
from bench.report import Table
from local_aws.sandbox import PROJECT, Sandbox
from local_aws.server import Aws

EXAMPLE = PROJECT / "examples" / "thousand-users"
ACCOUNTS = ("111122223333", "444455556666", "777788889999", "123412341234")
BUCKET = "state-of-a-thousand"


@dataclass(frozen=True)
class Run:
    """What the updates took, and what the bucket holds after each: bytes of states, and of history and backups."""

    first: Sample
    again: Sample
    states: tuple[int, ...]
    more: int
    users: int


class Fleet:
    """The example in a folder of its own, with so many users in each stack."""

    def __init__(self, sandbox: Sandbox, folder: Path, accounts: Sequence[str], stacks: int, users: int) -> None:
        self.aws: Aws = sandbox.running()
        self.accounts, self.stacks, self.users = accounts, stacks, users
        self.folder = folder / "thousand-users"
        shutil.copytree(EXAMPLE, self.folder, ignore=shutil.ignore_patterns("logs", "__pycache__", ".gitignore"))
        script = (self.folder / "stacks.py").read_text()
        (self.folder / "stacks.py").write_text(
            script.replace("SITES_OF_A_STACK = 50", f"SITES_OF_A_STACK = {users}").replace("eu-west-1", self.aws.region)
        )
        self.list_sites(users)
        self.env = sandbox.child_env({"PYTHONPATH": str(PROJECT), "PULUMI_BACKEND_URL": self._backend()})
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PATH"] = self.env["PATH"]  # for the line that names the engine

    def list_sites(self, users: int) -> None:
        """Write sites.csv: so many sites for each stack, spread over the accounts."""
        with (self.folder / "sites.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["account", "site", "bucket"])
            for number in range(self.stacks * users):
                rows.writerow([self.accounts[number % len(self.accounts)], f"site-{number:04}", f"photos-{number:04}"])

    def _backend(self) -> str:
        self.aws.client("s3").create_bucket(Bucket=BUCKET)
        host = self.aws.endpoint.removeprefix("http://")
        return f"s3://{BUCKET}?endpoint={host}&disableSSL=true&s3ForcePathStyle=true&region={self.aws.region}"

    def open_accounts(self) -> None:
        """Make the role in each account that the stacks assume."""
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        for account in self.accounts:
            iam = self.iam(account)
            with suppress(iam.exceptions.EntityAlreadyExistsException):
                iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=document)
            iam.attach_role_policy(RoleName="deployer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    def iam(self, account: str) -> Any:
        """IAM, as the account's admin."""
        return self.aws.client("iam", **self.aws.others[account])

    def run(self, *command: str) -> Sample:
        """Run a command of the example. Raises CommandError."""
        return measure.run(command, self.folder, self.env, watched=False)

    def keys(self) -> list[tuple[str, int]]:
        """Every user of every account, and how many keys it has."""
        return [each for account in self.accounts for each in _keys(self.iam(account))]

    def objects(self, under: str) -> dict[str, int]:
        """The size of each object of the state's bucket below a prefix, by its key."""
        lists = self.aws.client("s3").get_paginator("list_objects_v2")
        pages = lists.paginate(Bucket=BUCKET, Prefix=f".pulumi/{under}")
        return {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", [])}


def _keys(iam: Any) -> Iterator[tuple[str, int]]:
    for page in iam.get_paginator("list_users").paginate():
        for user in page["Users"]:
            if user["UserName"].startswith("site-0"):
                yield user["UserName"], len(iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"])


def run(fleet: Fleet) -> Run:
    """Update every stack twice. Raises CommandError if a stack fails, or a user has not just one key."""
    fleet.open_accounts()
    fleet.run(sys.executable, "stacks.py", "assign")
    fleet.run(sys.executable, "stacks.py", "init")
    say(f"{fleet.stacks} stacks of {fleet.users} users …")
    first = fleet.run("sh", "up.sh")
    say(f"{first.seconds:.0f} s; again …")
    again = fleet.run("sh", "up.sh")
    keys, locks = fleet.keys(), fleet.objects("locks/")
    if len(keys) != fleet.stacks * fleet.users or any(count != 1 for _, count in keys) or locks:
        raise CommandError(f"{len(keys)} users, with {sorted({count for _, count in keys})} keys each; locks: {locks}")
    states = [size for key, size in fleet.objects("stacks/").items() if key.endswith(".json")]
    more = sum(fleet.objects("history/").values()) + sum(fleet.objects("backups/").values())
    return Run(first, again, tuple(states), more, len(keys))


def table(done: Run, fleet: Fleet, at_once: int) -> Table:
    """The table of the page."""
    rows = [
        ["stacks, and accounts", f"{len(done.states)}, {len(fleet.accounts)}"],
        ["users, each with one key", f"{done.users:,}"],
        ["stacks updated at a time", str(at_once)],
        ["the first update of all", f"{done.first.seconds:,.0f} s"],
        ["its processor time, without the embedded AWS", f"{done.first.cpu:,.0f} s"],
        ["an update without changes", f"{done.again.seconds:,.0f} s"],
        ["its processor time, without the embedded AWS", f"{done.again.cpu:,.0f} s"],
        ["state of a stack, at most", f"{max(done.states) / 1000:,.0f} kB"],
        ["state of all stacks", f"{sum(done.states) / MB:,.1f} MB"],
        ["history and backups of both updates", f"{done.more / MB:,.1f} MB"],
    ]
    return Table("thousand", ["a thousand users in stacks of fifty", "measured"], rows)


def main() -> int:
    """Run the example, print its table, and with --write put it into docs/performance.md."""
    parser = argparse.ArgumentParser("python -m bench.thousand", description=__doc__)
    parser.add_argument("--stacks", type=int, default=20)
    parser.add_argument("--users", type=int, default=50, help="users of each stack")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    args = parser.parse_args()
    with TemporaryDirectory(prefix="bench-") as folder:
        sandbox = Sandbox(Path(folder) / "sandbox")
        sandbox.start(say, more_accounts=ACCOUNTS)
        try:
            fleet = Fleet(sandbox, Path(folder), ACCOUNTS, args.stacks, args.users)
            made = table(run(fleet), fleet, 4)
        except CommandError as error:
            say(f"error: {error}")
            return 1
        finally:
            sandbox.stop()
        print(f"{made.markdown()}\n\n{report.where()}")
        if args.write:
            report.write([made])
    return 0


if __name__ == "__main__":
    sys.exit(main())
