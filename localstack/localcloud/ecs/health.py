"""What a container's health checks say of it and of its task.

Docker does the probing and counts the failures in a row (`retries`) after the start period, as
the ECS agent has it do: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from localcloud.ecs.model import Container, Health

_OF_DOCKER = {"healthy": Health.HEALTHY, "unhealthy": Health.UNHEALTHY}
_SECOND = 1_000_000_000


def from_docker(status: str) -> Health:
    """Translate Docker's `State.Health.Status`; "starting" and "none" are UNKNOWN."""
    return _OF_DOCKER.get(status, Health.UNKNOWN)


def docker_check(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return docker-py's `healthcheck` (nanoseconds) for a container definition.

    Without one, the image's own HEALTHCHECK is turned off, because ECS does not look at it.
    Defaults: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
    """
    check = definition.get("healthCheck")
    if not check:
        return {"test": ["NONE"]}
    return {
        "test": list(check["command"]),
        "interval": check.get("interval", 30) * _SECOND,
        "timeout": check.get("timeout", 5) * _SECOND,
        "retries": check.get("retries", 3),
        "start_period": check.get("startPeriod", 0) * _SECOND,
    }


def task_health(containers: Iterable[Container]) -> Health:
    """Return a task's health: of its essential containers that have a health check.

    Any unhealthy one makes it UNHEALTHY; none at all, or one unknown, UNKNOWN.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
    """
    found = [c.health for c in containers if c.essential and c.checked]
    if Health.UNHEALTHY in found:
        return Health.UNHEALTHY
    return Health.HEALTHY if found and set(found) == {Health.HEALTHY} else Health.UNKNOWN


def checked(containers: Iterable[Container]) -> bool:
    """Whether any essential container has a health check."""
    return any(c.essential and c.checked for c in containers)
