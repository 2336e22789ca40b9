"""What doctor looks at and what it leaves, of a stack whose state, config and AWS are as told."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection
from s3io_user.aws.users import KeyInfo
from s3io_user.doctor import account, caller, locks, lookups
from s3io_user.doctor.examination import Examination, Options, Report, examine
from s3io_user.doctor.facts import UserFacts
from s3io_user.doctor.ownership import Maker
from s3io_user.doctor.stack_itself import NOT_KNOWN_HERE
from s3io_user.doctor.wanted import Wanted
from s3io_user.errors import S3IOError
from s3io_user.inputs import project
from s3io_user.inputs.checks import resolve
from s3io_user.inputs.project import Project
from s3io_user.policy.document import s3_policy_document
from s3io_user.stack import pulumi_cli
from s3io_user.stack.state import UserState

NOW = datetime.now(timezone.utc)
YOU = "arn:aws:iam::123456789012:user/you"
KEY, BY_HAND = (KeyInfo(key, "Active", NOW, NOW) for key in ("AKIASITEEXAMPLE", "AKIABYHANDEXAMPLE"))


def user(name: str, account: str = "123456789012") -> list[dict[str, Any]]:
    """A component and its user, as a state has them."""
    urn = f"urn:pulumi:t::p::s3io-user:index:S3IOUser::{name}"
    arn = f"arn:aws:iam::{account}:user/{name}"
    outputs = {"userName": name, "userArn": arn, "accessKeyId": KEY.id, "keyGeneration": 1}
    below = {"parent": urn, "provider": "urn:pulumi:t::p::pulumi:providers:aws::default_7_0_0::x"}
    key = {"outputs": {"user": name, "status": "Active"}, "replacementTrigger": 1}
    return [
        {"urn": urn, "type": "s3io-user:index:S3IOUser", "outputs": outputs, "inputs": {"keyGeneration": 1}},
        {
            "urn": f"{urn}$u::{name}",
            "type": "aws:iam/user:User",
            "id": name,
            "outputs": {"name": name, "arn": arn},
            **below,
        },
        {"urn": f"{urn}$k::{name}-b", "type": "aws:iam/accessKey:AccessKey", "id": KEY.id, **key, **below},
    ]


@dataclass
class Place:
    """What there is, what may fail, and what was asked."""

    users: dict[str, Any] = field(default_factory=lambda: {"site": {}})
    resources: list[dict[str, Any]] = field(default_factory=lambda: user("site"))
    pending: list[dict[str, Any]] = field(default_factory=list)
    exists: bool = True
    keys: tuple[KeyInfo, ...] = (KEY,)
    quotas: dict[str, int] = field(default_factory=dict)
    locks: Any = ()
    reached: Any = YOU
    fault: str | None = None
    config: dict[str, str] = field(default_factory=lambda: {"s3io-user:access": "none"})
    encrypted: str = "service"
    opened: Any = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)

    def examine(self, **options: Any) -> Report:
        self.asked.clear()
        return examine(Options(**options), lambda _: None)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    there = Place()

    def answer(value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    def read_project(*_: Any) -> Project:
        users = {name: resolve({"access": "none", **given}) for name, given in there.users.items()}
        return Project("s3io-user", Connection("us-east-1"), "us-east-1", users, there.fault, True, there.config)

    def exported(*_: Any) -> dict[str, Any]:
        resources = {"resources": there.resources, "pending_operations": there.pending}
        return {"deployment": {**resources, "secrets_providers": {"type": there.encrypted}}}

    def user_facts(_: Any, held: UserState, days: int | None) -> UserFacts:
        there.asked.append(("user", held.user))
        return UserFacts(held, exists=there.exists, keys=there.keys if there.exists else None)

    def wanted(_: Any, about: Wanted, users: Any) -> Wanted:
        there.asked.append(("wanted", about.logical))
        adopted = about.inputs.existing_user
        return replace(about, exist={("user", adopted): there.exists} if adopted else {})

    def keys_of(_: Any, name: str) -> list[KeyInfo]:
        there.asked.append(("keys", name))
        return list(there.keys)

    def named_alike(_: Any, logical: list[str], users: Any, known: set[str]) -> tuple[list[str], list[str]]:
        there.asked.append(("alike", logical, known))
        return [], []

    monkeypatch.setattr(project, "read_project", read_project)
    monkeypatch.setattr(project, "read_export", exported)
    monkeypatch.setattr(pulumi_cli, "outputs", lambda *_, show_secrets: answer(there.opened))
    monkeypatch.setattr(locks, "read_locks", lambda *_: answer(there.locks))

    def identity(access: Connection) -> str:
        """Who the caller is. A connection that is for one account refuses another."""
        return str(answer(there.reached)).replace("123456789012", access.account or "123456789012")

    monkeypatch.setattr(caller, "identity", identity)
    monkeypatch.setattr(lookups, "account_summary", lambda _: there.quotas)
    monkeypatch.setattr(caller, "denied", lambda *_: [])
    for name, method in {"user_facts": user_facts, "wanted": wanted, "named_alike": named_alike}.items():
        monkeypatch.setattr(lookups.Lookups, name, method)
    monkeypatch.setattr(lookups.Lookups, "users", lambda _: {})
    monkeypatch.setattr(account, "policy_of", lambda *_: SimpleNamespace(document={}))
    monkeypatch.setattr(account, "keys_of", keys_of)
    monkeypatch.setattr(account, "maker_of", lambda *_: Maker("arn:aws:iam::123456789012:user/her", "console"))
    return there


def ids(report: Report) -> list[str]:
    return [finding.id for finding in report.findings]


def test_of_a_stack_that_is_well_all_is_asked_and_nothing_said(place: Place) -> None:
    assert place.examine() == Report(YOU, (), ())
    assert place.asked == [("user", "site"), ("wanted", "site"), ("alike", ["site"], {"site"})]


def test_a_key_by_hand_is_found_with_who_made_it_and_may_be_named(place: Place) -> None:
    place.keys = (KEY, BY_HAND)
    report = place.examine()
    assert ids(report) == ["key-unknown"]
    assert list(report.keys) == [BY_HAND.id]
    assert "user/her created it, and not with Pulumi" in report.findings[0].remedy
    assert report.findings[0].account == "123456789012"


def test_only_a_finding_of_a_key_names_one_to_remove(place: Place) -> None:
    place.keys = (KEY, BY_HAND)
    place.locks = [locks.Lock("her", None)]
    report = place.examine()
    assert ids(report) == ["stack-locked", "key-unknown"]
    assert list(report.keys) == [BY_HAND.id]


def test_the_keys_of_a_user_of_the_stack_s_own_fill_its_quota(place: Place) -> None:
    place.users = {"site": {"user_name": "site", "key_generation": 2}}
    assert "quota-keys" not in ids(place.examine())
    place.keys = (KEY, BY_HAND)
    assert "quota-keys" in ids(place.examine())


def test_one_user_of_several_is_all_that_is_looked_at(place: Place) -> None:
    place.users = {"site": {}, "blog": {}}
    place.resources = [*user("site"), *user("blog")]
    place.examine(user="blog")
    assert place.asked == [("user", "blog"), ("wanted", "blog")], "and nothing of what others may have left"
    with pytest.raises(S3IOError, match=r"the stack has no user 'shop'\. It has: blog, site"):
        place.examine(user="shop")


def test_a_user_in_another_account_is_not_looked_at(place: Place) -> None:
    place.resources = user("site", "210987654321")
    report = place.examine()
    assert ids(report) == ["other-account"]
    assert [asked for asked in place.asked if asked[0] != "alike"] == []


PENDING = {"urn": "urn:pulumi:t::p::aws:iam/user:User::blog", "type": "aws:iam/user:User", "inputs": {"name": "blog"}}


def test_a_user_that_was_being_made_is_not_looked_up_as_the_stacks(place: Place) -> None:
    place.pending = [{"resource": PENDING, "type": "creating"}]
    assert "update-interrupted" in ids(place.examine())
    assert ("user", "blog") not in place.asked
    # Of a user that is gone and of which the update had only begun a change, nothing is missing.
    place.pending = [{"resource": PENDING, "type": "updating"}]
    place.exists, place.users = False, {"site": {}, "blog": {}}
    assert [f.user for f in place.examine().findings if f.id == "user-missing"] == ["site"]


def test_a_policy_of_the_state_is_not_left_over(place: Place) -> None:
    arn = "arn:aws:iam::123456789012:policy/site-1234567"
    place.resources = [*place.resources, {"urn": "a::b", "type": "aws:iam/policy:Policy", "id": arn}]
    place.examine()
    assert place.asked[-1] == ("alike", ["site"], {"site", arn})


def test_the_users_that_the_next_up_makes_are_counted(place: Place) -> None:
    place.users, place.quotas = {"site": {}, "blog": {}, "shop": {}}, {"UsersQuota": 10, "Users": 9}
    (finding,) = place.examine().findings
    assert finding.sentence == "the stack needs 2 more users, and the account has room for 1"


def test_of_a_program_of_ones_own_the_next_up_is_not_known(place: Place) -> None:
    place.users = {"blog": {}}
    report = place.examine()
    assert report.unknown == (NOT_KNOWN_HERE,)
    assert ("wanted", "blog") not in place.asked


@pytest.mark.parametrize("exists", [True, False])
def test_the_keys_of_a_user_to_adopt_are_asked_for_where_there_is_one(place: Place, exists: bool) -> None:
    place.users, place.resources, place.exists = {"site": {"existing_user": "old"}}, [], exists
    report = place.examine()
    assert (("keys", "old") in place.asked) is exists
    assert ids(report) == ([] if exists else ["user-missing"])


def test_of_a_user_whose_keys_are_known_they_are_not_asked_for_again(place: Place) -> None:
    place.users = {"site": {"user_name": "site"}}
    place.examine()
    assert ("keys", "site") not in place.asked


def test_a_lock_is_a_finding_and_one_that_can_t_be_seen_is_unknown(place: Place) -> None:
    place.locks = [locks.Lock("her", None)]
    assert ids(place.examine()) == ["stack-locked"]
    place.locks = S3IOError("its state is in gs")
    assert place.examine().unknown == ("whether the stack is locked: its state is in gs",)


def test_without_aws_only_a_wrong_profile_is_a_finding(place: Place) -> None:
    place.reached = AwsError("ProfileNotFound", "no such profile")
    report = place.examine()
    assert (report.you, ids(report)) == ("", ["profile-missing"])
    assert report.unknown == ("what AWS has: it can't be asked until that is corrected",)
    assert place.asked == []
    place.reached = AwsError("ExpiredToken", "AWS answered ExpiredToken")
    with pytest.raises(AwsError, match="ExpiredToken"):
        place.examine()
    place.locks = [locks.Lock("her", None)]
    report = place.examine()
    assert (ids(report), len(report.unknown)) == (["stack-locked"], 1), "what was found is said all the same"
    assert report.unknown[0].endswith("AWS answered ExpiredToken")


def test_a_region_that_nothing_sets_is_a_finding(place: Place) -> None:
    place.reached = AwsError("NoRegionError", "no AWS region is set")
    report = place.examine()
    assert ids(report) == ["region-unknown"]
    assert report.unknown == ("what AWS has: it can't be asked until that is corrected",)


def test_secrets_that_pulumi_can_not_decrypt_stand_in_the_way(place: Place) -> None:
    place.opened = S3IOError("the passphrase is not the one of this stack: correct PULUMI_CONFIG_PASSPHRASE")
    assert ids(place.examine()) == [], "Pulumi Cloud has its own encryption"
    place.encrypted = "passphrase"
    (finding,) = place.examine().findings
    assert finding.id == "secrets-locked"
    assert finding.sentence.endswith("here: the passphrase is not the one of this stack")
    assert finding.remedy == "correct PULUMI_CONFIG_PASSPHRASE"
    place.opened = {"secretAccessKey": "x"}
    assert place.examine() == Report(YOU, (), ())


@pytest.mark.parametrize(
    ("config", "policy", "found"),
    [
        pytest.param({"aws:region": "eu-west-1"}, {"Statement": []}, ["config-missing"], id="others"),
        pytest.param({}, None, ["config-missing"], id="none-made"),
        pytest.param({}, s3_policy_document(), [], id="the-defaults"),
        pytest.param({}, s3_policy_document(partition="aws-cn"), [], id="the-defaults-in-china"),
        pytest.param({"s3io-user:access": "none"}, None, [], id="an-input"),
    ],
)
def test_a_config_without_an_input_is_missing_unless_the_stack_has_the_defaults(
    place: Place, config: dict[str, str], policy: Any, found: list[str]
) -> None:
    place.config = config
    if policy:
        own = {"user": "site", "name": "S3Access", "policy": json.dumps(policy)}
        parent = place.resources[0]["urn"]
        place.resources.append(
            {"urn": f"{parent}$p::site", "type": "aws:iam/userPolicy:UserPolicy", "parent": parent, "outputs": own}
        )
    assert ids(place.examine()) == found


def by_customer(account: str) -> list[dict[str, Any]]:
    """A user that a provider of the program's made."""
    own = json.dumps(user("site", account)).replace("default_7_0_0", "customer")
    return [{"urn": "urn:pulumi:t::p::pulumi:providers:aws::customer", "id": "x", "inputs": {"profile": "customer"}},
            *json.loads(own)]  # fmt: skip


