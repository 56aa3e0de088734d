"""How a deploy of several services is told: one line of all, and one for each."""

from deploy.ends import services_ended
from deploy.outcome import Outcome
from deploy.service.result import RolloutResult

DIGEST = "sha256:" + "b" * 64
BEFORE = {"api": "arn/api:1", "worker": "arn/worker:1", "mail": "arn/mail:1"}
GOOD = RolloutResult(Outcome.SUCCEEDED, "1", "arn/api:2", DIGEST, tasks=("t1", "t2"))
BACK = RolloutResult(Outcome.ROLLED_BACK, "1", "arn/worker:2", DIGEST)
HELD = RolloutResult(Outcome.NOT_STARTED, "1", "arn/mail:1", DIGEST, why="worker failed")


def test_one_service_is_told_in_one_line() -> None:
    end = services_ended({"api": GOOD}, BEFORE)
    assert end.summary == "api api:2: 2 tasks proven to run sha256:bbbbbbbbbbbb"
    assert (end.outcome, end.ends) == (Outcome.SUCCEEDED, {})


def test_several_are_counted_and_each_is_told() -> None:
    end = services_ended({"mail": HELD, "api": GOOD, "worker": BACK}, BEFORE)
    assert end.outcome is Outcome.ROLLED_BACK
    assert end.summary == "1 not started, 1 succeeded, 1 rolled back"
    assert end.ends == {
        "mail": "not started: worker failed",
        "api": "succeeded: api:2: 2 tasks proven to run sha256:bbbbbbbbbbbb",
        "worker": "rolled back: worker:2 failed, worker:1 serves",
    }
