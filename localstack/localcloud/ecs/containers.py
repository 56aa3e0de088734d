"""A container of a task -> the arguments that docker-py creates it with. Pure.

Parameters: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.ecs.health import docker_check
from localcloud.ecs.model import Container, Task
from localcloud.network import LABEL
from localcloud.settings import Settings

TASK_LABEL = "shipway.task"
CONTAINER_LABEL = "shipway.container"

# Fargate's default of `stopTimeout`, seconds.
STOP_TIMEOUT = 30
_MIB = 1024 * 1024
# An init container is one that another waits to see ended.
_ENDINGS = frozenset({"COMPLETE", "SUCCESS"})


def image_reference(image: str, settings: Settings) -> str:
    """Return what Docker is to pull for `image`.

    The account's ECR host is the local cloud's own registry, and never the real one.
    """
    host = rf"^{settings.account}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/"
    return re.sub(host, f"localhost:{settings.port}/", image)


def override_of(task: Task, name: str) -> dict[str, Any]:
    """Return the container override of `name`, {} if there is none."""
    given: Sequence[dict[str, Any]] = task.overrides.get("containerOverrides", [])
    return next((entry for entry in given if entry.get("name") == name), {})


def environment(task: Task, container: Container, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the container's variables: those of the definition, secrets, then overrides."""
    found = {e["name"]: e.get("value", "") for e in container.definition.get("environment", [])}
    changed = override_of(task, container.name).get("environment", [])
    return {**found, **secrets, **{e["name"]: e.get("value", "") for e in changed}}


def memory_limit(task: Task, container: Container) -> int | None:
    """Return the hard limit in bytes: the container's `memory`, else the task's, else None."""
    override = override_of(task, container.name).get("memory")
    own = override or container.definition.get("memory")
    whole = task.overrides.get("memory") or task.definition.body.get("memory")
    limit = own or (int(whole) if whole else None)
    return int(limit) * _MIB if limit else None


def start_order(containers: Sequence[Container]) -> list[Container]:
    """Return the containers in an order that satisfies every `dependsOn`.

    Raises ValueError when they depend on each other in a circle.
    """
    waiting, order = list(containers), list[Container]()
    while waiting:
        done = {container.name for container in order}
        ready = [c for c in waiting if {d["containerName"] for d in _needs(c)} <= done]
        if not ready:
            raise ValueError("containers depend on each other in a circle")
        order.append(ready[0])
        waiting.remove(ready[0])
    return order


def _needs(container: Container) -> list[dict[str, str]]:
    return list(container.definition.get("dependsOn") or [])


def init_containers(containers: Sequence[Container]) -> set[str]:
    """Return the names of the containers that must end before another starts."""
    needs = [need for container in containers for need in _needs(container)]
    return {need["containerName"] for need in needs if need["condition"] in _ENDINGS}


def network_owner(order: Sequence[Container]) -> Container:
    """Return the container whose network the others join, as in one ENI.

    It must still run when the last of them starts, so it is no init container.
    """
    ending = init_containers(order)
    return next((c for c in order if c.name not in ending), order[0])


def volume_name(task: Task, volume: str) -> str:
    return f"ecs-{task.id}-{volume}"


def _mounts(task: Task, definition: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return {
        volume_name(task, mount["sourceVolume"]): {
            "bind": mount["containerPath"],
            "mode": "ro" if mount.get("readOnly") else "rw",
        }
        for mount in definition.get("mountPoints") or []
    }


def _tmpfs(definition: Mapping[str, Any]) -> dict[str, str]:
    given = (definition.get("linuxParameters") or {}).get("tmpfs") or []
    return {
        entry["containerPath"]: ",".join([f"size={entry['size']}m", *entry.get("mountOptions", [])])
        for entry in given
    }


def _ulimits(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"Name": limit["name"], "Soft": limit["softLimit"], "Hard": limit["hardLimit"]}
        for limit in definition.get("ulimits") or []
    ]


def _network(
    task: Task, owner: Container, container: Container, settings: Settings
) -> dict[str, Any]:
    if owner.id and container is not owner:
        return {"network_mode": f"container:{owner.id}"}
    hosts = {"host.docker.internal": "host-gateway"}
    joined = {"network": settings.network, "extra_hosts": hosts}
    if container is not owner:
        return joined
    mappings = [m for c in task.containers for m in c.definition.get("portMappings") or []]
    ports = {f"{m['containerPort']}/{m.get('protocol', 'tcp')}": ("127.0.0.1",) for m in mappings}
    return {**joined, "ports": ports}


def labels(settings: Settings, task: Task, container: str = "") -> dict[str, str]:
    """Return the labels by which containers and volumes are found again."""
    found = {LABEL: settings.instance, TASK_LABEL: task.id}
    return {**found, CONTAINER_LABEL: container} if container else found


def _limits(task: Task, container: Container) -> dict[str, Any]:
    limit = memory_limit(task, container)
    found: dict[str, Any] = {"cpu_shares": max(2, int(container.definition.get("cpu") or 0))}
    if limit:
        # Swap the same as memory: without swap, too much memory is an OOM kill as on Fargate.
        found |= {"mem_limit": limit, "memswap_limit": limit}
    return found


def container_arguments(
    task: Task,
    container: Container,
    owner: Container,
    secrets: Mapping[str, str],
    settings: Settings,
) -> dict[str, Any]:
    """Return the keyword arguments of docker-py's `containers.create`, but for the image."""
    definition = container.definition
    command = override_of(task, container.name).get("command") or definition.get("command")
    linux = definition.get("linuxParameters") or {}
    optional = {
        "command": command or None,
        "entrypoint": definition.get("entryPoint") or None,
        "user": definition.get("user"),
        "working_dir": definition.get("workingDirectory"),
        "ulimits": _ulimits(definition) or None,
        "tmpfs": _tmpfs(definition) or None,
        "volumes": _mounts(task, definition) or None,
    }
    return {
        "name": f"ecs-{task.definition.family}-{container.name}-{task.id[:12]}",
        "environment": environment(task, container, secrets),
        "labels": labels(settings, task, container.name),
        "healthcheck": docker_check(definition),
        "read_only": bool(definition.get("readonlyRootFilesystem")),
        "init": bool(linux.get("initProcessEnabled")),
        **_network(task, owner, container, settings),
        **_limits(task, container),
        **{key: value for key, value in optional.items() if value},
    }
