"""Two `make up` at once: one waits until the other has the embedded AWS running."""

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

from local_aws.__main__ import _alone


def _hold(folder: Path, inside: Event, leave: Event) -> None:
    with _alone(folder):
        inside.set()
        leave.wait(60)


def test_of_two_at_once_one_waits_for_the_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    events = [(context.Event(), context.Event()) for _ in range(2)]
    first, second = (context.Process(target=_hold, args=(tmp_path / "box", *pair)) for pair in events)
    first.start()
    assert events[0][0].wait(60)
    second.start()
    assert not events[1][0].wait(1.5), "both were in at once"
    events[0][1].set()
    assert events[1][0].wait(60)
    events[1][1].set()
    for process in (first, second):
        process.join(60)
        assert process.exitcode == 0
