"""From answers and a stack's config to what changes in it."""

from typing import Any

import pytest

from s3io_user.errors import InputError, S3IOError
from s3io_user.inputs.project import users_of
from s3io_user.policy.presets import Access
from s3io_user.setup import plan
from s3io_user.setup.answers import Answers
from s3io_user.setup.permissions import sentences
from s3io_user.setup.situation import StackConfig
from s3io_user.stack.config import ConfigValue

NEW = Answers(
    user_name="", profile="", access="optimizer", buckets=("photos/up",), region="eu-west-1", hand_over="later"
)


def changes(answers: Answers, **values: Any) -> list[str]:
    config = StackConfig({key.replace("__", ":"): value for key, value in values.items()})
    return [str(each) for each in plan.changes(plan.wanted(answers, "site", config), config)]


def test_a_new_stack_gets_what_was_asked_and_no_more() -> None:
    assert changes(NEW) == ["+ aws:region: eu-west-1", "+ site:access: optimizer", '+ site:buckets: ["photos/up"]']


def test_what_holds_already_is_not_written_again() -> None:
    there = {"aws__region": "eu-west-1", "site__access": "optimizer", "site__buckets": ["photos/up"]}

    assert changes(NEW, **there) == []
    assert changes(NEW, **{**there, "site__buckets": "photos/up"}) == []
    assert changes(NEW, **there, site__allowAcl=False, site__tags={"a": "b"}, other__key="x") == []


def test_a_change_shows_what_was_there() -> None:
    there = {"aws__region": "us-east-1", "site__access": "s3-access", "site__buckets": ["photos"]}

    assert changes(NEW, **there) == [
        "~ aws:region: us-east-1 → eu-west-1",
        "~ site:access: s3-access → optimizer",
        '~ site:buckets: ["photos"] → ["photos/up"]',
    ]


def test_a_secret_is_not_shown() -> None:
    assert '~ site:buckets: [secret] → ["photos/up"]' in changes(NEW, site__buckets={"secure": "v1:abc"})


def test_a_secret_that_nobody_asked_about_stays() -> None:
    there = {"aws__region": "eu-west-1", "site__access": "optimizer", "site__buckets": ["photos/up"]}

    assert changes(NEW, **there, site__userName={"secure": "v1:abc"}) == []


def test_what_the_preset_does_not_know_is_taken_away() -> None:
    full = Answers(access="full", buckets=("photos",), region="eu-west-1", options={"allow_acl": True})
    there = {"aws__region": "eu-west-1", "site__allowAcl": True, "site__buckets": ["photos"]}

    assert changes(full, **there) == ["+ site:access: full", '- site:buckets: ["photos"]', "- site:allowAcl: true"]


def test_one_kind_of_user_takes_the_place_of_the_other() -> None:
    existing = Answers(existing_user="old", access="none", region="eu-west-1")

    assert changes(existing, site__userName="new", aws__region="eu-west-1", site__access="none") == [
        "- site:userName: new",
        "+ site:existingUser: old",
    ]


def test_a_store_keeps_its_other_parts() -> None:
    answers = Answers(access="none", region="r", hand_over="secrets-manager", store_name="sites/a")
    config = StackConfig({"site:secretsManager": {"name": "old", "kmsKeyId": "alias/k"}})
    wanted = plan.wanted(answers, "site", config)

    assert wanted["site:secretsManager"] == {"name": "sites/a", "kmsKeyId": "alias/k"}
    (change,) = (each for each in plan.changes(wanted, config) if each.key == "site:secretsManager")
    assert change.value == ConfigValue("site:secretsManager", {"name": "sites/a"})


def test_the_merged_config_is_what_a_program_reads() -> None:
    config = StackConfig({"site:tags": {"a": "b"}, "site:policyName": {"secure": "v1:x"}, "site:access": "full"})
    merged = plan.merged(plan.wanted(NEW, "site", config), config)
    (user,) = users_of("site", merged, ".").values()

    assert (user.access, user.buckets, user.tags) == (Access.OPTIMIZER, ["photos/up"], {"a": "b"})


def test_a_fault_of_the_whole_config_is_told() -> None:
    config = StackConfig({"site:policy": '{"Version": "2012-10-17", "Statement": []}'})

    with pytest.raises(InputError, match="policy"):
        users_of("site", plan.merged(plan.wanted(NEW, "site", config), config), ".")


def test_the_answers_that_a_config_holds() -> None:
    config = StackConfig(
        {
            "aws:region": "eu-west-1",
            "aws:profile": "infra",
            "site:existingUser": "old",
            "site:access": "optimizer",
            "site:buckets": "a, b/c",
            "site:allowAcl": "true",
            "site:lockPrefix": "locks/",
            "site:parameterStore": {"path": "/site"},
        }
    )

    assert plan.from_config(config, "site") == Answers(
        profile="infra",
        region="eu-west-1",
        existing_user="old",
        access="optimizer",
        buckets=("a", "b/c"),
        options={"allow_acl": True, "lock_prefix": "locks/"},
        hand_over="parameter-store",
        store_name="/site",
    )


def test_many_users_are_not_edited() -> None:
    with pytest.raises(S3IOError, match="docs/many-sites"):
        plan.from_config(StackConfig({"site:users": {"a": {}}}), "site")


# ---- what is said of the key


def said(answers: Answers, **values: Any) -> list[str]:
    config = StackConfig({f"site:{key}": value for key, value in values.items()})
    (user,) = users_of("site", plan.merged(plan.wanted(answers, "site", config), config), ".").values()
    return sentences(user, str(answers.region))


def test_the_key_is_described() -> None:
    lines = said(NEW)

    assert "List the images: yes, only under up, on photos" in lines
    assert any(line.startswith("Not allowed: Create a bucket; Delete an object") for line in lines)


def test_what_else_counts_is_named() -> None:
    assert said(NEW, groups=["web"])[-1] == "Beside that, the groups that config names may allow more."
    own = said(NEW, selfService=["rotate-key"])[-1]
    assert own == "Beside that, selfService (rights on the user's own key) may allow more."


@pytest.mark.parametrize("access", Access)
def test_every_preset_has_something_said_of_it(access: Access) -> None:
    assert said(Answers(access=access.value, buckets=("photos",), region="cn-north-1"))
