"""The order of a whole deploy: what runs side by side, and what must wait. `invoke deploy`.

build the images      build the sites        side by side
plan                                         shown once, asked once
push, roll out        upload hashed assets   side by side: nobody asks for new assets yet
                      publish the pages      only if every rollout succeeded
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.backend import BackendOptions, Services, ServicesPlan
from deploy.beside import Stoppable
from deploy.command import conclude, confirm, planned
from deploy.config.model import Config
from deploy.events import Change, Emit, Finished, Note, PlanShown
from deploy.frontend import Frontend, FrontendOptions, FrontendPlan
from deploy.outcome import Outcome
from deploy.selection import select


@dataclass(frozen=True)
class DeployOptions:
    """What `invoke deploy` was asked for. `timeout` is of each rollout, in seconds.

    `only` and `but` name services and sites; without `only` it is all of deploy.toml.
    """

    plan_only: bool = False
    yes: bool = False
    timeout: float = 600
    rebuild: bool = False
    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a deploy would do. `services` is None where only sites are deployed."""

    services: ServicesPlan | None
    sites: tuple[tuple[Frontend, FrontendPlan], ...]

    @property
    def parts(self) -> list[ServicesPlan | FrontendPlan]:
        services = [self.services] if self.services else []
        return [*services, *(plan for _, plan in self.sites)]

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(change for plan in self.parts for change in plan.changes)

    @property
    def changed(self) -> bool:
        return any(plan.changed for plan in self.parts)

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(warning for plan in self.parts for warning in plan.warnings)


def deploy(config: Config, options: DeployOptions, emit: Emit) -> int:
    """Deploy the services and sites that were asked for; return the exit code.

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
        ended = parts.unchanged(plan)
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
        chosen = select(config, options.only, options.but)
        asked = BackendOptions(chosen.services, timeout=options.timeout, **both)
        self.services = Services(config, asked, emit) if chosen.services else None
        self.sites = [
            Frontend(config, FrontendOptions(name, **both), self.beside) for name in chosen.sites
        ]

    def plan(self) -> Plan:
        """Build the sites, which a plan needs, and beside them the images; plan both."""
        with self.beside.run(self._prepare_sites) as prepared:
            services = self.services.plan() if self.services else None
            if self.services and services and not self.plan_only:
                self.services.build(services)
        prepared.result()
        return Plan(services, tuple((site, site.plan()) for site in self.sites))

    def _prepare_sites(self) -> None:
        for site in self.sites:
            site.prepare()

    def unchanged(self, plan: Plan) -> list[Finished]:
        """Return how a deploy ends that has nothing to do."""
        return [*self._roll_out(plan), *(site.unchanged() for site in self.sites)]

    def apply(self, plan: Plan) -> list[Finished]:
        """Roll the services out and upload assets beside that; then publish, or say why not.

        Here the first change of the environment is made.
        """
        with self.beside.run(lambda: [site.upload(own) for site, own in plan.sites]) as uploaded:
            ended = self._roll_out(plan)
        if any(end.exit_code for end in ended):
            for site in [site for site, own in plan.sites if own.changed]:
                name = site.wanted.name
                self.emit(Note(f"site {name} was not switched: its pages are the old ones"))
            return ended
        for (site, own), upload in zip(plan.sites, uploaded.result(), strict=True):
            ended.append(site.publish(own, upload) if own.changed else site.unchanged())
        return ended

    def _roll_out(self, plan: Plan) -> list[Finished]:
        if self.services is None or plan.services is None:
            return []
        if not plan.services.changed:
            return [self.services.unchanged(plan.services)]
        return [self.services.apply(plan.services)]


def together(ended: Sequence[Finished], seconds: float) -> Finished:
    """Return the one end that several ends make: the first that did not succeed decides."""
    worst = next((end for end in ended if end.exit_code), None)
    changed = next((end for end in ended if end.outcome != Outcome.UNCHANGED.label), ended[-1])
    deciding = worst or changed
    told = [end for end in ended if end.outcome != Outcome.UNCHANGED.label]
    urls = {name: url for end in reversed(ended) for name, url in end.urls.items()}
    ends = {name: text for end in ended for name, text in end.ends.items()}
    return Finished(
        deciding.outcome,
        deciding.exit_code,
        seconds,
        "; ".join(end.summary for end in told or [deciding] if end.summary),
        urls,
        deciding.next_step,
        ends,
    )
