"""An environment of Terraform's for tests, and what was told while it was made."""

from pathlib import Path
from typing import Any

from deploy.config.model import Build, Config, Database, Environment, Service, Site
from deploy.events import Event, PhaseProgress


def configuration(root: Path, endpoint: str, project: str = "infra-test", **options: Any) -> Config:
    build = Build(context=root, dockerfile=root / "Dockerfile")
    names = options.pop("names", ("web", "api"))
    sites = {site.name: site for site in options.pop("sites", ())}
    database = options.pop("database", None)
    secrets = {"web": {"DATABASE_URL": database.secret}} if database else {}
    environment = Environment(
        "local",
        "us-east-1",
        endpoint=endpoint,
        port=options.pop("listener"),
        database_port=options.pop("database_port", 15432),
    )
    services = {
        name: Service(name, build, 8000, secrets=secrets.get(name, {}), **options) for name in names
    }
    return Config(root, project, environment, services, sites, database)


def site(name: str, **options: Any) -> Site:
    return Site(name, Path("/site"), Path("/site/dist"), **options)


DATABASE = Database()
SITES = (site("frontend"), site("docs", single_page=False))


class Watched:
    """Collects the events of a run."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def lines(self) -> list[str]:
        return [event.detail for event in self.of(PhaseProgress)]
