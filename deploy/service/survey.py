"""The reads that a service's status is made of: batched, side by side, each part on its own."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from deploy.service.describe import describe_services
from deploy.service.plan import primary_of
from deploy.service.poll import batches
from deploy.service.scaling import read_bounds
from deploy.service.status import Bounds, Release, ServiceStatus, Unknown, release_of, shape
from deploy.target import ServiceTarget, Target

T = TypeVar("T")

# What AWS's services call it when the caller's policies don't allow something.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html
DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "NotAuthorized",
        "AuthorizationError",
    }
)
NOT_ALLOWED, UNREACHABLE = "not allowed", "not reachable"


def part(read: Callable[[], T]) -> T | Unknown:
    """Return what `read` returns, or why AWS did not tell."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return read()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        return Unknown(NOT_ALLOWED if code in DENIED else code or str(error))
    except BotoCoreError:
        return Unknown(UNREACHABLE)


@dataclass
class Survey:
    """Reads the services of one environment again and again. Clients are boto3's.

    A task definition never changes, so each is read once.
    """

    target: Target
    ecs: Any
    elbv2: Any
    autoscaling: Any
    releases: dict[str, Release] = field(default_factory=dict)

    def read(self, pool: Executor) -> dict[str, ServiceStatus | Unknown]:
        """Return the status of each service by its name in deploy.toml. Writes nothing."""
        places = list(self.target.services.values())
        found = [pool.submit(part, self._services(batch)) for batch in batches(_names(places))]
        targets = {place.name: pool.submit(self._targets, place) for place in places}
        bounds = pool.submit(part, lambda: read_bounds(self.autoscaling, self._cluster, places))
        entries = {
            name: entry
            for future, batch in zip(found, batches(_names(places)), strict=True)
            for name, entry in _spread(batch, future.result()).items()
        }
        releases = {
            place.name: pool.submit(self._release, entries.get(place.service), place)
            for place in places
        }
        limits = bounds.result()
        return {
            place.name: _status(
                place,
                entries.get(place.service),
                releases[place.name].result(),
                targets[place.name].result(),
                limits,
            )
            for place in places
        }

    @property
    def _cluster(self) -> str:
        return self.target.cluster

    def _services(self, names: Sequence[str]) -> Callable[[], dict[str, dict[str, Any]]]:
        return lambda: describe_services(self.ecs, self._cluster, names)

    def _targets(self, place: ServiceTarget) -> list[Any] | Unknown | None:
        group = place.target_group_arn
        if not group:
            return None

        def read() -> list[Any]:
            reply = self.elbv2.describe_target_health(TargetGroupArn=group)
            return list(reply["TargetHealthDescriptions"])

        return part(read)

    def _release(
        self, service: Mapping[str, Any] | Unknown | None, place: ServiceTarget
    ) -> Release | Unknown | None:
        if service is None or isinstance(service, Unknown):
            return None
        arn = primary_of(service).get("taskDefinition") or service.get("taskDefinition", "")
        if arn in self.releases:
            return self.releases[arn]
        found = part(lambda: self._read_release(arn, place.name))
        if isinstance(found, Release):
            self.releases[arn] = found
        return found

    def _read_release(self, arn: str, container: str) -> Release:
        reply = self.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        return release_of(reply["taskDefinition"], reply.get("tags", []), container)


def _names(places: Sequence[ServiceTarget]) -> list[str]:
    return [place.service for place in places]


def _spread(
    names: Sequence[str], found: dict[str, dict[str, Any]] | Unknown
) -> Mapping[str, dict[str, Any] | Unknown]:
    """A batch that can't be read leaves each of its services unknown."""
    return dict.fromkeys(names, found) if isinstance(found, Unknown) else found


def _status(
    place: ServiceTarget,
    entry: Mapping[str, Any] | Unknown | None,
    release: Release | Unknown | None,
    targets: list[Any] | Unknown | None,
    bounds: Mapping[str, Bounds] | Unknown,
) -> ServiceStatus | Unknown:
    if isinstance(entry, Unknown):
        return entry
    own = bounds if isinstance(bounds, Unknown) else bounds.get(place.name)
    return shape(place, entry, release, targets, own)
