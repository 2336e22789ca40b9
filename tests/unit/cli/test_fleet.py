"""What `s3io-user fleet` prints, and its exit code: nothing that is not known reads as none."""

import csv
import io
import json
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli
from s3io_user.aws.users import KeyInfo
from s3io_user.doctor.facts import Finding
from s3io_user.errors import S3IOError
from s3io_user.fleet import gather
from s3io_user.fleet.facts import Due, FleetStack, FleetUser, keys_of
from s3io_user.fleet.inventory import stack_users
from s3io_user.fleet.places import Place
from tests import fake_pulumi
from tests.unit.fleet.states import component, exported, key_id

USED = datetime(2026, 2, 1, tzinfo=timezone.utc)
LOCKED = Finding("stack-locked", "", "the stack is locked", "wait")
UNUSED = Finding("key-unused", "blog-user", "the key is not used", "remove it")
EXPOSED = Finding("quarantined", "blog-user", "the key was exposed", "rotate", account="123456789012")


def told(name: str, **more: Any) -> FleetUser:
    """A user that is well, but for what is said."""
    (user,) = stack_users(exported(*component(name)))
    keys = keys_of(user, [KeyInfo(key_id(name), "Active", USED, more.pop("last_used", USED))])
    return FleetUser(user, keys, **{"dangers": (), "due": Due(), "findings": (), **more})


def unseen(name: str) -> FleetUser:
    (user,) = stack_users(exported(*component(name)))
    return FleetUser(user, keys_of(user, None), None, None, None, ("its permissions: hidden",))


STACKS: dict[str, Any] = {
    "well": FleetStack("well", (told("blog"), told("shop", last_used=None, due=Due(date(2026, 2, 2), now=True)))),
    "found": FleetStack("found", (told("blog", dangers=("s3:PutBucketPolicy",), findings=(UNUSED,)),), (LOCKED,)),
    "unseen": FleetStack("unseen", (unseen("press"),), None, ("AWS: no credentials",)),
    "broken": S3IOError("the state can't be read"),
    "empty": FleetStack("empty", ()),
    "exposed": FleetStack("exposed", (told("blog", findings=(UNUSED, EXPOSED)),)),
    "adopted": FleetStack("adopted", (told("blog", findings=(EXPOSED,)),)),
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command on some of the stacks above; returns its exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    fake = fake_pulumi.install(tmp_path / "bin", monkeypatch)

    def look(place: Place, *_: object) -> FleetStack:
        found = STACKS[str(place.stack)]
        if isinstance(found, S3IOError):
            raise found
        assert isinstance(found, FleetStack)
        return found

    def command(names: list[str], *argv: str) -> tuple[int, str, str]:
        fake.answer("stack ls", json.dumps([{"name": name} for name in names]))
        code = cli.main(["fleet", *argv])
        out, err = capsys.readouterr()
        return code, out, err

    monkeypatch.setattr(gather, "gather", look)
    return command


@pytest.mark.parametrize(
    ("stacks", "code"),
    [
        pytest.param(["well", "empty"], 0, id="well"),
        pytest.param(["well", "found"], 1, id="a-finding"),
        pytest.param(["well", "unseen"], 1, id="aws-not-asked"),
        pytest.param(["broken", "well"], 1, id="not-read"),
    ],
)
def test_it_ends_with_1_for_a_finding_and_for_what_was_not_looked_at(stacks: list[str], code: int, run: Any) -> None:
    assert run(stacks)[0] == code


def test_the_table_names_all_that_was_found_and_all_that_was_not_looked_at(run: Any) -> None:
    _, out, err = run(["well", "found", "unseen", "broken", "empty"])

    assert "now, since 2026-02-02" in out
    assert "never" in out
    for line in (
        "key-unused  blog-user",
        "stack-locked  the stack",
        "4 users in 4 stacks and 1 account: 4 access keys, 1 due for rotation; "
        "1 user with dangerous permissions; 2 findings in what was looked at.",
        "Not looked at: unseen: AWS: no credentials",
        "Not looked at: press in unseen: its permissions: hidden",
        "Not looked at: broken: the state can't be read",
    ):
        assert line in out
    assert "[5/5]" in err
    assert "unseen: 1 user, 0 findings, AWS was not asked" in err
    assert err.splitlines()[-1] == "s3io-user: 1 of 5 not looked at: broken"


def test_a_user_in_quarantine_comes_before_all_else_and_is_counted_once(run: Any) -> None:
    code, out, _ = run(["found", "exposed", "adopted"])

    assert code == 1
    assert out.rindex("quarantined  blog-user") < out.index("stack-locked  the stack")
    assert "1 user in AWS's quarantine: treat the access keys as leaked.\n3 users in 3 stacks" in out
    assert "quarantine" not in run(["found"])[1]
    assert [row["findings"] for row in csv.DictReader(io.StringIO(run(["exposed"], "--format", "csv")[1]))] == [
        "key-unused quarantined"
    ]


def test_no_cell_of_the_csv_is_empty_and_what_is_not_known_says_so(run: Any) -> None:
    _, out, _ = run(list(STACKS), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))

    assert all(cell for row in rows for cell in row.values())
    by_name = {(row["stack"], row["user"]): row for row in rows}
    assert by_name["well", "shop"]["keyLastUsed"] == "never"
    assert by_name["well", "shop"]["notLookedAt"] == "none"
    assert by_name["found", "(the stack)"]["findings"] == "stack-locked"
    assert by_name["found", "blog"]["dangers"] == "s3:PutBucketPolicy"
    hidden = by_name["unseen", "press"]
    assert [hidden[name] for name in ("keyLastUsed", "due", "dangers", "findings")] == ["unknown"] * 4
    assert hidden["notLookedAt"] == "AWS: no credentials; its permissions: hidden"
    assert by_name["unseen", "(the stack)"]["findings"] == "unknown"
    assert by_name["broken", "unknown"]["notLookedAt"] == "the state can't be read"


def test_json_has_every_stack_in_the_order_of_the_list(run: Any) -> None:
    code, out, _ = run(list(STACKS), "--format", "json")
    stacks = json.loads(out)["stacks"]

    assert code == 1
    assert [each["stack"] for each in stacks] == list(STACKS)
    assert stacks[3] == {
        "stack": "broken",
        "folder": None,
        "users": None,
        "findings": None,
        "notLookedAt": ["the state can't be read"],
    }


def test_one_stack_is_looked_at_where_it_is_named(run: Any) -> None:
    code, out, _ = run([], "--stack", "found", "--format", "json")

    assert (code, [each["stack"] for each in json.loads(out)["stacks"]]) == (1, ["found"])


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--older-than", "0"], "--older-than: must be a whole number of days from 1 to 3650 (got '0')"),
        (["--unused-days", "-1"], "--unused-days must be 0 to 100,000 (got -1)"),
        (["--stacks-from", "f", "--stack", "a"], "--stacks-from chooses the stacks: leave --stack out"),
    ],
    ids=["older-than", "unused-days", "both"],
)
def test_wrong_usage(argv: list[str], said: str, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run([], *argv)
    assert end.value.code == 2
    assert said in capsys.readouterr().err
