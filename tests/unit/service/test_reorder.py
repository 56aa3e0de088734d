"""Lines that come late, twice and side by side come out in order, each once, and none is lost."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.service.loglines import Line
from deploy.service.reorder import FAR, FAR_EVERY, NEAR, Reorder, Seen, begin

HOLD = 6_000
# When each line is written and, in milliseconds later, when it is found.
WRITTEN = st.lists(
    st.tuples(st.integers(0, 60_000), st.integers(0, HOLD), st.sampled_from("abc")), max_size=60
)


def line(at: int, number: int, task: str = "a") -> Line:
    return Line(at, "backend", f"backend/backend/{task}", f"line {number}", str(number))


def played(written: list[tuple[int, int, str]], every: int = 1_000, late: int = 0) -> list[Line]:
    """Look every second at what has come since; return what came out, in its order."""
    lines = [(at + delay, line(at, n, task)) for n, (at, delay, task) in enumerate(written)]
    order, seen = Reorder(HOLD), Seen()
    out: list[Line] = []
    for now in range(0, 60_000 + 2 * HOLD + late + every, every):
        # Each look finds all that have come by then, again and again.
        order.add(each for found, each in lines if found <= now and seen.fresh(each))
        out += order.ready(now / 1000)
    return [*out, *order.rest()]


@given(WRITTEN)
def test_lines_found_within_the_window_come_in_the_order_of_their_times(
    written: list[tuple[int, int, str]],
) -> None:
    out = played(written, every=500)
    # A look finds a line up to its own interval later than it came.
    slack = [(at, min(delay, HOLD - 500), task) for at, delay, task in written]
    assert sorted(each.id for each in out) == sorted(map(str, range(len(written))))
    ordered = [each.at for each in played(slack, every=500)]
    assert ordered == sorted(ordered)


@given(st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 90_000), st.just("a"))))
def test_however_late_each_line_comes_once(written: list[tuple[int, int, str]]) -> None:
    out = played(written, late=90_000)
    assert sorted(each.id for each in out) == sorted(map(str, range(len(written))))


def test_lines_of_one_moment_keep_the_order_in_which_they_came() -> None:
    order = Reorder(HOLD)
    order.add(line(5, number) for number in (3, 1, 2))
    assert [each.id for each in order.ready(HOLD)] == ["3", "1", "2"]


def test_nothing_comes_before_its_time() -> None:
    order = Reorder(HOLD)
    order.add([line(1_000, 1)])
    assert list(order.ready(6.999)) == []
    assert [each.id for each in order.ready(7)] == ["1"]
    assert list(order.rest()) == []


def test_what_no_look_can_find_again_is_forgotten() -> None:
    seen = Seen()
    assert seen.fresh(line(1_000, 1))
    assert seen.fresh(line(9_000, 2))
    seen.forget(5_000)
    assert len(seen) == 1
    assert not seen.fresh(line(9_000, 2))


def test_now_and_then_a_look_reaches_far_back() -> None:
    starts = [begin(1_000, look) for look in range(1, 2 * FAR_EVERY + 1)]
    assert starts.count(1_000 - FAR) == 2
    assert set(starts) == {1_000 - FAR, 1_000 - NEAR}
