"""The sentence and the remedy of each finding."""

import re
from dataclasses import replace
from typing import Any

import pytest

from s3io_user.doctor import obstacles
from s3io_user.doctor.facts import Finding
from s3io_user.doctor.findings import after, left_over
from s3io_user.doctor.obstacles import of_deployer, of_user
from s3io_user.doctor.wanted import Wanted
from s3io_user.stack.state import Elsewhere, read_state
from tests.unit.doctor import test_findings, test_obstacles
from tests.unit.doctor.users import MOMENT, ORPHAN

# What is said of the cases above, each with what to do: ages are of today.
TEXTS = {
    ("gone", "user-missing"): (
        "the stack created this user, but AWS has no user of that name: run pulumi up --refresh, which creates it "
        "again with a new key: hand that over"
    ),
    ("adopted-gone", "user-missing"): (
        "the stack adopted this user, but the account 123456789012 has no user of that name: correct existingUser; if "
        "the user is in another account, export its userArn beside userName, so that doctor asks there"
    ),
    ("renamed", "user-renamed"): (
        "the user that the stack created is called 'new' in AWS now, and has kept its access keys: rename it back, or "
        "pulumi up --refresh creates a second user: aws iam update-user --user-name 'new' --new-user-name 'site'"
    ),
    ("replaced", "user-replaced"): (
        "AWS has another user of this name than the one that the stack created (its unique ID is "
        "AIDATHEIRSEXAMPLE, and the stack's was AIDAOURSEXAMPLE): it is somebody else's: find out who created it. "
        "Until then run no pulumi up and no pulumi destroy, which could change or delete that user. To leave it "
        "alone, take the stack's own out of the state (pulumi stack --show-urns, pulumi state delete URN "
        "--target-dependents), set another userName and run pulumi up"
    ),
    ("orphan", "key-unknown"): (
        "the key AKIAORPHANEXAMPLE (Active, N days old, never used) is not in the stack's state, and counts as one of "
        "the two that AWS allows: whether AWS's user is the one that the stack created is not known: ask who created "
        "the key; if nobody needs it, delete it: s3io-user doctor --fix --key AKIAORPHANEXAMPLE"
    ),
    ("switched-off", "key-switched-off"): (
        "the key AKIACURRENTEXAMPLE (Inactive, N days old, last used on 2026-06-29) is inactive, but the stack's state "
        "has it as Active: run pulumi up --refresh to make it active, or set keyStatus to Inactive"
    ),
    ("unused", "key-unused"): (
        "the key AKIACURRENTEXAMPLE (Active, N days old, last used on 2026-04-01) has not been used "
        "for 90 days or more: if nobody needs it, set createAccessKey to false and run pulumi up"
    ),
    ("old", "key-old"): (
        "the key AKIACURRENTEXAMPLE (Active, N days old, last used on 2026-06-29) is older than the "
        "30 days of rotateEveryDays: run pulumi up, which replaces it, and find out why the scheduled update did not"
    ),
    ("another", "key-unknown"): (
        "the key AKIAPREVIOUSEXAMPLE (Active, N days old, last used on 2026-06-29) is not in the stack's state, and "
        "counts as one of the two that AWS allows: it has been used, so somebody has its secret: find out who; if "
        "nobody needs it, delete it: s3io-user doctor --fix --key AKIAPREVIOUSEXAMPLE"
    ),
    ("another", "key-missing"): (
        "the key AKIACURRENTEXAMPLE is in the stack's state, but not in AWS: run pulumi up --refresh, which creates a "
        "new one: hand it over"
    ),
    ("moved-on", "two-keys-one-idle"): (
        "the previous key AKIAPREVIOUSEXAMPLE (Active, N days old, last used on 2026-06-20) has not been "
        "used since the current key, AKIACURRENTEXAMPLE (Active, N days old, last used on "
        "2026-06-29), was created: set previousKey to removed and run pulumi up"
    ),
    ("full", "full-access-attached"): (
        "AmazonS3FullAccess is attached, and not by the stack: it allows everything in S3, whatever the stack's own "
        "policy allows: set exclusive to true and run pulumi up --refresh, or: aws iam "
        "detach-user-policy --user-name 'site' --policy-arn "
        "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    ),
    ("attached", "policy-by-hand"): (
        "the policy arn:x is attached, and not by the stack: set exclusive to true and "
        "run pulumi up --refresh, or: aws iam detach-user-policy --user-name 'site' --policy-arn "
        "arn:x"
    ),
    ("inline", "policy-by-hand"): (
        "the inline policy 'Mine' is not the stack's: set exclusive to true and run pulumi up "
        "--refresh, or: aws iam delete-user-policy --user-name 'site' --policy-name 'Mine'"
    ),
    ("group", "group-by-hand"): (
        "the user is in the group 'team', and the stack did not add it: aws iam "
        "remove-user-from-group --user-name 'site' --group-name 'team'"
    ),
    ("console", "console-access"): (
        "the user has a console password, and needs an access key only: aws iam delete-login-profile --user-name 'site'"
    ),
    ("name", "name-taken"): (
        "the account has a user 'Site' already, created on 2026-06-30 at 00:00:00 UTC (IAM ignores case "
        "in names): choose another userName, or adopt it with existingUser; only if an interrupted "
        "update of this stack made it at that time: aws iam delete-user --user-name 'Site'"
    ),
    ("group", "group-missing"): ("the group 'g' does not exist: create it, or correct groups"),
    ("source", "copy-source-missing"): ("copyPermissionsFrom names 'u', and AWS has no such user: correct it"),
    ("boundary", "boundary-missing"): (
        "the permissions boundary b does not exist: create it, or correct permissionsBoundary"
    ),
    ("policy", "policy-missing"): ("the policy p does not exist: create it, or correct policyArns"),
    ("user", "user-missing"): ("existingUser names 'u', and AWS has no such user: correct existingUser"),
    ("b", "bucket-missing"): ("the bucket 'b' does not exist: create it, or correct buckets"),
    ("acls", "bucket-acls"): (
        "the bucket 'b' still uses ACLs, and the key may not set them: images that it overwrites go "
        "private: set the bucket's object ownership to BucketOwnerEnforced, or allowAcl to true"
    ),
    ("another-region", "bucket-region"): (
        "the bucket 'b' is in eu-west-1, and the stack in us-east-1: the credentials tell the site "
        "us-east-1: run pulumi config set aws:region eu-west-1, or give the site the bucket's own "
        "region"
    ),
    ("generation-below", "generation-refused"): (
        "pulumi up will refuse the step from generation 2 to 1: keyGeneration must not go down (from "
        "2 to 1): set keyGeneration to 2 to keep the key in use, or to 3 to replace it"
    ),
    ("generation-jump", "generation-refused"): (
        "pulumi up will refuse the step from generation 2 to 4: keyGeneration must go up by one at a "
        "time while the previous key is kept (from 2 to 4): set keyGeneration to 2 to keep the key "
        "in use, or to 3 to replace it"
    ),
    ("generation-unsettled", "generation-refused"): (
        "pulumi up will refuse the step from generation 2 to 3: keyGeneration must stay 2 until an "
        "update with it succeeds: run pulumi up with 2 again, or set 1 to undo the raise"
    ),
    ("to-adopt-with-two-keys", "quota-keys"): (
        "the next pulumi up creates an access key, and AWS allows 2: the user has AKIAORPHANEXAMPLE "
        "(Active, N days old, last used on 2026-06-29), AKIATHIRDEXAMPLE (Active, N days old, last "
        "used on 2026-06-29): find out which nobody needs, then: aws iam delete-access-key "
        "--user-name 'site' --access-key-id ID"
    ),
    ("rotation", "quota-keys"): (
        "the next pulumi up creates an access key, and AWS allows 2: the user has AKIACURRENTEXAMPLE "
        "(Active, N days old, last used on 2026-06-29), AKIAORPHANEXAMPLE (Active, N days old, last "
        "used on 2026-06-29): find out which nobody needs, then: aws iam delete-access-key "
        "--user-name 'site' --access-key-id AKIAORPHANEXAMPLE"
    ),
}


def cases(test: Any) -> dict[str, Any]:
    """The cases of a test, by their ids."""
    (marked,) = (mark for mark in test.pytestmark if mark.name == "parametrize")
    return {str(case.id): case.values[0] for case in marked.args[1]}


@pytest.mark.parametrize(("case", "finding"), TEXTS, ids="-".join)
def test_each_finding_says_what_is_and_what_to_do(case: str, finding: str) -> None:
    tests = (
        test_findings.test_findings_about_a_user,
        test_obstacles.test_findings_before_an_up,
        test_obstacles.test_a_quota_of_keys_that_the_next_up_will_meet_is_found,
    )
    given = [found[case] for found in map(cases, tests) if case in found]
    said = [
        re.sub(r"\d+ days old", "N days old", f"{each.sentence}: {each.remedy}")
        for one in given
        for each in (of_user(one, "us-east-1") if isinstance(one, Wanted) else after(one, MOMENT))
        if each.id == finding
    ]
    assert said == [TEXTS[case, finding]]


def test_what_the_stack_the_account_and_what_is_left_over_come_to() -> None:
    state = read_state({"deployment": {}})
    begun = replace(state, begun=tuple(f"creating User '{number}'" for number in range(7)))
    few = replace(state, begun=("creating User 'site'",))
    elsewhere = [
        Elsewhere(name, "210987654321", name == "site", f"arn:aws:iam::210987654321:user/sites/{name}")
        for name in ("site", "blog")
    ]
    interrupted_ = "an update was interrupted, and whether AWS did this is not in the state: "
    first = "fix the other findings first, then run pulumi refresh --clear-pending-creates"

    assert list(of_deployer([])) == list(obstacles.of_state(state)) == []
    assert list(of_deployer(["iam:CreateUser", "iam:TagUser"])) == [
        Finding("not-allowed", "", "these credentials may not: iam:CreateUser, iam:TagUser",
                "give them what s3io-user deployer-policy prints")
    ]  # fmt: skip
    assert obstacles.of_profile("shop") == Finding(
        "profile-missing", "", "there is no AWS profile 'shop' in AWS's files",
        "correct aws:profile in the config, or AWS_PROFILE; aws configure list-profiles shows what there "
        "is")  # fmt: skip
    assert list(obstacles.of_elsewhere(elsewhere, "123456789012")) == [
        Finding("other-account", "site", "the state has it in the account 210987654321, and these credentials are of "
                "the account 123456789012: pulumi up would change the wrong account",
                "use credentials of 210987654321: see AWS_PROFILE, and aws:profile in config", account="210987654321")
    ]  # fmt: skip
    assert list(obstacles.of_state(few)) == [
        Finding("update-interrupted", "", f"{interrupted_}creating User 'site'", first)
    ]
    (finding,) = obstacles.of_state(begun)
    assert finding.sentence == interrupted_ + ", ".join(begun.begun[:5]) + " and 2 more"
    assert list(left_over(["site-1234567"], ["arn:aws:iam::123456789012:policy/site-1234567"])) == [
        Finding("user-left-over", "site-1234567", "the user has a name as Pulumi chooses it for this stack, has no "
                "key, and is not in the stack's state",
                "if it is in no other stack: aws iam delete-user --user-name 'site-1234567'"),
        Finding("policy-left-over", "", "the policy arn:aws:iam::123456789012:policy/site-1234567 has a name as Pulumi "
                "chooses it for this stack, is attached to nobody, and is not in the stack's state", "if it is in no "
                "other stack: aws iam delete-policy --policy-arn arn:aws:iam::123456789012:policy/site-1234567"),
    ]  # fmt: skip


def test_a_finding_as_json() -> None:
    found = Finding("key-unknown", "site", "a sentence", "what to do", ORPHAN, proved=True, account="123456789012")
    of_key = {"id": "key-unknown", "user": "site", "account": "123456789012", "sentence": "a sentence",
              "remedy": "what to do", "key": ORPHAN}  # fmt: skip
    assert found.as_json() == of_key
    nobody = {**of_key, "user": None, "account": None, "key": None}
    assert replace(found, user="", account="", key=None).as_json() == nobody


def test_what_a_finding_is_about_has_its_account_where_there_are_several() -> None:
    found = Finding("key-unknown", "site", "", "", account="123456789012")
    assert found.of(["123456789012", "123456789012"]) == "site"
    assert found.of(["123456789012", "210987654321"]) == "site in 123456789012"
    assert replace(found, user="").of(["123456789012", "210987654321"]) == "the stack"
