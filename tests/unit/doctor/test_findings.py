"""What doctor reports about a user, from what the state and AWS have of it."""

from dataclasses import replace

import pytest

from s3io_user.doctor.facts import UserFacts
from s3io_user.doctor.findings import after
from tests.unit.doctor.users import (
    ADOPTED,
    ANOTHER_ID,
    BOTH,
    CURRENT,
    FULL,
    FULL_CN,
    HELD,
    MOMENT,
    NOTHING,
    ORPHAN,
    PREVIOUS,
    facts,
    key,
)

GIVEN = replace(HELD, attached=frozenset({"arn:x"}), inline=frozenset({"S3Access"}), groups=frozenset({"team"}))


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        pytest.param(facts(HELD), [], id="well"),
        pytest.param(UserFacts(HELD), [], id="nothing-known-nothing-said"),
        pytest.param(UserFacts(HELD, exists=False), ["user-missing"], id="gone"),
        pytest.param(UserFacts(ADOPTED, exists=False), ["user-missing"], id="adopted-gone"),
        pytest.param(facts(HELD, unique_id=ANOTHER_ID), ["user-replaced"], id="replaced"),
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
        pytest.param(
            facts(GIVEN, attached=NOTHING, inline=NOTHING, groups=NOTHING), ["permission-gone"] * 3, id="lost"
        ),
        pytest.param(
            facts(replace(GIVEN, unsure=frozenset({"arn:x", "S3Access", "team"})), attached=NOTHING, inline=NOTHING),
            [],
            id="was-being-given",
        ),
        pytest.param(facts(replace(GIVEN, owned=False), inline=NOTHING), ["permission-gone"], id="adopted-lost"),
        pytest.param(facts(HELD, changed=frozenset({"S3Access"})), ["policy-changed"], id="changed"),
        pytest.param(facts(HELD, boundary="arn:b"), ["boundary-changed"], id="boundary"),
        pytest.param(facts(replace(HELD, boundary="arn:b")), ["boundary-changed"], id="boundary-lost"),
        pytest.param(facts(ADOPTED, boundary="arn:b"), [], id="adopted-boundary"),
        pytest.param(UserFacts(HELD, exists=False, renamed="new"), ["user-renamed"], id="renamed"),
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
    found = list(after(given, MOMENT))
    assert [finding.id for finding in found] == ids
    assert all(finding.sentence and finding.remedy and finding.user == "site" for finding in found)


def test_a_user_that_may_replace_its_own_key_may_have_done_so() -> None:
    unknown, gone = after(facts(HELD, key(PREVIOUS), rotates_itself=True), MOMENT)

    assert unknown.remedy.startswith("selfService lets the user create keys, so the application may be using this one.")
    assert gone.remedy.startswith("if the application replaced it (selfService), set createAccessKey to false")
    assert not unknown.proved
    assert next(iter(after(facts(HELD, key(PREVIOUS)), MOMENT))).remedy.startswith("it has been used")
