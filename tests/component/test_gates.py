"""What must be refused before anything is touched, under mocks: which hooks there are, and what they know."""

import itertools
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pulumi
import pulumi_aws
import pytest

from s3io_user import S3IOUser, S3IOUserArgs
from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection
from s3io_user.component import user
from s3io_user.iam.user_policies import Permissions
from s3io_user.keys.changes import Step, digest, step_inputs
from s3io_user.keys.slots import PreviousKey
from s3io_user.testing import Deployment, deploy

COMPONENT = "s3io-user:index:S3IOUser"
USER = "aws:iam/user:User"
INLINE = "aws:iam/userPolicy:UserPolicy"
MANAGED = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"
BOUNDARY = "arn:aws:iam::123456789012:policy/team/Boundary"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
CALLS = {
    "aws:iam/getUser:getUser": lambda asked: {
        "arn": "arn:aws:iam::123456789012:user/old",
        "userId": "AIDAOLDEXAMPLE",
        "userName": "old",
    },
    "aws:iam/getAccessKeys:getAccessKeys": lambda asked: {**asked, "accessKeys": []},
}


def make(args: S3IOUserArgs) -> Deployment:
    return deploy(lambda: S3IOUser("site", args), config={"aws:region": "eu-west-1"}, calls=CALLS)


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """The hooks that are made: whether each runs in a preview too, by its name."""
    made: dict[str, bool] = {}
    original = pulumi.ResourceHook.__init__

    def note(self: pulumi.ResourceHook, name: str, func: Any, opts: pulumi.ResourceHookOptions | None = None) -> None:
        made[name] = bool(opts and opts.on_dry_run)
        original(self, name, func, opts)

    monkeypatch.setattr(pulumi.ResourceHook, "__init__", note)
    return made


def test_every_gate_runs_in_a_preview_too(hooks: dict[str, bool]) -> None:
    everything: S3IOUserArgs = {"existing_user": "old", "policy_arns": [READ_ONLY], "groups": ["editors"]}
    made = make(everything)
    request = made.one(COMPONENT).request.hooks

    adoption = "existingUser"
    assert list(request.before_update) == ["keyGeneration", "userName", adoption]
    assert list(request.before_create) == [adoption]
    assert set(hooks) == {*request.before_update, "what the user has"}
    assert all(hooks.values())
    request = make({}).one(COMPONENT).request.hooks
    assert (list(request.before_create), list(request.before_update)) == ([], ["keyGeneration", "userName"])
    assert hooks["the user"]


def test_what_an_adopted_user_may_have_already_is_asked_before_it_is_given() -> None:
    made = make({"existing_user": "old", "policy_arns": [READ_ONLY], "groups": ["editors"], "policy_name": "Photos"})

    for token in (INLINE, ATTACHMENT, MEMBERSHIP):
        request = made.one(token).request.hooks
        assert list(request.before_create) == list(request.before_update) == ["what the user has"], token


def test_of_a_user_of_the_stack_s_own_nothing_is_asked() -> None:
    made = make({"policy_arns": [READ_ONLY], "groups": ["editors"]})

    assert not any(made.one(token).request.hooks.before_create for token in (INLINE, ATTACHMENT, MEMBERSHIP))


def test_an_adopted_user_s_policy_gets_a_name_of_its_own_where_none_is_given() -> None:
    assert "name" not in make({"existing_user": "old"}).one(INLINE).inputs
    assert make({"existing_user": "old", "policy_name": "Photos"}).one(INLINE).inputs["name"] == "Photos"
    assert make({}).one(INLINE).inputs["name"] == "S3Access"


def test_a_name_that_is_unique_can_not_be_taken() -> None:
    assert not make({"existing_user": "old"}).one(INLINE).request.hooks.before_create


