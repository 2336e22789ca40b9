"""All that bears on a user: read whole, bounded, and what was not read or not meant is never passed over."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from s3io_user import s3_policy_document
from s3io_user.aws.answers import AwsError
from s3io_user.errors import S3IOError
from s3io_user.explain import Explanation, explain, services
from s3io_user.explain.actions import catalogue
from s3io_user.explain.decide import Verdict
from s3io_user.explain.reader import read_policies
from s3io_user.explain.stack import of_stack
from s3io_user.iam.buckets import Bucket
from s3io_user.iam.user_policies import UserPolicies
from s3io_user.inputs import project
from s3io_user.inputs.checks import resolve
from s3io_user.inputs.fields import Inputs
from s3io_user.policy.self_service import self_service_document
from s3io_user.stack import project_file, pulumi_cli
from s3io_user.stack.declared import declared
from s3io_user.stack.state import user_states
from s3io_user.verify.beyond import beyond
from s3io_user.verify.expected import BEYOND, Check, Rights, expectations, of_policies, proves, unproved
from s3io_user.verify.stack import _rights
from tests.unit.fake_iam import FakeIam, arn, reaching


def document(*actions: str, on: str = "*", effect: str = "Allow") -> dict[str, Any]:
    statement = {"Effect": effect, "Action": list(actions), "Resource": on}
    return {"Version": "2012-10-17", "Statement": [statement]}


ADMINISTRATOR = document("*")
OWN = s3_policy_document(["photos"], access="optimizer")
QUEUE = document("sqs:SendMessage")
TOPIC = document("sns:Publish")

# ---- reading ---------------------------------------------------------------------------------------------------------


def test_everything_is_read_page_by_page_and_in_its_default_version() -> None:
    iam = FakeIam(
        inline={"S3Access": OWN, "more": QUEUE},
        attached=("AdministratorAccess", "Two"),
        managed={"AdministratorAccess": [OWN, ADMINISTRATOR], "Two": [TOPIC], "Limit": [OWN]},
        groups={"editors": {"group-inline": QUEUE}, "empty": {}},
        of_groups={"editors": ("Two",)},
        boundary="Limit",
    )
    found = read_policies(reaching(iam), "site")

    assert [(str(policy), policy.document) for policy in found.policies] == [
        ("the inline policy S3Access", OWN),
        ("the inline policy more", QUEUE),
        ("the attached policy AdministratorAccess", ADMINISTRATOR),
        ("the attached policy Two", TOPIC),
        ("the inline policy group-inline of the group editors", QUEUE),
        ("the attached policy Two of the group editors", TOPIC),
    ]
    assert (found.limit, found.unread, found.groups) == (OWN, (), {"editors", "empty"})
    assert iam.asked.count("GetPolicyVersion") == 3


@pytest.mark.parametrize(
    ("operation", "named"),
    [
        ("GetUser", "the permissions boundary of the user 'site': iam:GetUser is not allowed to these credentials"),
        ("ListUserPolicies", "the inline policies of the user 'site': iam:ListUserPolicies"),
        ("GetUserPolicy", "the inline policy 'S3Access' of the user 'site': iam:GetUserPolicy"),
        ("ListAttachedUserPolicies", "the attached policies of the user 'site': iam:ListAttachedUserPolicies"),
        ("ListGroupsForUser", "the groups of the user 'site': iam:ListGroupsForUser"),
        ("ListGroupPolicies", "the inline policies of the group 'editors': iam:ListGroupPolicies"),
        ("GetGroupPolicy", "the inline policy 'group-inline' of the group 'editors': iam:GetGroupPolicy"),
        ("ListAttachedGroupPolicies", "the attached policies of the group 'editors': iam:ListAttachedGroupPolicies"),
        ("GetPolicy", "the policy arn:aws:iam::aws:policy/Two: iam:GetPolicy"),
        ("GetPolicyVersion", "the policy arn:aws:iam::aws:policy/Two: iam:GetPolicyVersion"),
    ],
)
def test_what_can_t_be_read_is_named_and_the_rest_is_read(operation: str, named: str) -> None:
    iam = FakeIam(
        inline={"S3Access": OWN},
        attached=("Two",),
        managed={"Two": [TOPIC]},
        groups={"editors": {"group-inline": QUEUE}},
        of_groups={"editors": ("Two",)},
        refused={operation: "AccessDenied"},
    )
    found = read_policies(reaching(iam), "site")

    assert len(found.unread) == 1
    assert found.unread[0].startswith(named)
    assert len(found.policies) == {"GetUser": 4, "GetPolicy": 2, "GetPolicyVersion": 2, "ListGroupsForUser": 2}.get(
        operation, 3
    )


def test_no_such_user_is_an_error() -> None:
    with pytest.raises(AwsError, match="does not exist in this account"):
        read_policies(reaching(FakeIam(refused={"GetUser": "NoSuchEntity"})), "site")


def test_a_document_that_is_no_policy_is_not_read() -> None:
    with pytest.raises(AwsError, match="could not be read"):
        read_policies(reaching(FakeIam(inline={"S3Access": {"Statement": [{"Effect": "x"}]}})), "site")


# ---- the boundary ----------------------------------------------------------------------------------------------------


def explained(*documents: Mapping[str, Any], limit: Mapping[str, Any] | None = None, **more: Any) -> Explanation:
    return explain(documents, catalogue(services(documents)), boundary=limit, **more)


def verdicts(explanation: Explanation) -> dict[str, Verdict]:
    return {answer.id: answer.verdict for answer in explanation.answers}


def granted(explanation: Explanation) -> dict[str, set[str]]:
    return {row.name: {grant.action for grant in row.grants} for row in explanation.rows if row.grants}


def test_a_boundary_takes_away_what_it_does_not_allow() -> None:
    found = explained(ADMINISTRATOR, limit=s3_policy_document(["photos/up"], access="read-only"))

    assert granted(found) == {
        "photos": {"s3:GetBucketLocation", "s3:GetBucketOwnershipControls", "s3:ListBucket"},
        "photos/up": {"s3:GetObject"},
    }
    assert {each.action for each in found.dangers} == set()
    assert verdicts(found)["create-bucket"] is verdicts(found)["other-services"] is Verdict.NO
    assert verdicts(found)["other-buckets"] is verdicts(found)["delete-object"] is Verdict.NO
    assert found.undecided == ()


def test_a_boundary_allows_nothing_by_itself() -> None:
    found = explained(document("s3:GetObject", on="arn:aws:s3:::photos/*"), limit=ADMINISTRATOR)
    assert granted(found) == {"photos": {"s3:GetObject"}}


def test_a_boundary_that_denies_denies() -> None:
    deny = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
    found = explained(document("s3:*"), limit={**ADMINISTRATOR, "Statement": [*ADMINISTRATOR["Statement"], deny]})
    assert verdicts(found)["delete-object"] is not Verdict.NO  # DeleteObjectVersion
    assert "s3:DeleteObject" not in granted(found)["every bucket"]


def test_a_condition_of_the_boundary_is_a_condition() -> None:
    limit = {**ADMINISTRATOR, "Statement": [{**ADMINISTRATOR["Statement"][0], "Condition": TLS}]}
    found = explained(document("s3:GetObject", on="arn:aws:s3:::photos/*"), limit=limit)
    assert found.always == ("only over TLS",)


TLS = {"Bool": {"aws:SecureTransport": "true"}}


@pytest.mark.parametrize(
    ("own", "limit", "whole"),
    [
        ("*", "s3:*", "s3:*"),
        ("s3:*", "*", "s3:*"),
        ("*", "*", "*"),
        ("*", "s3:GetObject", None),
        ("s3:*", "sqs:*", None),
    ],
)
def test_a_whole_service_within_a_boundary(own: str, limit: str, whole: str | None) -> None:
    found = explained(document(own), limit=document(limit))
    assert {d.action for d in found.dangers if "service-wildcard" in d.categories} == ({whole} if whole else set())


def test_where_policy_and_boundary_may_overlap_in_part_nothing_is_answered_no() -> None:
    found = explained(
        document("s3:DeleteObject", on="arn:aws:s3:::*/uploads/*"), limit=document("s3:*", on="arn:aws:s3:::photos/*")
    )
    assert verdicts(found)["delete-object"] is Verdict.UNDECIDED


def test_what_the_boundary_does_not_allow_has_no_effect_and_says_so() -> None:
    found = explained(document("sqs:SendMessage", "new:Action"), limit=document("s3:*"))
    assert {each.text for each in found.idle} == {"sqs:SendMessage", "new:Action"}
    assert verdicts(found)["other-services"] is Verdict.NO


def test_what_was_not_read_leaves_no_answer_to_hope_for() -> None:
    found = explained(OWN, document("s3:DeleteBucket"), unread=("the groups: no",))
    assert not any(answer.good or answer.verdict is Verdict.NO for answer in found.answers)
    assert verdicts(found)["delete-bucket"] is Verdict.YES
    assert verdicts(found)["read-images"] is verdicts(found)["create-bucket"] is Verdict.UNDECIDED


def test_where_something_was_not_read_what_is_not_decided_is_named_all_the_same() -> None:
    found = explained(document("iam:PassRole", on="arn:aws:s3:::photos"), unread=("the groups: no",))
    (answer,) = (each for each in found.answers if each.id == "other-services")
    assert (answer.verdict, answer.actions) == (Verdict.UNDECIDED, ("iam:PassRole",))


def test_what_is_expected_is_bounded() -> None:
    limit = s3_policy_document(["photos"], access="read-only")
    found = expectations(Rights([ADMINISTRATOR], limit), [Bucket("photos")])
    assert {e.call: e.expected for e in found}["GetObject"] is True
    assert {e.call: e.expected for e in found}["PutObject"] is False


# ---- a stack's user --------------------------------------------------------------------------------------------------


def resource(kind: str, label: str, /, **outputs: Any) -> dict[str, Any]:
    parent = {"parent": COMPONENT} if kind != "s3io-user:index:S3IOUser" else {}
    return {"type": kind, "urn": f"{COMPONENT}${kind}::{label}", "id": label, "outputs": outputs, **parent}


COMPONENT = "urn:pulumi:test::app::s3io-user:index:S3IOUser::site"
USER = resource("aws:iam/user:User", "site", name="site")
OUTPUTS = {"userName": "site", "policyDocument": json.dumps(OWN)}


def exported(*resources: dict[str, Any], outputs: Mapping[str, Any] = OUTPUTS) -> dict[str, Any]:
    component = {"type": "s3io-user:index:S3IOUser", "urn": COMPONENT, "outputs": outputs}
    return {"deployment": {"resources": [component, USER, *resources]}}


def attachment(policy: str) -> dict[str, Any]:
    return resource("aws:iam/userPolicyAttachment:UserPolicyAttachment", policy, user="site", policyArn=arn(policy))


def inline(name: str, held: Mapping[str, Any]) -> dict[str, Any]:
    return resource("aws:iam/userPolicy:UserPolicy", name, user="site", name=name, policy=json.dumps(held))


MEMBER = resource("aws:iam/userGroupMembership:UserGroupMembership", "site", user="site", groups=["editors"])
INLINE = inline("S3Access", OWN)


def run(
    monkeypatch: pytest.MonkeyPatch, iam: FakeIam | None, state: dict[str, Any], outputs: Mapping[str, Any], *argv: str
) -> tuple[int, list[str]]:
    """`explain` on a stack: its exit code, and what was asked of AWS."""
    from s3io_user.cli import parse

    class Setting:
        access = reaching(iam) if iam else None

    def setting(*_: Any) -> Any:
        if iam is None:
            raise S3IOError("can't reach iam: there are no AWS credentials")
        return Setting

    monkeypatch.setattr(pulumi_cli, "outputs", lambda *_, **__: outputs)
    monkeypatch.setattr(project, "read_export", lambda *_: state)
    monkeypatch.setattr(project, "read_project", setting)
    monkeypatch.setattr(project_file, "project_name", lambda _: "app")
    args = parse(["explain", *argv])
    return args.run(args), iam.asked if iam else []


def test_the_stack_s_own_document_needs_no_credentials(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, asked = run(monkeypatch, FakeIam(), exported(INLINE), OUTPUTS)
    out = capsys.readouterr().out
    assert (code, asked) == (0, [])
    assert "what was added in AWS by hand is not seen" in out
    assert "not decided" not in out


@pytest.mark.parametrize(
    ("more", "named"),
    [
        pytest.param([MEMBER], "the group editors", id="group"),
        pytest.param([attachment("Two")], f"the attached policy {arn('Two')}", id="attached"),
        pytest.param([inline("copied", QUEUE)], "1 more inline policy", id="inline"),
        pytest.param(
            [resource("aws:iam/policyAttachment:PolicyAttachment", "x", users=["site"])],
            "aws:iam/policyAttachment:PolicyAttachment::x",
            id="attached-elsewhere",
        ),
    ],
)
def test_other_rights_that_were_not_read_leave_nothing_answered_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: list[dict[str, Any]], named: str
) -> None:
    state = exported(INLINE, *more)
    code, _ = run(monkeypatch, None, state, OUTPUTS, "--fail-on-danger", "--format", "json")
    said = json.loads(capsys.readouterr().out)

    assert code == 1
    assert said["notRead"] == [f"{named}: can't reach iam: there are no AWS credentials"]
    assert {answer["verdict"] for answer in said["answers"]} == {"undecided"}
    assert said["tighter"] == []


ITSELF = self_service_document([], "arn:aws:iam::123456789012:user/site")
UPKEEP = resource(
    "aws:iam/userPolicy:UserPolicy",
    "site-self-service",
    user="site",
    name="site-self-service-1a2b3c4",
    policy=json.dumps(ITSELF),
)
COPIED_UPKEEP = {**UPKEEP, "outputs": {**UPKEEP["outputs"], "name": "self-service"}}


def test_what_the_user_may_do_with_its_own_key_is_read_from_the_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, asked = run(monkeypatch, FakeIam(), exported(INLINE, UPKEEP), OUTPUTS, "--format", "json")
    said = json.loads(capsys.readouterr().out)

    assert (code, asked) == (0, [])
    assert [danger["action"] for danger in said["dangers"]] == [
        f"iam:{verb}AccessKey" for verb in ("Create", "Delete", "Update")
    ]
    # A change of preset would take none of them away.
    assert said["tighter"] == []


def test_the_policy_of_self_service_is_meant_and_one_that_is_copied_is_not() -> None:
    iam = FakeIam(inline={"S3Access": OWN, "site-self-service-1a2b3c4": ITSELF})
    rights = judged(iam, INLINE, UPKEEP)
    assert (findings(rights), rights.self_service, rights.documents) == ([], ITSELF, [OWN, ITSELF])

    copied = judged(FakeIam(inline={"S3Access": OWN, "self-service": ITSELF}), INLINE, COPIED_UPKEEP)
    assert (findings(copied), copied.self_service) == (["the inline policy self-service"], None)


POLICY = resource("aws:iam/policy:Policy", arn("Own"))


@pytest.mark.parametrize(
    ("resources", "own", "elsewhere"),
    [
        pytest.param([INLINE], True, False, id="its-own"),
        pytest.param([INLINE, inline("copied", QUEUE)], True, True, id="and-a-copied-one"),
        pytest.param([inline("copied", QUEUE)], False, True, id="a-copied-one-alone"),
        pytest.param([POLICY, attachment("Own")], True, False, id="managed"),
        pytest.param([INLINE, UPKEEP], True, False, id="and-self-service"),
        pytest.param([INLINE, UPKEEP, inline("copied", QUEUE)], True, True, id="and-self-service-and-a-copied-one"),
        pytest.param([POLICY, attachment("Own"), UPKEEP], True, False, id="managed-and-self-service"),
        pytest.param([POLICY, attachment("Own"), inline("copied", QUEUE)], True, True, id="managed-and-copied"),
        pytest.param([attachment("Other")], True, True, id="attached"),
        pytest.param([attachment("AmazonS3FullAccess")], False, False, id="full"),
    ],
)
def test_what_a_state_says_of_a_user_s_rights(resources: list[dict[str, Any]], own: bool, elsewhere: bool) -> None:
    outputs = OUTPUTS if own else {"userName": "site", "policyDocument": None}
    state = exported(*resources, outputs=outputs)
    (held,) = user_states(state)
    assert bool(declared(state, held, outputs).elsewhere) is elsewhere


def test_a_bounded_and_an_adopted_user_have_other_rights() -> None:
    bounded = {**USER, "outputs": {"name": "site", "permissionsBoundary": arn("Limit")}}
    adopted = {**USER, "external": True}
    for user, named in ((bounded, f"the permissions boundary {arn('Limit')}"), (adopted, "what it had before")):
        state = {"deployment": {"resources": [*exported()["deployment"]["resources"][:1], user, INLINE]}}
        (held,) = user_states(state)
        assert [e for e in declared(state, held, OUTPUTS).elsewhere if e.startswith(named)]


def test_a_copied_administrator_is_explained_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {"userName": "site", "policyDocument": None}
    iam = FakeIam(attached=("AdministratorAccess",), managed={"AdministratorAccess": [ADMINISTRATOR]})
    state = exported(attachment("AdministratorAccess"), outputs=outputs)
    code, _ = run(monkeypatch, iam, state, outputs, "--fail-on-danger", "--format", "json")
    said = json.loads(capsys.readouterr().out)

    assert code == 1
    assert said["policies"] == ["the attached policy AdministratorAccess"]
    assert any(danger["action"] == "iam:CreateAccessKey" for danger in said["dangers"])
    assert said["tighter"] == []


def test_what_is_not_read_of_aws_is_taken_from_the_stack_where_it_is_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    iam = FakeIam({"S3Access": OWN}, refused={"ListUserPolicies": "AccessDenied"})
    run(monkeypatch, iam, exported(INLINE, MEMBER), OUTPUTS, "--format", "json")
    said = json.loads(capsys.readouterr().out)
    (photos,) = (row for row in said["resources"] if row["name"] == "photos")
    assert [grant["action"] for grant in photos["levels"]["List"]] == ["s3:ListBucket"]
    assert len(said["notRead"]) == 1


def test_a_user_of_which_nothing_can_be_read_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"userName": "site", "policyDocument": None}
    refused = dict.fromkeys(("GetUser", "ListUserPolicies", "ListAttachedUserPolicies", "ListGroupsForUser"), "Nope")
    with pytest.raises(S3IOError, match="was not read: the permissions boundary of the user 'site': AWS answered Nope"):
        run(monkeypatch, FakeIam(refused=refused), exported(MEMBER, outputs=outputs), outputs)


def test_a_user_with_no_document_that_can_t_be_read_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"userName": "site", "policyDocument": None}
    with pytest.raises(S3IOError, match="site has no policy document in the stack, and what it has in AWS was not rea"):
        run(monkeypatch, None, exported(outputs=outputs), outputs)


@pytest.mark.parametrize("own", [OUTPUTS, {"userName": "site"}])
def test_a_user_that_aws_does_not_have_is_an_error(monkeypatch: pytest.MonkeyPatch, own: Mapping[str, Any]) -> None:
    gone = FakeIam(refused={"GetUser": "NoSuchEntity"})
    with pytest.raises(S3IOError, match=r"^AWS has no user 'site' in the account of these credentials: run s3io-user"):
        run(monkeypatch, gone, exported(INLINE, outputs=own), own, "--ask-aws")


def test_a_user_that_the_state_does_not_hold_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi_cli, "outputs", lambda *_, **__: OUTPUTS)
    monkeypatch.setattr(project, "read_export", lambda *_: {"deployment": {}})
    monkeypatch.setattr(project, "read_project", lambda *_: (_ for _ in ()).throw(S3IOError("no")))
    assert of_stack(None, None, None, ask=False).in_aws.unread


# ---- what was not meant ----------------------------------------------------------------------------------------------

INPUTS = resolve({"policy_arns": [arn("Two")], "groups": ["editors"]})
PAIRED = {"Two": [TOPIC], "Admin": [ADMINISTRATOR]}


def judged(
    iam: FakeIam, *resources: dict[str, Any], inputs: Inputs | None = INPUTS, user: Mapping[str, Any] = USER
) -> Rights:
    component = {"type": "s3io-user:index:S3IOUser", "urn": COMPONENT, "outputs": OUTPUTS}
    state = {"deployment": {"resources": [component, user, *resources]}}
    (held,) = user_states(state)
    return _rights(read_policies(reaching(iam), "site"), declared(state, held, OUTPUTS, inputs))


def findings(rights: Rights) -> list[str]:
    return [check.where for check in of_policies(rights) if check.verdict == "finding"]


def test_what_the_inputs_name_is_meant() -> None:
    iam = FakeIam(
        inline={"S3Access": OWN},
        attached=("Two",),
        managed=PAIRED,
        groups={"editors": {}},
        of_groups={"editors": ("Admin",)},
    )
    rights = judged(iam, INLINE, attachment("Two"), MEMBER)
    assert of_policies(rights) == []
    assert rights.documents == [OWN, TOPIC, ADMINISTRATOR]


def test_what_is_copied_is_given_and_its_dangers_are_findings() -> None:
    iam = FakeIam(inline={"S3Access": OWN, "copied": QUEUE}, attached=("Admin",), managed=PAIRED)
    rights = judged(iam, INLINE, inline("copied", QUEUE), attachment("Admin"))
    (of_queue, of_admin) = of_policies(rights)

    assert (of_queue.where, of_admin.where) == ("the inline policy copied", "the attached policy Admin")
    assert (of_queue.verdict, of_admin.verdict) == ("finding", "finding")
    assert of_queue.note == "it allows sqs:SendMessage: see s3io-user explain"
    assert " more: see s3io-user explain" in of_admin.note
    assert rights.documents == [OWN, QUEUE, ADMINISTRATOR]


@pytest.mark.parametrize(
    ("iam", "where"),
    [
        (FakeIam({"S3Access": OWN}, ("Admin",), PAIRED), "the attached policy Admin"),
        (FakeIam({"S3Access": OWN, "mine": QUEUE}), "the inline policy mine"),
        (FakeIam({"S3Access": ADMINISTRATOR}), "the inline policy S3Access"),
        (FakeIam({"S3Access": OWN}, groups={"hand": {"x": TOPIC}}), "the inline policy x of the group hand"),
    ],
    ids=["attached", "inline", "own-changed", "group"],
)
def test_what_was_given_by_hand_is_not_expected_and_its_dangers_are_findings(iam: FakeIam, where: str) -> None:
    rights = judged(iam, INLINE)
    assert findings(rights) == [where]
    assert rights.documents == [OWN]


def test_a_harmless_right_by_hand_is_no_finding() -> None:
    rights = judged(FakeIam({"S3Access": OWN, "mine": document("ec2:DescribeRegions")}), INLINE)
    assert of_policies(rights) == []


def test_a_quarantine_by_aws_is_a_finding() -> None:
    name = "AWSCompromisedKeyQuarantineV3"
    iam = FakeIam({"S3Access": OWN}, (name,), {name: [document("s3:DeleteObject", effect="Deny")]})
    (check,) = of_policies(judged(iam, INLINE))
    assert (check.where, check.verdict) == (f"the attached policy {name}", "finding")
    assert "treat every key as leaked" in check.note


def test_a_danger_beyond_the_boundary_is_none() -> None:
    iam = FakeIam({"S3Access": OWN}, ("Admin",), {**PAIRED, "Limit": [OWN]}, boundary="Limit")
    assert findings(judged(iam, INLINE)) == []


def test_where_the_inputs_are_not_known_an_administrator_is_a_finding_alone() -> None:
    iam = FakeIam({"S3Access": OWN}, ("Two", "Admin"), PAIRED)
    rights = judged(iam, INLINE, attachment("Two"), attachment("Admin"), inputs=None)
    assert findings(rights) == ["the attached policy Admin"]


def test_two_harmless_policies_that_are_dangerous_together_are_a_finding() -> None:
    one, other = document("cloudformation:CreateChangeSet"), document("cloudformation:ExecuteChangeSet")
    iam = FakeIam({"S3Access": OWN, "one": one, "other": other})
    assert len(findings(judged(iam, INLINE))) >= 1


def test_of_an_adopted_user_all_that_it_has_is_expected() -> None:
    rights = judged(FakeIam({"S3Access": OWN, "before": QUEUE}), INLINE, user={**USER, "external": True})
    assert rights.documents == [OWN, QUEUE]
    assert findings(rights) == ["the inline policy before"]


def test_what_was_not_read_is_unknown_and_no_reason_against_a_rotation() -> None:
    iam = FakeIam({"S3Access": OWN}, refused={"ListGroupsForUser": "AccessDenied"})
    rights = judged(iam, INLINE)
    (check,) = of_policies(rights)

    assert (check.verdict, check.note.startswith("not read: the groups of the user 'site'")) == ("unknown", True)
    assert not proves([OK, check])
    assert not rights.other_rights
    assert judged(iam, INLINE, MEMBER).other_rights
    assert unproved([check, Check(BEYOND, "x", False, True)]) == []


OK = Check("PutObject", "photos", True, True)


@pytest.mark.parametrize(
    ("lost", "where"),
    [
        (MEMBER, "the group editors"),
        (attachment("Two"), f"the attached policy {arn('Two')}"),
        (inline("copied", QUEUE), "the inline policy copied"),
    ],
    ids=["group", "attached", "inline"],
)
def test_what_the_stack_gives_and_aws_has_not_is_a_finding(lost: dict[str, Any], where: str) -> None:
    iam = FakeIam({"S3Access": OWN})
    rights = judged(iam, INLINE, lost)
    assert findings(rights) == [where]
    assert unproved(of_policies(rights)) == of_policies(rights)
    # Where not all was read, nobody knows that it is missing.
    iam.refused = {"ListUserPolicies": "AccessDenied"}
    assert judged(iam, INLINE, lost).missing == ()


def test_nothing_is_worked_out_where_all_is_meant() -> None:
    (held,) = user_states(exported(INLINE))
    assert beyond(UserPolicies(), declared(exported(INLINE), held, OUTPUTS)) == ()
