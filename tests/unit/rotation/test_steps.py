"""What rotate says, refuses and notes, with a `pulumi` that answers as told."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from s3io_user import cli
from s3io_user.aws import users
from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection
from s3io_user.aws.users import KeyInfo
from s3io_user.cli.commands import rotate
from s3io_user.rotation import steps as rotation
from s3io_user.rotation.state import NOTE, Note
from s3io_user.stack import pulumi_cli
from s3io_user.stack.process import Interrupted
from s3io_user.tokens import ACCESS_KEY
from s3io_user.verify.expected import Check
from tests import fake_pulumi
from tests.fake_pulumi import FakePulumi

URN = "urn:pulumi:t::p::s3io-user:index:S3IOUser::site"
BEGUN = f"set {NOTE}"
FIRST = [BEGUN, "set s3io-user:previousKey", "set s3io-user:keyGeneration", "up"]


def key_id(generation: int) -> str:
    return f"AKIA{generation:09}EXAMPLE"


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@dataclass
class Site:
    """A stack of one user, or of the one that ``user`` names among two; an update makes what its config says."""

    fake: FakePulumi
    user: str | None = None
    obeys: bool = True
    keys: list[int] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    """What the component keeps in the state about its keys."""
    created: str = "2026-01-01T00:00:00Z"

    def stand(self, *keys: int, **config: Any) -> None:
        """What the stack's config and keys are, and what a preview of the next generation says."""
        entries = {
            key.replace("__", ":") if "__" in key else f"s3io-user:{key}": {"value": text(value), "secret": False}
            for key, value in config.items()
        }
        self.fake.answer("config --json", json.dumps(entries))
        self.fake.answer("stack --show-name", "t\n")
        self.has(*keys)
        new = {"type": ACCESS_KEY, "parent": URN, "replacementTrigger": max(keys) + 1}
        self.preview({"op": "create", "urn": f"{URN}$k::k", "newState": new})

    def has(self, *keys: int, **more: Any) -> None:
        """Which generations there are, and what the outputs have besides."""
        self.keys = list(keys)
        own = {"type": ACCESS_KEY, "parent": URN, "inputs": {"user": "site"}}
        made = {**own, "outputs": {"createDate": self.created}}
        resources = [
            {**made, "urn": f"{URN}$k::k-{each}", "id": key_id(each), "replacementTrigger": each} for each in keys
        ]
        kept = {**self.kept, **({"keyGeneration": max(keys)} if self.kept else {})}
        outputs = {"userName": "site", **kept}
        component = {"urn": URN, "type": "s3io-user:index:S3IOUser", "inputs": kept, "outputs": outputs}
        outputs = {"userName": "site", "accessKeyId": key_id(max(keys)), **more}
        self.answer_export(
            {"users": {self.user: outputs, "c": {"userName": "c"}}} if self.user else outputs, component, *resources
        )

    def answer_export(self, outputs: dict[str, Any], *resources: dict[str, Any]) -> None:
        """What the state has: the stack's outputs, and the resources."""
        stack = {"urn": "urn:pulumi:t::p::s", "type": "pulumi:pulumi:Stack", "outputs": outputs}
        self.fake.answer("stack output", json.dumps(outputs))
        self.fake.answer("stack export", json.dumps({"deployment": {"resources": [stack, *resources]}}))

    def preview(self, *steps: dict[str, Any]) -> None:
        self.fake.answer("preview", json.dumps({"steps": list(steps)}))

    def updated(self) -> None:
        raised = [int(given) for what, given in self.done if what.endswith("keyGeneration")]
        if self.kept.get("rotateEveryDays") and self.obeys and len(self.keys) == 1:  # by the calendar
            raised = [self.keys[-1] + 1]
        if raised and self.obeys:
            self.has(raised[-1] - 1, raised[-1])

    @property
    def done(self) -> list[tuple[str, str]]:
        """What was done to the config, and every up, in order."""
        done = []
        for call in self.fake.calls:
            argv = call["argv"]
            if argv[:2] in (["config", "set-all"], ["config", "rm-all"]) and "--config-file" not in argv:
                done += [(f"{argv[1][:-4]} {key}", value or "") for key, value in fake_pulumi.changes_of(argv)]
            elif argv[0] == "up":
                done.append(("up", ""))
        return done

    @property
    def steps(self) -> list[str]:
        return [what for what, _ in self.done]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A project whose stack has one user, of generation 1."""
    monkeypatch.setattr(users, "keys_of", lambda access, user: [])
    made = Site(fake_pulumi.in_project(tmp_path, monkeypatch, "s3io-user"))
    made.stand(1)
    update = pulumi_cli.up

    def up(*args: Any, **options: Any) -> None:
        update(*args, **options)
        made.updated()

    monkeypatch.setattr(pulumi_cli, "up", up)
    return made


def run(*argv: str) -> int:
    return cli.main(["rotate", *argv])


def noted(generation: int, *, retiring: bool = False, previous: str | None = "removed", user: str | None = None) -> str:
    return Note(user, generation, key_id(generation - 1), previous, retiring).as_text()


@pytest.mark.parametrize(
    ("config", "generation", "said"),
    [
        pytest.param({"rotateEveryDays": 30, "rotateFrom": "2026-01-01"}, 1, "rotateEveryDays rotates", id="calendar"),
        pytest.param({"createAccessKey": "false"}, 1, "there is no key to rotate", id="no-key"),
        pytest.param({"keyGeneration": "2"}, 1, "keyGeneration 2 is not deployed yet", id="not-deployed"),
        pytest.param({}, 3, "has generation 3, but its config says 1", id="generation-not-of-config"),
        pytest.param({"keyGeneraton": "2"}, 1, "did you mean 'keyGeneration'?", id="fault"),
    ],
)
def test_what_can_not_be_rotated(
    site: Site, capsys: pytest.CaptureFixture[str], config: dict[str, Any], generation: int, said: str
) -> None:
    site.stand(generation, **config)
    assert run("--yes") == 1
    assert said in capsys.readouterr().err
    assert site.done == []


def test_where_the_config_lost_its_inputs_the_defaults_are_not_rotated_in(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("__main__.py").write_text("read_setup()\n")
    assert run("--yes") == 1
    assert "the stack's config has no input any more, so the update would also" in capsys.readouterr().err
    assert site.done == []
    site.stand(1, access="optimizer")
    assert run("--dry-run") == 0


def test_it_says_what_it_will_do_and_changes_nothing_unasked(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.stand(2, 3, keyGeneration=3, previousKey="inactive")
    assert run() == 1
    said = capsys.readouterr()
    assert "set keyGeneration to 4, previousKey to active" in said.out
    assert f"beside {key_id(3)} (the one before it, {key_id(2)}, is deleted at once)" in said.out
    assert f"set previousKey to inactive and run pulumi up: the old key, {key_id(3)}, is made inactive" in said.out
    assert said.err == "s3io-user: nobody can be asked here: add --yes\n"
    assert site.done == []


def test_each_step_is_noted_before_it_is_taken(site: Site) -> None:
    assert run("--yes", "--no-verify") == 0
    assert site.done == [
        (BEGUN, noted(2, previous=None)),
        ("set s3io-user:previousKey", "active"),
        ("set s3io-user:keyGeneration", "2"),
        ("up", ""),
        (BEGUN, noted(2, previous=None, retiring=True)),
        ("rm s3io-user:previousKey", ""),
        ("up", ""),
        (f"rm {NOTE}", ""),
    ]


def test_one_of_several_users_by_its_path(site: Site) -> None:
    site.user = "a.b"
    site.stand(4, users={"a.b": {"keyGeneration": 4, "previousKey": "inactive"}, "c": {}})
    assert run("--yes", "--no-verify", "--user", "a.b", "--no-retire") == 0
    assert site.done == [
        (f'{BEGUN}["a.b"]', noted(5, previous="inactive", user="a.b")),
        ('set s3io-user:users["a.b"].previousKey', "active"),
        ('set s3io-user:users["a.b"].keyGeneration', "5"),
        ("up", ""),
    ]


def test_the_only_one_of_users_needs_no_name(site: Site) -> None:
    site.user = "blog"
    site.stand(1, users={"blog": {}})
    assert run("--yes", "--no-verify", "--no-retire") == 0
    assert site.steps == [
        f'{BEGUN}["blog"]',
        "set s3io-user:users.blog.previousKey",
        "set s3io-user:users.blog.keyGeneration",
        "up",
    ]


# ---- whether the program takes its generation from the config --------------------------------------------------------


def test_a_program_that_takes_no_generation_from_config_is_told_before_anything_is_written(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.preview({"op": "same", "urn": URN})
    assert run("--yes") == 1
    assert "the program does not read it from there" in capsys.readouterr().err
    assert site.done == []


@pytest.mark.parametrize(
    "other", [{"parent": f"{URN}-of-another"}, {"replacementTrigger": 1}], ids=["another-users", "another-generation"]
)
def test_another_key_that_the_update_makes_is_not_the_new_one(
    other: dict[str, Any], site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    new = {"type": ACCESS_KEY, "parent": URN, "replacementTrigger": 2, **other}
    site.preview({"op": "create", "urn": f"{URN}$k::k", "newState": new})
    assert run("--yes") == 1
    assert "the program does not read it from there" in capsys.readouterr().err
    assert site.done == []


def test_one_that_would_take_the_old_key_away_at_once_is_refused(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    new = {"type": ACCESS_KEY, "parent": URN, "replacementTrigger": 2}
    old = {"type": ACCESS_KEY, "parent": URN, "id": key_id(1)}
    site.preview({"op": "create", "urn": URN, "newState": new}, {"op": "delete", "urn": URN, "oldState": old})
    assert run("--yes") == 1
    assert f"the key {key_id(1)} would be gone" in capsys.readouterr().err
    assert site.done == []


def test_a_key_that_takes_the_place_of_the_one_before_the_last_is_a_new_one(site: Site) -> None:
    site.stand(1, 2, keyGeneration="2", previousKey="inactive")
    new = {"type": ACCESS_KEY, "parent": URN, "replacementTrigger": 3}
    old = {"type": ACCESS_KEY, "parent": URN, "replacementTrigger": 1, "id": key_id(1)}
    site.preview({"op": "replace", "urn": f"{URN}$k::k", "newState": new, "oldState": old})
    assert run("--dry-run") == 0


def test_what_else_the_update_changes_is_said(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    new = {"type": ACCESS_KEY, "parent": URN, "replacementTrigger": 2}
    policy = {"op": "update", "urn": f"{URN}$aws:iam/userPolicy:UserPolicy::S3Access", "newState": {"type": "x:y:Z"}}
    same = {"op": "same", "urn": f"{URN}$aws:iam/user:User::site", "newState": {"type": "aws:iam/user:User"}}
    site.preview({"op": "create", "urn": URN, "newState": new}, same, policy)
    assert run("--dry-run") == 0
    assert "the update also changes: update S3Access (x:y:Z)\n" in capsys.readouterr().out
    assert site.done == []


def test_a_key_that_did_not_change_is_a_failure(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.obeys = False
    assert run("--yes", "--no-verify") == 1
    said = capsys.readouterr()
    assert "the key did not change" in said.err
    assert "The new key is" not in said.out
    assert site.steps[-1] == "up"


@pytest.mark.parametrize("new", [key_id(1), "AKIAOFNOGENERATIONEXAMPLE"], ids=["the-old-one", "of-no-generation"])
def test_a_key_that_is_not_the_new_generations_is_a_failure(
    new: str, site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def updated() -> None:
        site.has(1, 2, accessKeyId=new)
        if new == key_id(1):  # its trigger is of the new generation, and AWS's key is the one of before
            own = {"type": ACCESS_KEY, "parent": URN, "inputs": {"user": "site"}, "id": new, "replacementTrigger": 2}
            component = {"urn": URN, "type": "s3io-user:index:S3IOUser", "outputs": {"userName": "site"}}
            site.answer_export({"userName": "site", "accessKeyId": new}, component, own)

    monkeypatch.setattr(site, "updated", updated)
    assert run("--yes", "--no-verify") == 1
    said = capsys.readouterr()
    assert f"the key did not change: the stack's key is {new} after pulumi up" in said.err
    assert "The new key is" not in said.out
    assert site.steps == FIRST


def test_the_preview_is_of_a_copy_of_the_stacks_config(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.t.yaml").write_text("config: {}\n")
    copies: list[str] = []
    preview = pulumi_cli.preview

    def look(copy: str, *args: Any, **options: Any) -> Any:
        copies.append(Path(copy).read_text())
        return preview(copy, *args, **options)

    monkeypatch.setattr(pulumi_cli, "preview", look)
    assert run("--dry-run") == 0
    assert copies == ["config: {}\n"]
    assert (tmp_path / "Pulumi.t.yaml").read_text() == "config: {}\n"
    (written,) = (call["argv"] for call in site.fake.calls if call["argv"][:2] == ["config", "set-all"])
    assert [value for _, value in fake_pulumi.changes_of(written)] == ["active", "2"]
    assert "--config-file" in written
    assert str(tmp_path / "Pulumi.t.yaml") not in written


# ---- whether it can end ----------------------------------------------------------------------------------------------


def test_it_does_not_begin_where_a_key_made_by_hand_fills_the_quota(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(timezone.utc)
    keys = [KeyInfo(each, "Active", now, None) for each in (key_id(1), "AKIABYHANDEXAMPLE")]
    monkeypatch.setattr(users, "keys_of", lambda access, user: keys)
    assert run("--yes") == 1
    said = capsys.readouterr().err
    assert "no room for a new key: 'site' has AKIABYHANDEXAMPLE (Active, 0 days old, never used)" in said
    assert "selfService" not in said
    assert site.done == []

    site.stand(1, selfService="rotate-key")
    assert run("--yes") == 1
    assert "selfService lets the application create keys, so it may be using one of them" in capsys.readouterr().err
    assert site.done == []


def test_where_aws_does_not_say_it_is_said_and_left_to_the_update(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(access: Any, user: str) -> Any:
        raise AwsError("AccessDenied", "iam:ListAccessKeys is not allowed")

    monkeypatch.setattr(users, "keys_of", refused)
    assert run("--yes", "--no-verify") == 0
    assert "can have another key: iam:ListAccessKeys is not allowed" in capsys.readouterr().out


def test_a_user_that_is_gone_is_not_rotated(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: Any) -> list[KeyInfo]:
        raise AwsError("NoSuchEntity", "it does not exist in this account")

    monkeypatch.setattr(users, "keys_of", gone)
    assert run("--yes") == 1
    assert "AWS has no user 'site' any more: run s3io-user doctor" in capsys.readouterr().err
    assert site.done == []


# ---- a note that a run left ------------------------------------------------------------------------------------------


def test_it_continues_what_was_begun(site: Site) -> None:
    site.stand(1, keyGeneration="2", previousKey="active", **{"s3io-rotate__underway": noted(2)})
    assert run("--yes", "--no-verify", "--no-retire") == 0
    assert site.done[2:] == [("set s3io-user:keyGeneration", "2"), ("up", "")], "not to 3"


def test_a_key_that_an_earlier_run_finished_takes_no_update(site: Site) -> None:
    site.kept = {"previousKey": "active"}
    site.stand(1, 2, keyGeneration="2", previousKey="active", **{"s3io-rotate__underway": noted(2)})
    assert run("--yes", "--no-verify") == 0
    assert site.steps == [*FIRST[:3], BEGUN, "set s3io-user:previousKey", "up", f"rm {NOTE}"]


def test_what_the_only_users_previous_key_becomes_is_what_it_was_before_the_first_write(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    note = noted(2, previous=None)
    site.stand(1, 2, keyGeneration="2", previousKey="active", **{"s3io-rotate__underway": note})
    assert run("--yes", "--no-verify") == 0
    said = capsys.readouterr().out
    assert "set previousKey to removed and run pulumi up" in said
    assert "left as it is" not in said
    assert "rm s3io-user:previousKey" in site.steps


@pytest.mark.parametrize("retiring", [False, True])
def test_no_old_key_goes_unasked(site: Site, capsys: pytest.CaptureFixture[str], retiring: bool) -> None:
    site.stand(1, 2, keyGeneration="2", previousKey="active", **{"s3io-rotate__underway": noted(2, retiring=retiring)})
    assert run("--no-verify") == 1
    assert "nobody can be asked here" in capsys.readouterr().err
    assert site.done == []


def test_stopped_while_it_retired_it_only_retires(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    # Making the old generation's slot again would make a new key in it.
    site.stand(2, keyGeneration="2", **{"s3io-rotate__underway": noted(2, retiring=True)})
    assert run("--yes") == 0
    assert site.steps == [BEGUN, "set s3io-user:previousKey", "up", f"rm {NOTE}"]
    assert f"The old key, {key_id(1)}, is gone already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("keys", "config", "note"),
    [
        pytest.param((3,), {"keyGeneration": "3"}, noted(2), id="finished-by-hand-and-raised"),
        pytest.param((2,), {"keyGeneration": "2"}, noted(2), id="finished-by-hand"),
        pytest.param((1,), {}, Note(None, 2, "AKIAANOTHEREXAMPLE", None).as_text(), id="another-key"),
        pytest.param((1,), {}, json.dumps({"user": None, "generation": 2}), id="unreadable"),
    ],
)
def test_a_note_that_does_not_fit_is_not_used_and_said(
    site: Site, capsys: pytest.CaptureFixture[str], keys: tuple[int, ...], config: dict[str, str], note: str
) -> None:
    site.stand(*keys, **config, **{"s3io-rotate__underway": note})
    assert run("--yes", "--no-verify", "--no-retire") == 0
    said = capsys.readouterr().out
    assert "is not used" in said
    assert site.steps == FIRST
    assert ("set s3io-user:keyGeneration", str(max(keys) + 1)) in site.done, "never down"


def test_of_a_note_that_is_dropped_the_fate_that_it_overwrote_is_kept(site: Site) -> None:
    note = noted(2, previous="inactive")
    site.stand(2, keyGeneration="2", previousKey="active", **{"s3io-rotate__underway": note})
    assert run("--yes", "--no-verify", "--no-retire") == 0
    assert (BEGUN, noted(3, previous="inactive")) in site.done


def test_where_a_user_says_nothing_the_fate_is_that_of_all(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.user = "blog"
    site.stand(1, users={"blog": {}, "c": {}}, previousKey="inactive")
    assert run("--dry-run", "--user", "blog") == 0
    assert f"set previousKey to inactive and run pulumi up: the old key, {key_id(1)}, is made inactive" in (
        capsys.readouterr().out
    )


# ---- what stops it ---------------------------------------------------------------------------------------------------


def test_where_an_up_fails_the_cause_is_said_and_how_to_continue(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.stand(1, apiToken__x={"not": "ours"})
    site.fake.answer("config --json", json.dumps({"x:token": {"value": "hunter22", "secret": True}}))
    site.fake.answer("up", "x\nDiagnostics:\n  a:\n    error: LimitExceeded of hunter22\n", code=255)
    assert run("--yes") == 1
    said = capsys.readouterr().err
    assert "pulumi up failed: LimitExceeded of [secret]." in said
    assert "run s3io-user rotate again" in said
    assert "hunter22" not in said
    assert site.steps[-1] == "up"


@pytest.mark.parametrize("underway", [False, True])
def test_in_another_account_nothing_is_done(
    site: Site, underway: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user of the same name there would get the key, or keep the one that is to go."""
    config = {"keyGeneration": "2", "previousKey": "active", "s3io-rotate__underway": noted(2)} if underway else {}
    site.stand(1, *([2] if underway else []), **config)
    site.has(*site.keys, userArn="arn:aws:iam::123456789012:user/site")

    def client(access: Connection, _: str) -> Any:
        assert access.account == "123456789012"
        raise AwsError("OtherAccount", "the user is in the account 123456789012")

    monkeypatch.setattr(Connection, "client", client)
    assert run("--yes", "--no-verify") == 1
    assert "the user is in the account 123456789012" in capsys.readouterr().err
    assert site.done == []