def adopt(policy: str, reached: list[Any], **settings: Any) -> None:
    """Run the gate of a policy ``Photos`` for an adopted user that has ``policy``, by a provider of these settings."""
    hooks: list[Any] = []
    made = pulumi.ResourceHook.__init__

    class Iam:
        def get_user_policy(self, UserName: str, PolicyName: str) -> Any:  # noqa: N803  # as boto3 names them
            if policy != PolicyName:
                raise AwsError("NoSuchEntity", "it does not exist")
            return {}

    def client(self: Connection, service: str) -> Iam:
        reached.append((self.profile, service))
        return Iam()

    def note(self: pulumi.ResourceHook, name: str, func: Any, opts: Any = None) -> None:
        hooks.extend([func] if name.startswith("what the user has") else [])
        made(self, name, func, opts)

    async def program() -> None:
        options = pulumi.ResourceOptions(provider=pulumi_aws.Provider("customer", region="eu-west-1", **settings))
        S3IOUser("site", {"existing_user": "old", "policy_name": "Photos"}, options)
        await hooks[0](SimpleNamespace(type=INLINE, old_inputs={}, new_inputs={"user": "old", "name": "Photos"}))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi.ResourceHook, "__init__", note)
        patch.setattr(Connection, "client", client)
        deploy(program, config={"aws:region": "eu-west-1", "aws:profile": "ours"}, calls=CALLS)


def test_what_an_adopted_user_has_is_asked_as_the_component_s_provider_does() -> None:
    reached: list[Any] = []
    adopt("another", reached, profile="customer")
    with pytest.raises(
        ValueError, match="the user 'old' has an inline policy 'Photos' already, and this stack did not"
    ):
        adopt("Photos", reached, profile="customer")
    assert reached == [("customer", "iam")] * 2


def test_where_that_can_not_be_asked_nothing_is_given() -> None:
    reached: list[Any] = []
    said = "can't look at what the user 'old' has already: the provider 'customer': sharedConfigFiles: s3io-user can't"
    with pytest.raises(ValueError, match=said):
        adopt("another", reached, shared_config_files=["theirs"])
    assert reached == []


def test_the_component_keeps_what_the_gates_compare() -> None:
    assert make({"user_name": "site"}).one(COMPONENT).inputs == {
        "keyGeneration": 1,
        "previousKey": "removed",
        "userName": "site",
    }
    args: S3IOUserArgs = {"existing_user": "old", "rotate_every_days": 30, "rotate_from": "2026-01-01"}
    kept = make({**args, "create_access_key": False}).one(COMPONENT).inputs
    assert {name: kept.get(name) for name in ("existingUser", "rotateEveryDays", "createAccessKey", "userName")} == {
        "existingUser": "old",
        "rotateEveryDays": 30,
        "createAccessKey": False,
        "userName": None,
    }


def test_a_copied_boundary_bounds_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Permissions((), (), {}, BOUNDARY)
    monkeypatch.setattr(user, "read_permissions", lambda parent, source: copied)

    assert make({"copy_permissions_from": "other"}).one(USER).inputs["permissionsBoundary"] == BOUNDARY
    own = BOUNDARY + "Own"
    made = make({"copy_permissions_from": "other", "permissions_boundary": own})
    assert made.one(USER).inputs["permissionsBoundary"] == own


def test_each_managed_policy_waits_for_the_one_before() -> None:
    made = make({"buckets": [f"bucket-{number:04}".ljust(63, "x") for number in range(120)]})
    policies = made.of(MANAGED)

    assert len(policies) > 2
    for before, after in itertools.pairwise(policies):
        assert before.urn in after.request.dependencies


def in_state(kind: str = "", **outputs: Any) -> dict[str, Any]:
    """The engine's answer about the state: none, or a component ``one`` without outputs and its child."""
    start = f"urn:pulumi:stack::project::{COMPONENT}"
    child = {f"{start}${kind}::one": {"type": kind, "outputs": outputs}, f"{start}::one": {"type": COMPONENT}}
    return {"outputs": child if kind else {}}


@pytest.mark.parametrize(
    ("before", "named", "first"),
    [("Old", "Photos", True), ("Photos", "Photos", False), ("old-1234567", None, False), (None, "Photos", False)],
)
def test_an_adopted_user_s_policy_is_replaced_before_the_old_one_goes(
    before: str | None, named: str | None, first: bool
) -> None:
    """The provider deletes first what has a name, and then a refusal of the new name would leave the user without.

    A replacement of the same name (``--target-replace``) must be deleted first, as the provider does.
    """
    args: S3IOUserArgs = {"existing_user": "old"}
    if named:
        args["policy_name"] = named
    state = in_state(INLINE, name=before) if before else in_state()
    calls = {**CALLS, "pulumi:pulumi:readStackResourceOutputs": lambda asked: state}
    made = deploy(lambda: S3IOUser("one", args), config={"aws:region": "eu-west-1"}, calls=calls)
    request = made.one(INLINE).request
    assert (request.deleteBeforeReplaceDefined, request.deleteBeforeReplace) == (first, False)


