"""Verdicts, expectations and simulated answers of verify, without any AWS."""

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session
from botocore.stub import Stubber

from s3io_user import s3_policy_document
from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection
from s3io_user.aws.waiting import wait_until_usable
from s3io_user.errors import S3IOError
from s3io_user.explain import FULL_ACCESS
from s3io_user.handover.credentials import Credentials
from s3io_user.iam.buckets import Bucket, parse_bucket
from s3io_user.iam.user_policies import UserPolicies
from s3io_user.inputs import project
from s3io_user.policy.document import OWN_ACCOUNT
from s3io_user.stack import pulumi_cli
from s3io_user.verify import probes, stack
from s3io_user.verify.calls import Run
from s3io_user.verify.expected import (
    DANGEROUS,
    NOTHING_PERMITTED,
    Check,
    Expectation,
    Rights,
    allowed_by,
    dangers,
    expectations,
    judge,
    lock_places,
    prefix_of,
    proves,
    sibling,
    unproved,
)
from s3io_user.verify.observed import TOO_EARLY, Patience

WHOLE, FOLDER = Bucket("photos"), Bucket("photos", "uploads")
CHINESE = Bucket("photos", "uploads", "aws-cn")
ARN = "arn:aws:iam::123456789012:user/site"
LISTS = {
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": "*",
    "Condition": {"StringLike": {"s3:prefix": "uploads/*"}},
}
LISTS_OTHER = {**LISTS, "Condition": {"StringLike": {"s3:prefix": ["other/*"]}}}
DENIES_OTHERS = {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:ResourceAccount": OWN_ACCOUNT}},
}


@pytest.mark.parametrize(
    ("expected", "observed", "verdict"),
    [
        (True, True, "ok"),
        (False, False, "ok"),
        (True, False, "finding"),
        (False, True, "finding"),
        (True, None, "unknown"),
        (False, None, "unknown"),
        (None, True, "unknown"),
        (None, False, "unknown"),
    ],
)
def test_a_verdict_is_never_a_guess(expected: bool | None, observed: bool | None, verdict: str) -> None:
    assert Check("PutObject", "photos", expected, observed).verdict == verdict


def expected(document: Mapping[str, Any], place: Bucket, other_rights: bool = False) -> dict[str, bool | None]:
    found = expectations(Rights([document] if document else [], other_rights=other_rights), [place])
    return {each.call: each.expected for each in found if each.place == place}


READS = {"GetBucketLocation": True, "GetBucketOwnershipControls": True, "ListObjects": True, "GetObject": True}


@pytest.mark.parametrize("place", [WHOLE, FOLDER], ids=str)
@pytest.mark.parametrize(
    ("access", "options", "puts", "deletes"),
    [
        pytest.param("optimizer", {}, True, False, id="optimizer"),
        pytest.param("optimizer", {"allow_delete": True}, True, True, id="allow-delete"),
        pytest.param("optimizer", {"same_account_only": True}, True, False, id="same-account"),
        pytest.param("read-only", {}, False, False, id="read-only"),
    ],
)
def test_what_is_expected_of_a_preset(
    place: Bucket, access: str, options: dict[str, Any], puts: bool, deletes: bool
) -> None:
    account = {"account_id": OWN_ACCOUNT} if options.pop("same_account_only", False) else {}
    document = s3_policy_document([str(place)], access=access, **options, **account)
    assert expected(document, place) == {**READS, "PutObject": puts, "DeleteObject": deletes}


def test_full_access_is_expected_to_do_all() -> None:
    assert set(expected(FULL_ACCESS, WHOLE).values()) == {True}
    assert {each.expected for each in dangers(Rights([FULL_ACCESS]), [WHOLE])} == {True}


def test_beside_its_folder_nothing_is_expected() -> None:
    document = s3_policy_document(["photos/uploads"], access="optimizer")
    beside = [e for e in expectations(Rights([document]), [FOLDER]) if e.place != FOLDER]
    assert [(e.call, e.place.folder, e.expected) for e in beside] == [
        ("ListObjects", "uploads-s3io-user-verify", False),
        ("PutObject", "uploads-s3io-user-verify", False),
    ]


