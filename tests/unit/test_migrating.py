"""Migrations in a deploy: one revision for task and rollout, and nothing after a failure."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.backend import BackendPlan, ServicesPlan
from deploy.config.model import Config, Database, Service
from deploy.ends import services_ended
from deploy.errors import ConfigError, ToolError
from deploy.events import Note, PhaseStarted
from deploy.image.plan import FoundImage, plan_image
from deploy.migrating import Migrations, database_of, ended
from deploy.objects import Got
from deploy.outcome import Outcome
from deploy.secrets.resolve import Seen, references
from deploy.service.definition import image_reference, render
from deploy.service.diff import merged
from deploy.service.plan import ServiceState, plan_service
from deploy.service.result import RolloutResult
from deploy.service.scaling import ScalingPlan
from tests.unit.service.world import (
    BACKEND,
    NEW,
    OLD,
    TARGET,
    Clock,
    ScriptedEcs,
    Told,
    arn,
    config_of,
    deployment,
    refusal,
    service,
    service_of,
)

KEY = "migrations/backend.json"
UPGRADE = ("alembic", "upgrade", "head")


@dataclass
class Bucket:
    found: dict[str, bytes] = field(default_factory=dict)
    refuses: bool = False

    def get(self, key: str) -> Got | None:
        return Got(self.found[key], "1") if key in self.found else None

    def write(self, key: str, body: bytes, _type: str) -> None:
        if self.refuses:
            raise ToolError("S3 stays out of reach")
        self.found[key] = body


class Ecs(ScriptedEcs):
    """ECS, whose task of a migration has ended with `code` at the first look."""

    code = 0

    def list_tasks(self, **_: Any) -> dict[str, Any]:
        return {"taskArns": []}

    def run_task(self, **given: Any) -> dict[str, Any]:
        self._called("run_task", given)
        return {"tasks": [{"taskArn": "arn:task/1"}]}

    def describe_tasks(self, **_: Any) -> dict[str, Any]:
        container = {"name": "backend", "exitCode": self.code}
        ended = {"lastStatus": "STOPPED", "stopCode": "EssentialContainerExited"}
        return {"tasks": [{"taskArn": "arn:task/1", "containers": [container], **ended}]}

    def get_log_events(self, **_: Any) -> dict[str, Any]:
        raise refusal("ResourceNotFoundException")


class World:
    """A backend with revisions 0001 and 0002, of which definition 7 runs."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.versions = root / "migrations" / "versions"
        self.versions.mkdir(parents=True)
        self.write("0001", None)
        self.write("0002", "0001")
        self.bucket, self.told, self.clock = Bucket(), Told(), Clock()
        self.ecs = Ecs([service(deployment(1, 7))])
        monkeypatch.setattr("deploy.migrating.Objects", lambda *_: self.bucket)
        base = service_of()
        build = base.build._replace(context=root)
        self.service = service_of(build=build, migrate=UPGRADE)

    def write(self, revision: str, down: str | None) -> None:
        text = f'revision = "{revision}"\ndown_revision = {json.dumps(down)}\n'
        (self.versions / f"{revision}.py").write_text(text.replace("null", "None"))

    @property
    def migrations(self) -> Migrations:
        http = SimpleNamespace(server_time=lambda: 100.0)
        client = {"ecs": self.ecs, "logs": self.ecs}.__getitem__
        aws: Any = SimpleNamespace(config=config_of(self.service), http=http, client=client)
        wanted = {"backend": self.service}
        return Migrations(aws, wanted, self.told, self.clock, self.clock.sleep)

    def plan(self, digest: str = NEW, **more: BackendPlan) -> ServicesPlan:
        """A deploy of the backend; with the digest OLD nothing of its service would change."""
        definition = self.definition(OLD)
        running = merged(definition, None) | {"taskDefinitionArn": arn(7), "status": "ACTIVE"}
        self.ecs.definitions[arn(7)] = running
        state = ServiceState(service(deployment(1, 7)), running, running)
        part = BackendPlan(
            BACKEND,
            plan_image(BACKEND, "src-1", FoundImage("src-1", digest)),
            plan_service(BACKEND, self.definition(digest), state),
            ScalingPlan("backend", "service/demo/backend", 2, 2),
            self.migrations.plan(TARGET, "backend", {}),
        )
        return ServicesPlan(TARGET, {}, {"backend": part, **more})

    def definition(self, digest: str) -> dict[str, Any]:
        image = image_reference(BACKEND.repository_url, digest)
        return render(config_of(self.service), self.service, BACKEND, image)

    def apply(self, plan: ServicesPlan) -> tuple[ServicesPlan, dict[str, RolloutResult]]:
        return self.migrations.apply(plan, "r9")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_the_migrations_revision_is_the_rollouts(world: World) -> None:
    plan, held = world.apply(world.plan())
    assert not held
    (asked,) = world.ecs.of("run_task")
    assert asked["taskDefinition"] == arn(8)
    part = plan.services["backend"].service
    assert (part.register, part.update, part.definition_arn) == (False, True, arn(8))
    assert len(world.ecs.of("register_task_definition")) == 1


