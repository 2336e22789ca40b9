"""`rotate --due`: rotates what is due, continues what is unfinished, and retires an old key on evidence alone."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from s3io_user.aws import users
from s3io_user.aws.answers import AwsError
from s3io_user.aws.users import KeyInfo, KeyUses
from s3io_user.keys import schedule
from s3io_user.rotation.state import NOTE, Note
from tests.unit.rotation.test_steps import BEGUN, FIRST, Site, key_id, noted, run, site

__all__ = ["site"]
HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
CALENDAR = {"rotateEveryDays": "30", "rotateFrom": str(schedule.today() - timedelta(days=45))}


@dataclass
class Uses:
    """What AWS says of the keys; by the ID, the hours since each was used, and with which service."""

    keys: dict[str, KeyInfo] = field(default_factory=dict)
    refused: bool = False

    def has(self, generation: int, used: float | None = None, *, service: str = "s3", created: float = 1000) -> None:
        at = None if used is None else NOW - used * HOUR
        key = KeyInfo(key_id(generation), "Active", NOW - created * HOUR, at, None if used is None else service)
        self.keys[key.id] = key

    def __call__(self, access: Any, user: str) -> KeyUses:
        if self.refused:
            raise AwsError("AccessDenied", "iam:GetAccessKeyLastUsed is not allowed to these credentials", 403)
        return KeyUses(tuple(self.keys.values()), NOW)


@pytest.fixture
def uses(monkeypatch: pytest.MonkeyPatch) -> Uses:
    made = Uses()
    monkeypatch.setattr(users, "key_uses", made)
    return made


def delivered(hours: float, *, generation: int = 2, previous: str | None = "removed", **more: Any) -> str:
    at = (NOW - hours * HOUR).isoformat()
    old, new = key_id(generation - 1), more.pop("new", key_id(generation))
    return Note(None, generation, old, previous, new=new, delivered=at, **more).as_text()


def underway(site: Site, note: str, *keys: int, **config: Any) -> None:
    generation = {} if "rotateEveryDays" in config else {"keyGeneration": "2"}
    given = {**generation, "previousKey": "active", **config}
    site.stand(*(keys or (1, 2)), **given, **{"s3io-rotate__underway": note})


def test_nothing_is_due(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.created = (datetime.now(timezone.utc) - timedelta(days=10)).isoformat()
    site.stand(1)
    assert run("--due", "--older-than", "30") == 0
    assert "Nothing is due: the key of site is 10 days old, and due on " in capsys.readouterr().out
    assert site.done == []


def test_what_is_due_by_its_age_is_rotated_without_a_question(
    site: Site, uses: Uses, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--due", "--older-than", "30", "--no-verify") == 0
    said = capsys.readouterr().out
    assert "Due: the key of site is " in said
    assert "the new key, AKIA000000002EXAMPLE, is not there in AWS" in said
    assert site.steps == [BEGUN, "set s3io-user:previousKey", "set s3io-user:keyGeneration", "up", BEGUN]
    note = json.loads(site.done[-1][1])
    assert (note["new"], note["delivered"]) == (key_id(2), "2026-11-20T12:00:00Z")


@pytest.mark.parametrize(
    ("config", "said"),
    [({}, "nothing says when the key is due"), ({"createAccessKey": "false"}, "nothing says when the key is due")],
)
def test_where_nothing_says_when_it_is_due(
    site: Site, config: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    site.stand(1, **config)
    assert run("--due") == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv", [["--older-than", "3"], ["--due", "--older-than", "0"], ["--retire-now", "--no-retire"]]
)
def test_wrong_usage(site: Site, argv: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*argv)


# ---- by the calendar -------------------------------------------------------------------------------------------------


def test_the_calendar_s_key_is_made_when_it_is_due_and_not_before(
    site: Site, uses: Uses, capsys: pytest.CaptureFixture[str]
) -> None:
    site.kept = {"rotateEveryDays": 30.0}
    site.stand(1, **CALENDAR)
    assert run("--due", "--no-verify") == 0
    assert site.steps == [BEGUN, "set s3io-user:previousKey", "up", BEGUN]
    assert "has generation 1, and generation 2 is due (rotateEveryDays)" in capsys.readouterr().out

    site.stand(2, **CALENDAR)
    before = len(site.done)
    assert run("--due") == 0
    assert "Nothing is due: the key of site has generation 2, and the next is due on " in capsys.readouterr().out
    assert site.done[before:] == []


def test_a_missed_period_is_one_generation(site: Site, uses: Uses) -> None:
    site.kept = {"rotateEveryDays": 30.0, "dueGeneration": 3.0}
    site.stand(2, **{**CALENDAR, "rotateFrom": str(schedule.today() - timedelta(days=200))})
    assert run("--due", "--no-verify") == 0
    assert json.loads(site.done[0][1])["generation"] == 3


def test_while_the_old_key_waits_the_next_period_makes_no_key(
    site: Site, uses: Uses, capsys: pytest.CaptureFixture[str]
) -> None:
    uses.has(1, used=0.1)
    uses.has(2, used=1)
    site.kept = {"rotateEveryDays": 30.0, "dueGeneration": 1.0}
    underway(site, delivered(900), **CALENDAR)
    assert run("--due") == 0
    assert f"can't be created while {key_id(1)} may be in use" in capsys.readouterr().out
    assert site.done == []


def test_an_old_key_that_may_go_makes_room_for_the_next(site: Site, uses: Uses) -> None:
    uses.has(1, used=950)
    uses.has(2, used=1)
    site.kept = {"rotateEveryDays": 30.0, "dueGeneration": 1.0}
    underway(site, delivered(900, previous="inactive"), **CALENDAR)
    site.preview({"op": "create", "newState": new_key(3), "urn": "u"})
    assert run("--due", "--no-verify") == 1  # the fake makes no third key
    note = Note(None, 3, key_id(2), "inactive", delivered="").as_text()
    assert site.done[:2] == [(BEGUN, note), ("set s3io-user:previousKey", "active")]


@pytest.mark.parametrize(("argv", "end"), [("--dry-run", "dry-run"), ("--no-retire", "new-key-made")])
def test_it_is_said_and_not_done(
    site: Site, uses: Uses, argv: str, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    uses.has(1, used=950)
    uses.has(2, used=1)
    site.kept = {"rotateEveryDays": 30.0, "dueGeneration": 1.0}
    underway(site, delivered(900), **CALENDAR)
    assert run("--due", argv, "--format", "json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["end"] == end
    assert f"the old key, {key_id(1)}, is deleted when it is created" in said.err
    assert "may be in use" not in said.err
    assert site.done == []


def new_key(generation: int) -> dict[str, Any]:
    from s3io_user.tokens import ACCESS_KEY
    from tests.unit.rotation.test_steps import URN

    return {"type": ACCESS_KEY, "parent": URN, "replacementTrigger": generation}


def test_by_the_calendar_an_update_that_would_do_more_than_retire_is_refused(
    site: Site, uses: Uses, capsys: pytest.CaptureFixture[str]
) -> None:
    uses.has(1, used=950)
    uses.has(2, used=1)
    site.kept = {"rotateEveryDays": 30.0}
    underway(site, delivered(900), **CALENDAR)
    assert run("--due") == 1  # the preview makes generation 3
    assert f"would do more than to retire the old key, {key_id(1)}" in capsys.readouterr().err
    assert site.done == []


# ---- evidence --------------------------------------------------------------------------------------------------------


def test_the_old_key_goes_on_evidence(site: Site, uses: Uses, capsys: pytest.CaptureFixture[str]) -> None:
    uses.has(1, used=100)
    uses.has(2, used=1)
    underway(site, delivered(49))
    assert run("--due", "--older-than", "30") == 0
    assert site.steps == [BEGUN, "set s3io-user:previousKey", "up", f"rm {NOTE}"]
    assert "Done." in capsys.readouterr().out


def unused(uses: Uses) -> None:
    uses.has(1, used=100)
    uses.has(2)


def used_by_our_check(uses: Uses) -> None:
    uses.has(1, used=100)
    uses.has(2, used=50)


def in_use(uses: Uses) -> None:
    uses.has(1, used=3)
    uses.has(2, used=1)


def denied(uses: Uses) -> None:
    uses.refused = True


@pytest.mark.parametrize("retiring", [False, True])
@pytest.mark.parametrize("argv", [["--due", "--older-than", "30"], ["--yes"], ["--yes", "--deliver", "exit 9"]])
@pytest.mark.parametrize("say", [unused, used_by_our_check, in_use, denied])
def test_without_it_both_stay_and_nothing_is_run(
    site: Site,
    uses: Uses,
    say: Callable[[Uses], None],
    argv: list[str],
    retiring: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    say(uses)
    underway(site, delivered(49, retiring=retiring))
    assert run(*argv, "--format", "json") == 0
    out = capsys.readouterr()
    said = json.loads(out.out)
    assert said["end"] == "waiting"
    assert len(said["waitsFor"]) == 1
    assert "Both keys work." in out.err
    # What an interrupted retirement wrote is taken back: the next pulumi up of anybody would delete the key.
    assert site.steps == ([BEGUN, "set s3io-user:previousKey"] if retiring else [])


def test_who_knows_that_the_new_key_is_in_use_need_not_wait(site: Site, uses: Uses) -> None:
    uses.refused = True
    underway(site, delivered(1))
    assert run("--yes", "--retire-now") == 0
    assert site.steps[-1] == f"rm {NOTE}"


def test_how_long_it_must_be_quiet_is_said_by_an_option_or_the_config(site: Site, uses: Uses) -> None:
    uses.has(1, used=100)
    uses.has(2, used=1)
    underway(site, delivered(49), quietFor="3d")
    assert run("--yes") == 0
    assert site.done == []
    assert run("--yes", "--quiet-for", "2d") == 0
    assert site.steps[-1] == f"rm {NOTE}"


@pytest.mark.parametrize(("config", "argv"), [({"quietFor": "0s"}, ()), ({"quietFor": "9d"}, ("--quiet-for", "0s"))])
def test_none_is_a_time_to_be_quiet_too(
    site: Site, uses: Uses, config: dict[str, str], argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    uses.has(1, used=100)
    uses.has(2, used=0.5)
    underway(site, delivered(1), **config)
    assert run("--yes", *argv) == 0
    assert site.steps[-1] == f"rm {NOTE}"
    assert "a use of it may have been missed" in capsys.readouterr().out


def test_a_key_that_stays_as_it_is_needs_no_evidence(site: Site, uses: Uses) -> None:
    uses.refused = True
    underway(site, delivered(0, previous="active"))
    assert run("--due", "--older-than", "30") == 0
    assert site.steps[-1] == f"rm {NOTE}"


# ---- notes that are old, lost or made up -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(delivered(900, new=key_id(9)), id="of-another-key"),
        pytest.param(noted(2), id="not-delivered"),
        pytest.param(json.dumps({**json.loads(noted(2)), "delivered": "yesterday", "new": key_id(2)}), id="no-time"),
    ],
)
def test_where_no_delivery_of_this_key_is_noted_it_is_delivered_first(site: Site, uses: Uses, note: str) -> None:
    uses.has(1, used=900)
    uses.has(2, used=1)
    underway(site, note)
    assert run("--due", "--older-than", "30", "--no-verify") == 0
    assert site.steps.count("up") == 1
    assert json.loads(site.done[-1][1])["delivered"] == "2026-11-20T12:00:00Z"
    assert site.steps[-1] == BEGUN


def test_a_note_that_says_it_is_retiring_retires_nothing_without_a_delivery(site: Site, uses: Uses) -> None:
    uses.has(1, used=900)
    uses.has(2, used=1)
    underway(site, noted(2, retiring=True))
    assert run("--due", "--older-than", "30") == 0
    note = Note(None, 2, key_id(1), "removed", delivered="").as_text()
    assert site.done == [(BEGUN, note), ("set s3io-user:previousKey", "active")]


def test_a_made_up_note_does_not_finish_what_another_key_began(site: Site, uses: Uses) -> None:
    made_up = Note(None, 2, "AKIAMADEUPEXAMPLE", "removed", retiring=True).as_text()
    site.created = datetime.now(timezone.utc).isoformat()
    underway(site, made_up)
    assert run("--due", "--older-than", "30") == 0
    assert site.done == []


def test_of_a_stale_note_the_next_rotation_keeps_what_previous_key_was(site: Site, uses: Uses) -> None:
    stale = delivered(900, previous="inactive")
    site.stand(3, keyGeneration="3", previousKey="active", **{"s3io-rotate__underway": stale})
    assert run("--due", "--older-than", "30", "--no-verify") == 0
    assert site.done[0] == (BEGUN, Note(None, 4, key_id(3), "inactive", delivered="").as_text())


def test_each_user_has_its_own_note(site: Site, uses: Uses) -> None:
    site.user = "blog"
    notes = {"shop": noted(2, user="shop")}
    site.stand(1, users={"blog": {}, "shop": {}, "c": {}}, **{"s3io-rotate__underway": notes})
    assert run("--yes", "--no-verify", "--user", "blog") == 0
    assert site.steps[0] == f'{BEGUN}["blog"]'
    assert site.steps[-1] == f'rm {NOTE}["blog"]'


def test_an_earlier_version_s_note_makes_room_for_the_map(site: Site, uses: Uses) -> None:
    site.user = "blog"
    site.stand(1, users={"blog": {}, "c": {}}, **{"s3io-rotate__underway": noted(2, user="blog")})
    assert run("--yes", "--no-verify", "--no-retire", "--user", "blog") == 0
    assert site.steps[:2] == [f"rm {NOTE}", f'{BEGUN}["blog"]']


# ---- the key before the last -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "refused"), [(3, False), (None, True)])
def test_a_new_key_is_not_made_while_the_one_that_it_deletes_may_be_in_use(
    site: Site, uses: Uses, used: float | None, refused: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    uses.has(1, used=used)
    uses.refused = refused
    site.stand(1, 2, keyGeneration="2", previousKey="active")
    assert run("--due", "--older-than", "30") == 1
    assert key_id(1) in capsys.readouterr().err
    assert site.done == []


def test_it_is_made_all_the_same_if_you_know_better(site: Site, uses: Uses) -> None:
    uses.has(1, used=3)
    site.stand(1, 2, keyGeneration="2", previousKey="active")
    assert run("--due", "--older-than", "30", "--retire-now", "--no-verify") == 0
    assert "up" in site.steps


def test_one_that_nobody_used_makes_room(site: Site, uses: Uses) -> None:
    uses.has(1, used=300)
    site.stand(1, 2, keyGeneration="2", previousKey="active")
    assert run("--due", "--older-than", "30", "--no-verify") == 0
    assert "up" in site.steps


# ---- delivery --------------------------------------------------------------------------------------------------------

SECRET = "wJalr/XUtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def shop(site: Site, uses: Uses, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The site; its outputs have a secret once the new key is made."""
    updated = site.updated

    def with_secret() -> None:
        updated()
        pair = {"userName": "site", "accessKeyId": key_id(max(site.keys)), "secretAccessKey": SECRET}
        site.fake.answer("stack output --json --show-secrets", json.dumps(pair))

    monkeypatch.setattr(site, "updated", with_secret)
    monkeypatch.setenv("PATH", f"{site.fake.folder}:/usr/bin:/bin")
    return site


