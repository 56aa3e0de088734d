"""What the states of a container mean: for those that wait for it, and at its end. Pure."""

from localcloud.ecs.model import Container
from localcloud.ecs.runtime import Inspection


def met(other: Container, condition: str) -> bool:
    """Whether `other` is as far as a `dependsOn` condition asks for."""
    if condition == "HEALTHY":
        return other.health.value == "HEALTHY"
    if condition in {"COMPLETE", "SUCCESS"}:
        return other.status == "STOPPED"
    return other.status in {"RUNNING", "STOPPED"}


def record_end(container: Container, found: Inspection | None) -> None:
    """Note how a container ended; None = it is gone."""
    container.status = "STOPPED"
    if found is None:
        container.reason = "The container was removed outside of the local cloud"
        return
    container.exit_code = found.exit_code
    if found.out_of_memory:
        container.reason = "OutOfMemoryError: Container killed due to memory usage"
