"""Changes of the user's name, by what the component keeps in state of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from s3io_user.component.identity import Identity, change_fault, identity_inputs, identity_of, taken_over


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        pytest.param(identity_inputs("site", None), {}, Identity(made="site"), id="made"),
        pytest.param(identity_inputs(None, "site"), {"userName": "site"}, Identity(adopted="site"), id="adopted"),
        pytest.param(identity_inputs(None, None), {"userName": "s-1"}, Identity(made="s-1"), id="made-up"),
        pytest.param({"userName": object()}, {}, Identity(), id="not-known-yet"),
        pytest.param({}, {}, Identity(), id="never-finished"),
    ],
)
def test_what_is_kept_says_whose_the_user_is(
    inputs: Mapping[str, Any], outputs: Mapping[str, Any], expected: Identity
) -> None:
    assert identity_of(inputs, outputs) == expected


MADE, ADOPTED, NONE = Identity(made="Site"), Identity(adopted="Site"), Identity()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        pytest.param(MADE, Identity(made="site"), True, id="case"),
        pytest.param(MADE, Identity(adopted="site"), True, id="case-adopted"),
        pytest.param(MADE, MADE, False, id="same"),
        pytest.param(MADE, ADOPTED, False, id="let-go"),
        pytest.param(MADE, Identity(made="other"), False, id="renamed"),
        pytest.param(MADE, NONE, False, id="made-up-now"),
        pytest.param(NONE, Identity(made="site"), False, id="unknown"),
        pytest.param(ADOPTED, Identity(adopted="site"), False, id="adopted-twice"),
    ],
)
def test_a_change_of_case_alone_is_refused(old: Identity, new: Identity, fault: bool) -> None:
    said = change_fault(old, new)

    assert (said is not None) == fault
    assert said is None or said.startswith("must stay 'Site' (got 'site')")


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        pytest.param(ADOPTED, Identity(made="Site"), "Site", id="same"),
        pytest.param(ADOPTED, Identity(made="site"), "Site", id="case"),
        pytest.param(ADOPTED, NONE, "Site", id="made-up-or-not-known-yet"),
        pytest.param(ADOPTED, Identity(made="other"), None, id="other"),
        pytest.param(ADOPTED, ADOPTED, None, id="still-adopted"),
        pytest.param(MADE, MADE, None, id="made"),
    ],
)
def test_an_adopted_user_that_is_to_be_made_is_named(old: Identity, new: Identity, name: str | None) -> None:
    assert taken_over(old, new) == name
