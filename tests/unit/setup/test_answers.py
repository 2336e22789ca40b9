"""Answers: which comes first, and that they survive a note and a command line."""

import shlex

import pytest

from s3io_user.cli import parse, set_up_options
from s3io_user.setup.answers import Answers, read_note

FULL = Answers(
    runs_on="ec2",
    key_anyway=True,
    project="my-site",
    state="local",
    passphrase_file="my secret place",
    install=False,
    stack="prod",
    profile="infra",
    user_name="site's own",
    access="optimizer",
    options={"allow_acl": True, "allow_delete": False, "lock_prefix": "locks/"},
    buckets=("photos/wp-content/uploads", "more photos"),
    region="eu-west-1",
    hand_over="ini",
    out="~/.aws/credentials",
    out_profile="site",
    store_name="sites/a",
)


def test_as_flags_the_command_reads_the_same() -> None:
    args = parse(["init", *shlex.split(FULL.as_flags())])

    assert set_up_options.given(args) == FULL


def test_a_note_reads_the_same() -> None:
    assert read_note(FULL.as_note()) == FULL
    assert read_note(Answers().as_note()) == Answers()


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"region": 3}', '{"buckets": "a"}', '{"options": {"a": 1}}'])
def test_what_is_no_note_is_none(text: str) -> None:
    assert read_note(text) is None


def test_a_note_of_another_version_keeps_what_is_known() -> None:
    assert read_note('{"region": "eu-west-1", "colour": "red"}') == Answers(region="eu-west-1")


def test_flags_come_before_what_is_there_already() -> None:
    before = Answers(region="eu-west-1", access="read-only", options={"allow_acl": True, "allow_delete": True})
    given = Answers(access="optimizer", options={"allow_delete": False})

    assert given.over(before) == Answers(
        region="eu-west-1", access="optimizer", options={"allow_acl": True, "allow_delete": False}
    )


def test_a_new_user_takes_the_place_of_an_existing_one() -> None:
    assert Answers(user_name="new").over(Answers(existing_user="old")) == Answers(user_name="new")
    assert Answers(existing_user="old").over(Answers(user_name="new")) == Answers(existing_user="old")
