"""The order of a whole deploy: what runs side by side, and what must wait. `invoke deploy`.

build the images      build the sites        side by side
plan                                         shown once, asked once
push, roll out        upload hashed assets   side by side: nobody asks for new assets yet
                      publish the pages      only if every rollout succeeded
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event as Flag
from typing import TypeVar

from deploy import process
from deploy.backend import Backend, BackendOptions, BackendPlan
from deploy.command import conclude, confirm, planned
from deploy.config.model import Config
from deploy.errors import Interrupted
from deploy.events import Change, Emit, Event, Finished, Note, PlanShown
from deploy.frontend import Frontend, FrontendOptions, FrontendPlan
from deploy.outcome import Outcome

T = TypeVar("T")


@dataclass(frozen=True)
class DeployOptions:
    """What `invoke deploy` was asked for. `timeout` is of each rollout, in seconds."""

    plan_only: bool = False
    yes: bool = False
    timeout: float = 600
    rebuild: bool = False


@dataclass(frozen=True)
class Plan:
    """What a deploy of everything would do."""

    services: tuple[tuple[Backend, BackendPlan], ...]
    sites: tuple[tuple[Frontend, FrontendPlan], ...]

    @property
    def parts(self) -> list[BackendPlan | FrontendPlan]:
        return [*(plan for _, plan in self.services), *(plan for _, plan in self.sites)]

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(change for plan in self.parts for change in plan.changes)

    @property
    def changed(self) -> bool:
        return any(plan.changed for plan in self.parts)

    def unchanged(self) -> list[Finished]:
        """Return how a deploy ends that has nothing to do."""
        services = [service.unchanged(plan) for service, plan in self.services]
        return services + [site.unchanged() for site, _ in self.sites]

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(warning for plan in self.parts for warning in plan.warnings)


def deploy(config: Config, options: DeployOptions, emit: Emit) -> int:
    """Deploy every service and every site of deploy.toml; return the exit code.

    It is that of the first part that did not succeed, else 0. Raises as `deploy_backend` and
    `deploy_frontend` do, before anything is written.
    """
    started = time.monotonic()
    parts = Parts(config, options, emit)
    plan = parts.plan()
    emit(PlanShown(f"deploy to {config.environment.name}", plan.changes))
    for warning in plan.warnings:
        emit(Note(warning, "warning"))
    if options.plan_only:
        ended = [Finished("planned", 0, 0, planned(changed=plan.changed))]
    elif not plan.changed:
        ended = plan.unchanged()
    else:
        confirm(config, "this plan", yes=options.yes)
        ended = parts.apply(plan)
    return conclude(emit, together(ended, time.monotonic() - started))


class Parts:
    """The services and sites of one deploy."""

    def __init__(self, config: Config, options: DeployOptions, emit: Emit) -> None:
        self.emit = emit
        self.beside = Stoppable(emit)
        self.plan_only = options.plan_only
        both = {"yes": options.yes, "rebuild": options.rebuild, "plan_only": options.plan_only}
        self.services = [
            Backend(config, BackendOptions(name, timeout=options.timeout, **both), emit)
            for name in config.services
        ]
        self.sites = [
            Frontend(config, FrontendOptions(name, **both), self.beside) for name in config.sites
        ]

    def plan(self) -> Plan:
        """Build the sites, which a plan needs, and beside them the images; plan both."""
        with self.beside.run(self._prepare_sites) as prepared:
            services = [(service, service.plan()) for service in self.services]
            for service, plan in services if not self.plan_only else ():
                service.build(plan)
        prepared.result()
        return Plan(tuple(services), tuple((site, site.plan()) for site in self.sites))

    def _prepare_sites(self) -> None:
        for site in self.sites:
            site.prepare()

    def apply(self, plan: Plan) -> list[Finished]:
        """Roll the services out and upload assets beside that; then publish, or say why not."""
        with self.beside.run(lambda: [site.upload(own) for site, own in plan.sites]) as uploaded:
            ended = self._roll_out(plan)
        if ended and ended[-1].exit_code:
            names = [site.wanted.name for site, own in plan.sites if own.changed]
            for name in names:
                self.emit(Note(f"site {name} was not switched: its pages are the old ones"))
            return ended
        for (site, own), upload in zip(plan.sites, uploaded.result(), strict=True):
            ended.append(site.publish(own, upload) if own.changed else site.unchanged())
        return ended

    def _roll_out(self, plan: Plan) -> list[Finished]:
        """Roll out one service after the other, as far as each succeeds."""
        ended: list[Finished] = []
        for service, own in plan.services:
            ended.append(service.apply(own) if own.changed else service.unchanged(own))
            if ended[-1].exit_code:
                break
        return ended


def together(ended: Sequence[Finished], seconds: float) -> Finished:
    """Return the one end that several ends make: the first that did not succeed decides."""
    worst = next((end for end in ended if end.exit_code), None)
    changed = next((end for end in ended if end.outcome != Outcome.UNCHANGED.label), ended[-1])
    deciding = worst or changed
    told = [end for end in ended if end.outcome != Outcome.UNCHANGED.label]
    urls = {name: url for end in reversed(ended) for name, url in end.urls.items()}
    return Finished(
        deciding.outcome,
        deciding.exit_code,
        seconds,
        "; ".join(end.summary for end in told or [deciding] if end.summary),
        urls,
        deciding.next_step,
    )


class Stoppable:
    """An `emit` for work beside the main thread: once that has failed, or Ctrl-C came, the next
    event ends the work. Its tools are ended at once.
    """

    def __init__(self, emit: Emit) -> None:
        self.emit = emit
        self.stopped = Flag()

    def __call__(self, event: Event) -> None:
        if self.stopped.is_set():
            raise Interrupted("the other half failed")
        self.emit(event)

    @contextmanager
    def run(self, work: Callable[[], T]) -> Iterator[Future[T]]:
        """Run `work` beside the block. The block's failure stops it, never the other way round."""
        with ThreadPoolExecutor(1, thread_name_prefix="beside") as thread:
            try:
                yield thread.submit(work)
            except BaseException:
                self.stopped.set()
                process.end_running()
                raise
