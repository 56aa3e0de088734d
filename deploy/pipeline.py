"""A deploy from plan to record: `invoke deploy`, `deploy-backend` and `deploy-frontend`.

plan -> ask -> build -> lock -> (plan again, if another run was faster) -> apply -> record
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deploy.applying import Applying
from deploy.command import conclude, confirm, planned
from deploy.config.model import Config
from deploy.environment import read_target
from deploy.events import Emit, Finished, Note, PlanShown
from deploy.frontend import FrontendOptions
from deploy.parts import Plan, assembled, together
from deploy.selection import select

if TYPE_CHECKING:
    from deploy.backend import BackendOptions, BackendPlan
    from deploy.release.saved import Saved
    from deploy.service.result import RolloutResult


class DeployOptions(NamedTuple):
    """What `invoke deploy` was asked for. `timeout` is of each rollout, in seconds, and `wait` how
    long another run's lock is waited for.

    `only` and `but` name services and sites; without `only` it is all of deploy.toml. `plan_file`
    is a saved plan: exactly that is applied, or nothing.
    """

    plan_only: bool = False
    yes: bool = False
    timeout: float = 600
    wait: float = 0
    rebuild: bool = False
    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    plan_file: Path | None = None


class How(NamedTuple):
    """How one command deploys. `title` is the plan's, `what` names it in the question.

    With `build_first` images are built beside the sites, before the plan is shown. `saved` is the
    plan that it is held to.
    """

    title: str
    what: str
    plan_only: bool
    yes: bool
    wait: float
    way_back: str = ""  # what a person types to undo it, where the parts don't say so
    build_first: bool = False
    saved: "Saved | None" = None


def deploy(config: Config, options: DeployOptions, emit: Emit) -> int:
    """Deploy the services and sites that were asked for; return the exit code.

    It is that of the first part that did not succeed, else 0. Raises ConfigError, PreflightError
    or BuildError before anything is written, LockedError if another run holds the environment, and
    ToolError if a step fails.
    """
    from deploy import planfile
    from deploy.backend import BackendOptions

    saved = planfile.read(options.plan_file, config) if options.plan_file else None
    chosen = select(config, saved.parts if saved else options.only, options.but)
    anew = options.rebuild
    services = BackendOptions(chosen.services, timeout=options.timeout, rebuild=anew)
    name = config.environment.name
    how = How(
        f"deploy to {name}",
        "this plan",
        options.plan_only,
        options.yes,
        options.wait,
        way_back="invoke rollback" + ("" if name == "local" else f" --env {name}"),
        build_first=saved is None,  # a plan that is refused builds nothing
        saved=saved,
    )
    sites = [FrontendOptions(name, rebuild=anew) for name in chosen.sites]
    return Deploy(config, how, services if chosen.services else None, sites, emit).run()


def deploy_backend(config: Config, options: "BackendOptions", emit: Emit) -> int:
    """Deploy some services as `deploy` does; images are built once the plan is approved."""
    names = ", ".join(options.services)
    title, what = f"deploy {names} to {config.environment.name}", f"this plan for {names}"
    how = How(title, what, options.plan_only, options.yes, options.wait)
    return Deploy(config, how, options, (), emit).run()


def deploy_frontend(config: Config, options: FrontendOptions, emit: Emit) -> int:
    """Deploy one site as `deploy` does."""
    title = f"deploy {options.site} to {config.environment.name}"
    what = f"this plan for {options.site}"
    how = How(title, what, options.plan_only, options.yes, options.wait)
    return Deploy(config, how, None, [options], emit).run()


class Deploy:
    """One deploy: its parts, and the lock and record that it runs under."""

    def __init__(
        self,
        config: Config,
        how: How,
        services: "BackendOptions | None",
        sites: Sequence[FrontendOptions],
        emit: Emit,
    ) -> None:
        self.config, self.how = config, how
        self.started = time.monotonic()
        self.applying = Applying(config, "deploy", emit, how.wait)
        self.emit = self.applying.emit
        if services:
            services = replace(services, release=self.applying.journal.record.id)
        self.parts = assembled(config, services, sites, self.emit, self._rolled_out)

    def _rolled_out(self, part: "BackendPlan", end: "RolloutResult") -> None:
        from deploy.records import service_record

        self.applying.journal.service(part.place.name, service_record(part, end))

    def run(self) -> int:
        """Plan, and unless only the plan was asked for apply it. Return the exit code."""
        self._look()
        plan = self.parts.plan(build=self.how.build_first and not self.how.plan_only)
        self._check(plan)
        self._show(plan)
        if self.how.plan_only:
            end = Finished("planned", 0, 0, planned(changed=plan.changed))
        elif not plan.changed:
            end = together(self.parts.unchanged(plan), 0)
        else:
            confirm(self.config, self.how.what, yes=self.how.yes)
            end = self._apply(plan)
            if self.how.way_back and not end.exit_code:
                end = end._replace(next_step=f"the way back: `{self.how.way_back}`")
        return conclude(self.emit, end._replace(seconds=time.monotonic() - self.started))

    def _look(self) -> None:
        aws = self.parts.clients[0]
        aws.check_account()
        self.target = read_target(aws)
        self.applying.look(aws, self.target)

    def _check(self, plan: Plan) -> None:
        if self.how.saved:
            from deploy import planfile

            planfile.check(self.how.saved, self.config, plan, self.emit)

    def _show(self, plan: Plan) -> None:
        self.emit(PlanShown(self.how.title, plan.changes))
        for warning in plan.warnings:
            self.emit(Note(warning, "warning"))

    def _apply(self, plan: Plan) -> Finished:
        from deploy.records import service_records, site_record, site_records

        if not self.how.build_first:
            self.parts.build(plan)
        records = service_records(plan), site_records(plan)
        with self.applying.change(self.target, self.parts.clients, *records) as moved:
            if moved:
                plan = self._again()
            ended = self.parts.apply(plan)
            for site, own in plan.sites:
                self.applying.journal.site(site.wanted.name, site_record(own.site, site.released))
            return self.applying.finish(together(ended, time.monotonic() - self.started))

    def _again(self) -> Plan:
        """Plan once more, because another run was faster; who approved the plan approves this."""
        self.emit(Note("another run changed the environment meanwhile: planning again", "warning"))
        plan = self.parts.plan_again()
        self._check(plan)
        self._show(plan)
        if plan.changed:
            confirm(self.config, "the new plan", yes=self.how.yes)
        return plan
