"""Many services on one scripted ECS: each has its own script, read frame by frame."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from deploy.service.definition import image_reference, render
from deploy.service.describe import read_states
from deploy.service.effects import Answer
from deploy.service.plan import plan_service
from deploy.service.rollout import Order, apply_all
from deploy.target import ServiceTarget, Target
from tests.unit.service.scripted_rollout import DONE, ROLLED_BACK, ROLLING_BACK, STARTED, world
from tests.unit.service.world import (
    BACKEND,
    NEW,
    TARGET,
    Clock,
    ScriptedLogs,
    Told,
    config_of,
    service_of,
    task,
)

if TYPE_CHECKING:
    from deploy.service.result import RolloutResult

Frame = dict[str, Any] | None
GOOD: tuple[Frame, ...] = (STARTED, STARTED, DONE)
BAD: tuple[Frame, ...] = (STARTED, STARTED, ROLLING_BACK, ROLLED_BACK)
ENDLESS: tuple[Frame, ...] = (STARTED,)


def place(name: str) -> ServiceTarget:
    return BACKEND._replace(name=name, service=name, family=name)


class Fleet:
    """ECS with one world for each service. Calls are counted; a lock keeps threads apart."""

    def __init__(self, **scripts: Sequence[Frame]) -> None:
        self.worlds = {
            name: world(*frames, tasks=[task(name, 8, container={"name": name})])
            for name, frames in scripts.items()
        }
        self.meta = next(iter(self.worlds.values())).meta
        self.calls: list[tuple[str, Any]] = []
        self.started: list[str] = []
        self.lock = threading.RLock()
        self.faults: dict[str, Exception] = {}

    def describe_services(self, **given: Any) -> dict[str, Any]:
        self.calls.append(("describe_services", given["services"]))
        found = []
        for name in given["services"]:
            (frame,) = self.worlds[name].describe_services(**given)["services"]
            found.append({**frame, "serviceName": name})
        return {"services": found}

    def register_task_definition(self, **given: Any) -> dict[str, Any]:
        with self.lock:
            return self.worlds[given["family"]].register_task_definition(**given)

    def update_service(self, **given: Any) -> dict[str, Any]:
        with self.lock:
            name = given["service"]
            self.started.append(name)
            if name in self.faults:
                raise self.faults[name]
            return self.worlds[name].update_service(**given)

    def stop_service_deployment(self, **given: Any) -> dict[str, Any]:
        name = given["serviceDeploymentArn"].split("/")[1]
        self.calls.append(("stop_service_deployment", name))
        return self.worlds[name].stop_service_deployment(**given)

    def list_service_deployments(self, **given: Any) -> dict[str, Any]:
        reply = self.worlds[given["service"]].list_service_deployments(**given)
        named = [
            {**entry, "serviceDeploymentArn": f"arn/{given['service']}/{n}"}
            for n, entry in enumerate(reply["serviceDeployments"])
        ]
        return {"serviceDeployments": named}

    def describe_service_deployments(self, **given: Any) -> dict[str, Any]:
        return {"serviceDeployments": []}

    def describe_service_revisions(self, **given: Any) -> dict[str, Any]:
        return next(iter(self.worlds.values())).describe_service_revisions(**given)

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_tasks"
        return self

    def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:
        self.calls.append(("list_tasks", given["serviceName"]))
        yield from self.worlds[given["serviceName"]].paginate(**given)

    def describe_tasks(self, **given: Any) -> dict[str, Any]:
        tasks = [task for each in self.worlds.values() for task in each.tasks]
        return {"tasks": [each for each in tasks if each["taskArn"] in given["tasks"]]}


class ManyRun:
    """One apply of all services of a fleet, and what was told. `after` maps who waits for whom."""

    def __init__(
        self,
        ecs: Fleet,
        *,
        after: dict[str, tuple[str, ...]] | None = None,
        unchanged: Sequence[str] = (),
        ask: Callable[[], Answer] | None = None,
        interrupt_at: Sequence[int] = (),
        timeout: float = 600,
    ) -> None:
        self.told, self.clock, self.ended = Told(), Clock(), list[str]()
        self.polls, self.interrupt_at = 0, interrupt_at
        target = TARGET._replace(services={n: place(n) for n in ecs.worlds})
        orders = [self._order(ecs, n, target, after or {}, n in unchanged) for n in ecs.worlds]
        ecs.calls.clear()
        self.results: dict[str, RolloutResult] = apply_all(
            orders,
            target,
            ecs=ecs,
            logs=ScriptedLogs(),
            emit=self.told,
            clock=self.clock,
            sleep=self.sleep,
            timeout=timeout,
            jitter=lambda: 0.5,
            ask=ask,
            ended=lambda name, _: self.ended.append(name),
        )

    def sleep(self, seconds: float) -> None:
        self.polls += 1
        self.clock.sleep(seconds)
        if self.polls in self.interrupt_at:
            raise KeyboardInterrupt

    @staticmethod
    def _order(
        ecs: Fleet, name: str, target: Target, after: dict[str, tuple[str, ...]], same: bool
    ) -> Order:
        """The plan of one service, made against its own world."""
        own = ecs.worlds[name]
        one = target._replace(services={name: BACKEND})
        state = read_states(own, one, [name])[name]
        digest = "sha256:" + "a" * 64 if same else NEW
        image = image_reference(BACKEND.repository_url, digest)
        here = target.services[name]
        plan = plan_service(BACKEND, render(config_of(), service_of(), BACKEND, image), state)
        values = {**plan.__dict__, "name": name, "request": {**plan.request, "family": here.family}}
        return Order(type(plan)(**values), after.get(name, ()))

    @property
    def outcomes(self) -> dict[str, str]:
        return {name: result.outcome.label for name, result in self.results.items()}
