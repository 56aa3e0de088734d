"""What is deployed together: services and sites, their plan, and what waits for what.

build the images      build the sites        side by side
plan                                         shown once, asked once
push, roll out        upload hashed assets   side by side: nobody asks for new assets yet
                      publish the pages      only if every rollout succeeded
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from deploy.aws import Aws
from deploy.beside import Stoppable
from deploy.config.model import Config
from deploy.events import Change, Emit, Finished, Note
from deploy.frontend import Frontend, FrontendOptions, FrontendPlan
from deploy.outcome import Outcome

if TYPE_CHECKING:
    from deploy.backend import BackendOptions, Ended, Services, ServicesPlan


class Plan(NamedTuple):
    """What a deploy would do. `services` is None where only sites are deployed."""

    services: "ServicesPlan | None"
    sites: tuple[tuple[Frontend, FrontendPlan], ...]

    @property
    def parts(self) -> "list[ServicesPlan | FrontendPlan]":
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


class Parts:
    """The services and sites of one deploy; the sites tell by `beside`, which the rest stops."""

    def __init__(
        self, services: "Services | None", sites: Sequence[Frontend], beside: Stoppable
    ) -> None:
        self.services, self.sites, self.beside = services, sites, beside

    @property
    def clients(self) -> list[Aws]:
        """The clients of each part."""
        services = [self.services.aws] if self.services else []
        return services + [site.aws for site in self.sites]

    def plan(self, *, build: bool) -> Plan:
        """Build the sites, which a plan needs, and beside them with `build` the images; plan both.

        Nothing on AWS is written.
        """
        with self.beside.run(self._prepare_sites) as prepared:
            services = self._plan_services(build=build)
        prepared.result()
        return self._with_sites(services)

    def build(self, plan: Plan) -> None:
        """Build the images that were not built for the plan."""
        if self.services and plan.services:
            self.services.build(plan.services)

    def plan_again(self) -> Plan:
        """Make the plan anew, because the environment has changed: the sites' builds have not."""
        return self._with_sites(self._plan_services(build=True))

    def _plan_services(self, *, build: bool) -> "ServicesPlan | None":
        if self.services is None:
            return None
        plan = self.services.plan()
        if build:
            self.services.build(plan)
        return plan

    def _prepare_sites(self) -> None:
        for site in self.sites:
            site.prepare()

    def _with_sites(self, services: "ServicesPlan | None") -> Plan:
        return Plan(services, tuple((site, site.plan()) for site in self.sites))

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
                self.beside(Note(f"site {name} was not switched: its pages are the old ones"))
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


def assembled(
    config: Config,
    services: "BackendOptions | None",
    sites: Sequence[FrontendOptions],
    emit: Emit,
    ended: "Ended" = lambda _plan, _result: None,
) -> Parts:
    """Return the parts that were asked for; `ended` hears of each service's end."""
    beside = Stoppable(emit)
    return Parts(
        _services(config, services, emit, ended) if services else None,
        [Frontend(config, options, beside) for options in sites],
        beside,
    )


def _services(config: Config, options: "BackendOptions", emit: Emit, ended: "Ended") -> "Services":
    from deploy.backend import Services

    return Services(config, options, emit, ended=ended)


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