def test_after_it_nothing_is_pending_and_no_task_is_run(world: World) -> None:
    world.apply(world.plan())
    kept = json.loads(world.bucket.found[KEY])
    assert (kept["revision"], kept["release"]) == ("0002", "r9")
    plan = world.plan()
    assert plan.changes[0].reason == "nothing pending (at 0002)"
    world.apply(plan)
    assert len(world.ecs.of("run_task")) == 1


def test_only_the_database_behind_is_something_to_do_and_no_revision_is_made(world: World) -> None:
    plan = world.plan(OLD)
    assert plan.changed
    after, held = world.apply(plan)
    assert not held
    assert world.ecs.of("run_task")[0]["taskDefinition"] == arn(7)
    assert not world.ecs.of("register_task_definition")
    unchanged = RolloutResult(Outcome.UNCHANGED, "ecs-svc/1", arn(7), OLD)
    end = ended(services_ended({"backend": unchanged}, {"backend": arn(7)}), after)
    assert (end.outcome, end.summary) == (Outcome.SUCCEEDED, "backend migrated to 0002")


def test_a_failure_updates_no_service_and_is_tried_again(world: World) -> None:
    world.ecs.code = 1
    plan = world.plan()
    worker = replace(plan.services["backend"], place=BACKEND._replace(name="worker"))
    idle = replace(world.plan(OLD).services["backend"], migration=None)
    plan = replace(plan, services={**plan.services, "worker": replace(worker, migration=None)})
    plan = replace(plan, services={**plan.services, "idle": idle})
    _, held = world.apply(plan)
    assert {name: each.outcome for name, each in held.items()} == {
        "backend": Outcome.FAILED,
        "worker": Outcome.NOT_STARTED,
        "idle": Outcome.UNCHANGED,
    }
    assert held["backend"].cause
    assert "no service was updated" in held["backend"].cause.remedy
    assert not world.ecs.of("update_service")
    assert KEY not in world.bucket.found
    end = services_ended(held, dict.fromkeys(held, arn(7)))
    assert end.outcome.exit_code == 1
    assert world.plan().services["backend"].migration == plan.services["backend"].migration


def test_what_can_not_be_recorded_is_a_warning_and_the_rollout_goes_on(world: World) -> None:
    world.bucket.refuses = True
    _, held = world.apply(world.plan())
    assert not held
    assert "the next deploy migrates again" in world.told.of(Note)[-1].text


def test_two_heads_are_refused_when_a_deploy_is_made(world: World) -> None:
    world.write("0002b", "0001")
    with pytest.raises(ConfigError, match="2 heads"):
        _ = world.migrations


def test_a_service_without_migrate_has_no_migration(world: World) -> None:
    world.service = world.service._replace(migrate=())
    plan = world.plan()
    assert plan.services["backend"].migration is None
    world.apply(plan)
    assert not world.told.of(PhaseStarted)


ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:demo/local"


def database(config: Config, wanted: Service, **versions: str) -> str:
    known = {
        each: Seen(f"{ARN}/{each.id}", {"AWSCURRENT": versions[each.id.rpartition("/")[2]]})
        for each in references(config, [wanted])
    }
    return database_of(config, wanted, known, BACKEND.execution_role_arn)


def test_a_database_is_told_by_its_own_secret_alone() -> None:
    wanted = service_of(secrets={"URL": "url", "KEY": "key"})
    config = config_of(wanted)._replace(database=Database(secret="url"))
    one = database(config, wanted, url="1", key="1")
    assert database(config, wanted, url="1", key="2") == one
    assert database(config, wanted, url="2", key="1") != one
    renamed = wanted._replace(environment={"APP_SECRETS_VERSION": "mine"})
    assert database(config, renamed, url="1", key="1") == one


def test_without_a_database_table_all_of_the_services_secrets_count() -> None:
    wanted = service_of(secrets={"URL": "url", "KEY": "key"})
    config = config_of(wanted)
    assert database(config, wanted, url="1", key="1") != database(config, wanted, url="1", key="2")
    assert database_of(config, service_of(), {}, BACKEND.execution_role_arn) == ""