def allowing(action: str, resource: str, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Statement": {**statement, "Condition": condition} if condition else statement}


def test_beside_a_folder_rights_from_elsewhere_and_the_partition_count_too() -> None:
    def beside(document: Mapping[str, Any], **given: Any) -> list[Expectation]:
        found = expectations(Rights([document], other_rights=given.pop("other_rights")), [CHINESE], **given)
        return [each for each in found if each.place == Bucket("photos", "uploads-s3io-user-verify", "aws-cn")]

    document = allowing("s3:PutObject", "arn:aws-cn:s3:::photos/*")
    elsewhere = "not by the stack's own policy: by a group or another policy"
    place = sibling(CHINESE)
    assert beside(document, other_rights=True, partition="aws-cn") == [
        Expectation("ListObjects", "s3:ListBucket", place, None, False, elsewhere),
        Expectation("PutObject", "s3:PutObject", place, True, False, ""),
    ]
    assert [each.expected for each in beside(document, other_rights=False)] == [False, False], "of another partition"


@pytest.mark.parametrize(
    ("partition", "other", "expected"), [("aws-cn", False, True), ("aws", False, False), ("aws", True, None)]
)
def test_a_danger_is_expected_by_partition_and_by_rights_from_elsewhere(
    partition: str, other: bool, expected: bool | None
) -> None:
    document = allowing("s3:DeleteBucket", "arn:aws-cn:s3:::photos")
    found = dangers(Rights([document], other_rights=other), [CHINESE], partition=partition)
    (of_bucket,) = (each for each in found if each.action == "s3:DeleteBucket")
    assert (of_bucket.place, of_bucket.expected, of_bucket.needed) == (Bucket("photos"), expected, False)
    by_default = dangers(Rights([allowing("s3:DeleteBucket", "arn:aws:s3:::photos")]), [WHOLE])
    assert [each.expected for each in by_default].count(True) == 1


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        pytest.param([LISTS_OTHER], (False, ""), id="another-prefix"),
        pytest.param([LISTS_OTHER, LISTS], (True, ""), id="and-ours-after-it"),
        pytest.param(
            [{**LISTS, "Condition": {"StringEquals": {"aws:ResourceAccount": OWN_ACCOUNT}}}], (True, ""), id="own"
        ),
        pytest.param([LISTS, DENIES_OTHERS], (True, ""), id="denied-to-others"),
        pytest.param([DENIES_OTHERS, LISTS], (True, ""), id="and-listed-after-it"),
        pytest.param([{**DENIES_OTHERS, "Condition": {}}, LISTS], (False, ""), id="denied-to-all"),
        pytest.param(
            [
                {
                    **LISTS,
                    "Condition": {
                        "Bool": {"aws:SecureTransport": "x"},
                        "StringEquals": {"aws:ResourceAccount": "1", "a": "b"},
                    },
                }
            ],
            (None, "only under conditions: "),
            id="conditional",
        ),
    ],
)
def test_what_statements_allow_of_listing_a_folder(statements: list[dict[str, Any]], allowed: tuple[Any, str]) -> None:
    found = allowed_by(Rights([{"Statement": statements}]), "s3:ListBucket", FOLDER)
    assert (found[0], found[1][: len(allowed[1])]) == allowed
    assert bool(found[1]) is (found[0] is None)
    assert "XX" not in found[1]


def test_an_expectation_and_what_came_of_it() -> None:
    wanted = Expectation("PutObject", "s3:PutObject", FOLDER, True, True, "by a group")
    assert judge(wanted, False) == Check("PutObject", "photos/uploads", True, False, "tried", "by a group")
    assert judge(replace(wanted, place=WHOLE), None, "why", "simulated") == Check(
        "PutObject", "photos", True, None, "simulated", "why"
    )
    assert judge(wanted, False).as_json() == {
        "call": "PutObject",
        "where": "photos/uploads",
        "expected": True,
        "observed": False,
        "verdict": "finding",
        "how": "tried",
        "note": "by a group",
    }
    assert (prefix_of(WHOLE), prefix_of(FOLDER)) == ("", "uploads/")


def test_what_deletes_comes_last() -> None:
    calls = [each.call for each in expectations(Rights([FULL_ACCESS]), [WHOLE, FOLDER])]
    assert calls[-2:] == ["DeleteObject"] * 2
    assert "DeleteObject" not in calls[:-2]


def test_rights_from_elsewhere_are_not_judged_but_where_the_plugin_needs_them() -> None:
    found = expected({}, WHOLE, other_rights=True)
    assert found == {**READS, "PutObject": True, "DeleteObject": None}


