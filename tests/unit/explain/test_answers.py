"""The answers, the dangers, the tighter presets, and documents that are refused."""

import re
from typing import Any

import pytest

from s3io_user.errors import InputError
from s3io_user.explain import FULL_ACCESS
from s3io_user.explain.dangers import _ADVICE, _DANGERS
from s3io_user.explain.decide import Verdict
from s3io_user.policy.document import s3_policy_document
from tests.unit.explain.policies import CATALOGUE, KEY_ARN, PHOTOS, allow, answer, deny, document, explained, table

YES, NO, CONDITIONAL = Verdict.YES, Verdict.NO, Verdict.CONDITIONAL
SAFE = dict.fromkeys(
    [
        "create-bucket",
        "delete-object",
        "delete-by-rule",
        "delete-bucket",
        "change-policy",
        "make-public",
        "list-buckets",
        "other-buckets",
        "other-services",
    ],
    NO,
)
NEEDED = dict.fromkeys(["list-images", "read-images", "write-images", "read-settings"], YES)
PAGE = {
    "delete-by-rule": YES,
    "change-policy": YES,
    "make-public": YES,
    "list-buckets": YES,
    "other-buckets": YES,
}
DESTROYS = {"create-bucket": YES, "delete-object": YES, "delete-bucket": YES}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(s3_policy_document(), {**SAFE, **NEEDED, **PAGE}, id="the-page"),
        pytest.param(FULL_ACCESS, {**SAFE, **NEEDED, **PAGE, **DESTROYS}, id="full"),
        pytest.param(s3_policy_document(["photos"], access="optimizer"), {**SAFE, **NEEDED}, id="optimizer"),
        pytest.param(
            s3_policy_document(["photos/up"], access="optimizer"),
            {**SAFE, **NEEDED, "list-images": CONDITIONAL},
            id="optimizer-folder",
        ),
        pytest.param(
            s3_policy_document(["photos"], access="read-only"), {**SAFE, **NEEDED, "write-images": NO}, id="read-only"
        ),
        pytest.param(
            s3_policy_document(
                ["photos"], access="optimizer", allow_acl=True, allow_delete=True, allow_bucket_listing=True
            ),
            {**SAFE, **NEEDED, "make-public": YES, "delete-object": YES, "list-buckets": YES},
            id="optimizer-with-all-options",
        ),
        pytest.param(
            s3_policy_document(["photos"], access="optimizer", allow_acl=True, tls_only=True),
            {**SAFE, **dict.fromkeys(NEEDED, CONDITIONAL), "make-public": CONDITIONAL},
            id="over-tls-only",
        ),
        pytest.param(
            document(allow("s3:GetBucketLocation", PHOTOS)), SAFE | dict.fromkeys(NEEDED, NO), id="too-little"
        ),
    ],
)
def test_the_answers(policy: dict[str, Any], expected: dict[str, Verdict]) -> None:
    assert {each.id: each.verdict for each in explained(policy).answers} == expected


def test_a_wanted_answer_is_only_yes_if_every_action_is() -> None:
    tls = {"Bool": {"aws:SecureTransport": "true"}}
    half = document(
        allow("s3:GetBucketLocation", PHOTOS), allow("s3:GetBucketOwnershipControls", PHOTOS, Condition=tls)
    )
    assert answer(explained(half), "read-settings").verdict is Verdict.CONDITIONAL


def test_a_bucket_by_pattern_is_another_bucket_too() -> None:
    found = answer(explained(document(allow("s3:GetObject", f"{PHOTOS}*"))), "other-buckets")
    assert (found.verdict, found.where) == (Verdict.YES, ("photos*",))
    variable = explained(document(allow("s3:GetObject", "arn:aws:s3:::site-${aws:username}/*")))
    assert answer(variable, "other-buckets").verdict is Verdict.CONDITIONAL


def test_an_answer_is_good_where_the_plugin_needs_a_yes_and_else_where_it_is_no() -> None:
    explanation = explained(s3_policy_document())
    good = {each.id: each.good for each in explanation.answers}
    assert good["read-images"]
    assert good["create-bucket"]
    assert not good["change-policy"]
    assert not answer(explained(s3_policy_document(access="read-only")), "write-images").good


def test_the_pages_policy_can_destroy_without_delete_object() -> None:
    marked = {danger.action for danger in explained(s3_policy_document()).dangers}
    assert {
        "s3:PutBucketPolicy",
        "s3:PutLifecycleConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketAcl",
        "s3:PutObjectAcl",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketVersioning",
        "s3:PutBucketOwnershipControls",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketNotification",
        "s3:PutBucketLogging",
        "s3:PutInventoryConfiguration",
    } <= marked
    assert "s3:DeleteObject" not in marked


def test_the_optimizer_has_advice_and_no_danger() -> None:
    explanation = explained(s3_policy_document(["photos"], access="optimizer", kms_key_arns=[KEY_ARN]))
    assert explanation.dangers == ()
    assert [advice.action for advice in explanation.advice] == ["s3:PutObject", "kms:Decrypt", "s3:PutObject"]


@pytest.mark.parametrize(
    ("policy", "warned"),
    [
        pytest.param(s3_policy_document(["photos"], access="optimizer"), True, id="optimizer"),
        pytest.param(s3_policy_document(["photos"], access="optimizer", allow_acl=True), False, id="allow-acl"),
        pytest.param(s3_policy_document(["photos"], access="read-only"), False, id="read-only"),
        pytest.param(s3_policy_document(), False, id="the-page"),
    ],
)
def test_images_that_would_go_private_are_warned_of(policy: dict[str, Any], warned: bool) -> None:
    assert any("leaves an image private" in advice.reason for advice in explained(policy).advice) is warned


