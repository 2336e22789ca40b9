"""What doctor says of a user that AWS has quarantined, and what it must not say then."""

from dataclasses import replace
from typing import Any

import pytest

from s3io_user.doctor.facts import Finding, UserFacts, urgent_first
from s3io_user.doctor.findings import after
from s3io_user.iam.arns import is_quarantine
from tests.unit.doctor.users import ADOPTED, CURRENT, FULL, HELD, MOMENT, facts, key

AWS = "arn:aws:iam::aws:policy/"
V3 = f"{AWS}AWSCompromisedKeyQuarantineV3"
DETACH = f"aws iam detach-user-policy --user-name 'site' --policy-arn {V3}"


def quarantined(given: UserFacts, *others: str) -> UserFacts:
    return replace(given, attached=frozenset({V3, *others}))


def remedy(given: UserFacts) -> str:
    first = next(after(given, MOMENT))
    assert first.id == "quarantined"
    return first.remedy


@pytest.mark.parametrize(
    ("arn", "is_one"),
    [
        (f"{AWS}AWSCompromisedKeyQuarantine", True),
        (f"{AWS}AWSCompromisedKeyQuarantineV2", True),
        (V3, True),
        (f"{AWS}AWSCompromisedKeyQuarantineV4", True),
        ("arn:aws-us-gov:iam::aws:policy/AWSCompromisedKeyQuarantineV3", True),
        ("arn:aws:iam::123456789012:policy/AWSCompromisedKeyQuarantineV3", False),
        (FULL, False),
        ("", False),
    ],
)
def test_only_aws_s_own_policies_are_a_quarantine(arn: str, is_one: bool) -> None:
    assert is_quarantine(arn) is is_one


@pytest.mark.parametrize(
    "held", [HELD, ADOPTED, replace(HELD, attached=frozenset({V3}))], ids=["own", "adopted", "given"]
)
def test_it_is_the_only_finding_about_that_policy(held: Any) -> None:
    (found,) = after(quarantined(facts(held, key())), MOMENT)
    assert (found.id, found.user, found.key, found.proved) == ("quarantined", "site", None, False)
    assert found.sentence.startswith(
        "the user is in AWS's quarantine: it has AWSCompromisedKeyQuarantineV3, which AWS attaches when a user's "
        "credentials were exposed. Treat every access key that the user had by then as leaked. "
        f"Its keys now: {CURRENT} (Active, "
    )
    assert found.remedy == (
        "replace the stack's key now: s3io-user rotate --no-verify --retire-now; delete or deactivate every other key "
        "that may be leaked; look up in each Region what they were used for: aws cloudtrail lookup-events "
        f"--lookup-attributes AttributeKey=AccessKeyId,AttributeValue={CURRENT}; do what AWS's support case says, and "
        f"detach the policy only then: {DETACH}"
    )


def test_both_of_two_policies_are_named_in_one_finding() -> None:
    two = V3.replace("V3", "V2")
    (found,) = after(quarantined(facts(HELD), two), MOMENT)
    assert "it has AWSCompromisedKeyQuarantineV2 and AWSCompromisedKeyQuarantineV3, which" in found.sentence
    assert found.remedy.endswith(f"{DETACH.replace('V3', 'V2')}; {DETACH}")


def test_the_steps_are_those_that_the_user_s_stack_needs() -> None:
    plain = quarantined(facts(HELD))
    assert "--retire-now --user 'site';" in remedy(replace(plain, one_of_several=True))
    assert "set exclusive to false: with it, pulumi up --refresh detaches the policy" in remedy(
        replace(plain, exclusive=True)
    )
    by_calendar = replace(HELD, every_days=30, generation=7)
    assert remedy(quarantined(facts(by_calendar))).startswith(
        "in place of rotateEveryDays set keyGeneration to 7; repl"
    )
    assert "rotate" not in remedy(quarantined(facts(replace(HELD, current=None, keys={}))))


@pytest.mark.parametrize(("keys", "said"), [(None, "not known, because they could not be looked up"), ((), "none")])
def test_keys_that_are_not_known_are_not_said_to_be_none(keys: Any, said: str) -> None:
    first = next(after(replace(quarantined(facts(HELD)), keys=keys), MOMENT))
    assert first.sentence.endswith(f"Its keys now: {said}")
    assert "AttributeValue=ID;" in first.remedy


def test_no_other_finding_s_remedy_undoes_it() -> None:
    given = replace(quarantined(facts(HELD, key(status="Inactive")), FULL, "arn:x"), inline=frozenset({"Mine"}))
    _, *others = after(given, MOMENT)
    assert [each.id for each in others] == [
        "key-switched-off",
        "full-access-attached",
        "policy-by-hand",
        "policy-by-hand",
    ]
    assert not any("exclusive" in each.remedy or "make it active" in each.remedy for each in others)
    assert all(V3 not in each.sentence + each.remedy for each in others)


def test_it_comes_before_all_others() -> None:
    found = [Finding(name, "", "", "") for name in ("stack-locked", "key-unused", "quarantined", "console-access")]
    assert [each.id for each in urgent_first(found)] == ["quarantined", "stack-locked", "key-unused", "console-access"]
