"""What doctor makes of facts, what a state holds, and what AWS simulates: without any AWS."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from s3io_user import lookups
from s3io_user.args import resolve
from s3io_user.aws import Access, KeyInfo
from s3io_user.deployer import Deployed, Where, deployer_policy
from s3io_user.doctor import Account, UserFacts, Wanted, after, before, of_account, quotas
from s3io_user.holdings import Holding, holdings, key_ids

NOW = datetime(2026, 6, 30, tzinfo=timezone.utc)
CURRENT, PREVIOUS, ORPHAN = "AKIACURRENTEXAMPLE", "AKIAPREVIOUSEXAMPLE", "AKIAORPHANEXAMPLE"
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
FULL_CN = "arn:aws-cn:iam::aws:policy/AmazonS3FullAccess"
NOTHING: frozenset[str] = frozenset()
HELD = Holding("site", "site", True, {CURRENT: "Active"}, CURRENT, None, NOTHING, NOTHING, NOTHING)
BOTH = replace(HELD, keys={CURRENT: "Active", PREVIOUS: "Active"}, previous=PREVIOUS)
ADOPTED = replace(HELD, owned=False)


def key(key_id: str = CURRENT, age: int = 10, used: int | None = 1, status: str = "Active") -> KeyInfo:
    """A key made, and last used, so many days ago."""
    last = None if used is None else NOW - timedelta(days=used)
    return KeyInfo(key_id, status, NOW - timedelta(days=age), last)


def facts(held: Holding, *keys: KeyInfo, **more: Any) -> UserFacts:
    return UserFacts(held, keys=keys or (key(),), **more)


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        pytest.param(facts(HELD), [], id="well"),
        pytest.param(UserFacts(HELD), [], id="nothing-known-nothing-said"),
        pytest.param(UserFacts(HELD, exists=False), ["user-missing"], id="gone"),
        pytest.param(facts(HELD, key(), key(ORPHAN, 0, None)), ["key-unknown"], id="orphan"),
        pytest.param(facts(HELD, key(status="Inactive")), ["key-switched-off"], id="switched-off"),
        pytest.param(facts(replace(HELD, keys={CURRENT: "Inactive"}), key(status="Inactive")), [], id="meant-off"),
        pytest.param(facts(HELD, key(age=200, used=89)), [], id="used-lately"),
        pytest.param(facts(HELD, key(age=200, used=90)), ["key-unused"], id="unused"),
        pytest.param(facts(HELD, key(age=90, used=None)), ["key-unused"], id="never-used"),
        pytest.param(facts(HELD, key(age=89, used=None)), [], id="new-and-never-used"),
        pytest.param(facts(HELD, key(age=31), rotate_every_days=30), ["key-old"], id="old"),
        pytest.param(facts(HELD, key(age=30), rotate_every_days=30), [], id="due-today"),
        pytest.param(facts(HELD, key(PREVIOUS)), ["key-unknown", "key-missing"], id="another"),
        pytest.param(facts(BOTH, key(), key(PREVIOUS, 50, 10)), ["two-keys-one-idle"], id="moved-on"),
        pytest.param(facts(BOTH, key(), key(PREVIOUS, 50, None)), ["two-keys-one-idle"], id="never-moved-in"),
        pytest.param(facts(BOTH, key(), key(PREVIOUS, 50, 5)), [], id="still-moving"),
        pytest.param(facts(BOTH, key(used=None), key(PREVIOUS, 50, 20)), [], id="not-moved-yet"),
        pytest.param(facts(HELD, attached=frozenset({FULL})), ["full-access-attached"], id="full"),
        pytest.param(facts(HELD, attached=frozenset({FULL_CN})), ["full-access-attached"], id="full-cn"),
        pytest.param(facts(replace(HELD, attached=frozenset({FULL})), attached=frozenset({FULL})), [], id="own-full"),
        pytest.param(facts(HELD, attached=frozenset({"arn:x"})), ["policy-by-hand"], id="attached"),
        pytest.param(facts(HELD, inline=frozenset({"Mine"})), ["policy-by-hand"], id="inline"),
        pytest.param(facts(HELD, groups=frozenset({"team"})), ["group-by-hand"], id="group"),
        pytest.param(facts(HELD, console=True), ["console-access"], id="console"),
        pytest.param(
            facts(ADOPTED, attached=frozenset({"arn:x"}), inline=frozenset({"a"}), groups=frozenset({"g"})),
            [],
            id="adopted-is-its-owner's",
        ),
        pytest.param(facts(ADOPTED, attached=frozenset({FULL})), ["full-access-attached"], id="adopted-full"),
    ],
)
def test_findings_about_a_user(given: UserFacts, ids: list[str]) -> None:
    found = list(after(given, NOW))
    assert [finding.id for finding in found] == ids
    assert all(finding.sentence and finding.remedy and finding.user == "site" for finding in found)


@pytest.mark.parametrize(
    ("held", "used", "safe"),
    [
        pytest.param(HELD, None, True, id="never-used"),
        pytest.param(HELD, 0, False, id="used"),
        pytest.param(ADOPTED, None, False, id="adopted"),
    ],
)
def test_only_what_nobody_can_be_using_is_safe_to_remove(held: Holding, used: int | None, safe: bool) -> None:
    (finding,) = after(facts(held, key(), key(ORPHAN, 3, used)), NOW)
    assert (finding.key, finding.safe) == (ORPHAN, safe)
    assert f"{ORPHAN} (Active, " in finding.sentence


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        pytest.param(Wanted("site", False), [], id="well"),
        pytest.param(Wanted("site", False, "Site", ("site",)), ["name-taken"], id="name"),
        pytest.param(Wanted("site", False, exist={("group", "g"): False}), ["group-missing"], id="group"),
        pytest.param(Wanted("site", False, exist={("source", "u"): False}), ["copy-source-missing"], id="source"),
        pytest.param(Wanted("site", False, exist={("boundary", "b"): False}), ["boundary-missing"], id="boundary"),
        pytest.param(Wanted("site", False, exist={("policy", "p"): False}), ["policy-missing"], id="policy"),
        pytest.param(Wanted("site", False, exist={("user", "u"): False}), ["user-missing"], id="user"),
        pytest.param(Wanted("site", False, exist={("group", "g"): None}), [], id="not-known"),
        pytest.param(Wanted("site", False, buckets={"b": "missing", "c": "", "d": None}), ["bucket-missing"], id="b"),
        pytest.param(Wanted("site", False, buckets={"b": "acls"}), ["bucket-acls"], id="acls"),
    ],
)
def test_findings_before_an_up(wanted: Wanted, ids: list[str]) -> None:
    assert [finding.id for finding in before(wanted)] == ids


def test_findings_about_the_account() -> None:
    counts = {"Users": 4999, "UsersQuota": 5000, "Groups": 1, "GroupsQuota": 300}
    assert list(of_account(Account((), counts), 1)) == []
    assert [f.id for f in of_account(Account(("iam:CreateUser",), counts), 2)] == ["not-allowed", "quota-users"]
    assert list(of_account(Account((), None), 2)) == []
    assert quotas(counts) == ["users: 1 of 5,000 left", "groups: 299 of 300 left"]


def resource(kind: str, name: str = "site", **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:test::s3io-user::{kind}::{name}", "type": kind, **more}


KEY, USER, COMPONENT = "aws:iam/accessKey:AccessKey", "aws:iam/user:User", "s3io-user:index:S3IOUser"


def state(*resources: dict[str, Any], pending: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    operations = [{"resource": each, "type": "creating"} for each in pending]
    return {"version": 3, "deployment": {"resources": list(resources), "pending_operations": operations}}


def test_what_a_state_holds() -> None:
    outputs = {"userName": "site", "accessKeyId": CURRENT, "previousAccessKeyId": PREVIOUS}
    exported = state(
        resource(COMPONENT, outputs=outputs),
        resource(USER, outputs={"name": "site"}),
        resource(KEY, "site-a", id=CURRENT, inputs={"user": "site"}, outputs={"user": "site", "status": "Active"}),
        resource(KEY, "site-b", id=PREVIOUS, delete=True, outputs={"user": "site", "status": "Inactive"}),
        resource("aws:iam/userPolicy:UserPolicy", outputs={"user": "site", "name": "S3Access"}),
        resource("aws:iam/userPolicyAttachment:UserPolicyAttachment", outputs={"user": "site", "policyArn": FULL}),
        resource("aws:iam/userGroupMembership:UserGroupMembership", outputs={"user": "site", "groups": ["g"]}),
    )
    (held,) = holdings(exported)
    assert held == Holding(
        "site", "site", True, {CURRENT: "Active", PREVIOUS: "Inactive"}, CURRENT, PREVIOUS,
        frozenset({FULL}), frozenset({"S3Access"}), frozenset({"g"}),
    )  # fmt: skip
    assert key_ids(exported) == {CURRENT, PREVIOUS}


def test_an_update_that_was_killed_while_it_made_a_key_still_names_the_user() -> None:
    exported = state(
        resource(USER, outputs={"name": "site"}, parent="urn:c"),
        {**resource(COMPONENT), "urn": "urn:c::site"},
        pending=(resource(KEY, "site-b", inputs={"user": "site"}),),
    )
    (held,) = holdings(exported)
    assert (held.user, held.owned, held.keys, held.current) == ("site", True, {}, None)
    assert [finding.id for finding in after(facts(held, key(ORPHAN, 0, None)), NOW)] == ["key-unknown"]


def test_what_an_interrupted_update_was_about_is_held() -> None:
    asked = resource(KEY, "site-b", inputs={"user": "adopted"})
    switching = resource(KEY, "site-a", id=CURRENT, outputs={"user": "adopted", "status": "Active"})
    exported = state(pending=(asked, switching))
    (held,) = holdings(exported)
    assert (held.user, held.owned, held.keys) == ("adopted", False, {CURRENT: "Active"})
    assert key_ids(exported) == {CURRENT}


def test_a_key_that_only_an_output_names_is_known() -> None:
    nested = {"users": {"a": {"accessKeyId": CURRENT}, "b": {"previousAccessKeyId": PREVIOUS}}}
    assert key_ids(state(resource("pulumi:pulumi:Stack", outputs=nested))) == {CURRENT, PREVIOUS}


@pytest.mark.parametrize("exported", [{}, {"deployment": {}}, {"deployment": {"resources": None}}], ids=str)
def test_a_stack_before_its_first_update_holds_nothing(exported: dict[str, Any]) -> None:
    assert (holdings(exported), key_ids(exported)) == ([], NOTHING)


IAM: Any = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


class Operator(Access):
    """Reaches a stubbed IAM."""

    def client(self, service: str) -> Any:
        assert service == "iam"
        return IAM


@pytest.mark.parametrize(
    ("you", "principal"),
    [
        pytest.param("arn:aws:iam::123456789012:user/me", "arn:aws:iam::123456789012:user/me", id="user"),
        pytest.param(
            "arn:aws:sts::123456789012:assumed-role/Deploy/me", "arn:aws:iam::123456789012:role/x/Deploy", id="role"
        ),
    ],
)
def test_aws_is_asked_whether_you_may_do_what_up_needs(you: str, principal: str) -> None:
    document = deployer_policy([Deployed("site", resolve({"force_destroy": False}))], Where("123456789012"))
    assert [statement["Sid"] for statement in document["Statement"]] == ["MakeUser", "MakeKeys"]
    with Stubber(IAM) as stub:
        if "/Deploy/" in you:
            role = {"RoleName": "Deploy", "Arn": principal, "Path": "/x/", "RoleId": "AROA567890EXAMPLE"}
            stub.add_response("get_role", {"Role": {**role, "CreateDate": NOW}}, {"RoleName": "Deploy"})
        for statement, decision in zip(document["Statement"], ("allowed", "implicitDeny"), strict=True):
            asked = {
                "PolicySourceArn": principal,
                "ActionNames": statement["Action"],
                "ResourceArns": statement["Resource"],
                "ContextEntries": [],
            }
            answers = [{"EvalActionName": action, "EvalDecision": decision} for action in statement["Action"]]
            stub.add_response("simulate_principal_policy", {"EvaluationResults": answers}, asked)
        refused = lookups.denied(Operator(), you, document)
        stub.assert_no_pending_responses()
    assert refused == ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys"]


def test_root_is_bound_by_no_policy() -> None:
    assert lookups.denied(Operator(), "arn:aws:iam::123456789012:root", {"Statement": []}) == []
