"""What the state machine of a rollout must never do, whatever ECS shows it."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.outcome import Outcome
from deploy.service.observation import Observation, parse
from deploy.service.watch import Watch, expire, outcome, step
from tests.unit.service.test_watch import FIRST, OLD, ROLLING_BACK, START, ends, mine, seen
from tests.unit.service.world import deployment, service, service_deployment

rollouts = st.sampled_from(["", "IN_PROGRESS", "COMPLETED", "FAILED"])
reasons = st.sampled_from(["", ROLLING_BACK, "tasks failed to start"])
statuses = st.sampled_from(
    [
        "PENDING",
        "IN_PROGRESS",
        "SUCCESSFUL",
        "STOPPED",
        "STOP_REQUESTED",
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
        "ROLLBACK_FAILED",
    ]
)


@st.composite
def deployments(draw: st.DrawFn, numbers: st.SearchStrategy[int]) -> dict[str, Any]:
    number = draw(numbers)
    return deployment(
        number,
        {1: 7, 2: 8}.get(number, draw(st.sampled_from([7, 8, 9]))),
        draw(rollouts),
        rolloutStateReason=draw(reasons),
        failedTasks=draw(st.integers(0, 12)),
        updatedAt=deployment(draw(st.integers(number, 9)), 8)["updatedAt"],
    )


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    """Any reply at all: in any order, old or new, with or without my deployment."""
    if draw(st.integers(0, 20)) == 0:
        return parse(None)
    entries = draw(
        st.lists(deployments(st.integers(1, 4)), max_size=4, unique_by=lambda entry: entry["id"])
    )
    found = draw(st.none() | statuses.map(lambda status: service_deployment(2, 8, status)))
    shown = service(
        *entries,
        desiredCount=draw(st.sampled_from([0, 2, 2, 2])),
        status=draw(st.sampled_from(["ACTIVE"] * 9 + ["DRAINING"])),
    )
    return parse(shown, found, (), "ecs-svc/2")


starts = st.builds(
    lambda first, rollback, expected: replace(
        START, first=first, rollback=rollback, expected=expected
    ),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 2]),
)


def completed(observation: Observation) -> bool:
    found = observation.deployment("ecs-svc/2")
    by_itself = found is not None and found.rollout == "COMPLETED"
    known = observation.service_deployment
    return by_itself or (known is not None and known.status == "SUCCESSFUL")


@settings(max_examples=200)
@given(starts, st.lists(observations(), max_size=12))
def test_success_only_if_my_deployment_was_seen_completed(
    state: Watch, shown: list[Observation]
) -> None:
    for number, observation in enumerate(shown):
        state = step(state, observation, number)
        if outcome(state) is Outcome.SUCCEEDED:
            assert completed(observation)
            assert observation.primary is not None
            assert observation.primary.id == state.mine
            break


@settings(max_examples=100)
@given(starts, st.lists(observations(), max_size=12))
def test_no_outcome_is_ever_left(state: Watch, shown: list[Observation]) -> None:
    reached: Watch | None = None
    for number, observation in enumerate(shown):
        state = step(state, observation, number)
        assert reached is None or state == reached
        reached = state if outcome(state) else None


@settings(max_examples=100)
@given(starts, st.lists(observations(), max_size=12), observations())
def test_it_always_ends_at_the_deadline(
    state: Watch, shown: list[Observation], last: Observation
) -> None:
    for number, observation in enumerate(shown):
        state = step(state, observation, number)
    assert outcome(step(state, last, state.deadline)) is not None
    assert outcome(expire(state, state.deadline)) is not None


@settings(max_examples=100)
@given(
    starts,
    st.lists(deployments(st.just(2)), max_size=5),
    st.lists(deployments(st.sampled_from([1, 3, 4])), min_size=1, max_size=5),
)
def test_a_world_that_rolled_back_never_looks_like_success(
    state: Watch, before: list[dict[str, Any]], later: list[dict[str, Any]]
) -> None:
    """My deployment never completes, and from some poll on another one is the PRIMARY one."""
    shown = [seen(entry | {"rolloutState": "IN_PROGRESS"}, OLD) for entry in before]
    shown += [seen(entry, mine("FAILED")) for entry in later] + [seen(later[-1])] * 4
    for number, observation in enumerate(shown):
        state = step(state, observation, number)
        assert outcome(state) is not Outcome.SUCCEEDED
    assert outcome(expire(state, state.deadline)) not in (Outcome.SUCCEEDED, None)


@settings(max_examples=100)
@given(st.lists(observations(), max_size=12))
def test_a_first_release_is_never_rolled_back(shown: list[Observation]) -> None:
    assert ends(*shown, state=FIRST) is not Outcome.ROLLED_BACK
