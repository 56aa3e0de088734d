"""Migrations as a step of a deploy: the new image migrates before any service is updated. Joins
migrations/ and service/.

push -> for each service with revisions that are not applied: register its new task definition, run
`migrate` on it in a task beside the service -> roll out all services, or none of them
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from random import random
from typing import TYPE_CHECKING

from deploy.aws import Aws
from deploy.config.model import Config, Service
from deploy.errors import PreflightError, ToolError
from deploy.events import Emit, Note
from deploy.migration_task import Migrated, MigrationTask
from deploy.migrations import store
from deploy.migrations.plan import MigrationPlan, plan_migration
from deploy.migrations.read import read
from deploy.migrations.record import MigrationRecord
from deploy.migrations.revisions import History
from deploy.objects import Objects
from deploy.outcome import Outcome
from deploy.secrets.resolve import VERSION_VARIABLE, Found, resolved
from deploy.service.effects import Effects
from deploy.service.member import resume
from deploy.service.result import RolloutResult
from deploy.service.start import Start
from deploy.target import Target

if TYPE_CHECKING:
    from deploy.backend import BackendPlan, ServicesPlan
    from deploy.ends import ServicesEnd

UNTOUCHED = "no service was updated; mend the migration and deploy again"


def histories(services: Iterable[Service]) -> dict[str, History]:
    """Return the revisions of each service that has a `migrate`, by its name.

    Raises ConfigError where they can't be read or have more than one head.
    """
    return {
        each.name: read(each.build.context / each.migrations, f"services.{each.name}.migrations")
        for each in services
        if each.migrate
    }


def database_of(config: Config, service: Service, found: Found, role: str) -> str:
    """Return what tells a service's database from another: a hash of its secret's version.

    Without [database] it is one of all the service's secrets, "" if it has none. `role` is as
    `deploy.secrets.resolve.resolved` takes it.
    """
    named = config.database.secret if config.database else ""
    secrets = {key: text for key, text in service.secrets.items() if text == named}
    asked = service._replace(secrets=secrets or service.secrets, environment={})
    return resolved(config, asked, found, role).environment.get(VERSION_VARIABLE, "")


class Migrations:
    """The migrations of one deploy of some services. `clock` and `sleep` are in seconds.

    Making it raises ConfigError where revisions can't be read or have more than one head.
    """

    def __init__(
        self,
        aws: Aws,
        services: Mapping[str, Service],
        emit: Emit,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.aws, self.services, self.emit = aws, services, emit
        self.clock, self.sleep = clock, sleep
        self.histories = histories(services.values())

    def plan(self, target: Target, name: str, found: Found) -> MigrationPlan | None:
        """Return what a deploy would do to a service's database, None if that has no `migrate`.

        `found` is what is known of the services' secrets.
        """
        if name not in self.histories:
            return None
        role = target.services[name].execution_role_arn
        database = database_of(self.aws.config, self.services[name], found, role)
        record = store.load(self._objects(target), name)
        return plan_migration(name, self.histories[name], record, database)

    def _objects(self, target: Target) -> Objects:
        return Objects(self.aws.http, target.records)

    def apply(
        self, plan: "ServicesPlan", release: str
    ) -> "tuple[ServicesPlan, dict[str, RolloutResult]]":
        """Run what `plan` has to migrate, one after the other.

        Returns the plan, with the revisions that are registered by now, and how all services ended
        if a migration did not succeed: then nothing is to be rolled out; else it is empty.
        `release` is this run's id. Raises ToolError if ECS refuses a revision.
        """
        parts = dict(plan.services)
        for name, part in plan.services.items():
            if part.migration is None or not part.migration.run:
                continue
            effects = self._effects()
            parts[name] = registered(part, plan.target, effects)
            migrated = self._run(parts[name], plan.target, effects)
            if migrated.outcome is not Outcome.SUCCEEDED:
                return replace(plan, services=parts), held(parts, plan.target, name, migrated)
            self._keep(part.migration, plan.target, release)
        return replace(plan, services=parts), {}

    def _effects(self) -> Effects:
        clients = self.aws.client("ecs"), self.aws.client("logs")
        return Effects(*clients, self.emit, self.clock, self.sleep, random)

    def _run(self, part: "BackendPlan", target: Target, effects: Effects) -> Migrated:
        from deploy.service.describe import describe_services

        wanted, service = self.services[part.place.name], part.place.service
        state = describe_services(effects.ecs, target.cluster, [service])[service]
        definition = {**part.service.request, "taskDefinitionArn": part.service.definition_arn}
        task = MigrationTask(effects, target.cluster, wanted.name, wanted.migrate_timeout)
        return task.run(definition, state, wanted.migrate)

    def _keep(self, plan: MigrationPlan, target: Target, release: str) -> None:
        now = self.aws.http.server_time()
        known = MigrationRecord(plan.head, plan.applied, plan.database, release, now)
        keep(self._objects(target), plan.service, known, self.emit)


def held(
    parts: "Mapping[str, BackendPlan]", target: Target, failed: str, migrated: Migrated
) -> dict[str, RolloutResult]:
    """Return how each service ended: one did not migrate, the others were not started."""
    why = f"the migration of {failed} did not succeed"
    results = {name: _stays(part, why) for name, part in parts.items()}
    results[failed] = replace(
        results[failed],
        outcome=migrated.outcome,
        why=f"was not updated: its migration did not succeed: {migrated.why}",
        cause=migrated.failure(failed, UNTOUCHED),
        next_step=resume(target, failed) if migrated.outcome is Outcome.INTERRUPTED else "",
    )
    return results


def registered(part: "BackendPlan", target: Target, effects: Effects) -> "BackendPlan":
    """Return the plan with its revision registered, so that the rollout does not do it again."""
    service = part.service
    plan = replace(service, register=service.register or not service.definition_arn)
    arn = Start(plan, target, effects, resume(target, service.name)).revision()
    return replace(part, service=replace(service, register=False, definition_arn=arn))


def _stays(part: "BackendPlan", why: str) -> RolloutResult:
    service = part.service
    outcome = Outcome.NOT_STARTED if part.changed else Outcome.UNCHANGED
    return RolloutResult(
        outcome,
        service.primary,
        service.running_arn,
        service.running_digest,
        why=why if part.changed else "",
    )


def keep(objects: Objects, service: str, known: MigrationRecord, emit: Emit) -> None:
    """Store what is known of a database; if that fails, the next deploy only asks it again."""
    try:
        store.store(objects, service, known)
    except (ToolError, PreflightError) as error:
        note = f"what was migrated can't be recorded: the next deploy migrates again ({error})"
        emit(Note(note, "warning"))


def ended(end: "ServicesEnd", plan: "ServicesPlan") -> "ServicesEnd":
    """Return the end of a deploy that has migrated: that is more than nothing."""
    plans = [part.migration for part in plan.services.values() if part.migration]
    done = [each for each in plans if each.run]
    if not done or end.outcome.exit_code:
        return end
    told = ", ".join(f"{each.service} migrated to {each.head}" for each in done)
    if end.outcome is Outcome.UNCHANGED:
        return replace(end, outcome=Outcome.SUCCEEDED, summary=told)
    return replace(end, summary=f"{told}; {end.summary}")
