"""A whole deploy: what one end is made of several, and that no half outlives the other."""

import sys
import threading

import pytest

from deploy import process
from deploy.beside import Stoppable
from deploy.errors import Interrupted, ToolError
from deploy.events import Event, Finished, Note
from deploy.parts import together

UNCHANGED = Finished("unchanged", 0, 1.0, "nothing to do", {"backend": "http://b"})
PUBLISHED = Finished("succeeded", 0, 2.0, "frontend r2", {"frontend": "http://f"}, "open it")
ROLLED_BACK = Finished("rolled back", 4, 9.0, "backend failed", {"backend": "http://b"}, "mend it")


def test_the_half_that_changed_tells_how_it_ended() -> None:
    end = together([UNCHANGED, PUBLISHED], 3.0)
    assert (end.outcome, end.exit_code, end.seconds) == ("succeeded", 0, 3.0)
    assert (end.summary, end.next_step) == ("frontend r2", "open it")
    assert end.urls == {"frontend": "http://f", "backend": "http://b"}


def test_nothing_to_do_is_said_once() -> None:
    end = together([UNCHANGED, UNCHANGED], 1.0)
    assert (end.outcome, end.exit_code, end.summary) == ("unchanged", 0, "nothing to do")
    assert end.urls == {"backend": "http://b"}


def test_the_half_that_failed_decides_the_exit_code() -> None:
    end = together([ROLLED_BACK], 9.0)
    assert (end.outcome, end.exit_code, end.next_step) == ("rolled back", 4, "mend it")
    end = together([PUBLISHED, ROLLED_BACK], 9.0)
    assert (end.outcome, end.exit_code) == ("rolled back", 4)
    assert end.summary == "frontend r2; backend failed"


def test_the_failure_of_one_half_ends_the_other_and_its_tools() -> None:
    begun = threading.Event()
    beside = Stoppable(lambda _: None)
    tool = (sys.executable, "-uc", "import signal; print(1); signal.pause()")

    def work() -> None:
        with pytest.raises(ToolError):
            process.run(tool, on_line=lambda _: begun.set())
        with pytest.raises(Interrupted):
            beside(Note("one more file"))

    def interrupted() -> None:
        assert begun.wait(10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), beside.run(work) as done:
        interrupted()
    done.result(timeout=10)


def test_the_failure_of_what_runs_beside_waits_for_a_rollout() -> None:
    def work() -> None:
        raise ToolError("the upload failed")

    told: list[Event] = []
    beside = Stoppable(told.append)
    with beside.run(work) as done:
        beside(Note("the rollout goes on"))
    assert told == [Note("the rollout goes on")]
    with pytest.raises(ToolError, match="the upload failed"):
        done.result()
