"""One stack as `fleet` gathers it: what AWS and doctor say of each user, and what could not be looked at."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from s3io_user import s3_policy_document, tokens
from s3io_user.aws.users import KeyInfo
from s3io_user.doctor import examination
from s3io_user.doctor.examination import Report
from s3io_user.doctor.facts import Finding, UserFacts
from s3io_user.errors import S3IOError
from s3io_user.fleet.facts import Due, FleetStack
from s3io_user.fleet.gather import Options, gather
from s3io_user.fleet.inventory import stack_users
from s3io_user.fleet.places import Place
from s3io_user.inputs import project
from s3io_user.inputs.checks import resolve
from s3io_user.keys import schedule
from s3io_user.policy.self_service import self_service_document
from s3io_user.stack.state import in_account, user_states
from tests.unit.fleet.states import component, exported, key_id

NOW = datetime.now(timezone.utc)
OURS, THEIRS = "123456789012", "210987654321"
YOU = f"arn:aws:iam::{OURS}:user/you"
Gathered = Callable[..., FleetStack]


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> Gathered:
    """Gathers a stack of these resources, with what doctor reports of it and the inputs of its users."""

    def run(
        *resources: dict[str, Any],
        findings: tuple[Finding, ...] = (),
        fault: str | None = None,
        users: Mapping[str, Any] | None = None,
        facts: bool = True,
        denied: str | None = None,
        accounts: tuple[str, ...] = ("123456789012",),
        **options: Any,
    ) -> FleetStack:
        state = exported(*resources)
        keys = (KeyInfo(key_id("blog"), "Active", NOW - timedelta(days=40), None),)
        nothing: frozenset[str] = frozenset()
        seen_of_it: dict[str, Any] = {"attached": nothing, "inline": nothing, "groups": nothing, "console": False}
        seen_of_it |= {denied: None} if denied else {}
        looked_up = {user.account: in_account(state, str(user.account)) for user in stack_users(state) if facts}
        seen = {
            (str(account), held.user): UserFacts(held, keys=keys, **seen_of_it)
            for account, own in looked_up.items()
            if account in accounts
            for held in user_states(own)
        }

        if stack_users(state) and not accounts:  # as doctor does where the state does not say the account
            seen = {(OURS, held.user): UserFacts(held, keys=keys, **seen_of_it) for held in user_states(state)}

        def examine(asked: examination.Options, progress: object, exported: Mapping[str, Any]) -> Report:
            if fault:
                raise S3IOError(fault)
            assert exported is state, "read once"
            inputs = {name: resolve(given) for name, given in (users or {}).items()}
            return Report(YOU, findings, ("who made a key",), users=seen, inputs=inputs)

        monkeypatch.setattr(project, "read_export", lambda *_: state)
        monkeypatch.setattr(examination, "examine", examine)
        return gather(Place("prod"), Options(**options), lambda _: None)

    return run


def test_keys_dangers_and_findings_are_each_user_s(gathered: Gathered) -> None:
    about, account = Finding("key-unused", "blog-user", "", "", account=OURS), Finding("stack-locked", "", "", "")
    stack = gathered(*component("blog"), findings=(about, account))
    (user,) = stack.users

    assert (stack.stack, stack.findings, stack.not_looked_at) == ("prod", (account,), ("who made a key",))
    assert (user.findings, user.dangers, user.due, user.not_looked_at) == ((about,), (), Due(), ())
    assert user.keys[0].in_aws
    assert stack.every_finding == (account, about)


def test_full_access_is_dangerous(gathered: Gathered) -> None:
    resources = component("blog", outputs={"policyDocument": None})
    arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    attachment = {"user": "blog-user", "policyArn": arn}
    resources.append({"urn": "a", "type": tokens.ATTACHMENT, "parent": resources[0]["urn"], "outputs": attachment})
    (user,) = gathered(*resources).users

    assert user.dangers is not None
    assert "s3:DeleteBucket" in user.dangers
    assert user.not_looked_at == ()


def test_what_a_user_has_beside_the_stack_s_policy_is_named_as_not_looked_at(gathered: Gathered) -> None:
    resources = component("blog")
    group = {"user": "blog-user", "groups": ["editors"]}
    resources.append({"urn": "g", "type": tokens.MEMBERSHIP, "parent": resources[0]["urn"], "outputs": group})
    (user,) = gathered(*resources).users

    assert user.not_looked_at == ("what is dangerous beside the stack's own policy: the group editors",)


def _inline(component: dict[str, Any], name: str, document: dict[str, Any]) -> dict[str, Any]:
    """An inline policy, as a program's own component has it in the state."""
    outputs = {"user": "blog-user", "name": f"{name}-1a2b3c4", "policy": json.dumps(document)}
    urn = f"{component['urn']}${tokens.INLINE_POLICY}::{name}"
    return {"urn": urn, "type": tokens.INLINE_POLICY, "parent": component["urn"], "outputs": outputs}


def test_the_policy_of_a_program_s_component_is_its_own_and_self_service_is_looked_at(gathered: Gathered) -> None:
    resources = component("blog", outputs={"policyDocument": None})
    resources.append(_inline(resources[0], "blog", s3_policy_document(["photos"], access="optimizer")))
    assert gathered(*resources).users[0].not_looked_at == ()
    assert gathered(*resources).users[0].dangers == ()

    upkeep = self_service_document([], "arn:aws:iam::123456789012:user/blog-user")
    resources.append(_inline(resources[0], "blog-self-service", upkeep))
    (user,) = gathered(*resources).users
    assert (user.user.access, user.not_looked_at) == ("optimizer", ())
    assert user.dangers == tuple(f"iam:{verb}AccessKey" for verb in ("Create", "Delete", "Update"))


