"""Checks side by side: none hides another, by an error or by taking for ever."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deploy.aws import explain
from deploy.doctor.check import Check, Finding, Known, ng, ok
from deploy.doctor.run import AT_ONCE, Run
from deploy.errors import PreflightError

Look = Callable[[Known], Finding]


def check(name: str, look: Look, *needs: str) -> Check:
    return Check("g", name, look, tuple(f"g/{need}" for need in needs))


def go(*checks: Check, limit: float = 20) -> tuple[dict[str, Finding], list[str]]:
    """Return the findings by name, and the names in the order in which they were told."""
    order: list[str] = []
    run = Run(
        checks,
        lambda check, _: order.append(check.name),
        clock=time.monotonic,
        explain=explain,
        limit=limit,
    )
    found = run.go()
    return {key.removeprefix("g/"): finding for key, finding in found.items()}, order


def raises(error: Exception) -> Look:
    def look(_: Known) -> Finding:
        raise error

    return look


@pytest.fixture
def never() -> Iterator[Look]:
    """A check that waits until the test is over."""
    over = threading.Event()

    def look(_: Known) -> Finding:
        over.wait(60)
        return ok("too late")

    yield look
    over.set()


def test_a_check_is_handed_what_those_found_that_it_needs() -> None:
    found, _ = go(
        check("sum", lambda known: ok(str(known["g/a"] + known["g/b"])), "a", "b"),
        check("a", lambda _: ok("", 1)),
        check("b", lambda _: ok("", 2)),
    )
    assert found["sum"].found == "3"


def test_everything_is_looked_at_after_a_fault() -> None:
    found, _ = go(
        check("a", lambda _: ng("bad", "mend it")),
        check("b", lambda _: ok("good")),
        check("c", lambda _: ok("never"), "a"),
    )
    assert [found[name].verdict for name in "abc"] == ["NG", "OK", "SKIP"]
    assert found["c"].found == "because a is not good"


def test_one_that_hangs_is_given_up_and_holds_up_nobody(never: Look) -> None:
    started = time.monotonic()
    found, order = go(
        check("hangs", never),
        check("too", never),
        check("good", lambda _: ok("good")),
        check("after", lambda _: ok("never"), "hangs"),
        limit=0.2,
    )
    assert time.monotonic() - started < 10
    assert found["hangs"].found == "no answer within 0.2 s"
    assert found["too"].verdict == "NG"
    assert found["good"].verdict == "OK"
    assert found["after"].found == "because hangs is not good"
    assert order == ["hangs", "too", "good", "after"]


def test_independent_checks_run_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=20)

    def look(_: Known) -> Finding:
        meeting.wait()
        return ok("met")

    found, _ = go(*(check(name, look) for name in "abc"))
    assert {finding.verdict for finding in found.values()} == {"OK"}


def test_many_checks_wait_for_their_turn_and_their_time_begins_then() -> None:
    lock, running, most = threading.Lock(), 0, 0

    def look(_: Known) -> Finding:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return ok("done")

    found, _ = go(*(check(str(number), look) for number in range(50)))
    assert len(found) == 50
    assert most <= AT_ONCE


def test_an_error_is_told_with_its_remedy() -> None:
    found, _ = go(check("a", raises(PreflightError("no such thing", remedy="make it"))))
    assert found["a"] == ng("no such thing", "make it")


def test_what_the_credentials_may_not_see_is_no_fault() -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SimulateX")
    found, _ = go(check("a", raises(denied)))
    assert found["a"].verdict == "SKIP"
    assert "SimulateX is refused" in found["a"].found


def test_a_network_that_fails_is_told_as_such() -> None:
    found, _ = go(check("a", raises(EndpointConnectionError(endpoint_url="https://x"))))
    assert found["a"].verdict == "NG"
    assert "cannot be reached" in found["a"].found


def test_a_check_that_breaks_is_told_and_the_others_go_on() -> None:
    found, _ = go(check("a", raises(KeyError("name"))), check("b", lambda _: ok("good")))
    assert found["a"].verdict == "NG"
    assert "KeyError: 'name'" in found["a"].found
    assert found["b"].verdict == "OK"
