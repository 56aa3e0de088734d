"""`invoke migrate`: a migration by hand, up or down, on the release that a service has.

It holds the lock and leaves a record, as a deploy does, and updates no service.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import random

from deploy.applying import Applying
from deploy.aws import Aws
from deploy.command import conclude, confirm, planned
from deploy.config.model import Config, Service
from deploy.environment import find_service, read_target, service_place
from deploy.errors import ConfigError
from deploy.events import Change, Emit, Finished, Note, PlanShown, Sign
from deploy.migrating import database_of, histories, keep
from deploy.migration_task import Migrated, MigrationTask
from deploy.migrations import store
from deploy.migrations.command import Step, after, before, newest, step
from deploy.migrations.record import MigrationRecord
from deploy.objects import Objects
from deploy.secret_preflight import look
from deploy.service.effects import Effects
from deploy.service.oneoff import released
from deploy.service.plan import ServiceState, revision
from deploy.service.stamp import SOURCE_TAG, variables

DOWN = (
    "a way down may delete what was stored since, and tasks that run may need what it takes away; "
    "a rollback of the service needs none, and does none"
)
OTHER = "the release is not of this source: what it applies is known once a deploy asks again"


@dataclass(frozen=True)
class MigrateOptions:
    """What was asked for. `to` is a revision's id or its beginning, "head", "base" or steps such
    as "-1"; "" is all that there is, or with `down` one step. `service` "" is the only one that has
    a `migrate`. `wait` for another's lock is in seconds.
    """

    service: str = ""
    to: str = ""
    down: bool = False
    plan_only: bool = False
    yes: bool = False
    wait: float = 0


def migrate(config: Config, options: MigrateOptions, emit: Emit) -> int:
    """Run a migration on the release that the service has. Returns the exit code.

    It is 0, 1 if the migration did not succeed, or 130 if it was interrupted. Raises ConfigError
    for a service or a revision that is not there, PreflightError without a release, LockedError if
    another run holds the environment.
    """
    service = migrated_service(config, options.service)
    return ByHand(config, service, options, emit).run()


def migrated_service(config: Config, name: str) -> Service:
    """Return the service of this name, or the only one with a `migrate`. Raises ConfigError."""
    having = [each for each in config.services.values() if each.migrate]
    if name and find_service(config, name) not in having:
        remedy = (
            f'add it to deploy.toml: [services.{name}] migrate = ["alembic", "upgrade", "head"]'
        )
        raise ConfigError(f"the service {name} has no `migrate`", remedy=remedy)
    if name:
        return config.services[name]
    if len(having) != 1:
        names = ", ".join(each.name for each in having) or "none"
        raise ConfigError(
            f"which service is to migrate? Those with a `migrate` are: {names}",
            remedy="give --service NAME, one that has a `migrate` in deploy.toml",
        )
    return having[0]


class ByHand:
    """One migration of one service: its configuration, clients and clock."""

    def __init__(
        self,
        config: Config,
        service: Service,
        options: MigrateOptions,
        emit: Emit,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.config, self.service, self.options = config, service, options
        self.clock, self.sleep, self.started = clock, sleep, clock()
        self.history = histories([service])[service.name]
        self.step = step(service.migrate, self.history, options.to, down=options.down)
        self.applying = Applying(config, "migrate", emit, options.wait)
        self.emit = self.applying.emit
        self.aws = Aws(config)
        self.aws.check_account()
        self.target = read_target(self.aws)
        self.place = service_place(self.target, service.name)
        self.applying.look(self.aws, self.target)
        self.database = self._database()

    @property
    def _objects(self) -> Objects:
        return Objects(self.aws.http, self.target.records)

    def _database(self) -> str:
        found = look(self.aws, [self.service], self.target.account)
        return database_of(self.config, self.service, found, self.place.execution_role_arn)

    def run(self) -> int:
        """Show what would be run, and unless only that was asked for run it."""
        self._show(self._state())
        if self.options.plan_only:
            end = Finished("planned", 0, 0, planned(changed=True))
        else:
            what = f"this migration of {self.service.name}"
            confirm(self.config, what, yes=self.options.yes)
            with self.applying.change(self.target, [self.aws], {}, {}) as moved:
                state = self._state()
                if moved:
                    self._show(state)
                end = self.applying.finish(self._migrate(state))
        return conclude(self.emit, end)

    def _state(self) -> ServiceState:
        from deploy.service.describe import read_states

        name = self.place.name
        return read_states(self.aws.client("ecs"), self.target, [name])[name]

    def _show(self, state: ServiceState) -> None:
        arn = str(released(self.place, state)["taskDefinitionArn"])
        reason = f"{' '.join(self.step.words)}, on {revision(arn)}"
        sign: Sign = "-" if self.step.down else "~"
        changes = (Change(sign, f"migrate {self.service.name}", reason),)
        self.emit(PlanShown(f"migrate {self.config.environment.name}", changes))
        if self.step.down:
            self.emit(Note(DOWN, "warning"))
        if not self._same_source(state):
            self.emit(Note(OTHER, "warning"))

    def _same_source(self, state: ServiceState) -> bool:
        """Whether the release's image was built from this very source."""
        from deploy.image.context import source_of
        from deploy.image.source import tags_of_source

        tag = variables(state.running, self.service.name).get(SOURCE_TAG)
        return tag in tags_of_source(source_of(self.service.build))

    def _migrate(self, state: ServiceState) -> Finished:
        known = store.load(self._objects, self.service.name)
        known = known if known and known.database == self.database else None
        if self.step.down:
            self._keep(before(known, self.step))
        migrated = self._task().run(released(self.place, state), state.service, self.step.words)
        if migrated.outcome.exit_code == 0:
            same = self._same_source(state)
            self._keep(after(self.history, known, self.step, same_source=same))
        return self._end(migrated)

    def _task(self) -> MigrationTask:
        clients = self.aws.client("ecs"), self.aws.client("logs")
        effects = Effects(*clients, self.emit, self.clock, self.sleep, random)
        cluster, timeout = self.target.cluster, self.service.migrate_timeout
        return MigrationTask(effects, cluster, self.service.name, timeout)

    def _keep(self, applied: tuple[str, ...] | None) -> None:
        known = MigrationRecord(
            newest(self.history, applied),
            applied,
            self.database,
            self.applying.journal.record.id,
            self.aws.http.server_time(),
        )
        keep(self._objects, self.service.name, known, self.emit)

    def _end(self, migrated: Migrated) -> Finished:
        name, code = self.service.name, migrated.outcome.exit_code
        if code:
            self.emit(migrated.failure(name, "no service was touched"))
        did = f"{name}: {told(self.step)}"
        summary = f"{did}: {migrated.why}" if code else did
        return Finished(migrated.outcome.label, code, self.clock() - self.started, summary)


def told(step: Step) -> str:
    """Return what a step is in words: "upgrade to 0002"."""
    way = "downgrade" if step.down else "upgrade"
    return f"{way} to {step.to or 'the newest revision'}"
