"""The limit on stack traces: what the SDK sees within it, and what everybody else sees."""

import sys
import threading
import traceback

import pytest

from s3io_user.component import traces


def depth() -> int:
    return len(traceback.extract_stack())


def test_within_it_a_stack_has_one_frame_and_afterwards_all() -> None:
    before = depth()
    with traces.none():
        assert depth() == 1
        with traces.none():
            assert depth() == 1
        assert depth() == 1
    assert depth() == before
    assert not hasattr(sys, "tracebacklimit")


@pytest.mark.parametrize("own", [0, 1, 50])
def test_a_limit_of_the_user_s_own_is_back_afterwards(own: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # There is none at first, and monkeypatch takes it away again.
    monkeypatch.setattr(sys, "tracebacklimit", own, raising=False)
    with traces.none():
        assert depth() == 1
    assert sys.tracebacklimit == own


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
    """One that comes while another is within it would put back the other's limit."""
    inside, done = threading.Event(), threading.Event()

    def register() -> None:
        with traces.none():
            inside.set()
            done.wait()

    other = threading.Thread(target=register)
    with traces.none():
        other.start()
        # It comes in at once unless it must wait for us.
        assert not inside.wait(0.1)
    inside.wait()
    done.set()
    other.join()
    assert not hasattr(sys, "tracebacklimit")
