"""Keeps every site of sites.csv in one stack of its account. Run it after you edit sites.csv, and commit the result.

python3 stacks.py assign            put new sites into stacks that have room, or into new ones
python3 stacks.py assign --remove   also take out sites that sites.csv no longer has: their users are deleted
python3 stacks.py init              create the new stacks in the backend that you are logged in to
python3 stacks.py list              print the names of the stacks
python3 stacks.py matrix            the same as JSON, for the matrix of a CI

A site never moves from one stack to another by itself: that would delete its user, and create another with a new key.
"""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Yours. A stack of fifty users takes seconds to a minute.
SITES_OF_A_STACK = 50
REGION = "eu-west-1"
ACCESS = "optimizer"
ROLE = "arn:aws:iam::{account}:role/deployer"
# For example awskms://alias/pulumi?region=eu-west-1
SECRETS_PROVIDER = os.environ.get("SECRETS_PROVIDER", "passphrase")

PROJECT = "thousand-users"
FOLDER = Path("sites")

Sites = dict[str, dict[str, list[str]]]


def listed() -> dict[tuple[str, str], str]:
    """The bucket of each site, by account and name."""
    buckets: dict[tuple[str, str], str] = {}
    with open("sites.csv", newline="") as file:
        for row in csv.DictReader(file):
            key = (row["account"].strip(), row["site"].strip())
            if key in buckets:
                sys.exit(f"sites.csv: the account {key[0]} has the site {key[1]} twice")
            buckets[key] = row["bucket"].strip()
    return buckets


def stacks() -> dict[str, Sites]:
    """The sites of each stack, by its name: the account and a number."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*-*.json"))}


def assign(remove: bool) -> None:
    """Put every site into a stack, and write the stacks' files."""
    buckets, held = listed(), stacks()
    gone = [(stack, site) for stack, sites in held.items() for site in sites if (account(stack), site) not in buckets]
    if gone and not remove:
        named = ", ".join(f"{site} ({stack})" for stack, site in gone)
        sys.exit(f"sites.csv no longer has {named}. To delete their users, run: python3 stacks.py assign --remove")
    for stack, site in gone:
        del held[stack][site]
    for (owner, site), bucket in buckets.items():
        own = (name for name in held if account(name) == owner and site in held[name])
        roomy = (name for name in names(owner) if len(held.get(name, {})) < SITES_OF_A_STACK)
        held.setdefault(next(own, None) or next(roomy), {})[site] = {"buckets": [bucket]}
    for stack, sites in held.items():
        write(stack, sites)
        if not sites:
            print(f"{stack} has no sites left: run pulumi destroy --stack {stack}, and delete its two files")


def account(stack: str) -> str:
    """The account of a stack."""
    return stack.split("-")[0]


def names(account: str) -> Iterator[str]:
    """The names that an account's stacks have, in order."""
    number = 0
    while True:
        number += 1
        yield f"{account}-{number:02}"


def write(stack: str, sites: Sites) -> None:
    """Write the stack's sites, and its config if it has none."""
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{stack}.json"
    file.write_text(json.dumps(sites, indent=2) + "\n")
    if not (config := settings(stack)).exists():
        values = {
            "aws:region": REGION,
            "aws:assumeRoles": [{"roleArn": ROLE.format(account=account(stack))}],
            f"{PROJECT}:access": ACCESS,
            f"{PROJECT}:users": file.as_posix(),
        }
        config.write_text(json.dumps({"config": values}, indent=2) + "\n")


def settings(stack: str) -> Path:
    """The stack's config, and the key of its secrets. Commit it."""
    return Path(f"Pulumi.{stack}.yaml")


def init() -> None:
    """Create the stacks whose config has no key for secrets yet."""
    for stack in stacks():
        if not any(key in settings(stack).read_text() for key in ("encryptionsalt", "encryptedkey")):
            command = ["pulumi", "stack", "init", "--no-select", stack, "--secrets-provider", SECRETS_PROVIDER]
            subprocess.run(command, check=True)


def main(arguments: list[str]) -> None:
    """Run one command."""
    match arguments:
        case ["assign"] | ["assign", "--remove"]:
            assign(remove="--remove" in arguments)
        case ["init"]:
            init()
        case ["list"]:
            print("\n".join(stacks()))
        case ["matrix"]:
            print(json.dumps({"stack": list(stacks())}))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
