"""The proof: what the running tasks run."""

from deploy.service.effects import Effects
from deploy.service.proof import judge, prove
from tests.unit.service.world import (
    NEW,
    OLD,
    Clock,
    ScriptedEcs,
    ScriptedLogs,
    Told,
    arn,
    refusal,
    service,
    task,
)


def test_every_running_task_of_this_digest_and_revision_is_a_proof() -> None:
    proof = judge([task("one", 8), task("two", 8)], "backend", arn(8), {NEW})
    assert len(proof.tasks) == 2
    assert proof.doubts == ()


def test_another_digest_is_named() -> None:
    (doubt,) = judge([task("one", 8), task("two", 8, OLD)], "backend", arn(8), {NEW}).doubts
    assert "two" in doubt
    assert OLD in doubt


def test_another_revision_is_named() -> None:
    (doubt,) = judge([task("one", 7)], "backend", arn(8), {NEW}).doubts
    assert "demo-backend:7" in doubt


def test_no_running_task_proves_nothing() -> None:
    assert judge([], "backend", arn(8), {NEW}).doubts
    assert judge([task("one", 8, lastStatus="PENDING")], "backend", arn(8), {NEW}).doubts


def test_a_task_that_is_yet_to_start_is_left_out() -> None:
    pending = task("two", 8, "", lastStatus="PROVISIONING")
    assert judge([task("one", 8), pending], "backend", arn(8), {NEW}).doubts == ()


def test_a_digest_that_ecs_does_not_tell_is_a_doubt() -> None:
    assert "unknown" in judge([task("one", 8, "")], "backend", arn(8), {NEW}).doubts[0]


def test_sidecars_have_digests_of_their_own() -> None:
    one = task("one", 8)
    one["containers"].append({"name": "datadog", "imageDigest": OLD})
    assert judge([one], "backend", arn(8), {NEW}).doubts == ()


def proven(ecs: ScriptedEcs, clock: Clock) -> tuple[str, ...]:
    effects = Effects(ecs, ScriptedLogs(), Told(), clock, clock.sleep, lambda: 0.5)
    return prove(
        effects, "demo", "demo-backend", container="backend", definition=arn(8), digests={NEW}
    ).doubts


def test_lists_that_lag_are_read_again() -> None:
    clock, ecs = Clock(), ScriptedEcs(frames=[service()], tasks=[task("old", 7, OLD)])
    ecs.faults["list_tasks"] = [None, refusal("ThrottlingException")]

    def sleep(seconds: float) -> None:
        clock.now += seconds
        if clock.now >= 3:
            ecs.tasks = [task("new", 8)]

    effects = Effects(ecs, ScriptedLogs(), Told(), clock, sleep, lambda: 0.5)
    found = prove(
        effects, "demo", "demo-backend", container="backend", definition=arn(8), digests={NEW}
    )
    assert found.doubts == ()
    assert clock.now == 3


def test_what_stays_wrong_is_wrong_after_some_seconds() -> None:
    clock = Clock()
    assert proven(ScriptedEcs(frames=[service()], tasks=[task("old", 7, OLD)]), clock)
    assert clock.now < 15