@pytest.mark.parametrize("configured", [False, True])
def test_the_new_key_is_delivered_before_the_old_one_is_touched(
    shop: Site, configured: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    command = "cat >took; echo took it"
    shop.stand(1, **({"deliver": ["sh", "-c", command]} if configured else {}))
    assert run("--yes", "--no-verify", *([] if configured else ["--deliver", command])) == 0
    assert json.loads(Path("took").read_text())["secretAccessKey"] == SECRET
    assert shop.steps == [*FIRST, BEGUN]
    said = capsys.readouterr()
    assert "  took it\nThe new key is delivered.\n" in said.out
    assert SECRET not in said.out + said.err + json.dumps([shop.done, [call["argv"] for call in shop.fake.calls]])


def test_a_users_own_command_comes_before_that_of_all(shop: Site) -> None:
    shop.user = "blog"
    shop.stand(1, deliver="touch all", users={"blog": {"deliver": "touch own"}, "c": {}})
    secret = {"userName": "site", "accessKeyId": key_id(2), "secretAccessKey": SECRET}

    def updated() -> None:
        shop.has(1, 2)
        shop.fake.answer("stack output --json --show-secrets", json.dumps({"users": {"blog": secret, "c": {}}}))

    shop.updated = updated  # type: ignore[method-assign]
    assert run("--yes", "--no-verify", "--user", "blog") == 0
    assert (Path("own").exists(), Path("all").exists()) == (True, False)


def test_a_command_that_fails_leaves_both_keys_and_is_run_again_by_the_next_run(
    shop: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--yes", "--no-verify", "--deliver", "jq . ; exit 4") == 1
    said = capsys.readouterr()
    assert "failed (exit code 4). Both keys work." in said.err
    assert "run s3io-user rotate again" in said.err
    assert '"secretAccessKey": "[secret]"' in said.out
    assert SECRET not in said.out + said.err
    assert shop.steps == FIRST
    underway(shop, shop.done[0][1])
    assert run("--yes", "--no-verify", "--deliver", "cat >took") == 0
    assert Path("took").exists()


def test_after_a_delivery_that_failed_a_yes_alone_retires_nothing(
    shop: Site, uses: Uses, capsys: pytest.CaptureFixture[str]
) -> None:
    uses.has(1, used=0.1)
    uses.has(2)
    assert run("--yes", "--no-verify", "--deliver", "exit 4") == 1
    assert "run s3io-user rotate again in the same way" in capsys.readouterr().err
    underway(shop, shop.done[0][1])
    before = len(shop.done)
    assert run("--yes", "--no-verify") == 0
    assert "Both keys work. The old key is not retired yet:" in capsys.readouterr().out
    assert shop.steps[before:] == [*FIRST, BEGUN]


def test_one_that_hangs_leaves_both_keys(shop: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--yes", "--no-verify", "--deliver", "exec sleep 600", "--deliver-timeout", "0.2") == 1
    assert "did not end within 0.2 s, and was stopped. Both keys work." in capsys.readouterr().err
    assert shop.steps == FIRST


def test_a_delivery_is_not_begun_for_a_key_whose_secret_nobody_here_has(
    shop: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.stand(1, pgpKey="keybase:someone")
    assert run("--yes", "--deliver", "cat >took") == 1
    assert "can't be delivered, because only the owner of pgpKey" in capsys.readouterr().err
    assert shop.done == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("deliver", ["a", 3], "must be a shell command, or a list"), ("quietFor", "long", "must be a duration such as")],
)
def test_a_wrong_value_in_the_config_is_told_before_anything_is_done(
    shop: Site, key: str, value: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.stand(1, **{key: value})
    assert run("--yes") == 1
    assert f"{key}, in the stack's config, {said}" in capsys.readouterr().err
    assert shop.done == []
