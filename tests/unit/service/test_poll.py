"""How often ECS is asked."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.service.poll import batches, interval


def test_it_looks_every_second_while_there_is_news() -> None:
    assert interval(0, 0.5) == 1.0


def test_it_backs_off_to_five_seconds() -> None:
    assert interval(10_000, 0.5) == 5.0


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_it_stays_between_one_and_five_seconds_but_for_the_jitter(
    quiet: int, jitter: float
) -> None:
    assert 0.8 <= interval(quiet, jitter) <= 6.0


@given(st.integers(0, 1000))
def test_it_never_speeds_up_without_news(quiet: int) -> None:
    assert interval(quiet, 0.5) <= interval(quiet + 1, 0.5)


@given(st.lists(st.text(), max_size=45))
def test_ten_services_go_into_one_call(services: list[str]) -> None:
    groups = batches(services)
    assert [name for group in groups for name in group] == services
    assert len(groups) == -(-len(services) // 10)
