"""A service with migrations that tests write: tests/apps/ledger, which knows no database."""

from pathlib import Path
from typing import Any

import docker

from localcloud.ecs.containers import TASK_LABEL
from tests.e2e.project import Project, Ran

SECRET = "shipway-demo/local/ledger-url"
LEDGER = """
[services.ledger]
context = "tests/apps/ledger"
port = 8090
cpu = 1024
memory = 2048
start_period = 5
migrate = ["python3", "migrate.py", "upgrade", "head"]
migrate_timeout = 120
secrets = { LEDGER_URL = "ledger-url" }
not_secret = ["NUMBER"]
environment = { NUMBER = "1" }

[services.ledger.build]
args = { PYTHON_IMAGE = "${PYTHON_IMAGE:-}" }
"""
DEPLOY = ("deploy-backend", "--service", "ledger")


class Ledger:
    """The project with a service that has revisions."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @property
    def versions(self) -> Path:
        return self.project.root / "tests/apps/ledger/migrations/versions"

    def write(self, revision: str, after: str, body: str = "print('done')") -> None:
        """Write a revision that comes after another; `body` is what its upgrade does."""
        text = f'"""change {revision}"""\n\nrevision = "{revision}"\ndown_revision = "{after}"\n'
        text += f"\n\ndef upgrade() -> None:\n    {body}\n"
        (self.versions / f"{revision}_change.py").write_text(text)

    def deploy(self, *arguments: str) -> Ran:
        return self.project.invoke(*DEPLOY, *arguments)

    def configure(self, pattern: str, replacement: str) -> None:
        self.project.edit("deploy.toml", pattern, replacement)

    def plan(self) -> str:
        """Return the plan's line on the migration."""
        ran = self.deploy("--plan", "--json")
        assert ran.code == 0, ran.out
        shown = next(event for event in ran.events if event["event"] == "plan_shown")
        (line,) = [each for each in shown["changes"] if each["subject"] == "migrate ledger"]
        return f"{line['sign']} {line['reason']}"

    def tasks(self) -> list[dict[str, Any]]:
        """Return the tasks of all migrations, those that have ended too."""
        ecs, cluster = self.project.client("ecs"), self.project.target()["cluster"]
        name = "shipway/migrate/ledger"
        found = [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster=cluster, startedBy=name, desiredStatus=status)[
                "taskArns"
            ]
        ]
        tasks: list[dict[str, Any]] = []
        if found:
            tasks = ecs.describe_tasks(cluster=cluster, tasks=found)["tasks"]
        return tasks

    @property
    def left(self) -> list[str]:
        """Return the tasks of migrations that still run."""
        return [task["taskArn"] for task in self.tasks() if task["lastStatus"] != "STOPPED"]

    def tell(self) -> None:
        """Let the migrations go on that wait until they are told."""
        engine = docker.from_env()
        try:
            for arn in self.left:
                label = f"{TASK_LABEL}={arn.rpartition('/')[2]}"
                for container in engine.containers.list(filters={"label": label}):
                    container.kill("SIGUSR1")
        finally:
            engine.close()

    def serves(self) -> Any:
        """Return what runs: the revision and the deployments."""
        service = self.project.service("ledger")
        return service["taskDefinition"], [each["id"] for each in service["deployments"]]

    def revisions(self) -> int:
        family = self.project.target()["services"]["ledger"]["family"]
        ecs = self.project.client("ecs")
        return len(ecs.list_task_definitions(familyPrefix=family)["taskDefinitionArns"])
