"""A key is deleted only after another look at the state and at AWS."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from s3io_user.doctor import examination, lookups, removal
from s3io_user.doctor.facts import Finding
from s3io_user.errors import S3IOError
from tests.unit.doctor.users import ORPHAN, YOU

BY_HAND_FOUND = Finding("key-unknown", "site", "a key", "ask who made it", key=ORPHAN)


PROVED = replace(BY_HAND_FOUND, proved=True)


LOCKED = Finding("stack-locked", "", "the stack is locked", "pulumi cancel")


RUNNING = Finding("update-running", "", "an update is running", "wait for its end")


@pytest.mark.parametrize(
    ("again", "held", "named", "refusal"),
    [
        pytest.param([PROVED], (), False, None, id="proved"),
        pytest.param([BY_HAND_FOUND], (), True, None, id="named"),
        pytest.param([BY_HAND_FOUND], (), False, "ask who made it", id="no-more-proved"),
        pytest.param([], (), True, "the stack holds it, or AWS does not have it any more", id="gone"),
        pytest.param([PROVED], (ORPHAN,), True, "by now the stack holds it", id="held-by-now"),
        pytest.param([PROVED, RUNNING], (), True, "an update is running; wait for its end", id="running"),
        pytest.param([PROVED, LOCKED], (), True, "the stack is locked; pulumi cancel", id="locked"),
        pytest.param([replace(PROVED, key="AKIATHIRDEXAMPLE")], (), True, "does not have it any more", id="another"),
    ],
)
def test_a_key_is_removed_only_after_a_last_look(
    again: list[Finding], held: tuple[str, ...], named: bool, refusal: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[examination.Options] = []
    removed: list[tuple[Any, ...]] = []

    class Again:
        """What a second examination comes to."""

        state = SimpleNamespace(key_ids=frozenset(held))

        def __init__(self, options: examination.Options, _: Any) -> None:
            looked.append(options)

        def report(self) -> examination.Report:
            return examination.Report(YOU, tuple(again), ())

        def access_to(self, finding: Finding) -> str:
            return f"the account of {finding.key}"

    monkeypatch.setattr(examination, "Examination", Again)
    monkeypatch.setattr(lookups, "remove_key", lambda *asked: removed.append(asked))
    options = examination.Options("prod", unused_days=30)
    if refusal is None:
        removal.remove(options, PROVED, named=named)
    else:
        with pytest.raises(S3IOError, match=f"the key {ORPHAN} was not removed: .*{refusal}"):
            removal.remove(options, PROVED, named=named)
    assert removed == ([] if refusal else [(f"the account of {ORPHAN}", "site", ORPHAN)])
    assert looked == [replace(options, user="site")]
