"""The limit on stack traces: what the SDK sees within it, and what everybody else sees."""

import sys
import threading
import traceback

import pytest

from s3io_user.component import traces


def depth() -> int:
    return len(traceback.extract_stack())


def test_within_it_a_stack_has_few_frames_and_afterwards_all() -> None:
    before = depth()
    with traces.only(3):
        assert depth() == 3
        with traces.none():
            assert depth() == 1
            with traces.only(3):
                assert depth() == 1, "the program's own wish to have none holds inside"
        assert depth() == 3
    assert depth() == before
    assert not hasattr(sys, "tracebacklimit")


@pytest.mark.parametrize(("own", "inside"), [(1, 1), (2, 2), (50, 2), (0, 1)])
def test_a_limit_of_the_user_s_own_is_back_afterwards(own: int, inside: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # There is none at first, and monkeypatch takes it away again.
    monkeypatch.setattr(sys, "tracebacklimit", own, raising=False)
    with traces.only(2):
        assert depth() == inside
    assert getattr(sys, "tracebacklimit", None) == own


def test_an_error_has_its_whole_traceback() -> None:
    @traces.none()
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as error:
        fail()
    shown = "".join(traceback.format_exception(error.value))
    assert "in test_an_error_has_its_whole_traceback" in shown
    assert "in fail" in shown


def test_threads_leave_no_limit_behind() -> None:
    """Each would otherwise put back what another has set."""
    meet = threading.Barrier(2)

    def register(frames: int) -> None:
        meet.wait()
        for _ in range(300):
            with traces.only(frames):
                pass

    threads = [threading.Thread(target=register, args=(frames,)) for frames in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not hasattr(sys, "tracebacklimit")
