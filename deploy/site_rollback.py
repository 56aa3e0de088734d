"""The way back of one site to a release of its own: `invoke rollback-frontend`."""

import time

from deploy.applying import Applying
from deploy.command import conclude, confirm, planned
from deploy.config.model import Config
from deploy.events import Emit, Finished, Note, PlanShown
from deploy.frontend import Frontend, FrontendOptions
from deploy.records import site_record
from deploy.site.rollback import RollbackPlan, plan_rollback


def rollback_frontend(
    config: Config, options: FrontendOptions, emit: Emit, *, to: str | None = None
) -> int:
    """Return a site to the release `to`, or to the one before the live one, without a build.

    Returns the exit code of the outcome. Raises PreflightError, naming the releases that are left,
    if there is none to return to; else as `deploy.pipeline.deploy` does.
    """
    return SiteRollback(config, options, emit, to).run()


class SiteRollback:
    """One return of a site to an earlier release of its own."""

    def __init__(
        self, config: Config, options: FrontendOptions, emit: Emit, to: str | None
    ) -> None:
        self.config, self.options, self.to = config, options, to
        self.started = time.monotonic()
        self.applying = Applying(config, "rollback", emit, options.wait)
        self.emit = self.applying.emit
        self.site = Frontend(config, options, self.emit)

    def run(self) -> int:
        """Plan, and unless only the plan was asked for go back. Return the exit code."""
        self.site.preflight()
        self.applying.look(self.site.aws, self.site.target)
        plan = self._plan()
        if self.options.plan_only:
            end = Finished("planned", 0, 0, planned(changed=plan.changed))
        elif not plan.changed:
            end = self.site.unchanged()
        else:
            confirm(self.config, f"the way back for {self.options.site}", yes=self.options.yes)
            end = self._apply(plan)
        return conclude(self.emit, end._replace(seconds=time.monotonic() - self.started))

    def _plan(self) -> RollbackPlan:
        plan = plan_rollback(self.site.bucket, self.site.wanted, to=self.to)
        commit = plan.target.commit or "unknown"
        self.emit(Note(f"release {plan.target.id}, of commit {commit}"))
        self.emit(PlanShown(f"return {self.options.site} to {plan.target.id}", plan.changes))
        return plan

    def _apply(self, plan: RollbackPlan) -> Finished:
        name, site = self.options.site, self.site
        record = {name: site_record(plan.plan, "")}
        with self.applying.change(site.target, [site.aws], {}, record) as moved:
            if moved:
                plan = self._plan()
            end = site.roll_back(plan)
            self.applying.journal.site(name, site_record(plan.plan, site.released))
            return self.applying.finish(end)
