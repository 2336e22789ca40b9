"""What an adopted user has already, by what AWS says, is not taken over."""

import asyncio
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from s3io_user.aws.answers import AwsError
from s3io_user.component import takeover
from s3io_user.component.lookups import NotKnownYetError

INLINE = "aws:iam/userPolicy:UserPolicy"
ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


class Iam:
    """A user ``old`` with an inline policy, and two pages of attached policies and of groups."""

    pages: ClassVar = {
        "list_attached_user_policies": [{"AttachedPolicies": [{"PolicyArn": "arn:other"}]},
                                        {"AttachedPolicies": [{"PolicyArn": READ_ONLY}]}],
        "list_groups_for_user": [{"Groups": [{"GroupName": "staff"}]}, {"Groups": [{"GroupName": "editors"}]}],
    }  # fmt: skip

    def __init__(self, fault: str = "") -> None:
        self.fault, self.asked = fault, list[str]()

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.fault:
            raise AwsError(self.fault, "it says so")

    def get_user_policy(self, UserName: str, PolicyName: str) -> dict[str, str]:  # noqa: N803  # as boto3 names them
        self._ask("get_user_policy")
        if (UserName, PolicyName) != ("old", "Photos"):
            raise AwsError("NoSuchEntity", "it does not exist")
        return {}

    def get_paginator(self, operation: str) -> Any:
        def paginate(UserName: str) -> Any:  # noqa: N803
            self._ask(operation)
            return self.pages[operation] if UserName == "old" else []

        return SimpleNamespace(paginate=paginate)


def refuse(kind: str, new: dict[str, Any], old: dict[str, Any] | None = None, iam: Iam | None = None) -> Iam:
    iam = iam or Iam()
    client = SimpleNamespace(client=lambda service: {"iam": iam}[service])

    async def access() -> Any:
        return client

    change: Any = SimpleNamespace(type=f"pkg:index:Component${kind}", old_inputs=old, new_inputs={"user": "old", **new})
    asyncio.run(takeover.refuse(access, change))
    return iam


@pytest.mark.parametrize(
    ("kind", "new", "old", "said"),
    [
        pytest.param(INLINE, {"name": "Photos"}, None, "has an inline policy 'Photos' already", id="inline"),
        pytest.param(ATTACHMENT, {"policyArn": READ_ONLY}, None, f"has the policy {READ_ONLY} already", id="attached"),
        pytest.param(MEMBERSHIP, {"groups": ["new", "editors"]}, None, "is in the group 'editors' already", id="group"),
        pytest.param(
            MEMBERSHIP, {"groups": ["staff", "editors"]}, {"groups": ["staff"]}, "group 'editors'", id="added"
        ),
    ],
)
def test_what_it_has_is_refused(kind: str, new: dict[str, Any], old: dict[str, Any] | None, said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        refuse(kind, new, old)
    assert str(raised.value).startswith("the user 'old' ")
    assert "this stack did not create it" in str(raised.value)


@pytest.mark.parametrize(
    ("kind", "new", "old"),
    [
        pytest.param(INLINE, {"name": "Other"}, None, id="inline"),
        pytest.param(ATTACHMENT, {"policyArn": "arn:new"}, None, id="attached"),
        pytest.param(MEMBERSHIP, {"groups": ["new"]}, None, id="group"),
        pytest.param(MEMBERSHIP, {"groups": ["editors", "new"]}, {"groups": ["editors"]}, id="its-own-group-stays"),
    ],
)
def test_what_it_has_not_may_be_given(kind: str, new: dict[str, Any], old: dict[str, Any] | None) -> None:
    assert len(refuse(kind, new, old).asked) == 1


@pytest.mark.parametrize(
    ("kind", "new", "old"),
    [
        pytest.param(INLINE, {"name": "Photos"}, {"user": "old", "name": "Photos"}, id="a-policy-in-the-state"),
        pytest.param(ATTACHMENT, {}, None, id="an-arn-that-a-preview-does-not-know"),
        pytest.param(MEMBERSHIP, {"groups": ["editors"]}, {"groups": ["editors", "staff"]}, id="a-group-less"),
        pytest.param(MEMBERSHIP, {}, None, id="no-groups"),
    ],
)
def test_what_needs_no_answer_is_not_asked(kind: str, new: dict[str, Any], old: dict[str, Any] | None) -> None:
    assert refuse(kind, new, old).asked == []


@pytest.mark.parametrize(
    ("kind", "new"),
    [(INLINE, {"name": "Photos"}), (ATTACHMENT, {"policyArn": READ_ONLY}), (MEMBERSHIP, {"groups": ["new"]})],
)
def test_what_can_not_be_seen_is_not_given(kind: str, new: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="can't look at what the user 'old' has already: "):
        refuse(kind, new, iam=Iam("AccessDenied"))


def test_a_provider_that_a_preview_does_not_know_yet_is_asked_by_the_update() -> None:
    async def access() -> Any:
        raise NotKnownYetError([("provider", "it is not created yet")])

    change: Any = SimpleNamespace(type=ATTACHMENT, old_inputs=None, new_inputs={"user": "old", "policyArn": READ_ONLY})
    asyncio.run(takeover.refuse(access, change))