def test_what_the_stack_s_own_document_leaves_out_is_not_expected_from_elsewhere() -> None:
    """It was left out on purpose: a refusal is no finding, and nothing to wait for."""
    document = s3_policy_document(["photos"], access="read-only")
    assert expected(document, WHOLE, other_rights=True)["PutObject"] is None
    upkeep: dict[str, Any] = {"Statement": []}
    found = expectations(Rights([upkeep], other_rights=True, self_service=upkeep), [WHOLE])
    assert {each.expected for each in found if each.needed} == {True}, "selfService is no document of S3"


def test_a_condition_that_only_aws_can_see_is_not_judged() -> None:
    document = s3_policy_document(["photos"], access="optimizer", source_ips=["198.51.100.0/24"])
    found = expectations(Rights([document]), [WHOLE])
    assert {each.expected for each in found if each.needed} == {None}
    assert "198.51.100.0/24" in found[0].note


def test_dangers_of_one_bucket_are_asked_once() -> None:
    document = s3_policy_document(["photos/a", "photos/b"], access="optimizer")
    found = dangers(Rights([document]), [Bucket("photos", "a"), Bucket("photos", "b")])
    of_bucket = [each.action for each in found if not each.place.folder]
    assert of_bucket == [action for action in DANGEROUS if action != "s3:PutObjectAcl"]
    assert {each.expected for each in found} == {False}


class Operator(Connection):
    """Reaches a stubbed IAM."""

    def client(self, service: str) -> Any:
        assert service == "iam"
        return IAM


IAM: Any = Connection("us-east-1", access_key="x", secret_key="x").client("iam")


@pytest.mark.parametrize(
    ("answer", "observed"),
    [
        pytest.param({"EvalDecision": "allowed"}, True, id="allowed"),
        pytest.param({"EvalDecision": "implicitDeny"}, False, id="implicit"),
        pytest.param({"EvalDecision": "explicitDeny"}, False, id="explicit"),
        pytest.param({"EvalDecision": "implicitDeny", "MissingContextValues": ["aws:SourceIp"]}, None, id="context"),
    ],
)
def test_what_aws_simulates(answer: dict[str, Any], observed: bool | None) -> None:
    wanted = Expectation("s3:CreateBucket", "s3:CreateBucket", WHOLE, False)
    result = {"EvalActionName": "s3:CreateBucket", **answer}
    asked = {
        "PolicySourceArn": ARN,
        "ActionNames": ["s3:CreateBucket"],
        "ResourceArns": ["arn:aws:s3:::photos"],
    }
    with Stubber(IAM) as stub:
        stub.add_response("simulate_principal_policy", {"EvaluationResults": [result]}, asked)
        (check,) = probes._simulated(Operator(), ARN, [wanted], "aws")
        stub.assert_no_pending_responses()
    assert (check.observed, check.how) == (observed, "simulated")


def test_where_simulating_is_not_allowed_it_is_unknown_and_says_why() -> None:
    wanted = Expectation("s3:CreateBucket", "s3:CreateBucket", WHOLE, False)
    with Stubber(IAM) as stub:
        stub.add_client_error("simulate_principal_policy", "AccessDenied")
        (check,) = probes._simulated(Operator(), ARN, [wanted], "aws")
    assert check.verdict == "unknown"
    assert "iam:SimulatePrincipalPolicy is not allowed" in check.note


@pytest.mark.parametrize(
    ("status", "said"), [("Inactive", "it is Inactive"), (None, "it is not there: run pulumi up --refresh")]
)
def test_a_key_that_is_inactive_or_gone_ends_it_at_once(status: str | None, said: str) -> None:
    """By one look-up, which needs no permission but iam:ListAccessKeys. The key itself is not tried."""
    pair = Credentials("site", "AKIAKEYOFTHEUSEREXAMPLE", "x" * 40, "us-east-1", ["photos"])
    there = [{"AccessKeyId": pair.access_key_id, "Status": status}] if status else []
    with Stubber(IAM) as stub:
        stub.add_response("list_access_keys", {"AccessKeyMetadata": there}, {"UserName": "site"})
        checks = probes.verify(pair, [FULL_ACCESS], operator=Operator(), within=1e9)
    assert [(check.verdict, check.note) for check in checks] == [("finding", said)]


