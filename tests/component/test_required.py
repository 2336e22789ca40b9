"""`required`: an optional output as one that is there, or a sentence in the preview."""

import typing
from typing import Any

import pulumi
import pytest

from s3io_user import InputError, S3IOUser, S3IOUserArgs
from s3io_user.component.required import Required
from s3io_user.component.user import OUTPUTS
from s3io_user.testing import Deployment, deploy

OPTIONAL = [
    name for name in OUTPUTS if type(None) in typing.get_args(typing.get_args(S3IOUser.__annotations__[name])[0])
]
PGP = "keybase:example"
WITH: dict[str, S3IOUserArgs] = {
    "previous_access_key_id": {"key_generation": 2, "previous_key": "inactive"},
    "secret_arn": {"secrets_manager": {"name": "site"}},
}
"""What an output needs; the others are there without inputs."""


def require(output: str, args: S3IOUserArgs, *, preview: bool = False) -> Deployment:
    def program() -> S3IOUser:
        site = S3IOUser("site", args)
        pulumi.export("given", getattr(site.required, output))
        return site

    return deploy(program, preview=preview, config={"aws:region": "eu-west-1"})


def test_it_has_every_optional_output_and_no_other() -> None:
    assert list(Required.__annotations__) == OPTIONAL
    assert {Required.__annotations__[name] for name in OPTIONAL} == {pulumi.Output[str]}


@pytest.mark.parametrize("output", [name for name in OPTIONAL if name != "encrypted_secret"])
def test_an_output_that_is_there_is_given_as_it_is(output: str) -> None:
    made = require(output, WITH.get(output, {}))

    assert made.exports["given"] == made.outputs[output]
    assert made.exports["given"].value
    assert made.exports["given"].secret == (output == "secret_access_key")


def test_what_a_preview_does_not_know_is_no_fault() -> None:
    assert not require("secret_access_key", {}, preview=True).exports["given"].known


@pytest.mark.parametrize(
    ("output", "args"),
    [
        pytest.param("access_key_id", {"create_access_key": False}, id="no-key"),
        pytest.param("secret_access_key", {"create_access_key": False}, id="no-secret"),
        pytest.param("previous_access_key_id", {}, id="no-previous"),
        pytest.param("encrypted_secret", {}, id="not-encrypted"),
        pytest.param("policy_document", {"access": "none"}, id="no-document"),
        pytest.param("secret_arn", {}, id="no-store"),
    ],
)
def test_one_that_is_missing_is_a_sentence_in_the_preview(output: str, args: Any) -> None:
    with pytest.raises(InputError, match=f"^{output}: the program requires it, and the component site has none: "):
        require(output, args, preview=True)


def test_another_name_is_no_output() -> None:
    with pytest.raises(AttributeError, match=r"'secret_access' is not an optional output \(did you mean"):
        require("secret_access", {})
