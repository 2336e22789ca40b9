"""Every input reaches something: what is made, or asked of AWS, is not the same without it."""

import datetime
from typing import Any

import pytest

from s3io_user import S3IOUser
from s3io_user.component import user as component
from s3io_user.iam.user_policies import Permissions
from s3io_user.keys import schedule
from s3io_user.testing import deploy
from tests.good_inputs import GOOD, WITH

BESIDE: dict[str, dict[str, Any]] = {
    **WITH,
    "previous_key": {"key_generation": 2},
    "rotate_every_days": {"rotate_from": "2026-01-31", "rotate_every_days": 31},
    "rotate_from": {"rotate_from": "2026-02-28", "rotate_every_days": 30},
}
"""What an input is tried beside, or in place of."""


def made(args: dict[str, Any]) -> tuple[list[Any], list[str]]:
    """The component's children, without what the component itself keeps of its inputs, and the calls."""
    found = deploy(lambda: S3IOUser("site", args))  # type: ignore[arg-type]
    return [(each.type, each.name, dict(each.inputs)) for each in found.resources[1:]], found.calls


@pytest.mark.parametrize("name", GOOD)
def test_an_input_changes_what_is_made(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Permissions(("editors",), (), {}, None)
    monkeypatch.setattr(component, "read_permissions", lambda _, user: copied if user == GOOD[name] else None)
    # With the good values the second key is due, with the others the first.
    monkeypatch.setattr(schedule, "today", lambda: datetime.date(2026, 3, 2))
    beside = BESIDE.get(name, {})

    assert made({**beside, name: GOOD[name]}) != made(beside)