class Refusing:
    """An S3 that refuses the first calls, as a key's policy does that has not arrived yet."""

    def __init__(self, refusals: int) -> None:
        self.left = refusals

    def list_objects_v2(self, **_: Any) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        if self.left:
            self.left -= 1
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectsV2")
        return {"Contents": [{"Key": "a.jpg"}]}


def test_an_early_refusal_is_not_taken_for_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    now, said = [0.0], []
    monkeypatch.setattr("s3io_user.verify.probes.time.monotonic", lambda: now[0])
    monkeypatch.setattr("s3io_user.verify.probes.time.sleep", lambda pause: now.__setitem__(0, now[0] + pause))
    wanted = Expectation("ListObjects", "s3:ListBucket", WHOLE, True)
    late = Run(Refusing(3), "", Patience(60.0, said.append))
    assert probes._all(late, [wanted])[0].verdict == "ok"
    assert len(said) == 3

    never = Run(Refusing(1000), "", Patience(now[0] + 60.0, said.append))
    assert probes._all(never, [wanted])[0].verdict == "finding"


@pytest.mark.parametrize(
    ("message", "waits"),
    [
        ("with an explicit deny in a service control policy", False),
        ("because no VPC endpoint policy allows the s3:ListBucket action", False),
        ("with an explicit deny in an identity-based policy", True),
        ("because no permissions boundary allows the s3:ListBucket action", True),
        ("", True),
    ],
)
def test_only_what_may_come_true_is_waited_for(message: str, waits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda pause: now.__setitem__(0, now[0] + pause))
    refused = Absent("AccessDenied", f"not authorized to perform: s3:ListBucket {message}")
    wanted = Expectation("ListObjects", "s3:ListBucket", WHOLE, True)
    assert probes._all(Run(refused, "", Patience(60.0, lambda _: None)), [wanted])[0].verdict == "finding"
    assert (now[0] > 50) is waits


def test_a_refusal_means_nothing_before_anything_was_permitted() -> None:
    wanted = Expectation("ListObjects", "s3:ListBucket", WHOLE, False)
    run = Run(Refusing(1), "", Patience(0.0, print))
    assert probes._all(run, [wanted])[0].verdict == "unknown"
    run.s3.left = 1
    run.permitted.add("photos")
    assert probes._all(run, [wanted])[0].verdict == "ok"


