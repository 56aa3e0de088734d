"""All that ECS knows, and how it is found by name or ARN, with ECS's errors if it is not."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from localcloud.ecs.model import Cluster, Service, Task, TaskDefinition
from localcloud.ecs.names import Names, short
from localcloud.wire import ApiError


@dataclass
class Store:
    names: Names
    clusters: dict[str, Cluster] = field(default_factory=dict)
    definitions: dict[str, dict[int, TaskDefinition]] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    services: dict[tuple[str, str], Service] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    tags: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def cluster(self, name_or_arn: str | None) -> Cluster:
        """Return an ACTIVE cluster ("default" if none is named), or raise ApiError."""
        found = self.clusters.get(short(name_or_arn or "default"))
        if found is None or found.status != "ACTIVE":
            raise ApiError("ClusterNotFoundException", "Cluster not found.")
        return found

    def service(self, cluster: Cluster, name_or_arn: str) -> Service:
        """Return a service of any status, or raise ApiError."""
        found = self.services.get((cluster.name, short(name_or_arn)))
        if found is None:
            raise ApiError("ServiceNotFoundException", "Service not found.")
        return found

    def active_service(self, cluster: Cluster, name_or_arn: str) -> Service:
        found = self.service(cluster, name_or_arn)
        if found.status != "ACTIVE":
            raise ApiError("ServiceNotActiveException", "Service was not ACTIVE.")
        return found

    def tasks_of(self, service: Service) -> list[Task]:
        return [task for task in self.tasks.values() if task.service == service.arn]

    def service_of(self, task: Task) -> Service | None:
        return next((s for s in self.services.values() if s.arn == task.service), None)

    def definition(self, reference: str) -> TaskDefinition:
        """Return the definition `family`, `family:revision` or ARN names, or raise ApiError."""
        family, _, revision = short(reference).partition(":")
        known = self.definitions.get(family, {})
        number = int(revision) if revision.isdigit() else self._latest(known.values())
        if number not in known:
            raise ApiError("ClientException", "Unable to describe task definition.")
        return known[number]

    def _latest(self, known: Iterable[TaskDefinition]) -> int:
        return max((d.revision for d in known if d.status == "ACTIVE"), default=0)

    def deployable(self, reference: str) -> TaskDefinition:
        """Return an ACTIVE definition for a new deployment or task, or raise ApiError."""
        try:
            found = self.definition(reference)
        except ApiError as error:
            raise ApiError("ClientException", "TaskDefinition not found.") from error
        if found.status != "ACTIVE":
            raise ApiError("ClientException", "TaskDefinition is inactive")
        return found

    def task(self, cluster: Cluster, id_or_arn: str) -> Task | None:
        found = self.tasks.get(short(id_or_arn))
        return found if found and found.cluster == cluster.name else None
