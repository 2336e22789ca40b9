"""What a rotation reads of a stack."""

from typing import Any

import pytest

from s3io_user.rotation.reads import StackReads
from s3io_user.stack import pulumi_cli
from s3io_user.tokens import MARK_OF_A_SECRET

KNOWN = {"site": {"userName": "site"}}


@pytest.mark.parametrize("users", [KNOWN, {MARK_OF_A_SECRET: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}])
def test_outputs_are_read_even_where_users_is_a_secret_as_a_whole(
    users: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = {"urn": "urn:pulumi:t::p::s", "type": "pulumi:pulumi:Stack", "outputs": {"users": users}}
    opened: list[str | None] = []
    monkeypatch.setattr(pulumi_cli, "outputs", lambda stack, cwd: opened.append(stack) or {"users": KNOWN})
    reads = StackReads("t", ".", {"exported": {"deployment": {"resources": [stack]}}})
    assert reads.outputs == reads.outputs == {"users": KNOWN}
    assert opened == ([] if users is KNOWN else ["t"])