def test_a_prefix_is_a_listing_s_alone() -> None:
    both = {**LISTS, "Action": ["s3:ListBucket", "s3:GetObject", "s3:PutObject"]}
    assert expected({"Statement": [both]}, FOLDER) == {
        **dict.fromkeys(READS, False),
        "ListObjects": True,
        "PutObject": False,
        "DeleteObject": False,
    }
    denied = {**LISTS, "Effect": "Deny", "Action": "*"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    assert expected({"Statement": [everything, denied]}, FOLDER) == {
        **dict.fromkeys([*READS, "PutObject", "DeleteObject"], True),
        "ListObjects": False,
    }


def test_a_refusal_of_what_is_expected_names_the_policy_that_refused() -> None:
    message = "not authorized to perform: s3:ListBucket with an explicit deny in a service control policy"
    refused = Absent("AccessDenied", message)
    wanted = [Expectation("ListObjects", "s3:ListBucket", WHOLE, expects) for expects in (True, False)]
    checks = probes._all(Run(refused, "", Patience(0.0, print)), wanted)
    assert [check.note for check in checks] == ["an explicit deny in the service control policy", TOO_EARLY]


class Absent:
    """An S3 that answers every call with one code."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code, self.message = code, message

    def __getattr__(self, _: str) -> Any:
        from botocore.exceptions import ClientError

        def answer(**_: Any) -> Any:
            raise ClientError({"Error": {"Code": self.code, "Message": self.message}}, "X")

        return answer


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        pytest.param("NoSuchBucket", "bucket exists", id="a-typo"),
        pytest.param("InternalError", NOTHING_PERMITTED, id="nothing-could-be-tried"),
    ],
)
def test_a_bucket_on_which_nothing_could_be_tried_is_a_finding(code: str, finding: str) -> None:
    document = s3_policy_document(["photos"], access="optimizer")
    wanted = expectations(Rights([document]), [WHOLE])
    run = Run(Absent(code), "", Patience(0.0, print))
    tried = probes._all(run, wanted)
    assert {check.verdict for check in tried} == {"unknown"}
    whole = probes._whole(run, wanted, tried)
    assert [(check.call, check.verdict) for check in whole] == [(finding, "finding")]
    assert not proves([*tried, *whole], allow_unknown=True)


def test_a_refused_write_says_nothing_of_a_key_that_may_not_read() -> None:
    document = s3_policy_document(["photos"], access="write-only")
    wanted = expectations(Rights([document]), [WHOLE])
    refused = Absent("AccessDenied")
    writes = [
        check for check in probes._all(Run(refused, "", Patience(0.0, print)), wanted) if check.call == "PutObject"
    ]
    assert [check.verdict for check in writes] == ["finding"]
    run = Run(refused, "", Patience(0.0, print), frozenset([WHOLE]))
    tried = probes._all(run, wanted)
    assert {check.verdict for check in tried} == {"unknown"}
    assert "may not read" in next(check.note for check in tried if check.call == "PutObject")
    assert probes._whole(run, wanted, tried) == []


def test_a_bucket_that_is_not_there_is_a_finding_where_nothing_is_expected_too() -> None:
    wanted = [Expectation("ListObjects", "s3:ListBucket", WHOLE, False)]
    run = Run(Absent("NoSuchBucket"), "", Patience(0.0, print))
    assert [check.call for check in probes._whole(run, wanted, probes._all(run, wanted))] == ["bucket exists"]


def test_where_something_was_permitted_the_bucket_is_no_finding() -> None:
    wanted = [Expectation("ListObjects", "s3:ListBucket", WHOLE, None)]
    run = Run(Refusing(0), "", Patience(0.0, print))
    assert probes._whole(run, wanted, probes._all(run, wanted)) == []


OK, WRONG, OPEN = Check("a", "b", True, True), Check("a", "b", True, False), Check("a", "b", None, True)


@pytest.mark.parametrize(
    ("checks", "proved", "allowing"),
    [
        pytest.param([OK], True, True, id="as-expected"),
        pytest.param([OK, OPEN], False, True, id="something-unknown"),
        pytest.param([OPEN], False, False, id="nothing-else"),
        pytest.param([OK, OPEN, WRONG], False, False, id="a-finding"),
        pytest.param([], False, False, id="nothing"),
    ],
)
def test_what_proves_a_key(checks: list[Check], proved: bool, allowing: bool) -> None:
    assert proves(checks) is proved
    assert proves(checks, allow_unknown=True) is allowing


def test_a_new_key_is_unproved_by_what_it_must_do_and_was_not_seen_to_do() -> None:
    unseen, refused = Check("a", "b", True, None), Check("a", "b", False, None)
    assert unproved([OK, OPEN, WRONG, unseen, refused]) == [WRONG, unseen]


def test_the_key_is_tried_as_it_is_and_not_in_a_role(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, ...]] = []

    def client(self: Connection, service: str) -> Any:
        seen.append((service, self.access_key, self.profile, self.token, self.assume_roles, self.account))
        return Sts() if service == "sts" else Refusing(0)

    role = ({"roleArn": "arn:aws:iam::1:role/x"},)
    operator = Connection(profile="admin", token="t", assume_roles=role, account="123456789012")
    monkeypatch.setattr(Connection, "client", client)
    monkeypatch.setattr(probes, "wait_until_usable", lambda mine, *_: seen.append(("wait", mine.assume_roles)))
    monkeypatch.setattr(probes, "_status", lambda *_: OK)
    pair = Credentials("site", "AKIAKEYOFTHEUSEREXAMPLE", "x" * 40)
    probes.verify(pair, [], user_arn=ARN, operator=operator, places=[])
    of_key = [each for each in seen if each[0] in ("s3", "sts")]
    assert of_key
    # To look up its account, a new key would have to be known already.
    assert {each[1:] for each in of_key} == {(pair.access_key_id, None, None, (), None)}
    assert ("wait", ()) in seen


class Sts:
    """Says whose the key is."""

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": ARN}


USER = {"type": "aws:iam/user:User", "urn": "u", "id": "site", "outputs": {"name": "site"}}
BLOG = {**USER, "urn": "b", "id": "blog", "outputs": {"name": "blog"}}
OUTPUTS = {"userName": "site", "accessKeyId": "AKIAKEYOFTHEUSEREXAMPLE", "secretAccessKey": "x" * 40}
PLACED = {**OUTPUTS, "userArn": ARN, "credentials": {"buckets": ["photos/uploads"]}}


def test_a_stack_s_key_is_tried_on_its_places_by_its_own_config(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    setting = project.Project("app", Connection("eu-west-1"), None, {}, None, False)
    monkeypatch.setattr(pulumi_cli, "outputs", lambda *_, **__: {**PLACED, "policyDocument": json.dumps(FULL_ACCESS)})
    monkeypatch.setattr(project, "read_export", lambda *_: {"deployment": {"resources": [BLOG, USER]}})
    monkeypatch.setattr(stack, "_policies", lambda access, gives, *_: UserPolicies())
    monkeypatch.setattr(probes, "verify", lambda pair, rights, **more: seen.update(more, rights=rights) or [])
    monkeypatch.setattr(stack.time, "monotonic", lambda: 1000.0)
    stack.verify_stack("prod", None, None, within=7.0, setting=setting)
    assert seen["rights"] == Rights([FULL_ACCESS])
    assert (seen["within"], seen["user_arn"], seen["places"]) == (7.0, ARN, [FOLDER])
    assert seen["operator"] == Connection("eu-west-1", account="123456789012")


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ([USER], "the stack names no bucket for the key: name one to try it on with --bucket"),
        ([BLOG], "the stack's state does not hold 'site': run pulumi up"),
    ],
)
def test_what_can_not_be_verified_is_said(
    monkeypatch: pytest.MonkeyPatch, resources: list[dict[str, Any]], said: str
) -> None:
    setting = project.Project("app", Connection(), None, {}, None, False)
    monkeypatch.setattr(pulumi_cli, "outputs", lambda *_, **__: OUTPUTS)
    monkeypatch.setattr(project, "read_export", lambda *_: {"deployment": {"resources": resources}})
    with pytest.raises(S3IOError, match=said):
        stack.verify_stack("prod", None, None, setting=setting)


def test_a_new_key_is_waited_for_as_it_is_and_not_in_a_role(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Connection] = []
    monkeypatch.setattr(Connection, "client", lambda self, service: seen.append(self) or Calls())
    role = ({"roleArn": "arn:aws:iam::1:role/x"},)
    operator = Connection(
        "eu-west-1", profile="admin", token="t", assume_roles=role, endpoints={"s3": "http://x"}, account="1"
    )
    monkeypatch.setattr("s3io_user.aws.waiting.time.sleep", lambda _: None)
    wait_until_usable(operator.with_key("AKIAKEYOFTHEUSEREXAMPLE", "x" * 40), lambda _: None)
    alone = Connection(
        "eu-west-1", access_key="AKIAKEYOFTHEUSEREXAMPLE", secret_key="x" * 40, endpoints={"s3": "http://x"}
    )
    assert seen == [alone, alone]


class Calls:
    """Accepts every call."""

    def __getattr__(self, _: str) -> Any:
        return lambda: None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["photos"], ["photos/locks"]),
        (["photos/site"], ["photos/site/locks"]),
        (["photos", "backups/a"], ["photos/locks", "backups/a/locks"]),
    ],
)
def test_where_the_locks_are_follows_from_the_policy(given: list[str], found: list[str]) -> None:
    document = s3_policy_document(given, access="backup", lock_prefix="locks")
    places = [parse_bucket(place) for place in given]
    deletes = [e for e in expectations(Rights([document]), places) if e.call == "DeleteObject"]

    assert [str(place) for place in lock_places(Rights([document]), places)] == found
    assert [(str(e.place), e.expected) for e in deletes] == [
        *((place, False) for place in given),
        *((place, True) for place in found),
    ]


@pytest.mark.parametrize("access", ["read-write", "s3-access", "optimizer"])
def test_without_a_lock_prefix_there_are_no_locks(access: str) -> None:
    document = s3_policy_document(["photos", "more/site"], access=access)
    assert lock_places(Rights([document]), [Bucket("photos"), Bucket("more", "site")]) == []


class OfAnother(Connection):
    """Credentials of another account than the user's."""

    def client(self, service: str) -> Any:
        if self.access_key:
            pytest.fail("the key was tried")
        raise AwsError("OtherAccount", "the user is in the account 123456789012")


def test_credentials_of_another_account_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("waited for what no wait can mend"))
    setting = project.Project("app", OfAnother(), None, {}, None, False)
    read = stack.StackRead({**PLACED, "userArn": None}, {"deployment": {"resources": [USER]}}, setting)
    with pytest.raises(AwsError, match="the user is in the account 123456789012"):
        stack.verify_stack("prod", None, None, within=1e9, read=read)


