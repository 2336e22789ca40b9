"""The ways to give the user its rights, under mocks: adopting, own documents, attached policies, sizes, exclusive."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from s3io_user import InputError, S3IOUser, S3IOUserArgs, s3_policy_document
from s3io_user.aws.connection import Connection
from s3io_user.component import user as component
from s3io_user.iam.user_policies import Permissions
from s3io_user.policy.packing import MANAGED_LIMIT
from s3io_user.testing import Deployment, deploy

USER = "aws:iam/user:User"
INLINE = "aws:iam/userPolicy:UserPolicy"
MANAGED = "aws:iam/policy:Policy"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"
ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
ONLY_ATTACHED = "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive"
ONLY_INLINE = "aws:iam/userPoliciesExclusive:UserPoliciesExclusive"
GET_KEYS = "aws:iam/getAccessKeys:getAccessKeys"
GET_USER = "aws:iam/getUser:getUser"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
OWN = "arn:aws:iam::123456789012:policy/team/Photos"


def make(args: S3IOUserArgs, **more: object) -> Deployment:
    return deploy(lambda: S3IOUser("site", args), config={"aws:region": "eu-west-1"}, **more)  # type: ignore[arg-type]


def many_buckets(count: int) -> list[str]:
    return [f"bucket-{number:04}".ljust(63, "x") for number in range(count)]


def test_an_existing_user_is_looked_up_and_never_made() -> None:
    found = {"arn": "arn:aws:iam::123456789012:user/old/site", "userId": "AIDAOLDEXAMPLE", "userName": "old"}
    calls = {GET_USER: lambda asked: {**found, **asked}, GET_KEYS: lambda asked: {**asked, "accessKeys": []}}
    made = make({"existing_user": "old"}, calls=calls)

    assert made.of(USER) == []
    assert made.one(INLINE).inputs["user"] == "old"
    assert made.one("aws:iam/accessKey:AccessKey").inputs["user"] == "old"
    assert made.outputs["user_arn"].value == found["arn"]
    assert made.outputs["user_unique_id"].value == found["userId"]


def test_an_existing_user_is_read_so_that_the_engine_lets_it_go(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[object, ...]] = []
    found = {"arn": "arn:aws:iam::123456789012:user/old", "userId": "AIDAOLDEXAMPLE"}
    calls = {GET_USER: lambda asked: {**found, **asked}, GET_KEYS: lambda asked: {**asked, "accessKeys": []}}
    get = aws.iam.User.get

    def note(name: str, user: str, opts: pulumi.ResourceOptions) -> aws.iam.User:
        read.append((name, user, getattr(opts.parent, "_name", None)))
        return get(name, user, opts=opts)

    monkeypatch.setattr(aws.iam.User, "get", note)
    make({"existing_user": "old"}, calls=calls)

    # Under the name of the user that the stack may have made before: the engine then owns it no more.
    assert read == [("site", "old", "site")]


def test_an_existing_user_may_be_given_by_its_arn_and_is_then_that_one_alone() -> None:
    def found(account: str) -> Deployment:
        arn = f"arn:aws:iam::{account}:user/old/site"
        user = {"arn": arn, "userId": "AIDAOLDEXAMPLE"}
        calls = {GET_USER: lambda asked: {**user, **asked}, GET_KEYS: lambda asked: {**asked, "accessKeys": []}}
        return make({"existing_user": "arn:aws:iam::123456789012:user/old/site"}, calls=calls)

    assert found("123456789012").one(INLINE).inputs["user"] == "site"
    with pytest.raises(InputError, match=r"existing_user: must be a user of this account .*and here that name is arn"):
        found("210987654321")


@pytest.mark.parametrize(
    "shaping",
    [{"user_name": "x"}, {"path": "/"}, {"tags": {}}, {"permissions_boundary": OWN}, {"force_destroy": False}],
    ids=lambda shaping: next(iter(shaping)),
)
def test_inputs_that_shape_a_new_user_are_refused_beside_an_existing_one(shaping: S3IOUserArgs) -> None:
    with pytest.raises(InputError) as raised:
        make({"existing_user": "old", **shaping})

    assert [name for name, _ in raised.value.faults] == list(shaping)


def test_a_document_of_one_s_own_takes_the_place_of_the_preset() -> None:
    own = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
    made = make({"policy": json.dumps(own, indent=4)})

    assert json.loads(made.one(INLINE).inputs["policy"]) == {**own, "Statement": [own["Statement"]]}
    assert made.outputs["policy_document"].value == made.one(INLINE).inputs["policy"]


@pytest.mark.parametrize("access", ["optimizer", "full"])
def test_a_document_of_one_s_own_does_not_go_with_a_preset(access: str) -> None:
    with pytest.raises(InputError, match="policy: replaces access"):
        make({"policy": json.dumps(s3_policy_document()), "access": access})  # type: ignore[typeddict-item]


def test_further_policies_are_attached_by_a_name_that_depends_on_their_arn_alone() -> None:
    made = make({"policy_arns": [OWN, READ_ONLY, OWN]})

    assert {a.name: a.inputs["policyArn"] for a in made.of(ATTACHMENT)} == {
        "site-123456789012-team/Photos": OWN,
        "site-AmazonS3ReadOnlyAccess": READ_ONLY,
    }


def test_a_policy_arn_that_is_not_known_is_refused() -> None:
    def program() -> S3IOUser:
        return S3IOUser("site", {"policy_arns": [pulumi.Output.from_input(OWN)]})  # type: ignore[list-item]

    with pytest.raises(InputError, match="policy_arns: must be known in advance: attach"):
        deploy(program)


@pytest.mark.parametrize(
    ("buckets", "kind", "inline", "managed"),
    [
        pytest.param(11, "auto", 1, 0, id="fits-inline"),
        pytest.param(12, "auto", 0, 1, id="one-too-many-for-inline"),
        pytest.param(60, "auto", 0, 2, id="two-managed"),
        pytest.param(1, "managed", 0, 1, id="managed-when-told"),
        pytest.param(1, "inline", 1, 0, id="inline-when-told"),
    ],
)
def test_the_document_goes_into_as_few_policies_as_hold_it(buckets: int, kind: str, inline: int, managed: int) -> None:
    args: S3IOUserArgs = {"access": "optimizer", "buckets": many_buckets(buckets), "policy_type": kind}  # type: ignore[typeddict-item]
    made = make(args)

    assert (len(made.of(INLINE)), len(made.of(MANAGED)), len(made.of(ATTACHMENT))) == (inline, managed, managed)
    assert all(len(policy.inputs["policy"]) <= MANAGED_LIMIT for policy in made.of(MANAGED))
    assert json.loads(str(made.outputs["policy_document"].value)) == s3_policy_document(
        many_buckets(buckets), access="optimizer"
    )


def test_further_policies_of_one_component_do_not_take_the_name_of_another_s() -> None:
    def program() -> None:
        for name in ("site", "site-2"):
            S3IOUser(name, {"access": "optimizer", "buckets": many_buckets(60)})  # type: ignore[typeddict-item]

    urns = [policy.urn for policy in deploy(program, config={"aws:region": "eu-west-1"}).of(MANAGED)]

    assert len(urns) == len(set(urns)) == 4


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        pytest.param(
            {"buckets": many_buckets(12), "policy_type": "inline"},
            "policy_type: inline policies of one user can have 2,048",
            id="inline",
        ),
        pytest.param(
            {"buckets": many_buckets(400)},
            "buckets: the policy has .* needs 11 managed policies .* room for 10 of 10",
            id="managed",
        ),
        pytest.param({"policy": "{}"}, "policy: line 1: Version must be", id="own"),
        pytest.param({"policy_arns": ["x"]}, "policy_arns: must be a policy's ARN", id="arn"),
    ],
)
def test_what_the_quotas_do_not_hold_is_one_sentence(args: S3IOUserArgs, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        make({"access": "optimizer", **args} if "buckets" in args else args)


def test_buckets_made_in_the_same_program_are_planned_for_before_their_names_are_known() -> None:
    def program() -> S3IOUser:
        known_late = [pulumi.Output.from_input(name) for name in many_buckets(60)]
        return S3IOUser("site", {"access": "optimizer", "buckets": known_late})  # type: ignore[typeddict-item]

    made = deploy(program, config={"aws:region": "eu-west-1"})
    said = [statement for policy in made.of(MANAGED) for statement in json.loads(policy.inputs["policy"])["Statement"]]

    named = {resource for statement in said for resource in statement["Resource"]}
    assert named == {f"arn:aws:s3:::{name}{end}" for name in many_buckets(60) for end in ("", "/*")}


@pytest.mark.parametrize(
    ("args", "attached", "inline"),
    [
        pytest.param({}, [], ["S3Access"], id="inline"),
        pytest.param({"policy_name": "Photos"}, [], ["Photos"], id="named"),
        pytest.param({"access": "full"}, ["arn:aws:iam::aws:policy/AmazonS3FullAccess"], [], id="full"),
        pytest.param({"access": "none", "policy_arns": [READ_ONLY]}, [READ_ONLY], [], id="attached"),
        pytest.param(
            {"policy_type": "managed", "policy_arns": [READ_ONLY]},
            ["arn:aws:iam::123456789012:policy/site", READ_ONLY],
            [],
            id="managed",
        ),
        pytest.param({"access": "none"}, [], [], id="nothing"),
    ],
)
def test_exclusive_declares_exactly_what_is_there(args: S3IOUserArgs, attached: list[str], inline: list[str]) -> None:
    made = make({"exclusive": True, **args})

    assert made.one(ONLY_ATTACHED).inputs == {"userName": "site-1234567", "policyArns": attached}
    assert made.one(ONLY_INLINE).inputs == {"userName": "site-1234567", "policyNames": inline}
    given = [made_one.urn for kind in (INLINE, ATTACHMENT) for made_one in made.of(kind)]
    assert set(given) <= set(made.one(ONLY_ATTACHED).request.dependencies)


def test_without_exclusive_foreign_attachments_are_left_alone() -> None:
    made = make({})

    assert made.of(ONLY_ATTACHED) == made.of(ONLY_INLINE) == []


ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def _document(action: str, effect: str = "Allow", resource: str = "*") -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": action, "Resource": resource}}


@pytest.mark.parametrize(
    ("attached", "document", "warned"),
    [
        ((ADMINISTRATOR,), None, ADMINISTRATOR),
        ((ADMINISTRATOR.replace(":aws:", ":aws-cn:", 1),), None, "AdministratorAccess"),
        ((), _document("*"), "own"),
        ((), _document("IAM:*"), "own"),
        ((READ_ONLY, OWN), _document("s3:*"), ""),
        ((), _document("*", effect="Deny"), ""),
        ((), _document("*", resource="arn:aws:s3:::photos"), ""),
    ],
)
def test_a_copied_administrator_is_a_warning(
    attached: tuple[str, ...], document: dict[str, object] | None, warned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda sentence, *_: said.append(sentence))
    found = Permissions((), attached, {"own": document} if document else {}, None)
    monkeypatch.setattr(component, "read_permissions", lambda *_: found)
    make({"copy_permissions_from": "boss"})

    assert [warned in sentence and "administrator of the account" in sentence for sentence in said] == [True] * bool(
        warned
    )


def test_the_quarantine_of_another_user_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda sentence, *_: said.append(sentence))
    quarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
    monkeypatch.setattr(component, "read_permissions", lambda *_: Permissions(attached=(quarantine, READ_ONLY)))
    made = make({"copy_permissions_from": "leaky"})

    assert [each.inputs["policyArn"] for each in made.of(ATTACHMENT)] == [READ_ONLY]
    assert ["leaky" in sentence and "quarantined this user" in sentence for sentence in said] == [True]


def test_groups_that_are_known_late_count_too() -> None:
    def program() -> S3IOUser:
        return S3IOUser("site", {"groups": pulumi.Output.from_input([f"g{number}" for number in range(11)])})

    with pytest.raises(InputError, match="groups: a user can be in at most 10 groups"):
        deploy(program)


def test_full_access_beside_ten_policies_is_refused_before_anything_is_made() -> None:
    arns = [f"{OWN}{number}" for number in range(10)]
    with pytest.raises(InputError, match="policy_arns: beside the AmazonS3FullAccess"):
        make({"access": "full", "policy_arns": arns})  # type: ignore[typeddict-item]


def test_what_another_user_has_is_copied_beside_what_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Permissions(("editors", "team"), (READ_ONLY,), {"own": _document("s3:GetObject")}, None)
    monkeypatch.setattr(component, "read_permissions", lambda *_: copied)
    made = make({"copy_permissions_from": "other", "groups": ["photos", "editors"], "access": "none"})  # type: ignore[typeddict-item]

    assert made.one(MEMBERSHIP).inputs["groups"] == ["photos", "editors", "team"]
    assert made.one(ATTACHMENT).inputs["policyArn"] == READ_ONLY
    assert made.one(INLINE).inputs["name"] == "own"
    assert json.loads(made.one(INLINE).inputs["policy"]) == _document("s3:GetObject")


def test_groups_declared_late_and_copied_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Permissions(tuple(f"copied{number}" for number in range(6)), (), {}, None)
    monkeypatch.setattr(component, "read_permissions", lambda *_: copied)

    def program() -> S3IOUser:
        late = pulumi.Output.from_input([f"g{number}" for number in range(6)])
        return S3IOUser("site", {"groups": late, "copy_permissions_from": "other"})

    with pytest.raises(InputError, match=r"groups: a user can be in 10 groups \(here 12\)"):
        deploy(program)


def test_keys_of_an_adopted_user_that_the_stack_does_not_hold_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda sentence, *_: said.append(sentence))
    user = {"arn": "arn:aws:iam::123456789012:user/old", "userId": "AIDAOLDEXAMPLE"}
    held = {"site-a": "AKIACURRENTEXAMPLE", "site-b": "AKIAPREVIOUSEXAMPLE"}
    calls = {
        GET_USER: lambda asked: {**user, **asked},
        GET_KEYS: lambda asked: {
            **asked,
            "accessKeys": [{"accessKeyId": key} for key in (*held.values(), "AKIABYHANDEXAMPLE")],
        },
    }
    answers = {"aws:iam/accessKey:AccessKey": lambda name, inputs: {"id": held[name], "secret": "s"}}
    args: S3IOUserArgs = {"existing_user": "old", "key_generation": 2, "previous_key": "active"}  # type: ignore[typeddict-item]
    make({**args, "access": "optimizer"}, calls=calls, resources=answers)  # type: ignore[typeddict-item]

    assert said == ["the user 'old' has AKIABYHANDEXAMPLE, which this stack does not hold. AWS allows two access keys"]


def test_only_a_name_that_no_new_bucket_can_have_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda sentence, *_: warned.append(sentence))
    make({"buckets": ["photos", "Old_Photos"]})

    assert warned == ["buckets: only an old bucket in us-east-1 can be named 'Old_Photos'"]


def test_a_copy_s_characters_count_when_the_document_is_known_late(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Permissions((), (), {"own": _document("s3:" + "x" * 1900)}, None)
    monkeypatch.setattr(component, "read_permissions", lambda *_: copied)

    def program() -> S3IOUser:
        late = [pulumi.Output.from_input("photos")]
        return S3IOUser("site", {"access": "optimizer", "buckets": late, "copy_permissions_from": "other"})  # type: ignore[typeddict-item]

    made = deploy(program, config={"aws:region": "eu-west-1"})
    assert [policy.inputs["name"] for policy in made.of(INLINE)] == ["own"]
    assert "arn:aws:s3:::photos" in made.one(MANAGED).inputs["policy"]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("own_provider", [False, True])
def test_copying_reads_as_the_component_s_provider_does(
    own_provider: bool, preview: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def program() -> S3IOUser:
        provider = aws.Provider("customer", region="eu-west-1", profile="customer") if own_provider else None
        return S3IOUser("site", {"copy_permissions_from": "other"}, pulumi.ResourceOptions(provider=provider))

    def permissions_of(access: Connection, user: str) -> Permissions:
        return Permissions((f"{access.profile}-{user}",), (), {}, None)

    monkeypatch.setattr("s3io_user.aws.users.permissions_of", permissions_of)
    made = deploy(program, preview=preview, config={"aws:region": "eu-west-1", "aws:profile": "ours"})
    assert made.one(MEMBERSHIP).inputs["groups"] == ["customer-other" if own_provider else "ours-other"]


def test_what_a_provider_s_settings_do_not_tell_is_said_before_anything_is_made() -> None:
    made: list[Any] = []

    def program() -> S3IOUser:
        provider = aws.Provider("customer", region="eu-west-1", shared_credentials_files=["theirs"])
        return S3IOUser("site", {"copy_permissions_from": "other"}, pulumi.ResourceOptions(provider=provider))

    said = "copy_permissions_from: the provider 'customer': sharedCredentialsFiles: s3io-user can't use this setting"
    with pytest.raises(InputError, match=said):
        deploy(program, config={"aws:region": "eu-west-1"}, resources={USER: lambda *about: made.append(about) or {}})
    assert made == []


def test_a_copied_policy_is_kept_by_exclusive_and_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Permissions((), (), {"own": _document("s3:GetObject")}, None)
    monkeypatch.setattr(component, "read_permissions", lambda *_: copied)
    made = make({"copy_permissions_from": "other", "access": "none", "exclusive": True})  # type: ignore[typeddict-item]
    policy = made.one(INLINE)

    assert made.one(ONLY_INLINE).inputs["policyNames"] == ["own"]
    assert policy.urn in made.one(ONLY_INLINE).request.dependencies
    assert policy.urn in made.one("aws:iam/accessKey:AccessKey").request.dependencies