def test_a_policy_that_the_state_hides_is_not_without_dangers(gathered: Gathered) -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    (user,) = gathered(*component("blog", outputs={"policyDocument": secret})).users

    assert user.dangers is None
    assert user.not_looked_at == ("its permissions: the state does not show its policy",)


def test_a_policy_that_can_t_be_read_is_said_in_one_line(gathered: Gathered) -> None:
    document = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "ключ"}] * 2})
    (user,) = gathered(*component("blog", outputs={"policyDocument": document})).users

    assert user.dangers is None
    (sentence,) = user.not_looked_at
    assert ("; " in sentence, "\n" in sentence) == (True, False)


def test_without_aws_there_is_what_the_state_says_and_the_reason(gathered: Gathered) -> None:
    stack = gathered(*component("blog"), fault="the passphrase is wrong")
    (user,) = stack.users

    assert (stack.findings, stack.is_seen) == (None, False)
    assert stack.not_looked_at == ("the keys in AWS, and what doctor finds: the passphrase is wrong",)
    assert (user.findings, user.dangers, user.keys[0].in_aws) == (None, (), None)


def test_a_user_in_another_account_is_told_where_doctor_examined_it_there(gathered: Gathered) -> None:
    (user,) = gathered(*component("blog", "210987654321"), accounts=("210987654321",)).users
    assert (user.findings, user.keys[0].in_aws, user.not_looked_at) == ((), True, ())

    (user,) = gathered(*component("blog", "210987654321")).users
    assert (user.findings, user.keys[0].in_aws) == (None, None)
    assert user.not_looked_at == ("its keys in the account 210987654321, and what doctor finds",)


def test_of_two_users_of_one_name_in_two_accounts_each_has_its_own_findings(gathered: Gathered) -> None:
    theirs = component("shop", THEIRS, outputs={"userName": "blog-user"})
    theirs[1]["outputs"]["name"] = "blog-user"
    found = tuple(Finding(id_, "blog-user", "", "", account=of) for id_, of in (("key-unused", OURS), ("last", THEIRS)))
    stack = gathered(*component("blog"), *theirs, findings=found, accounts=(OURS, THEIRS))

    assert [user.findings for user in stack.users] == [found[:1], found[1:]]
    assert (stack.findings, stack.every_finding, stack.accounts) == ((), found, {OURS, THEIRS})


def test_a_user_that_there_was_no_time_for_is_named(gathered: Gathered) -> None:
    (user,) = gathered(*component("blog"), facts=False).users

    assert (user.findings, user.not_looked_at) == (None, ("its keys, and what doctor finds",))


@pytest.mark.parametrize(
    ("denied", "what"), [("attached", "its permissions in AWS"), ("console", "whether it has a password")]
)
def test_a_user_of_which_not_all_was_seen_is_not_said_to_have_no_finding(
    gathered: Gathered, denied: str, what: str
) -> None:
    stack = gathered(*component("blog"), denied=denied)
    assert (stack.users[0].findings, stack.users[0].not_looked_at, stack.is_seen) == (None, (what,), False)
    unused = Finding("key-unused", "blog-user", "", "", account=OURS)
    stack = gathered(*component("blog"), denied=denied, findings=(unused,))
    assert (stack.users[0].findings, stack.users[0].not_looked_at) == ((unused,), (what,))


def test_a_user_whose_account_the_state_does_not_say_is_where_doctor_looked_for_it(gathered: Gathered) -> None:
    adopted, _, key = component("blog", inputs={"existingUser": "blog-user"}, outputs={"userArn": None})
    (user,) = gathered(adopted, key, accounts=()).users
    assert (user.user.account, user.findings, user.keys[0].in_aws) == (None, (), True)


def test_a_user_that_an_update_has_not_made_yet_has_nothing_to_look_at(gathered: Gathered) -> None:
    stack = gathered(component("blog", outputs={"userName": None, "keyGeneration": None})[0], facts=False)
    assert (stack.users[0].findings, stack.users[0].not_looked_at[1:], stack.is_seen) == ((), (), True)


def test_a_stack_without_our_component_is_not_examined(gathered: Gathered) -> None:
    stack = gathered({"urn": "u", "type": tokens.USER, "outputs": {"name": "x"}}, fault="nobody asks")

    assert (stack.users, stack.findings, stack.is_seen) == ((), (), True)


def test_the_calendar_of_the_config_says_what_is_due(gathered: Gathered) -> None:
    first = schedule.today() - timedelta(days=31)
    inputs = {"rotate_every_days": 30, "rotate_from": first.isoformat()}
    state = component("blog", inputs={"rotateEveryDays": 30, "keyGeneration": 1}, outputs={"rotateEveryDays": 30})
    (user,) = gathered(*state, users={"blog": inputs}).users
    assert user.due == Due(first + timedelta(days=30), now=True)

    inputs["rotate_from"] = (schedule.today() - timedelta(days=10)).isoformat()
    (user,) = gathered(*state, users={"blog": inputs}).users
    assert user.due == Due(schedule.today() + timedelta(days=20))
    (user,) = gathered(*state, users={"blog": inputs}, older_than=30).users
    assert user.due == Due((NOW - timedelta(days=10)).date(), now=True), "the key is forty days old"


def test_a_program_of_one_s_own_is_due_by_the_age_of_its_key(gathered: Gathered) -> None:
    (user,) = gathered(*component("blog", inputs={"rotateEveryDays": 60}), users={"other": {}}).users

    assert user.due == Due((NOW + timedelta(days=20)).date())
