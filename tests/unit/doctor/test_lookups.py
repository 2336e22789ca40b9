"""What doctor's look-ups make of AWS's answers, with an AWS that answers as told."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from s3io_user.aws.connection import Connection
from s3io_user.aws.users import keys_of, permissions_of
from s3io_user.doctor.facts import UserFacts
from s3io_user.doctor.lookups import Lookups, remove_key
from s3io_user.doctor.wanted import Bucket, Wanted
from s3io_user.iam.user_policies import Permissions
from s3io_user.inputs.checks import resolve
from s3io_user.stack.state import UserState

NOW = datetime(2026, 6, 30, tzinfo=timezone.utc)
NOTHING: frozenset[str] = frozenset()
HELD = UserState("site", "site", True, {}, None, None, NOTHING, NOTHING, NOTHING)
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


class Aws(Connection):
    """One service for all: a call gives what ``answers`` has of it, or fails with that code; ``asked`` has them all."""

    answers: dict[str, Any]
    asked: list[tuple[str, dict[str, Any]]]

    def client(self, service: str) -> Any:
        return self

    def __getattr__(self, operation: str) -> Any:
        if operation.startswith("_") or operation not in self.__dict__.get("answers", {}):
            raise AttributeError(operation)

        def call(**given: Any) -> Any:
            self.asked.append((operation, given))
            answer = self.answers[operation]
            answer = answer(**given) if callable(answer) else answer
            if isinstance(answer, str):
                raise ClientError({"Error": {"Code": answer}}, operation)
            return answer

        return call

    def get_paginator(self, operation: str) -> Any:
        given = getattr(self, operation)
        return SimpleNamespace(paginate=lambda **asked: [given(**asked)])


def lookups(**answers: Any) -> tuple[Lookups, Aws]:
    aws = Aws("us-east-1")
    object.__setattr__(aws, "answers", answers)
    object.__setattr__(aws, "asked", [])
    return Lookups(aws, lambda _: None), aws


USER: dict[str, Any] = {
    "get_user": {"User": {"UserId": "AIDASITEEXAMPLE"}},
    "list_access_keys": {"AccessKeyMetadata": []},
    "list_groups_for_user": {"Groups": [{"GroupName": "editors"}]},
    "list_attached_user_policies": {"AttachedPolicies": [{"PolicyArn": READ_ONLY}]},
    "list_user_policies": {"PolicyNames": ["own"]},
    "get_user_policy": {"PolicyDocument": {}},
    "get_login_profile": {"LoginProfile": {}},
}


def test_what_aws_has_of_a_user() -> None:
    asked, _ = lookups(**USER)
    assert asked.user_facts(HELD, 30) == UserFacts(
        HELD,
        unique_id="AIDASITEEXAMPLE",
        keys=(),
        attached=frozenset({READ_ONLY}),
        inline=frozenset({"own"}),
        groups=frozenset({"editors"}),
        console=True,
        rotate_every_days=30,
    )
    assert asked.unknown == []


@pytest.mark.parametrize(
    ("answers", "facts", "unknown"),
    [
        pytest.param(
            {"get_user": "NoSuchEntity", "list_users": {"Users": []}}, {"exists": False, "renamed": None}, 0, id="gone"
        ),
        pytest.param({"get_login_profile": "NoSuchEntity"}, {"console": False, "exists": True}, 0, id="no-password"),
        pytest.param({"get_login_profile": "AccessDenied"}, {"console": None, "exists": True}, 1, id="not-seen"),
        pytest.param({"list_access_keys": "AccessDenied"}, {"keys": None}, 1, id="keys-not-seen"),
        pytest.param(
            {"list_user_policies": "AccessDenied"}, {"attached": None, "inline": None, "groups": None}, 1, id="rights"
        ),
        pytest.param({"get_user": "AccessDenied"}, {"exists": True, "unique_id": None}, 2, id="user-not-seen"),
    ],
)
def test_what_could_not_be_seen_of_a_user_is_not_known(
    answers: dict[str, Any], facts: dict[str, Any], unknown: int
) -> None:
    asked, _ = lookups(**{**USER, **answers})
    found = asked.user_facts(HELD, None)
    assert {name: getattr(found, name) for name in facts} == facts
    assert len(asked.unknown) == unknown


@pytest.mark.parametrize(
    ("answers", "changed"),
    [
        pytest.param({}, set(), id="alike"),
        pytest.param({"get_user_policy": {"PolicyDocument": {"Statement": []}}}, {"own"}, id="inline"),
        pytest.param(
            {"get_policy_version": {"PolicyVersion": {"Document": {"Statement": []}}}}, {READ_ONLY}, id="managed"
        ),
        pytest.param({"list_user_policies": {"PolicyNames": []}}, set(), id="gone-is-not-changed"),
    ],
)
def test_a_policy_that_was_changed_by_hand(answers: dict[str, Any], changed: set[str]) -> None:
    ours = {"Statement": [{"Sid": "", "Action": ["s3:Get*", "s3:List*"], "Resource": ["*"]}]}
    same = {"Statement": {"Resource": "*", "Action": ["s3:List*", "s3:Get*"]}}
    managed = {
        "get_policy": {"Policy": {"DefaultVersionId": "v3"}},
        "get_policy_version": lambda **asked: {
            "PolicyVersion": {"Document": same if asked["VersionId"] == "v3" else {}}
        },
    }
    asked, _ = lookups(**{**USER, **managed, "get_user_policy": {"PolicyDocument": same}, **answers})
    held = replace(HELD, inline=frozenset({"own"}), documents={"own": ours, READ_ONLY: ours})
    assert asked.user_facts(held, None).changed == changed
    assert asked.unknown == []


def test_a_policy_that_the_state_hides_is_not_said_to_be_as_it_was() -> None:
    asked, _ = lookups(**USER)
    assert asked.user_facts(replace(HELD, inline=frozenset({"own"})), None).changed == frozenset()
    assert asked.unknown == ["whether AWS has the policy 'own' as the stack made it: the state hides it"]


def test_a_user_that_is_called_otherwise_now_is_found_by_its_id() -> None:
    held = replace(HELD, unique_id="AIDASITEEXAMPLE")
    others = {
        "Users": [{"UserName": "a", "UserId": "AIDAOTHEREXAMPLE"}, {"UserName": "b", "UserId": "AIDASITEEXAMPLE"}]
    }
    asked, _ = lookups(get_user="NoSuchEntity", list_users=others)
    assert asked.user_facts(held, None) == UserFacts(held, exists=False, renamed="b")
    asked, _ = lookups(get_user="NoSuchEntity", list_users="AccessDenied")
    assert asked.user_facts(held, None).renamed is None
    assert len(asked.unknown) == 1


OURS = {"ObjectOwnership": "BucketOwnerEnforced"}


@pytest.mark.parametrize(
    ("answers", "acls_matter", "bucket"),
    [
        pytest.param(
            {"head_bucket": {"BucketRegion": "eu-west-1"}}, False, Bucket(True, "eu-west-1", False), id="head"
        ),
        pytest.param(
            {"head_bucket": {"ResponseMetadata": {"HTTPHeaders": {"x-amz-bucket-region": "eu-west-2"}}}},
            False,
            Bucket(True, "eu-west-2", False),
            id="header",
        ),
        pytest.param(
            {"get_bucket_location": {"LocationConstraint": None}}, False, Bucket(True, "us-east-1", False), id="first"
        ),
        pytest.param(
            {"get_bucket_location": {"LocationConstraint": "EU"}}, False, Bucket(True, "eu-west-1", False), id="eu"
        ),
        pytest.param({"get_bucket_location": "AccessDenied"}, False, Bucket(True, None, False), id="no-region"),
        pytest.param({"head_bucket": "404"}, True, Bucket(False), id="missing"),
        pytest.param({"head_bucket": "403"}, True, Bucket(None), id="not-seen"),
        pytest.param({}, True, Bucket(True, "eu-west-3", False), id="owner-enforced"),
        pytest.param(
            {"get_bucket_ownership_controls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}},
            True,
            Bucket(True, "eu-west-3", True),
            id="acls",
        ),
        pytest.param(
            {"get_bucket_ownership_controls": "OwnershipControlsNotFoundError"},
            True,
            Bucket(True, "eu-west-3", True),
            id="no-controls",
        ),
        pytest.param(
            {"get_bucket_ownership_controls": "AccessDenied"}, True, Bucket(True, "eu-west-3", None), id="acls-not-seen"
        ),
    ],
)
def test_what_aws_says_of_a_bucket(answers: dict[str, Any], acls_matter: bool, bucket: Bucket) -> None:
    asked, _ = lookups(
        **{
            "head_bucket": {},
            "get_bucket_location": {"LocationConstraint": "eu-west-3"},
            "get_bucket_ownership_controls": {"OwnershipControls": {"Rules": [OURS]}},
            **answers,
        }
    )
    assert asked.buckets({"photos": acls_matter}) == {"photos": bucket}


@pytest.mark.parametrize(
    ("inputs", "holding", "taken"),
    [
        pytest.param({"user_name": "Site"}, None, {"site", "SITE"}, id="new"),
        pytest.param({"user_name": "Site"}, HELD, set(), id="the-stacks-own"),
        pytest.param({}, None, set(), id="named-by-pulumi"),
        pytest.param({"existing_user": "site"}, None, set(), id="adopted"),
    ],
)
def test_names_are_taken_without_regard_to_case(inputs: Any, holding: UserState | None, taken: set[str]) -> None:
    asked, _ = lookups(get_user={})
    found = asked.wanted(Wanted("site", resolve(inputs), holding), dict.fromkeys(("site", "SITE", "sites"), NOW))
    assert set(found.names_taken) == taken


def test_what_the_inputs_name_is_looked_up_as_what_it_is() -> None:
    asked, aws = lookups(get_user={}, get_group="NoSuchEntity", get_policy="AccessDenied")
    inputs = resolve({"copy_permissions_from": "boss", "groups": ["editors"], "policy_arns": [READ_ONLY]})
    found = asked.wanted(Wanted("site", inputs), {})
    assert found.exist == {("source", "boss"): True, ("group", "editors"): False, ("policy", READ_ONLY): None}
    assert [given for _, given in aws.asked] == [
        {"UserName": "boss"},
        {"GroupName": "editors", "MaxItems": 1},
        {"PolicyArn": READ_ONLY},
    ]
    assert len(asked.unknown) == 1


def test_a_key_is_removed_of_its_user_alone() -> None:
    _, aws = lookups(delete_access_key={})
    remove_key(aws, "site", "AKIAORPHANEXAMPLE")
    assert aws.asked == [("delete_access_key", {"UserName": "site", "AccessKeyId": "AKIAORPHANEXAMPLE"})]


def test_keys_come_oldest_first_whatever_their_ids() -> None:
    made = [("AKIAAEXAMPLE", NOW), ("AKIABEXAMPLE", NOW - timedelta(days=1)), ("AKIACEXAMPLE", NOW + timedelta(days=1))]
    keys = [{"AccessKeyId": key, "Status": "Active", "CreateDate": created} for key, created in made]
    _, aws = lookups(list_access_keys={"AccessKeyMetadata": keys}, get_access_key_last_used={"AccessKeyLastUsed": {}})
    assert [key.id for key in keys_of(aws, "site")] == ["AKIABEXAMPLE", "AKIAAEXAMPLE", "AKIACEXAMPLE"]


@pytest.mark.parametrize(
    ("more", "boundary"), [({}, None), ({"PermissionsBoundary": {"PermissionsBoundaryArn": READ_ONLY}}, READ_ONLY)]
)
def test_a_users_boundary_is_of_its_permissions(more: dict[str, Any], boundary: str | None) -> None:
    _, aws = lookups(**{**USER, "get_user": {"User": more}})
    assert permissions_of(aws, "site") == Permissions(("editors",), (READ_ONLY,), {"own": {}}, boundary)
