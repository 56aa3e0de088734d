"""What RegisterTaskDefinition accepts, and what it adds. Pure.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

from typing import Any

from localcloud.wire import ApiError

Json = dict[str, Any]
_GIB = 1024


def _steps(first: int, last: int, step: int = 1) -> frozenset[int]:
    return frozenset(gib * _GIB for gib in range(first, last + 1, step))


# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
FARGATE_MEMORY = {
    256: frozenset({512}) | _steps(1, 2),
    512: _steps(1, 4),
    1024: _steps(2, 8),
    2048: _steps(4, 16),
    4096: _steps(8, 30),
    8192: _steps(16, 60, 4),
    16384: _steps(32, 120, 8),
}
_STORED = (
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
)


def _refuse(message: str) -> ApiError:
    return ApiError("ClientException", message)


def check(body: Json) -> None:
    """Raise ApiError for a task definition that ECS would refuse."""
    containers = body["containerDefinitions"]
    if not containers:
        raise _refuse("Container list cannot be empty.")
    names = [container.get("name") for container in containers]
    if not all(names) or not all(container.get("image") for container in containers):
        raise _refuse("Container.name and Container.image should not be null or empty.")
    if len(set(names)) < len(names):
        raise _refuse("Container names must be unique within a task definition.")
    if not any(container.get("essential", True) for container in containers):
        raise _refuse("At least one container must be essential.")
    for container in containers:
        _check_container(container, body)
    _check_volumes(body)
    if "FARGATE" in (body.get("requiresCompatibilities") or []):
        _check_fargate(body)


def _check_container(container: Json, body: Json) -> None:
    names = {other["name"] for other in body["containerDefinitions"]}
    for need in container.get("dependsOn") or []:
        if need["containerName"] not in names:
            raise _refuse(f"Container {container['name']} depends on an unknown container.")
    volumes = {volume.get("name") for volume in body.get("volumes") or []}
    for mount in container.get("mountPoints") or []:
        if mount.get("sourceVolume") not in volumes:
            raise _refuse(f"Unknown volume '{mount.get('sourceVolume')}'.")
    options = (container.get("logConfiguration") or {}).get("options") or {}
    driver = (container.get("logConfiguration") or {}).get("logDriver")
    if driver == "awslogs" and not {"awslogs-group", "awslogs-region"} <= set(options):
        raise _refuse("Log driver awslogs requires options: awslogs-group, awslogs-region.")
    if not (container.get("memory") or container.get("memoryReservation") or body.get("memory")):
        raise _refuse(
            "Invalid setting for container "
            f"'{container['name']}'. At least one of 'memory' or 'memoryReservation' must be "
            "specified."
        )


def _check_volumes(body: Json) -> None:
    """Refuse what would reach out of the containers; a real host has no business here."""
    for volume in body.get("volumes") or []:
        if (volume.get("host") or {}).get("sourcePath"):
            raise _refuse("host.sourcePath should not be set for volumes in Fargate.")
        if volume.get("efsVolumeConfiguration") or volume.get(
            "fsxWindowsFileServerVolumeConfiguration"
        ):
            raise _refuse("EFS and FSx volumes are not supported by the local cloud.")


def _check_fargate(body: Json) -> None:
    if body.get("networkMode") != "awsvpc":
        raise _refuse("Fargate only supports network mode 'awsvpc'.")
    cpu, memory = body.get("cpu"), body.get("memory")
    if not cpu:
        raise _refuse("Fargate requires that 'cpu' be defined at the task level.")
    if not memory:
        raise _refuse("Fargate requires that 'memory' be defined at the task level.")
    if _mib(memory) not in FARGATE_MEMORY.get(_units(cpu), frozenset()):
        raise _refuse("No Fargate configuration exists for given values.")
    driver = {c.get("logConfiguration", {}).get("logDriver") for c in body["containerDefinitions"]}
    if "awslogs" in driver and not body.get("executionRoleArn"):
        raise _refuse(
            "Fargate requires task definition to have execution role ARN to support log driver "
            "awslogs."
        )


def _units(cpu: str) -> int:
    number = str(cpu).lower().removesuffix("vcpu").strip()
    try:
        return int(number) if number == str(cpu).strip() else int(float(number) * 1024)
    except ValueError as error:
        raise _refuse(f"Invalid 'cpu' setting for task: {cpu}") from error


def _mib(memory: str) -> int:
    number = str(memory).lower().removesuffix("gb").strip()
    try:
        return int(number) if number == str(memory).strip() else int(float(number) * _GIB)
    except ValueError as error:
        raise _refuse(f"Invalid 'memory' setting for task: {memory}") from error


def stored(body: Json) -> Json:
    """Return the definition as ECS describes it: with the lists that it adds, empty."""
    fargate = "FARGATE" in (body.get("requiresCompatibilities") or [])
    found = {key: body[key] for key in _STORED if key in body}
    if fargate:
        found["cpu"], found["memory"] = str(_units(body["cpu"])), str(_mib(body["memory"]))
    mode = body.get("networkMode", "bridge")
    return {
        "volumes": [],
        "placementConstraints": [],
        **found,
        "networkMode": mode,
        "compatibilities": ["EC2", "FARGATE"] if fargate else ["EXTERNAL", "EC2"],
        "requiresAttributes": [],
        "containerDefinitions": [_container(c, mode) for c in body["containerDefinitions"]],
    }


def _container(given: Json, mode: str) -> Json:
    ports = [
        {"protocol": "tcp", **({"hostPort": m["containerPort"]} if mode == "awsvpc" else {}), **m}
        for m in given.get("portMappings") or []
    ]
    return {
        "cpu": 0,
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
        **given,
        "portMappings": ports,
    }