def test_a_user_in_another_account_is_examined_as_the_provider_that_made_it(place: Place) -> None:
    place.resources = by_customer("210987654321")
    place.keys = (KEY, BY_HAND)
    seen = Examination(Options(), lambda _: None)
    report = seen.report()
    assert [(f.id, f.key, f.account) for f in report.findings] == [("key-unknown", BY_HAND.id, "210987654321")]
    assert report.accounts == {"210987654321"}
    assert [asked for asked in place.asked if asked[0] == "user"] == [("user", "site")]
    assert report.unknown == ()
    (found,) = report.findings
    assert seen.access_to(found) == Connection(profile="customer", account="210987654321")
    assert seen.access_to(replace(found, account="123456789012")) == Connection("us-east-1", account="123456789012")


def test_it_is_also_where_there_are_no_credentials_of_the_stack_s_own(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.resources, place.keys = by_customer("210987654321"), (KEY, BY_HAND)

    def identity(access: Connection) -> str:
        if access.profile:
            return YOU.replace("123456789012", "210987654321")
        raise AwsError("NoCredentialsError", "there are no AWS credentials")

    monkeypatch.setattr(caller, "identity", identity)
    report = place.examine()
    assert ids(report) == ["key-unknown"]
    assert report.unknown == ("what AWS has in the account of the stack's aws: config: there are no AWS credentials",)


def test_what_can_not_be_asked_in_another_account_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.resources = by_customer("210987654321")

    def identity(access: Connection) -> str:
        if access.profile:
            raise AwsError("OtherAccount", "it is another")
        return YOU

    monkeypatch.setattr(caller, "identity", identity)
    report = place.examine()
    assert report.unknown == ("what AWS has of 'site' in the account 210987654321: it is another",)
    assert ("user", "site") not in place.asked


def test_inputs_are_judged_only_where_the_program_takes_them_from_the_config(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Pulumi.yaml").write_text("name: own\nruntime: python\nmain: program\n")
    Path("program").mkdir()
    place.users, place.fault = {}, "bucketName: is not an input"

    Path("program/__main__.py").write_text("from s3io_user import S3IOUser\n")
    seen = place.examine()
    assert [finding.id for finding in seen.findings] == []
    assert seen.unknown == (NOT_KNOWN_HERE,)

    Path("program/__main__.py").write_text("from s3io_user import S3IOUser, read_setup\n")
    seen = place.examine()
    assert [finding.id for finding in seen.findings] == ["inputs-invalid"]
    assert seen.unknown == ("what the next pulumi up needs: the config has to be corrected first",)


def test_a_quarantine_comes_first_and_knows_the_other_users_and_what_detaches_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
    place.locks = [locks.Lock("her", None)]
    monkeypatch.setattr(
        lookups.Lookups,
        "user_facts",
        lambda _, held, __: UserFacts(held, keys=place.keys, attached=frozenset({arn} if held.user == "site" else ())),
    )
    report = place.examine()
    assert ids(report) == ["quarantined", "stack-locked"]
    assert "--user" not in report.findings[0].remedy.partition(";")[0]
    assert "exclusive" not in report.findings[0].remedy

    place.users = {"site": {"exclusive": True}, "blog": {}}
    place.resources = [*user("site"), *user("blog")]
    remedy = place.examine().findings[0].remedy
    assert remedy.startswith("replace the stack's key now: s3io-user rotate --no-verify --retire-now --user 'site'; ")
    assert "set exclusive to false" in remedy