def test_an_interrupt_says_how_to_continue(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise Interrupted("interrupted, and pulumi has ended")

    monkeypatch.setattr(pulumi_cli, "up", interrupted)
    assert run("--yes") == 130
    assert "the old key works. To continue, run s3io-user rotate again" in capsys.readouterr().err


def test_an_interrupt_while_the_key_is_verified_says_how_to_continue(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rotation, "verify_stack", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run("--yes") == 130
    said = capsys.readouterr().err
    assert "while the new key was verified: the old key works. To continue, run s3io-user rotate again" in said
    assert site.steps == FIRST


def test_an_interrupt_while_the_old_key_is_retired_does_not_say_that_it_works(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    update = pulumi_cli.up

    def interrupted(*given: Any, **more: Any) -> None:
        if site.steps.count("up"):
            raise Interrupted("interrupted, and pulumi has ended")
        update(*given, **more)

    monkeypatch.setattr(pulumi_cli, "up", interrupted)
    assert run("--yes", "--no-verify") == 130
    said = capsys.readouterr().err
    assert "the old key may be retired already, and the new one stays. To continue, run s3io-user rotate again" in said


@pytest.mark.parametrize(
    ("checks", "options", "code"),
    [
        pytest.param([Check("a", "b", True, True)], (), 0, id="seen"),
        pytest.param([Check("a", "b", True, False)], (), 1, id="a-finding"),
        pytest.param([Check("a", "b", True, False)], ("--allow-unknown",), 1, id="a-finding-all-the-same"),
        pytest.param([Check("a", "b", True, None)], (), 1, id="not-seen"),
        pytest.param([Check("a", "b", True, None)], ("--allow-unknown",), 0, id="not-seen-and-allowed"),
        pytest.param([Check("a", "b", True, True), Check("s", "b", False, None)], (), 0, id="not-simulated"),
    ],
)
def test_the_old_key_goes_only_when_the_new_one_is_proved(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    checks: list[Check],
    options: tuple[str, ...],
    code: int,
) -> None:
    monkeypatch.setattr(rotation, "verify_stack", lambda *_, **__: checks)
    assert run("--yes", *options) == code
    assert ("the previous one stays and works" in capsys.readouterr().err) is bool(code)
    assert (site.steps.count("up"), f"rm {NOTE}" in site.steps) == ((1, False) if code else (2, True))


@pytest.mark.parametrize(("buckets", "places"), [("photos", None), (None, [])])
def test_the_new_key_is_tried_as_the_stack_reaches_aws(
    buckets: str | None, places: list[Any] | None, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(
        rotation, "verify_stack", lambda *_, **given: seen.update(given) or [Check("a", "b", True, True)]
    )
    site.stand(1, aws__region="eu-west-3", **({"buckets": buckets} if buckets else {}))
    assert run("--yes", "--wait", "7", "--no-retire") == 0
    assert (seen["setting"].access.region, seen["places"], seen["within"]) == ("eu-west-3", places, 7.0)


def test_a_key_whose_secret_only_a_pgp_key_opens_is_not_tried(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def updated() -> None:
        site.has(1, 2, encryptedSecret="wcBMA…")

    monkeypatch.setattr(site, "updated", updated)
    monkeypatch.setattr(rotation, "verify_stack", lambda *_, **__: pytest.fail("nobody has the secret"))
    assert run("--yes") == 0
    said = capsys.readouterr().out
    assert "not verified: only the owner of pgpKey has its secret" in said
    assert "Give its owner the user's outputs accessKeyId and encryptedSecret" in said
    assert "s3io-user export" not in said, "which has no secret to export"


def test_a_no_at_a_terminal_changes_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotate, "_agreed", lambda args, question: False)
    assert run() == 0
    assert site.done == []


def test_a_generation_that_was_raised_in_between_is_never_written_down(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.stand(1, 2, keyGeneration="3", previousKey="active", **{"s3io-rotate__underway": noted(2)})
    assert run("--yes", "--no-verify") == 1
    assert "keyGeneration 3 is not deployed yet" in capsys.readouterr().err
    assert site.steps == []


# ---- for programs, and with another AWS profile ----------------------------------------------------------------------


def test_its_json_says_how_it_ended_and_stands_alone(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--yes", "--no-verify", "--no-retire", "--format", "json") == 0
    said = json.loads(capsys.readouterr().out)
    assert {key: said[key] for key in ("user", "generation", "end", "checks")} == {
        "user": None,
        "generation": 2,
        "end": "new-key-made",
        "checks": [],
    }
    assert said["oldKey"].startswith("AKIA")


def test_a_profile_that_pulumi_up_would_not_use_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.setenv(name, "before")  # what the command changes is put back
    site.stand(1, aws__profile="work")
    assert run("--yes", "--profile", "mine") == 1
    assert "--profile mine is not the stack's aws:profile, work" in capsys.readouterr().err
    assert site.done == []


@pytest.mark.parametrize(
    ("users_in_config", "only"),
    [
        pytest.param({"site": {}}, True, id="all-deployed"),
        pytest.param({"site": {}, "new": {}}, False, id="one-is-not-deployed"),
        pytest.param(None, False, id="the-only-user"),
    ],
)
def test_one_of_many_is_previewed_and_updated_alone(
    site: Site, users_in_config: dict[str, Any] | None, only: bool
) -> None:
    site.kept = {"previousKey": "removed"}
    site.user = "site" if users_in_config else None
    site.stand(1, **({"users": users_in_config} if users_in_config else {}))
    assert run("--yes", "--no-verify", *(["--user", "site"] if users_in_config else [])) == 0
    runs = [call["argv"] for call in site.fake.calls if call["argv"][0] in ("preview", "up")]
    assert [argv[0] for argv in runs] == ["preview", "up", "up"]
    targets = [argv[argv.index("--target") :][:3] if "--target" in argv else [] for argv in runs]
    assert targets == [["--target", URN, "--target-dependents"] if only else []] * 3
