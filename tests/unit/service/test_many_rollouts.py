"""Many rollouts in one loop: batched reads, order, one failure among successes, one Ctrl-C."""

from deploy.events import Note, PhaseEnded
from deploy.service.fleet import AT_ONCE
from tests.unit.service.many import BAD, ENDLESS, GOOD, Fleet, ManyRun
from tests.unit.service.scripted_rollout import ROLLED_BACK, ROLLING_BACK, STARTED
from tests.unit.service.world import refusal, service_deployment


def test_many_succeed_together_and_each_is_proven() -> None:
    ecs = Fleet(**{f"s{n:02}": GOOD for n in range(20)})
    run = ManyRun(ecs)
    assert set(run.outcomes.values()) == {"succeeded"}
    assert list(run.results) == list(ecs.worlds)
    assert all(result.tasks for result in run.results.values())
    assert sorted(run.ended) == sorted(ecs.worlds)
    phases = {event.phase for event in run.told.of(PhaseEnded)}
    assert phases == {f"rollout {name}" for name in ecs.worlds}
    assert run.clock.now < 10


def test_all_are_read_in_batches_of_ten_and_few_are_looked_at_closely() -> None:
    ecs = Fleet(**{f"s{n:02}": [*[STARTED] * 12, *GOOD] for n in range(20)})
    run = ManyRun(ecs)
    assert set(run.outcomes.values()) == {"succeeded"}
    described = [names for kind, names in ecs.calls if kind == "describe_services"]
    assert max(map(len, described)) == 10
    turns = run.polls + 20 // AT_ONCE  # those that start services do not sleep
    assert len(described) <= 2 * turns
    proofs = len(ecs.worlds)
    listed = [name for kind, name in ecs.calls if kind == "list_tasks"]
    assert len(listed) - proofs <= 2 * 2 * turns


def test_one_that_fails_is_reported_while_the_others_finish() -> None:
    run = ManyRun(Fleet(api=[*GOOD[:1] * 9, *GOOD], worker=BAD, mail=GOOD))
    assert run.outcomes == {"api": "succeeded", "worker": "rolled back", "mail": "succeeded"}
    assert run.ended == ["mail", "worker", "api"]
    cause = run.results["worker"].cause
    assert cause is not None
    assert cause.message == "worker: the rollout was rolled back"


def test_a_service_waits_for_those_before_it() -> None:
    ecs = Fleet(web=GOOD, api=GOOD, db=GOOD)
    run = ManyRun(ecs, after={"web": ("api",), "api": ("db",)})
    assert ecs.started == ["db", "api", "web"]
    assert run.ended == ["db", "api", "web"]
    assert set(run.outcomes.values()) == {"succeeded"}


def test_what_comes_after_a_failure_is_not_started() -> None:
    ecs = Fleet(web=GOOD, api=BAD, mail=GOOD)
    run = ManyRun(ecs, after={"web": ("api",)})
    assert run.outcomes == {"web": "not started", "api": "rolled back", "mail": "succeeded"}
    assert run.results["web"].why == "api failed"
    assert "web" not in ecs.started
    assert run.ended.index("api") < run.ended.index("web")


def test_an_unchanged_service_is_neither_started_nor_held_back() -> None:
    ecs = Fleet(web=GOOD, api=BAD)
    run = ManyRun(ecs, after={"web": ("api",)}, unchanged=["web"])
    assert run.outcomes == {"web": "unchanged", "api": "rolled back"}
    assert ecs.started == ["api"]


def test_a_refused_start_fails_that_service_alone() -> None:
    ecs = Fleet(api=GOOD, worker=GOOD)
    ecs.faults["worker"] = refusal("AccessDeniedException")
    run = ManyRun(ecs)
    assert run.outcomes == {"api": "succeeded", "worker": "failed"}
    cause = run.results["worker"].cause
    assert cause is not None
    assert cause.message.startswith("worker: ECS did not take the update")
    assert "permission" in cause.remedy


def test_each_has_the_whole_timeout_from_its_own_start() -> None:
    slow = [*[STARTED] * 25, *GOOD]
    run = ManyRun(Fleet(api=slow, web=slow), after={"web": ("api",)}, timeout=40)
    assert run.outcomes == {"api": "succeeded", "web": "succeeded"}
    late = ManyRun(Fleet(api=ENDLESS, mail=GOOD), timeout=40)
    assert late.outcomes == {"api": "timed out", "mail": "succeeded"}


class TestInterrupt:
    def test_it_asks_once_and_rolls_all_back_that_still_run(self) -> None:
        ecs = Fleet(api=ENDLESS, web=ENDLESS, mail=GOOD, late=GOOD)
        for name in ("api", "web"):
            ecs.worlds[name].service_deployments = [service_deployment(2, 8, "IN_PROGRESS")]
            ecs.worlds[name].after_stop = [ROLLING_BACK, ROLLED_BACK]
        asked: list[int] = []

        def ask() -> str:
            asked.append(1)
            return "rollback"

        run = ManyRun(ecs, after={"late": ("web",)}, ask=ask, interrupt_at=[6])  # type: ignore[arg-type]
        assert asked == [1]
        assert run.outcomes == {
            "api": "rolled back",
            "web": "rolled back",
            "mail": "succeeded",
            "late": "not started",
        }
        assert run.results["late"].why == "interrupted"

    def test_detaching_leaves_all_and_names_how_to_follow_each(self) -> None:
        ecs = Fleet(api=ENDLESS, web=ENDLESS)
        run = ManyRun(ecs, interrupt_at=[3])
        assert set(run.outcomes.values()) == {"interrupted"}
        assert not [call for call in ecs.calls if call[0] == "stop_service_deployment"]
        assert run.results["web"].next_step == "invoke deploy-backend --service web --env local"

    def test_a_second_one_looks_away_from_all(self) -> None:
        ecs = Fleet(api=ENDLESS, web=ENDLESS)
        for each in ecs.worlds.values():
            each.service_deployments = [service_deployment(2, 8, "IN_PROGRESS")]
            each.after_stop = [ROLLING_BACK]
        run = ManyRun(ecs, ask=lambda: "rollback", interrupt_at=[3, 6])
        assert set(run.outcomes.values()) == {"interrupted"}

    def test_what_ecs_does_not_roll_back_goes_on_and_is_said(self) -> None:
        ecs = Fleet(api=ENDLESS, web=ENDLESS)
        ecs.worlds["web"].faults["stop_service_deployment"] = [refusal("ConflictException")]
        ecs.worlds["web"].service_deployments = [service_deployment(2, 8, "IN_PROGRESS")]
        ecs.worlds["api"].service_deployments = [service_deployment(2, 8, "IN_PROGRESS")]
        ecs.worlds["api"].after_stop = [ROLLED_BACK]
        run = ManyRun(ecs, ask=lambda: "rollback", interrupt_at=[3])
        assert run.outcomes == {"api": "rolled back", "web": "interrupted"}
        assert any("did not roll web back" in note.text for note in run.told.of(Note))
