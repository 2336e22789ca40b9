"""The credentials of many users: in one text, or a file each; two that can't be told apart are refused."""

import configparser
import csv
import io
import json
from dataclasses import replace

import pytest

from s3io_user.errors import S3IOError
from s3io_user.handover.credentials import Credentials
from s3io_user.handover.formats import RENDERERS
from s3io_user.handover.many import ENDINGS, Handed, apart, together

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def handed(name: str, stack: str | None = None, user: str | None = None) -> Handed:
    key = f"AKIA{name.upper():0<8}EXAMPLE"
    return Handed(stack, name, Credentials(user or f"{name}-user", key, SECRET, "eu-west-1", ["photos"]))


def test_json_is_an_object_by_user_and_of_several_stacks_by_stack() -> None:
    one = json.loads(together("json", [handed("blog"), handed("shop")]))
    assert list(one) == ["blog", "shop"]
    assert one["shop"]["userName"] == "shop-user"
    assert one["shop"]["secretAccessKey"] == SECRET

    two = [handed("blog", "prod in a", "same"), handed("blog", "prod in b", "same")]
    assert {stack: list(users) for stack, users in json.loads(together("json", two)).items()} == {
        "prod in a": ["blog"],
        "prod in b": ["blog"],
    }


def test_csv_has_the_console_s_head_once_and_a_line_for_each() -> None:
    rows = list(csv.DictReader(io.StringIO(together("csv", [handed("blog"), handed("shop")]))))

    assert [row["User name"] for row in rows] == ["blog-user", "shop-user"]
    assert {row["Secret access key"] for row in rows} == {SECRET}


def test_ini_has_a_profile_for_each_called_as_the_user_in_aws() -> None:
    parser = configparser.ConfigParser()
    parser.read_string(together("ini", [handed("blog"), handed("shop")]))

    assert parser.sections() == ["blog-user", "shop-user"]
    assert parser["shop-user"]["aws_secret_access_key"] == SECRET


@pytest.mark.parametrize("form", RENDERERS)
def test_a_file_for_each_user_has_what_one_alone_would_have(form: str) -> None:
    files = apart(form, [handed("blog"), handed("shop")])

    assert list(files) == [f"{name}-user.{ENDINGS[form]}" for name in ("blog", "shop")]
    assert files[f"blog-user.{ENDINGS[form]}"] == RENDERERS[form](handed("blog").pair)


@pytest.mark.parametrize("form", ["csv", "ini"])
def test_two_users_of_one_name_are_told_apart_by_their_accounts(form: str) -> None:
    accounts = {"blog": "123456789012", "shop": "210987654321"}
    two = [replace(handed(name, user="same"), account=account) for name, account in accounts.items()]
    every = [*two, handed("press")]
    called = ["same@123456789012", "same@210987654321", "press-user"]

    text = together(form, every)
    assert [name for name in called if name in text] == called
    assert text.count("same") == 2
    assert list(apart(form, every)) == [f"{name}.{ENDINGS[form]}" for name in called]
    assert list(json.loads(together("json", every))) == ["blog", "shop", "press"]


@pytest.mark.parametrize("form", ["csv", "ini"])
@pytest.mark.parametrize("account", [None, "123456789012"])
def test_two_that_have_one_account_too_or_none_that_is_known_are_refused(form: str, account: str | None) -> None:
    two = [handed("blog", "prod in a", "same"), handed("shop", "prod in b", "Same")]
    for write in (together, apart):
        with pytest.raises(S3IOError, match=r"two users are called Same.*: blog in prod in a and shop in prod in b"):
            write(form, [replace(each, account=account) for each in two])


def test_a_user_that_is_called_like_another_with_its_account_is_refused() -> None:
    accounts = {"blog": "123456789012", "shop": "210987654321"}
    two = [replace(handed(name, user="same"), account=account) for name, account in accounts.items()]
    with pytest.raises(S3IOError, match="two users are called same@210987654321: shop and press"):
        apart("env", [*two, handed("press", user="same@210987654321")])


def test_no_repr_has_a_secret() -> None:
    assert SECRET not in repr(handed("blog"))
