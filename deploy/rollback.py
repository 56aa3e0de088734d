"""The way back of a whole environment, or of parts of it: `invoke rollback`.

records -> plan -> ask -> lock -> (plan again) -> services, as a deploy does -> pages -> record
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.applying import Applying
from deploy.aws import Aws
from deploy.command import conclude, confirm, planned
from deploy.config.model import Config
from deploy.ends import services_ended
from deploy.environment import read_target
from deploy.errors import ConfigError
from deploy.events import Emit, Finished, Note, PlanShown
from deploy.frontend import Frontend, FrontendOptions
from deploy.outcome import Outcome
from deploy.parts import together
from deploy.records import site_record
from deploy.release.record import ServiceRecord
from deploy.returning import ReturnPlan, Wanted, WayBack
from deploy.selection import Selection, select
from deploy.service.result import RolloutResult


@dataclass(frozen=True)
class RollbackOptions:
    """What was asked for. `to` is as `deploy.release.archive.find` takes it; "" is what was not
    given. `timeout` is of each rollout, in seconds, `wait` of the lock.
    """

    to: str = ""
    commit: str = ""
    only: tuple[str, ...] = ()
    plan_only: bool = False
    yes: bool = False
    timeout: float = 600
    wait: float = 0


def rollback(config: Config, options: RollbackOptions, emit: Emit) -> int:
    """Return services and sites together to what ran under an earlier release, without a build.

    Returns the exit code of the outcome, as `deploy.pipeline.deploy` does. Raises PreflightError
    before anything is written, naming the releases that are left, if there is none to return to or
    if what ran then is gone; LockedError if another run holds the environment.
    """
    if options.to and options.commit:
        raise ConfigError("--to and --commit name a release each", remedy="give one of them")
    return Rollback(config, options, select(config, options.only), emit).run()


class Rollback:
    """One way back: its options, clients, lock and record."""

    def __init__(
        self, config: Config, options: RollbackOptions, chosen: Selection, emit: Emit
    ) -> None:
        self.config, self.options, self.chosen = config, options, chosen
        self.started = time.monotonic()
        self.applying = Applying(config, "rollback", emit, options.wait)
        self.emit = self.applying.emit
        self.aws = Aws(config)
        self.sites = {
            name: Frontend(config, FrontendOptions(name, timeout=options.timeout), self.emit)
            for name in chosen.sites
        }

    def run(self) -> int:
        """Plan, and unless only the plan was asked for go back. Return the exit code."""
        self._look()
        options = self.options
        plan = self._plan(Wanted(options.to, options.commit, whole=not options.only))
        self._show(plan)
        if options.plan_only:
            end = Finished("planned", 0, 0, planned(changed=plan.changed))
        elif not plan.changed:
            end = Finished(Outcome.UNCHANGED.label, 0, 0, f"release {plan.release.id} is what runs")
        else:
            confirm(self.config, "the way back", yes=options.yes)
            end = self._apply(plan)
        return conclude(self.emit, end._replace(seconds=time.monotonic() - self.started))

    def _look(self) -> None:
        self.aws.check_account()
        self.target = read_target(self.aws)
        for site in self.sites.values():
            site.preflight()
        self.applying.look(self.aws, self.target)

    def _plan(self, wanted: Wanted) -> ReturnPlan:
        plan = WayBack(self.aws, self.target, self.chosen, self.sites).plan(wanted)
        self.applying.returns_to(plan.release.origin or plan.release.id)
        return plan

    def _show(self, plan: ReturnPlan) -> None:
        record = plan.release
        when = datetime.fromtimestamp(record.started, UTC).strftime("%Y-%m-%d %H:%M UTC")
        commit = record.commit[:8] or "unknown"
        self.emit(Note(f"release {record.id}, of commit {commit}, by {record.by}, {when}"))
        title = f"return {self.config.environment.name} to release {record.id}"
        self.emit(PlanShown(title, plan.changes))
        for note in plan.notes:
            self.emit(Note(note, "warning"))

    def _apply(self, plan: ReturnPlan) -> Finished:
        clients = [self.aws, *(site.aws for site in self.sites.values())]
        with self.applying.change(self.target, clients, *plan.before) as moved:
            if moved:
                plan = self._again(plan)
            ended = self._return(plan)
            return self.applying.finish(together(ended, time.monotonic() - self.started))

    def _again(self, plan: ReturnPlan) -> ReturnPlan:
        """Plan once more, to the same release, because another run was faster."""
        self.emit(Note("another run changed the environment meanwhile: planning again", "warning"))
        plan = self._plan(Wanted(plan.release.id, whole=False))
        self._show(plan)
        if plan.changed:
            confirm(self.config, "the new plan", yes=self.options.yes)
        return plan

    def _return(self, plan: ReturnPlan) -> list[Finished]:
        """Services first; pages change only if every service succeeded."""
        ended = [self._roll_out(plan)] if plan.services else []
        failed = any(end.exit_code for end in ended)
        for name, site_plan in plan.sites.items():
            site = self.sites[name]
            if failed:
                self.emit(Note(f"site {name} was not switched: its pages are those of before"))
            else:
                ended.append(site.roll_back(site_plan))
            self.applying.journal.site(name, site_record(site_plan.plan, site.released))
        return ended or [Finished(Outcome.UNCHANGED.label, 0, 0, "nothing is left to do")]

    def _roll_out(self, plan: ReturnPlan) -> Finished:
        from deploy.service.rollout import Order, apply_all

        results = apply_all(
            [
                Order(part, self.config.services[name].after, plan.digests[name])
                for name, part in plan.services.items()
            ],
            self.target,
            ecs=self.aws.client("ecs"),
            logs=self.aws.client("logs"),
            elbv2=self.aws.client("elbv2"),
            emit=self.emit,
            clock=time.monotonic,
            sleep=time.sleep,
            timeout=self.options.timeout,
            ended=lambda name, result: self._has_ended(plan, name, result),
            command=self._command(plan),
        )
        return self._rolled_out(plan, results)

    def _command(self, plan: ReturnPlan) -> str:
        only = f" --only {','.join(self.options.only)}" if self.options.only else ""
        return f"invoke rollback --to {plan.release.id}{only} --env {self.target.environment}"

    def _has_ended(self, plan: ReturnPlan, name: str, result: RolloutResult) -> None:
        part = plan.services[name]
        record = ServiceRecord(
            result.task_definition_arn,
            result.digest or "",
            plan.source_tags[name],
            part.running_arn,
            result.outcome.label,
        )
        self.applying.journal.service(name, record)

    def _rolled_out(self, plan: ReturnPlan, results: Mapping[str, RolloutResult]) -> Finished:
        for result in results.values():
            if result.cause:
                self.emit(result.cause)
        end = services_ended(results, {n: part.running_arn for n, part in plan.services.items()})
        places = (self.target.services[name] for name in plan.services)
        return Finished(
            end.outcome.label,
            end.outcome.exit_code,
            time.monotonic() - self.started,
            end.summary,
            {place.name: place.url for place in places if place.url},
            end.next_step or "mend it and deploy again: `invoke deploy`",
            end.ends,
        )