def test_all_retries_share_one_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda pause: now.__setitem__(0, now[0] + pause))
    lost = {**USER, "type": "aws:iam/userPolicy:UserPolicy", "urn": "p", "outputs": {"user": "site", "name": "lost"}}
    setting = project.Project("app", Connection(), None, {}, None, False)
    read = stack.StackRead(PLACED, {"deployment": {"resources": [USER, lost]}}, setting)
    monkeypatch.setattr(stack, "_read", lambda *_: UserPolicies())
    seen: dict[str, Any] = {}
    monkeypatch.setattr(probes, "verify", lambda pair, rights, **more: seen.update(more) or [])
    stack.verify_stack("prod", None, None, within=60.0, read=read)
    assert now[0] + seen["within"] == 60.0
    assert seen["within"] < 9, "the policy that is missing was waited for"


class Sent:
    """Stands in for the network: notes each request with the key that signs it, and answers as AWS does."""

    def __init__(self) -> None:
        self.by_key: dict[str, list[str]] = {}

    def send(self, session: Any, request: Any) -> AWSResponse:
        header = request.headers["Authorization"]
        key = (header.decode() if isinstance(header, bytes) else header).partition("Credential=")[2].partition("/")[0]
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body or "")
        operation = dict(parse_qsl(body)).get("Action", "")
        self.by_key.setdefault(key, []).append(operation or request.url)
        user = key.removeprefix("AKIA").removesuffix("EXAMPLE").lower()
        found = {
            "GetCallerIdentity": f"<Arn>arn:aws:iam::123456789012:user/{user}</Arn><Account>123456789012</Account>",
            "ListAccessKeys": "<AccessKeyMetadata/>",
        }.get(operation)
        result = f"<{operation}Result>{found}</{operation}Result>"
        refused = "<Error><Code>AccessDenied</Code></Error>"
        refused = f"<ErrorResponse>{refused}</ErrorResponse>" if operation else refused
        answer = f"<{operation}Response>{result}</{operation}Response>" if found else refused
        return AWSResponse(request.url, 200 if found else 403, {"x-amzn-requestid": "1"}, Raw(answer.encode()))