@pytest.mark.parametrize("action", [*_DANGERS, *_ADVICE])
def test_the_table_of_dangers_names_real_actions_and_says_why(action: str) -> None:
    assert action in {each.name for each in CATALOGUE}
    reason = (_DANGERS | _ADVICE)[action]
    assert reason == reason.strip(" .")
    assert re.match(r"(can|deletes|overwrites) ", reason)


def test_whatever_manages_permissions_is_marked() -> None:
    explanation = explained(FULL_ACCESS)
    marked = {danger.action for danger in explanation.dangers}
    managing = {g.action for r in explanation.rows for g in r.at("Permissions management")}
    assert managing
    assert managing <= marked


@pytest.mark.parametrize(
    ("policy", "user", "expected"),
    [
        pytest.param(
            s3_policy_document(),
            None,
            [
                "pulumi config set access optimizer",
                "pulumi config set access read-only",
                "pulumi config set --path 'buckets[0]' YOUR-BUCKET/wp-content/uploads",
            ],
            id="the-page",
        ),
        pytest.param(
            s3_policy_document(["photos"], access="optimizer"),
            None,
            ["pulumi config set access read-only"],
            id="optimizer",
        ),
        pytest.param(s3_policy_document(["photos/up"], access="read-only"), None, [], id="read-only"),
        pytest.param(
            s3_policy_document(
                ["photos"], access="optimizer", allow_acl=True, allow_delete=True, kms_key_arns=[KEY_ARN]
            ),
            None,
            [
                "pulumi config set allowDelete false",
                "pulumi config set allowAcl false",
                "pulumi config set access read-only",
            ],
            id="optimizer-with-options",
        ),
        pytest.param(
            s3_policy_document(["photos"]),
            "blog",
            [
                "pulumi config set --path users.blog.access optimizer",
                "pulumi config set --path users.blog.access read-only",
            ],
            id="one-of-many-users",
        ),
        pytest.param(
            s3_policy_document(["photos"], access="optimizer"),
            "my.site",
            ["""pulumi config set --path 'users["my.site"].access' read-only"""],
            id="a-user-with-a-dot",
        ),
        pytest.param(document(allow("s3:GetObject", f"{PHOTOS}*")), None, [], id="buckets-by-pattern"),
        pytest.param(
            document(allow("s3:GetObject", [f"{PHOTOS}/*", "arn:aws:s3:::*"])),
            None,
            ["pulumi config set access optimizer", "pulumi config set access read-only"],
            id="a-bucket-and-every-other",
        ),
    ],
)
def test_what_is_tighter_and_how(policy: dict[str, Any], user: str | None, expected: list[str]) -> None:
    changes = explained(policy, user=user).tighter
    assert [line for change in changes for line in change.config] == expected


@pytest.mark.parametrize(
    ("user", "key"), [(None, "my.site:access"), ("blog", "my.site:users.blog.access")], ids=["one", "one-of-many"]
)
def test_the_config_key_is_in_the_projects_namespace(user: str | None, key: str) -> None:
    (change,) = explained(s3_policy_document(["photos"], access="optimizer"), user=user, project="my.site").tighter
    assert change.config == (f"pulumi config set {'--path ' if user else ''}{key} read-only",)


def test_tighter_takes_away_what_it_says() -> None:
    explanation = explained(s3_policy_document(["photos/up", "logs"]))
    optimizer = explanation.tighter[0]
    after = explained(s3_policy_document(["photos/up", "logs"], access="optimizer"))
    before_names, after_names = ({g.action for r in e.rows for g in r.grants} for e in (explanation, after))
    assert set(optimizer.removes) == before_names - after_names
    assert set(optimizer.adds) == after_names - before_names
    assert optimizer.dangers_removed == len(explanation.dangers)


def test_an_action_that_aws_does_not_know_is_named() -> None:
    explanation = explained(document(allow(["s3:GetObject", "s3:GetObjects", "s3:Frob*"], "arn:aws:s3:::*")))
    assert explanation.unknown == ("s3:Frob*", "s3:GetObjects")
    assert "s3:Frob*, s3:GetObjects" in table(explanation)
    assert explained(document(allow("s3:GetObject"), deny("s3:Frob*"))).unknown == ()


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param([], id="list"),
        pytest.param({"Version": "2012-10-17"}, id="no-statement"),
        pytest.param(document("s3:*"), id="string"),  # type: ignore[arg-type]
        pytest.param(document(allow("s3:*", Principal="*")), id="principal"),
        pytest.param(document({**allow("s3:*"), "Effect": "allow"}), id="effect"),
        pytest.param(document({"Effect": "Allow", "Resource": "*"}), id="no-action"),
        pytest.param(document(allow("s3:*", NotResource="*")), id="two-resources"),
        pytest.param(document(allow(["s3:*", 1])), id="number"),
        pytest.param(document(allow([])), id="empty"),
        pytest.param(document(allow("s3:*", Condition="x")), id="condition"),
        pytest.param(document(allow("s3:*", Condition={"Bool": "x"})), id="operator"),
    ],
)
def test_a_document_of_the_wrong_shape_is_refused(policy: Any) -> None:
    with pytest.raises(InputError, match=r"Statement\[0\]: must have an Effect, an Action"):
        explained(policy)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        pytest.param(allow("s3:*", f"{PHOTOS}/\x9b2J"), "U+009B", id="escape"),
        pytest.param(allow("s3:*", Condition={"Bool": {"a": ["\u202e"]}}), "U+202E", id="beyond-latin-1"),
    ],
)
def test_what_a_terminal_would_obey_is_refused(statement: dict[str, Any], code: str) -> None:
    with pytest.raises(
        InputError, match=re.escape("Statement[1]: must hold no control characters, and none")
    ) as caught:
        explained(document(allow("s3:*"), statement))
    assert code in str(caught.value)