def test_a_user_that_this_update_has_replaced_already_is_not_adopted() -> None:
    """The state then no longer shows the user that the engine deletes at the end; the one before the update does."""
    hooks: list[Any] = []
    made = pulumi.ResourceHook.__init__
    arn = "arn:aws:iam::123456789012:user/old"
    answers = iter([in_state(USER, name="old", arn=arn, forceDestroy=True), in_state()])

    def note(self: pulumi.ResourceHook, name: str, func: Any, opts: Any = None) -> None:
        hooks.extend([func] if name.startswith("existingUser") else [])
        made(self, name, func, opts)

    async def program() -> None:
        S3IOUser("two", {"existing_user": "old"})
        urn = f"urn:pulumi:stack::project::{COMPONENT}::two"
        await hooks[0](SimpleNamespace(urn=urn, name="two", old_inputs={}, new_inputs={"existingUser": "old"}))

    calls = {**CALLS, "pulumi:pulumi:readStackResourceOutputs": lambda asked: next(answers)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi.ResourceHook, "__init__", note)
        with pytest.raises(ValueError, match="this stack created the user 'old' as 'one'"):
            deploy(program, config={"aws:region": "eu-west-1"}, calls=calls)
    assert not list(answers)


KEY = "aws:iam/accessKey:AccessKey"
PGP = "keybase:example"


@pytest.mark.parametrize(
    ("made_with", "old", "new", "said"),
    [
        pytest.param(None, (1, None), (1, PGP), "leave pgpKey as it was, or also set keyGeneration to 2", id="set"),
        pytest.param(PGP, (1, PGP), (1, None), "leave pgpKey as it was, or also set keyGeneration to 2", id="unset"),
        pytest.param(None, (2, PGP), (1, PGP), "leave pgpKey as it was, or also set keyGeneration to 2", id="back"),
        pytest.param(None, (2, PGP), (1, None), None, id="all-taken-back"),
        pytest.param(PGP, (1, None), (1, PGP), None, id="kept-by-no-earlier-version"),
        pytest.param(None, (1, None), (2, PGP), None, id="with-the-generation"),
    ],
)
def test_a_pgp_key_that_would_replace_the_key_in_use_is_refused(
    made_with: str | None, old: tuple[int, str | None], new: tuple[int, str | None], said: str | None
) -> None:
    """The provider replaces a key for it, and its slot is empty before it is filled."""
    hooks: list[Any] = []
    made = pulumi.ResourceHook.__init__
    urn = f"urn:pulumi:stack::project::{COMPONENT}"
    outputs = {} if made_with is None else {"pgpKey": made_with}
    state = {"outputs": {f"{urn}${KEY}::one-b": {"type": KEY, "outputs": outputs}}}

    def note(self: pulumi.ResourceHook, name: str, func: Any, opts: Any = None) -> None:
        hooks.extend([func] if name.startswith("keyGeneration") else [])
        made(self, name, func, opts)

    def kept(generation: int, pgp_key: str | None) -> dict[str, Any]:
        return step_inputs(Step(generation, PreviousKey.REMOVED, pgp_key=digest(pgp_key)))

    async def program() -> None:
        S3IOUser("one", {})
        finished = {} if old[0] > new[0] else kept(*old)
        change = {"old_inputs": kept(*old), "new_inputs": kept(*new), "old_outputs": finished}
        await hooks[0](SimpleNamespace(urn=f"{urn}::one", name="one", **change))

    calls = {**CALLS, "pulumi:pulumi:readStackResourceOutputs": lambda asked: state}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi.ResourceHook, "__init__", note)
        with pytest.raises(ValueError, match=said) if said else nullcontext():
            deploy(program, config={"aws:region": "eu-west-1"}, calls=calls)
