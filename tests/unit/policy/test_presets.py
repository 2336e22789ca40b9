"""Presets as data: each has a row in the docs, and the newer ones allow what clients call, and nothing else."""

from pathlib import Path

import pytest

from s3io_user.policy.document import s3_policy_document
from s3io_user.policy.presets import OPTIONS, Access, preset_of
from tests.client_work import OPTIONS as GIVEN
from tests.client_work import calls_of, table

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("access", Access)
def test_every_preset_has_a_row_in_the_docs(access: Access) -> None:
    assert f"| `{access.value}` |" in (DOCS / "rights.md").read_text()


def test_the_page_shows_what_the_clients_did() -> None:
    assert table() in (DOCS / "clients.md").read_text()


@pytest.mark.parametrize("access", ["read-write", "write-only", "backup"])
def test_a_preset_allows_what_some_client_called_and_nothing_else(access: str) -> None:
    made = s3_policy_document(["photos"], access=access, **GIVEN.get(access, {}))  # type: ignore[arg-type]
    allowed = {action for statement in made["Statement"] for action in statement["Action"]}

    assert allowed == calls_of(access)


def test_an_input_adds_the_same_whichever_preset_it_widens() -> None:
    for name, option in OPTIONS.items():
        assert {preset_of(access).options.get(name, option) for access in Access} == {option}
