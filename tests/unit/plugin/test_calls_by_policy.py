"""What the plugin calls, by each preset: optimizer allows exactly its calls, of all the actions that S3 has."""

from typing import Any, NamedTuple

import pytest

from s3io_user.explain.actions import catalogue
from s3io_user.policy.document import Document, s3_policy_document
from tests.evaluator import Context, allows

BUCKET, FOLDER = "photos", "wp-content/uploads"
ARN = f"arn:aws:s3:::{BUCKET}"


class Call(NamedTuple):
    """A request of the plugin's, as AWS sees it."""

    action: str
    resource: str
    context: dict[str, str]


# The plugin lists its folder as the site wrote it, with or without a slash, and pages on with the same prefix.
CALLS = {
    "ListObjects": Call("s3:ListBucket", ARN, {"s3:prefix": FOLDER}),
    "ListObjects/": Call("s3:ListBucket", ARN, {"s3:prefix": f"{FOLDER}/"}),
    "ListObjects deeper": Call("s3:ListBucket", ARN, {"s3:prefix": f"{FOLDER}/2026/01/"}),
    "GetObject": Call("s3:GetObject", f"{ARN}/{FOLDER}/2026/01/a b.jpg", {}),
    "HeadObject": Call("s3:GetObject", f"{ARN}/{FOLDER}/x.webp", {}),
    "PutObject": Call("s3:PutObject", f"{ARN}/{FOLDER}/x.jpg", {}),
    "GetBucketLocation": Call("s3:GetBucketLocation", ARN, {}),
    "GetBucketOwnershipControls": Call("s3:GetBucketOwnershipControls", ARN, {}),
    "PutObjectAcl": Call("s3:PutObjectAcl", f"{ARN}/{FOLDER}/x.jpg", {"s3:x-amz-acl": "public-read"}),
    # It has no resource of its own; AWS checks it against this one, so that the page's Resource covers it.
    "ListBuckets": Call("s3:ListAllMyBuckets", "arn:aws:s3:::*", {}),
    "CopyObject from": Call("s3:GetObject", f"{ARN}/{FOLDER}/x.jpg.webp", {}),
    "CopyObject to": Call("s3:PutObject", f"{ARN}/{FOLDER}/x.webp", {}),
    "DeleteObject": Call("s3:DeleteObject", f"{ARN}/{FOLDER}/x.jpg.webp", {}),
}
READS = {call for call in CALLS if call.startswith(("ListObjects", "Get", "Head", "CopyObject from"))}
OPTIMIZES = READS | {"PutObject", "CopyObject to"}


@pytest.mark.parametrize("place", [BUCKET, f"{BUCKET}/{FOLDER}"], ids=["bucket", "folder"])
@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        pytest.param({"access": "read-only"}, READS, id="read-only"),
        pytest.param({"access": "optimizer"}, OPTIMIZES, id="optimizer"),
        pytest.param({"access": "optimizer", "allow_acl": True}, OPTIMIZES | {"PutObjectAcl"}, id="acl"),
        pytest.param({"access": "optimizer", "allow_delete": True}, OPTIMIZES | {"DeleteObject"}, id="delete"),
        pytest.param({"access": "optimizer", "allow_bucket_listing": True}, OPTIMIZES | {"ListBuckets"}, id="listing"),
        pytest.param({"access": "s3-access"}, OPTIMIZES | {"PutObjectAcl"}, id="s3-access"),
    ],
)
def test_the_plugin_s_calls(options: dict[str, Any], allowed: set[str], place: str) -> None:
    made = s3_policy_document([place], **options)

    assert {name for name, call in CALLS.items() if allows(made, *call)} == allowed


def test_the_page_s_document_on_every_bucket_lists_them_too() -> None:
    made = s3_policy_document()

    assert {name for name, call in CALLS.items() if not allows(made, *call)} == {"DeleteObject"}


def open_actions(made: Document, resource: str, context: Context) -> set[str]:
    """All the actions of S3 that a document allows on a resource."""
    return {action.name for action in catalogue(["s3"]) if allows(made, action.name, resource, context)}


ASKING = {"s3:GetBucketLocation", "s3:GetBucketOwnershipControls"}


@pytest.mark.parametrize(
    ("options", "on_objects", "on_all"),
    [
        pytest.param({"access": "read-only"}, {"s3:GetObject"}, set(), id="read-only"),
        pytest.param({"access": "optimizer"}, {"s3:GetObject", "s3:PutObject"}, set(), id="optimizer"),
        pytest.param(
            {"access": "optimizer", "allow_acl": True, "allow_delete": True, "allow_bucket_listing": True},
            {"s3:GetObject", "s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject"},
            {"s3:ListAllMyBuckets"},
            id="optimizer-with-all",
        ),
    ],
)
def test_of_all_actions_of_s3_it_allows_these_and_no_other(
    options: dict[str, Any], on_objects: set[str], on_all: set[str]
) -> None:
    made = s3_policy_document([f"{BUCKET}/{FOLDER}"], **options)

    # What is open on * is open on every resource.
    assert open_actions(made, "*", {}) == on_all
    assert open_actions(made, f"{ARN}/{FOLDER}/x.jpg", {}) == on_objects | on_all
    assert open_actions(made, ARN, {}) == ASKING | on_all
    assert open_actions(made, ARN, {"s3:prefix": FOLDER}) == ASKING | {"s3:ListBucket"} | on_all
    for beside in (
        f"{ARN}/{FOLDER}-private/x.jpg",
        f"{ARN}/{FOLDER}",
        f"{ARN}/x.jpg",
        f"{ARN}-private",
        "arn:aws:s3:::x/x",
    ):
        assert open_actions(made, beside, {"s3:prefix": FOLDER}) == on_all, beside
