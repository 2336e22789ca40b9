"""examples/thousand-users, small: the scripts that a CI runs, in another account, with the state in a bucket."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bench import thousand
from bench.thousand import Fleet
from local_aws.sandbox import Sandbox
from tests.engine.conftest import CUSTOMER
from tests.engine.test_examples import ACTIONS


def script(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "stacks.py", *arguments], cwd=folder, capture_output=True, text=True)


def sites(folder: Path) -> dict[str, list[str]]:
    return {path.stem: list(json.loads(path.read_text())) for path in sorted((folder / "sites").glob("*.json"))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example, with room for two sites in a stack, and five sites in two accounts."""
    shutil.copytree(thousand.EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("logs", "__pycache__"))
    text = (tmp_path / "example" / "stacks.py").read_text().replace("SITES_OF_A_STACK = 50", "SITES_OF_A_STACK = 2")
    (tmp_path / "example" / "stacks.py").write_text(text)
    listing(tmp_path / "example", "1,a", "1,b", "1,c", "1,d", "2,a")
    return tmp_path / "example"


def listing(folder: Path, *rows: str) -> None:
    (folder / "sites.csv").write_text("account,site,bucket\n" + "".join(f"{row},photos-{row[-1]}\n" for row in rows))


def test_a_site_stays_in_its_stack_and_a_new_one_goes_where_there_is_room(folder: Path) -> None:
    assert script(folder, "assign").returncode == 0
    assert sites(folder) == {"1-01": ["a", "b"], "1-02": ["c", "d"], "2-01": ["a"]}
    config = json.loads((folder / "Pulumi.1-02.yaml").read_text())["config"]
    assert config["thousand-users:users"] == "sites/1-02.json"
    assert config["aws:assumeRoles"] == [{"roleArn": "arn:aws:iam::1:role/deployer"}]

    (folder / "Pulumi.1-01.yaml").write_text("config: {of: mine}\nencryptionsalt: v1:x\n")
    listing(folder, "1,e", "1,b", "1,c", "1,d", "2,a", "2,b")
    refused = script(folder, "assign")
    assert refused.returncode == 1
    assert "no longer has a (1-01). To delete their users, run: python3 stacks.py assign --remove" in refused.stderr
    assert sites(folder) == {"1-01": ["a", "b"], "1-02": ["c", "d"], "2-01": ["a"]}, "nothing is written"

    assert script(folder, "assign", "--remove").returncode == 0
    assert sites(folder) == {"1-01": ["b", "e"], "1-02": ["c", "d"], "2-01": ["a", "b"]}
    assert "of: mine" in (folder / "Pulumi.1-01.yaml").read_text()
    assert script(folder, "list").stdout.split() == ["1-01", "1-02", "2-01"]
    assert json.loads(script(folder, "matrix").stdout) == {"stack": ["1-01", "1-02", "2-01"]}


def test_a_site_that_is_listed_twice_and_a_stack_that_is_empty_are_named(folder: Path) -> None:
    listing(folder, "1,a", "1,a")
    assert "the account 1 has the site a twice" in script(folder, "assign").stderr
    listing(folder, "1,a", "2,b")
    script(folder, "assign")
    listing(folder, "1,a")
    assert "2-01 has no sites left: run pulumi destroy --stack 2-01" in script(folder, "assign", "--remove").stdout


def test_the_workflow_updates_each_stack_in_a_job_of_its_own_and_cancels_none() -> None:
    workflow = yaml.safe_load((thousand.EXAMPLE / "deploy.yml").read_text())
    job = workflow["jobs"]["up"]

    assert {step["uses"] for each in workflow["jobs"].values() for step in each["steps"] if "uses" in step} == set(
        ACTIONS
    )
    assert workflow["jobs"]["stacks"]["steps"][-1]["run"].startswith('echo "matrix=$(python3 stacks.py matrix)"')
    assert job["strategy"]["matrix"] == "${{ fromJSON(needs.stacks.outputs.matrix) }}"
    assert (job["strategy"]["fail-fast"], job["strategy"]["max-parallel"]) == (False, 4)
    assert job["steps"][-1]["run"] == 'sh up.sh "${{ matrix.stack }}"'
    assert not job["concurrency"]["cancel-in-progress"]


@pytest.mark.long
def test_stacks_in_another_account_are_updated_side_by_side_and_one_that_fails_ends_no_other(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    fleet = Fleet(sandbox, tmp_path, [CUSTOMER], stacks=2, users=3)
    done = thousand.run(fleet)
    assert (done.users, len(done.states)) == (6, 2)
    assert 3 * 4_000 < max(done.states) < 3 * 15_000
    before = sorted(fleet.keys())

    # A site of a name that IAM does not accept, in the second stack, and a new site in the first.
    first, second = sorted((fleet.folder / "sites").glob("*.json"))
    first.write_text(json.dumps({**json.loads(first.read_text()), "site-0new": {"buckets": ["photos-new"]}}))
    second.write_text(json.dumps({**json.loads(second.read_text()), "site-bad": {"userName": "no good"}}))
    ran = subprocess.run(["sh", "up.sh"], cwd=fleet.folder, env=fleet.env, capture_output=True, text=True)

    assert ran.returncode == 1
    assert sorted(ran.stdout.splitlines()) == [
        f"{first.stem}: up to date",
        f"{second.stem}: failed: see logs/{second.stem}.log",
    ]
    assert "site-bad" in (fleet.folder / "logs" / f"{second.stem}.log").read_text()
    assert len(fleet.keys()) == len(before) + 1