class Raw:
    """The body of an answer."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [self.body]


def test_every_request_is_signed_by_the_key_that_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """The users of a stack share the operator's clients and the models of the services, and nothing of their keys."""
    sent, names = Sent(), [f"site{number}" for number in range(6)]
    monkeypatch.setattr(URLLib3Session, "send", lambda session, request: sent.send(session, request))
    monkeypatch.setattr("s3io_user.aws.waiting.time.sleep", lambda _: None)
    monkeypatch.setattr(probes, "_status", lambda operator, pair: Check("active", pair.access_key_id, True, True))
    access = Connection("us-east-1", access_key="AKIAOPERATOREXAMPLE", secret_key="x")

    def tried(name: str) -> list[Check]:
        pair = Credentials(name, f"AKIA{name.upper()}EXAMPLE", "y" * 40, "us-east-1", [name])
        arn = f"arn:aws:iam::123456789012:user/{name}"
        operator = access.shared(replace(access, account="123456789012"))
        return probes.verify(pair, [s3_policy_document([name])], user_arn=arn, operator=operator, within=0.0)

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(tried, names))
    owners = [next(check for check in checks if check.call == "key is the user's") for checks in found]
    assert [check.verdict for check in owners] == ["ok"] * len(names)
    operator = sent.by_key.pop("AKIAOPERATOREXAMPLE")
    assert {*operator} == {"GetCallerIdentity", "SimulatePrincipalPolicy"}
    assert operator.count("GetCallerIdentity") == 1, "its account is asked for once"
    assert set(sent.by_key) == {f"AKIA{name.upper()}EXAMPLE" for name in names}
    for key, asked in sent.by_key.items():
        assert set(re.findall(r"site\d", " ".join(asked))) == {key.removeprefix("AKIA").removesuffix("EXAMPLE").lower()}
