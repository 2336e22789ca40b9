"""Many at once: never more than the limit, in the order of the items, and what fails fails alone."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from s3io_user.errors import S3IOError
from s3io_user.fleet import side_by_side as side_by_side_module
from s3io_user.fleet.side_by_side import Outcome, side_by_side


def test_what_fails_fails_alone_and_the_order_is_that_of_the_items() -> None:
    first_may_end = threading.Event()

    def look(item: int) -> int:
        if item == 0:
            assert first_may_end.wait(60)
        if item == 1:
            raise S3IOError("no such stack")
        if item == 2:
            raise KeyError("hush-secret")
        if item == 3:
            first_may_end.set()
        return item * 10

    seen: list[tuple[int, int]] = []
    outcomes = side_by_side(range(4), look, 2, lambda outcome, count: seen.append((outcome.item, count)))

    assert [outcome.value for outcome in outcomes] == [0, None, None, 30]
    assert outcomes[1] == Outcome(1, None, "no such stack")
    assert outcomes[2].error is not None
    assert "a fault of s3io-user itself (KeyError in test_side_by_side.py" in outcomes[2].error
    assert "hush" not in outcomes[2].error
    assert [count for _, count in seen] == [1, 2, 3, 4]
    assert sorted(item for item, _ in seen) == [0, 1, 2, 3]


def test_no_more_than_the_limit_are_looked_at_at_once() -> None:
    lock, both = threading.Lock(), threading.Barrier(2)
    now, most = 0, 0

    def look(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        both.wait(60)
        with lock:
            now -= 1

    side_by_side(range(6), look, 2, lambda *_: None)

    assert most == 2


def test_an_interrupt_leaves_what_was_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up, begun = threading.Event(), list[int]()

    class Pool(ThreadPoolExecutor):
        """Lets the second one end only when the rest is given up."""

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(False, cancel_futures=cancel_futures)
            given_up.set()
            super().shutdown(wait)

    def look(item: int) -> None:
        begun.append(item)
        assert item == 0 or given_up.wait(60)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(side_by_side_module, "ThreadPoolExecutor", Pool)
    with pytest.raises(KeyboardInterrupt):
        side_by_side(range(1000), look, 1, interrupted)
    assert len(begun) <= 2, "the one that was looked at then, and no other"
