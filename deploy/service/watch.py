"""The state machine of a rollout: observations in, one outcome out. Pure.

"Stable" is not success. Only *my* deployment, identified by its id, succeeds:

    watching ──my deployment COMPLETED / SUCCESSFUL──────────────▶ SUCCEEDED
       │  ├───the service is stable on what ran before────────────▶ ROLLED_BACK
       │  ├───another newer deployment, stopped, scaled to zero───▶ SUPERSEDED
       │  ├───failed with nothing to roll back to, deleted────────▶ FAILED
       │  └───the deadline, undecided─────────────────────────────▶ TIMED_OUT
       └──────the deadline, known to have failed──────────────────▶ FAILED

An outcome is final: no later observation changes it.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from deploy.outcome import Outcome
from deploy.service.observation import DeploymentSeen, Observation

# In their order; a poll may skip some.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
STAGES = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
)
ROLLING_BACK = ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")

# Reads are eventually consistent: something missing is believed when it is missed so many times.
PATIENCE = 3

DEPLOYMENT_FAILED = "the deployment failed"
CHOSEN = "you chose to roll back"


@dataclass(frozen=True)
class Watch:
    """The state. Times are seconds: `created` by the server's clock, `deadline` by the caller's."""

    mine: str  # my deployment's id
    definition: str  # the task definition's ARN that it rolls out
    previous: str  # the one before
    created: float  # when ECS made my deployment
    deadline: float
    budget: int  # failed tasks in all that are one too many, whatever ECS's own breaker says
    expected: int = 1  # tasks desired at the start; 0 = the service was scaled to zero before
    first: bool = False  # nothing to roll back to
    rollback: bool = True  # ECS rolls a failed deployment back by itself

    completed: bool = False  # my deployment was seen completed
    failing: bool = False  # it was seen failed, or being rolled back
    stopping: bool = False  # we asked ECS to roll it back
    updated: float = 0  # the newest stamp of my deployment so far
    last_failed: int = 0
    failures: int = 0  # failed tasks in all
    tasks_failed: frozenset[str] = frozenset()
    stage: int = -1  # index in STAGES, the furthest so far
    doubts: int = 0  # observations in a row in which my deployment is missed
    result: Outcome | None = None
    reason: str = ""

    @property
    def wants_rollback(self) -> bool:
        """Whether its failure budget is spent and nobody has stopped the rollout yet."""
        return self.result is None and self.over_budget and not self.stopping

    @property
    def over_budget(self) -> bool:
        return max(self.failures, len(self.tasks_failed)) > self.budget


def failure_budget(desired: int) -> int:
    """Return how many failed tasks in all end a rollout of `desired` tasks.

    More than ECS's circuit breaker needs (half the tasks, 3 to 200, one after the other), so that
    it acts first; but a flapping task resets its count, and never this one.
    """
    return max(10, 2 * desired)


def outcome(state: Watch) -> Outcome | None:
    """Return how the rollout ended, or None while it goes on."""
    return state.result


def step(state: Watch, seen: Observation, now: float) -> Watch:
    """Return the state after an observation made at `now` (the clock of `deadline`)."""
    if state.result is not None:
        return state
    if _out_of_date(state, seen):
        return expire(state, now)
    state = _absorb(state, seen)
    for judge in JUDGES:
        state = judge(state, seen)
        if state.result is not None:
            return state
    return expire(state, now)


def expire(state: Watch, now: float) -> Watch:
    """Return the state after `now` has come and nothing could be observed."""
    if state.result is not None or now < state.deadline:
        return state
    if state.failing:
        reason = state.reason or DEPLOYMENT_FAILED
        return _end(state, Outcome.FAILED, f"{reason}; its rollback had not ended in time")
    return _end(state, Outcome.TIMED_OUT, "the rollout had not ended in time")


def detach(state: Watch) -> Watch:
    """Return the state after a user chose to look away: the rollout itself goes on."""
    if state.result is not None:
        return state
    return _end(
        state, Outcome.INTERRUPTED, "interrupted; the rollout goes on without being watched"
    )


def _end(state: Watch, result: Outcome, reason: str) -> Watch:
    return replace(state, result=result, reason=reason)


def request_rollback(state: Watch, reason: str) -> Watch:
    """Return the state after ECS was asked to roll my deployment back."""
    return replace(state, stopping=True, failing=True, reason=state.reason or reason)


def give_up(state: Watch, reason: str) -> Watch:
    """Return the state after a failure that nothing will roll back."""
    return state if state.result is not None else _end(state, Outcome.FAILED, reason)


def _fail(state: Watch, reason: str) -> Watch:
    """Note a failure; final at once where nothing will be rolled back."""
    state = replace(state, failing=True, reason=state.reason or reason)
    hopeless = state.first or not (state.rollback or state.stopping)
    return _end(state, Outcome.FAILED, state.reason or DEPLOYMENT_FAILED) if hopeless else state


def _out_of_date(state: Watch, seen: Observation) -> bool:
    mine = seen.deployment(state.mine)
    return mine is not None and mine.updated < state.updated


def _absorb(state: Watch, seen: Observation) -> Watch:
    """Keep what an observation adds, none of which decides anything yet."""
    state = replace(state, tasks_failed=state.tasks_failed | seen.failed_tasks)
    if seen.service_deployment and seen.service_deployment.stage in STAGES:
        stage = STAGES.index(seen.service_deployment.stage)
        state = replace(state, stage=max(state.stage, stage))
    mine = seen.deployment(state.mine)
    if mine is None:
        return state
    grown = mine.failed - state.last_failed if mine.failed >= state.last_failed else mine.failed
    return replace(
        state,
        updated=max(state.updated, mine.updated),
        last_failed=mine.failed,
        failures=state.failures + grown,
        completed=state.completed or mine.rollout == "COMPLETED",
    )


def _judge_existence(state: Watch, seen: Observation) -> Watch:
    if seen.exists and seen.status == "ACTIVE":
        return state
    state = replace(state, doubts=state.doubts + 1)
    if seen.exists or state.doubts >= PATIENCE:
        return _end(state, Outcome.FAILED, "the service was deleted while it was rolled out")
    return state


def _judge_service_deployment(state: Watch, seen: Observation) -> Watch:
    """What ECS itself says about my service deployment. It is not always there."""
    if seen.service_deployment is None:
        return state
    status, reason = seen.service_deployment.status, seen.service_deployment.reason
    if status in ROLLING_BACK:
        return _fail(state, reason or "ECS rolls the deployment back")
    if status == "ROLLBACK_SUCCESSFUL":
        return _rolled_back(state, reason or "ECS rolled the deployment back")
    if status == "ROLLBACK_FAILED":
        return _end(state, Outcome.FAILED, reason or "the deployment and its rollback failed")
    if status == "SUCCESSFUL":
        state = _complete(replace(state, completed=True), seen)
    elif status == "STOPPED" and not state.stopping:
        state = _stopped(state, seen, reason)
    return state


def _stopped(state: Watch, seen: Observation, reason: str) -> Watch:
    tripped = seen.service_deployment is not None and seen.service_deployment.tripped
    mine = seen.deployment(state.mine)
    if state.failing or tripped or (mine is not None and mine.rollout == "FAILED"):
        return _end(state, Outcome.FAILED, state.reason or reason or DEPLOYMENT_FAILED)
    return _end(state, Outcome.SUPERSEDED, reason or "somebody stopped the deployment")


def _judge_mine(state: Watch, seen: Observation) -> Watch:
    mine = seen.deployment(state.mine)
    if mine is None:
        return state
    state = replace(state, doubts=0)
    if mine.rollout == "FAILED":
        return _fail(state, mine.reason)
    being_undone = seen.service_deployment and seen.service_deployment.status in ROLLING_BACK
    if mine.rollout == "COMPLETED" and seen.strategy == "ROLLING" and not being_undone:
        return _complete(state, seen)
    if mine.status == "PRIMARY" and state.expected and not seen.desired:
        return _scaled_to_zero(state)
    return state


def _complete(state: Watch, seen: Observation) -> Watch:
    """My deployment has completed: a success, if it is also what runs now."""
    primary = seen.primary
    if primary is None or primary.id != state.mine:
        return state  # the judges of the other deployment decide
    if state.expected and not seen.desired:
        return _scaled_to_zero(state)
    return _end(state, Outcome.SUCCEEDED, "")


def _scaled_to_zero(state: Watch) -> Watch:
    return _end(state, Outcome.SUPERSEDED, "somebody scaled the service to zero: nothing runs")


def _judge_other(state: Watch, seen: Observation) -> Watch:
    """Another deployment is the PRIMARY one: a rollback of mine, a newer one, or an old reply."""
    other = seen.primary
    if other is None or other.id == state.mine:
        return state
    if _undoes(state, seen, other):
        return _undone(state, other)
    if other.created > state.created:
        return _end(state, Outcome.SUPERSEDED, f"a newer deployment, {other.id}, took over")
    if seen.deployment(state.mine) is not None:
        return state
    state = replace(state, doubts=state.doubts + 1)
    if state.doubts < PATIENCE:
        return state  # a reply from before my deployment
    return _undone(state, other)


def _undone(state: Watch, other: DeploymentSeen) -> Watch:
    reason = other.reason or "the service went back to what ran before"
    state = _fail(state, reason)
    if state.result is None and other.rollout == "COMPLETED":
        return _rolled_back(state, state.reason)
    if state.result is None and other.rollout == "FAILED":
        return _end(state, Outcome.FAILED, f"{state.reason}; the rollback failed as well")
    return state


def _undoes(state: Watch, seen: Observation, other: DeploymentSeen) -> bool:
    status = seen.service_deployment.status if seen.service_deployment else ""
    return (
        state.failing
        or "rolling back" in other.reason.lower()
        or status.startswith("ROLLBACK")
        or (
            other.created > state.created and other.definition == state.previous != state.definition
        )
    )


def _rolled_back(state: Watch, reason: str) -> Watch:
    result = Outcome.FAILED if state.first else Outcome.ROLLED_BACK
    return _end(replace(state, failing=True), result, state.reason or reason)


def _judge_budget(state: Watch, _: Observation) -> Watch:
    if not state.over_budget:
        return state
    failures = max(state.failures, len(state.tasks_failed))
    reason = f"{failures} tasks failed, which is more than the {state.budget} that are put up with"
    state = replace(state, failing=True, reason=state.reason or reason)
    return _end(state, Outcome.FAILED, state.reason) if state.first else state


JUDGES: tuple[Callable[[Watch, Observation], Watch], ...] = (
    _judge_existence,
    _judge_service_deployment,
    _judge_mine,
    _judge_other,
    _judge_budget,
)
