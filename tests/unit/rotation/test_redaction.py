"""No form of a secret is left of what a command printed, and everything else is."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from s3io_user.rotation.redaction import MASK, Redactor

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SECRETS = [SECRET, "A" * 40, "a/b+c/d+e/f+g/h+i/j+k/l+m/n+o/p+q/r+s/t+u", "x=.-_/+yZ0123456789", "wJalrXUt" * 5 + "="]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "form",
    [
        pytest.param(str, id="as-it-is"),
        pytest.param(quote, id="in-a-path"),
        pytest.param(quote_plus, id="in-a-query"),
        pytest.param(lambda secret: json.dumps(secret)[1:-1], id="json"),
        pytest.param(lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"), id="json-of-php"),
        pytest.param(lambda secret: secret[::-1], id="backwards"),
        pytest.param(lambda secret: secret.encode().hex(), id="hex"),
    ],
)
def test_each_form_is_masked_whole_and_nothing_beside_it(secret: str, form: object) -> None:
    assert callable(form)
    hide, shown = Redactor(secret), form(secret)
    assert hide(shown) == MASK
    assert hide(f"{shown}!") == f"{MASK}!"
    assert hide(f"key: '{shown}', '{shown}'") == f"key: '{MASK}', '{MASK}'"


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_in_base64_every_letter_that_the_secret_decides_is_masked(
    secret: str, after: int, before: int, encode: object
) -> None:
    assert callable(encode)
    printed = encode(("x" * before + secret + "y" * after).encode()).decode()
    begin, end = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
    shown = Redactor(secret)(printed)
    # A letter beside it may happen to be as in a form of the secret.
    assert shown.startswith(printed[: max(begin - 1, 0)])
    assert shown.endswith(printed[end + 1 :])
    kept = shown.replace(MASK, "")
    assert MASK in shown
    assert len(kept) <= begin + len(printed) - end


def test_a_part_of_eight_letters_is_masked_and_a_shorter_one_is_not() -> None:
    assert Redactor(SECRET)(f"({SECRET[5:13]})") == f"({MASK})"
    assert Redactor(SECRET)(SECRET[-8:]) == MASK
    assert Redactor(SECRET)(SECRET[5:12]) == SECRET[5:12]
    assert Redactor(SECRET)("") == ""


def test_what_is_not_the_secret_stays() -> None:
    line = "Success: Updated the constant 'DBI_AWS_SECRET_ACCESS_KEY' in the 'wp-config.php' file."
    assert Redactor(SECRET)(line) == line
    assert SECRET not in repr(Redactor(SECRET))
